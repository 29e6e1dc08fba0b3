"""The rooms stay apart: what may import what, read from the code itself."""

from __future__ import annotations

import ast

import pytest

from ser.fingerprint import SOURCE, all_modules, imports_of

GROUND = {
    "apart",
    "arrays",
    "console",
    "errors",
    "extras",
    "files",
    "fingerprint",
    "moments",
    "nested",
    "paths",
    "pool",
    "progress",
    "startup",
}
# A room may import the ground floor, itself, and these.
ALLOWED = {
    "audio": set(),
    "corpora": {"audio"},
    "protocol": set(),
    "features": {"audio"},
    "models": set(),
    "training": {"models", "protocol"},
    "evaluation": set(),
    "pages": set(),
    "explore": {"audio", "corpora", "features", "pages"},
    "report": {"evaluation", "pages"},
    "serving": {"audio", "evaluation", "features", "models", "pages"},
    "export": {"audio", "features", "models", "serving"},
    "tracking": {"models"},
    "config": {"audio", "corpora", "features", "models", "protocol", "training"},
    "fetch": {"corpora"},
    "machine": {"config", "corpora", "fetch"},
    "pipeline": {
        "audio",
        "config",
        "corpora",
        "protocol",
        "features",
        "models",
        "training",
        "evaluation",
        "tracking",
        "explore",
        "report",
        "serving",
        "export",
    },
    "sweep": {"config", "pipeline"},
    "matrix": {"config", "evaluation", "pipeline", "sweep"},
    "tuning": {"config", "evaluation", "models", "pipeline", "tracking", "training"},
    "analysis": {
        "audio",
        "config",
        "evaluation",
        "explore",
        "features",
        "models",
        "pipeline",
        "protocol",
        "training",
    },
    "commands": {
        "analysis",
        "config",
        "corpora",
        "features",
        "fetch",
        "machine",
        "pipeline",
        "protocol",
        "serving",
        "tracking",
    },
    "cli": {"commands", "matrix", "sweep", "tuning"},
}
# Only these rooms may import these libraries.
KEEPERS = {
    "mlflow": {"tracking"},
    "hydra": {"config", "sweep"},
    "omegaconf": {"config", "sweep", "pipeline", "machine", "tuning"},
    "optuna": {"tuning"},
    "lightning": {"training"},
    "torch": {"features", "models", "training", "machine", "export"},
    "onnx": {"export"},
    "onnxruntime": {"export"},
    "ai_edge_litert": {"export"},
    "fastapi": {"serving"},
    "streamlit": {"serving"},
    "librosa": set(),
    "opensmile": set(),
    "parselmouth": set(),
    "transformers": set(),
    "pyspark": {"features"},
    "matplotlib": {"evaluation", "explore", "serving"},
}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else "ser"


@pytest.mark.parametrize("module", all_modules())
def test_a_room_imports_only_what_lies_below_it(module: str) -> None:
    here = room(module)
    others = {room(name) for name in imports_of(module)} - {here} - GROUND - {"ser"}
    assert others <= ALLOWED.get(here, set()), f"{module} imports {others}"


@pytest.mark.parametrize("module", all_modules())
def test_each_library_has_its_keepers(module: str) -> None:
    base = SOURCE.parent.joinpath(*module.split("."))
    file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    roots = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            roots.add(str(node.module).split(".")[0])
    for library, keepers in KEEPERS.items():
        assert library not in roots or room(module) in keepers, f"{module} imports {library}"


def imported_with(module: str) -> set[str]:
    """List the `ser` modules and the libraries that come with a module: what is imported outside functions."""
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        base = SOURCE.parent.joinpath(*name.split("."))
        file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if not file.is_file():
            continue
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                waiting += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return {name if name.startswith("ser.") else name.split(".")[0] for name in found}


@pytest.mark.parametrize("module", ["ser.pipeline.train", "ser.pipeline.evaluate", "ser.tracking.store"])
def test_what_only_some_models_need_is_imported_for_them_alone(module: str) -> None:
    # Each takes seconds: Lightning is of networks, skops of estimators.
    assert not {"lightning", "skops"} & imported_with(module)
    assert "torch" in imported_with("ser.pipeline.train")
