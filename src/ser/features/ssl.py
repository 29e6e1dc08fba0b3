"""Embeddings by self-supervised encoders: wav2vec 2.0, HuBERT and WavLM, pooled over time or frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from ser.arrays import Float32, Kind
from ser.errors import ConfigError, one_of
from ser.features.base import Recipe, demand, numbered
from ser.features.encoders import RATE_HZ, Encoder, fingerprint, hidden_states, located, opened, seen_by

POOLINGS = ("mean", "mean_std")


@dataclass(frozen=True, kw_only=True)
class Embeddings(Recipe):
    """What one layer of an encoder answers, a frame every 20 ms.

    Attributes:
        weights: a folder, or a name on the Hugging Face hub; None until the user says which.
        revision: commit, branch or tag on the hub; None is its main branch.
        layer: 0 is what the first transformer layer gets, 1 what it gives, and so on; None is what the
            encoder gives as a whole: its last layer, normalized where that is part of it.
        known_as: name on the hub of weights that lie in a folder, to look up what they have seen; None for weights that
            are named so already or are not known there.
    """

    weights: str | None
    revision: str | None
    layer: int | None
    known_as: str | None

    def __post_init__(self) -> None:
        super().__post_init__()
        demand(
            self.sample_rate_hz == RATE_HZ,
            f"{RATE_HZ} Hz, at which encoders are trained",
            self.sample_rate_hz,
            "features.sample_rate_hz",
        )
        demand(self.layer is None or self.layer >= 0, "0 or more, or null", self.layer, "features.layer")

    def identity(self) -> dict[str, object]:
        """Put the content of the weights in the place of their name. See :meth:`Recipe.identity`."""
        where = ("name", "weights", "revision", "known_as")
        settings = {key: value for key, value in asdict(self).items() if key not in where}
        return {**super().identity(), "settings": settings, "weights": fingerprint(self._encoder().folder)}

    def notices(self, corpora: Sequence[str]) -> list[str]:
        """Say which corpora the encoder has seen, above all of those that are tested."""
        name = self.known_as or self.weights or ""
        seen = seen_by(name)
        if seen is None:
            return [
                f"It is not known on which corpora the encoder {name} was trained: the tested ones may be among them."
            ]
        tested = sorted(set(seen) & set(corpora))
        if tested:
            return [
                f"The encoder {name} was TRAINED ON {', '.join(tested)}, which is tested here: the scores say nothing "
                "of unseen speech."
            ]
        return [f"The encoder {name} was trained on {', '.join(seen)}; on none of the tested corpora."]

    def embed(self, samples: Float32) -> Float32:
        """Ask the encoder about a clip at 16 kHz, float32 of shape [frames, width of the encoder]."""
        return hidden_states(self._encoder(), samples, self.layer)

    def _encoder(self) -> Encoder:
        if self.weights is None:
            raise ConfigError(
                expected="an encoder: a folder of weights, or a name on the Hugging Face hub",
                received="none",
                where="features.weights",
                fix="Set features.weights=DIR, or features.weights=OWNER/MODEL.",
            )
        encoder = opened(located(self.weights, self.revision))
        demand(
            self.layer is None or self.layer <= encoder.layers,
            f"0 to {encoder.layers}, the layers of {self.weights}, or null",
            self.layer,
            "features.layer",
        )
        return encoder


@dataclass(frozen=True, kw_only=True)
class PooledEmbeddings(Embeddings):
    """Embeddings of a clip, pooled over its frames.

    Attributes:
        pooling: "mean", or "mean_std" for the means and then the standard deviations.
    """

    kind: ClassVar[Kind] = "vector"
    pooling: str

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.pooling, POOLINGS, what="a pooling", where="features.pooling")

    def names(self) -> list[str]:
        """Name the values by number; they have no unit."""
        values = numbered("embedding", self._encoder().width)
        return [f"{value}_{moment}" for moment in self.pooling.split("_") for value in values]

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the embedding, float32 of shape [1, width]. See :meth:`Recipe.compute`."""
        frames = self.embed(samples).astype(np.float64)
        moments = {"mean": frames.mean(axis=0), "std": frames.std(axis=0)}
        return np.hstack([moments[moment] for moment in self.pooling.split("_")])[None].astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class EmbeddingSequence(Embeddings):
    """Embeddings of a clip frame by frame."""

    kind: ClassVar[Kind] = "sequence"

    def names(self) -> list[str]:
        """Name the values by number; they have no unit."""
        return numbered("embedding", self._encoder().width)

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the embeddings, float32 of shape [frames, width]. See :meth:`Recipe.compute`."""
        return self.embed(samples)
