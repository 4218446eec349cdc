FROM python:3.13-slim

WORKDIR /app
ENV PYTHONUNBUFFERED=1
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -c constraints.txt -r requirements.txt \
    && useradd --system --no-create-home app
COPY . .
# Collecting needs no secret that lasts.
RUN SECRET_KEY=build-only python manage.py collectstatic --noinput
# A volume takes its owner from here: what one container learns, the others read.
RUN mkdir -p var/artifacts var/attachments && chown app var/artifacts var/attachments
USER app
