# The commands of a newcomer and of CI. They need Python 3.11 or later with venv, and make; everything else is fetched
# into .uv/ and .venv/ of this folder.

PYTHON ?= python3
VENV   ?= .venv
# Test processes: one more than two cores, since tests wait for browsers, kernels and disks.
JOBS   ?= 3
# A campaign in full takes longer than a test may.
LARGE  ?= --large --timeout 3600 --reliability docs/reliability.md

UV_VERSION := 0.13.9
UV  := .uv/bin/uv
BIN := $(VENV)/bin
ENV := $(VENV)/.installed

# uv uses the Python that is here.
export UV_PYTHON_DOWNLOADS := never

# Bytecode is kept, in folders that git ignores: several hundred interpreters of a test run would compile all they import.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-all test-debian lab bench stress coverage lint format docs tutorials pictures pin browser env clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(ENV) ## run the first tutorial; its results go to build/
	$(BIN)/framework run notebooks/01-first-pipeline.ipynb --output build

test: $(ENV) browser ## every test, tutorials and browser included
	$(BIN)/pytest -q -n $(JOBS) --dist loadscope

test-all: ## the tests on each Python from 3.11 to 3.14 that is installed here
	bash scripts/pythons 3.11 3.12 3.13 3.14 | while read -r version python; do \
	    $(MAKE) test PYTHON=$$python VENV=.venv-$$version </dev/null || exit; \
	done

test-debian: ## the tests on Python 3.14 of Debian's unstable suite, in a folder of 1 GB: needs root and debootstrap
	bash scripts/debian-python 3.14

lab: $(ENV) ## open the tutorials in JupyterLab
	$(BIN)/jupyter lab notebooks

bench: $(VENV)/.installed-bench ## measure every promise beside its peers: docs/benchmarks.md
	$(BIN)/python benchmarks/report.py

stress: $(ENV) ## the campaigns of tests/stress in full size: docs/reliability.md
	$(BIN)/pytest -q -n $(JOBS) --dist worksteal $(LARGE) tests/stress

# Not with pytest-cov: nbval would then measure its kernels in a way that hangs with this ipykernel.
coverage: $(ENV) browser ## every test, with the branches that none took; fails where too many are left
	mkdir -p build && $(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n $(JOBS) --dist loadscope
	$(BIN)/coverage combine -q && $(BIN)/coverage html -q && $(BIN)/coverage report

lint: $(ENV) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(ENV) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(ENV) ## the site, in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

tutorials: $(ENV) ## run every tutorial and save it as it came out
	for notebook in notebooks/*.ipynb; do $(BIN)/framework run $$notebook --output notebooks --no-html || exit; done

pictures: $(ENV) browser ## take the pictures of README and guides from notebooks/08-gallery.ipynb
	$(BIN)/python scripts/pictures.py

pin: $(UV) ## write constraints.txt anew from pyproject.toml
	$(UV) pip compile -q --universal --python-version 3.11 --all-extras --upgrade --no-emit-package framework \
	    --no-annotate --no-header pyproject.toml -o constraints.txt

browser: ## find a Chromium for the browser tests, or install it
	@bash scripts/chromium

env: $(ENV) ## the environment only

clean: ## remove what make built, the environment included
	rm -rf build dist .venv .venv-* .uv .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(UV):
	$(PYTHON) -m venv .uv
	.uv/bin/pip install -q --disable-pip-version-check uv==$(UV_VERSION)

$(ENV): pyproject.toml constraints.txt | $(UV)
	$(UV) venv -q --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip install -q --python $(BIN)/python -c constraints.txt -e '.[dev]'
	touch $@

$(VENV)/.installed-bench: $(ENV)
	$(UV) pip install -q --python $(BIN)/python -c constraints.txt -e '.[bench]'
	touch $@
