# The verbs. `make run` and `make test` do all of their own set-up.
SHELL := /bin/bash
PYTHON ?= python3
# Spark has an environment of its own, with everything else in it too: make run ENGINE=spark.
VENV := $(if $(filter spark,$(ENGINE)),.venv-spark,.venv)
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
# What tests and event studies need beyond a run.
TESTED := .venv/.ready-test
LOCK := $(if $(filter spark,$(ENGINE)),spark.lock,requirements.lock)
SUPERSET := .venv-superset
# A file of tests at a time to each worker: two files seldom ask for the same fixtures.
WORKERS := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# Where `make build` works; sample/ in it is made once. Remove the folder to make it anew.
BUILD := data-build

# Settings given on the command line or in the environment reach the commands by themselves; the program reads .env.
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := yes
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := help
.PHONY: help run test test-real test-spark spark-env snapshot build lint new-source template dev serve sql docs superset bench lock event-studies docs-site clean distclean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

$(READY): $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (once; a few minutes on a slow line) …"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 cannot make a virtual environment; on Debian: apt install python3-venv"; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(LOCK)
	@touch $@

$(TESTED): test.lock
	@$(MAKE) --no-print-directory ENGINE= .venv/.ready
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement test.lock
	@touch $@

run: $(READY)  ## refresh everything: DATA=sample (default), DATA=live, or DATA=files INBOX=<folder>
	@$(PY) -m dagster_project run

test: $(TESTED)  ## every test but those of the real files; some of them: make test FILE=tests/dbt ARGS="-k claims"
	@$(PY) -m pytest -m "not real and not spark" $(if $(FILE),$(FILE),$(WORKERS)) $(ARGS)

test-real: $(TESTED)  ## what reads the real files: their layouts, and the figures known of one build with them
	@$(PY) -m pytest -m real $(ARGS)

spark-env:  ## the environment with Spark, for make run ENGINE=spark and make test-spark
	@$(MAKE) --no-print-directory ENGINE=spark .venv-spark/.ready

test-spark: $(TESTED) spark-env  ## on Spark: dbt's unit and data tests, a whole build on two workers, and its marts beside DuckDB's
	@$(PY) -m pytest -m spark $(ARGS)

snapshot: $(TESTED)  ## accept the published columns and types as they are now
	@ACCEPT_SNAPSHOT=1 $(PY) -m pytest tests/publish/test_columns.py

# From the kept sample, so that nothing of an earlier build is left in it: the ancestors whose code has changed since that
# was made, what lies between them and the model, and the model; with their tests.
build: $(READY)  ## a model and what changed below it, tested, on a small sample: make build MODEL=alerts (alerts+: and its users)
	@[ -n "$(MODEL)" ] || { echo "Which model? make build MODEL=alerts, or MODEL=alerts+ with what reads it"; exit 2; }
	@[ -e $(BUILD)/sample/published ] || DATA=sample DATA_DIR=$(BUILD)/sample SAMPLE_SCALE=0.1 AS_OF= SINCE= PG_DSN= $(PY) -m dagster_project run
	@cp $(BUILD)/sample/*.duckdb $(BUILD)/
	@cd dbt && PYTHONPATH=.. WAREHOUSE_PATH=../$(BUILD)/warehouse.duckdb UNPUBLISHED_PATH=../$(BUILD)/unpublished.duckdb \
	../$(VENV)/bin/dbt build --profiles-dir . --target-path ../$(BUILD)/target --log-path ../$(BUILD)/target --state ../$(BUILD)/sample/dbt \
	--select "+$(MODEL),state:modified+" "$(MODEL)"

lint: $(TESTED)  ## style, mistakes and types
	@$(PY) -m ruff check dagster_project tests bench
	@$(PY) -m ruff format --check dagster_project tests bench
	@$(VENV)/bin/pyrefly check --summary=none

new-source: $(READY)  ## the files of a new source, from templates: make new-source NAME=armstat
	@$(PY) -m dagster_project.ingest.new_source "$(NAME)"

template: $(READY)  ## an empty table of own flows and an example of one: make template TO=<folder>
	@$(PY) -m dagster_project.ingest.template "$(TO)"

dev: $(READY)  ## Dagster's UI on http://127.0.0.1:3000
	@export DAGSTER_HOME=$$($(PY) -m dagster_project home) && \
	$(VENV)/bin/dagster instance concurrency set duckdb_writer 1 >/dev/null && \
	exec $(VENV)/bin/dagster dev --host 127.0.0.1 --port $${PORT:-3000}

serve: $(READY)  ## Dagster as a service: web server and daemon, on http://127.0.0.1:3000 (HOST=, PORT=, PATH_PREFIX=)
	@exec $(PY) -m dagster_project serve --host $${HOST:-127.0.0.1} --port $${PORT:-3000} --path-prefix "$(PATH_PREFIX)"

sql: $(READY)  ## a shell on the published file, or one answer: make sql SQL="select …"
	@$(PY) -m dagster_project sql

docs: $(READY)  ## where the data dictionary of the last publication lies
	@$(PY) -m dagster_project docs

docs-site: $(TESTED)  ## docs/ as a site with search, in build/docs-site
	@NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build --quiet
	@echo "build/docs-site/index.html"

$(SUPERSET)/.ready: bi/superset/requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' || { echo "Superset needs Python 3.11 or 3.12; this is $$($(PYTHON) --version). Try: make superset PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(SUPERSET) (once; some two minutes and 900 MB) …"
	@$(PYTHON) -m venv --clear $(SUPERSET)
	@$(SUPERSET)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

superset: $(SUPERSET)/.ready  ## Superset with two dashboards on http://127.0.0.1:8088 (PORT=…), in an environment of its own
	@exec $(SUPERSET)/bin/python bi/superset/start.py

bench: $(TESTED)  ## measure: speed and memory, of loading and of everything; how well diversion is found
	@$(PY) -m bench.load
	@$(PY) -m bench.comext
	@$(PY) -m bench.cookbook
	@$(PY) -m bench.postgres
	@$(PY) -m bench.world
	@$(PY) -m bench.detection

lock:  ## write every lock anew (needs uv)
	uv pip compile --universal --generate-hashes --no-strip-extras --no-annotate --no-header --extra test --extra event-studies pyproject.toml -o test.lock
	uv pip compile --universal --generate-hashes --no-strip-extras --no-annotate --no-header -c test.lock pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-strip-extras --no-annotate --no-header --extra spark --extra event-studies -c test.lock pyproject.toml -o spark.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --no-header bi/superset/requirements.in -o bi/superset/requirements.lock

event-studies: $(TESTED)  ## install what event_studies is estimated with: the next run has its figures

clean:  ## remove what was built but the environments; data/ stays (rm -r data to remove it)
	rm -rf $(BUILD) .pytest_cache .ruff_cache .hypothesis build *.egg-info

distclean: clean  ## … and the environments
	rm -rf .venv .venv-spark $(SUPERSET)
