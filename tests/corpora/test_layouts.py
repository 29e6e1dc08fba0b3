"""Copies as they are met in the wild, scanned: the manifest is that of the publisher's own layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pandas as pd
import pytest

from editions import EDITIONS
from ser.corpora.base import Corpus
from ser.corpora.scan import ScanResult, scan

Speak = Callable[..., Path]
Place = Callable[[PurePosixPath], str]

# Of each corpus: how a mirror lays the files out, and what else lies there.
WILD: dict[str, tuple[Place, list[str]]] = {
    "aesdd": (lambda path: f"AESDD/AESDD/{path}", ["Tools and Documentation/a01 (1).wav", "readme.txt"]),
    "cafe": (lambda path: f"CaFE_48k/Col\N{LATIN CAPITAL LETTER S WITH CARON}re/{path.name}", ["Readme.txt"]),
    "casia": (
        lambda path: f"{path.parts[1]}/{path.stem}-{path.parts[1]}-{path.parts[0]}.wav",
        ["desktop.ini", "201.lab", "201.tag"],
    ),
    "crema-d": (lambda path: f"{path.name[:4]}/{path.name}", ["AudioMP3/1001_IEO_ANG_LO.mp3", "VideoDemographics.csv"]),
    "emodb": (lambda path: f"wav_corpus/{path.name.upper()}", ["laryngo/03a01Fa.wav", "silb/03a01Fa.wav", "db.yaml"]),
    "emovo": (lambda path: f"emovo/{path.parent.name}/{path.name}", ["documents/emovo.doc"]),
    "jl-corpus": (
        lambda path: f"raw jl corpus/{path.parent.name}/{path.name}",
        ["Perception test material on Qualtrics/main/female1_angry_1a_1.wav", "female1_angry_1a_1.txt"],
    ),
    "ravdess": (lambda path: f"audio_speech_actors_01-24/{path}", [".DS_Store", "__MACOSX/._x.wav"]),
    "savee": (lambda path: f"ALL/{path.parent.name}_{path.name}", ["AudioData/Info.txt"]),
    "shemo": (lambda path: f"shemo/{path.name}", ["transcript/final text/F01A01.ort"]),
    "tess": (
        lambda path: f"TESS Toronto emotional speech set data/OAF_Fear/{path.name.replace('OA_', 'OAF_')}",
        ["manifest.txt"],
    ),
}


def copied(corpus: Corpus, root: Path, noise: Speak, place: Place) -> None:
    for seed, path in enumerate(list(corpus.published())[::61][:12]):
        noise(root / place(path), seed)


def scanned(corpus: Corpus, root: Path) -> ScanResult:
    return scan(corpus, root, root.with_suffix(".out"), workers=1, allowed_bad_share=0.0)


@pytest.mark.parametrize("name", WILD)
def test_a_mirror_gives_the_manifest_of_the_original(name: str, tmp_path: Path, noise: Speak) -> None:
    corpus, (place, others) = EDITIONS[name], WILD[name]
    official, mirror, both = (tmp_path / folder for folder in ("official", "mirror", "both"))
    copied(corpus, official, noise, str)
    copied(corpus, mirror, noise, place)
    copied(corpus, both, noise, str)
    copied(corpus, both, noise, lambda path: f"again/{place(path)}")
    for other in others:
        (mirror / other).parent.mkdir(parents=True, exist_ok=True)
        (mirror / other).touch()
    expected = scanned(corpus, official).manifest.drop(columns="path")
    assert len(expected) >= 8
    pd.testing.assert_frame_equal(scanned(corpus, mirror).manifest.drop(columns="path"), expected)
    doubled = scanned(corpus, both)
    pd.testing.assert_frame_equal(doubled.manifest.drop(columns="path"), expected)
    assert doubled.card.second_copies == len(expected)
