from __future__ import annotations

import dataclasses
import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ser.errors import ConfigError, ProtocolError, TrainingError
from ser.models.cnn import CNN
from ser.models.mlp import MLP
from ser.models.svm import SVM
from ser.models.trained import TrainedNetwork
from ser.training import fit as fitting
from ser.training import hardware
from ser.training.averaging import Averaging
from ser.training.fit import finished, fit
from ser.training.losses import Loss
from ser.training.module import FoldModule
from ser.training.progress import Progress
from ser.training.recall import uar
from ser.training.schedules import Schedule
from ser.training.trainer import Trainer

Make = Callable[..., Trainer]


class Killed(BaseException):
    """Stands for a kill in the middle of a fit."""


def killed_after(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fit die right after the end of an epoch, its checkpoint written."""
    whole = Progress.on_train_epoch_end

    def dying(self: Progress, *args: Any) -> None:
        whole(self, *args)
        if len(self.history) == epoch:
            raise Killed

    monkeypatch.setattr(Progress, "on_train_epoch_end", dying)


def test_learns_and_leaves_what_it_promises(
    fold: Any, cnn: CNN, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data = fold(kind="sequence", noise=0.5)()
    result = fit(data, cnn, trainer(max_epochs=12), classes=classes, seed=0, folder=tmp_path / "fit")
    assert result.test.shape == (60, 3)
    assert result.test.dtype == np.float32
    assert (result.test.argmax(axis=1) == data.train_labels).mean() > 0.9
    assert sorted(path.name for path in (tmp_path / "fit").iterdir()) == [
        "dev.npy",
        "done.json",
        "fit.json",
        "history.json",
        "model",
        "test.npy",
    ]
    assert [set(row) for row in result.history] == [
        {"epoch", "train/loss", "dev/loss", "dev/uar", "learning_rate", "seconds"}
    ] * 12
    assert json.loads((tmp_path / "fit" / "history.json").read_text()) == result.history
    network = result.model()
    np.testing.assert_array_equal(network.predict_proba(data.test), result.test)
    assert isinstance(network, TrainedNetwork)
    assert result.cost.parameters == sum(p.numel() for p in network.network.parameters())
    assert result.cost.wall_s > 0
    assert result.cost.peak_memory_mb is not None
    assert 50 < result.cost.peak_memory_mb < 4000


def test_the_best_development_epoch_is_kept_and_patience_ends_the_rest(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data = fold(noise=3.0)()
    result = fit(data, mlp, trainer(max_epochs=80, patience=4), classes=classes, seed=0, folder=tmp_path)
    scores = [(row["dev/uar"], -row["dev/loss"]) for row in result.history]
    assert len(result.history) < 80
    assert result.best_epoch == scores.index(max(scores)) + 1
    assert len(result.history) == result.best_epoch + 4
    assert uar(data.dev_labels, result.dev.argmax(axis=1)) == pytest.approx(scores[result.best_epoch - 1][0])


def test_the_same_seed_gives_the_same_bits_and_another_does_not(
    fold: Any, cnn: CNN, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data = fold(kind="sequence")()
    results = [
        fit(data, cnn, trainer(), classes=classes, seed=seed, folder=tmp_path / str(index))
        for index, seed in enumerate((0, 0, 1))
    ]
    np.testing.assert_array_equal(results[0].test, results[1].test)
    assert (results[0].test != results[2].test).any()


def test_the_state_of_torch_outside_neither_matters_nor_changes(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data = fold()()
    first = fit(data, mlp, trainer(), classes=classes, seed=0, folder=tmp_path / "a")
    torch.manual_seed(123)
    torch.set_num_threads(2)
    before = torch.random.get_rng_state()
    second = fit(data, mlp, trainer(), classes=classes, seed=0, folder=tmp_path / "b")
    np.testing.assert_array_equal(first.test, second.test)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.get_num_threads() == 2
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_test_part_changes_nothing_that_is_learned(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data, other = fold()(), fold()()
    other.test.values[:] *= 1000
    results = [
        fit(d, mlp, trainer(), classes=classes, seed=0, folder=tmp_path / name)
        for d, name in ((data, "a"), (other, "b"))
    ]
    np.testing.assert_array_equal(results[0].dev, results[1].dev)


def test_standardisation_is_fitted_on_the_training_part(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data = fold()()
    data.dev.values[:] += 1000
    network = fit(data, mlp, trainer(max_epochs=1), classes=classes, seed=0, folder=tmp_path).model()
    assert isinstance(network, TrainedNetwork)
    mean = network.network.scaler.get_buffer("mean").numpy()
    np.testing.assert_allclose(mean, data.train.values.mean(axis=0), atol=1e-5)


def test_an_svm_gives_plain_scikit_learns_predictions(
    fold: Any, svm: SVM, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data = fold(noise=4.0)()
    result = fit(data, svm, trainer(), classes=classes, seed=0, folder=tmp_path)
    plain = make_pipeline(StandardScaler(), SVC(C=1.0, class_weight="balanced"))
    plain.fit(data.train.values, data.train_labels)
    np.testing.assert_array_equal(result.dev.argmax(axis=1), plain.predict(data.dev.values))
    # An svm chooses nothing on the development part, so that part teaches it too before it is tested.
    both = np.concatenate([data.train.values, data.dev.values]), np.concatenate([data.train_labels, data.dev_labels])
    np.testing.assert_array_equal(result.test.argmax(axis=1), plain.fit(*both).predict(data.test.values))
    np.testing.assert_array_equal(result.model().predict_proba(data.test), result.test)
    assert [set(row) for row in result.history] == [{"epoch", "dev/uar", "seconds"}]
    assert (result.best_epoch, result.cost.parameters) == (1, None)


@pytest.mark.parametrize("changes", [{}, {"balance": "none", "mixup_alpha": 0.2}])
def test_a_network_hardly_learns_from_clips_of_little_weight(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path, changes: dict[str, Any]
) -> None:
    data = fold(noise=1.0, clips=120)()
    truth, wrong = data.train_labels, np.arange(120) % 5 < 3
    taught = np.where(wrong, (truth + 1) % 3, truth)
    right = {}
    for name, weights in (("weighted", np.where(wrong, 0.01, 1.0).astype(np.float32)), ("plain", None)):
        given = dataclasses.replace(data, train_labels=taught, train_weights=weights)
        found = fit(given, mlp, trainer(**changes), classes=classes, seed=0, folder=tmp_path / name).test
        right[name] = (found.argmax(axis=1) == truth).mean()
    assert right["weighted"] > 0.8
    assert right["weighted"] > right["plain"] + 0.2


def test_balancing_helps_the_rare_class(fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path) -> None:
    data = fold(noise=3.0, clips=90)()
    data.train_labels[2::3] = 0
    data.train_labels[2] = 2
    share = {}
    for balance in ("loss", "batches", "none"):
        settings = trainer(balance=balance, max_epochs=4)
        probabilities = fit(data, mlp, settings, classes=classes, seed=0, folder=tmp_path / balance).test
        share[balance] = probabilities[:, 2].mean()
    assert share["loss"] > share["none"]
    assert share["batches"] > share["none"]


def test_a_finished_fit_is_read_and_not_repeated(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fit(fold()(), mlp, trainer(), classes=classes, seed=0, folder=tmp_path)
    monkeypatch.setattr(fitting, "_learn", None)
    again = fit(fold()(), mlp, trainer(checkpoint_seconds=9.0), classes=classes, seed=0, folder=tmp_path)
    np.testing.assert_array_equal(again.test, first.test)
    assert (again.history, again.cost, again.best_epoch) == (first.history, first.cost, first.best_epoch)


@pytest.mark.parametrize("change", [{"seed": 1}, {"trainer": {"learning_rate": 0.02}}, {"hidden": [8]}])
def test_a_fit_of_something_else_in_the_folder_is_not_taken_for_it(
    change: dict[str, Any], fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    fit(fold()(), mlp, trainer(), classes=classes, seed=0, folder=tmp_path)
    spec = MLP(name="mlp", hidden=change.get("hidden", [16]), dropout=0.2)
    settings, seed = trainer(**change.get("trainer", {})), change.get("seed", 0)
    assert finished(spec, settings, classes=classes, seed=seed, folder=tmp_path) is None
    assert finished(mlp, trainer(), classes=classes, seed=0, folder=tmp_path) is not None


@pytest.mark.parametrize("name", ["done.json", "dev.npy", "history.json"])
def test_a_damaged_result_is_made_again(
    name: str, fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    first = fit(fold()(), mlp, trainer(), classes=classes, seed=0, folder=tmp_path)
    (tmp_path / name).write_bytes(b"\x93")
    again = fit(fold()(), mlp, trainer(), classes=classes, seed=0, folder=tmp_path)
    np.testing.assert_array_equal(again.test, first.test)


@pytest.mark.parametrize("epoch", [1, 4, 6])
def test_an_interrupted_fit_ends_with_the_bits_of_an_uninterrupted_one(
    epoch: int, fold: Any, cnn: CNN, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data = fold(kind="sequence")()
    whole = fit(data, cnn, trainer(), classes=classes, seed=3, folder=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        killed_after(epoch, patch)
        fit(data, cnn, trainer(), classes=classes, seed=3, folder=tmp_path / "cut")
    assert finished(cnn, trainer(), classes=classes, seed=3, folder=tmp_path / "cut") is None
    resumed = fit(data, cnn, trainer(), classes=classes, seed=3, folder=tmp_path / "cut")
    np.testing.assert_array_equal(resumed.test, whole.test)
    np.testing.assert_array_equal(resumed.dev, whole.dev)
    untimed = [[{**row, "seconds": 0.0} for row in result.history] for result in (whole, resumed)]
    assert untimed[0] == untimed[1]
    assert resumed.best_epoch == whole.best_epoch


PLATEAU = Schedule(kind="plateau", warmup=0.0, floor=1e-7, factor=0.4, patience=1)
ONE_CYCLE = Schedule(kind="one_cycle", warmup=0.3, floor=1e-6, factor=0.5, patience=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": PLATEAU, "average": Averaging(kind="ema", decay=0.9, start=0.0), "learning_rate": 0.1},
        {"schedule": ONE_CYCLE, "average": Averaging(kind="swa", decay=0.0, start=0.34), "balance": "batches"},
        {"loss": Loss(focal_gamma=2.0, label_smoothing=0.1), "mixup_alpha": 0.3, "balance": "batches"},
    ],
)
@pytest.mark.parametrize("epoch", [1, 4])
def test_schedules_and_averages_survive_an_interruption_to_the_bit(
    epoch: int, changes: dict[str, Any], fold: Any, cnn: CNN, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data, settings = fold(kind="sequence", clips=48)(), trainer(**changes)
    whole = fit(data, cnn, settings, classes=classes, seed=0, folder=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        killed_after(epoch, patch)
        fit(data, cnn, settings, classes=classes, seed=0, folder=tmp_path / "cut")
    resumed = fit(data, cnn, settings, classes=classes, seed=0, folder=tmp_path / "cut")
    np.testing.assert_array_equal(resumed.test, whole.test)
    np.testing.assert_array_equal(resumed.dev, whole.dev)
    untimed = [[{**row, "seconds": 0.0} for row in result.history] for result in (whole, resumed)]
    assert untimed[0] == untimed[1]
    rates = {row["learning_rate"] for row in whole.history}
    assert len(rates) == 1 if "schedule" not in changes else len(rates) > 1


def test_the_plateau_lowers_the_rate_when_the_training_loss_stands_still(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    settings = trainer(schedule=PLATEAU, learning_rate=3.0, max_epochs=8, patience=8)
    history = fit(fold()(), mlp, settings, classes=classes, seed=0, folder=tmp_path).history
    for before, now, after in zip(history, history[1:], history[2:], strict=False):
        best = min(row["train/loss"] for row in history[: history.index(before) + 1])
        expected = 0.4 if now["train/loss"] > best else 1.0
        assert after["learning_rate"] == pytest.approx(expected * now["learning_rate"])


@pytest.mark.parametrize("kind", ["ema", "swa"])
def test_the_average_is_judged_and_kept(
    kind: str, fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data = fold(noise=3.0)()
    settings = trainer(average=Averaging(kind=kind, decay=0.95, start=0.0), max_epochs=10, patience=10)
    averaged = fit(data, mlp, settings, classes=classes, seed=0, folder=tmp_path / kind)
    plain = fit(data, mlp, trainer(max_epochs=10, patience=10), classes=classes, seed=0, folder=tmp_path / "none")
    losses = [[row["train/loss"] for row in result.history] for result in (averaged, plain)]
    assert losses[0] == losses[1], "what is averaged does not change what is learned"
    assert [row["dev/loss"] for row in averaged.history] != [row["dev/loss"] for row in plain.history]
    kept = averaged.history[averaged.best_epoch - 1]["dev/uar"]
    assert uar(data.dev_labels, averaged.dev.argmax(axis=1)) == pytest.approx(kept)


def test_patience_waits_for_the_mean_over_epochs_to_begin(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    settings = trainer(average=Averaging(kind="swa", decay=0.0, start=0.5), max_epochs=40, patience=2)
    result = fit(fold(noise=6.0)(), mlp, settings, classes=classes, seed=0, folder=tmp_path)
    assert 22 <= len(result.history) < 40
    assert result.best_epoch > 20, "weights from before the mean do not compete with it"


def test_bfloat16_trains_and_what_is_chosen_is_what_is_tested(
    fold: Any, cnn: CNN, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data, settings = fold(kind="sequence", noise=0.5)(), trainer(precision="bf16", max_epochs=12)
    try:
        hardware.check(settings)
    except ConfigError:
        pytest.skip("this processor has no bfloat16")
    result = fit(data, cnn, settings, classes=classes, seed=0, folder=tmp_path / "a")
    assert (result.test.argmax(axis=1) == data.train_labels).mean() > 0.9
    kept = result.history[result.best_epoch - 1]["dev/uar"]
    assert uar(data.dev_labels, result.dev.argmax(axis=1)) == pytest.approx(kept)
    again = fit(data, cnn, settings, classes=classes, seed=0, folder=tmp_path / "b")
    np.testing.assert_array_equal(again.test, result.test)
    exact = fit(data, cnn, trainer(max_epochs=12), classes=classes, seed=0, folder=tmp_path / "c")
    assert (exact.test != result.test).any()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_trains_and_repeats_itself(
    fold: Any, cnn: CNN, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data, settings = fold(kind="sequence", noise=0.5)(), trainer(accelerator="gpu", max_epochs=12)
    results = [fit(data, cnn, settings, classes=classes, seed=0, folder=tmp_path / name) for name in "ab"]
    assert (results[0].test.argmax(axis=1) == data.train_labels).mean() > 0.9
    np.testing.assert_array_equal(results[0].test, results[1].test)


@pytest.mark.parametrize(
    "failure", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes.")]
)
def test_want_of_memory_says_what_to_do(
    failure: Exception,
    fold: Any,
    mlp: MLP,
    trainer: Make,
    classes: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*_: object) -> None:
        raise failure

    monkeypatch.setattr(FoldModule, "_step", failing)
    with pytest.raises(TrainingError, match=r"^trainer\.batch_size: .*\(trainer\.batch_size=8\)"):
        fit(fold()(), mlp, trainer(), classes=classes, seed=0, folder=tmp_path)


def test_a_fit_stopped_by_patience_stays_stopped_when_resumed(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data, settings = fold(noise=3.0)(), trainer(max_epochs=80, patience=3)
    whole = fit(data, mlp, settings, classes=classes, seed=0, folder=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        killed_after(len(whole.history), patch)
        fit(data, mlp, settings, classes=classes, seed=0, folder=tmp_path / "cut")
    resumed = fit(data, mlp, settings, classes=classes, seed=0, folder=tmp_path / "cut")
    assert len(resumed.history) == len(whole.history)
    np.testing.assert_array_equal(resumed.test, whole.test)


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_checkpoint_is_noticed_and_the_fold_starts_again(
    damage: str,
    fold: Any,
    mlp: MLP,
    trainer: Make,
    classes: list[str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = fold()()
    whole = fit(data, mlp, trainer(), classes=classes, seed=0, folder=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        killed_after(3, patch)
        fit(data, mlp, trainer(), classes=classes, seed=0, folder=tmp_path / "cut")
    path = tmp_path / "cut" / "last.ckpt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content[:1000] if damage == "cut" else content)
    resumed = fit(data, mlp, trainer(), classes=classes, seed=0, folder=tmp_path / "cut")
    assert "expected a whole checkpoint" in caplog.text
    assert "starts again from its first epoch" in caplog.text
    np.testing.assert_array_equal(resumed.test, whole.test)


def test_a_checkpoint_of_other_settings_is_not_resumed(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data, other = fold()(), trainer(learning_rate=0.003)
    whole = fit(data, mlp, other, classes=classes, seed=0, folder=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        killed_after(3, patch)
        fit(data, mlp, trainer(), classes=classes, seed=0, folder=tmp_path / "cut")
    resumed = fit(data, mlp, other, classes=classes, seed=0, folder=tmp_path / "cut")
    np.testing.assert_array_equal(resumed.test, whole.test)


def test_checkpoints_are_no_closer_than_asked(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_after(3, monkeypatch)
    with pytest.raises(Killed):
        fit(fold()(), mlp, trainer(checkpoint_seconds=60.0), classes=classes, seed=0, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["fit.json"]


def test_a_loss_that_is_no_number_names_epoch_and_learning_rate(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    settings = trainer(learning_rate=1e30)
    with pytest.raises(
        TrainingError, match=r"in epoch \d at learning rate 1e\+30'\. Lower it: trainer\.learning_rate=1e\+29"
    ):
        fit(fold()(), mlp, settings, classes=classes, seed=0, folder=tmp_path)


def test_a_class_without_training_clips_is_refused_before_training(
    fold: Any, svm: SVM, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    with pytest.raises(ProtocolError, match="none of bored"):
        fit(fold()(), svm, trainer(), classes=[*classes, "bored"], seed=0, folder=tmp_path / "fit")
    assert not (tmp_path / "fit").exists()


def test_nothing_is_printed_and_nothing_left_in_the_working_folder(
    fold: Any,
    mlp: MLP,
    trainer: Make,
    classes: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    fit(fold()(), mlp, trainer(), classes=classes, seed=0, folder=tmp_path / "fit")
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert list((tmp_path / "here").iterdir()) == []


def test_ctrl_c_is_an_interrupt_and_the_next_one_works_too(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(Progress, "on_train_epoch_end", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        fit(fold()(), mlp, trainer(), classes=classes, seed=0, folder=tmp_path)
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_process_killed_in_the_middle_is_resumed_with_the_same_bits(
    fold: Any, cnn: CNN, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    program = textwrap.dedent(
        """
        import pickle, sys
        from pathlib import Path
        from ser.training.fit import fit
        data, spec, trainer, classes = pickle.loads(Path(sys.argv[1]).read_bytes())
        fit(data, spec, trainer, classes=classes, seed=0, folder=Path(sys.argv[2]))
        """
    )
    data, settings = fold(kind="sequence", clips=150)(), trainer(max_epochs=40, patience=40)
    (tmp_path / "task").write_bytes(pickle.dumps((data, cnn, settings, classes)))
    folder = tmp_path / "cut"
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "task"), str(folder)])
    deadline = time.monotonic() + 60
    while not (folder / "last.ckpt").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "done.json").exists()
    resumed = fit(data, cnn, settings, classes=classes, seed=0, folder=folder)
    whole = fit(data, cnn, settings, classes=classes, seed=0, folder=tmp_path / "whole")
    np.testing.assert_array_equal(resumed.test, whole.test)
    assert sorted(path.name for path in folder.iterdir()) == sorted(p.name for p in (tmp_path / "whole").iterdir())


def test_features_may_be_mapped_from_disk_for_reading_only(
    fold: Any, mlp: MLP, svm: SVM, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    data = fold()()
    for array in (data.train.values, data.train_labels, data.dev.values, data.dev_labels, data.test.values):
        array.flags.writeable = False
    for spec in (mlp, svm):
        assert len(fit(data, spec, trainer(), classes=classes, seed=0, folder=tmp_path / spec.name).test) == 60


def test_what_a_killed_process_was_writing_is_swept_away(
    fold: Any, mlp: MLP, trainer: Make, classes: list[str], tmp_path: Path
) -> None:
    (tmp_path / ".last.abc.ckpt").write_bytes(b"half")
    fit(fold()(), mlp, trainer(), classes=classes, seed=0, folder=tmp_path)
    assert not (tmp_path / ".last.abc.ckpt").exists()
