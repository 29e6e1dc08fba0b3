"""What a corpus is: published facts, and a grammar for its file names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """What the publisher says of a speaker.

    Attributes:
        gender: "female" or "male"; None where the publisher does not say.
        age: in years, at the time of the recording; None where the publisher does not say.
    """

    gender: str | None
    age: int | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is published of a corpus.

    Attributes:
        id: lower-case name, as in `data_dir/<id>` and `utterance_id`.
        title: its full name.
        language: BCP-47 tag of the speech.
        licence: of the audio, in the publisher's words; conflicting sources are both named.
        citation: the publication to cite.
        how_to_get: where the audio comes from and where to put it, as a sentence.
        benchmark: whether results on it may be compared with published ones.
        classes: native emotion -> number of utterances published.
        speakers: speaker id -> speaker.
        texts: text id -> what is said.
        sample_rates_hz: the rates published.
        side_folders: folders of the distribution that hold audio which is not of this corpus (such as laryngograms),
            lower case.
        known_bad: file stem -> why it must not be used.
        notes: what a user should know before comparing numbers.
    """

    id: str
    title: str
    language: str
    licence: str
    citation: str
    how_to_get: str
    benchmark: bool
    classes: Mapping[str, int]
    speakers: Mapping[str, Speaker]
    texts: Mapping[str, str]
    sample_rates_hz: tuple[int, ...]
    side_folders: tuple[str, ...]
    known_bad: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What a file's name says of it, in the corpus's own terms.

    Attributes:
        speaker: a key of `Facts.speakers`.
        emotion_native: a key of `Facts.classes`.
        text_id: which sentence, a key of `Facts.texts` where the texts are published; None when the text is free.
        intensity: degree of expression, where the corpus has degrees.
        repetition: which take of the same sentence, where there are several.
        session: the recording session, where the corpus tells.
    """

    speaker: str
    emotion_native: str
    text_id: str | None
    intensity: str | None
    repetition: str | None
    session: str | None


@dataclass(frozen=True, kw_only=True)
class Corpus(ABC):
    """A corpus: a component whose settings say which edition is meant and where it lies.

    Attributes:
        folder: the folder to read instead of `data_dir/<id>`: a name below data_dir, or an absolute path.
    """

    folder: str | None

    @property
    @abstractmethod
    def facts(self) -> Facts:
        """What is published of it."""

    @abstractmethod
    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read the labels off a file's path.

        Args:
            relative: path below the corpus folder. Case and suffix carry no meaning.

        Returns:
            The labels; None when the name does not follow the corpus's grammar.
        """

    def root(self, data_dir: Path, work_dir: Path) -> Path:
        """Say where the corpus lies.

        Args:
            data_dir: the folder that holds the corpora by name.
            work_dir: the folder below which `ser` writes.
        """
        return data_dir / (self.folder or self.facts.id)

    def prepare(self, root: Path) -> None:  # noqa: B027 - most corpora have nothing to make
        """Make the audio, where a corpus can make its own. Published corpora are only read: nothing is done.

        Args:
            root: what :meth:`root` gave.
        """
