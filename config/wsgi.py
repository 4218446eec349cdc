from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application

from sensors.beside import side

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
side.start()

# What is loaded by now stays for good: the collector need not walk over it again, which
# would hold a request up for tens of milliseconds now and then.
gc.collect()
gc.freeze()
