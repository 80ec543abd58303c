PYTHON ?= python3
BIN := .venv/bin
PINS := $(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-header --annotation-style=line

.PHONY: run test lint format bench quality intents pins clean

run: .venv/installed  ## Serve Brenda with demo courses and the simulator
	@$(BIN)/python -m bot.cli.local

test: .venv/installed-dev  ## Run the whole suite against a real PostgreSQL, in two processes
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

lint: .venv/installed-dev  ## Formatter, linter, type checker, layer contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/pyright

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed-dev  ## Print the benchmarks, as ratios to a baseline of the same run
	$(BIN)/python -m benchmarks

quality: .venv/installed-dev  ## Print how well people are understood, in one table
	$(BIN)/python -m benchmarks people

intents: .venv/installed  ## Learn from the examples and write bot/data/intents/model.npz
	$(BIN)/flask intents train

pins: .venv/installed-dev  ## Compile requirements*.in to exact pins
	$(PINS) --output-file=requirements.txt requirements.in
	$(PINS) --output-file=requirements-dev.txt requirements-dev.in

clean:
	rm -rf .venv

.venv/installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
