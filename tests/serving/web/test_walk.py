"""The page as a visitor uses it: in Chromium, by mouse, by keyboard, with a microphone, on a phone."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import paged

playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
PLAYER = ".st-key-player audio"
SERVE = (
    "import paged; from ser.serving.web import server; server.serve(paged.site(), host='127.0.0.1', port=0, names=[])"
)
PATIENCE_MS = 60_000


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-c", SERVE]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(paged.__file__).parent), *filter(None, sys.path)]),
    }
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            address = re.fullmatch(r"Page: (http://127\.0\.0\.1:\d+)  \(Ctrl-C stops it\)\n", line)
            assert address is not None, line + process.stderr.read()
            yield address[1]
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One page in one browser for all tests; what it asked for and complained of is looked at in the end."""
    options = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with (
        _served(tmp_path_factory.mktemp("served")) as address,
        playwright.sync_playwright() as driver,
        contextlib.closing(
            driver.chromium.launch(executable_path=CHROMIUM, args=[*options, "--mute-audio"])
        ) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        for attempt in range(50):
            with contextlib.suppress(playwright.Error):
                page.goto(address)
                break
            assert attempt < 49
            page.wait_for_timeout(200)
        page.address = address
        page.locator("input[type=file]").wait_for(state="attached")
        yield page


def _upload(page: Any, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "audio/x", "buffer": content})


def _origin(page: Any, name: str) -> None:
    page.get_by_text(name, exact=True).click()


def _plays_from(page: Any) -> float:
    return float(page.locator(PLAYER).evaluate("sound => sound.currentTime"))


@pytest.mark.parametrize(("form", "name"), [("WAV", "loud.wav"), ("MP3", "loud.mp3")])
def test_a_file_is_answered(visit: Any, form: str, name: str) -> None:
    _upload(visit, name, paged.tone((2.0, 0.9), form=form))
    visit.locator("dd", has_text=re.compile(f"^{form}$")).wait_for()
    assert re.match("Sounds most like angry, 8[01]%", visit.locator(".headline").inner_text())
    visit.wait_for_function(f"document.querySelector('{PLAYER}').duration > 1.9")
    assert visit.locator(".unplayable").is_hidden()


def test_a_wrong_file_is_told_and_the_next_one_is_answered(visit: Any) -> None:
    _upload(visit, "letter.wav", b"Dear Sir or Madam")
    alert = visit.get_by_role("alert").filter(has_text="letter.wav")
    alert.wait_for()
    assert "expected" in alert.inner_text()
    assert "Traceback" not in visit.content()
    visit.locator(PLAYER).wait_for(state="detached")
    _upload(visit, "turns.wav", paged.tone((4.0, 0.9), (4.0, 0.05)))
    visit.locator(".timeline").wait_for()
    visit.wait_for_function(f"document.querySelector('{PLAYER}').duration == 8")


def test_keys_alone_seek_and_play_and_the_cursor_follows(visit: Any) -> None:
    visit.locator(PLAYER).focus()
    slider = visit.get_by_role("slider", name="Position in the recording")
    # From the player on, the timeline is reached by the tabulator.
    for _ in range(8):
        visit.keyboard.press("Tab")
        if slider.evaluate("slider => slider.getRootNode().activeElement === slider"):
            break
    visit.keyboard.press("End")
    assert _plays_from(visit) == pytest.approx(7.99, abs=0.02)
    assert "sad" in slider.get_attribute("aria-valuetext")
    visit.keyboard.press("Home")
    assert _plays_from(visit) == 0
    visit.keyboard.press("ArrowRight")
    # Windows of a second, every half: the second one speaks from 0.75 s on.
    assert _plays_from(visit) == pytest.approx(0.75, abs=0.01)
    assert slider.get_attribute("aria-valuetext").startswith("0:00.5 to 0:01.5: angry")
    visit.keyboard.press(" ")
    visit.wait_for_function(f"document.querySelector('{PLAYER}').currentTime > 1.1")
    left = float(visit.locator(".cursor").evaluate("cursor => parseFloat(cursor.style.left)"))
    assert 100 * 1.05 / 8 < left <= 100 * _plays_from(visit) / 8 + 1
    visit.keyboard.press(" ")
    assert visit.locator(PLAYER).evaluate("sound => sound.paused")


def test_a_click_seeks(visit: Any) -> None:
    plot = visit.locator(".plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    visit.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 20)
    assert _plays_from(visit) == pytest.approx(6, abs=0.1)
    assert "sad" in visit.locator(".now").inner_text()


def test_nothing_scrolls_sideways_on_a_phone(visit: Any) -> None:
    visit.set_viewport_size({"width": 390, "height": 844})
    visit.get_by_text("Model card").click()
    visit.get_by_text("a wide column 11").wait_for(state="attached")
    visit.wait_for_timeout(300)
    card = visit.locator(".st-key-card")
    assert card.evaluate("card => card.scrollWidth > card.clientWidth && card.getBoundingClientRect().right <= 390")
    visit.get_by_text("Model card").click()
    for place in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
        assert visit.evaluate(f"{place}.scrollWidth") == 390
    right = visit.locator(".timeline").evaluate("timeline => timeline.getBoundingClientRect().right")
    assert right <= 390
    visit.set_viewport_size({"width": 1280, "height": 900})


def test_the_page_is_dark_where_the_visitors_system_is(visit: Any) -> None:
    ground = "[...getComputedStyle(document.querySelector('.stApp')).backgroundColor.matchAll(/[0-9]+/g)].map(Number)"
    assert min(visit.evaluate(ground)[:3]) > 200
    visit.emulate_media(color_scheme="dark")
    visit.wait_for_function(f"Math.max(...{ground}.slice(0, 3)) < 60")
    ink = visit.locator(".now").evaluate("words => getComputedStyle(words).color")
    assert min(map(int, re.findall(r"\d+", ink)[:3])) > 200
    visit.emulate_media(color_scheme="light")


def test_the_microphone_is_answered(visit: Any) -> None:
    _origin(visit, "The microphone")
    visit.get_by_role("button", name="Record", exact=True).click()
    visit.wait_for_timeout(1500)
    visit.get_by_role("button", name="Stop recording").click()
    visit.locator(".timeline").wait_for()
    assert "48,000 Hz" in visit.locator(".facts").inner_text()


def test_an_example_is_answered_and_another_model_asked(visit: Any) -> None:
    _origin(visit, "An example")
    visit.locator("dd", has_text="2.00 s").wait_for()
    model = visit.get_by_label("Model", exact=True)
    model.click()
    visit.get_by_text("leaking meter").click()
    visit.get_by_role("alert").filter(has_text="NOT speaker-independent").wait_for()


def test_the_page_asked_nobody_else_and_complained_of_nothing(visit: Any) -> None:
    assert [url for url in visit.asked if not url.startswith((visit.address, "data:", "blob:"))] == []
    assert visit.complaints == []
