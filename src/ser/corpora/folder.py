"""A corpus of one's own: one folder a class."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ser.corpora.base import Corpus, Facts, Labels
from ser.errors import ConfigError

_KEY = "corpora.folder"


@dataclass(frozen=True, kw_only=True)
class FolderCorpus(Corpus):
    """Audio of one's own: a file's class is the first folder it lies in.

    Attributes:
        folder: the folder that holds one folder a class, from where `ser` runs.
        language: BCP-47 tag of the speech; "und" when it is not known.
        speaker_pattern: regular expression that finds the speaker in a path below the folder: its first group, or all
            of it. None, or a path in which nothing is found: the speaker is not known.
    """

    language: str
    speaker_pattern: str | None

    def __post_init__(self) -> None:
        try:
            re.compile(self.speaker_pattern or "")
        except re.error as error:
            raise ConfigError(
                expected="a regular expression",
                received=f"{self.speaker_pattern} ({error})",
                where=f"{_KEY}.speaker_pattern",
                fix=r"For names such as anger/anna_01.wav write '^[^/]+/([a-z]+)_'; quote it on the command line.",
            ) from error

    @functools.cached_property
    def facts(self) -> Facts:
        """What can be said of it before it is read: next to nothing."""
        return own_facts("folder", self.folder, self.language)

    def root(self, data_dir: Path, work_dir: Path) -> Path:
        """Say where the folder is.

        Raises:
            ConfigError: when none was named.
        """
        if self.folder is None:
            raise ConfigError(
                expected="the folder that holds one folder a class",
                received="none",
                where=f"{_KEY}.folder",
                fix="Set path=DIR.",
            )
        return Path(self.folder).expanduser()

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a path such as `anger/anna_01.wav`: anger."""
        if len(relative.parts) < 2:
            return None
        found = re.search(self.speaker_pattern, relative.as_posix()) if self.speaker_pattern else None
        return Labels(
            name=relative.with_suffix("").as_posix(),
            speaker=found[1 if found.re.groups else 0] if found else None,
            emotion_native=relative.parts[0],
            text_id=None,
            intensity=None,
            repetition=None,
            session=None,
        )

    def objection(self, relative: PurePosixPath) -> str:
        """Say that a file needs a class."""
        return f"{relative.name} lies in no class folder: move it into the folder of its class, or out."


def own_facts(corpus: str, place: str | None, language: str) -> Facts:
    """State what is known of a corpus of one's own.

    Args:
        corpus: its id.
        place: the folder or file it is read from.
        language: BCP-47 tag of the speech.
    """
    return Facts(
        id=corpus,
        # A page may go to others: it names the folder or file, not the way to it.
        title=f"a corpus of your own ({Path(place).expanduser().resolve().name if place else 'no place given'})",
        language=language,
        licence="yours to know",
        citation="none",
        how_to_get="It is yours: say where it is.",
        benchmark=False,
        classes={},
        speakers={},
        texts={},
        sample_rates_hz=(),
        channels=(),
        formats={},
        side_folders=(),
        known_bad={},
        notes=(),
    )
