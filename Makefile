# Two commands need nothing before them: `make run` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: setup run test bench lint lock clean

# The first of these that is CPython 3.11 or 3.12; override with `make PYTHON=/path/to/python setup`.
PYTHON ?= $(shell for p in python3.11 python3.12 python3 python; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

setup: $(STAMP)

# Debian's Python may come without ensurepip: then the system's pip fills the environment from outside.
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or 3.12 found." \
		"On Debian or Ubuntu: sudo apt-get install python3 python3-venv" >&2; exit 2; }
	@rm -rf .venv
	@if "$(PYTHON)" -c 'import ensurepip' 2>/dev/null; then \
		"$(PYTHON)" -m venv .venv; pip="$(BIN)/python -m pip"; \
	elif "$(PYTHON)" -m pip --version >/dev/null 2>&1; then \
		"$(PYTHON)" -m venv --without-pip .venv; pip="$(PYTHON) -m pip --python $(BIN)/python"; \
	else \
		echo "This Python has neither ensurepip nor pip. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2; exit 2; \
	fi; \
	echo "Installing the locked packages into .venv (a minute or two)"; \
	$$pip install --quiet --require-hashes --only-binary :all: -r requirements.lock; \
	$$pip install --quiet --no-deps --no-build-isolation -e .
	@echo "Compiling the kernels (about a minute)"
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; $(BIN)/twin run configs/smoke.yaml --out "$$folder/run" >/dev/null
	@touch $@

run: $(STAMP)
	$(BIN)/twin run configs/national-2027.yaml

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python -m benchmarks

# For maintainers: solves the requirements anew, keeping the pins that still fit. Needs pip-compile (pip-tools) on the path.
lock:
	pip-compile --quiet --extra dev --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-options \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.lock pyproject.toml

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
