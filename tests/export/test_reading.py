from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import trained
from ser.errors import ConfigError, StoreError
from ser.export import libraries, onnx_file, reading
from ser.export.record import Input, Record
from ser.features.base import Recipe
from trained import VECTORS


def record(**changes: Any) -> Record:
    given = Input(kind="vector", width=trained.WIDTH, rates_hz=[])
    told: dict[str, Any] = {"facts": trained.facts(), "input": given, "recipe": {}, "offset_s": 0.0, "duration_s": None}
    return Record(**told | changes)


def graph(*nodes: Any, initializers: tuple[Any, ...] = (), domain: str = "") -> Any:
    """A graph by hand; without nodes one that gives each class the same share."""
    width, classes = trained.WIDTH, len(trained.CLASSES)
    share = numpy_helper.from_array(np.zeros((width, classes), np.float32), "weights")
    plain = [
        helper.make_node("MatMul", ["features", "weights"], ["m"]),
        helper.make_node("Softmax", ["m"], ["probabilities"]),
    ]
    made = helper.make_graph(
        [*nodes, *plain],
        "g",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", classes])],
        [share, *initializers],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid(domain, 20)], ir_version=10)


def recipe_of(told: Mapping[str, Any]) -> Recipe:
    return VECTORS


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Any]:
    def from_bytes(data: bytes, *, trusted: bool = False) -> Any:
        path = tmp_path / "model.onnx"
        path.write_bytes(data)
        return reading.engine_from(path, trusted=trusted, build_recipe=recipe_of)

    return from_bytes


def test_a_plain_file_is_run(read: Callable[..., Any]) -> None:
    engine = read(onnx_file.content(graph(), record()))
    assert engine.classify([trained.rows(1)] * 3).tolist() == [[0.25] * 4] * 3
    assert engine.represent(np.zeros(9000, np.float32), 22_050).shape == (1, trained.WIDTH)


def test_weights_in_other_files_are_refused(read: Callable[..., Any]) -> None:
    outside = numpy_helper.from_array(np.zeros(4, np.float32), "secret")
    onnx.external_data_helper.set_external_data(outside, location="../../etc/passwd")
    outside.ClearField("raw_data")
    constant = helper.make_node("Constant", [], ["c"], value=outside)
    for model in (graph(initializers=(outside,)), graph(constant)):
        with pytest.raises(StoreError, match="other files"):
            read(onnx_file.content(model, record()))


def test_loops_and_foreign_operators_are_refused(read: Callable[..., Any]) -> None:
    body = helper.make_graph([], "body", [], [])
    loop = helper.make_node("If", ["features"], ["x"], then_branch=body, else_branch=body)
    with pytest.raises(StoreError, match="a loop or a branch"):
        read(onnx_file.content(graph(loop), record()))
    foreign = graph(helper.make_node("Run", ["features"], ["x"], domain="evil"))
    foreign.opset_import.append(helper.make_opsetid("evil", 1))
    with pytest.raises(StoreError, match="operators of evil"):
        read(onnx_file.content(foreign, record()))
    functions = graph()
    functions.functions.append(
        helper.make_function("own", "f", ["a"], ["b"], [], opset_imports=[helper.make_opsetid("", 20)])
    )
    with pytest.raises(StoreError, match="functions"):
        read(onnx_file.content(functions, record()))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "1 to "),
        (b"hello", "another kind"),
        (b"\x08\x0a\xff\xff\xff", "do not parse"),
        (b"\x08\x0a", "without its record"),
        (b"\x80\x04\x95pickle", "another kind"),
        (b"\x1c\x00\x00\x00TFL3" + b"\xff" * 50, "LiteRT"),
    ],
)
def test_damaged_files_are_refused_in_plain_words(read: Callable[..., Any], data: bytes, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        read(data)


def test_every_cut_of_a_file_is_refused(read: Callable[..., Any]) -> None:
    whole = onnx_file.content(graph(), record())
    for end in range(1, len(whole) - 1, len(whole) // 40):
        with pytest.raises(StoreError):
            read(whole[:end])


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"facts": {}},
        {"facts": {**trained.facts().record(), "classes": []}},
        {"input": {"kind": "vector", "width": -1, "rates_hz": []}},
        {"input": {"kind": "audio", "width": 1, "rates_hz": []}},
        {"input": {"kind": "audio", "width": 1, "rates_hz": [10**12]}},
        {"input": {"kind": "vector"}},
        {"recipe": 3},
        {"offset_s": "soon"},
    ],
    ids=str,
)
def test_damaged_records_are_refused(read: Callable[..., Any], change: dict[str, Any]) -> None:
    model = onnx.ModelProto.FromString(onnx_file.content(graph(), record()))
    model.metadata_props[0].value = json.dumps(json.loads(model.metadata_props[0].value) | change)
    with pytest.raises(StoreError, match=r"record|facts of a model"):
        read(model.SerializeToString())


def test_a_recipe_of_another_width_and_a_graph_of_other_classes_are_refused(read: Callable[..., Any]) -> None:
    with pytest.raises(StoreError, match="13 values a row"):
        read(onnx_file.content(graph(), record(input=Input(kind="vector", width=13, rates_hz=[]))))
    engine = read(onnx_file.content(graph(), record(facts=trained.facts(["one", "two"]))))
    with pytest.raises(StoreError, match="2 classes"):
        engine.classify([trained.rows(1)])
    with pytest.raises(StoreError, match="fails"):
        read(onnx_file.content(graph(), record())).classify([np.zeros((1, 3), np.float32)])


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "a folder"), (tmp_path / "none", "No such file")):
        with pytest.raises(StoreError, match=said):
            reading.engine_from(path, trusted=False, build_recipe=recipe_of)


def test_torchscript_is_run_only_where_it_is_trusted(tmp_path: Path, exported: trained.Export) -> None:
    members = [trained.network(trained.LSTM_, "sequence"), trained.network(trained.CNN_, "sequence")]
    features = trained.clips("sequence", 9)
    engine = exported(members, trained.BANDS, "torchscript")
    np.testing.assert_allclose(engine.classify(list(features)), trained.mean_of(members, features), atol=1e-6)
    path = tmp_path / "model"
    with pytest.raises(StoreError, match=r"TorchScript, which is one.*--trust"):
        reading.engine_from(path, trusted=False, build_recipe=recipe_of)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(StoreError, match="cannot be loaded"):
        reading.engine_from(path, trusted=True, build_recipe=recipe_of)


def test_litert_files_answer_one_by_one(exported: trained.Export) -> None:
    member = trained.network(trained.MLP_, "vector", trained.scaling())
    features = trained.clips("vector", 5)
    engine = exported([member], VECTORS, "litert")
    np.testing.assert_allclose(engine.classify(list(features)), member.predict_proba(features), atol=1e-4)


def test_a_library_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(ConfigError, match=r"pip install 'ser\[onnx\]'"):
        libraries.onnx("no_such_library")
