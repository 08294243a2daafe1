# Two commands on a fresh machine: `make demo` and `make test`. Everything is installed into $(VENV), nothing else.
#
#   make demo PYTHON=python3.12           another interpreter (3.11 or newer)
#   make test VENV=.venv-new CONSTRAINTS=/dev/null
#                                         the newest versions instead of the tested ones, in another environment

PYTHON ?= python3
CONSTRAINTS ?= constraints.txt
VENV ?= .venv
OUT ?= runs/demo

BIN := $(VENV)/bin
MADE := $(VENV)/.made
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c $(CONSTRAINTS)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test lint format docs site clean

help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s%s\n", $$1, $$2 }' Makefile

demo: $(INSTALLED) ## Install, then run four methods on the embedded data: table, ROC curves, histograms; no download
	$(BIN)/bench run examples/demo.toml --out $(OUT)

test: lint ## Install the tools too, then lint, check types and docs, and run all tests
	$(BIN)/python -m pytest -n auto

lint: $(INSTALLED_DEV) ## Check style, formatting, types and the generated parts of the docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python docs/generate.py --check
	$(BIN)/mkdocs build --strict --quiet

format: $(INSTALLED_DEV) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: $(INSTALLED_DEV) ## Generate the tables in README.md and docs/ again
	$(BIN)/python docs/generate.py

site: $(INSTALLED_DEV) ## Build the documentation's site into site/; a broken link is an error
	$(BIN)/mkdocs build --strict --quiet

clean: ## Remove the environment and what tools left behind; results in runs/ stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp file says that a step was finished, so that an interrupted one is done again.
$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "oodbench needs Python 3.11 or newer, but '$(PYTHON)' says $$($(PYTHON) --version 2>&1)." \
	       "Name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(INSTALLED): $(MADE) pyproject.toml $(CONSTRAINTS)
	$(PIP_INSTALL) -e .
	@touch $@

$(INSTALLED_DEV): $(MADE) pyproject.toml $(CONSTRAINTS)
	$(PIP_INSTALL) -e '.[dev]'
	@touch $(INSTALLED) $@
