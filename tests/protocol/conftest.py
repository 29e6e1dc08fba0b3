"""Utterance tables with known structure."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

EMODB_CLASSES = ["anger", "boredom", "disgust", "fear", "happiness", "sadness", "neutral"]
# Utterances by speaker (rows) and class (columns), as published; speaker 08 has no disgust.
EMODB_COUNTS = {
    "03": (14, 5, 1, 4, 7, 7, 11),
    "08": (12, 10, 0, 6, 11, 9, 10),
    "09": (13, 4, 8, 1, 4, 4, 9),
    "10": (10, 8, 1, 8, 4, 3, 4),
    "11": (11, 8, 2, 10, 8, 7, 9),
    "12": (12, 5, 2, 6, 2, 4, 4),
    "13": (12, 10, 8, 7, 10, 5, 9),
    "14": (16, 8, 8, 12, 8, 10, 7),
    "15": (13, 9, 5, 8, 6, 4, 11),
    "16": (14, 14, 11, 7, 11, 9, 5),
}
EMODB_MALE = {"03", "10", "11", "12", "15"}


@pytest.fixture(scope="session")
def emodb() -> pd.DataFrame:
    rows = [
        {
            "utterance_id": f"emodb/{speaker}-{label}-{index:02d}",
            "corpus": "emodb",
            "speaker": f"emodb/{speaker}",
            "gender": "male" if speaker in EMODB_MALE else "female",
            "label": label,
            "pcm_sha256": f"{speaker}{label}{index}",
            "session": None,
            "text_id": f"a{index % 10:02d}",
        }
        for speaker, counts in EMODB_COUNTS.items()
        for label, count in zip(EMODB_CLASSES, counts, strict=True)
        for index in range(count)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def corpus() -> Callable[..., pd.DataFrame]:
    """Make a small regular corpus: every speaker says every class the same number of times."""

    def make(speakers: int = 6, each: int = 2, **columns: object) -> pd.DataFrame:
        rows = [
            {
                "utterance_id": f"toy/{speaker}-{label}-{index}",
                "corpus": "toy",
                "speaker": f"toy/{speaker}",
                "gender": ("female", "male")[speaker % 2],
                "label": label,
                "pcm_sha256": f"{speaker}-{label}-{index}",
                "session": None,
                "text_id": None,
            }
            for speaker in range(speakers)
            for label in ("angry", "happy", "sad")
            for index in range(each)
        ]
        return pd.DataFrame(rows).assign(**columns)

    return make


@pytest.fixture
def uneven() -> pd.DataFrame:
    """Make a corpus of many speakers with random class counts, some of unknown gender."""
    random = np.random.default_rng(0)
    counts = random.integers(0, 12, size=(37, 5))
    rows = [
        {
            "utterance_id": f"big/{speaker:02d}-{label}-{index}",
            "corpus": "big",
            "speaker": f"big/{speaker:02d}",
            "gender": (None, "female", "male")[speaker % 3],
            "label": f"class{label}",
        }
        for speaker, row in enumerate(counts)
        for label, count in enumerate(row)
        for index in range(count)
    ]
    return pd.DataFrame(rows)
