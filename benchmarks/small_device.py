"""Measure what each form of LiteRT file costs: bytes, UAR on held-out speakers, and time.

Run from the repository's root:  python benchmarks/small_device.py RUN RUN
with the folders of two finished runs of one sequence network on clips of one length (features.pad_frames), trained
under normalise=train and under normalise=none; docs/small_devices.md says how. Writes `benchmarks/small_device.json`
and, from it, `docs/small_devices.md`. Takes some minutes on one core.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser.analysis.subject import Subject, subject_of
from ser.arrays import Float32, Float64, Int64
from ser.evaluation import resampling
from ser.evaluation.intervals import bootstrap
from ser.evaluation.metrics import confusions, uar
from ser.export.litert.model import FORMS, write
from ser.export.litert.runtime import LiteRTModel
from ser.models import storage
from ser.training.data import FoldData

HERE = Path(__file__).resolve().parent
MEASURED, PAGE = HERE / "small_device.json", HERE.parent / "docs" / "small_devices.md"
REFERENCE = "float32"
LEVEL, REPLICATES = 0.95, 10_000


@dataclass(frozen=True, kw_only=True)
class Row:
    """One form of one run.

    Attributes:
        normalise: of the run.
        form: of the file.
        bytes: of the file.
        uar: of the test parts of all folds, the mean over seeds.
        difference: of the UAR to that of the float32 file.
        low: lower end of its 95 % interval, over speakers.
        high: upper end.
        changed: share of clips to which another class is given than by the float32 file.
        apart: largest difference of a probability to PyTorch's.
        milliseconds: of one clip, on one core: the fastest tenth took at most this, for other work disturbs the rest.
    """

    normalise: str
    form: str
    bytes: int
    uar: float
    difference: float
    low: float
    high: float
    changed: float
    apart: float
    milliseconds: float


@dataclass(frozen=True, kw_only=True)
class Tested:
    """What the files of one form say of one run's test clips, seed by seed, fold behind fold.

    Attributes:
        probabilities: float32, shape [seeds, n, classes].
        seconds: one a clip.
        bytes: of the largest file.
    """

    probabilities: Float32
    seconds: list[float]
    bytes: int


def rows_of(subject: Subject) -> list[Row]:
    """Export every fit of a run in every form, and test it on what the fit was tested on."""
    folds = [(number, loader(), ids) for number, loader, ids in subject.loaders(subject.settings.normalise)]
    facts = subject.made.utterances.set_index("utterance_id").loc[[name for _, _, ids in folds for name in ids]]
    true = facts["label"].map(subject.classes.index).to_numpy(np.int64)
    names, speaker = np.unique(facts["corpus"] + "/" + facts["speaker"], return_inverse=True)
    asked = _probabilities(subject, folds)
    tested = {form: _tested(subject, folds, form) for form in FORMS}
    predicted = {form: found.probabilities.argmax(axis=2) for form, found in tested.items()}
    return [
        Row(
            normalise=subject.settings.normalise.name,
            form=form,
            bytes=found.bytes,
            **_compared(true, predicted[form], predicted[REFERENCE], speaker, (len(names), len(subject.classes))),
            changed=round(float(np.mean(predicted[form] != predicted[REFERENCE])), 4),
            apart=float(f"{np.abs(found.probabilities - asked).max():.1e}"),
            milliseconds=round(1000 * float(np.quantile(found.seconds, 0.1)), 2),
        )
        for form, found in tested.items()
    ]


def _compared(true: Int64, first: Int64, second: Int64, speaker: Int64, shape: tuple[int, int]) -> dict[str, float]:
    """Give the UAR of a form, and its difference to another with an interval."""
    counts = confusions(true, np.concatenate([first, second]), speaker, shape)
    units = resampling.speakers(counts)
    each = uar(counts.sum(axis=1))
    contrast: Float64 = np.repeat([1 / len(first), -1 / len(second)], [len(first), len(second)])
    found = bootstrap(units, uar, contrast, replicates=REPLICATES, level=LEVEL, seed=0)
    low, high = (np.nan, np.nan) if found is None else (found.low, found.high)
    values = {"uar": each[: len(first)].mean(), "difference": contrast @ each, "low": low, "high": high}
    # What rounds to zero is zero, without a sign.
    return {name: round(float(value), 4) + 0.0 for name, value in values.items()}


Fold = tuple[int, FoldData, list[str]]


def _probabilities(subject: Subject, folds: Sequence[Fold]) -> Float32:
    seeds = [
        [_model(subject, number, seed).predict_proba(data.test) for number, data, _ in folds]
        for seed in _seeds(subject)
    ]
    return np.stack([np.concatenate(parts) for parts in seeds])


def _tested(subject: Subject, folds: Sequence[Fold], form: str) -> Tested:
    probabilities, seconds, sizes = [], [], []
    for seed in _seeds(subject):
        parts = []
        for number, data, _ in folds:
            frames = int(data.test.lengths[0])
            calibration = data.train if form == "int8" else None
            content = write(
                _model(subject, number, seed), frames=frames, form=form, calibration=calibration, metadata={}
            )
            ready = LiteRTModel.load(content)
            sizes.append(len(content))
            for clip in data.test.values.reshape(len(data.test), frames, -1):
                begin = time.perf_counter()
                parts.append(ready.probabilities(clip[None]))
                seconds.append(time.perf_counter() - begin)
        probabilities.append(np.concatenate(parts))
    return Tested(probabilities=np.stack(probabilities), seconds=seconds, bytes=max(sizes))


def _model(subject: Subject, fold: int, seed: int) -> storage.TrainedModel:
    return storage.load(subject.folder.path / "fits" / f"fold-{fold:02d}-seed-{seed}" / "model")


def _seeds(subject: Subject) -> list[int]:
    return list(subject.settings.seeds)


def measure(runs: Sequence[Path]) -> dict[str, Any]:
    """Measure runs, given by their folders."""
    subjects = [subject_of(run.resolve().parents[1], run.resolve().name, workers=1, data_dir=None) for run in runs]
    first = subjects[0]
    return {
        "corpora": sorted(first.settings.corpora),
        "speakers": len(first.made.utterances[["corpus", "speaker"]].drop_duplicates()),
        "clips": len(first.made.utterances),
        "classes": first.classes,
        "parameters": sum(values.numel() for values in _model(first, 1, first.settings.seeds[0]).network.parameters()),
        "folds": int(first.made.folds["fold"].nunique()),
        "seeds": _seeds(first),
        "rows": [asdict(row) for subject in subjects for row in rows_of(subject)],
    }


_FORMS = {
    "float32": "float32",
    "float16": "float16 weights",
    "dynamic": "dynamic: int8 weights",
    "int8": "int8 throughout",
}
_NORMALISE = {"train": "standardised features", "none": "features as extracted"}
_HEAD = """# Models for small devices

Written by `python benchmarks/small_device.py`, from `benchmarks/small_device.json`.

`ser.export.litert.model.write` turns a trained `mlp`, `lstm`, `cnn` or `cnn_lstm` into a LiteRT (TensorFlow Lite) file,
operator by operator: the recurrent layers are the format's own fused ones, so that a file holds weights and little
else. No converter is involved. Every file takes one clip at a time, of one number of frames.

| form | weights | computes in | input and output | runs in |
| --- | --- | --- | --- | --- |
| `float32` | float32 | float32 | float32 | LiteRT, and its runtime for microcontrollers |
| `float16` | float16 | float32 | float32 | LiteRT |
| `dynamic` | int8 | int8 times int8, every activation rounded by its own range at the time | float32 | LiteRT |
| `int8` | int8 | int8; cell states int16 | int8, by a scale and a zero | LiteRT, and its runtime for microcontrollers |

What a runtime for microcontrollers (TensorFlow Lite Micro) takes is read from its sources, not tried on a device: it
refuses weights of another type than the activations, hence `dynamic`, and knows fused LSTM layers in float32 and in
int8. The network below needs of it `UNIDIRECTIONAL_SEQUENCE_LSTM`, `STRIDED_SLICE`, `FULLY_CONNECTED` and `SOFTMAX`,
in float32 `SUB` and `MUL` too. A direction that reads backwards needs `REVERSE_V2`, which it did not have: leave
`model.bidirectional` false for it.

## What each form costs

"""
_TAIL = """
The network is `model=tiny_lstm` (%(parameters)s parameters) on 13 MFCCs of 1.5 s, with %(classes)s classes
(`labels=four`), on what was at hand of %(corpora)s: %(clips)s clips of %(speakers)s speakers, in %(folds)s
speaker-independent folds, each trained with %(seeds)s seeds. UAR and differences (in points) are of the held-out
speakers, means over seeds; differences are to the float32 file on the same clips, with 95 %% intervals over speakers.
"Changed" is the share of clips that get another class, "furthest apart" the largest difference of a probability to
PyTorch's. Times are of one clip on one core of a server, without its accelerated kernels: they say nothing of a
microcontroller.

```
ser train corpus=[emodb,ravdess,tess] labels=four model=tiny_lstm normalise=train augment=noise \\
  features=mfcc_sequence features.load_rate_hz=22050 features.offset_s=0.4 features.duration_s=1.5 \\
  features.pad_frames=47 protocol.folds=4 protocol.dev=utterances seeds=[0,1,2] \\
  trainer.max_epochs=40 trainer.patience=40
```

and once more with `normalise=none`. 1.5 s have 47 frames. Padded to 100, and read at the last of them as the published
network was, it stayed at chance on so few clips: the 53 frames that lead to its last output are padding.

## Which form is safe

%(verdict)s

- **Standardise features before they become int8.** All coefficients share one range of 256 steps; as extracted, the
  first spans hundreds and leaves the others few steps. Under `normalise=train` the model holds mean and scale. The
  `int8` file carries them beside its graph, `LiteRTModel` applies them, and the C header (`ser.export.header`) gives
  them as arrays, with the formula. In the other forms they are the graph's first operators.
- **Calibrate with training clips**: what they hold at most becomes the range of each tensor.
- **Attention pooling is refused for `int8`**: its weights of frames would be steps of 1/256, and of many frames most
  are worth a step or two.
- **Recurrent layers keep their state** from one call to the next: reset the interpreter before every clip.
"""


def table(measured: Mapping[str, Any]) -> str:
    """Write the rows as a table."""
    head = "| trained on | form | kB | UAR | difference | 95 % interval | changed | furthest apart | ms a clip |\n"
    lines = [
        f"| {_NORMALISE[row['normalise']]} | {_FORMS[row['form']]} | {row['bytes'] / 1000:.1f} | {row['uar']:.3f} "
        f"| {100 * row['difference']:+.2f} | {100 * row['low']:+.2f} to {100 * row['high']:+.2f} "
        f"| {100 * row['changed']:.1f} % | {row['apart']:.1g} | {row['milliseconds']:.1f} |\n"
        for row in measured["rows"]
    ]
    return head + "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n" + "".join(lines)


def page(measured: Mapping[str, Any]) -> str:
    """Write what was measured as Markdown."""
    facts = {
        "parameters": f"{measured['parameters']:,}",
        "classes": len(measured["classes"]),
        "corpora": ", ".join(measured["corpora"]),
        "clips": measured["clips"],
        "speakers": measured["speakers"],
        "folds": measured["folds"],
        "seeds": len(measured["seeds"]),
        "verdict": _verdict(measured["rows"]),
    }
    return _HEAD + table(measured) + _TAIL % facts


def _verdict(rows: Sequence[Mapping[str, Any]]) -> str:
    found = {(row["normalise"], row["form"]): row for row in rows}
    points = {key: f"{100 * row['difference']:+.2f}" for key, row in found.items()}
    changed = {key: f"{100 * row['changed']:.1f} %" for key, row in found.items()}
    size = {form: f"{found['train', form]['bytes'] / 1000:.0f} kB" for form in ("dynamic", "int8")}
    return (
        f"On standardised features `dynamic` ({size['dynamic']}) moved the UAR by {points['train', 'dynamic']} points "
        f"and\n`int8` ({size['int8']}) by {points['train', 'int8']}, with {changed['train', 'dynamic']} and "
        f"{changed['train', 'int8']} of the classes changed. On features as they were\nextracted it is "
        f"{points['none', 'dynamic']} and {points['none', 'int8']} points, with {changed['none', 'dynamic']} and "
        f"{changed['none', 'int8']} changed. Take `int8` for a microcontroller and\n`dynamic` for anything larger, "
        "both of a model trained under `normalise=train`."
    )


def main() -> None:
    """Measure, and write the figures and the page."""
    measured = measure([Path(name) for name in sys.argv[1:]])
    MEASURED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
