from __future__ import annotations

import io
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asked import Ear, facts, predictor, tone, written
from ser.serving.predictor import level_db


def test_a_short_recording_is_heard_whole_as_it_is(tmp_path: Path) -> None:
    ear = Ear()
    file = written(tmp_path / "clip.wav", tone(400, 3.0))

    answer = predictor(ear).answer(file, name="clip.wav")

    assert [(len(samples), rate) for samples, rate in ear.heard] == [(48_000, 16_000)]
    assert np.array_equal(ear.heard[0][0], tone(400, 3.0))
    assert (answer.source, answer.emotion, answer.duration_s, answer.container) == ("clip.wav", "low", 3.0, "WAV")
    assert [(span.start_s, span.end_s) for span in answer.spans] == [(0.0, 3.0)]
    assert answer.warnings == []


def test_of_a_short_recording_the_part_of_the_training_is_heard(tmp_path: Path) -> None:
    ear = Ear()
    ear.offset_s, ear.duration_s = 0.5, 1.5
    samples = tone(400, 3.0)

    predictor(ear).answer(written(tmp_path / "clip.wav", samples), name="clip.wav")
    predictor(ear).answer(written(tmp_path / "tiny.wav", samples[:4000]), name="tiny.wav")

    assert np.array_equal(ear.heard[0][0], samples[8000:32_000])
    assert len(ear.heard[1][0]) == 4000  # it ends before that part begins


def test_a_long_recording_shows_its_turns_and_its_silence(tmp_path: Path) -> None:
    silence = np.full(32_000, 0.25, np.float32)  # a constant offset is silence too
    parts = [tone(400, 4), tone(3000, 4), silence, tone(400, 4)]
    told: list[float] = []

    answer = predictor(Ear()).answer(
        written(tmp_path / "call.wav", np.concatenate(parts)),
        name="call",
        on_span=lambda span: told.append(span.start_s),
    )

    heard = {span.start_s: span.emotion for span in answer.spans}
    assert told == list(heard)
    assert [heard[second] for second in (0.0, 2.5, 4.0, 6.5, 8.0, 9.0, 10.0, 12.5)] == [
        *("low", "low", "high", "high", None, None, "low", "low"),
    ]
    assert any("Silence in 3 of" in warning for warning in answer.warnings)
    loud = [span.probabilities for span in answer.spans if span.probabilities]
    assert answer.probabilities == pytest.approx(
        {name: float(np.mean([row[name] for row in loud])) for name in ("low", "high")}
    )


def test_silence_has_no_emotion() -> None:
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros(16_000, np.float32), 16_000, format="WAV")
    stream.seek(0)

    answer = predictor(Ear()).answer(stream, name="an upload")

    assert (answer.emotion, answer.probabilities, answer.spans[0].emotion) == (None, None, None)
    assert answer.warnings == ["Silence throughout (below -60 dB of full scale): nothing was classified."]


def test_nothing_is_heard_above_the_rate_of_the_training(tmp_path: Path) -> None:
    ear = Ear()
    both = tone(400, 2, 48_000, 0.3) + tone(15_000, 2, 48_000, 0.3)

    answer = predictor(ear).answer(written(tmp_path / "studio.wav", both, 48_000), name="studio")

    samples, rate = ear.heard[0]
    assert rate == 16_000
    assert answer.sample_rate_hz == 48_000
    inner = samples[1600:-1600]
    assert np.abs(inner - tone(400, 2, 16_000, 0.3)[1600:-1600]).max() < 1e-3


def test_windows_begin_and_end_without_a_click(tmp_path: Path) -> None:
    ear = Ear()
    file = written(tmp_path / "long.wav", tone(400, 6, peak=1.0)[37:])

    predictor(ear).answer(file, name="long")

    spectra = [np.abs(np.fft.rfft(np.pad(samples, 4000))) for samples, _ in ear.heard[:-1]]
    cut = np.abs(np.fft.rfft(np.pad(tone(400, 1, peak=1.0)[137:15_999], 4000)))
    # Above 4 kHz there is nothing but the click of the cut.
    assert max(spectrum[len(spectrum) // 2 :].max() for spectrum in spectra) < cut[len(cut) // 2 :].max() / 100


@pytest.mark.parametrize(
    ("samples", "rate_hz", "language", "said"),
    [
        (tone(400, 2, 8000), 8000, "de", "Sampling rate 8000 Hz: the model learned from 16000 Hz"),
        (tone(400, 2), 16_000, None, "Language unknown: the model learned from de alone."),
        (tone(400, 2), 16_000, "fr", "Language fr: the model learned from de alone."),
        (tone(400, 2, 8000), 8000, "DE_de", "Sampling rate 8000 Hz"),
        (tone(400, 0.4), 16_000, "de-AT", "Short: 0.40 s; the shortest utterance of the training has 1.00 s."),
        (np.clip(tone(400, 2, peak=3.0), -1, 1), 16_000, "de", "Clipping: "),
    ],
)
def test_what_is_unlike_the_training_is_said(
    tmp_path: Path, samples: np.ndarray, rate_hz: int, language: str | None, said: str
) -> None:
    asked = replace(predictor(Ear()), language=language)

    answer = asked.answer(written(tmp_path / "clip.wav", samples, rate_hz), name="clip")

    (warning,) = answer.warnings
    assert warning.startswith(said)


def test_features_far_from_the_training_are_counted(tmp_path: Path) -> None:
    class Doubtful(Ear):
        def strangeness(self, clip: np.ndarray) -> float:
            return 0.5 if clip[0, 0] > 1000 else 0.05

    file = written(tmp_path / "call.wav", np.concatenate([tone(400, 4), tone(3000, 2)]))

    answer = predictor(Doubtful(), hop_s=1.0).answer(file, name="call")

    assert [span.strangeness for span in answer.spans] == [0.05] * 4 + [0.5] * 2
    assert answer.warnings == [
        "Unlike the training in 2 of 6 windows: more than 10% of the features lie far outside its range."
    ]


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    class Forgetful(Ear):
        def represent(self, samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
            found = super().represent(samples, sample_rate_hz)
            self.heard.clear()
            return found

    def most(seconds: int) -> int:
        file = written(tmp_path / f"{seconds}.wav", np.tile(tone(400, 10), seconds // 10))
        tracemalloc.start()
        predictor(Forgetful(facts())).answer(file, name="long")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(400) < most(100) + 500_000  # 300 s more are 19 MB of samples


def test_level_is_of_the_sound_not_of_its_offset() -> None:
    samples = tone(400, 1, peak=1.0)

    assert level_db(samples) == pytest.approx(-3.01, abs=0.01)
    assert level_db(samples + 0.5) == pytest.approx(-3.01, abs=0.01)
    assert level_db(np.full(100, 0.5, np.float32)) == -200


def test_a_model_that_knows_no_language_says_so(tmp_path: Path) -> None:
    told = facts(learned=replace(facts().learned, languages=[]))

    answer = replace(predictor(Ear(told)), language=None).answer(
        written(tmp_path / "clip.wav", tone(400, 2)), name="clip"
    )

    assert answer.warnings == ["Language unknown: the model learned from languages that are not known alone."]


def test_a_window_at_the_end_of_a_turn_is_heard_without_the_silence_after_it(tmp_path: Path) -> None:
    ear = Ear()
    call = np.concatenate([tone(400, 4.5), np.zeros(48_000, np.float32), tone(3000, 4.5)])

    answer = predictor(ear, hop_s=1.0).answer(written(tmp_path / "call.wav", call), name="call")

    at = {span.start_s: (span.emotion, span.level_db) for span in answer.spans}
    assert at[4.0][0] == "low"
    assert at[5.0] == (None, -200)
    assert at[7.0][0] == "high"
    assert sorted(len(samples) for samples, _ in ear.heard)[:2] == [8000, 8000]
