"""The feature sets of openSMILE, computed by openSMILE itself: an extra, under a licence of its own.

F. Eyben, M. Wöllmer and B. Schuller, "openSMILE: the Munich versatile and fast open-source audio feature extractor",
ACM Multimedia 2010. Its licence, audEERING's, gives it free for private, research and educational use; commercial
products need another one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ser.arrays import Float32, Kind
from ser.errors import one_of
from ser.extras import required
from ser.features.base import Recipe

SETS = ("ComParE_2016", "eGeMAPSv02")
LICENCE = (
    "The features were computed by openSMILE, which audEERING licenses for private, research and educational use; "
    "commercial products need another licence (https://github.com/audeering/opensmile)."
)

# The longest frame of either set; of a shorter clip openSMILE gives no number.
_FRAME_S = 0.060


@dataclass(frozen=True, kw_only=True)
class OpenSmile(Recipe):
    """Functionals of one of openSMILE's sets, one row a clip.

    Clips shorter than 60 ms, openSMILE's longest frame, are followed by silence up to that. Silent and unvoiced clips
    have finite values in both sets; should a clip yet give others, extraction names it and stops.

    Attributes:
        feature_set: "eGeMAPSv02" (88 values; F. Eyben et al., IEEE Transactions on Affective Computing 7, 2016) or
            "ComParE_2016" (6373; B. Schuller et al., Interspeech 2016).
    """

    kind: ClassVar[Kind] = "vector"
    feature_set: str

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.feature_set, SETS, what="a feature set", where="features.feature_set")

    def names(self) -> list[str]:
        """Name the values as openSMILE does; its documentation gives their units."""
        return list(_extractor(self.feature_set).feature_names)

    def identity(self) -> dict[str, object]:
        """Add the version of the library. See :meth:`Recipe.identity`."""
        return {**super().identity(), "opensmile": str(_library().__version__)}

    def notices(self, corpora: Sequence[str]) -> list[str]:
        """Show openSMILE's licence."""
        return [LICENCE]

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the functionals, float32 of shape [1, 88 or 6373]. See :meth:`Recipe.compute`."""
        lacking = max(0, math.ceil(_FRAME_S * sample_rate_hz) - len(samples))
        values = _extractor(self.feature_set)(np.pad(samples, (0, lacking)), sample_rate_hz)
        return np.asarray(values, np.float32).reshape(1, -1)


@functools.cache
def _extractor(feature_set: str) -> Any:  # noqa: ANN401 - the library has no types
    """Set openSMILE up once a process; it works in this process and one thread."""
    library = _library()
    return library.Smile(
        feature_set=library.FeatureSet[feature_set],
        feature_level=library.FeatureLevel.Functionals,
        num_workers=1,
        multiprocessing=False,
    )


def _library() -> Any:  # noqa: ANN401 - a module of a library without types
    return required("opensmile", extra="opensmile", where="features", instead="choose other features")
