# make study   environment, every experiment of a profile, the book      (PROFILE=quick|full|sd15)
# make test    environment, every test
# make book    the published book, from the records committed under results/
# make verify  draw a sample of the recorded pictures again and compare their scores (PROFILE=...)
# make lab     JupyterLab on this machine, with copies of the notebooks in build/lab
# make clean   remove what can be made again (not the environment, not the results)
#
# PYTHON=...   the Python 3.11 to use        VENV=...    another environment (a conda one, say)
# CORES=...    how many cores to use         SNAKEFLAGS  more for Snakemake (-n, --forceall, ...)

PROFILE ?= quick
PYTHON ?= python3.11
VENV ?= .venv
CORES ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
SNAKEFLAGS ?=

BIN := $(VENV)/bin
READY := $(VENV)/.one-learned-word
NEEDED_MB := 4000
export PYTHONHASHSEED := 0
export HF_HUB_DISABLE_TELEMETRY := 1
# A step's tensors in huge pages, where glibc and the kernel give them when asked: a tenth less time.
export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

.PHONY: study test book verify lab clean environment
.DELETE_ON_ERROR:

# A study that was killed leaves Snakemake's lock behind. It is taken away if it was `make study` that did not end and no
# process of it lives; the lock of a Snakemake called by hand is left alone.
study: environment config/$(PROFILE).yaml
	@mkdir -p build; exec 9> build/.study.lock; \
	if command -v flock > /dev/null && flock -n 9 && [ -e build/.study.unfinished ]; then rm -rf .snakemake/locks; fi; \
	touch build/.study.unfinished; \
	$(BIN)/snakemake --configfile config/$(PROFILE).yaml --cores $(CORES) --rerun-incomplete --keep-going \
	    --quiet rules host reason $(SNAKEFLAGS) \
	  || { echo "make study stopped; run it again to go on from the last checkpoint (the line that failed is above)."; exit 1; }
	@rm -f build/.study.unfinished
	@echo "The book: book/_build/html/index.html"

book: environment
	@$(BIN)/python book/build.py --profile published
	@echo "The book: book/_build/html/index.html"

test: environment
	@$(BIN)/ruff check .
	@$(BIN)/python -m pytest -n 2 $(PYTESTFLAGS)

verify: environment
	@$(BIN)/python book/verify.py $(if $(filter-out file,$(origin PROFILE)),--profile $(PROFILE))

# Lab saves as it goes, so it gets copies of its own; one that a newer notebook replaces is kept under another name.
lab: environment
	@mkdir -p build/lab; for n in notebooks/*.ipynb; do c=build/lab/$${n##*/}; \
	if [ -e $$c ] && [ $$n -nt $$c ]; then mv $$c $${c%.ipynb}.$$(date +%s).ipynb; fi; [ -e $$c ] || cp $$n $$c; done
	@$(BIN)/jupyter lab --ip 127.0.0.1 --notebook-dir build/lab

clean:
	# build/pocket is hours of training: it stays; remove it by hand.
	rm -rf build/inductor build/drawing $(patsubst config/%.yaml,build/%,$(wildcard config/*.yaml)) book/_build book/experiments .snakemake .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path "./.venv/*" -prune -exec rm -rf {} +

config/%.yaml:
	@echo "There is no profile '$*'; PROFILE is one of: $(patsubst config/%.yaml,%,$(wildcard config/*.yaml))"; exit 1

# Every way in which the environment cannot be made ends in one line that says how to go on.
environment: $(READY)

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "$(VENV) is not a Python 3.11 environment; remove it (rm -r $(VENV)) and run make again."; exit 1; }
	@free=$$(df -Pm $(VENV) | awk 'NR == 2 {print $$4}'); $(BIN)/python -c 'import torch, snakemake' 2>/dev/null || test "$$free" -ge $(NEEDED_MB) || \
	  { echo "Not enough disk space in $(VENV): $$free MB free, $(NEEDED_MB) MB needed; free some, or put it elsewhere: make VENV=/somewhere/large ..."; exit 1; }
	@echo "Installing the environment into $(VENV) (once; some minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[study,test]' || \
	  { echo "pip could not install the packages (its own reason is above). No network? Put the wheels of constraints.txt and of setuptools in a folder and run: PIP_NO_INDEX=1 PIP_FIND_LINKS=that-folder make ... Otherwise run the same command again: it goes on where it stopped."; exit 1; }
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
	  { echo "No Python 3.11 as '$(PYTHON)'. Install it (apt install python3.11 python3.11-venv, brew install python@3.11, or conda env create -f environment.yml and then make VENV=\$$CONDA_PREFIX ...), or name it: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "'$(PYTHON) -m venv' failed (its reason is above). On Debian and Ubuntu: apt install python3.11-venv, then run make again."; exit 1; }
