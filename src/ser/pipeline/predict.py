"""The verb `predict`: recordings in, emotions out; what was answered before an interruption is not asked again."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.errors import SerError, StoreError
from ser.files import digest, write_text
from ser.progress import track
from ser.serving.answer import Answer, from_record
from ser.serving.answers import FORMATS
from ser.serving.predictor import Predictor
from ser.serving.recordings import STDIN


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """What came of it.

    Attributes:
        answers: in the order of the recordings.
        failures: what is to be said of each recording that gave none.
    """

    answers: list[Answer]
    failures: list[str]


def predict(
    predictor: Predictor,
    recordings: Sequence[str],
    *,
    pictures: Path | None,
    out: Path | None,
    form: str,
    run: str,
) -> Predicted:
    """Answer every recording; one that cannot be read does not stop the others.

    Args:
        predictor: what is asked.
        recordings: as :func:`ser.serving.recordings.recordings` gives them.
        pictures: a folder for a picture of each recording over time; None for none.
        out: the file for the answers; None writes none. While it is not finished, what there is stands beside it, and
            the same command goes on from there.
        form: of that file, one of :data:`FORMATS`.
        run: what is asked, as the user named it: of an exported file, its path.

    Raises:
        StoreError: when the answers cannot be written to that file.
    """
    answered = _Answered(out, predictor, run)
    failures: list[str] = []
    for name in track(recordings, total=len(recordings), what="predicting"):
        if name in answered.by_name and pictures is None:
            continue
        try:
            answered.add(name, _answer(predictor, name, pictures))
        except SerError as error:
            failures.append(str(error))
    answers = [answered.by_name[name] for name in recordings if name in answered.by_name]
    if out is not None and answers:
        write_text(out, FORMATS[form](answers, predictor.engine.facts) + "\n")
    answered.forget()
    return Predicted(answers=answers, failures=failures)


def _answer(predictor: Predictor, name: str, pictures: Path | None) -> Answer:
    source, shown = (sys.stdin.buffer, "standard input") if name == STDIN else (Path(name), name)
    if pictures is None:
        return predictor.answer(source, name=shown)
    # Imported here: drawing takes longer to import than an answer to give.
    from ser.evaluation.figures import save
    from ser.serving.envelope import Envelope
    from ser.serving.timeline_figure import timeline_figure

    envelope = Envelope()
    answer = predictor.answer(source, name=shown, on_block=lambda block, _: envelope.add(block))
    # Recordings of one name in two folders have a picture each.
    file = pictures / f"{Path(shown).stem}-{digest(shown, 6)}.png"
    save(timeline_figure(answer, envelope, predictor.engine.facts.classes), file)
    return answer


class _Answered:
    """What has been answered, kept beside the file wanted until that is written: one line of JSON an answer.

    Args:
        out: the file wanted; None keeps nothing on disk.
        predictor: an earlier attempt counts if it asked the same model in the same way.
        run: what is asked, as the user named it.

    Raises:
        StoreError: when nothing can be written there.
    """

    def __init__(self, out: Path | None, predictor: Predictor, run: str) -> None:
        self.by_name: dict[str, Answer] = {}
        if out is not None and out.is_dir():
            raise _unwritable(out, "a folder")
        self._file = out.with_name(f".{out.name}.part") if out is not None else None
        asked = {
            "run": predictor.engine.facts.run_id,
            "file": _state(run),
            "members": predictor.engine.facts.members,
            "windows": dataclasses.asdict(predictor.windows),
            "language": predictor.language,
        }
        self._header = json.dumps({"asked": digest(asked)})
        if self._file is not None and self._file.is_file():
            self._read(self._file)
        if self._file is not None and not self._file.is_file():
            # Before anything is answered, for answers that cannot be kept are work in vain.
            self._append(self._file, self._header)

    def _read(self, file: Path) -> None:
        header, *lines = file.read_text(encoding="utf-8").split("\n")
        if header != self._header:
            file.unlink()
            return
        # What follows the last line end was being written when the last attempt was stopped.
        for line in lines[:-1]:
            found = json.loads(line)
            # What came by standard input then is not what comes now, and a file may have been written anew.
            if found["state"] is not None and found["state"] == _state(found["recording"]):
                self.by_name[found["recording"]] = from_record(found["answer"])
        whole = "\n".join([header, *lines[:-1], ""])
        write_text(file, whole)

    def add(self, name: str, answer: Answer) -> None:
        """Keep an answer."""
        self.by_name[name] = answer
        if self._file is not None:
            kept = {"recording": name, "state": _state(name), "answer": answer.record()}
            self._append(self._file, json.dumps(kept))

    def _append(self, file: Path, line: str) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as stream:
                stream.write(f"{line}\n")
        except OSError as error:
            raise _unwritable(file, error.strerror or str(error)) from error

    def forget(self) -> None:
        """Delete what stands beside the file wanted, which is written now."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def _state(name: str) -> list[int] | None:
    """Tell a file from a later one of its name: size and time of its last change; None for what is no file."""
    path = Path(name)
    return [path.stat().st_size, path.stat().st_mtime_ns] if path.is_file() else None


def _unwritable(path: Path, received: str) -> StoreError:
    return StoreError(
        expected="a file that answers can be written to",
        received=received,
        where=path,
        fix="Choose another with --out.",
    )
