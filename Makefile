# Every target goes through coursekit/bootstrap.py, which sets up .venv with the standard library
# alone. Without make (Windows): `python coursekit/bootstrap.py lab`, and so on.
PYTHON ?= python3
LAB_ARGS ?=
BOOTSTRAP = $(PYTHON) coursekit/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help setup lab test lint bench site clean

help: ## list these targets
	@grep -E '^[a-z]+: ## ' $(MAKEFILE_LIST) | sed 's/: ## /	/' | awk -F '\t' '{printf "  make %-6s %s\n", $$1, $$2}'

lab: ## set up everything and open the course in JupyterLab (LAB_ARGS="2 --no-browser")
	@$(BOOTSTRAP) lab $(LAB_ARGS)

setup: ## install only, and again what has gone missing
	@$(BOOTSTRAP) setup

test: ## set up everything and run every check there is
	@$(BOOTSTRAP) test

lint: ## the quick checks alone: lint, format, types
	@$(BOOTSTRAP) test lint format types

bench: ## compare minitorch's speed with other libraries
	@$(BOOTSTRAP) bench

site: ## build the course as a static site in _build/html
	@$(BOOTSTRAP) site

clean: ## remove what can be made again; your workspace/ stays
	rm -rf _build build dist htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* *.egg-info
	find . -name __pycache__ -type d -not -path './.venv/*' -not -path './workspace/*' -prune -exec rm -rf {} +
