"""The networks of `training.py` in Keras, trained on request. Started by `beside_keras.py`, not by hand.

Its interpreter is not the one of `ser`: it has Keras and TensorFlow (`benchmarks/keras.lock`) and nothing else. A line
on standard input, `{"network": NAME, "steps": N}`, asks for N steps; a line on standard output says how many seconds of
processor time they took. The first line, unasked, gives the versions.
"""

from __future__ import annotations

import json
import os
import sys
import time

# Both libraries read these when they are imported.
os.environ.update(CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow", OMP_NUM_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

WIDTH, CLASSES, BATCH = 162, 8, 64
CHANNELS, DROPOUTS = [256, 256, 128, 128, 64], [0.0, 0.0, 0.2, 0.2, 0.0]


def cnn() -> keras.Model:
    """Build system D's CNN."""
    blocks: list[layers.Layer] = []
    for channels, dropout in zip(CHANNELS, DROPOUTS, strict=True):
        blocks += [
            layers.Conv1D(channels, 5, padding="same", activation="relu"),
            layers.MaxPooling1D(5, strides=2, padding="same"),
            *([layers.Dropout(dropout)] if dropout > 0 else []),
        ]
    head = [layers.Flatten(), layers.Dense(32, activation="relu"), layers.Dropout(0.3)]
    return keras.Sequential([keras.Input((WIDTH, 1)), *blocks, *head, layers.Dense(CLASSES, activation="softmax")])


def lstm() -> keras.Model:
    """Build an LSTM over the values of a vector, one a step."""
    return keras.Sequential([keras.Input((WIDTH, 1)), layers.LSTM(256), layers.Dense(CLASSES, activation="softmax")])


NETWORKS = {"system D's CNN": cnn, "LSTM(256)": lstm}


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # What the libraries print is no answer.
    os.dup2(2, 1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    print(json.dumps({"keras": keras.__version__, "tensorflow": tf.__version__}), file=answers)
    rng = np.random.default_rng(0)
    networks: dict[str, keras.Model] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        name, rows = asked["network"], BATCH * asked["steps"]
        if name not in networks:
            networks[name] = NETWORKS[name]()
            networks[name].compile(optimizer="adam", loss="sparse_categorical_crossentropy")
        x, y = rng.standard_normal((rows, WIDTH, 1)).astype(np.float32), np.arange(rows) % CLASSES
        start = time.process_time()
        networks[name].fit(x, y, batch_size=BATCH, verbose=0)
        print(json.dumps({"seconds": time.process_time() - start}), file=answers)


if __name__ == "__main__":
    main()
