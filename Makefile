# `make help` lists every target.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export OMP_NUM_THREADS ?= 1
export DO_NOT_TRACK = 1
# dbt reads profiles.yml of this folder, never the user's own
export DBT_PROFILES_DIR = $(CURDIR)

.PHONY: help
help:  ## List the targets
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 28

.PHONY: setup
setup: $(READY)  ## Make the virtual environment (reused while its inputs are unchanged)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11, 3.12 or 3.13 is needed, found {v[0]}.{v[1]}. Call: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# duckdb or postgres: an output of profiles.yml
TARGET ?= duckdb

# PostgreSQL is the server that PGHOST names, else one of our own in .postgres/
define server
if [ "$(TARGET)" = postgres ]; then settings="$$($(BIN)/crm-segmentation postgres env)"; eval "$$settings"; fi
endef

.PHONY: demo
demo: setup  ## Build and test the demo company and print what was built (TARGET=postgres: there)
	@$(server); $(BIN)/dbt build --quiet --target $(TARGET) && \
	    $(BIN)/crm-segmentation summary --target $(TARGET)
	@[ "$(TARGET)" != postgres ] || \
	    printf '%s\n' '' 'On PostgreSQL first: eval "$$(crm-segmentation postgres env)"; then each with --target postgres'

.PHONY: test
test: setup lint  ## Run the whole suite: lint, then pytest, which builds and tests the demo with dbt
	$(BIN)/pytest

.PHONY: test-rules-long
test-rules-long: setup  ## 20,000 random rules on DuckDB, 2,000 on PostgreSQL, and long fuzzing (half an hour on one core)
	CRITERIA_TREES=20000 CRITERIA_POSTGRES_TREES=2000 CRITERIA_FUZZ_WORLDS=200 \
	    $(BIN)/pytest -n0 tests/python/criteria/test_random_rules.py tests/python/criteria/test_rule_fuzz.py

.PHONY: lint
lint: setup  ## ruff, mypy, sqlfluff, and whether generated files are fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@! LC_ALL=C.UTF-8 grep -rnE --include='*.sql' '^.{101,}' models analyses macros snapshots tests \
	    || { echo "Lines of SQL with more than 100 characters" >&2; exit 1; }
	$(BIN)/crm-segmentation contracts --check
	$(BIN)/crm-segmentation lint-rules --models $(SHEET_MODELS) --fail-on-warnings
	@# two at once, each on its own: its own worker processes hand trees about, which takes longer
	@mkdir -p target; failed=0; \
	    $(call sqlfluff,marts,models/marts) & marts=$$!; \
	    $(call sqlfluff,others,$(filter-out models/marts/,$(wildcard models/*/)) analyses) || failed=1; \
	    wait $$marts || failed=1; exit $$failed

define sqlfluff
DBT_TARGET_PATH=target/lint_$(1) CRM_SEGMENTATION_DUCKDB=target/lint_$(1).duckdb \
	    $(BIN)/sqlfluff lint $(2)
endef

# The demo company's sheet; an installing project needs no option for its own.
SHEET_MODELS = models/marts/profiles/demo/sheet

.PHONY: lint-rules
lint-rules: setup  ## Read rules strictly, and warn of those that cannot be meant (DATA=1: count, too)
	@$(server); $(BIN)/crm-segmentation lint-rules --models $(SHEET_MODELS) --target $(TARGET) $(if $(DATA),--data)

.PHONY: schema
schema: setup  ## Write the JSON Schema of rules
	$(BIN)/crm-segmentation schema

.PHONY: rules
rules: setup  ## Write the profiles of the sheet seeds/rules/profile_criteria.csv
	$(BIN)/crm-segmentation rules --models $(SHEET_MODELS)

# A project that installs this package, on public data that lies elsewhere.
define example
	@[ -d "$${CRM_SEGMENTATION_DATA:-}/$(1)" ] || { echo "No data in CRM_SEGMENTATION_DATA: got '$${CRM_SEGMENTATION_DATA:-}'; wanted: the folder that holds $(1)/. See examples/$(1)/README.md." >&2; exit 1; }
	cd examples/$(1) && export DBT_PROFILES_DIR=. && \
	    $(abspath $(BIN))/dbt deps --quiet && \
	    $(abspath $(BIN))/dbt build --quiet && \
	    $(abspath $(BIN))/crm-segmentation summary
endef

.PHONY: example-adventureworks
example-adventureworks: setup  ## Build and test the package on AdventureWorks (needs CRM_SEGMENTATION_DATA)
	$(call example,adventureworks)

.PHONY: example-online-retail
example-online-retail: setup  ## Build and test the package on Online Retail (needs CRM_SEGMENTATION_DATA)
	$(call example,online_retail)

# What is given to make stands in the environment of the recipe: there a quote is a quote.
.PHONY: explain
explain: setup  ## Print why an account is in a profile, or not: PROFILE=vip_dach ACCOUNT=...
	@[ -n "$${PROFILE:-}" ] && [ -n "$${ACCOUNT:-}" ] || { echo "Say which: make explain PROFILE=vip_dach ACCOUNT=<account_id>" >&2; exit 1; }
	@$(server); $(BIN)/crm-segmentation explain "$$PROFILE" "$$ACCOUNT" --target $(TARGET)

.PHONY: tree
tree: setup  ## Print what a decision tree found: TREE=... (LEAF=1 WRITE=models/...sql: make a profile of a leaf)
	@[ -n "$(TREE)" ] || { echo "Say which: make tree TREE=<name of the setting decision_trees>" >&2; exit 1; }
	@$(server); $(BIN)/crm-segmentation tree '$(TREE)' --target $(TARGET) \
	    $(if $(LEAF),--leaf '$(LEAF)') $(if $(WRITE),--write '$(WRITE)')

.PHONY: compare-rules
compare-rules: setup  ## Report whom a change of rules lets in and keeps out: BASE=main (MARKDOWN=file)
	@[ -n "$${BASE:-}" ] || { echo "Say against what: make compare-rules BASE=<branch, tag or commit>" >&2; exit 1; }
	@$(server); $(BIN)/crm-segmentation compare-rules "$$BASE" --target $(TARGET) \
	    $(if $(MARKDOWN),--markdown "$$MARKDOWN") $(if $(BASE_MACROS),--base-macros)

.PHONY: calibration
calibration: setup  ## Print how well the propensities held when tried, and draw it: SVG=file
	@$(server); $(BIN)/crm-segmentation calibration --target $(TARGET) $(if $(SVG),--svg "$$SVG")

.PHONY: clusters
clusters: setup  ## Print sizes and profiles of the clusters, and draw them into target/clusters
	@$(server); $(BIN)/crm-segmentation clusters --target $(TARGET)

.PHONY: docs
docs: setup  ## Generate dbt's docs, with the rules in plain English
	@$(server); $(BIN)/crm-segmentation docs --target $(TARGET)

.PHONY: clean
clean:  ## Remove what builds wrote (not the virtual environment)
	@[ ! -d .postgres ] || $(BIN)/crm-segmentation postgres remove
	rm -rf target logs crm_segmentation.duckdb crm_segmentation.duckdb.wal
