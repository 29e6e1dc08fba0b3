"""The header compiles, and what the compiler makes of it is what was written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from ser.arrays import Ragged, Shape, ragged
from ser.errors import ConfigError
from ser.export.header import header
from ser.export.litert.model import write
from ser.export.litert.runtime import LiteRTModel
from ser.models.mlp import MLP
from ser.models.standardize import Scaling, Standardized
from ser.models.trained import TrainedNetwork

NAMES = ['say "hi"??/', "two\nlines\\", "fröhlich1"]
PROGRAM = r"""
#include <stdio.h>
#include "model.h"
int main(void) {
  unsigned int i;
  printf("%d %d %d %d %d", SER_FRAMES, SER_WIDTH, SER_CLASSES, SER_INT8, (int)((unsigned long)ser_model % 16));
#if defined(SER_TEST_RATE)
  printf(" %d %d", SER_SAMPLE_RATE_HZ, SER_HOP);
#endif
  putchar(0);
  for (i = 0; i < SER_CLASSES; i++) { fputs(ser_labels[i], stdout); putchar(0); }
  for (i = 0; i < ser_model_length; i++) printf("%02x", ser_model[i]);
  putchar(0);
#if defined(SER_TEST_INT8)
  printf("%.9g %.9g %.9g %d %.9g %d", ser_feature_mean[1], ser_feature_scale[4], ser_input_scale,
         ser_input_zero_point, ser_output_scale, ser_output_zero_point);
#endif
  return 0;
}
"""


@pytest.fixture
def features() -> Ragged:
    values = np.random.default_rng(0).standard_normal((30, 1, 5)).astype(np.float32) * 3 + 2
    return ragged(list(values), "vector")


@pytest.fixture
def model(features: Ragged) -> TrainedNetwork:
    torch.manual_seed(0)
    spec, shape = MLP(name="mlp", hidden=[6], dropout=0.0), Shape(kind="vector", width=5)
    scaling = Scaling(standardize=True, signed_sqrt=False, l2=False, widths=[5], group=None, shape=None)
    network = Standardized(spec.build(shape, 3), scaling)
    network.fit(features.values)
    return TrainedNetwork(shape=shape, classes=NAMES, spec=spec, network=network.eval())


def _says(text: str, folder: Path, compiler: list[str], *flags: str) -> list[bytes]:
    """Compile a program with a header, strictly, and return what it prints, cut at zeros."""
    if shutil.which(compiler[0]) is None:
        pytest.skip(f"no {compiler[0]} on this machine")
    (folder / "model.h").write_text(text, encoding="ascii")
    (folder / "main.c").write_text(PROGRAM, encoding="ascii")
    strict = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-variable", "-Wno-unused-const-variable", "-pedantic"]
    command = [*compiler, *strict, *flags, "-o", str(folder / "main"), str(folder / "main.c")]
    subprocess.run(command, check=True, timeout=60)
    return subprocess.run([folder / "main"], check=True, timeout=60, capture_output=True).stdout.split(b"\0")


@pytest.mark.parametrize("compiler", [["gcc", "-std=c11"], ["g++", "-std=c++11", "-x", "c++"]])
def test_a_program_finds_in_it_what_was_written(model: TrainedNetwork, tmp_path: Path, compiler: list[str]) -> None:
    content = write(model, frames=None, form="float32", calibration=None, metadata={})
    text = header(content, classes=NAMES, sample_rate_hz=16000, hop=512)
    numbers, *labels, written, _ = _says(text, tmp_path, compiler, "-DSER_TEST_RATE")
    assert numbers == b"1 5 3 0 0 16000 512"
    assert [label.decode() for label in labels] == NAMES
    assert bytes.fromhex(written.decode()) == content


def test_an_int8_header_says_how_to_round(model: TrainedNetwork, features: Ragged, tmp_path: Path) -> None:
    content = write(model, frames=None, form="int8", calibration=features, metadata={})
    text = header(content, classes=NAMES, sample_rate_hz=None, hop=None)
    assert "SER_HOP" not in text
    numbers, *_, rounding = _says(text, tmp_path, ["gcc", "-std=c11"], "-DSER_TEST_INT8")
    loaded = LiteRTModel.load(content)
    assert loaded.given is not None
    assert loaded.result is not None
    given, result = loaded.given, loaded.result
    expected = [loaded.mean[1], loaded.scale[4], given.scale, given.zero, result.scale, result.zero]
    assert numbers == b"1 5 3 1 0"
    np.testing.assert_array_equal(np.float32(rounding.split()), np.float32(expected))


def test_as_many_names_as_probabilities(model: TrainedNetwork) -> None:
    content = write(model, frames=None, form="float32", calibration=None, metadata={})
    with pytest.raises(ConfigError, match="3 class names, one a probability"):
        header(content, classes=["a"], sample_rate_hz=None, hop=None)
