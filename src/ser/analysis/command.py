"""The command `analyse`: what is asked of a finished run, each answer computed once."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ser.analysis import results
from ser.analysis.embedding import embedding
from ser.analysis.enrolment import enrolment
from ser.analysis.learning import learning
from ser.analysis.probes import probes
from ser.analysis.results import Result
from ser.analysis.robustness import robustness
from ser.analysis.subject import Subject, subject_of
from ser.errors import ProtocolError, one_of
from ser.files import locked

log = logging.getLogger(__name__)

ANALYSES: dict[str, Callable[[Subject, Path], Result]] = {
    "probes": probes,
    "enrolment": enrolment,
    "learning": learning,
    "robustness": robustness,
    "embedding": embedding,
}


def analyse(work_dir: Path, run: str, asked: Sequence[str], *, workers: int | None, data_dir: Path | None) -> str:
    """Answer questions about a finished run, and leave `runs/<id>/analysis/<name>.json` and its figure.

    Args:
        work_dir: the folder that holds `runs/`.
        run: the run's id, or the first letters of it.
        asked: names of `ANALYSES`; none asks all that the run allows.
        workers: processes; None takes one a core.
        data_dir: where the corpora lie now; None is where they lay when the run was trained.

    Returns:
        The answers in words.

    Raises:
        ConfigError: for an analysis that there is not.
        ProtocolError: when an analysis that was asked for by name is not possible under the run's protocol.
        SerError: for anything else the user can mend; what was finished stays.
    """
    for name in asked:
        one_of(name, ANALYSES, what="an analysis", where="ser analyse")
    subject = subject_of(work_dir, run, workers=workers, data_dir=data_dir)
    for notice in subject.notices:
        log.warning("%s", notice)
    lines = []
    for name in asked or ANALYSES:
        try:
            lines.append(f"{name}: {answered(subject, name)['words']}")
        except ProtocolError as error:
            if asked:
                raise
            lines.append(f"{name}: not possible for this run. {error}")
    return "\n".join([*lines, str(subject.folder.path / "analysis")])


def answered(subject: Subject, name: str) -> dict[str, Any]:
    """Give one answer, computed unless it is there and was made by this code.

    Args:
        subject: the run.
        name: of `ANALYSES`.

    Returns:
        What its JSON holds. See :func:`ser.analysis.results.write`.
    """
    function = ANALYSES[name]
    folder, maker = subject.folder.path / "analysis", results.made_by(subject, function.__module__)
    with locked(folder / name):
        found = results.kept(folder, name, maker)
        if found is None:
            unfinished = folder / f".{name}"
            found = results.write(folder, function(subject, unfinished), subject.notices, maker)
            shutil.rmtree(unfinished, ignore_errors=True)
    return found
