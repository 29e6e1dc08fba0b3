"""A study: a question, the runs that answer it, and what a repetition must meet. Pure; `study.yaml` holds one."""

from __future__ import annotations

from dataclasses import dataclass

from ser.errors import ConfigError, one_of
from ser.evaluation.metrics import METRICS

FOLD_MEAN = "_fold_mean"
SCORES = (*METRICS, *(f"{name}{FOLD_MEAN}" for name in METRICS))
"""What a study may compare: metrics of the pooled test parts, and the means of the folds' own."""

SAME, INDEPENDENT, ASIDE = ROLES = ("same_protocol", "speaker_independent", "aside")
"""What a run is to its study: the published protocol, speakers that no model has heard, or something beside."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What others reported.

    Attributes:
        number: the study's `metric`, in [0, 1]; None when they state none.
        spread: what they state behind a plus-minus sign, or None.
        words: number, spread and protocol in their own terms.
        source: whose they are.
        unsaid: what they leave open, each with what is done here.
    """

    number: float | None
    spread: float | None
    words: str
    source: str
    unsaid: list[str]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a study, or several that a sweep among its overrides makes: its scores are then their means.

    Attributes:
        role: one of `ROLES`.
        words: what it is, for a reader who knows no option of `ser`.
        overrides: of Hydra's grammar, beyond those that all runs share; "protocol.seed=0,1,2" makes three jobs.
        tolerances: score (of `SCORES`) -> how far a repetition may lie from the committed number; these are compared.
    """

    role: str
    words: str
    overrides: list[str]
    tolerances: dict[str, float]

    def __post_init__(self) -> None:
        one_of(self.role, ROLES, what="what a run is to its study", where="role")
        for score, tolerance in self.tolerances.items():
            one_of(score, SCORES, what="a score", where="tolerances")
            if tolerance < 0:
                raise ConfigError(
                    expected="a distance, 0 or more",
                    received=tolerance,
                    where=f"tolerances.{score}",
                    fix="Write how far a repetition may lie from the committed number, such as 0.01.",
                )


@dataclass(frozen=True, kw_only=True)
class Study:
    """What `study.yaml` says.

    Attributes:
        title: the heading of the page.
        question: what the study asks.
        metric: the score (of `SCORES`) in which the three numbers are given.
        published: what others reported.
        overrides: what all runs share.
        runs: name -> run; one with the role "same_protocol", one "speaker_independent".
        tolerated: why the tolerances are what they are.
        reading: what to make of the numbers, without repeating them.
    """

    title: str
    question: str
    metric: str
    published: Published
    overrides: list[str]
    runs: dict[str, Run]
    tolerated: str
    reading: str

    def __post_init__(self) -> None:
        one_of(self.metric, SCORES, what="a score", where="metric")
        for role in (SAME, INDEPENDENT):
            named = [name for name, run in self.runs.items() if run.role == role]
            if len(named) != 1:
                raise ConfigError(
                    expected=f"one run with the role {role}",
                    received=", ".join(named) or "none",
                    where="runs",
                    fix=f"A study sets the two beside the published number; other runs have the role {ASIDE}.",
                )
        for name, run in self.runs.items():
            if run.role != ASIDE and self.metric not in run.tolerances:
                raise ConfigError(
                    expected=f"a tolerance for {self.metric}, the study's metric",
                    received=", ".join(run.tolerances) or "none",
                    where=f"runs.{name}.tolerances",
                    fix="Say how far a repetition may lie from the committed number.",
                )

    def named(self, role: str) -> str:
        """Give the name of the run with a role, of which there is one."""
        return next(name for name, run in self.runs.items() if run.role == role)
