"""The Keras process that training is timed beside: started once, asked in turns."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("keras_training.py")


class Keras:
    """A process of another interpreter, on one thread, that trains networks on request.

    Args:
        process: of `keras_training.py`, with pipes of text.

    Attributes:
        versions: of Keras and TensorFlow.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process, self._asked, self._answers = process, process.stdin, process.stdout
        self.versions: dict[str, str] = self._answer()

    def seconds(self, network: str, steps: int) -> float:
        """Train a network for some steps. Returns the processor time that they took, in seconds."""
        print(json.dumps({"network": network, "steps": steps}), file=self._asked, flush=True)
        taken: float = self._answer()["seconds"]
        return taken

    def _answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise SystemExit(f"Keras ended with {self._process.wait()}: run {SCRIPT} with its python to see why")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def beside_keras(python: Path | None) -> Iterator[Keras | None]:
    """Keep Keras at hand in the block.

    Args:
        python: an interpreter that has Keras and TensorFlow; None for no comparison.

    Yields:
        None, and says so, where there is no such interpreter.
    """
    if python is None or not python.exists():
        print("No rows of Keras: --keras names no interpreter that has it (`make bench-training` makes one).")
        yield None
        return
    # -I: neither this project's path nor its environment leads anywhere in the other interpreter.
    command = [str(python), "-I", str(SCRIPT)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield Keras(process)
        finally:
            process.kill()
