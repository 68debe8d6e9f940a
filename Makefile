# Every target makes its own environment first, so each works alone on a fresh machine with Python 3.11 and make.
PYTHON ?= python3.11
ifeq ($(shell command -v $(PYTHON) 2>/dev/null),)
PYTHON := python3
endif
BIN := .venv/bin
UV := $(BIN)/uv pip
STAMP := .venv/.installed

.PHONY: env rehearsal test contracts breakages properties properties-ci browser check campaign live containers lint types architecture bench comparison lock clean

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
	VIRTUAL_ENV=.venv $(UV) compile --quiet --generate-hashes --no-emit-index-url --no-header --extra load --constraint requirements.lock pyproject.toml --output-file requirements-runtime.lock

rehearsal: env
	$(BIN)/rehearse run month-end --seed 7 --report reports/month-end

live: env
	$(BIN)/rehearse run month-end --seed 7 --mode live --report reports/month-end-live

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: env
	$(BIN)/mypy

architecture: env
	$(BIN)/lint-imports

test: env
	$(BIN)/pytest -q -n 2 --dist loadgroup

# The report in a real browser. Where none is found it is installed, which takes root and a Debian-like system.
browser: env
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; }
	$(BIN)/pytest -q tests/browser

# All consumers, all providers, all descriptions, all drift: what CI runs on every commit, in less than three minutes.
contracts: env
	$(BIN)/rehearse contracts --junit reports/contracts/junit.xml

# Hypothesis as CI runs it: the same examples every time.
properties-ci: env
	$(BIN)/pytest -q -n 2 tests/property --junitxml=reports/properties/junit.xml

# Hypothesis with many random examples; what it finds is kept in reports/hypothesis and tried first the next time.
properties: env
	HYPOTHESIS_PROFILE=long $(BIN)/pytest -q -n 2 tests/property --junitxml=reports/properties/junit.xml

check: lint types architecture test contracts browser

# Every planted mistake, each alone in a copy of the project, and the job that catches it.
breakages: env
	$(BIN)/pytest -q tests/campaign/test_breakages.py

# The long proofs: many seeds, both modes, both databases, a core that is killed at random moments.
campaign: env
	$(BIN)/pytest -q -n 2 --dist loadgroup tests/campaign

# docker-compose.yml proved by running it with podman, which is installed where it is missing; skipped where it cannot be.
containers: env
	$(BIN)/python -m tests.containers

bench: env
	$(BIN)/rehearse bench

# Ours beside others', measured here, and the page of it. REHEARSE_NPM_BENCH names where the npm ones are installed.
CONSULTANTS ?= 300
ROUNDS ?= 3
COMPARED := reports/comparison
comparison: env
	@mkdir -p $(COMPARED)
	$(BIN)/rehearse bench generate --json $(COMPARED)/generate.json
	$(BIN)/rehearse bench mocks --rounds $(ROUNDS) --json $(COMPARED)/mocks.json
	$(BIN)/rehearse bench core --consultants $(CONSULTANTS) --rounds $(ROUNDS) --json $(COMPARED)/core.json
	$(BIN)/rehearse bench page --from $(COMPARED)/generate.json --from $(COMPARED)/mocks.json \
		--from $(COMPARED)/core.json --out scenarios/report/COMPARISON.md

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist reports
