"""One answer after the other, in one thread and without HTTP. Run by `serving.py`; prints JSON.

python benchmarks/serving_alone.py RUN_FOLDER_OR_EXPORTED_FILE RECORDING
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import time
from pathlib import Path

from ser.startup import compute_in_one_thread

WARM_UP, MEASURED = 20, 300


def main() -> None:
    """Answer a recording from the bytes of its file, again and again, and print how long that took."""
    compute_in_one_thread()
    from ser.pipeline import deployed

    model, clip = Path(sys.argv[1]), Path(sys.argv[2])
    work_dir, name = (model.parents[1], model.name) if model.is_dir() else (Path(), str(model))
    engine = deployed.engine_of(work_dir, name, registry=None, trusted=False)
    predictor = deployed.predictor(engine, window_s=None, hop_s=None, language=None)
    content = clip.read_bytes()
    walls, busy = [], []
    for _ in range(WARM_UP + MEASURED):
        start, start_busy = time.perf_counter(), time.process_time()
        predictor.answer(io.BytesIO(content), name=clip.name)
        busy.append(1e3 * (time.process_time() - start_busy))
        walls.append(1e3 * (time.perf_counter() - start))
    cuts = statistics.quantiles(walls[WARM_UP:], n=20)
    processor = statistics.median(busy[WARM_UP:])
    print(json.dumps({"p50_ms": cuts[9], "p95_ms": cuts[18], "cpu_ms": processor, "models": engine.facts.members}))


if __name__ == "__main__":
    main()
