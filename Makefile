# Needs make and Python 3.11 or newer, nothing else. `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt
FAST := -m "not slow" -n 2
ITSELF := .[excel,onnx,tune]
# Runs a command and says every ten seconds that it goes on: pip hides what is built.
SHOWN = { $(1); } & job=$$!; n=0; \
  while sleep 1; kill -0 $$job 2>/dev/null; do n=$$((n + 1)); \
    if [ $$((n % 10)) = 0 ]; then echo "  $$n s ..."; fi; done; wait $$job
# The playground's page and the library of kernels are built from these while walnet is
# installed: where they have changed, it is installed again.
FRONTEND := $(shell find examples frontend lessons -name node_modules -prune -o -type f -print)
KERNELS := $(shell find src/walnet/engine/kernels -name '*.py')

.DEFAULT_GOAL := help
.PHONY: help demo play test test-all test-oldest test-newest test-kernels peer-tests \
        check format-check lint types page imports sizes format kernels site docs \
        notebooks sbom wheels bench constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/run: pyproject.toml constraints.txt $(FRONTEND) $(KERNELS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "walnet needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	@echo "Installing walnet into .venv (once, takes a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(call SHOWN,$(INSTALL) --editable '$(ITSELF)')
	@touch $@

.venv/dev: .venv/run
	@echo "Installing the development tools into .venv (once) ..."
	@$(INSTALL) --group dev --group docs
	@touch $@

demo: .venv/run ## train on the penguins of examples/ and write a report
	@mkdir -p demo
	@cd demo && ../$(BIN)/walnet train ../examples/penguins.csv --target species
	@echo "Both files are in the folder demo: open demo/penguins.html in a browser."
	@echo "A first network, every step of it written out: $(BIN)/walnet demo"

play: .venv/run ## open the playground in the browser
	@$(BIN)/walnet play

test: .venv/dev ## the test suite, without its slow tests
	@$(BIN)/python tools/run_tests.py $(FAST)

test-all: .venv/dev ## the test suite, slow tests too
	@$(BIN)/python tools/run_tests.py -n 2

test-oldest: .venv/dev ## a part of it with the oldest versions allowed
	@$(BIN)/python tools/version_legs.py oldest $(PYTHON)

test-newest: .venv/dev ## the same with the newest; PYTHON=python3.13 names a Python
	@$(BIN)/python tools/version_legs.py newest $(PYTHON)

peer-tests: .venv/dev ## scikit-learn's own tests of its MLPs, on ours
	@$(BIN)/python tools/peer_tests.py

test-kernels: .venv/dev ## the kernels' tests, interpreted and bounds-checked
	@$(BIN)/python tools/run_tests.py kernels $(FAST)

check: format-check lint types page imports sizes test ## all that a change must pass

format-check: .venv/dev
	@$(BIN)/ruff format --check --quiet .

lint: .venv/dev ## ruff's rules
	@$(BIN)/ruff check --quiet .

types: .venv/dev ## mypy, strict
	@$(BIN)/mypy

page: .venv/dev ## the playground's page: its types and its format
	@$(BIN)/python tools/check_page.py

imports: .venv/dev ## which module may import which
	@$(BIN)/lint-imports --no-logo

sizes: .venv/dev ## size budget of files, functions and argument lists
	@$(BIN)/python tools/size_budget.py

format: .venv/dev ## format the code and mend what ruff can
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/python tools/check_page.py --format

kernels: .venv/dev ## build the kernels' library and WebAssembly, where needed
	@$(BIN)/python tools/build_kernels.py

site: .venv/dev ## write the playground's page into site/, for any web server
	@$(BIN)/python tools/build_page.py site
	@echo "The page is in the folder site: put it on a web server, or try it by"
	@echo "  python3 -m http.server --bind 127.0.0.1 --directory site 8000"

docs: .venv/dev ## build the documentation into docs/_build/html
	@$(BIN)/python tools/build_docs.py
	@echo "Open docs/_build/html/index.html in a browser."

notebooks: .venv/dev ## write the course as notebooks, run, into notebooks/
	@$(BIN)/python tools/build_notebooks.py

sbom: .venv/dev ## write bills of materials into dist/
	@$(INSTALL) --group release
	@$(BIN)/python tools/make_sbom.py

wheels: .venv/dev ## make the wheels of all systems into dist/, or of SYSTEMS
	@$(BIN)/python tools/make_wheels.py $(SYSTEMS)

bench: .venv/dev ## compare speed with the peers that are installed
	@$(BIN)/python benchmarks/speed.py

constraints: .venv/dev ## write the versions installed here to constraints.txt
	@$(BIN)/python tools/constraints.py > constraints.new
	@mv constraints.new constraints.txt
	@touch .venv/run .venv/dev

clean: ## remove what the other targets made
	rm -rf .venv build demo dist site notebooks docs/_build docs/reference/generated \
	  .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
