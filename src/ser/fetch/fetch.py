"""`ser fetch`: from a corpus's name to its folder, whole or absent, with a receipt."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ser import __version__
from ser.corpora.base import Corpus, Facts
from ser.errors import DataError
from ser.fetch.contents import count_checked, utterances
from ser.fetch.download import Fetched, Patience, Remote, download
from ser.fetch.listings import Listing
from ser.fetch.part import on_disk
from ser.fetch.sources import BARRIERS, Source
from ser.fetch.unpack import LIMITS, unpack
from ser.files import locked, read_json, sha256_of_file, write_json
from ser.progress import track

RECEIPT = "ser-receipt.json"
_AT_ONCE = 4
"""Single files downloaded at the same time: polite, and fast enough for thousands of small ones."""
_WRONG_ARCHIVE = "Check that this is the right archive. Nothing unpacked from it is kept."
_WRONG_LIST = "Look at the corpus's page: the list of its files may have changed."


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was fetched: kept as `ser-receipt.json` in the corpus folder.

    Attributes:
        corpus: its id.
        title: its name.
        licence: of the audio, as `Facts.licence`.
        citation: the publication to cite.
        fetched: when, in UTC, as ISO 8601.
        ser: the version that fetched it.
        files: what was downloaded, or taken from this machine.
        utterances: how many utterances of the corpus the folder holds, by their names.
        published: how many are published; None where nobody says.
    """

    corpus: str
    title: str
    licence: str
    citation: str
    fetched: str
    ser: str
    files: tuple[Fetched, ...]
    utterances: int
    published: int | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What `ser fetch` came to.

    Attributes:
        receipt: of the corpus that is there now.
        anew: whether it was fetched this time, not before.
        utterances: how many are there now, by their names.
    """

    receipt: Receipt
    anew: bool
    utterances: int


def terms(facts: Facts, source: Source) -> str:
    """Say what one agrees to by using the corpus, and how much will come; for the user to read first."""
    size = f" (about {source.megabytes} MB)" if source.megabytes else ""
    return f"{facts.title}: {source.what}{size}\n  licence: {facts.licence}\n  cite: {facts.citation}"


def fetch(corpus: Corpus, source: Source, data_dir: Path, given: Sequence[Path], patience: Patience) -> Outcome:
    """Put a corpus into its folder below `data_dir`, which is there whole afterwards, or not at all.

    What is downloaded lies in `data_dir/.fetch/<folder>` until the corpus is whole; a later call goes on from there. A
    corpus that was fetched before is left alone.

    Args:
        corpus: the corpus, with the settings of the edition; see :func:`ser.fetch.sources.chosen`.
        source: where the edition is published.
        data_dir: the folder that holds the corpora by name.
        given: archives downloaded by hand, used instead of the source.
        patience: how long to wait for a server.

    Returns:
        What came of it, with the receipt, which also lies in the folder.

    Raises:
        DataError: when access is not open (the message says what to do), a folder is there already that has no receipt,
            or has one while archives are given, or what comes is damaged, hostile, far too large, not as published,
            holds nothing of the corpus, or holds empty files or git-LFS pointers for its audio.
        StoreError: when the disk is full or the folder cannot be written.
    """
    folder = data_dir / (corpus.folder or corpus.facts.id)
    work = data_dir / ".fetch" / folder.name
    with locked(work):
        if (folder / RECEIPT).is_file():
            return _there(corpus, folder, given)
        if _in_use(folder):
            raise _in_the_way(folder)
        if given:
            with _unpacked(given, work / "unpacked", doubtful=()) as tree:
                receipt = _settled(corpus, tree, [_taken(archive) for archive in given], folder, _WRONG_ARCHIVE)
        elif source.listing:
            receipt = _downloaded(corpus, source.listing, source.most, work, folder, patience)
        else:
            raise _closed(corpus.facts, source)
        shutil.rmtree(work, ignore_errors=True)
    return Outcome(receipt=receipt, anew=True, utterances=receipt.utterances)


def summary(outcome: Outcome, folder: Path, settings: Mapping[str, str | bool]) -> str:
    """Say what was done and what is there, and what to do next.

    Args:
        outcome: of the fetching.
        folder: where the corpus lies.
        settings: of the corpus, that mean this edition.
    """
    receipt = outcome.receipt
    words = [f"corpora.{receipt.corpus}.{key}={str(value).lower()}" for key, value in settings.items()]
    checked = sum(bool(file.checked) for file in receipt.files)
    megabytes = sum(file.bytes for file in receipt.files) / 1e6
    lacking = receipt.published is not None and outcome.utterances < receipt.published
    of_all = f" ({receipt.published} are published)" if lacking else ""
    lines = [
        f"{receipt.corpus}: {outcome.utterances} utterances{of_all} in {folder}",
        f"  files: {len(receipt.files)} of {megabytes:.1f} MB in all, fetched {receipt.fetched}; "
        f"{checked} of them could be checked against a published size or hash",
        f"  licence and sources: {folder / RECEIPT}",
        f"  next: {' '.join(['ser scan', f'corpus={receipt.corpus}', *words, f'data_dir={folder.parent}'])}",
    ]
    if not outcome.anew:
        again = f"; to begin anew, move {folder} away and run the same command again" if lacking else ""
        lines.insert(0, f"{receipt.corpus}: already fetched; nothing was done{again}")
    return "\n".join(lines)


def _there(corpus: Corpus, folder: Path, given: Sequence[Path]) -> Outcome:
    """Say what an earlier call has fetched; refuse archives that would not be looked at."""
    receipt = _read(folder / RECEIPT)
    if given:
        raise DataError(
            expected="archives of a corpus that is not there yet",
            received=f"some of {receipt.corpus}, which was fetched {receipt.fetched}",
            where=folder,
            fix="The corpus is already there and stays as it is. To take these archives instead, move its folder away "
            "and run the same command again.",
        )
    return Outcome(receipt=receipt, anew=False, utterances=len(utterances(corpus, folder)))


def _downloaded(corpus: Corpus, listing: Listing, most: int, work: Path, folder: Path, patience: Patience) -> Receipt:
    with on_disk(work):
        work.mkdir(parents=True, exist_ok=True)
    remotes = listing.remotes(work, patience)
    _refuse_too_much(remotes, most)
    if not listing.archives:
        files = _each(remotes, work / "tree", patience, most)
        return _settled(corpus, work / "tree", files, folder, _WRONG_LIST)
    places = [work / "archives" / remote.name for remote in remotes]
    files = [download(remote, place, patience, most) for remote, place in zip(remotes, places, strict=True)]
    # Of these only the unpacking, and what is found then, tells that they came damaged or are something else.
    doubtful = [place for remote, place in zip(remotes, places, strict=True) if not remote.checksums]
    with _unpacked(places, work / "unpacked", doubtful) as tree:
        return _settled(corpus, tree, files, folder, _WRONG_ARCHIVE)


def _each(remotes: Sequence[Remote], tree: Path, patience: Patience, most: int) -> list[Fetched]:
    """Download single files, several at a time; the first failure ends the waiting for the rest."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        coming = pool.map(lambda remote: download(remote, tree / remote.name, patience, most), remotes)
        return list(track(coming, total=len(remotes), what="downloading files"))
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _unpacked(archives: Sequence[Path], tree: Path, doubtful: Sequence[Path]) -> Iterator[Path]:
    """Unpack archives into a folder that is made anew; several get a folder each, since they may share side files.

    Args:
        archives: the archives.
        tree: the folder. It is removed when the unpacking fails, or the block.
        doubtful: files to remove when what they hold is at fault.

    Yields:
        The folder.
    """
    shutil.rmtree(tree, ignore_errors=True)
    try:
        for archive in archives:
            unpack(archive, tree if len(archives) == 1 else tree / archive.stem, LIMITS)
        yield tree
    except BaseException as error:
        shutil.rmtree(tree, ignore_errors=True)
        if isinstance(error, DataError):
            for file in doubtful:
                file.unlink()
        raise


def _taken(archive: Path) -> Fetched:
    return Fetched(
        name=archive.name,
        source="a file on this machine",
        bytes=archive.stat().st_size,
        sha256=sha256_of_file(archive),
        checked=(),
    )


def _settled(corpus: Corpus, tree: Path, files: Sequence[Fetched], folder: Path, fix: str) -> Receipt:
    """Look through what came, lay the receipt down in it, and give it its final name."""
    where = ", ".join(file.name for file in files[:3])
    if (tree / RECEIPT).is_dir():
        raise DataError(
            expected="files of a corpus",
            received=f"a folder called {RECEIPT}, which is the name of the receipt",
            where=where,
            fix=fix,
        )
    facts = corpus.facts
    receipt = Receipt(
        corpus=facts.id,
        title=facts.title,
        licence=facts.licence,
        citation=facts.citation,
        fetched=datetime.now(UTC).isoformat(timespec="seconds"),
        ser=__version__,
        files=tuple(files),
        utterances=count_checked(corpus, tree, where, fix),
        published=sum(facts.classes.values()) or None,
    )
    write_json(tree / RECEIPT, asdict(receipt))
    with on_disk(folder):
        tree.replace(folder)
    return receipt


def _read(path: Path) -> Receipt:
    record = read_json(path)
    files = tuple(Fetched(**{**file, "checked": tuple(file["checked"])}) for file in record["files"])
    return Receipt(**{**record, "files": files})


def _closed(facts: Facts, source: Source) -> DataError:
    return DataError(
        expected="a corpus that anyone may download",
        received=f"{facts.id}, of which {BARRIERS[source.access]}",
        where="ser fetch",
        fix=f"{facts.how_to_get} An archive that you have downloaded is checked and unpacked by "
        f"`ser fetch {facts.id} --from FILE`.",
    )


def _refuse_too_much(remotes: Sequence[Remote], most: int) -> None:
    """Refuse a list of files that are far more together than the corpus is known to be."""
    total = sum(remote.size or 0 for remote in remotes)
    if total > most:
        raise DataError(
            expected=f"at most {most / 1e6:.0f} MB in all, several times what is known to be published",
            received=f"a list of {len(remotes)} files of {total / 1e6:.0f} MB",
            where=remotes[0].urls[0],
            fix="Look at the corpus's page: it may have changed. Archives fetched by hand are taken with --from FILE.",
        )


def _in_use(folder: Path) -> bool:
    """Say whether something is there that the corpus would replace; an empty folder is nothing."""
    empty = folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
    return os.path.lexists(folder) and not empty


def _in_the_way(folder: Path) -> DataError:
    return DataError(
        expected="no folder of this name, or one that `ser fetch` made",
        received="a folder without its receipt",
        where=folder,
        fix="Use it as it is (`ser scan` says whether it is good), move it away, or choose another place with "
        "--data-dir DIR.",
    )
