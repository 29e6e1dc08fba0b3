"""The embedded corpus: a speaking machine with speakers and emotions, so that everything runs without data."""

from __future__ import annotations

import functools
import io
import re
from dataclasses import astuple, dataclass, fields
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile

from ser.arrays import Float32
from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.voice import Manner, Voice, speak
from ser.errors import ConfigError
from ser.files import digest, locked, written_aside
from ser.fingerprint import code_version
from ser.progress import track

SENTENCES: dict[str, tuple[str, ...]] = {
    "s1": ("ma", "si", "to", "la", "ni", "ke", "do"),
    "s2": ("e", "fu", "na", "ti", "so", "da", "li", "mo"),
    "s3": ("ko", "le", "sa", "mi", "de", "tu", "na"),
    "s4": ("di", "no", "fa", "ke", "lu", "ma", "te", "si", "o"),
    "s5": ("su", "ta", "me", "lo", "fi", "ka", "ne", "du"),
}

CALM = Manner(
    pitch_st=0.0,
    range_log2=0.0,
    final_st=-1.0,
    pace_log2=0.0,
    level_db=0.0,
    tilt_log2=0.0,
    breath_log2=0.0,
    jitter=0.012,
    tremor_st=0.0,
    tract_log2=0.0,
    accent_db=3.0,
)
# What a full expression adds to calm speech. Directions after Scherer (2003, Speech Communication 40),
# Juslin and Laukka (2003, Psychological Bulletin 129) and Murray and Arnott (1993, JASA 93); sizes chosen so
# that the emotions overlap. Order: pitch, range, final, pace, level, tilt, breath, jitter, tremor, tract, accent.
EXPRESSIONS: dict[str, tuple[float, ...]] = {
    "angry": (3.0, 0.7, -1.0, 0.2, 8.0, 1.4, -1.0, 0.012, 0.0, 0.0, 5.0),
    "disgust": (-1.5, -0.1, -2.0, -0.3, -1.5, -0.3, 0.0, 0.02, 0.0, -0.12, 1.0),
    "fear": (5.0, -0.5, 1.0, 0.4, -1.0, 0.3, 1.8, 0.02, 0.6, 0.03, -1.0),
    "happy": (4.0, 0.8, 1.0, 0.1, 4.0, 0.6, -0.4, 0.002, 0.0, 0.12, 2.0),
    "neutral": (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "sad": (-2.0, -1.0, -1.0, -0.4, -7.0, -1.1, 1.0, 0.004, 0.1, -0.02, -2.0),
    "surprise": (8.0, 1.2, 7.0, -0.1, 2.5, -0.4, 1.2, 0.0, 0.0, 0.0, 1.0),
}
# Standard deviations, in the same order: what differs from clip to clip whatever the emotion, and a third as much again
# in the way each speaker voices each emotion.
_SPREAD = np.array([0.8, 0.22, 1.0, 0.09, 1.2, 0.22, 0.3, 0.003, 0.08, 0.015, 0.7])
_NAME = re.compile(r"spk(?P<speaker>\d{2,})_(?P<emotion>[a-z]+)_(?P<text>s\d)_t(?P<take>\d+)")
_ABOUT = (
    "Made by a program, not by people: it shows that a pipeline works, and says nothing of how well emotions are "
    "recognised in speech."
)


@dataclass(frozen=True, kw_only=True)
class Synthetic(Corpus):
    """Clips of a small voice: the same settings give the same bytes.

    Attributes:
        folder: where the clips are kept instead of `work_dir/data/synthetic`; below it each set of settings has a
            folder of its own.
        speakers: number of speakers; every other one is a woman.
        utterances: clips of each speaker in each of the seven emotions.
        sample_rate_hz: of the clips.
        seed: of all chance.
        expressiveness: how far the emotions lie apart; 0 makes them all alike, 1 is the usual overlap.
    """

    speakers: int
    utterances: int
    sample_rate_hz: int
    seed: int
    expressiveness: float

    def __post_init__(self) -> None:
        lowest = {"speakers": 1, "utterances": 1, "sample_rate_hz": 8000, "seed": 0, "expressiveness": 0.0}
        for name, least in lowest.items():
            if getattr(self, name) < least:
                raise ConfigError(
                    expected=f"at least {least:g}",
                    received=getattr(self, name),
                    where=f"corpora.synthetic.{name}",
                    fix=f"Set corpora.synthetic.{name}={least:g} or more.",
                )

    @functools.cached_property
    def facts(self) -> Facts:
        """What these settings promise."""
        return Facts(
            id="synthetic",
            title="The embedded synthetic voice",
            language="art-x-syllables",
            licence="none needed: made on this machine",
            citation="none: do not cite numbers on this corpus",
            how_to_get="It writes itself: run `ser scan corpus=synthetic`.",
            benchmark=False,
            classes=dict.fromkeys(EXPRESSIONS, self.speakers * self.utterances),
            speakers={_speaker_id(index): Speaker(gender=_gender(index), age=None) for index in range(self.speakers)},
            texts={text: " ".join(syllables) for text, syllables in SENTENCES.items()},
            sample_rates_hz=(self.sample_rate_hz,),
            channels=(1,),
            formats={},
            side_folders=(),
            known_bad={},
            notes=(_ABOUT,),
        )

    def root(self, data_dir: Path, work_dir: Path) -> Path:
        """Say where the clips of these settings lie: a folder named after the settings and the code."""
        settings = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "folder"}
        name = digest({**settings, "code": code_version("ser.corpora.synthetic")})
        return (data_dir / self.folder if self.folder else work_dir / "data" / "synthetic") / name

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `spk03_happy_s2_t1.wav`: speaker 3, happy, sentence 2, take 1."""
        name = _NAME.fullmatch(relative.stem)
        if name is None or name["emotion"] not in EXPRESSIONS or name["text"] not in SENTENCES:
            return None
        return Labels(
            name=relative.stem,
            speaker=f"spk{name['speaker']}",
            emotion_native=name["emotion"],
            text_id=name["text"],
            intensity=None,
            repetition=name["take"],
            session=None,
        )

    def prepare(self, root: Path) -> None:
        """Write the clips that are not there yet, each whole or not at all.

        Args:
            root: what :meth:`root` gave.

        Raises:
            StoreError: when the disk is full or the folder cannot be written.
        """
        if not self._missing(root):
            return
        with locked(root):
            missing = self._missing(root)
            for speaker, emotion, index in track(missing, total=len(missing), what="speaking"):
                clip = io.BytesIO()
                samples = self.clip(speaker, emotion, index)
                soundfile.write(clip, samples, self.sample_rate_hz, format="WAV", subtype="PCM_16")
                with written_aside(root / _name(speaker, emotion, index)) as aside:
                    aside.write_bytes(clip.getvalue())

    def clip(self, speaker: int, emotion: str, index: int) -> Float32:
        """Speak one clip.

        Args:
            speaker: from 0.
            emotion: a key of `EXPRESSIONS`.
            index: which of the speaker's clips in this emotion, from 0.

        Returns:
            float32 of shape [samples].
        """
        kind = list(EXPRESSIONS).index(emotion)
        rng = self._rng(speaker, 1 + kind, 1 + index)
        manner = manner_of(emotion, self.expressiveness, habit=self._rng(speaker, 1 + kind), clip=rng)
        voice = voice_of(_gender(speaker), self._rng(speaker))
        return speak(SENTENCES[_text(index)], voice, manner, self.sample_rate_hz, rng)

    def _rng(self, *path: int) -> np.random.Generator:
        """Give each speaker, habit and clip chance of its own, so that no setting but the seed moves another's."""
        return np.random.default_rng([self.seed, len(path), *path])

    def _missing(self, root: Path) -> list[tuple[int, str, int]]:
        clips = (
            (speaker, emotion, index)
            for speaker in range(self.speakers)
            for emotion in EXPRESSIONS
            for index in range(self.utterances)
        )
        return [clip for clip in clips if not (root / _name(*clip)).exists()]


def voice_of(gender: str, rng: np.random.Generator) -> Voice:
    """Give a speaker a voice.

    Args:
        gender: "female" or "male".
        rng: the speaker's chance.
    """
    female = gender == "female"
    pitch_hz, tract = (205.0, 1.17) if female else (115.0, 1.0)
    draws = rng.standard_normal(7)
    return Voice(
        pitch_hz=pitch_hz * 2 ** (1.8 * draws[0] / 12),
        tract=tract * (1 + 0.03 * draws[1]),
        pace=2 ** (0.1 * draws[2]),
        breath=0.02 * 2 ** ((1.0 if female else 0.0) + 0.7 * draws[3]),
        tilt_hz=1600 * 2 ** (0.35 * draws[4]),
        level_db=-28 + 1.5 * draws[5],
        noise_db=-66 + 3 * draws[6],
    )


def manner_of(
    expression: str, expressiveness: float, *, habit: np.random.Generator, clip: np.random.Generator
) -> Manner:
    """Say how one clip is spoken.

    Args:
        expression: a key of `EXPRESSIONS`.
        expressiveness: how far from calm speech; 1 is usual, 0 is calm.
        habit: chance of the speaker in this emotion, new for every clip, so that it gives the same each time.
        clip: chance of the clip.
    """
    own = habit.standard_normal(len(_SPREAD)) * _SPREAD / 3
    # Some clips are acted out and some are hardly expressed at all.
    strength = expressiveness * clip.uniform(0.6, 1.4)
    chance = own + clip.standard_normal(len(_SPREAD)) * _SPREAD
    values = np.array(astuple(CALM)) + strength * np.array(EXPRESSIONS[expression]) + chance
    numbers = dict(zip((field.name for field in fields(Manner)), values.tolist(), strict=True))
    return Manner(**{**numbers, "jitter": max(numbers["jitter"], 0.004), "tremor_st": max(numbers["tremor_st"], 0.0)})


def _gender(speaker: int) -> str:
    return "male" if speaker % 2 else "female"


def _speaker_id(speaker: int) -> str:
    return f"spk{speaker + 1:02d}"


def _text(index: int) -> str:
    return list(SENTENCES)[index % len(SENTENCES)]


def _name(speaker: int, emotion: str, index: int) -> str:
    return f"{_speaker_id(speaker)}_{emotion}_{_text(index)}_t{index // len(SENTENCES) + 1}.wav"
