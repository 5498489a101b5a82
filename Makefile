# Every target does its own set-up in .venv and re-uses it the second time.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

BROKER ?= embedded

.PHONY: setup demo test test-real test-workflows check reference bench clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@


demo: setup
	$(BIN)/gridctl demo --broker $(BROKER)

test: setup
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not real"

test-real: setup
	tests/real/run

test-workflows: setup
	tests/workflows/run

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

reference: setup
	$(BIN)/python docs/generate_reference.py

bench: setup
	benchmarks/run

clean:
	rm -rf $(VENV) .bench-venv .real .gridctl build dist .mypy_cache .ruff_cache .hypothesis
