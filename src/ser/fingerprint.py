"""Code versions: a hash of what a module computes, unmoved by comments, docstrings and layout."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path

SOURCE = Path(__file__).parent
# How a number reaches the screen or the disk, and in which process it is computed, is not how it is computed.
_COSMETIC = frozenset({"ser", "ser.errors", "ser.files", "ser.fingerprint", "ser.pool", "ser.progress"})


def code_version(*modules: str) -> str:
    """Hash the code of some modules and of every `ser` module they import, however deep.

    Comments, docstrings and formatting do not count, so that editing a docstring makes nothing stale. Modules that
    only report (errors, files, progress) do not count either.

    Args:
        modules: dotted names, such as "ser.features.recipes"; a package stands for its `__init__`.

    Returns:
        16 hexadecimal digits.
    """
    total = hashlib.sha256()
    for name in sorted(_closure(modules)):
        total.update(f"{name}\n{_normal_form(_file_of(name))}\n".encode())
    return total.hexdigest()[:16]


def _closure(modules: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found and name not in _COSMETIC:
            found.add(name)
            waiting.extend(imports_of(name))
    return found


@functools.cache
def imports_of(module: str) -> frozenset[str]:
    """List the `ser` modules that a module imports, at its top or inside a function.

    Args:
        module: a dotted name below `ser`.

    Returns:
        Dotted names of modules (not of the names inside them).
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(_file_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.split(".")[0] == "ser")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ser":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if _exists(inner) else str(node.module))
    return frozenset(found)


def all_modules() -> list[str]:
    """List every module of the package as a dotted name."""
    names = (path.relative_to(SOURCE.parent).with_suffix("") for path in SOURCE.rglob("*.py"))
    return sorted(".".join(name.parts).removesuffix(".__init__") for name in names)


def _exists(module: str) -> bool:
    base = SOURCE.parent.joinpath(*module.split("."))
    return base.with_suffix(".py").is_file() or (base / "__init__.py").is_file()


def _file_of(module: str) -> Path:
    base = SOURCE.parent.joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


@functools.cache
def _normal_form(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _has_docstring(
            node
        ):
            node.body = node.body[1:]
    return ast.dump(tree, annotate_fields=False)


def _has_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


STEPS = {
    "scan": ("ser.corpora",),
    "split": ("ser.protocol",),
    "features": ("ser.features", "ser.audio"),
    "train": ("ser.training", "ser.models", "ser.pipeline.folds"),
    "evaluate": ("ser.evaluation",),
    "report": ("ser.evaluation", "ser.report", "ser.pages"),
}
"""The packages that each step of the pipeline computes with."""


def write_versions(folder: Path) -> None:
    """Write the code version of every step to `folder/<step>.txt`, so that DVC can depend on it.

    Args:
        folder: made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for step, packages in STEPS.items():
        inside = tuple(f"{package}." for package in packages)
        modules = [name for name in all_modules() if name in packages or name.startswith(inside)]
        (folder / f"{step}.txt").write_text(code_version(*modules) + "\n", encoding="utf-8")
