"""The page as Streamlit shows it: anew from top to bottom at every change, with what the widgets hold by then."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from ser.errors import SerError
from ser.serving.answer import Answer
from ser.serving.web import markup
from ser.serving.web.heard import Heard
from ser.serving.web.markup import plain
from ser.serving.web.site import Choice, Site

log = logging.getLogger(__name__)
_HERE = Path(__file__).parent
_PLAYER = st.components.v2.component(
    "ser_player",
    html='<div class="answer"></div>',
    css=(_HERE / "player.css").read_text(encoding="utf-8"),
    js=(_HERE / "player.js").read_text(encoding="utf-8"),
)
FILE, MICROPHONE, EXAMPLE = "A file", "The microphone", "An example"
_MICROPHONE_HZ = 48_000


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What was given.

    Attributes:
        name: to call it by.
        content: its bytes, in memory; they go when the visitor goes or gives another.
        media_type: for the player.
    """

    name: str
    content: BinaryIO
    media_type: str


def show(site: Site) -> None:
    """Build the page."""
    st.set_page_config(page_title="Emotion in speech", layout="centered", initial_sidebar_state="collapsed")
    st.html(_HERE / "page.css")
    st.title("Emotion in speech", anchor=False)
    st.markdown(
        "Which acted emotion a voice resembles most, as a trained model hears it. For research, **not for decisions "
        "about people**. Recordings are neither kept nor sent anywhere else."
    )
    if "choices" not in st.session_state:
        st.session_state.choices = site.choices()
    choices = st.session_state.choices
    if not choices:
        st.info("There is no model yet. Train one (`ser train`), then load this page again.")
        return
    choice = _model(choices)
    recording = _recording(site)
    if recording is not None:
        _answer(site, choice, recording)


def _model(choices: Sequence[Choice]) -> Choice:
    """Let a model be picked, and say how good it is and under which conditions."""
    places = range(len(choices))
    choice = choices[st.selectbox("Model", places, format_func=lambda place: choices[place].title, key="model")]
    facts = choice.facts
    st.markdown(f"**{plain(facts.score.words)}.**")
    for caution in facts.cautions:
        st.warning(plain(caution))
    st.caption(f"Measured by {plain(facts.protocol)}.")
    if choice.places:
        st.caption(f"In the model registry: {plain(', '.join(choice.places))}.")
    with st.expander("Model card"), st.container(key="card"):
        # Its title is the model's name, which is shown already; its headings are large beside the page's letters.
        st.markdown(re.sub(r"^## ", "#### ", re.sub(r"\A# .*\n", "", facts.card), flags=re.MULTILINE))
    return choice


def _recording(site: Site) -> Recording | None:
    """Let a recording be dropped, made or chosen."""
    origin = st.radio("Recording", [FILE, MICROPHONE, EXAMPLE], horizontal=True, key="origin")
    if origin == EXAMPLE:
        title = st.selectbox("Example, spoken by the embedded voice", list(site.examples), key="example")
        return Recording(name=title, content=io.BytesIO(site.examples[title]()), media_type="audio/wav")
    if origin == MICROPHONE:
        made = st.audio_input("Record your voice", sample_rate=_MICROPHONE_HZ, key="microphone")
        return Recording(name="your recording", content=made, media_type="audio/wav") if made else None
    megabytes = site.largest_bytes // 1_000_000
    given = st.file_uploader(f"WAV, MP3, FLAC, OGG or M4A, up to {megabytes} MB", max_upload_size=megabytes, key="file")
    return Recording(name=given.name, content=given, media_type=given.type or "audio/wav") if given else None


def _answer(site: Site, choice: Choice, recording: Recording) -> None:
    """Ask the model, and show what it says."""
    language = st.selectbox(
        "Language spoken",
        choice.facts.learned.languages,
        index=None,
        placeholder="Not said (choose, or type a code such as fr)",
        accept_new_options=True,
        key="language",
    )
    heard = Heard()
    # What stood here, of another recording or model, goes at once.
    place = st.empty()
    try:
        with place, st.spinner("Listening", show_time=True):
            predictor = site.predictor(choice.key, language)
            answer = predictor.answer(recording.content, name=recording.name, on_block=heard.add)
    except SerError as error:
        st.error(plain(str(error)))
        return
    except Exception:
        log.exception("a recording could not be answered")
        st.error("Something went wrong here, and not with your recording. The log of the page tells more.")
        return
    with place.container():
        _show(answer, heard, choice.facts.classes, recording)


def _show(answer: Answer, heard: Heard, classes: list[str], recording: Recording) -> None:
    # The class that this key gives the container is how the component below finds the player.
    with st.container(key="player"):
        recording.content.seek(0)
        st.audio(recording.content.read(), format=recording.media_type)
    html = markup.bars(answer) + markup.timeline(answer, heard, classes) + markup.file_facts(answer, heard)
    data = {"html": html, "moments": markup.moments(answer), "duration": answer.duration_s}
    _PLAYER(key="timeline", data=data)
    if answer.warnings:
        st.warning("\n".join(f"- {plain(sentence)}" for sentence in answer.warnings))
