# Everything runs from a virtual environment that the first target makes. Needs Python 3.11+ and make.
PYTHON ?= python3
# Tests wait more than they compute: three on two cores are done sooner.
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := src
# The embedded database refuses to start under a locale that the machine lacks.
export LC_ALL := C.UTF-8
# What one process compiles, the next ones read: a server's start costs a third less, three test workers a minute.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test testall browser lint types contract clients fuzz ci faultquick fault bench benchquick mutants properties lock clean help

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/ready ## set everything up and run: database, simulator, server
	@$(BIN)/python -m plixa dev

test: $(VENV)/ready-dev ## set everything up and run the tests
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not browser"

testall: $(VENV)/ready-dev ## the tests with the slow ones: fuzz, matrix, crashes
	$(BIN)/python -m pytest -n 2 -m "not browser"

browser: $(VENV)/ready-browser ## the panel in a real browser: Debian's chromium
	$(BIN)/python -m pytest -n 2 --dist loadfile -m browser tests/browser

lint: $(VENV)/ready-dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready-browser ## mypy and pyright, both strict
	$(BIN)/python -m mypy
	$(BIN)/python -m pyright --pythonpath $(BIN)/python

contract: $(VENV)/ready-dev ## what of the contract is built and shown by tests
	@$(BIN)/python -m tests.contract

clients: $(VENV)/ready-dev ## clients that generators make of the API document, compiled; needs npm and its registry
	$(BIN)/python -m pytest -m slow tests/generated

fuzz: $(VENV)/ready-dev ## thousands of requests to every route, by the OpenAPI document
	FUZZ_CASES=20 $(BIN)/python -m pytest tests/http/test_schemathesis.py -s

ci: lint types browser clients benchquick faultquick test ## what CI runs

faultquick: $(VENV)/ready-dev ## the short forms of all the fault suites
	$(BIN)/python -m pytest -n 2 -m slow tests/fault

fault: $(VENV)/ready-dev ## the long forms of all the fault suites
	$(BIN)/python -m tests.fault.crash --rounds 50
	$(BIN)/python -m tests.fault.rolling --rounds 6
	$(BIN)/python -m tests.fault.postgres
	$(BIN)/python -m tests.fault.resume --sockets 200 --cuts 2000
	$(BIN)/python -m tests.fault.overload
	$(BIN)/python -m tests.fault.flows --conversations 500
	$(BIN)/python -m tests.fault.broadcasts
	$(BIN)/python -m tests.fault.campaigns
	$(BIN)/python -m tests.fault.campaigns --smtp
	$(BIN)/python -m tests.fault.stuck --messages 1000
	$(BIN)/python -m tests.fault.texts
	$(BIN)/python -m tests.fault.edge
	$(BIN)/python -m tests.fault.webhooks
	$(BIN)/python -m tests.fault.nodes
	$(BIN)/python -m tests.fault.processes
	$(BIN)/python -m tests.fault.partitions
	$(BIN)/python -m tests.fault.carriers
	$(BIN)/python -m tests.fault.growing
	$(BIN)/python -m tests.fault.pressure
	$(BIN)/python -m tests.fault.memory

properties: $(VENV)/ready-dev ## the tests of properties with other examples each time, and more of them
	HYPOTHESIS_PROFILE=random $(BIN)/python -m pytest --timeout 600 -m "not slow and not browser" $$(grep -rl "^from hypothesis" tests/actors tests/clients)

AREA ?= engine
NUMBER ?= 20
SEED ?= 1
mutants: $(VENV)/ready-dev ## small faults that no test notices: make mutants AREA=storage NUMBER=40 SEED=7
	$(BIN)/python -m tests.mutants $(addprefix --area ,$(AREA)) --number $(NUMBER) --seed $(SEED)

bench: $(VENV)/ready-bench ## measure everything in one run; writes bench-out/
	$(BIN)/python -m tests.bench

benchquick: $(VENV)/ready-bench ## the benchmarks' short form: shows that they run, not how fast we are
	$(BIN)/python -m tests.bench --quick

lock: $(VENV)/ready-dev ## write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml --group dev -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml --group dev --group bench -o requirements-bench.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml --group dev --group browser -o requirements-browser.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: on Debian, apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/ready: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "Installing what Plixa needs into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(MAKE) -s $(VENV)/command
	@touch $@

$(VENV)/ready-dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	@echo "Installing what Plixa and its tests need into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@$(MAKE) -s $(VENV)/command
	@touch $@ $(VENV)/ready

$(VENV)/ready-bench: $(VENV)/bin/python requirements-bench.lock pyproject.toml
	@echo "Installing what the benchmarks need into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-bench.lock
	@$(MAKE) -s $(VENV)/command
	@touch $@ $(VENV)/ready-dev $(VENV)/ready

$(VENV)/ready-browser: $(VENV)/bin/python requirements-browser.lock pyproject.toml
	@echo "Installing what the browser tests need into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-browser.lock
	@$(MAKE) -s $(VENV)/command
	@touch $@ $(VENV)/ready-dev $(VENV)/ready

# The `plixa` command runs from this checkout.
$(VENV)/command: $(VENV)/bin/python
	@printf '%s\n' "$(CURDIR)/src" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/plixa.pth"
	@printf '#!/bin/sh\nexec "%s" -m plixa "$$@"\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/plixa
	@chmod +x $(BIN)/plixa
	@touch $@

clean: ## remove what was installed and the development data
	rm -rf $(VENV) .plixa bench-out
