PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes
PIN := $(BIN)/uv pip compile --universal --python-version 3.11 --upgrade \
	--generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
DEVICE ?= cpu
PYTHON_IMAGE ?= python:3.11-slim-bookworm
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' service/__init__.py)

.DEFAULT_GOAL := help
.PHONY: help serve test suite page kserve mlserver openapi check train bench proto image image-test deploy-test ray-test release release-test lock clean

help: ## Show these verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

serve: .venv/service ## Serve on 127.0.0.1:8000 (LENET_PORT and others: docs/settings.md)
	@$(BIN)/python -m compileall -q service
	@$(BIN)/python -m service

test: suite page ## Run every test

suite: .venv/development ## Run the tests of all but the page
	$(BIN)/python -m pytest --cov --ignore tests/web

page: .venv/development ## Run the tests of the page, in a browser
	$(BIN)/python -m pytest tests/web

kserve: .venv/development .venv/kserve ## Run KServe's clients and open-inference's, in an environment of their own, against the service
	$(BIN)/python -m pytest tests/protocol/test_kserve.py tests/protocol/test_open_inference.py

mlserver: .venv/development .venv/mlserver ## Run MLServer's codecs and command line, in an environment of their own, against the service
	$(BIN)/python -m pytest tests/protocol/test_mlserver.py

openapi: .venv/development .venv/openapi ## Generate clients from the OpenAPI document, in an environment of their own, and call the service
	$(BIN)/python -m pytest tests/openapi

check: .venv/development ## Lint, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

train: .venv/development ## Train the best network (ARGS="--help" tells how else)
	$(BIN)/python -m training $(ARGS)

bench: .venv/development ## Measure everything, also against peers that it installs (an idle machine, an hour)
	$(BIN)/python -m benchmarks

proto: .venv/development ## Make Python of the protocol's text
	$(BIN)/python -m grpc_tools.protoc -I . --python_out=. --pyi_out=. service/grpc/inference.proto

image: ## Build the image lenet5-service:cpu (DEVICE=cuda for NVIDIA GPUs; PYTHON_IMAGE names the base)
	docker build --tag lenet5-service:$(DEVICE) --build-arg DEVICE=$(DEVICE) --build-arg PYTHON=$(PYTHON_IMAGE) \
		--build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) .

image-test: .venv/deploy image ## Run the image and the Compose file by a real engine, as an operator does
	.venv/deploy/bin/python -m pytest --override-ini pythonpath=deploy/tests/image deploy/tests/image

deploy-test: .venv/service .venv/deploy ## Lint and validate what deploys
	.venv/deploy/bin/python -m pytest deploy/tests/files

ray-test: .venv/development .venv/ray ## Run the service and bulk work by a Ray of their own, in an environment of its own
	$(BIN)/python -m pytest deploy/tests/ray

release: .venv/deploy .venv/release ## Build wheel and sdist into dist/, with what they need: pins, bill of materials, licences
	rm -rf dist
	.venv/deploy/bin/python -m build --no-isolation
	$(BIN)/uv pip install --quiet --python .venv/release/bin/python --no-index --no-deps --reinstall dist/*.whl
	cp requirements/service.txt dist/requirements.txt
	.venv/release/bin/python -I deploy/notices.py > dist/THIRD-PARTY-NOTICES.txt
	.venv/deploy/bin/python deploy/bill.py .venv/release/bin/python dist/sbom.cdx.json
	cd dist && sha256sum * > SHA256SUMS

release-test: release ## Install the release in clean environments and use it, and read its papers
	.venv/deploy/bin/python -m pytest --override-ini pythonpath=deploy/tests/release deploy/tests/release

lock: .venv/uv ## Pin the newest versions of everything in requirements/
	$(PIN) --group build --output-file requirements/build.txt
	$(PIN) pyproject.toml --output-file requirements/service.txt
	$(PIN) pyproject.toml --extra grpc --extra tracing --extra training --group tests --group checks --constraint requirements/service.txt \
		--output-file requirements/development.txt
	$(PIN) --group kserve --output-file requirements/kserve.txt
	$(PIN) --group mlserver --output-file requirements/mlserver.txt
	$(PIN) --group openapi --output-file requirements/openapi.txt
	cd requirements/openapi && npm update --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
	$(PIN) pyproject.toml --extra ray --constraint requirements/service.txt --output-file requirements/ray.txt
	$(PIN) pyproject.toml --extra grpc --constraint requirements/development.txt --output-file requirements/image-cpu.txt
	$(PIN) pyproject.toml --extra cuda --extra grpc --constraint requirements/development.txt \
		--output-file requirements/image-cuda.txt
	$(PIN) pyproject.toml --extra training --constraint requirements/development.txt \
		--output-file requirements/training.txt
	$(PIN) --group release --output-file requirements/release.txt
	$(PIN) --group deploy --output-file requirements/deploy.txt

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

.venv/deploy: requirements/deploy.txt .venv/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@
	$(BIN)/uv pip install --quiet --python $@/bin/python --require-hashes --requirement $<
	touch $@

.venv/release: requirements/service.txt .venv/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@
	$(BIN)/uv pip install --quiet --python $@/bin/python --require-hashes --requirement $<
	touch $@

.venv/ray: requirements/ray.txt .venv/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@
	$(BIN)/uv pip install --quiet --python $@/bin/python --require-hashes --compile-bytecode --requirement $<
	touch $@

.venv/kserve: requirements/kserve.txt .venv/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@
	$(BIN)/uv pip install --quiet --python $@/bin/python --require-hashes --requirement $<
	touch $@

.venv/mlserver: requirements/mlserver.txt .venv/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@
	$(BIN)/uv pip install --quiet --python $@/bin/python --require-hashes --requirement $<
	touch $@

.venv/openapi: requirements/openapi.txt requirements/openapi/package.json requirements/openapi/package-lock.json .venv/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@
	$(BIN)/uv pip install --quiet --python $@/bin/python --require-hashes --requirement $<
	cp requirements/openapi/package.json requirements/openapi/package-lock.json $@
	cd $@ && npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@
