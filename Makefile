# Every target starts from a fresh clone: it makes the environment that it needs, once.
# The environments are exact: requirements/*.txt pin every package by hash. A stamp
# carries the checksum of its lock, so a second call goes straight to the work.

PYTHON ?= python3
VENV ?= .venv
BACKEND ?= tensorflow
FULL ?=
PYTEST_ARGS ?= -n auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile \
  --no-loadscope-reorder
DEMO_ARGS ?=

# Compiled once for all the processes of a call, wherever else Python is told not to;
# what JAX compiles as well.
export PYTHONDONTWRITEBYTECODE :=
export JAX_COMPILATION_CACHE_DIR := $(abspath $(VENV))/jax
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS := 0
export JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES := -1

BIN := $(VENV)/bin
# Errors only: pip warns of every index that lacks a package. Uncompiled: most of what
# the backends bring is never imported.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps \
  --no-compile
stamp = $(VENV)/$(1)-$(shell cat requirements/$(1).txt pyproject.toml | cksum | cut -d' ' -f1).stamp
RUN := $(call stamp,run)
TEST := $(call stamp,test)
ALL := $(call stamp,all)
RACE := $(call stamp,race)

ifeq ($(BACKEND),tensorflow)
BACKENDS := tensorflow
TEST_ENVIRONMENT := $(TEST)
else
BACKENDS := $(if $(filter all,$(BACKEND)),tensorflow jax torch,$(BACKEND))
TEST_ENVIRONMENT := $(ALL)
endif

CHOICE := $(if $(filter rest,$(FULL)),--rest,$(if $(FULL),,--quick))

.PHONY: help demo test lint docs bench race wheel lock gallery
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 \t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(RUN)  ## train a residual network on clothes; its report replaces runs/demo
	rm -rf runs/demo
	KERAS_BACKEND=tensorflow $(BIN)/keras-residual train --out runs/demo --monitor 25 $(DEMO_ARGS)

test: $(TEST_ENVIRONMENT)  ## every promise on small networks; FULL=1 for all tests, BACKEND=jax, torch or all
	@failed=; for backend in $(BACKENDS); do \
	  echo "== tests on $$backend"; \
	  KERAS_BACKEND=$$backend $(BIN)/python -m pytest $(CHOICE) $(PYTEST_ARGS) \
	    || failed="$$failed $$backend"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed on:$$failed"; exit 1; fi

lint: $(ALL)  ## format, style and types, those of all backends too; scripts of pages
	@failed=; \
	$(BIN)/ruff format --check . || failed="$$failed format"; \
	$(BIN)/ruff check . || failed="$$failed style"; \
	$(BIN)/pyright --pythonpath $(BIN)/python || failed="$$failed types"; \
	$(BIN)/deno fmt --check --quiet || failed="$$failed format-of-pages"; \
	$(BIN)/deno lint --quiet || failed="$$failed scripts-of-pages"; \
	if [ -n "$$failed" ]; then echo "failed on:$$failed"; exit 1; fi

docs: $(ALL)  ## the site of docs/, with its notebooks run; build/site/index.html
	KERAS_BACKEND=tensorflow $(BIN)/python -m sphinx -E -W --keep-going -q docs build/site
	@echo "build/site/index.html"

bench: $(ALL)  ## the benchmarks; each prints its table and keeps it in benchmarks/records
	@for script in $(filter-out %/race.py,$(wildcard benchmarks/*.py)); do \
	  echo "== $$script"; $(BIN)/python $$script || exit 1; \
	done

race: $(RACE)  ## our networks against every peer, those of other libraries too
	$(BIN)/python benchmarks/race.py

wheel: $(TEST)  ## dist/: the wheel and the source archive, the same bytes each time
	@mkdir -p dist
	@$(BIN)/python -c 'import sys; sys.path.insert(0, "building"); import reproducible; \
	  reproducible.build_sdist("dist"); reproducible.build_wheel("dist")' > /dev/null
	@sha256sum dist/*

lock: $(TEST)  ## requirements/*.txt anew from pyproject.toml and requirements/*.in
	$(BIN)/python requirements/lock.py

gallery: $(TEST)  ## the messages in tests/errors.md anew; read them before you commit
	$(BIN)/python tests/errors.py --update

# The locks agree with each other (race > all > test > run), so each adds to one
# environment.
$(RACE): SATISFIES = $(RACE) $(ALL) $(TEST) $(RUN)
$(ALL): SATISFIES = $(ALL) $(TEST) $(RUN)
$(TEST): SATISFIES = $(TEST) $(RUN)
$(RUN): SATISFIES = $(RUN)

$(VENV)/%.stamp: | $(BIN)/python
	@echo "installing requirements/$(firstword $(subst -, ,$*)).txt into $(VENV)"
	@$(INSTALL) --require-hashes --only-binary :all: \
	  -r requirements/$(firstword $(subst -, ,$*)).txt
	@$(INSTALL) --no-build-isolation --editable .
	@rm -f $(SATISFIES) && touch $(SATISFIES)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
	  f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.\n" \
	  "Name another one:  make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
