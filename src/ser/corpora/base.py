"""What a corpus is: published facts, and a grammar for its file names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
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
        sample_rates_hz: the rates published, the usual one first.
        channels: the numbers of channels published, the usual one first.
        formats: utterance name -> rate in Hz and channels, for the utterances that are published in another format than
            the usual one.
        side_folders: folders of the distribution that hold audio which is not of this corpus (such as laryngograms),
            lower case.
        known_bad: utterance name -> why it must not be used.
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
    channels: tuple[int, ...]
    formats: Mapping[str, tuple[int, int]]
    side_folders: tuple[str, ...]
    known_bad: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What a file's name says of it, in the corpus's own terms.

    Attributes:
        name: the utterance's name in the publisher's spelling, unique in the corpus and the same for every copy of it,
            whatever the folder, the case of the letters or the mirror it comes from.
        speaker: a key of `Facts.speakers`; None in a corpus of one's own that does not tell.
        emotion_native: a key of `Facts.classes`.
        text_id: which sentence, a key of `Facts.texts` where the texts are published; None when the text is free.
        intensity: degree of expression, where the corpus has degrees.
        repetition: which take of the same sentence, where there are several.
        session: the recording session, where the corpus tells.
        split: the part (train, dev or test) that a corpus of one's own gives the utterance to.
    """

    name: str
    speaker: str | None
    emotion_native: str
    text_id: str | None
    intensity: str | None
    repetition: str | None
    session: str | None
    split: str | None = None


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
        """What is published of the edition that is meant."""

    @abstractmethod
    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read the labels off a file's path.

        Args:
            relative: path below the corpus folder. Case and suffix carry no meaning.

        Returns:
            The labels; None when the name does not follow the corpus's grammar.
        """

    def published(self) -> Iterator[PurePosixPath]:
        """Name every file of the edition, as laid out by the publisher.

        Names are exact wherever they are known. Names of the same grammar stand for those that are not, as many of each
        emotion as are published. A corpus whose files are not known beforehand names none.

        Yields:
            Paths below the corpus folder.
        """
        yield from ()

    def format_of(self, relative: PurePosixPath) -> tuple[int, int]:
        """Say in which format a file is published: its sample rate in Hz and its number of channels.

        Args:
            relative: path below the corpus folder.
        """
        facts = self.facts
        labels = self.parse(relative)
        usual = (facts.sample_rates_hz[0], facts.channels[0])
        return facts.formats.get(labels.name, usual) if labels else usual

    def outside(self, found: Iterable[Labels], root: Path) -> dict[str, str]:
        """Say which utterances are not of the edition that is meant.

        Such utterances are no error: they are passed over, and the card counts them.

        Args:
            found: what :meth:`parse` gave for the files of a copy.
            root: the folder of that copy, where it holds lists of its own that tell.

        Returns:
            Utterance name -> why it is passed over.

        Raises:
            DataError: when such a list is needed and missing, or damaged.
        """
        return {}

    def impossible(self, relative: PurePosixPath) -> str | None:
        """Say what a name claims, in the form of the corpus's names, that the corpus does not hold.

        :meth:`parse` gives None for such names.

        Args:
            relative: path below the corpus folder.

        Returns:
            A clause ("neutral is not strong"); None when the name claims nothing of the kind, or has another form.
        """
        return None

    def objection(self, relative: PurePosixPath) -> str:
        """Say in a sentence why a file cannot be of this corpus, when :meth:`parse` gave None for it."""
        why = self.impossible(relative)
        if why is None:
            return f"{relative.name} is no file name of {self.facts.title}: rename it, or move it out of its folder."
        return (
            f"{relative.name} looks like a name of {self.facts.title}, but {why}: it is misnamed, or of another "
            "edition or corpus. Move it out of the corpus folder."
        )

    def listed(self, root: Path) -> list[PurePosixPath] | None:
        """List the files that are meant, where the corpus says so itself; None means all audio below `root`.

        Args:
            root: what :meth:`root` gave.
        """
        return None

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
