# What can be done here; `make` lists it. It takes python3 (3.11 or newer) with venv, and a network at the first start.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
LANGUAGES := zh

ASSETS := web/static/vendor/.stamp
CLIENTS := tests/web/api/clients/js
ASSET_SOURCES := web/build_assets.py web/icons.txt web/package-lock.json $(wildcard web/locales/*/LC_MESSAGES/*.po)

LOCK := $(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
CATALOG := $(VENV)/bin/pybabel --quiet

# Compiled modules are kept: without them every start compiles some two hundred files anew.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: help serve test soak check format bench timing screenshots messages sbom lock chromium

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/installed $(ASSETS) ## Start Formwork; the first start installs it and prints a link to create the owner
	@exec $(VENV)/bin/formwork serve

test: $(VENV)/installed-test $(ASSETS) $(CLIENTS)/node_modules chromium ## Run all tests, on both databases and in a real browser; ARGS="-k word" chooses
	@$(PY) -m pytest $(ARGS)

soak: $(VENV)/installed-test ## Let Hypothesis look for mistakes for an hour or so; ARGS="-k word" chooses
	@$(PY) -m pytest --hypothesis-profile=soak $(or $(ARGS),tests/engine)

check: $(VENV)/installed-test ## Hold the format, the rules, the types and the floors of the house
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(PY) -m pytest --quiet --numprocesses=0 tests/test_architecture.py

format: $(VENV)/installed-test ## Lay out the code and mend what can be mended without asking
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

bench: $(VENV)/installed-test ## Measure the workload "sales" beside hand-written SQL and write bench.json
	@$(PY) -m tests.bench $(ARGS)

timing: $(VENV)/installed-test $(ASSETS) ## Ask two worlds that differ in hidden things the same, and compare how long it takes
	@$(PY) -m tests.web.worlds $(ARGS)

screenshots: $(VENV)/installed-test $(ASSETS) chromium ## Take a picture of every page into screenshots/
	@$(PY) -m tests.screenshots $(ARGS)

messages: $(VENV)/installed ## Collect the sentences to translate into web/locales/
	@mkdir -p web/locales
	@$(CATALOG) extract --mapping-file=pyproject.toml --keyword=_n:1,2 --ignore-dirs="node_modules static" --project=Formwork \
		--sort-by-file --add-location=file --no-wrap --output=web/locales/messages.pot engine web
	@for language in $(LANGUAGES); do \
		$(CATALOG) update --init-missing --ignore-pot-creation-date --no-fuzzy-matching --no-wrap \
			--input-file=web/locales/messages.pot --output-dir=web/locales --locale=$$language || exit 1; \
	done

sbom: $(VENV)/installed-test ## Write sbom.json: every package of the locks with its version, hashes and licence
	@$(PY) -m tests.packages

lock: $(VENV)/installed ## Renew the locks after a change in pyproject.toml or web/package.json
	@$(PIP) install -qq uv
	@$(LOCK) --extra=test --output-file=requirements-test.lock pyproject.toml
	@$(LOCK) --constraint=requirements-test.lock --output-file=requirements.lock pyproject.toml
	@$(PY) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(LOCK) --constraint=requirements-test.lock --output-file=requirements-build.lock -
	@$(PY) -c 'from pathlib import Path; from web.build_assets import WEB, npm; [npm(one, "update", "--package-lock-only") for one in (WEB, Path("$(CLIENTS)"))]'

# The browser that the tests drive: what the machine has, else the system's package.
chromium: $(VENV)/installed-test
	@$(PY) -m tests.support.chromium >/dev/null 2>&1 || { \
		echo "Installing Chromium for the tests ..."; \
		$(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	}
	@$(PY) -m tests.support.chromium >/dev/null

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Formwork needs Python 3.11 or newer. Name one that you have: make PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv is not installed: $(SUDO) apt-get install python3-venv"; exit 1; } >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml requirements.lock requirements-build.lock | $(PY)
	@echo "Installing Formwork (once, about a minute) ..."
	@$(PIP) install -qq --require-hashes -r requirements.lock -r requirements-build.lock
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-test: requirements-test.lock $(VENV)/installed
	@echo "Installing what the tests need (once) ..."
	@$(PIP) install -qq --require-hashes -r requirements-test.lock
	@touch $@

# A client of the API that others wrote, which the tests run as it is.
$(CLIENTS)/node_modules: $(CLIENTS)/package-lock.json | $(VENV)/installed-test
	@$(PY) -c 'from pathlib import Path; from web.build_assets import npm; npm(Path("$(CLIENTS)"), "ci", "--ignore-scripts")'
	@touch $@

$(ASSETS): $(ASSET_SOURCES) | $(VENV)/installed
	@$(PY) -m web.build_assets
