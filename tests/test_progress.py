from __future__ import annotations

import io

import pytest

from ser.progress import track


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_items_pass_and_a_log_stays_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(iter("abc"), total=None, what="spelling")) == ["a", "b", "c"]
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_terminal_sees_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert sum(track([1, 2, 3], total=3, what="adding")) == 6
    assert "adding" in terminal.getvalue()
