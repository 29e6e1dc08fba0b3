from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from ser.audio.decode import AudioFacts
from ser.corpora.oddities import oddities

PLAIN = AudioFacts(
    sample_rate_hz=16000,
    channels=1,
    frames=16000,
    duration_s=1.0,
    peak=0.5,
    rms=0.1,
    container="WAV",
    chunks="",
    pcm_sha256="0",
)


def test_files_that_are_all_alike_are_not_odd() -> None:
    assert oddities({PurePosixPath(f"{index}.WAV"): PLAIN for index in range(3)}) == []


def test_each_difference_is_named_with_its_files() -> None:
    found = {PurePosixPath("wav", f"{index}.wav"): PLAIN for index in range(6)}
    found |= {
        PurePosixPath("a/stereo.wav"): replace(PLAIN, channels=2),
        PurePosixPath("fast.wav"): replace(PLAIN, sample_rate_hz=96000),
        PurePosixPath("mac.wav"): replace(PLAIN, container="AIFF"),
        PurePosixPath("mac.aif"): replace(PLAIN, container="AIFF"),
        PurePosixPath("new.x"): replace(PLAIN, container="CAF"),
        PurePosixPath("quiet.wav"): replace(PLAIN, rms=0.003),
        **{PurePosixPath(f"list{index}.wav"): replace(PLAIN, chunks="LIST bext") for index in range(4)},
    }
    assert oddities(found) == [
        "Files 16000 Hz, 2 channels where most are 16000 Hz, 1 channel: 1 (stereo.wav).",
        "Files 96000 Hz, 1 channel where most are 16000 Hz, 1 channel: 1 (fast.wav).",
        "Files AIFF by content, whatever the suffix says: 1 (mac.wav).",
        "Files with the chunks LIST bext: 4 (list0.wav, list1.wav, list2.wav, ...).",
        "Files very quiet, below -50 dB of full scale: 1 (quiet.wav).",
    ]
