"""Where the configuration lies and what its groups offer; light enough for `--help`."""

from __future__ import annotations

from pathlib import Path

GROUPS = ("corpus", "labels", "protocol", "normalise", "augment", "features", "engine", "model", "trainer", "tracking")


def conf_dir() -> Path:
    """Return the folder of the YAML groups: in the installed package, else beside `src/` in a checkout."""
    return _shipped("conf")


def experiments_dir() -> Path:
    """Return the folder of the studies that come with `ser`, found as `conf_dir` is."""
    return _shipped("experiments")


def _shipped(name: str) -> Path:
    package = Path(__file__).parent
    inside, beside = package / name, package.parent.parent / name
    return inside if inside.is_dir() else beside


def choices(group: str) -> list[str]:
    """List the names of a group ("model" -> ["cnn", ...]), sorted; `base` files are parts, not names."""
    return sorted(path.stem for path in (conf_dir() / group).glob("*.yaml") if path.stem != "base")


def store_dir(work_dir: Path) -> Path:
    """Return the folder of the feature store below a work folder."""
    return work_dir / "data" / "store"
