"""EmoDB, the Berlin Database of Emotional Speech, first edition (535 utterances)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from ser.corpora.base import Corpus, Facts, Labels, Speaker

_NAME = re.compile(
    r"(?P<speaker>03|08|09|1[0-6])(?P<text>a0[12457]|b0[1239]|b10)(?P<emotion>[WLEAFTN])(?P<version>[a-f])",
    re.IGNORECASE,
)
_EMOTIONS = {
    "W": "anger",  # Wut
    "L": "boredom",  # Langeweile
    "E": "disgust",  # Ekel
    "A": "fear",  # Angst
    "F": "happiness",  # Freude
    "T": "sadness",  # Trauer
    "N": "neutral",
}


@dataclass(frozen=True, kw_only=True)
class EmoDB(Corpus):
    """Ten German actors, ten sentences, seven emotions, 16 kHz, recorded in an anechoic chamber.

    Source: Burkhardt et al., "A database of German emotional speech", Interspeech 2005. Speakers' genders and ages
    follow the publisher's page; gender does not follow the parity of the speaker's number.
    """

    facts: ClassVar[Facts] = Facts(
        id="emodb",
        title="EmoDB, the Berlin Database of Emotional Speech",
        language="de-DE",
        licence="none on the publisher's page; republished as CC0-1.0 (audb) and as CC BY 4.0 (Zenodo, second edition)",
        citation=(
            "F. Burkhardt, A. Paeschke, M. Rolfes, W. F. Sendlmeier, B. Weiss: A database of German emotional speech. "
            "Interspeech 2005, pp. 1517-1520."
        ),
        how_to_get=(
            "Download http://emodb.bilderbar.info/download/download.zip and unpack it so that its wav folder is "
            "emodb/wav."
        ),
        benchmark=True,
        classes={
            "anger": 127,
            "boredom": 81,
            "disgust": 46,
            "fear": 69,
            "happiness": 71,
            "neutral": 79,
            "sadness": 62,
        },
        speakers={
            "03": Speaker(gender="male", age=31),
            "08": Speaker(gender="female", age=34),
            "09": Speaker(gender="female", age=21),
            "10": Speaker(gender="male", age=32),
            "11": Speaker(gender="male", age=26),
            "12": Speaker(gender="male", age=30),
            "13": Speaker(gender="female", age=32),
            "14": Speaker(gender="female", age=35),
            "15": Speaker(gender="male", age=25),
            "16": Speaker(gender="female", age=31),
        },
        texts={
            "a01": "Der Lappen liegt auf dem Eisschrank.",
            "a02": "Das will sie am Mittwoch abgeben.",
            "a04": "Heute abend könnte ich es ihm sagen.",
            "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
            "a07": "In sieben Stunden wird es soweit sein.",
            "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen.",
            "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
            "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
            "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
            "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
        },
        sample_rates_hz=(16000,),
        # The second edition's laryngograms carry the same file names as the speech.
        side_folders=("laryngo", "silb", "labsilb", "lablaut"),
        known_bad={},
        notes=(
            "Speaker 08 has no disgust: with that speaker held out, the recall of disgust is undefined.",
            "The same ten sentences are spoken in every emotion, so training and test share text in any split by "
            "speaker.",
            "The published set keeps what at least 80 % of the listeners recognised. The second edition adds 281 "
            "ambiguous files (816 in all) under the same grammar.",
        ),
    )

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `03a01Fa.wav`: speaker 03, text a01, Freude, version a."""
        name = _NAME.fullmatch(relative.stem)
        if name is None:
            return None
        return Labels(
            speaker=name["speaker"],
            emotion_native=_EMOTIONS[name["emotion"].upper()],
            text_id=name["text"].lower(),
            intensity=None,
            repetition=name["version"].lower(),
            session=None,
        )
