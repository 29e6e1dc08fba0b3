"""A plain service, as published systems have it: for each request, librosa's features and the model from the disk.

python benchmarks/plain_service.py RUN_FOLDER PORT

The features and the models are those of the run, so that the answers are those of `ser serve`. Run by `serving.py`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import flask
import librosa
import numpy as np
from recipes import RATE_HZ
from references import librosa_features

from ser.arrays import ragged
from ser.models import storage


def app_of(run: Path) -> flask.Flask:
    """Build the service of a run on functionals."""
    app = flask.Flask(__name__)

    @app.post("/predict")
    def predict() -> flask.Response:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            flask.request.files["file"].save(file.name)
            samples, _ = librosa.load(file.name, sr=RATE_HZ)
        features = ragged([librosa_features(samples)[None].astype(np.float32)], "vector")
        models = [storage.load(path.parent) for path in sorted(run.glob("fits/*/model/model.json"))]
        row = np.mean([model.predict_proba(features) for model in models], axis=0)[0]
        return flask.jsonify(emotion=models[0].classes[row.argmax()], probability=float(row.max()))

    return app


if __name__ == "__main__":
    app_of(Path(sys.argv[1])).run("127.0.0.1", int(sys.argv[2]), threaded=True)
