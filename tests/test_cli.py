"""The front door: help is instant, a user's error is answered in one line with exit code 2."""

from __future__ import annotations

import shutil
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ser import cli
from ser.cli import main
from ser.commands import COMMANDS
from tiny import overrides


def write_wav(path: Path, samples: np.ndarray, rate: int = 16000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, len(samples), "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def emodb(folder: Path, speakers: tuple[str, ...] = ("03", "08", "09", "10"), takes: str = "ab") -> Path:
    """A corpus with names of EmoDB's grammar and noise for speech, below `folder/emodb/wav`."""
    rng = np.random.default_rng(0)
    for speaker in speakers:
        for emotion in "WEAFTN":
            for take in takes:
                write_wav(folder / "emodb" / "wav" / f"{speaker}a01{emotion}{take}.wav", rng.normal(0, 0.1, 8000))
    return folder


@pytest.mark.parametrize(
    "verb",
    [*cli.VERBS, *COMMANDS],
)
def test_every_command_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    if verb in cli.VERBS:
        assert main([verb, "--help"]) == 0
    else:
        with pytest.raises(SystemExit, match="0"):
            main([verb, "--help"])
    assert f"usage: ser {verb}" in capsys.readouterr().out


def test_help_shows_a_model_only_where_one_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    for verb, chosen in cli.VERBS.items():
        main([verb, "--help"])
        assert (" model=" in capsys.readouterr().out) == chosen.needs_model


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys\nfrom ser.cli import main\nmain(['train', '--help'])\n"
        "heavy = {'torch', 'mlflow', 'lightning', 'hydra', 'pandas', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_hydra_shows_the_composed_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--cfg", "job", "model=svm"]) == 0
    assert "_target_: ser.models.svm.SVM" in capsys.readouterr().out


def test_an_unknown_command_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trian"]) == 2
    assert "Did you mean 'train'?" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--hydra-help", "--config-name=other", "--version", "--run"])
def test_flags_that_mean_nothing_here_are_refused(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["train", flag])
    assert "usage: ser train" in capsys.readouterr().err


def no_folder(folder: Path) -> None:
    folder.rmdir()


def empty_folder(folder: Path) -> None:
    (folder / "emodb").mkdir()


def one_speaker(folder: Path) -> None:
    emodb(folder, speakers=("03",), takes="abcdef")


def all_corrupt(folder: Path) -> None:
    emodb(folder)
    for file in (folder / "emodb" / "wav").iterdir():
        file.write_bytes(b"RIFF nothing of the kind")


def rare_class(folder: Path) -> None:
    emodb(folder)
    for file in (folder / "emodb" / "wav").glob("*E?.wav"):
        if not file.name.startswith("03"):
            file.unlink()


@pytest.mark.parametrize(
    ("make", "more", "message"),
    [
        (no_folder, [], "no such folder"),
        (empty_folder, [], "emodb/wav"),
        (one_speaker, [], "speaker"),
        (all_corrupt, [], "quarantine.csv"),
        (rare_class, [], "disgust"),
        (emodb, ["corpus=[emodb,tess,savee]"], "none of savee, tess"),
        (emodb, ["features=log_mel"], "Models that fit these features: cnn, cnn_lstm,"),
        (emodb, ["labels=nativ"], "Did you mean 'native'"),
    ],
)
def test_bad_input_is_answered_with_what_to_do(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], object],
    more: list[str],
    message: str,
) -> None:
    data = tmp_path / "data dir"
    data.mkdir()
    make(data)
    work = tmp_path / "work"
    job = ["train", *overrides(work, "corpus=emodb", f'data_dir="{data}"', "model=svm", *more)]
    job = [word for word in job if not word.startswith("corpora.synthetic")]
    assert main(job) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("ser: ")
    assert "Traceback" not in error
    assert not list(work.glob("runs/*/predictions.parquet"))


def test_bad_files_are_set_aside_with_reasons_and_the_rest_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    emodb(tmp_path)
    wav = tmp_path / "emodb" / "wav"
    (wav / "03a01Wa.wav").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    (wav / "08a01Wa.wav").write_bytes(b"")
    write_wav(wav / "09a01Wa.wav", np.zeros(8000))
    (wav / "10a01Wa.wav").write_text("not audio at all")
    job = ["corpus=emodb", f"data_dir={tmp_path}", f"work_dir={tmp_path}", "allowed_bad_share=0.2"]
    assert main(["scan", *job]) == 0
    assert "44 utterances" in capsys.readouterr().out
    (quarantine,) = tmp_path.glob("data/manifests/*/quarantine.csv")
    text = quarantine.read_text()
    for stem, reason in {"03a01Wa": "git-lfs", "08a01Wa": "", "09a01Wa": "silence", "10a01Wa": "audio"}.items():
        (line,) = [line for line in text.splitlines() if stem in line]
        assert reason in line.lower()


def test_a_folder_or_a_table_of_ones_own_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine"
    for index, place in enumerate(("joy/ann_1", "joy/ben_1", "anger/ann_1")):
        write_wav(mine / f"{place}.wav", np.random.default_rng(index).normal(0, 0.1, 8000))
    assert main(["scan", "corpus=folder", f"path={mine}", f"work_dir={tmp_path}"]) == 0
    assert "folder: 3 utterances" in capsys.readouterr().out
    (mine / "list.csv").write_text("path,emotion\njoy/ann_1.wav,joy\nanger/ann_1.wav,anger\n")
    assert main(["scan", "corpus=table", f"path={mine / 'list.csv'}", f"work_dir={tmp_path}"]) == 0
    assert "table: 2 utterances" in capsys.readouterr().out
    for card in tmp_path.glob("data/manifests/*/card.md"):
        assert str(tmp_path) not in card.read_text()
    assert main(["scan", "corpus=emodb", f"path={mine}", f"work_dir={tmp_path}"]) == 2
    assert "Choose corpus=folder or corpus=table" in capsys.readouterr().err


def test_corpora_says_what_is_here_and_how_to_get_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", "--data-dir", str(tmp_path)]) == 0
    missing = capsys.readouterr().out
    assert "How to get what is missing" in missing
    emodb(tmp_path)
    assert main(["corpora", "--data-dir", str(tmp_path)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("emodb"))
    assert "48 of 535" in line


def test_fetch_shows_the_licence_and_says_what_to_do_where_access_is_not_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "savee", "--data-dir", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert "licence: " in said.out
    assert "Register.html" in said.err
    assert "ser fetch savee --from FILE" in said.err
    assert main(["fetch", "save"]) == 2
    assert "Did you mean 'savee'" in capsys.readouterr().err


def test_an_archive_downloaded_by_hand_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    emodb(tmp_path / "copy", speakers=("03",), takes="a")
    archive = shutil.make_archive(str(tmp_path / "download"), "gztar", tmp_path / "copy" / "emodb")
    assert main(["fetch", "emodb", "--from", archive, "--data-dir", str(tmp_path / "raw")]) == 0
    assert "6 utterances (535 are published)" in capsys.readouterr().out
    assert (tmp_path / "raw" / "emodb" / "wav" / "03a01Wa.wav").is_file()


def test_synth_writes_what_scan_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth", "casia", "--out", str(tmp_path / "raw"), "--workers", "1"]) == 0
    assert "48 synthetic files" in capsys.readouterr().out
    assert main(["scan", "corpus=casia", f"data_dir={tmp_path / 'raw'}", f"work_dir={tmp_path}"]) == 0
    assert "casia: 48 utterances" in capsys.readouterr().out
    assert main(["corpora", "--data-dir", str(tmp_path / "raw")]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("casia  ")]
    assert "synthetic  request" in line


def test_doctor_finds_this_installation_healthy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--work-dir", str(tmp_path), "--data-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "MISSING" not in out
    assert "no corpus in" in out
    assert main(["doctor", "--work-dir", str(tmp_path / "nowhere")]) == 1
    assert "MISSING" in capsys.readouterr().out


def test_nothing_to_show_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["leaderboard"], ["verify", "abc"], ["compare", "abc", "def"], ["ui"]):
        assert main([*command, "--work-dir", str(tmp_path)]) == 2
        assert "expected" in capsys.readouterr().err


def test_a_sweep_needs_its_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "model=svm,mlp"]) == 2
    assert "Add -m to run every value" in capsys.readouterr().err
