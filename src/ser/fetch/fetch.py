"""`ser fetch`: from a corpus's name to its folder, whole or absent, with a receipt."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ser import __version__
from ser.corpora.base import Corpus, Facts
from ser.errors import DataError
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


def terms(facts: Facts, source: Source) -> str:
    """Say what one agrees to by using the corpus, and how much will come; for the user to read first."""
    size = f" (about {source.megabytes} MB)" if source.megabytes else ""
    return f"{facts.title}: {source.what}{size}\n  licence: {facts.licence}\n  cite: {facts.citation}"


def fetch(corpus: Corpus, source: Source, data_dir: Path, given: Sequence[Path], patience: Patience) -> Receipt:
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
        The receipt, which also lies in the folder.

    Raises:
        DataError: when access is not open (the message says what to do), a folder is there already that has no receipt,
            or what comes is damaged, hostile, far too large, not as published, or holds nothing of the corpus.
        StoreError: when the disk is full or the folder cannot be written.
    """
    facts = corpus.facts
    folder = data_dir / (corpus.folder or facts.id)
    work = data_dir / ".fetch" / folder.name
    with locked(work):
        if (folder / RECEIPT).is_file():
            return _read(folder / RECEIPT)
        if folder.exists():
            raise _in_the_way(folder)
        tree = work / "tree"
        if given:
            files = _unpacked(given, tree)
        elif source.listing:
            files = _downloaded(source.listing, work, tree, patience, source.most)
        else:
            raise _closed(facts, source)
        receipt = _receipt(corpus, tree, files)
        write_json(tree / RECEIPT, asdict(receipt))
        with on_disk(folder):
            tree.replace(folder)
        shutil.rmtree(work, ignore_errors=True)
    return receipt


def summary(receipt: Receipt, folder: Path, settings: Mapping[str, str | bool]) -> str:
    """Say what a receipt says, and what to do next.

    Args:
        receipt: what was fetched.
        folder: where it lies.
        settings: of the corpus, that mean this edition.
    """
    words = [f"corpora.{receipt.corpus}.{key}={str(value).lower()}" for key, value in settings.items()]
    checked = sum(bool(file.checked) for file in receipt.files)
    megabytes = sum(file.bytes for file in receipt.files) / 1e6
    lacking = "" if receipt.published in (None, receipt.utterances) else f" ({receipt.published} are published)"
    return (
        f"{receipt.corpus}: {receipt.utterances} utterances{lacking} in {folder}\n"
        f"  files: {len(receipt.files)} of {megabytes:.1f} MB in all, fetched {receipt.fetched}; "
        f"{checked} of them could be checked against a published size or hash\n"
        f"  licence and sources: {folder / RECEIPT}\n"
        f"  next: {' '.join(['ser scan', f'corpus={receipt.corpus}', *words, f'data_dir={folder.parent}'])}"
    )


def _downloaded(listing: Listing, work: Path, tree: Path, patience: Patience, most: int) -> list[Fetched]:
    with on_disk(work):
        work.mkdir(parents=True, exist_ok=True)
    remotes = listing.remotes(work, patience)
    _refuse_too_much(remotes, most)
    if not listing.archives:
        return _each(remotes, tree, patience, most)
    places = [work / "archives" / remote.name for remote in remotes]
    files = [download(remote, place, patience, most) for remote, place in zip(remotes, places, strict=True)]
    try:
        _unpacked(places, tree)
    except DataError:
        for remote, place in zip(remotes, places, strict=True):
            if not remote.checksums:  # Then only unpacking tells that it came damaged.
                place.unlink()
        raise
    return files


def _each(remotes: Sequence[Remote], tree: Path, patience: Patience, most: int) -> list[Fetched]:
    """Download single files, several at a time; the first failure ends the waiting for the rest."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        coming = pool.map(lambda remote: download(remote, tree / remote.name, patience, most), remotes)
        return list(track(coming, total=len(remotes), what="downloading files"))
    finally:
        pool.shutdown(cancel_futures=True)


def _unpacked(archives: Sequence[Path], tree: Path) -> list[Fetched]:
    """Unpack archives into a folder that is made anew; several get a folder each, since they may share side files."""
    shutil.rmtree(tree, ignore_errors=True)
    files = []
    for archive in archives:
        unpack(archive, tree if len(archives) == 1 else tree / archive.stem, LIMITS)
        files.append(
            Fetched(
                name=archive.name,
                source="a file on this machine",
                bytes=archive.stat().st_size,
                sha256=sha256_of_file(archive),
                checked=(),
            )
        )
    return files


def _receipt(corpus: Corpus, tree: Path, files: Sequence[Fetched]) -> Receipt:
    facts = corpus.facts
    names = (PurePosixPath(path.relative_to(tree).as_posix()) for path in tree.rglob("*") if path.is_file())
    found = {labels.name: labels for name in names if (labels := corpus.parse(name)) is not None}
    utterances = found.keys() - corpus.outside(found.values(), tree).keys()
    if not utterances:
        raise DataError(
            expected=f"files of {facts.title}",
            received=f"none among {sum(path.is_file() for path in tree.rglob('*'))} by their names",
            where=", ".join(file.name for file in files[:3]),
            fix="Check that this is the right archive. Nothing of it is kept.",
        )
    return Receipt(
        corpus=facts.id,
        title=facts.title,
        licence=facts.licence,
        citation=facts.citation,
        fetched=datetime.now(UTC).isoformat(timespec="seconds"),
        ser=__version__,
        files=tuple(files),
        utterances=len(utterances),
        published=sum(facts.classes.values()) or None,
    )


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


def _in_the_way(folder: Path) -> DataError:
    return DataError(
        expected="no folder of this name, or one that `ser fetch` made",
        received="a folder without its receipt",
        where=folder,
        fix="Use it as it is (`ser scan` says whether it is good), move it away, or choose another place with "
        "--data-dir DIR.",
    )
