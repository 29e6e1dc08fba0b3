"""What the page is made of, as plain data and functions: it knows neither runs nor corpora."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ser.serving.facts import Facts
from ser.serving.predictor import Predictor


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A model that can be picked.

    Attributes:
        key: what :attr:`Site.predictor` knows it by.
        facts: what to tell of it.
        places: where the model registry has it, as MODEL@ALIAS.
    """

    key: str
    facts: Facts
    places: list[str]

    @property
    def title(self) -> str:
        """One line for the list of models."""
        registered = ", registered" if self.places else ""
        return f"{self.facts.name}: UAR {self.facts.score.uar:.3f}{registered} ({self.facts.run_id})"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A page.

    Attributes:
        choices: lists the models there are by now, the first of which is picked at first.
        predictor: loads the model of a key, for a language (BCP-47; None when not said).
        examples: recordings that come with the page: by title, what makes the bytes of a WAV file.
        largest_bytes: what an upload may have at most.
    """

    choices: Callable[[], Sequence[Choice]]
    predictor: Callable[[str, str | None], Predictor]
    examples: Mapping[str, Callable[[], bytes]]
    largest_bytes: int
