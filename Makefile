PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes
PIN := $(BIN)/uv pip compile --universal --python-version 3.11 --upgrade \
	--generate-hashes --no-emit-index-url --no-header --no-annotate --quiet

.DEFAULT_GOAL := help
.PHONY: help serve test kserve check train bench lock clean

help: ## Show these verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

serve: .venv/service ## Serve on 127.0.0.1:8000 (LENET_PORT and others: docs/settings.md)
	@$(BIN)/python -m compileall -q service
	@$(BIN)/python -m service

test: .venv/development ## Run every test
	$(BIN)/python -m pytest --cov

kserve: .venv/development .venv/kserve ## Run KServe's client, in an environment of its own, against the service
	$(BIN)/python -m pytest tests/protocol/test_kserve.py

check: .venv/development ## Lint, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

train: .venv/development ## Train the best network (ARGS="--help" tells how else)
	$(BIN)/python -m training $(ARGS)

bench: .venv/development ## Measure everything, also against peers that it installs (an idle machine, an hour)
	$(BIN)/python -m benchmarks

lock: .venv/uv ## Pin the newest versions of everything in requirements/
	$(PIN) --group build --output-file requirements/build.txt
	$(PIN) pyproject.toml --output-file requirements/service.txt
	$(PIN) pyproject.toml --extra training --group tests --group checks --constraint requirements/service.txt \
		--output-file requirements/development.txt
	$(PIN) --group kserve --output-file requirements/kserve.txt

clean: ## Remove the environment and everything that tools leave
	rm -rf .venv .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache dist

.venv/uv: requirements/build.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/build.txt
	touch $@

.venv/service: requirements/service.txt .venv/uv
	$(INSTALL) --compile-bytecode --requirement $<
	touch $@

.venv/development: requirements/development.txt .venv/service
	$(INSTALL) --requirement $<
	touch $@

.venv/kserve: requirements/kserve.txt .venv/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@
	$(BIN)/uv pip install --quiet --python $@/bin/python --require-hashes --requirement $<
	touch $@
