# Everything a checkout can do. Needs make, Python 3.11 or newer and a package index; nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

ifndef PYTHON
PYTHON := $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(shell \
	$(name) -c 'import sys; print("$(name)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
endif

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WORKERS ?= 3

.PHONY: help install demo test check tests bench soak mutation format docs lock clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED) ## Install the locked dependencies into .venv

$(INSTALLED): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/it"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## Start everything, send 200,000 events, show the result (KEEP=1 keeps it running, CATALOG=payments: another trade)
	$(BIN)/vivace demo $(if $(KEEP),--keep) $(if $(CATALOG),--catalog $(CATALOG))

check: install ## Format, lint, types, import directions, tidiness
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/tidy

tests: install
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

test: check tests ## All checks and all tests

bench: install ## Measure the engine beside its floor and the plain way
	$(BIN)/vivace bench pipeline

soak: install ## The long runs, in parts that can be run alone: make soak PART=tests/crash
	$(if $(PART),,VIVACE_EXAMPLES=new $(BIN)/python -m pytest tests/properties)
	$(BIN)/python -m pytest -m soak --timeout 2400 $(PART)

mutation: install ## Change the rating core a little, again and again: does a test notice? (PART=streams/rate/prices, SAMPLE=20)
	$(BIN)/python -m tests.mutation $(PART) $(if $(SAMPLE),--sample $(SAMPLE))

format: install ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install ## Write docs/reference anew from the code
	$(BIN)/python -m infra.reference

lock: install ## Renew the locked requirements (needs uv on the PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate pyproject.toml requirements/build.in -o requirements/base.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --extra dev pyproject.toml requirements/build.in \
		-o requirements/dev.txt

clean: ## Remove what can be made again
	rm -rf build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
