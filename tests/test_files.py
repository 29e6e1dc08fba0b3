from __future__ import annotations

import errno
import hashlib
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ser import files
from ser.errors import StoreError


def test_a_file_is_whole_or_absent(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.txt"
    files.write_text(target, "first")
    with pytest.raises(RuntimeError, match="midway"), files.written_aside(target) as aside:
        aside.write_text("sec")
        raise RuntimeError("midway")
    assert target.read_text() == "first"
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]


def test_a_folder_is_whole_or_absent_and_replaces_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "pack"
    with files.folder_written_aside(target) as aside:
        (aside / "one").write_text("1")
    with pytest.raises(RuntimeError, match="midway"), files.folder_written_aside(target) as aside:
        (aside / "two").write_text("2")
        raise RuntimeError("midway")
    assert [path.name for path in target.iterdir()] == ["one"]
    with files.folder_written_aside(target) as aside:
        (aside / "two").write_text("2")
    assert [path.name for path in target.iterdir()] == ["two"]
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


def test_a_full_disk_is_said_plainly_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with pytest.raises(StoreError, match=r"No space left on device.*Free some disk space"), files.written_aside(target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="expected to write it whole"):
        files.write_text(tmp_path / "file" / "a.txt", "x")


def test_json_comes_back_and_damage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"ä": [1, 2]})
    assert files.read_json(path) == {"ä": [1, 2]}
    path.write_text("{")
    with pytest.raises(StoreError, match=r"a\.json: expected a JSON file"):
        files.read_json(path)


def test_the_hash_of_a_file_is_sha256(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"emotion" * 1000)
    assert files.sha256_of_file(path) == hashlib.sha256(b"emotion" * 1000).hexdigest()


HOLDER = """
import sys, time
from pathlib import Path
from ser.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_freed_when_its_holder_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "thing")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    with files.locked(tmp_path / "thing"):
        pass


def test_waiting_for_a_lock_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "thing"
    with files.lock_if_free(path) as free:
        assert free
        with files.lock_if_free(path) as again:
            assert not again
    taken, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with files.locked(path):
            taken.set()
            enough.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(10)
    threading.Timer(0.2, enough.set).start()
    with caplog.at_level(logging.INFO), files.locked(path):
        assert "waiting for it to end" in caplog.text
    holder.join(10)
