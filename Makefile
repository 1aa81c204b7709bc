# revenge needs Python 3.11 or newer and make; everything else is set up here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# More than cores: tests wait for engines, browsers and processes that they start.
WORKERS ?= 3
# Nor should each of the many processes that they start compile all of the code.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench demo-media messages requirements clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
		awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(VENV)/.run ## Set up and start the server on http://localhost:8096 (Ctrl-C stops it)
	@exec $(BIN)/python manage.py up

test: $(VENV)/.dev ## Set up and run all tests (ARGS="tests/movies -k name" runs some)
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadscope
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
endif

lint: $(VENV)/.dev ## Lint, types, import contracts, migrations, OpenAPI, templates, messages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --check --quiet
	$(BIN)/python -m revenge.lint

format: $(VENV)/.dev ## Format Python and templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint templates --reformat --quiet || true

bench: $(VENV)/.dev ## Run the benchmarks: one JSON object a figure (ONLY=name runs some)
	@$(BIN)/python -m bench $(ONLY)

demo-media: $(VENV)/.run ## Make tiny playable films: DIR=folder COUNT=number
	@$(BIN)/python -m revenge.demo media --dir "$(DIR)" --count "$(COUNT)"

messages: $(VENV)/.dev ## Update the translation catalogues from the code (needs GNU gettext)
	$(BIN)/python manage.py makemessages --all --no-obsolete --add-location file --ignore '.venv/*' --ignore 'data/*'
	$(BIN)/python -m revenge.messages

requirements: $(VENV)/.dev ## Pin requirements/*.txt anew from the .in files (UPGRADE=1: newest versions)
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/uv pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
		requirements/base.in --output-file requirements/base.txt
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/uv pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
		requirements/dev.in --output-file requirements/dev.txt

clean: ## Remove the virtual environment and caches (the data folder stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage*

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "revenge needs Python 3.11 or newer: set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up (once, about a minute) …"
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "The venv module is missing: install it (Debian: python3-venv)" >&2; exit 1; }

$(VENV)/.run: requirements/base.txt locale/de/LC_MESSAGES/django.po revenge/theme_locale/de/LC_MESSAGES/django.po | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@$(BIN)/python -m revenge.messages
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
