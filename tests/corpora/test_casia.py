from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ser.corpora.casia import Casia

CASIA = Casia(folder=None)


@pytest.mark.parametrize(
    "path",
    [
        "ZhaoZuoxiang/angry/201.wav",
        "CASIA/zhaozuoxiang/Angry/201.wav",
        "angry/201-angry-ZhaoZuoxiang.wav",
        "ZhaoZuoxiang_201_angry.wav",
        "zhaozuoxiang_angry_201.wav",
        "CASIA情感语料库/相同文本300/ZhaoZuoxiang/angry/201.wav",
    ],
)
def test_every_spelling_is_one_utterance(path: str) -> None:
    labels = CASIA.parse(PurePosixPath(path))
    assert labels is not None
    assert (labels.name, labels.speaker, labels.emotion_native) == ("zhaozuoxiang-anger-201", "zhaozuoxiang", "anger")
    assert labels.text_id == "201"


def test_texts_of_ones_own_are_told_from_common_ones_of_the_same_number() -> None:
    own = CASIA.parse(PurePosixPath("不同文本100/Chang.Liu/normal/201.wav"))
    common = CASIA.parse(PurePosixPath("相同文本300/liuchanhg/neutral/201.wav"))
    assert own is not None
    assert common is not None
    assert (own.speaker, own.emotion_native) == (common.speaker, common.emotion_native) == ("liuchanhg", "neutral")
    assert own.name != common.name
    assert own.text_id != common.text_id


@pytest.mark.parametrize("path", ["wangzhe/fear/301.wav", "wangzhe/fear/000.wav", "000-fear-wangzhe.wav"])
def test_texts_that_nobody_shares_are_refused(path: str) -> None:
    assert CASIA.parse(PurePosixPath(path)) is None
    assert "001 to 300" in CASIA.objection(PurePosixPath(path))


def test_texts_of_ones_own_may_have_any_number_but_none() -> None:
    assert CASIA.parse(PurePosixPath("Zhe.Wang/fear/400.wav")) is not None
    assert CASIA.parse(PurePosixPath("Zhe.Wang/fear/000.wav")) is None


@pytest.mark.parametrize(
    "path", ["201.wav", "angry/201.wav", "liuchanhg/201.wav", "liuchanhg/bored/201.wav", "liu/angry/201.wav"]
)
def test_files_without_speaker_or_emotion_are_refused(path: str) -> None:
    assert CASIA.parse(PurePosixPath(path)) is None
