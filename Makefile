# What CI runs is `make check` and `make test`; every target sets up the environment it needs.

SHELL := /bin/bash
.DEFAULT_GOAL := all
.PHONY: setup demo test slow check format-check lint types layers soundness specs baseline format bench expected gallery lock all

# The first interpreter that is new enough and can make an environment; `make PYTHON=...` overrides.
PYTHON ?= $(shell for python in python3.11 python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
PYTEST := $(BIN)/python -m pytest
# More arguments for `make test` and `make bench`, as in `make test ARGS="-n 2 -x"`.
ARGS ?=
# pytest leaves with 5 when it selected nothing: no failure where a marker may have no test yet.
ALLOW_NONE := || test $$? -eq 5

setup: .venv/installed

# A changed lock makes a new environment, so that nothing outside the lock survives in it.
.venv/locked: requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer, with venv, is needed" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(PIP) install --requirement requirements.lock
	@touch $@

.venv/installed: .venv/locked pyproject.toml
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# A lock that holds, and the same lock with one mistake: the second must be refuted (exit code 12).
demo: setup
	$(BIN)/k42 check spec/protocols/locks/mcs.k42
	@echo "$(BIN)/k42 check spec/protocols/locks/mcs_broken.k42"
	@code=0; $(BIN)/k42 check spec/protocols/locks/mcs_broken.k42 || code=$$?; \
	test $$code -eq 12 || { echo "demo: exit code $$code instead of 12 (violated)" >&2; exit 1; }

test: setup
	$(PYTEST) $(ARGS)

slow: setup
	$(PYTEST) -m slow -n 2 --durations=20 $(ALLOW_NONE)

check: format-check lint types layers soundness specs

format-check: setup
	$(BIN)/ruff format --check .

lint: setup
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports

# Everything that k42.toml lists, held to its baseline.
specs: setup
	$(BIN)/k42 ci --strict

# Rewrites what `specs` is held to; the difference is then reviewed as text.
baseline: setup
	$(BIN)/k42 prove --quiet --certificate spec/proofs/certificates/ \
		$(filter-out %_broken.k42,$(wildcard spec/proofs/*.k42))
	$(BIN)/k42 ci --update-baseline

# The rules that let an explorer trust the code of the kernel.
soundness: setup
	$(BIN)/python -m kernel_impl.lint

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	$(PYTEST) -m bench -s $(ARGS) $(ALLOW_NONE)

# Rewrites the expected outputs; the difference is then reviewed as text.
expected: setup
	$(PYTEST) -q --update-expected

# Draws the shortest traces of all known defects anew, after a change of a specification or a picture.
gallery: setup
	$(BIN)/python -m tests.support.gallery

# Newest versions that satisfy pyproject.toml, found in an environment of their own.
lock:
	@set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch" build' EXIT; \
	$(PYTHON) -m venv "$$scratch"; \
	"$$scratch/bin/python" -m pip --quiet install --upgrade pip setuptools wheel; \
	"$$scratch/bin/python" -m pip --quiet install '.[test,dev,plot,cvc5]'; \
	head -n 1 requirements.lock > "$$scratch/lock"; \
	"$$scratch/bin/python" -m pip freeze --all | grep -Ev '^(pip==|k42[ =])' >> "$$scratch/lock"; \
	cp "$$scratch/lock" requirements.lock

all: check test
