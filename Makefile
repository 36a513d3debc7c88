# Short names for what developers do often. Everything runs in .venv, which ./run makes.

PYTHON := .venv/bin/python
UV := $(or $(shell command -v uv),.venv/bin/uv)
COMPILE := UV_SYSTEM_CERTS=1 $(UV) pip compile --quiet --universal --generate-hashes \
	--no-header --no-annotate --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help run test mutants check fix states migrate seed lock setup screenshots peers

help: ## List these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 14

run: ## Serve at http://127.0.0.1:8000/ with demo data
	./run

test: ## Run all tests
	./run test

mutants: setup ## Change the rules of access one by one; a test must notice each
	$(PYTHON) -m tests.mutants

check: setup ## Check style, types, floors, migrations and the pictures of the states
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	DJANGO_DEBUG=true .venv/bin/mypy .
	.venv/bin/lint-imports
	./run makemigrations --check --dry-run
	./run states --check

fix: setup ## Repair what ruff can repair
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

states: ## Redraw docs/states from the code
	./run states

migrate: ## Bring the database up to date
	./run migrate

seed: ## Fill the database with the demo practice
	./run seed_demo

peers: setup ## Install what the benchmarks are measured beside
	$(PYTHON) -m bench.peers django-appointment

screenshots: setup ## Make the screenshots of the README (a demo practice must be running)
	$(PYTHON) -m docs.screenshots

lock: setup ## Pin the newest packages that pyproject.toml allows
	$(COMPILE) --upgrade pyproject.toml --output-file requirements.txt
	$(COMPILE) --constraints requirements.txt pyproject.toml --group dev --upgrade --output-file requirements-dev.txt
	echo uv | $(COMPILE) --upgrade - --output-file bootstrap.txt

setup:
	@./run setup
