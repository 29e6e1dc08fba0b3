"""Trees that mean harm, or that an unlucky copy left: a right manifest, refusals with reasons, and nothing written."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ser.corpora import manifest
from ser.corpora.base import Corpus
from ser.corpora.scan import scan
from ser.errors import DataError

Speak = Callable[..., Path]
Harm = Callable[[Path], object]


def named(name: str) -> Harm:
    def make(root: Path) -> None:
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / "wav" / "ann_happy_1.wav", place)

    return make


def linked(name: str, to: str | Path) -> Harm:
    return lambda root: (root / name).symlink_to(to)


def header(**fields: int) -> Harm:
    """Spoil numbers of the header of a file: the place of each field of four bytes."""
    places = {"rate": 24, "format": 16, "length": 40, "riff": 4}

    def make(root: Path) -> None:
        data = bytearray((root / "wav" / "ann_happy_1.wav").read_bytes())
        for field, value in fields.items():
            data[places[field] : places[field] + 4] = struct.pack("<I", value)
        (root / "ann_happy_9.wav").write_bytes(data)

    return make


def outside(root: Path) -> None:
    secret = root.parents[2] / "secret.txt"
    secret.write_text("user: root\n" * 9)
    (root / "ann_happy_9.wav").symlink_to(secret)


def undecodable(root: Path) -> None:
    folder = os.fsencode(root) + b"/Col\x8are"
    os.mkdir(folder)
    shutil.copy(root / "wav" / "ann_happy_1.wav", os.fsdecode(folder + b"/ann_happy_9.wav"))


def undecodable_name(root: Path) -> None:
    shutil.copy(root / "wav" / "ann_happy_1.wav", os.fsdecode(os.fsencode(root) + b"/ann_happy_9\xff.wav"))


def deep(root: Path) -> None:
    folder = root.joinpath(*["d"] * 300)
    folder.mkdir(parents=True)
    shutil.copy(root / "wav" / "ann_happy_1.wav", folder)


def many_empty(root: Path) -> None:
    for index in range(2000):
        (root / f"ann_happy_{index % 10}_{index}.wav").touch()


# What is made, and the reasons for which files are then refused. None of them may change the eight utterances.
HARMS: dict[str, tuple[Harm, set[str]]] = {
    "link to itself": (linked("loop", "loop"), set()),
    "link to its folder": (linked("loop", "."), set()),
    "link to the folder above": (linked("up", ".."), set()),
    "link to the root of the disk": (linked("disk", "/"), set()),
    "link to a sibling": (linked("wav2", "wav"), set()),
    "dangling link": (linked("ann_happy_9.wav", "nowhere"), {"No such file or directory"}),
    "link to a file outside": (outside, {"bytes that are not audio"}),
    "link to a device": (linked("ann_happy_9.wav", "/dev/zero"), {"no file but a folder, a pipe or a device"}),
    "pipe": (lambda root: os.mkfifo(root / "ann_happy_9.wav"), {"no file but a folder, a pipe or a device"}),
    "folder named like a file": (lambda root: (root / "ann_happy_9.wav").mkdir(), set()),
    "copy in a folder named like a file": (named("ann_happy_2.wav/ann_happy_1.wav"), set()),
    "newline after the name": (named("ann_happy_9.wav\n"), set()),
    "newline in the name": (named("ann_happy_\n9.wav"), {"a name outside the corpus's grammar"}),
    "newline in the folder": (named("line\nbreak/ann_happy_1.wav"), set()),
    "quotes and commas": (named("a\",b;'c.wav"), {"a name outside the corpus's grammar"}),
    "formula": (named("=1+1.wav"), {"a name outside the corpus's grammar"}),
    "reversed letters": (named("\N{RIGHT-TO-LEFT OVERRIDE}1_yppah_nna.wav"), {"a name outside the corpus's grammar"}),
    "letters of another script": (named("\N{CYRILLIC SMALL LETTER A}nn_happy_1.wav"), {"a name outside the corpus's"}),
    "letters without width": (named("ann_happy_1\N{ZERO WIDTH SPACE}.wav"), {"a name outside the corpus's grammar"}),
    "longest name": (named(251 * "a" + ".wav"), {"a name outside the corpus's grammar"}),
    "folder that is not text": (undecodable, {"a path that is not text"}),
    "name that is not text": (undecodable_name, {"a name outside the corpus's grammar"}),
    "very deep folders": (deep, set()),
    "2000 empty files": (many_empty, {"a name outside the corpus's grammar"}),
    "case": (named("WAV/ANN_HAPPY_1.WAV"), set()),
    "resource forks": (named("__MACOSX/wav/._ann_happy_9.wav"), set()),
    "hidden copy": (named(".Trash/ann_happy_9.wav"), set()),
    "rate of zero": (header(rate=0), {"bytes that are not audio"}),
    "rate beyond measure": (header(rate=0xFFFFFFFF), {"bytes that are not audio"}),
    "format that claims the file": (header(format=0x7FFFFFFF), {"bytes that are not audio"}),
    "sound that claims more": (header(length=0x10000000), {"a WAV file that was cut short"}),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_hostile_tree_does_none(toy: Corpus, attic: Path, harm: str) -> None:
    out = attic.parents[1] / "out"
    before = scan(toy, attic, out, workers=1, allowed_bad_share=0.0).manifest
    make, reasons = HARMS[harm]
    make(attic)
    files = sum(len(names) for _, _, names in os.walk(attic))
    result = scan(toy, attic, out, workers=1, allowed_bad_share=0.999)
    # Of two copies either may be the one that is read.
    for table in (result.manifest, manifest.read(out / "manifest.parquet")):
        pd.testing.assert_frame_equal(table.drop(columns="path"), before.drop(columns="path"))
    found = set(pd.read_csv(out / "quarantine.csv")["reason"])
    assert len(found) == len(reasons)
    for reason in reasons:
        assert any(one.startswith(reason) for one in found), found
    assert sum(len(names) for _, _, names in os.walk(attic)) == files


def test_a_tree_of_nothing_but_empty_files_is_a_clear_error(toy: Corpus, tmp_path: Path) -> None:
    root = tmp_path / "raw"
    for index in range(300):
        (root / f"{index}").mkdir(parents=True)
        (root / f"{index}" / f"ann_happy_{index % 10}.wav").touch()
    with pytest.raises(DataError, match=r"300 of 300 \(100.0%\): 300 x a file of zero bytes"):
        scan(toy, root, tmp_path / "out", workers=1, allowed_bad_share=1.0)
