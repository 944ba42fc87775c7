# Two commands do everything: `make up` and `make test`. Nothing needs root, Docker or Node.
SHELL := /bin/bash
PYTHON := $(shell command -v python3.11 || command -v python3)
UV := $(shell command -v uv 2>/dev/null)
ifeq ($(UV),)
UV := .bootstrap/bin/uv
BOOTSTRAP := $(UV)
endif
export GX_ANALYTICS_ENABLED = false
export DAGSTER_DISABLE_TELEMETRY = yes
export MLFLOW_DISABLE_TELEMETRY = true
export TF_CPP_MIN_LOG_LEVEL = 3
# Images set this to stay small. Here many processes start and start again, each importing the same thousands of modules:
# compiled once, an import costs half.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up down test check bench sync web

up: sync web  ## install, start, seed, run the pipeline, stay in the foreground; Ctrl-C stops all
	$(UV) run --no-sync medisync up

down: $(BOOTSTRAP)  ## stop everything that `make up` started
	$(UV) run medisync down

test: sync web  ## the whole test suite, on real PostgreSQL and Valkey, two files at a time
	$(UV) run --no-sync pytest -n 2

check: sync web  ## formatting, lint, types, walls, front-end lint and types
	$(UV) run --no-sync ruff format --check .
	$(UV) run --no-sync ruff check .
	$(UV) run --no-sync pyright
	$(UV) run --no-sync lint-imports
	$(UV) run --no-sync medisync web check

bench: sync  ## the measured promises, one table after the other
	$(UV) run --no-sync python -m bench

web: sync  ## build the dashboard if its sources changed
	$(UV) run --no-sync medisync web build

sync: $(BOOTSTRAP)
	$(UV) sync --locked --quiet

# A folder of its own: Debian and others refuse pip outside a virtual environment (PEP 668), and where Python comes without
# venv, pip can still install into a folder.
.bootstrap/bin/uv:
	$(PYTHON) -m venv .bootstrap 2>/dev/null && .bootstrap/bin/python -m pip install --quiet --disable-pip-version-check uv \
	|| { rm -rf .bootstrap && $(PYTHON) -m pip install --quiet --disable-pip-version-check --target .bootstrap uv; }
