"""The corpus card: what was found of a corpus, beside what is published of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ser.corpora.base import Facts
from ser.corpora.copies import OTHER_SOUND


@dataclass(frozen=True, kw_only=True)
class Found:
    """Utterances found, and expected from what is published; None when no such class is."""

    found: int
    expected: int | None


@dataclass(frozen=True, kw_only=True)
class SpeakerRow:
    """A speaker and the utterances found of them."""

    speaker: str
    gender: str | None
    age: int | None
    utterances: int


@dataclass(frozen=True, kw_only=True)
class Card:
    """A corpus in numbers. Lists of file names are complete; the page shows the first few.

    Attributes:
        corpus: its id.
        title: full name.
        language: BCP-47 tag.
        licence: in the publisher's words.
        citation: the publication to cite.
        how_to_get: where the audio comes from.
        benchmark: whether results may be compared with published ones.
        utterances: all of them.
        classes: by native emotion.
        genders: utterances by gender, "unknown" where it is not published.
        speakers: one row per speaker.
        texts: number of distinct sentences; 0 when texts are free.
        hours: of audio.
        seconds: shortest, median and longest utterance.
        sample_rates_hz: utterances by rate.
        channels: utterances by number of channels.
        refused: files in the quarantine by reason.
        left_out: utterances that are not of the edition chosen, by reason.
        second_copies: files passed over because another copy with the same sound is used.
        identical_audio: sets of utterances that are one recording under one label; they are kept.
        oddities: what is odd about files that are used all the same.
        warnings: what a user must know before any use.
        notes: what to know before comparing numbers.
    """

    corpus: str
    title: str
    language: str
    licence: str
    citation: str
    how_to_get: str
    benchmark: bool
    utterances: Found
    classes: dict[str, Found]
    genders: dict[str, int]
    speakers: list[SpeakerRow]
    texts: int
    hours: float
    seconds: tuple[float, float, float]
    sample_rates_hz: dict[str, int]
    channels: dict[str, int]
    refused: dict[str, int]
    left_out: dict[str, int]
    second_copies: int
    identical_audio: list[list[str]]
    oddities: list[str]
    warnings: list[str]
    notes: list[str]


def card_of(
    facts: Facts,
    manifest: pd.DataFrame,
    quarantine: pd.DataFrame,
    *,
    oddities: Sequence[str],
    left_out: Mapping[str, int],
    second_copies: int,
) -> Card:
    """Count a corpus.

    Args:
        facts: what is published.
        manifest: the utterances found, at least one.
        quarantine: the files refused.
        oddities: what is odd about files that are used all the same, a line each.
        left_out: utterances outside the edition chosen, by reason.
        second_copies: files passed over as second copies.
    """
    classes = _counts(manifest["emotion_native"])
    duration_s = manifest["duration_s"]
    return Card(
        corpus=facts.id,
        title=facts.title,
        language=facts.language,
        licence=facts.licence,
        citation=facts.citation,
        how_to_get=facts.how_to_get,
        benchmark=facts.benchmark,
        utterances=Found(found=len(manifest), expected=sum(facts.classes.values()) or None),
        classes={
            name: Found(found=classes.get(name, 0), expected=facts.classes.get(name))
            for name in sorted(classes.keys() | facts.classes.keys())
        },
        genders=_counts(manifest["gender"].fillna("unknown")),
        speakers=_speakers(facts, manifest),
        texts=int(manifest["text_id"].nunique()),
        hours=round(float(duration_s.sum()) / 3600, 4),
        seconds=(round(duration_s.min(), 2), round(duration_s.median(), 2), round(duration_s.max(), 2)),
        sample_rates_hz=_counts(manifest["sample_rate_hz"]),
        channels=_counts(manifest["channels"]),
        refused=_counts(quarantine["reason"]),
        left_out=dict(sorted(left_out.items())),
        second_copies=second_copies,
        identical_audio=_identical(manifest),
        oddities=list(oddities),
        warnings=list(_warnings(facts, manifest, quarantine)),
        notes=list(facts.notes),
    )


def markdown(card: Card) -> str:
    """Write the card as a Markdown page."""
    warning = (
        "" if card.benchmark else "> **Not a benchmark.** Numbers on this corpus compare with nothing published.\n\n"
    ) + "".join(f"> **{line}**\n\n" for line in card.warnings)
    low, middle, high = card.seconds
    return "\n".join(
        [
            f"# {card.title}\n",
            f"{warning}{card.utterances.found} utterances, {card.hours * 60:.1f} minutes, {len(card.speakers)} "
            f"speakers, {card.texts} texts, language {card.language}. {_verdict(card)}\n",
            f"- **Licence**: {card.licence}",
            f"- **Cite**: {card.citation}",
            f"- **How to get it**: {card.how_to_get}",
            f"- **Utterances last** {low:.2f} to {high:.2f} s, in the middle {middle:.2f} s",
            f"- **Sample rates**: {_listed(card.sample_rates_hz, ' Hz')}",
            f"- **Channels**: {_listed(card.channels, '')}",
            f"- **Gender**: {_listed(card.genders, '')}\n",
            "## Classes\n",
            _table(("class", "found", "expected"), _class_rows(card)),
            "## Speakers\n",
            _table(("speaker", "gender", "age", "utterances"), _speaker_rows(card)),
            "## Known problems\n",
            *(f"- {line}" for line in problems(card)),
            "",
        ]
    )


def _counts(column: pd.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in column.value_counts().sort_index().items()}


def _speakers(facts: Facts, manifest: pd.DataFrame) -> list[SpeakerRow]:
    rows = []
    for name, count in _counts(manifest["speaker"]).items():
        speaker = facts.speakers.get(name.removeprefix(f"{facts.id}/"))
        gender, age = (speaker.gender, speaker.age) if speaker else (None, None)
        rows.append(SpeakerRow(speaker=name, gender=gender, age=age, utterances=count))
    return rows


def _identical(manifest: pd.DataFrame) -> list[list[str]]:
    twins = manifest[manifest["pcm_sha256"].duplicated(keep=False)]
    return sorted(sorted(group) for _, group in twins.groupby("pcm_sha256")["utterance_id"])


def _warnings(facts: Facts, manifest: pd.DataFrame, quarantine: pd.DataFrame) -> Iterable[str]:
    yield from _unknown_speakers(manifest)
    yield from _too_many(facts, _counts(manifest["emotion_native"]))
    yield from _classes_missing(facts, manifest)
    yield from _differing_copies(quarantine)


def _unknown_speakers(manifest: pd.DataFrame) -> Iterable[str]:
    unknown = int(manifest["speaker"].isna().sum())
    if unknown:
        yield (
            f"Of {unknown} of {len(manifest)} utterances nobody knows the speaker: no split of them can be called "
            "speaker-independent, and what a model reaches on them says little of new speakers."
        )


def _too_many(facts: Facts, found: Mapping[str, int]) -> Iterable[str]:
    more = [
        f"{name} {count} instead of {facts.classes.get(name, 0)}"
        for name, count in found.items()
        if count > facts.classes.get(name, 0)
    ]
    if facts.classes and more:
        yield (
            f"There is more than was published of {', '.join(more)}: utterances of another edition or corpus lie "
            "among them, and results compare with no published ones."
        )


def _classes_missing(facts: Facts, manifest: pd.DataFrame) -> Iterable[str]:
    """Wonder at a full cast that never shows some emotion: other corpora bear the same names."""
    missing = sorted(facts.classes.keys() - set(manifest["emotion_native"]))
    if missing and facts.speakers and manifest["speaker"].nunique() == len(facts.speakers):
        yield (
            f"All {len(facts.speakers)} speakers are here, and none of them says anything {' or '.join(missing)}: this "
            "is a part of the corpus, or another corpus whose files bear the same names."
        )


def _differing_copies(quarantine: pd.DataFrame) -> Iterable[str]:
    differing = quarantine.loc[quarantine["reason"] == OTHER_SOUND, "detail"]
    if len(differing):
        yield (
            f"Second copies with other sound than the copy in use: {len(differing)}. "
            f"Nobody knows which is right; each is in quarantine.csv, such as: {differing.iloc[0]}"
        )


def _verdict(card: Card) -> str:
    if card.utterances.expected is None:
        return "How many there should be is not published."
    differing = [
        f"{name} {count.found} instead of {count.expected or 0}"
        for name, count in card.classes.items()
        if count.found != (count.expected or 0)
    ]
    if differing:
        return f"**Other than expected**: {', '.join(differing)}."
    return "All class counts are as expected."


def _class_rows(card: Card) -> Iterable[Sequence[object]]:
    yield from ((name, count.found, _or_dash(count.expected)) for name, count in card.classes.items())
    yield "all", card.utterances.found, _or_dash(card.utterances.expected)


def _speaker_rows(card: Card) -> Iterable[Sequence[object]]:
    return ((row.speaker, _or_dash(row.gender), _or_dash(row.age), row.utterances) for row in card.speakers)


def problems(card: Card) -> Iterable[str]:
    """Say what is wrong or odd with a corpus as found, a line each."""
    refused = sum(card.refused.values())
    yield f"Refused: {refused}" + (f" ({_listed(card.refused, '')}); each is in quarantine.csv." if refused else ".")
    for reason, count in card.left_out.items():
        yield f"Left out by choice: {count}, {reason}."
    yield f"Second copies passed over: {card.second_copies}."
    shown = "; ".join(" = ".join(group) for group in card.identical_audio[:5])
    yield f"Identical audio under one label, kept: {len(card.identical_audio)}" + (f" ({shown})." if shown else ".")
    yield from card.oddities
    yield from card.notes


def _or_dash(value: object) -> object:
    return "-" if value is None else value


def _listed(counts: dict[str, int], unit: str) -> str:
    return ", ".join(f"{value}{unit}: {count}" for value, count in counts.items())


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"
