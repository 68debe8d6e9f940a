# Every target makes its own environment first, so each works alone on a fresh machine with Python 3.11 and make.
PYTHON ?= python3.11
ifeq ($(shell command -v $(PYTHON) 2>/dev/null),)
PYTHON := python3
endif
BIN := .venv/bin
UV := $(BIN)/uv pip
STAMP := .venv/.installed

.PHONY: env rehearsal test check campaign live lint types architecture bench lock clean

env: $(STAMP)

# uv goes in first: it installs the whole lock about ten times quicker than pip does.
$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-uv.lock
	VIRTUAL_ENV=.venv $(UV) install --quiet --require-hashes --requirement requirements.lock
	VIRTUAL_ENV=.venv $(UV) install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

lock:
	VIRTUAL_ENV=.venv $(UV) compile --quiet --generate-hashes --no-emit-index-url --no-header --all-extras pyproject.toml --output-file requirements.lock

rehearsal: env
	$(BIN)/rehearse run deal-to-cash --faults small

live: env
	$(BIN)/rehearse run deal-to-cash --faults small --mode live

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: env
	$(BIN)/mypy

architecture: env
	$(BIN)/lint-imports

test: env
	$(BIN)/pytest -q -n 2 --dist loadgroup

check: lint types architecture test

# The long proofs: many seeds, both modes, both databases, a core that is killed at random moments.
campaign: env
	$(BIN)/pytest -q -n 2 tests/campaign

bench: env
	$(BIN)/rehearse bench

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist reports
