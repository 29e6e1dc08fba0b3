from __future__ import annotations

from pathlib import Path

import pytest

from ser import fingerprint


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small `ser` of two modules: `a` imports `b`, and `c` stands alone."""
    source = tmp_path / "ser"
    source.mkdir()
    (source / "__init__.py").write_text("")
    (source / "a.py").write_text('"""A."""\nfrom ser.b import two\n\ndef four() -> int:\n    return two() * 2\n')
    (source / "b.py").write_text("def two() -> int:\n    return 2\n")
    (source / "c.py").write_text("C = 1\n")
    monkeypatch.setattr(fingerprint, "SOURCE", source)
    return source


def version(*modules: str) -> str:
    fingerprint.imports_of.cache_clear()
    fingerprint._normal_form.cache_clear()
    return fingerprint.code_version(*modules)


def test_comments_docstrings_and_layout_do_not_count(package: Path) -> None:
    before = version("ser.a")
    (package / "b.py").write_text('# why\ndef two() -> int:\n    """Give two."""\n\n    return (2)\n')
    assert version("ser.a") == before


def test_code_counts_however_deep_it_is_imported(package: Path) -> None:
    before, alone = version("ser.a"), version("ser.c")
    (package / "b.py").write_text("def two() -> int:\n    return 3\n")
    assert version("ser.a") != before
    assert version("ser.c") == alone


def test_versions_are_written_a_step_each(tmp_path: Path) -> None:
    fingerprint.write_versions(tmp_path)
    written = {path.stem: path.read_text().strip() for path in tmp_path.iterdir()}
    assert set(written) == set(fingerprint.STEPS)
    assert all(len(value) == 16 for value in written.values())
