"""EMOVO, an Italian emotional speech database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import ClassVar

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar

_NAME = grammar(
    r"""(?P<emotion>dis|gio|neu|pau|rab|sor|tri) - (?P<speaker>[fm][123])
        - (?P<text>b[1-3]|l[1-4]|n[1-5]|d[12])"""
)
_EMOTIONS = {
    "dis": "disgust",  # disgusto
    "gio": "happiness",  # gioia
    "neu": "neutral",
    "pau": "fear",  # paura
    "rab": "anger",  # rabbia
    "sor": "surprise",  # sorpresa
    "tri": "sadness",  # tristezza
}


@dataclass(frozen=True, kw_only=True)
class Emovo(Corpus):
    """Six Italian actors, fourteen sentences, seven emotions, 48 kHz.

    Source: Costantini et al., LREC 2014. Ages and sentences are those that EmoBox lists.
    """

    facts: ClassVar[Facts] = Facts(
        id="emovo",
        title="EMOVO, an Italian emotional speech database",
        language="it-IT",
        licence="non-commercial research with acknowledgement (publisher's page); CC BY-NC-SA 4.0 by other accounts",
        citation=(
            "G. Costantini, I. Iaderola, A. Paoloni, M. Todisco: EMOVO Corpus: an Italian Emotional Speech Database. "
            "LREC 2014, pp. 3501-3504."
        ),
        how_to_get=(
            "Download emovo.zip by way of http://voice.fub.it/activities/corpora/emovo/index.html or from "
            "https://drive.google.com/file/d/1SUtaKeA-LYnKaD3qv87Y5wYgihJiNJAo and unpack it so that its folders are "
            "emovo/EMOVO/f1 and so on."
        ),
        benchmark=True,
        classes=dict.fromkeys(sorted(_EMOTIONS.values()), 84),
        speakers={
            "f1": Speaker(gender="female", age=28),
            "f2": Speaker(gender="female", age=23),
            "f3": Speaker(gender="female", age=25),
            "m1": Speaker(gender="male", age=30),
            "m2": Speaker(gender="male", age=27),
            "m3": Speaker(gender="male", age=30),
        },
        texts={
            "b1": "Gli operai si alzano presto.",
            "b2": "I vigili sono muniti di pistola.",
            "b3": "La cascata fa molto rumore.",
            "l1": "L'autunno prossimo Tony partirà per la Spagna: nella prima metà di ottobre.",
            "l2": "Ora prendo la felpa di là ed esco per fare una passeggiata.",
            "l3": "Un attimo dopo s'è incamminato ... ed è inciampato.",
            "l4": "Vorrei il numero telefonico del Signor Piatti.",
            "n1": "La casa forte vuole col pane.",
            "n2": "La forza trova il passo e l'aglio rosso.",
            "n3": "Il gatto sta scorrendo nella pera.",
            "n4": "Insalata pastasciutta coscia d'agnello limoncello.",
            "n5": "Uno quarantatré dieci mille cinquantasette venti.",
            "d1": "Sabato sera cosa farà?",
            "d2": "Porti con te quella cosa?",
        },
        sample_rates_hz=(48000,),
        # Most originals are stereo; which are not is not published.
        channels=(2, 1),
        formats={},
        side_folders=(),
        known_bad={},
        notes=(
            "The same fourteen sentences are spoken in every emotion; five of them are nonsense.",
            "Most files are stereo: the channels are averaged.",
        ),
    )

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `gio-f1-b2.wav`: joy, woman 1, short sentence 2."""
        name = _NAME.fullmatch(relative.stem)
        if name is None:
            return None
        return Labels(
            name=name[0].lower(),
            speaker=name["speaker"].lower(),
            emotion_native=_EMOTIONS[name["emotion"].lower()],
            text_id=name["text"].lower(),
            intensity=None,
            repetition=None,
            session=None,
        )

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 588 files in the folders of their speakers."""
        for speaker, emotion, text in product(self.facts.speakers, _EMOTIONS, self.facts.texts):
            yield PurePosixPath("EMOVO", speaker, f"{emotion}-{speaker}-{text}.wav")
