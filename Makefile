# Needs Python 3.11 or later and nothing else: the servers come from wheels.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python
DATA ?= ../shared/data
PACKAGES := agents benchmarks config maintenance mlops sensors tests

.DEFAULT_GOAL := help
.PHONY: help demo test lint types check format bench eval install install-dev clean-data

help: ## Show what can be done
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: .venv/installed ## Run everything here and watch a fault become a work order (PORT=, ONCE=1)
	@PORT="$(PORT)" ONCE="$(ONCE)" $(PY) -m config.demo

test: .venv/installed-dev ## Run all tests on servers of their own
	$(PY) -m pytest -n auto $(ARGS)

lint: .venv/installed-dev ## Check style and the arrows between the rooms
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports

types: .venv/installed-dev ## Check types
	$(PY) -m mypy $(PACKAGES)

migrations: .venv/installed-dev ## Check that no migration is missing, and take all back
	$(PY) -m tests.check_migrations

check: lint types migrations test ## All that has to hold before a commit

format: .venv/installed-dev ## Put the code into its form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: .venv/installed-dev ## Measure; the last line is one JSON object
	$(PY) -m benchmarks

eval: .venv/installed ## Run the detectors through public data sets (DATA=, DATASET=)
	$(PY) manage.py evaluate --data "$(DATA)" $(addprefix --dataset ,$(DATASET)) --json

clean-data: ## Forget what the demo has stored
	rm -rf var

install: .venv/installed ## Only install
install-dev: .venv/installed-dev

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; name one with PYTHON="; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt constraints.txt | .venv/bin/python
	@echo "Installing into .venv, about a minute"
	@$(PY) -m pip install --quiet --disable-pip-version-check --use-pep517 -c constraints.txt -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@$(PY) -m pip install --quiet --disable-pip-version-check --use-pep517 -c constraints.txt -r requirements-dev.txt
	@touch $@
