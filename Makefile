# SPDX-License-Identifier: Apache-2.0
# make demo: the main job, needs Python 3.11 and make only.   make test: everything the tests need, then the tests.
PYTHON ?= python3
VENV ?= .venv
PARK ?= demo_park
PORT ?= 8080
HJ212 ?= 127.0.0.1:9212
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test lint install install-dev locks client clean

demo: install
	@test -f $(PARK)/park.toml || $(BIN)/parktwin demo $(PARK)
	$(BIN)/parktwin live $(PARK) --simulate --port $(PORT) --hj212 $(HJ212)

install: $(VENV)/runtime.stamp
$(VENV)/runtime.stamp: locks/runtime.txt locks/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "parktwin needs Python 3.11 or newer"'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (once, about a minute) ..."
	@$(PIP) --require-hashes -r locks/build.txt
	@$(PIP) --require-hashes --no-build-isolation -r locks/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

install-dev: $(VENV)/dev.stamp
$(VENV)/dev.stamp: $(VENV)/runtime.stamp locks/dev.txt
	@$(PIP) --require-hashes --no-build-isolation -r locks/dev.txt
	@touch $@

test: install-dev
	@bash .ci/system_packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n 2 -m "not browser and not e2e"
	$(BIN)/python -m pytest -q -m "browser or e2e"

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

locks:
	bash .ci/pin_versions

client:
	cd viewer/client && npm ci --no-audit --no-fund && npm run build

clean:
	rm -rf $(VENV) build *.egg-info
