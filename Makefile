# Needs make and Python 3.11 (or newer) and nothing else; where uv is on the PATH, it installs faster.
# Every path is relative, so a checkout may lie in a folder with spaces in its name.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(shell command -v uv 2>/dev/null)
# Programs that tests use: Debian's package, and one of its files. A test whose server is missing is skipped, unless SONGIFY_TESTS_REQUIRE_ALL=1.
DEBIAN_PACKAGES := vsftpd:/usr/sbin/vsftpd zstd:/usr/bin/zstd chromium:/usr/bin/chromium faketime:/usr/bin/faketime postgresql:/usr/lib/postgresql/*/bin/initdb prometheus:/usr/bin/prometheus redis-server:/usr/bin/redis-server default-jre-headless:/usr/bin/java

ifdef UV
# Compiled at once: every process of the suite would compile again where PYTHONDONTWRITEBYTECODE is set.
INSTALL := uv pip install --quiet --compile-bytecode --python $(PYTHON)
NEEDS_PIP := true
else
INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check
# A .venv that uv has made holds no pip; Python brings one along.
NEEDS_PIP := $(PYTHON) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m ensurepip >/dev/null
endif
# Setuptools is among the requirements, so nothing is downloaded that has no hash; but pyspark, which comes as source, is built with one of its own.
INSTALL_PROJECT := $(INSTALL) --no-deps --no-build-isolation --editable .

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(VENV)/.runtime ## Install into .venv, load a few days of sample drops, print the answers
	@$(PYTHON) -m songify_assets demo

.PHONY: dev
dev: $(VENV)/.runtime ## Keep the web UI, its daemon and its sensors up on http://127.0.0.1:3000
	@exec $(PYTHON) -m songify_assets.cli.web

.PHONY: lint
lint: $(VENV)/.test ## Check format, lint rules and types
	@$(PYTHON) -m ruff format --check --quiet . || { echo "Mend it with: make format"; exit 1; }
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m mypy

.PHONY: format
format: $(VENV)/.test ## Format the code and mend what ruff can mend
	@$(PYTHON) -m ruff check --quiet --fix-only .
	@$(PYTHON) -m ruff format --quiet .

.PHONY: test
test: ## Lint, then run all tests; choose some with TESTS="songify_assets_tests/house -x"
	@$(MAKE) --no-print-directory --jobs 2 servers lint
	@$(PYTHON) -m compileall -q songify_assets bench  # the suite starts hundreds of processes
	@$(PYTHON) -m pytest --quiet --numprocesses 2 --dist loadfile --no-loadscope-reorder $(TESTS)

.PHONY: bench
bench: $(VENV)/.test ## Measure the product beside its peers; choose with BENCH="market_share --scale 0.1 --only duckdb"
	@$(PYTHON) -m bench --out docs/performance.md $(BENCH)

.PHONY: servers
servers: ## Install the Debian packages that tests need, where that is allowed
	@missing=(); \
	for package in $(DEBIAN_PACKAGES); do \
	  compgen -G "$${package#*:}" >/dev/null || missing+=("$${package%%:*}"); \
	done; \
	if [ $${#missing[@]} = 0 ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then as=none; \
	elif [ "$$(id -u)" = 0 ]; then as=; \
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as="sudo -n"; \
	else as=none; fi; \
	if [ "$$as" = none ]; then echo "Not installed: $${missing[*]} (needs root); tests that use them are skipped." >&2; exit 0; fi; \
	echo "Installing $${missing[*]}" >&2; \
	{ timeout 300 $$as apt-get update -qq && \
	  timeout 300 $$as env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
	    apt-get install -qq --yes --no-install-recommends "$${missing[@]}"; } >/dev/null 2>&1 </dev/null \
	|| echo "Could not install $${missing[*]}; tests that use them are skipped." >&2

.PHONY: graph
graph: $(VENV)/.test ## Write the asset graph that the house tests compare with
	@$(PYTHON) -m songify_assets_tests.house.graph > graph.new && mv graph.new songify_assets_tests/house/graph.txt \
	|| { rm -f graph.new; exit 1; }

.PHONY: requirements
requirements: ## Pin the newest allowed versions in requirements*.txt, with hashes (needs uv)
	@command -v uv >/dev/null || { echo "make requirements needs uv on the PATH." >&2; exit 1; }
	@pin() { sed -n 's/^requires = \["\(.*\)"\]$$/\1/p' pyproject.toml \
	  | uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras \
	    "$$@" pyproject.toml - >/dev/null; }; \
	pin --output-file requirements-test.txt --extra test; \
	pin --output-file requirements.txt --extra postgres --extra redis --constraint requirements-test.txt; \
	pin --output-file requirements-spark.txt --extra spark --constraint requirements-test.txt

.PHONY: clean
clean: ## Remove .venv, caches and build leftovers (.songify, your data, stays)
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up: each step leaves a stamp, so that a second call is quick ---

$(VENV)/pyvenv.cfg:
ifdef UV
	@uv venv --quiet --allow-existing $(VENV)
else
	@for python in python3.11 python3.12 python3.13 python3 python; do \
	  if "$$python" -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then \
	    exec "$$python" -m venv $(VENV); \
	  fi; \
	done; \
	echo "Needs Python 3.11, 3.12 or 3.13 with venv (Debian: apt-get install python3-venv), or uv on the PATH." >&2; exit 1
endif

$(VENV)/.runtime: $(VENV)/pyvenv.cfg requirements.txt pyproject.toml setup.py
	@echo "Installing into $(VENV)" >&2
	@$(NEEDS_PIP)
	@$(INSTALL) --require-hashes --requirement requirements.txt
	@$(INSTALL_PROJECT)
	@touch $@

$(VENV)/.test: $(VENV)/pyvenv.cfg requirements.txt requirements-test.txt pyproject.toml setup.py
	@echo "Installing into $(VENV), with what the tests need" >&2
	@$(NEEDS_PIP)
	@$(INSTALL) --require-hashes --requirement requirements-test.txt
	@$(INSTALL_PROJECT)
	@touch $(VENV)/.runtime $@
