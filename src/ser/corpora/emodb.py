"""EmoDB, the Berlin Database of Emotional Speech."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import PurePosixPath

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.grammar import grammar

_NAME = grammar(
    # Sources of the second edition write xx at the end.
    r"(?P<speaker>03|08|09|1[0-6])(?P<text>a0[12457]|b0[1239]|b10)(?P<emotion>[WLEAFTN])(?P<version>[a-f])(?:xx)?"
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
_ADDED = 281
# The 535 names of the first edition: by speaker and text, what is spoken in which versions.
_SELECTED = """
03 a01:Fa,Nc,Wa a02:Fc,Nc,Ta,Wb,Wc a04:Ad,Fd,Lc,Nc,Ta,Wc a05:Aa,Fc,Nd,Tc,Wa,Wb a07:Fa,Fb,La,Nc,Wc
   b01:Fa,Lb,Nb,Td,Wa,Wc b02:Aa,La,Na,Tb,Wb b03:Nb,Tc,Wc b09:La,Nc,Tc,Wa b10:Ab,Ec,Na,Nc,Wb,Wc
08 a01:Ab,Fd,Lc,Na,Wa,Wc a02:Ab,Ac,Fe,La,Na,Tb,Wc a04:Ff,La,Nc,Tb,Wc a05:Fe,Lc,Nb,Ta,Wa a07:Fd,La,Na,Ta,Tb,Wc
   b01:Aa,Fd,Fe,Lb,Na,Wa b02:Ff,La,Nb,Tc,Wd b03:Fe,Lc,Nb,Tc,Wd b09:Ab,Fd,Lc,Nb,Tb,Wa,Wc b10:Aa,Fd,La,Nc,Tc,Wa
09 a01:Ea,Fa,Nb,Wb a02:Ea,Eb,La,Wb a04:Fd,La,Nb,Wa a05:Ed,Lc,Nb,Tb,Wb,Wc a07:Eb,Na,Ta,Wb,Wd b01:Ea,Na,Wb
   b02:Na,Tb,Wc,Wd b03:Ed,Fa,Fd,Lb,Nb,Ta,Wb b09:Ea,Nd,Wa b10:Aa,Nd,Wa
10 a01:Ac,Nb,Wa a02:Ab,Fa,Lb,Na,Wa a04:Fd,Nb,Wa,Wb a05:Aa,Ld,Tb,Wb a07:Aa,Ad,La,Ta,Wb b01:Aa,Ea,Fa,Lb b02:Aa,La,Na,Wb
   b03:La,Tb,Wb b09:Ad,Lb,Wb b10:Fc,Lc,Wa
11 a01:Aa,Ab,Ld,Nd,Wc a02:Ec,Fb,Ld,Nc,Tc,Wc a04:Ac,Fd,Nd,Wc a05:Ad,Fb,Fc,Lc,Na,Td,Wd a07:Ac,Ld,Ta,Wc
   b01:Ab,Eb,Fc,Lb,Nc,Wd b02:Ab,Fd,Na,Td,Wb b03:Fc,Lc,Nb,Td,Wa,Wb b09:Ad,Fd,Ld,Na,Td,Wa b10:Ad,Ae,Ld,Nc,Td,Wa
12 a01:Fb,Lb,Nb,Wc a02:Ac,Ec,Nb,Wa,Wc a04:Wc a05:Ab,Lb,Nd,Ta,Wb a07:Ac,La,Wa b01:Ta,Wa b02:Ad,Ea,Fb,Na,Wa,Wb,Wd
   b03:La,Ta b09:Ac,Td,Wc b10:Ac,Ld,Wa
13 a01:Ac,Ea,Ec,Fd,Lb,Nb,Wb a02:Ad,Ec,Fa,Lc,Nc,Ta,Wa a04:Ac,Fc,Lb,Ta,Wc a05:Aa,Ea,Lc,Nb,Tc,Wa,Wc a07:Fd,Lb,Na,Tc,Wb
   b01:Ab,Ec,Fc,Ld,Nc,Wa b02:Fb,Lc,Nb,Wa b03:Ac,Ed,Fd,Lb,Na,Td,Wc b09:Ab,Ec,Fb,Fc,La,Na,Wa b10:Ec,Fa,La,Nc,Wa,Wc
14 a01:Aa,Ac,Ea,Na,Wa,Wc a02:Ab,Ea,Fd,La,Nc,Tb,Wa,Wc a04:Aa,Ed,Lb,Tb,Tc,Wb,Wc a05:Aa,Ac,Fa,Fb,Lb,Na,Ta,Tc,Wa,Wb
   a07:Aa,Eb,Fd,Lc,Ld,Na,Tc,Wc b01:Ac,Eb,Fa,Fc,Na,Wc b02:Aa,Fb,Na,Tc,Wb,Wd b03:Ad,Ed,Lb,Ta,Wb b09:Ac,Ea,Fc,Lb,Td,Wa,Wc
   b10:Ad,Eb,Lb,Nb,Tc,Wc
15 a01:Ea,Fb,La,Nb,Wa a02:Ac,Ea,La,Na,Ta,Wb,Wd a04:Ab,Ac,Fd,Nc,Wa,Wb a05:Eb,Fb,Lb,Na,Wa a07:Ac,Eb,Fa,Fb,Ld,Nc
   b01:Ec,Lb,Na,Wc b02:Aa,Lb,Nd,Tc,Wa,Wc b03:Aa,Lc,Nb,Tc,Wa,Wb b09:Ac,Fa,La,Nb,Ta,Wb b10:Ac,Lc,Nb,Nc,Wa
16 a01:Ec,Fc,Lb,Nc,Tb,Wb a02:Ea,Ec,Lb,Nb,Tc,Wb a04:Ab,Ea,Fa,La,Lc,Nc,Tc,Wb,Wc a05:Ab,Ea,Fc,La,Tb,Wb,Wc
   a07:Ea,Fa,Fb,La,Lb,Nb,Td,Wa b01:Aa,Eb,Fa,La,Lc,Tb,Wa,Wb b02:Aa,Eb,Fd,Lb,Wb b03:Ad,Ea,Fa,Fd,La,Nb,Ta,Wb
   b09:Ab,Eb,Fb,La,Lb,Wb b10:Aa,Eb,Fb,Lb,Tb,Td,Wa,Wb
"""
_FIRST = Facts(
    id="emodb",
    title="EmoDB, the Berlin Database of Emotional Speech",
    language="de-DE",
    licence="none on the publisher's page; republished as CC0-1.0 (audb) and as CC BY 4.0 (Zenodo, second edition)",
    citation=(
        "F. Burkhardt, A. Paeschke, M. Rolfes, W. F. Sendlmeier, B. Weiss: A database of German emotional speech. "
        "Interspeech 2005, pp. 1517-1520."
    ),
    how_to_get=(
        "Download http://emodb.bilderbar.info/download/download.zip and unpack it so that its wav folder is emodb/wav."
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
    channels=(1,),
    formats={},
    # The second edition's laryngograms carry the same file names as the speech.
    side_folders=("laryngo", "silb", "labsilb", "lablaut"),
    known_bad={},
    notes=(
        "Speaker 08 has no disgust: with that speaker held out, the recall of disgust is undefined.",
        "The same ten sentences are spoken in every emotion, so training and test share text in any split by speaker.",
        "The first edition keeps the 535 utterances that at least 80 % of the listeners recognised. The second adds "
        "281 ambiguous ones.",
    ),
)
# How many of each emotion the 281 ambiguous utterances are is not published with the names, so no counts are promised.
_SECOND = replace(_FIRST, classes={})


def _selected() -> Iterator[str]:
    """Spell the names of the first edition out."""
    speaker = ""
    for word in _SELECTED.split():
        text, _, spoken = word.partition(":")
        if not spoken:
            speaker = word
        yield from (f"{speaker}{text}{take}" for take in spoken.split(",") if take)


_FIRST_NAMES = frozenset(_selected())


@dataclass(frozen=True, kw_only=True)
class EmoDB(Corpus):
    """Ten German actors, ten sentences, seven emotions, 16 kHz, recorded in an anechoic chamber.

    Source: Burkhardt et al., "A database of German emotional speech", Interspeech 2005. Speakers' genders and ages
    follow the publisher's page; gender does not follow the parity of the speaker's number.

    Attributes:
        folder: see :class:`Corpus`.
        ambiguous: whether the utterances that the second edition adds count too. Without them both editions give the
            535 of the first.
    """

    ambiguous: bool

    @functools.cached_property
    def facts(self) -> Facts:
        """The first edition, or all of the second."""
        return _SECOND if self.ambiguous else _FIRST

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Read a name such as `03a01Fa.wav`: speaker 03, text a01, Freude, version a."""
        name = _NAME.fullmatch(relative.stem)
        if name is None:
            return None
        return Labels(
            name=f"{name['speaker']}{name['text'].lower()}{name['emotion'].upper()}{name['version'].lower()}",
            speaker=name["speaker"],
            emotion_native=_EMOTIONS[name["emotion"].upper()],
            text_id=name["text"].lower(),
            intensity=None,
            repetition=name["version"].lower(),
            session=None,
        )

    def outside(self, labels: Labels) -> str | None:
        """Pass over what only the second edition has, unless it is asked for."""
        if self.ambiguous or labels.name in _FIRST_NAMES:
            return None
        return "ambiguous, of the second edition (corpora.emodb.ambiguous=true takes it in)"

    def published(self) -> Iterator[PurePosixPath]:
        """Name the 535 files of the first edition, and 281 more that stand for what the second adds."""
        yield from (PurePosixPath("wav", f"{name}.wav") for name in sorted(_FIRST_NAMES))
        if self.ambiguous:
            yield from (PurePosixPath("wav", f"{name}.wav") for name in _others()[:_ADDED])


def _others() -> list[str]:
    """Spell the names of the grammar that the first edition lacks, all speakers and emotions before the next text."""
    every = product("abcdef", _FIRST.texts, _EMOTIONS, _FIRST.speakers)
    names = [f"{speaker}{text}{emotion}{version}" for version, text, emotion, speaker in every]
    return [name for name in names if name not in _FIRST_NAMES]
