# Two commands for newcomers: `make demo` and `make test`. Both work on a bare machine with Python 3.11+ (with venv) and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
ASSETS := src/harborlight/web/static/build/manifest.json
ASSET_SOURCES := $(shell find src/harborlight/web/static/source src/harborlight/web/build_assets.mjs package-lock.json -type f 2>/dev/null)

.PHONY: help demo test deep lint assets install install-dev browser benchmarks docs clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

demo: install $(ASSETS) ## make the fictional city, publish it and serve it on http://127.0.0.1:8000/
	$(BIN)/harborlight demo --data demo-data --port $(PORT)

test: install-dev $(ASSETS) browser lint ## run everything, browser tests included
	$(BIN)/python -m pytest -q -m "not deep" -n 2 --dist loadfile --no-loadscope-reorder

deep: install-dev $(ASSETS) browser ## the full-size runs
	HARBORLIGHT_DEEP=1 $(BIN)/python -m pytest -q

lint: install-dev
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmarks: install-dev $(ASSETS) ## measure, as ratios within one run
	$(BIN)/python benchmarks/refresh.py
	$(BIN)/python benchmarks/queries.py
	$(BIN)/python benchmarks/disclosure.py
	$(BIN)/python benchmarks/monthly_releases.py

docs: install ## generate the reference pages
	$(BIN)/python docs/build_reference.py

assets: $(ASSETS) ## build the front-end assets

install: $(VENV)/.runtime

install-dev: $(VENV)/.development

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Harborlight needs Python 3.11 or later: install the package python3." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "The package python3-venv is missing: install it and run make again." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Node is needed at build time only. Where the system has none that is recent enough, a wheel brings it.
$(ASSETS): $(ASSET_SOURCES) | $(VENV)/.runtime
	@if node --version 2>/dev/null | grep -Eq '^v(1[89]|[2-9][0-9])\.' && command -v npm >/dev/null; then \
	  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	  node src/harborlight/web/build_assets.mjs; \
	else \
	  test -x $(VENV)/node/bin/node || { $(PYTHON) -m venv $(VENV)/node && $(VENV)/node/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock; }; \
	  export PATH="$$PWD/$(VENV)/node/bin:$$PATH"; \
	  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	  node src/harborlight/web/build_assets.mjs; \
	fi

# A browser for the tests: the system's Chromium, else Debian's package, else Playwright's own download.
browser: $(VENV)/.development
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then exit 0; fi; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	elif command -v apt-get >/dev/null; then \
	  echo "The browser tests need the package chromium: install it (as root: apt-get install chromium) and run make again." >&2; exit 1; \
	else $(BIN)/python -m playwright install chromium; fi

clean: ## remove what the commands above made
	rm -rf $(VENV) node_modules demo-data src/harborlight/web/static/build
