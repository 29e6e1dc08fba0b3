# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test lint bench bench-features bench-training lock clean help

help:
	@echo "make demo   set up, rebuild the demo study on the embedded corpus, print its leaderboard"
	@echo "make test   set up, lint, run the tests with the coverage gate"
	@echo "make lint   ruff, mypy, codespell"
	@echo "make bench  measure the figures that the README quotes"
	@echo "make bench-features  time features and augmentation beside librosa"
	@echo "make bench-training  time training beside plain PyTorch"
	@echo "make lock   compile requirements.lock anew (CONSTRAINTS=FILE holds versions back)"
	@echo "make clean  remove what was built, not what was set up"

# Made once, and made anew when the lock changes: a half-made environment has no stamp and is thrown away.
$(STAMP): requirements.lock
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

demo: $(STAMP)
	dvc repro --quiet
	ser leaderboard --from data/demo/evaluate
	@echo
	@echo "The page of the study:   data/demo/report/report.md"
	@echo "Browse the runs:         $(BIN)/ser ui"
	@echo "Your own corpus:         $(BIN)/ser train -m data_dir=DIR corpus=emodb model=mlp,cnn,svm"
	@echo "What is here and missing: $(BIN)/ser doctor"

test: $(STAMP) lint
	pytest -n 2 --dist worksteal --cov

lint: $(STAMP)
	ruff check .
	ruff format --check .
	mypy
	codespell

bench: $(STAMP)
	python benchmarks/main_road.py

bench-features: $(STAMP)
	python benchmarks/features.py
	python benchmarks/augment.py
	python benchmarks/parity.py

bench-training: $(STAMP)
	python benchmarks/training.py

lock:
	python3 -m venv .lock-venv && .lock-venv/bin/pip install --quiet uv
	.lock-venv/bin/uv pip compile pyproject.toml --extra dev --extra joblib --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --python-version 3.11 $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -o requirements.lock --quiet
	rm -rf .lock-venv

clean:
	rm -rf data/demo data/code data/store data/manifests data/splits data/synthetic runs reports outputs mlflow.db* mlartifacts
	rm -rf .dvc/cache .dvc/tmp
	rm -rf .mypy_cache .ruff_cache .pytest_cache .coverage* dist
