"""What strangers put into archives. Nothing of it may be written outside, and the reason must be said."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import random
import stat
import struct
import tarfile
import time
import tracemalloc
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ser.errors import DataError, StoreError
from ser.fetch.archive import opened
from ser.fetch.unpack import LIMITS, Limits, unpack

Zipped = Callable[..., Path]
SMALL = Limits(entries=100, size=1 << 20, ratio=100.0, free=1 << 16, depth=5)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(archive: Path, message: str, limits: Limits = LIMITS) -> None:
    """The archive is refused in words, and nothing is written anywhere."""
    home = archive.parent
    before = sorted(home.rglob("*"))
    with pytest.raises(DataError, match=message) as error:
        unpack(archive, home / "deep" / "out", limits)
    assert str(archive) == error.value.where
    assert sorted(home.rglob("*")) == before


def zip_entry(name: str, **changes: object) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for key, value in changes.items():
        setattr(info, key, value)
    return info


def test_a_zip_is_unpacked_without_its_permissions(zipped: Zipped, tmp_path: Path) -> None:
    executable = zip_entry("bin/run.sh", external_attr=(stat.S_IFREG | 0o4777) << 16)
    archive = zipped(
        [("wav/", b""), ("wav/ä.wav", b"1"), ("./wav\\b.wav", b"2"), (executable, b"3"), ("in.zip", b"PK")]
    )
    assert unpack(archive, tmp_path / "out", LIMITS) == 4
    assert tree(tmp_path / "out") == {"wav/ä.wav": b"1", "wav/b.wav": b"2", "bin/run.sh": b"3", "in.zip": b"PK"}
    assert not (tmp_path / "out" / "bin" / "run.sh").stat().st_mode & 0o7111


@pytest.mark.parametrize("packing", ["", "gz", "bz2", "xz"])
def test_a_tar_is_unpacked_whatever_packs_it(tarred: Zipped, tmp_path: Path, packing: str) -> None:
    archive = tarred([("wav", b"", {"type": tarfile.DIRTYPE}), ("wav/a.wav", b"1" * 5000, {}), ("b", b"", {})], packing)
    assert unpack(archive, tmp_path / "out", LIMITS) == 2
    assert tree(tmp_path / "out") == {"wav/a.wav": b"1" * 5000, "b": b""}


OUTSIDE = [
    "../evil",
    "a/../../evil",
    "..\\evil",
    "/etc/evil",
    "//server/share/evil",
    "\\\\server\\share\\evil",
    "C:/evil",
    "c:evil",
    "a/\u202egpj.exe",
    "a\nb",
    "a\x1b[2Jb",
    "zero\u200bwidth",
    "a.wav:hidden",
    "a./b",
    "a/b.wav.",
    "a /b",
    "b.wav ",
    "...",
    "NUL",
    "con/a.wav",
    "a/Aux.wav",
    "prn .tar.gz",
    "com1",
    "lpt\u00b9.txt",
    "CONIN$",
    "/".join("abcdefgh"),
    "x" * 256,
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_lead_astray_are_refused(zipped: Zipped, tarred: Zipped, name: str) -> None:
    refused(zipped([("good.wav", b"1"), (name, b"2")]), "an archive with names", SMALL)
    refused(tarred([("good.wav", b"1", {}), (name, b"2", {})]), "an archive with names", SMALL)


@pytest.mark.parametrize("name", ["console/a.wav", "com.wav", "lpt10", ".hidden", "a.nul", "..a", "a b.wav"])
def test_names_that_only_look_like_devices_are_taken(zipped: Zipped, tmp_path: Path, name: str) -> None:
    assert unpack(zipped({name: b"1"}), tmp_path / "out", LIMITS) == 1


def test_a_name_with_a_nul_is_refused(zipped: Zipped) -> None:
    archive = zipped({"evilXwav": b"1"})
    archive.write_bytes(archive.read_bytes().replace(b"evilXwav", b"evil\0wav"))
    refused(archive, "names in plain characters")


def test_a_tar_name_that_is_no_text_is_refused(tarred: Zipped) -> None:
    refused(tarred([("\udcff\udcfe", b"1", {})], form=tarfile.GNU_FORMAT), "names in plain characters")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_of_a_tar_are_refused(tarred: Zipped, kind: bytes) -> None:
    refused(
        tarred([("good", b"1", {}), ("evil", b"", {"type": kind, "linkname": "../../etc"})]), "files and folders only"
    )


def test_a_link_as_a_stepping_stone_is_refused(tarred: Zipped) -> None:
    stone = ("stone", b"", {"type": tarfile.SYMTYPE, "linkname": "/tmp"})  # noqa: S108
    refused(tarred([stone, ("stone/evil", b"1", {})]), "a link: 'stone'")


@pytest.mark.parametrize("form", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_of_a_zip_are_refused(zipped: Zipped, form: int) -> None:
    refused(zipped([(zip_entry("evil", external_attr=form << 16), b"/etc/passwd")]), "files and folders only")


def test_a_file_with_holes_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("holes")
    info.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[483:495] = b"77777777777\0"
    block[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(block))[0]
    (tmp_path / "a.tar").write_bytes(bytes(block) + bytes(1024))
    refused(tmp_path / "a.tar", "sparse files are not unpacked")


def header(kind: bytes, content: bytes = b"") -> bytes:
    """A header that belongs to the next one."""
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, len(content)
    return info.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)


def record(keyword: bytes, value: bytes) -> bytes:
    length = len(keyword) + len(value) + 3
    while len(b"%d" % length) + len(keyword) + len(value) + 3 != length:
        length += 1
    return b"%d %s=%s\n" % (length, keyword, value)


def refused_at_once(path: Path, tar: bytes, message: str, limits: Limits = LIMITS) -> None:
    """Neither memory nor time is spent on what is refused."""
    path.write_bytes(gzip.compress(tar + bytes(1024), 1))
    tracemalloc.start()
    start = time.perf_counter()
    refused(path, message, limits)
    taken, peak = time.perf_counter() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 5
    assert peak < 32 << 20


GNU_1_0 = record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.minor", b"0")


@pytest.mark.parametrize("keys", [GNU_1_0, record(b"GNU.sparse.map", b"0,1"), record(b"GNU.sparse.size", b"9")])
def test_maps_of_sparse_files_are_not_read(tmp_path: Path, keys: bytes) -> None:
    sparse = header(tarfile.XHDTYPE, keys) + header(tarfile.REGTYPE, b"4000000\n" + b"0\n" * 4_000_000)
    refused_at_once(tmp_path / "a.tgz", sparse, "sparse files are not unpacked")


def test_blocks_that_extend_a_sparse_map_are_not_read(tmp_path: Path) -> None:
    block = bytearray(header(tarfile.GNUTYPE_SPARSE))
    block[482] = 1
    block[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(block))[0]
    more = (b"00000000001\0" * 42).ljust(512, b"\1")
    refused_at_once(tmp_path / "a.tgz", bytes(block) + more * 40_000, "sparse files are not unpacked")


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE])
@pytest.mark.parametrize(("content", "count"), [(b"", 5000), (record(b"path", b"a"), 5000), (bytes(1 << 18), 100)])
def test_a_chain_of_headers_is_refused(tmp_path: Path, kind: bytes, content: bytes, count: int) -> None:
    refused_at_once(tmp_path / "a.tgz", header(kind, content) * count + header(tarfile.REGTYPE), "a chain of too many")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (record(b"comment", b"1" * 1_000_000), "an honest length"),
        (b"4 aa" * 200_000 + b"=", "bad pax header"),
        (b"".join(record(b"%d" % i, b"") for i in range(10_000)), "at most 64 records"),
        (b"no records", "bad pax header"),
    ],
)
def test_pax_headers_made_to_do_harm_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    refused_at_once(tmp_path / "a.tgz", header(tarfile.XHDTYPE, content) + header(tarfile.REGTYPE), message)


def test_headers_count_into_the_honest_size(tmp_path: Path) -> None:
    one = header(tarfile.GNUTYPE_LONGLINK, b"x" * 500_000) + header(tarfile.REGTYPE)
    refused_at_once(tmp_path / "a.tgz", one * 50, "honest size", SMALL)


def test_honest_extra_headers_are_read(tmp_path: Path) -> None:
    """A global comment, as of `git archive`, and what macOS adds, are no chain."""
    extra = record(b"LIBARCHIVE.xattr.a", b"eA") + record(b"mtime", b"1700000000.123456789")
    one = b"".join(
        header(tarfile.XHDTYPE, extra + record(b"path", b"%d-%s" % (i, "ä".encode() * 100))) + header(b"0", b"1")
        for i in range(200)
    )
    path = tmp_path / "a.tar"
    path.write_bytes(header(tarfile.XGLTYPE, record(b"comment", b"0" * 40)) + one + bytes(1024))
    assert unpack(path, tmp_path / "out", LIMITS) == 200


@pytest.mark.parametrize("error", [RecursionError("deep"), OverflowError("big"), MemoryError(), struct.error("short")])
def test_whatever_the_readers_raise_is_said(
    zipped: Zipped, tarred: Zipped, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    made = zipped({"a": b"1"}), tarred([("a", b"1", {})])
    monkeypatch.setattr(zipfile.ZipFile, "infolist", fail)
    monkeypatch.setattr(tarfile.TarInfo, "fromtarfile", fail)
    for archive in made:
        refused(archive, f"cannot be read .{str(error) or 'MemoryError'}")


def crowded_zip(entries: int, declared: int, wide: bool, extra: int = 0) -> bytes:
    """A zip whose directory holds so many entries of six letters, as an ordinary or a zip64 one."""
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 6, extra, 0, 0, 0, 0, 0)
        + b"%06d" % i
        + bytes(extra)
        for i in range(entries)
    )
    start = b"PK\x03\x04" + bytes(26) + directory
    if not wide:
        return start + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, declared, declared, len(directory), 30, 0)
    far = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, declared, declared, len(directory), 30)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(start), 1)
    return start + far + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("entries", "declared", "extra", "received"),
    [(5000, 5000, 0, "got '5000'"), (1000, 1, 0, "more, while 1 are"), (90, 90, 3000, "a directory of")],
)
def test_a_crowded_zip_is_refused_before_its_directory_is_loaded(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wide: bool,
    entries: int,
    declared: int,
    extra: int,
    received: str,
) -> None:
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", None)
    path = tmp_path / "a.zip"
    path.write_bytes(crowded_zip(entries, declared, wide, extra))
    refused(path, f"at most 100 entries, but .*{received}", SMALL)


@pytest.mark.parametrize("wide", [False, True])
def test_a_zip_at_the_limit_is_taken(tmp_path: Path, wide: bool) -> None:
    (tmp_path / "a.zip").write_bytes(crowded_zip(100, 100, wide))
    with opened(tmp_path / "a.zip", 100) as members:
        assert len(list(members)) == 100


def test_an_encrypted_zip_is_refused(zipped: Zipped) -> None:
    archive = zipped({"a": b"1"})
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    refused(archive, "an encrypted file")


def asks_for_4_gb(archive: Path) -> None:
    """Rewrite the header of an xz file so that its dictionary is the largest that the format knows."""
    data = bytearray(archive.read_bytes())
    size = (data[12] + 1) * 4
    assert data[14:16] == b"\x21\x01"  # The filter LZMA2 with one byte of properties: the size of its dictionary.
    data[16] = 40
    data[12 + size - 4 : 12 + size] = struct.pack("<L", zlib.crc32(data[12 : 12 + size - 4]))
    archive.write_bytes(data)


def test_an_xz_that_asks_for_much_memory_is_refused(tarred: Zipped) -> None:
    archive = tarred([("a.wav", b"1" * 5000, {})], "xz")
    asks_for_4_gb(archive)
    tracemalloc.start()
    refused(archive, "at most 128 MiB of memory to unpack, but got 'one that asks for more'")
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


def test_an_xz_of_the_strongest_preset_and_of_several_streams_is_unpacked(tarred: Zipped, tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(700_000)  # noqa: S311
    data = tarred([("a.wav", noise, {}), ("b.wav", noise[::-1], {})], "").read_bytes()
    parts = [lzma.compress(part, preset=9) for part in (data[:400_000], b"", data[400_000:])]
    packed = tmp_path / "several.tar.xz"
    packed.write_bytes(bytes(8).join(parts) + bytes(4))
    assert unpack(packed, tmp_path / "out", LIMITS) == 2
    assert tree(tmp_path / "out") == {"a.wav": noise, "b.wav": noise[::-1]}
    damaged = bytearray(packed.read_bytes())
    damaged[50_000] ^= 1
    packed.write_bytes(damaged)
    with pytest.raises(DataError, match="one that cannot be read"):
        unpack(packed, tmp_path / "again", LIMITS)


def test_a_zip_packed_by_lzma_is_refused_since_nothing_bounds_its_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.wav", b"1" * 5000)
    refused(tmp_path / "a.zip", "any amount of memory: 'a.wav'")


def test_bombs_are_refused_before_they_go_off(zipped: Zipped, tarred: Zipped, tmp_path: Path) -> None:
    refused(zipped({"a": bytes(20 << 20)}), "honest size", SMALL)
    refused(zipped({f"{i}": bytes(1 << 18) for i in range(50)}), "honest size", SMALL)
    refused(tarred([("a", bytes(20 << 20), {})]), "honest size", SMALL)
    # A header that claims a pebibyte, and nothing behind it.
    info = tarfile.TarInfo("huge")
    info.size = 1 << 50
    (tmp_path / "huge.tar").write_bytes(info.tobuf())
    refused(tmp_path / "huge.tar", "honest size")


def test_a_tar_header_that_fills_the_memory_is_refused(tmp_path: Path) -> None:
    for kind in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE):
        info = tarfile.TarInfo("x")
        info.type = kind
        info.size = 1 << 33
        path = tmp_path / "a.tar.gz"
        path.write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096)))
        refused(path, "headers of at most|a whole archive")


def test_a_zip_whose_files_overlap_is_refused(zipped: Zipped) -> None:
    """The quine-like bomb: every entry of the directory points at the same packed bytes."""
    archive = zipped({"a0": bytes(60_000), "b0": b"1"})
    data = archive.read_bytes()
    directory, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[directory : data.index(b"PK\x01\x02", directory + 4)]
    many = b"".join(entry.replace(b"a0", b"a%c" % (48 + i)) for i in range(40))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 40, 40, len(many), directory, 0)
    archive.write_bytes(data[:directory] + many + tail)
    assert end > directory
    refused(archive, "honest size|cannot be read", SMALL)


def test_a_hundred_thousand_empty_entries_are_refused_at_once(tmp_path: Path) -> None:
    block, path = tarfile.TarInfo("0").tobuf(), tmp_path / "a.tar"
    path.write_bytes(block * 100_000 + bytes(1024))
    start = time.perf_counter()
    refused(path, "at most 100 entries", SMALL)
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0) + b"%06d" % i
        for i in range(65_000)
    )
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_000, 65_000, len(directory), 30, 0)
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + bytes(26) + directory + tail)
    refused(tmp_path / "a.zip", "at most 60000 entries")
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("wav/A.wav", "wav/a.wav"),
        ("WAV/a.wav", "wav/a.wav"),
        (unicodedata.normalize("NFC", "é.wav"), unicodedata.normalize("NFD", "é.wav")),
        ("K.wav", "\N{KELVIN SIGN}.wav"),
        ("straße", "STRASSE"),
        ("ﬁne.wav", "fine.wav"),
        ("a.wav", "./a.wav"),
    ],
)
def test_two_contents_under_one_name_are_refused(zipped: Zipped, tmp_path: Path, one: str, other: str) -> None:
    refused(zipped({one: b"1", other: b"22"}), "one content for each name")
    with pytest.raises(DataError, match="one content for each name"):
        unpack(zipped({one: b"1", other: b"2"}), tmp_path / "aside", LIMITS)
    # Archives of several corpora hold second copies of this kind; the same content does no harm.
    assert unpack(zipped({one: b"1", other: b"1"}), tmp_path / "out", LIMITS) == 1


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(zipped: Zipped) -> None:
    refused(zipped([("a", b"1"), ("a", b"22")]), "one content for each name")


def test_a_file_that_is_also_a_folder_is_refused(zipped: Zipped) -> None:
    refused(zipped({"a": b"1", "A/b": b"2"}), "different names, but got .both called 'a'")
    refused(zipped([("a/", b""), ("a", b"1")]), "different names")


def test_archives_inside_are_left_alone(zipped: Zipped, tmp_path: Path) -> None:
    inner = zipped({"../evil": b"1"}, "inner.zip").read_bytes()
    assert unpack(zipped({"inner.zip": inner}), tmp_path / "out", LIMITS) == 1
    assert tree(tmp_path / "out") == {"inner.zip": inner}


@pytest.mark.parametrize(
    ("content", "received"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
        (b"<html>", "a web page"),
        (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a git-LFS pointer"),
        (b"MZ" + bytes(2000), "something else"),
        (bytes(2048), "something else"),
        (gzip.compress(b"no tar", mtime=0), "something else"),
        (b"\x1f\x8b\x08", "cannot be read"),
        (b"BZh9", "something else|cannot be read"),
        (bz2.compress(b"x" * 600)[:-5], "cannot be read|something else"),
    ],
)
def test_what_is_no_archive_is_named(tmp_path: Path, content: bytes, received: str) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    refused(tmp_path / "a.zip", received)


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        unpack(tmp_path / "nothing.zip", tmp_path / "out", LIMITS)


def test_an_archive_of_nothing_is_refused(zipped: Zipped) -> None:
    refused(zipped({}), "none at all")
    refused(zipped({"only/": b""}), "none at all")


def test_an_archive_cut_anywhere_is_refused(zipped: Zipped, tarred: Zipped, tmp_path: Path) -> None:
    rng = random.Random(0)  # noqa: S311
    noise = rng.randbytes(3000)
    for made in (
        zipped({"a": noise, "b": noise}),
        tarred([("a", noise, {}), ("b", noise, {})], ""),
        tarred([("a", noise, {}), ("b", noise, {})]),
        tarred([("a", noise, {}), ("b", noise, {})], "xz"),
    ):
        data = made.read_bytes()
        last = data.rstrip(b"\0")
        for cut in [*range(1, len(last), 199), len(last) - 1]:
            made.write_bytes(data[:cut])
            with pytest.raises(DataError):
                unpack(made, tmp_path / f"out-{made.name}-{cut}", LIMITS)


def test_damage_anywhere_is_refused_or_harmless(zipped: Zipped, tarred: Zipped, tmp_path: Path) -> None:
    """Bytes changed at random: the only error is the one in words, and nothing appears outside."""
    rng = random.Random(1)  # noqa: S311
    (tmp_path / "home").mkdir()
    for make in (
        lambda: zipped({"a/b": b"1" * 50, "c": b"2"}),
        lambda: tarred([("a/b", b"1" * 50, {}), ("c", b"2", {})], ""),
    ):
        whole = make().read_bytes()
        for trial in range(300):
            data = bytearray(whole)
            for _ in range(rng.randint(1, 4)):
                data[rng.randrange(min(len(data), 2000))] = rng.randrange(256)
            archive = tmp_path / "home" / "fuzzed"
            archive.write_bytes(data)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(tmp_path / "home")
                with contextlib.suppress(DataError):
                    unpack(archive, tmp_path / "home" / f"{len(whole)}-{trial}", SMALL)
    outside = {path.name for path in tmp_path.iterdir()} - {"home", "a.zip", "a.tar"}
    assert not outside


def test_a_zip_that_lies_about_its_sizes_is_refused(zipped: Zipped, tmp_path: Path) -> None:
    archive = zipped({"a": b"1" * 1000})
    data = archive.read_bytes()
    directory = data.index(b"PK\x01\x02")
    for declared in (10, 5000):
        lying = bytearray(data)
        lying[directory + 24 : directory + 28] = struct.pack("<L", declared)
        archive.write_bytes(lying)
        with pytest.raises(DataError, match=r"cannot be read|as declared"):
            unpack(archive, tmp_path / f"out{declared}", LIMITS)


def test_a_method_that_nobody_knows_is_said(zipped: Zipped, tmp_path: Path) -> None:
    archive = zipped({"a": b"1" * 1000})
    data = bytearray(archive.read_bytes())
    data[8:10] = data[data.index(b"PK\x01\x02") + 10 :][:2] = struct.pack("<H", 97)
    data[data.index(b"PK\x01\x02") + 10 : data.index(b"PK\x01\x02") + 12] = struct.pack("<H", 97)
    archive.write_bytes(data)
    with pytest.raises(DataError, match="cannot be read"):
        unpack(archive, tmp_path / "out", LIMITS)


def test_it_overwrites_nothing(zipped: Zipped, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_bytes(b"mine")
    with pytest.raises(StoreError, match="exists"):
        unpack(zipped({"a": b"theirs"}), tmp_path / "out", LIMITS)
    assert (tmp_path / "out" / "a").read_bytes() == b"mine"


def test_links_that_lie_in_the_way_are_not_followed(zipped: Zipped, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "out" / "a")
    with pytest.raises(StoreError, match="exists"):
        unpack(zipped({"a": b"theirs"}), tmp_path / "out", LIMITS)
    assert not (tmp_path / "elsewhere").exists()


def test_names_in_a_code_page_of_dos_keep_their_accents(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("ColXre/01-C-1-1.wav", b"1")
    (tmp_path / "a.zip").write_bytes(stream.getvalue().replace(b"ColXre", "Colère".encode("cp850")))
    unpack(tmp_path / "a.zip", tmp_path / "out", LIMITS)
    assert tree(tmp_path / "out") == {"Colère/01-C-1-1.wav": b"1"}
