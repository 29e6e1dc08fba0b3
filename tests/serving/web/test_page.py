from __future__ import annotations

import sys

import pytest
from streamlit.testing.v1 import AppTest

import paged
from ser.serving.web.page import EXAMPLE, MICROPHONE


def _script() -> None:
    import paged
    from ser.serving.web import page

    page.show(paged.site())


@pytest.fixture(autouse=True)
def _main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit puts its script in the place of the main module, which processes started later would run again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(_script, default_timeout=60).run()


def _said(elements: object) -> str:
    return "\n".join(element.value.replace("\\", "") for element in elements)  # type: ignore[attr-defined]


def test_a_model_is_shown_with_its_score_its_protocol_and_its_card(app: AppTest) -> None:
    assert not app.exception
    assert app.selectbox(key="model").options[0] == "tones meter: UAR 0.613, registered (0123456789ab)"
    assert paged.FACTS.score.words in _said(app.markdown)
    assert paged.FACTS.protocol in _said(app.caption)
    assert "tones-three@speaker_kfold" in _said(app.caption)
    assert "None known." in _said(app.expander[0].markdown)
    assert "not for decisions about people" in _said(app.markdown)
    assert not app.warning


def test_a_score_that_leaks_is_not_shown_without_saying_so(app: AppTest) -> None:
    app.selectbox(key="model").select_index(1).run()
    assert paged.CAUTION in _said(app.warning)


def test_a_file_is_answered_and_its_warnings_are_shown(app: AppTest) -> None:
    app.file_uploader(key="file").upload("tone.wav", paged.tone((2.0, 0.9)), "audio/wav").run()
    assert not app.error
    assert "Language unknown: the model learned from de-DE alone." in _said(app.warning)
    app.selectbox(key="language").select("de-DE").run()
    assert "Language" not in _said(app.warning)


def test_an_example_is_answered(app: AppTest) -> None:
    app.radio(key="origin").set_value(EXAMPLE).run()
    assert app.selectbox(key="example").options == ["a loud tone", "a faint tone"]
    assert not app.error
    assert "Language unknown" in _said(app.warning)


def test_the_microphone_waits_for_a_recording(app: AppTest) -> None:
    app.radio(key="origin").set_value(MICROPHONE).run()
    assert not app.error
    assert not app.exception


def test_a_wrong_file_is_told_in_words_and_not_as_markdown(app: AppTest) -> None:
    app.file_uploader(key="file").upload("![x](http://a).wav", b"This is a letter.", "audio/wav").run()
    (error,) = app.error
    assert r"\!\[x\]\(http\:\/\/a\)" in error.value
    assert "expected" in error.value
    assert "Traceback" not in error.value
    assert not app.exception


def test_a_model_that_cannot_be_loaded_is_told(app: AppTest) -> None:
    app.radio(key="origin").set_value(EXAMPLE).run()
    app.selectbox(key="model").select_index(2).run()
    assert r"runs\/\*x\*\: expected a model" in app.error[0].value


def test_a_fault_of_ours_is_logged_and_tells_nothing_of_the_machine(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("/home/somebody/secret")

    monkeypatch.setattr(paged.Meter, "classify", break_down)
    app.radio(key="origin").set_value(EXAMPLE).run()
    assert "secret" not in _said(app.error)
    assert not app.exception
    assert "/home/somebody/secret" in caplog.text


def test_a_page_without_models_says_how_to_come_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paged, "CHOICES", [])
    app = AppTest.from_function(_script, default_timeout=60).run()
    assert "ser train" in app.info[0].value
    assert not app.exception
