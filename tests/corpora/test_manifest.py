from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ser.corpora import manifest
from ser.errors import StoreError


def rows(count: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "utterance_id": f"toy/u{index}",
                "corpus": "toy",
                "path": f"wav/u{index}.wav",
                "sha256": f"{index:064x}",
                "pcm_sha256": f"{index:064x}",
                "speaker": f"toy/{index % 2}",
                "gender": None,
                "age": 30 if index else None,
                "language": "en",
                "emotion_native": "sad",
                "text_id": None,
                "intensity": None,
                "repetition": "1",
                "duration_s": 1.5,
                "sample_rate_hz": 16000,
                "channels": 1,
                "session": None,
                "split": None,
            }
            for index in range(count)
        ]
    )


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "below" / "manifest.parquet"
    manifest.write(path, rows()[::-1])
    back = manifest.read(path)
    assert list(back.columns) == manifest.COLUMNS
    assert back["utterance_id"].tolist() == ["toy/u0", "toy/u1", "toy/u2"]
    assert back["age"].isna().tolist() == [True, False, False]
    assert back["age"].dtype == pd.Int16Dtype()
    assert back["gender"].isna().all()
    pd.testing.assert_frame_equal(back, manifest.conform(rows(), "here"))


def test_the_types_do_not_depend_on_the_gaps() -> None:
    full = rows().assign(age=30, gender="female", text_id="1", intensity="1", session="1", split="dev")
    assert manifest.conform(full, "here").dtypes.tolist() == manifest.conform(rows(), "here").dtypes.tolist()


@pytest.mark.parametrize(
    ("spoilt", "complaint"),
    [
        (rows().drop(columns="sha256"), "lacks .'sha256'"),
        (rows().assign(colour="red"), "adds .'colour'"),
        (pd.concat([rows(), rows(1)]), "'toy/u0' and 0 more that come again"),
        (rows().assign(corpus=None), "non-nullable"),
        (rows().assign(channels="two"), "channels"),
    ],
)
def test_other_tables_are_refused_and_nothing_is_written(tmp_path: Path, spoilt: pd.DataFrame, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint):
        manifest.write(tmp_path / "manifest.parquet", spoilt)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_or_damaged_manifest_is_told(tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    with pytest.raises(StoreError, match="expected a manifest"):
        manifest.read(path)
    manifest.write(path, rows())
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StoreError, match="Scan the corpus again"):
        manifest.read(path)


def test_the_data_hash_names_audio_and_labels_and_nothing_else() -> None:
    name = manifest.data_hash(rows())
    assert len(name) == 16
    assert manifest.data_hash(rows()[::-1]) == name
    assert manifest.data_hash(rows().assign(path="elsewhere", pcm_sha256="0", duration_s=9.0, label="sad")) == name
    assert manifest.data_hash(manifest.conform(rows(), "here")) == name
    for column, value in {
        "sha256": "0",
        "emotion_native": "happy",
        "speaker": "toy/9",
        "age": 1,
        "session": "1",
    }.items():
        assert manifest.data_hash(rows().assign(**{column: value})) != name
    assert manifest.data_hash(rows(2)) != name
