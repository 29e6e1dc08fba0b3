# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# What is installed beneath ser; LOCK=requirements-serve.lock sets up what the services of compose.yaml need.
LOCK ?= requirements.lock
LIBRARIES := $(VENV)/.installed
STAMP := $(VENV)/.installed-ser
DEV := $(VENV)/.installed-dev
KERAS := .keras-venv
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test setup libraries lint bench bench-features bench-training bench-serving lock clean help

help:
	@echo "make demo   set up, rebuild the demo study on the embedded corpus, print its leaderboard"
	@echo "make test   set up, lint, run the tests with the coverage gate"
	@echo "make setup  set up .venv alone"
	@echo "make lint   ruff, mypy, codespell"
	@echo "make bench  measure the figures that the README quotes"
	@echo "make bench-features  time features and augmentation beside librosa, openSMILE, Praat and others; write docs/speed.md, docs/parity.md"
	@echo "make bench-training  time training beside plain PyTorch and Keras"
	@echo "make bench-serving  time the HTTP service beside a plain one, and ser predict"
	@echo "make bench-serving  time answers in the process, over HTTP beside a plain service, and from the command line"
	@echo "make lock   compile the locks anew (CONSTRAINTS=FILE holds versions back)"
	@echo "make clean  remove what was built, not what was set up"

# Made once, and made anew when the lock changes: a half-made environment has no stamp and is thrown away.
$(LIBRARIES): $(LOCK)
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement $(LOCK)
	touch $@

$(STAMP): $(LIBRARIES)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

# What tests, lint and benchmarks need on top: every extra, and the libraries that results are compared with.
$(DEV): $(STAMP) requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	touch $@

libraries: $(LIBRARIES)

setup: $(STAMP)

demo: $(STAMP)
	dvc repro --quiet
	ser leaderboard --from data/demo/evaluate
	@echo
	@echo "The page of the study:   data/demo/report/report.html"
	@echo "Browse the runs:         $(BIN)/ser ui"
	@echo "Your own corpus:         $(BIN)/ser train -m data_dir=DIR corpus=emodb model=mlp,cnn,svm"
	@echo "What is here and missing: $(BIN)/ser doctor"

test: $(DEV) lint
	pytest -n 2 --dist worksteal --cov

lint: $(DEV)
	ruff check .
	ruff format --check .
	mypy
	codespell

bench: $(DEV)
	python benchmarks/main_road.py

bench-features: $(DEV)
	python benchmarks/features.py
	python benchmarks/augment.py
	python benchmarks/speed.py
	python benchmarks/parity.py

# Keras stands in an environment of its own, which nothing but this comparison uses.
$(KERAS)/.installed: benchmarks/keras.lock
	rm -rf $(KERAS)
	$(PYTHON) -m venv $(KERAS)
	$(KERAS)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement benchmarks/keras.lock
	touch $@

bench-training: $(DEV) $(KERAS)/.installed
	python benchmarks/training.py --keras $(KERAS)/bin/python

bench-serving: $(DEV)
	python benchmarks/serving.py

# Every extra that can live with the others; `ray` cannot. Those of use come without research tools and their licences.
USE := setup joblib av server onnx litert serve page notebook
EXTRAS := $(USE) slurm tune spark opensmile ssl
COMPILE := .lock-venv/bin/uv pip compile --generate-hashes --no-emit-index-url --no-emit-find-links \
  --no-header --no-annotate --python-version 3.11 --quiet
lock:
	python3 -m venv .lock-venv && .lock-venv/bin/pip install --quiet uv
	$(COMPILE) pyproject.toml --extra setup --extra joblib $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -o requirements.lock
	sed -n 's/^\([a-z0-9._-]*==[^ ]*\).*/\1/p' requirements.lock > .lock-venv/held.txt
	$(COMPILE) pyproject.toml --extra dev $(addprefix --extra ,$(EXTRAS)) -c .lock-venv/held.txt $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -o requirements-dev.lock
	sed -n 's/^\([a-z0-9._-]*==[^ ]*\).*/\1/p' requirements-dev.lock > .lock-venv/held.txt
	$(COMPILE) pyproject.toml $(addprefix --extra ,$(USE)) -c .lock-venv/held.txt -o requirements-serve.lock
	$(COMPILE) benchmarks/keras.in $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -o benchmarks/keras.lock
	rm -rf .lock-venv

clean:
	rm -rf data/demo data/code data/store data/manifests data/splits data/synthetic runs reports outputs mlflow.db* mlartifacts
	rm -rf .dvc/cache .dvc/tmp
	rm -rf .mypy_cache .ruff_cache .pytest_cache .coverage* dist
