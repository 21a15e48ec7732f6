# Each target works from a fresh clone: `setup` makes .venv by itself.
.POSIX:
.SUFFIXES:
.PHONY: help setup demo test soak fuzz check bench fmt
BIN = .venv/bin
PYTEST = $(BIN)/pytest
SOURCES = core web plugins tests tools

help:
	@echo "make setup   .venv with everything locked, and Debian packages (as root)"
	@echo "make demo    four moving cameras in one picture, in the browser"
	@echo "make test    every test"
	@echo "make soak    the long forms of the tests that break things; prints figures"
	@echo "make fuzz    a hundred thousand spoiled inputs for everything that reads strangers' bytes"
	@echo "make check   formatter, linters, types, layers"
	@echo "make bench   what the heart costs on this machine, beside other programs"
	@echo "make fmt     format and mend what a tool can mend"

setup: .venv/.ready
	@sh tools/packages.sh

.venv/.ready: pyproject.toml uv.lock tools/setup.sh
	@sh tools/setup.sh

demo: setup
	@$(BIN)/genba demo

test: setup
	@sh tools/packages.sh tests
	$(PYTEST)

soak: setup
	@sh tools/packages.sh tests
	GENBA_SOAK=1 $(PYTEST) -s -m soak --timeout 1800

fuzz: setup
	@$(BIN)/python tools/fuzz.py

check: setup
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@sh tools/jscheck.sh

bench: setup
	@sh tools/packages.sh bench
	@$(BIN)/genba bench --out bench/results/latest.local.json

fmt: setup
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
