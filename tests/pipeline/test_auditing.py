"""`ser audit` on tables and on runs, as a user calls it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
import soundfile

from ser.cli import main
from ser.corpora.base import Corpus
from ser.corpora.emodb import EmoDB
from ser.corpora.ravdess import Ravdess
from ser.pipeline import lookup, runs
from ser.pipeline.runs import RunFolder

NAMES = [
    f"{speaker}a0{text}{emotion}a.wav" for speaker in ("03", "08", "09", "10") for text in "12" for emotion in "WFN"
]
Capture = pytest.CaptureFixture[str]


def by_speaker(name: str) -> str:
    return "test" if name.startswith(("09", "10")) else "train"


def by_number(name: str) -> str:
    return "test" if NAMES.index(name) % 3 == 0 else "train"


def split_file(place: Path, part: Callable[[str], str], before: str = "") -> Path:
    file = place / "split.csv"
    pd.DataFrame({"file": [before + name for name in NAMES], "split": [part(name) for name in NAMES]}).to_csv(file)
    return file


def audited(capsys: Capture, *arguments: object) -> tuple[int, dict[str, Any]]:
    code = main(["audit", *map(str, arguments), "--format", "json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def kinds(found: dict[str, Any], severity: str = "leak") -> set[str]:
    return {row["kind"] for row in found["findings"] if row["severity"] == severity}


def test_names_alone_tell_the_speakers(tmp_path: Path, capsys: Capture) -> None:
    code, found = audited(capsys, split_file(tmp_path, by_speaker), "--corpus", "emodb")
    assert (code, kinds(found), kinds(found, "note")) == (0, set(), {"sentence"})
    code, found = audited(capsys, split_file(tmp_path, by_number), "--corpus", "emodb")
    assert (code, kinds(found)) == (1, {"speaker"})
    assert found["findings"][0]["examples"].startswith("emodb/03, emodb/08")


def test_names_that_begin_with_a_corpus_need_no_option(tmp_path: Path, capsys: Capture) -> None:
    code, found = audited(capsys, split_file(tmp_path, by_number, "emodb/wav/"))
    assert (code, kinds(found)) == (1, {"speaker"})


def test_without_a_corpus_speakers_are_unknown_and_it_says_so(tmp_path: Path, capsys: Capture) -> None:
    assert main(["audit", str(split_file(tmp_path, by_number))]) == 0
    assert "NOT known to be speaker-independent" in capsys.readouterr().out


def test_a_scan_finds_what_names_hide(tmp_path: Path, capsys: Capture) -> None:
    """One recording under two names is seen by its samples; a name that is no file is listed."""
    folder = tmp_path / "data" / "emodb" / "wav"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, (4, 8000))
    for name, samples in zip(("03a01Fa", "08a01Fa", "09a01Fa", "10a01Fa"), noise, strict=True):
        soundfile.write(folder / f"{name}.wav", samples, 16000)
    shutil.copyfile(folder / "03a01Fa.wav", folder / "03a02Fb.wav")
    table = tmp_path / "split.csv"
    table.write_text(
        "path,split\n03a01Fa.wav,train\n08a01Fa.wav,train\n09a01Fa.wav,test\nx/03a02Fb.wav,test\nno.wav,train\n"
    )
    code, found = audited(capsys, table, "--corpus", "emodb", "--data-dir", tmp_path / "data", "--work-dir", tmp_path)
    assert (code, kinds(found)) == (1, {"audio", "speaker"})
    examples = {row["kind"]: row["examples"] for row in found["findings"]}
    assert examples["audio"] == "03a01Fa.wav = x/03a02Fb.wav"
    assert examples["unmatched"] == "no.wav"
    assert found["unchecked"]["audio"] == 1


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_the_finding_is_written_in_words(form: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "audit.md"
    file = split_file(tmp_path, by_number)
    assert main(["audit", str(file), "--corpus", "emodb", "--format", form, "--out", str(out)]) == 1
    assert "LEAKS: 1 kind of leak" in capsys.readouterr().out
    page = out.read_text(encoding="utf-8")
    assert "speakers on both sides" in page
    assert "Notes" in page


@pytest.mark.parametrize(("learned", "leaks"), [("train", set()), ("all", {"scaler"})])
@pytest.mark.parametrize("form", ["npz", "csv", "json"])
def test_statistics_are_judged_by_the_features(
    form: str, learned: str, leaks: set[str], tmp_path: Path, capsys: Capture
) -> None:
    values = np.random.default_rng(0).normal(size=(len(NAMES), 4)).astype(np.float32)
    pd.DataFrame(values).assign(name=NAMES)[["name", 0, 1, 2, 3]].to_csv(tmp_path / "features.csv", index=False)
    chosen = values[[learned == "all" or by_speaker(name) == "train" for name in NAMES]].astype(np.float64)
    mean, std = chosen.mean(axis=0), chosen.std(axis=0, ddof=1)
    file = tmp_path / f"statistics.{form}"
    if form == "npz":
        np.savez(file, mean=mean, std=std)
    elif form == "csv":
        pd.DataFrame({"mean": mean, "std": std}).to_csv(file)
    else:
        file.write_text(json.dumps({"1": {"mean": mean.tolist(), "scale": std.tolist()}}), encoding="utf-8")
    options = ("--corpus", "emodb", "--statistics", file, "--features", tmp_path / "features.csv")
    code, found = audited(capsys, split_file(tmp_path, by_speaker), *options)
    assert (code, kinds(found)) == (int(bool(leaks)), leaks)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--statistics", "statistics.csv"], "--statistics and --features together"),
        (["--statistics", "split.csv", "--features", "features.csv"], "means and standard deviations"),
        (["--statistics", "statistics.csv", "--features", "nothing.csv"], "expected features"),
        (["--statistics", "statistics.csv", "--features", "wide.csv"], "means of 2 features for fold 1"),
        (["--statistics", "statistics.csv", "--features", "others.csv"], "features of the training utterances"),
        (["--corpus", "emodbb"], "Did you mean 'emodb'"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    split_file(tmp_path, by_speaker)
    pd.DataFrame({"mean": [1.0], "std": [1.0]}).to_csv("statistics.csv")
    pd.DataFrame({"name": NAMES, "x": 1.0}).to_csv("features.csv", index=False)
    pd.DataFrame({"name": NAMES, "x": 1.0, "y": 1.0}).to_csv("wide.csv", index=False)
    pd.DataFrame({"name": ["a"], "x": 1.0}).to_csv("others.csv", index=False)
    assert main(["audit", "split.csv", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_run_is_clean_and_its_fold_table_is(study: Path, capsys: Capture) -> None:
    for run in runs.all_runs(study):
        code, found = audited(capsys, run.run_id[:8], "--work-dir", study)
        assert (code, kinds(found)) == (0, set())
        assert "scaler" not in kinds(found, "note")
        assert audited(capsys, run.path)[0] == 0
        assert audited(capsys, run.folds)[0] == 0


def planted(study: Path, run: RunFolder, place: Path) -> RunFolder:
    """A copy of a run, with the store of its features beside it."""
    copy = RunFolder(place / "runs" / run.run_id)
    shutil.copytree(run.path, copy.path)
    (place / "data").symlink_to(study / "data")
    return copy


def test_a_scaler_fitted_on_everything_is_found_in_the_model(study: Path, tmp_path: Path, capsys: Capture) -> None:
    for number, run in enumerate(runs.all_runs(study)):
        copy = planted(study, run, tmp_path / str(number))
        (first, *others) = sorted((copy.path / "fits").glob("fold-*"))
        files = [fit / "model" / "weights.safetensors" for fit in (first, *others)]
        parts = [safetensors.numpy.load_file(file) for file in files]
        key = next(name for name in parts[0] if name.endswith("mean") and "running" not in name)
        scale = key.removesuffix("mean") + "scale"
        whole = whole_statistics(copy)
        safetensors.numpy.save_file({**parts[0], key: whole[0], scale: whole[1]}, files[0])
        code, found = audited(capsys, copy.path)
        assert (code, kinds(found)) == (1, {"scaler"})
        (row,) = [row for row in found["findings"] if row["kind"] == "scaler"]
        assert row["fold"] == "1"
        assert "train+dev+test" in row["examples"]


def whole_statistics(run: RunFolder) -> tuple[np.ndarray, np.ndarray]:
    from omegaconf import DictConfig, OmegaConf

    from ser.config import Settings
    from ser.features.source import feature_source
    from ser.paths import store_dir

    config = OmegaConf.load(run.config)
    assert isinstance(config, DictConfig)
    settings = Settings(config)
    source = feature_source(store_dir(run.path.parent.parent), settings.features, settings.augment)
    values = source.clean(pd.read_parquet(run.utterances)["sha256"].tolist()).values
    return values.mean(axis=0), values.std(axis=0)


def test_a_run_chosen_on_its_test_part_leaks_and_one_without_features_says_what_is_unchecked(
    study: Path, tmp_path: Path, capsys: Capture
) -> None:
    run = next(runs.all_runs(study))
    copy = RunFolder(tmp_path / "runs" / run.run_id)
    shutil.copytree(run.path, copy.path)
    record = runs.read(copy) | {"chosen_on": "the epoch with the best test UAR"}
    copy.record.write_text(json.dumps(record), encoding="utf-8")
    code, found = audited(capsys, copy.path)
    assert (code, kinds(found)) == (1, {"selection"})
    (row,) = [row for row in found["findings"] if row["kind"] == "scaler"]
    assert row["severity"] == "note"
    assert row["examples"].startswith("not checked")


@pytest.mark.parametrize(
    ("name", "utterance"),
    [
        ("03a01Fa.wav", "emodb/03a01Fa"),
        ("emodb/wav/03a01fa.WAV", "emodb/03a01Fa"),
        ("C:\\data\\03a01Fa", "emodb/03a01Fa"),
        ("ravdess/03a01Fa.wav", None),
        ("Actor_01/03-01-05-02-01-01-01.wav", "ravdess/03-01-05-02-01-01-01"),
        ("other.wav", None),
    ],
)
def test_grammars_read_names_wherever_they_lie(name: str, utterance: str | None) -> None:
    corpora: dict[str, Corpus] = {
        "emodb": EmoDB(folder=None, ambiguous=False),
        "ravdess": Ravdess(folder=None, song=False),
    }
    found = lookup.by_grammar(corpora)(name)
    assert (found and found["utterance"]) == utterance


def test_a_manifest_is_searched_by_id_path_name_and_stem_and_ambiguity_is_no_match() -> None:
    rows = [("c/one", "a/x.wav"), ("c/two", "b/x.wav"), ("c/three", "b/y.wav")]
    manifest = pd.DataFrame(rows, columns=["utterance_id", "path"]).assign(
        corpus="c", speaker="c/1", session=None, text_id=None, pcm_sha256="p", sha256="s", emotion_native="sad"
    )
    find = lookup.by_manifest(manifest)
    asked = ["c/one", "two", "a/x.wav", "/data/b/X.wav", "c/a/x.wav", "y", "y.flac", "elsewhere/y.npy", "x.wav", "z"]
    found = [facts and facts["utterance"] for facts in map(find, asked)]
    assert found == ["c/one", "c/two", "c/one", "c/two", "c/one", "c/three", "c/three", "c/three", None, None]
