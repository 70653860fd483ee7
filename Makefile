# Two commands matter: `make run` and `make test`. Everything they need is set up by dev/setup.py.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The oldest Python that works is 3.11; Ubuntu 22.04 calls a newer one python3.11.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
SETUP = $(or $(PYTHON),$(MISSING_PYTHON)) dev/setup.py
MISSING_PYTHON = echo "  Huifang needs Python 3.11 or newer. On Debian 12: sudo apt-get install python3 python3-venv." \
	"On Ubuntu 22.04: sudo apt-get install python3.11 python3.11-venv" >&2; exit 1; true
VENV_PYTHON = .venv/bin/python

PORT ?= 8000
DATA ?= var
DEMO ?= 1
CLOCK ?=
TWILIO ?=
HOST = 127.0.0.1
ONLY ?=
# One more than the smallest machine has cores: tests of whole companies mostly wait for their processes.
JOBS ?= 3
CUSTOMERS ?= 5000
DAYS ?= 365
SEED ?= 2027
KNOBS = PORT='$(PORT)' DATA='$(DATA)' DEMO='$(DEMO)' CLOCK='$(CLOCK)' TWILIO='$(TWILIO)' HOST='$(HOST)'

# Each of the many processes of a run or a test would else compile all code that it imports, for four seconds.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup run test check format translations bench year lighthouse

help:  ## this list
	@echo "Huifang"
	@echo
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'
	@echo
	@echo "  knobs of make run:   PORT=8000 DATA=var DEMO=1 CLOCK=2027-03-10T10:00+08:00"
	@echo "                       HOST=0.0.0.0 (phones in the house), TWILIO=1 (real SMS with the TWILIO_* variables)"
	@echo "                       TWILIO=simulator (a simulated Twilio with faults to choose from)"
	@echo "  knobs of make test:  JOBS=3 ARGS='tests/tasks -k undo'"
	@echo "  knobs of make year:  CUSTOMERS=5000 DAYS=365 SEED=2027"

run:  ## set up, start the company and print its address; Ctrl-C stops everything
	@$(SETUP) && $(KNOBS) exec $(VENV_PYTHON) -m dev.run

test:  ## every check and every test, browser tests included
	@$(SETUP) --dev
	@$(VENV_PYTHON) -m dev.browser
	@# The types keep one core busy; the other one compiles the tests, which else each test process does for itself.
	@$(VENV_PYTHON) -m pytest --collect-only -qq -p no:cacheprovider >/dev/null 2>&1 & \
		$(VENV_PYTHON) -m dev.check --without-tests; checked=$$?; wait; exit $$checked
	@# Files in the order of tests/conftest.py, long ones first: xdist's own would run those with few tests last.
	@$(VENV_PYTHON) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check:  ## lint, types, import order, migrations equal models, translations complete
	@$(SETUP) --dev
	@$(VENV_PYTHON) -m dev.check $(ONLY)

translations:  ## collect the texts of code, pages and field app into the catalogs
	@$(SETUP) --dev --no-frontend
	@$(VENV_PYTHON) -m dev.translations

format:  ## put the code into its usual form
	@$(SETUP) --dev --no-frontend
	@$(VENV_PYTHON) -m ruff check --fix --quiet . ; $(VENV_PYTHON) -m ruff format .

setup:  ## only set up: Python environment, test tools, front end
	@$(SETUP) --dev

bench:  ## benchmarks against their limits; ONLY=P6 runs one
	@$(SETUP) --dev
	@$(VENV_PYTHON) -m bench.run $(if $(ONLY),--only $(ONLY))

year:  ## live a simulated year and look at every guard-rail each night
	@$(SETUP) --dev --no-frontend
	@$(VENV_PYTHON) -m tests.year --customers $(CUSTOMERS) --days $(DAYS) --seed $(SEED)

lighthouse:  ## Lighthouse's marks for the field app of a running demo (PORT=8000); below 95 it fails
	@$(SETUP) --dev
	@$(VENV_PYTHON) -m dev.lighthouse http://127.0.0.1:$(PORT)
