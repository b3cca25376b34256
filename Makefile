# Two commands are all a newcomer needs: `make run` and `make test`. Each sets everything up first, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup run test check bench bench-generator prove lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(READY) ## the virtual environment in .venv with the hash-locked requirements

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Loadstone needs Python 3.11 or newer; $$($(PYTHON) --version) is what $(PYTHON) runs. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing. Install it (Debian and Ubuntu: apt install python3-venv), then try again."; exit 1; }
	@echo "Setting up $(VENV), once ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY) ## load the reference service and show speed and correctness in one table
	@$(BIN)/loadstone run $(ARGS)

test: $(READY) ## all tests; the load engine's in a process of their own, because importing Locust patches it
	@$(BIN)/python -m pytest
	@$(BIN)/python -m pytest tests/loadstone/load

check: $(READY) ## ruff, mypy --strict and the import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY) ## the micro-benchmarks
	@$(BIN)/python -m pytest benchmarks $(ARGS)

bench-generator: $(READY) ## this generator beside Locust, wrk, hey, k6 and others, whichever are here
	@$(BIN)/python -m benchmarks.generator $(ARGS)

prove: $(READY) ## the long proofs, resumed where they ended: every verdict repeated; half an hour, not CI
	@$(BIN)/python -m pytest tests/proofs $(ARGS)

lock: $(READY) ## write requirements.txt anew from pyproject.toml
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
	  --output-file requirements.txt pyproject.toml

clean: ## remove what make and the runs left here
	@rm -rf $(VENV) results build dist *.egg-info .benchmarks .hypothesis .*_cache
