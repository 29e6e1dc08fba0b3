"""What `ser page` shows: the models that can be picked, and examples made on the spot."""

from __future__ import annotations

import dataclasses
import functools
import io
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

from ser.arrays import Float32
from ser.corpora.synthetic import EXPRESSIONS, SENTENCES, manner_of, voice_of
from ser.corpora.voice import speak
from ser.errors import SerError
from ser.pipeline import deployed, runs
from ser.pipeline.deployed import LIMITS
from ser.serving.engine import Engine
from ser.serving.predictor import Predictor
from ser.serving.web.site import Choice, Site
from ser.tracking.database import database_of

log = logging.getLogger(__name__)
LARGEST_BYTES = 200_000_000
PAGE_LIMITS = dataclasses.replace(LIMITS, seconds=4 * 3600.0, bytes=LARGEST_BYTES)
"""An upload lies in memory as a whole; and a visitor does not wait for more than some hours of sound."""
_MODELS_IN_MEMORY = 4
_ALONE = ("none", "train")
"""Normalisations that need no other recordings of the speaker or the corpus."""
_EXAMPLE_HZ = 16_000
_TURNS = ("neutral", "angry", "sad", "happy")


def site(work_dir: Path, names: Sequence[str], *, registry: str | None, trusted: bool) -> Site:
    """Gather what the page shows.

    Args:
        work_dir: holds `runs/`.
        names: run ids or the first letters of them, MODEL@ALIAS of the registry, or exported files: the models that can
            be picked, in this order. None of them: those of the registry, then every other finished run, as there are
            when a visitor comes.
        registry: where MLflow's model registry is; None is the database of the work folder.
        trusted: whether a file may be run that can hold code (TorchScript).

    Raises:
        StoreError: when a named one is unknown or damaged.
        ConfigError: when a named one does not take recordings one by one.
    """
    engines = functools.lru_cache(_MODELS_IN_MEMORY)(
        functools.partial(deployed.engine_of, work_dir, registry=registry, trusted=trusted)
    )
    # Loaded at once, so that what cannot be served is told before anybody waits for it.
    named = [Choice(key=name, facts=engines(name).facts, places=[name] if "@" in name else []) for name in names]
    return Site(
        choices=(lambda: named) if named else functools.partial(_all, work_dir, registry),
        predictor=functools.partial(_predictor, engines),
        examples=examples(),
        largest_bytes=LARGEST_BYTES,
    )


def _predictor(engines: Callable[[str], Engine], key: str, language: str | None) -> Predictor:
    predictor = deployed.predictor(engines(key), window_s=None, hop_s=None, language=language)
    return dataclasses.replace(predictor, limits=PAGE_LIMITS)


def _all(work_dir: Path, registry: str | None) -> list[Choice]:
    places = _places(work_dir, registry)
    choices = []
    for folder in runs.all_runs(work_dir):
        if not folder.finished or runs.read(folder)["protocol"]["normalise"] not in _ALONE:
            continue
        try:
            facts = deployed.facts_of(folder)
        except (SerError, OSError, KeyError) as error:
            log.warning("run %s cannot be picked: %s", folder.run_id, error)
            continue
        choices.append(Choice(key=folder.run_id, facts=facts, places=places.get(folder.run_id, [])))
    return sorted(choices, key=lambda choice: (not choice.places, choice.facts.name, choice.key))


def _places(work_dir: Path, registry: str | None) -> dict[str, list[str]]:
    """List where the registry has each run; nothing where there is no registry, or it does not answer."""
    found: dict[str, list[str]] = {}
    if registry is None and not database_of(work_dir).is_file():
        return found
    # Imported here: MLflow takes seconds, and pages of named runs need none of it.
    from ser.pipeline import sync

    try:
        for leader in sync.registry(work_dir, registry):
            found.setdefault(leader.run_id, []).append(leader.name)
    except SerError as error:
        log.warning("the model registry does not answer: %s", error)
    return found


def examples() -> Mapping[str, Callable[[], bytes]]:
    """Give recordings of the embedded voice: by title, what makes the bytes of a WAV file."""
    alone = {emotion: functools.partial(_wav, [emotion]) for emotion in EXPRESSIONS}
    return {f"Four turns: {', '.join(_TURNS)}": functools.partial(_wav, _TURNS), **alone}


def _wav(emotions: Sequence[str]) -> bytes:
    """Speak in emotion after emotion, three sentences each when there are several."""
    rng = np.random.default_rng(7)
    voice = voice_of("female", rng)
    said: list[Float32] = []
    for emotion in emotions:
        manner = manner_of(emotion, 1.4, habit=np.random.default_rng(7), clip=rng)
        sentences = list(SENTENCES.values())[: 1 if len(emotions) == 1 else 3]
        said += [speak(sentence, voice, manner, _EXAMPLE_HZ, rng) for sentence in sentences]
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(said), _EXAMPLE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()
