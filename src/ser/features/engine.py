"""What carries out an extraction: a pool of processes here, or another engine behind the same door."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ser.errors import ConfigError
from ser.features.work import CHUNK, Outcome, Task, in_chunks
from ser.pool import available_cores, unordered
from ser.progress import track

Work: TypeAlias = Callable[[Sequence[Task]], Outcome]


class Engine(ABC):
    """Carries out the tasks of an extraction. Which engine does is no part of a recipe's identity."""

    @abstractmethod
    def run(self, work: Work, tasks: Sequence[Task]) -> Generator[Outcome, None, None]:
        """Carry out all tasks, in any order.

        Args:
            work: carries out a chunk and stores what comes of it; a `functools.partial` of a function that other
                processes can import.
            tasks: all of them.

        Returns:
            The outcomes as they come.

        Raises:
            StoreError: when the store cannot be written.
        """


@dataclass(frozen=True, kw_only=True)
class Processes(Engine):
    """Processes of one thread on this machine.

    Attributes:
        workers: how many; None is one a core.
    """

    workers: int | None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ConfigError(
                expected="at least one worker", received=self.workers, where="engine.workers", fix="Set workers=1."
            )

    def run(self, work: Work, tasks: Sequence[Task]) -> Generator[Outcome, None, None]:
        """Carry out all tasks. See :meth:`Engine.run`."""
        chunks = in_chunks(tasks)
        with contextlib.closing(unordered(work, chunks, workers=self.workers or available_cores())) as outcomes:
            yield from track(outcomes, total=len(chunks), what=f"computing features, {CHUNK} clips a step")
