"""The published editions, as tests build them."""

from __future__ import annotations

from ser.corpora.aesdd import Aesdd
from ser.corpora.base import Corpus
from ser.corpora.cafe import Cafe
from ser.corpora.casia import Casia
from ser.corpora.crema_d import CremaD
from ser.corpora.emodb import EmoDB
from ser.corpora.emovo import Emovo
from ser.corpora.jl_corpus import JLCorpus
from ser.corpora.ravdess import Ravdess
from ser.corpora.savee import Savee
from ser.corpora.shemo import Shemo
from ser.corpora.tess import Tess

EDITIONS: dict[str, Corpus] = {
    "aesdd": Aesdd(folder=None),
    "cafe": Cafe(folder=None, version="v1.1"),
    "casia": Casia(folder=None),
    "crema-d": CremaD(folder=None),
    "emodb": EmoDB(folder=None, ambiguous=False),
    "emodb, all": EmoDB(folder=None, ambiguous=True),
    "emovo": Emovo(folder=None),
    "jl-corpus": JLCorpus(folder=None, emotions="all"),
    "jl-corpus, primary": JLCorpus(folder=None, emotions="primary"),
    "ravdess": Ravdess(folder=None, song=False),
    "ravdess, song": Ravdess(folder=None, song=True),
    "savee": Savee(folder=None),
    "shemo": Shemo(folder=None, labels="original", modified_labels=None),
    "shemo, matched": Shemo(folder=None, labels="transcript_matched", modified_labels=None),
    "tess": Tess(folder=None),
}
