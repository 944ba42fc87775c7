# Two commands do everything: `make up` and `make test`. Nothing needs root, Docker or Node.
SHELL := /bin/bash
UV := $(shell command -v uv 2>/dev/null)
ifeq ($(UV),)
UV := python3 -m uv
BOOTSTRAP := bootstrap-uv
endif
export GX_ANALYTICS_ENABLED = false
export DAGSTER_DISABLE_TELEMETRY = yes
export MLFLOW_DISABLE_TELEMETRY = true
export TF_CPP_MIN_LOG_LEVEL = 3

.PHONY: up down test check bench sync bootstrap-uv web

up: sync web  ## install, start, seed, run the pipeline, stay in the foreground; Ctrl-C stops all
	$(UV) run --no-sync medisync up

down:  ## stop everything that `make up` started
	$(UV) run medisync down

test: sync web  ## the whole test suite, on real PostgreSQL and Valkey, two files at a time
	$(UV) run --no-sync pytest -n 2 --dist loadgroup

check: sync web  ## formatting, lint, types, walls, front-end lint and types
	$(UV) run --no-sync ruff format --check .
	$(UV) run --no-sync ruff check .
	$(UV) run --no-sync pyright
	$(UV) run --no-sync lint-imports
	$(UV) run --no-sync medisync web check

bench: sync  ## the measured promises, printed as one table
	$(UV) run --no-sync python -m bench

web: sync  ## build the dashboard if its sources changed
	$(UV) run --no-sync medisync web build

sync: $(BOOTSTRAP)
	$(UV) sync --locked --quiet

bootstrap-uv:
	python3 -m pip install --quiet --disable-pip-version-check uv
