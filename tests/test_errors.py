from __future__ import annotations

import pickle

import pytest

from ser.errors import ConfigError, DataError, nearest_first, one_of


def test_a_message_says_expected_received_where_and_what_to_do() -> None:
    error = DataError(expected="a WAV file", received="text", where="a/b.wav", fix="Fetch it again.")
    assert str(error) == "a/b.wav: expected a WAV file, but got 'text'. Fetch it again."


def test_errors_survive_the_way_from_a_worker_process() -> None:
    error = DataError(expected="a WAV file", received=3, where="a.wav", fix="Fetch it.")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), str(again)) == (DataError, str(error))


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"Did you mean 'cnn_lstm'\? Valid: cnn_lstm, "):
        one_of("cnn-lstm", ["mlp", "cnn", "cnn_lstm"], what="a model", where="model")
    with pytest.raises(ConfigError, match="Nothing is valid here"):
        one_of("x", [], what="a model", where="model")


def test_nearest_first_orders_by_closeness() -> None:
    assert nearest_first("emodbb", ["tess", "emovo", "emodb"])[0] == "emodb"
