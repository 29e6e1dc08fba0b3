"""What goes wrong between us and an MLflow store, said in four parts."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

from mlflow.exceptions import MlflowException, RestException

from ser.errors import SerError, StoreError

_NOT_FOUND, _UNKNOWN = 404, 500
_SAFE = "The runs themselves are safe under runs/, and `ser sync` logs later what is missing."
_WRONG_ADDRESS = ("an MLflow server at this address", "Look the address up: the server's start page is MLflow's.")
_NO_ANSWER = (
    "an MLflow store that answers and can be written",
    "Mend the store, or choose another (tracking.uri=URI; of `ser sync`: --to URI).",
)
# HTTP status: what was expected, and the remedy. Other failures come without one.
_REFUSALS = {
    401: (
        "an MLflow server that knows who asks",
        "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, in the environment.",
    ),
    403: (
        "an MLflow server that lets this user log runs",
        "Ask who runs it for the permission to edit; of an invalid Host header, it must be started with "
        "--allowed-hosts HOST:PORT.",
    ),
    _NOT_FOUND: _WRONG_ADDRESS,
    405: _WRONG_ADDRESS,
}


@contextlib.contextmanager
def said_plainly(uri: str) -> Iterator[None]:
    """Turn whatever MLflow and the libraries below it raise into one error that says what to do.

    MLflow passes on the errors of SQLAlchemy, requests and, where artifacts go straight to a bucket, of boto3 and its
    like, which have no base in common. None of them may end a training whose results are on the disk.

    Args:
        uri: the store in use, to be named.

    Raises:
        StoreError: for any failure inside the block.
    """
    try:
        yield
    except SerError:
        raise
    except Exception as error:
        raise _explained(error, uri) from error


def _explained(error: Exception, uri: str) -> StoreError:
    root = _root(error)
    if isinstance(root, OSError) and root.filename is not None:
        return StoreError(
            expected="artifacts that can be read, and a folder for them that can be written",
            received=root.strerror,
            where=root.filename,
            fix=f"Free some space there, or mend its permissions. {_SAFE}",
        )
    expected, fix = _REFUSALS.get(_status(error), _NO_ANSWER)
    received = (str(root).splitlines() or [type(root).__name__])[0]
    return StoreError(expected=expected, received=received, where=f"tracking.uri={uri}", fix=f"{fix} {_SAFE}")


def _root(error: BaseException) -> BaseException:
    """Find the failure of the system that was wrapped, layer by layer, on its way up; else the error itself."""
    found, layer = error, error.__cause__ or error.__context__
    while layer is not None:
        if isinstance(layer, OSError | sqlite3.Error):
            found = layer
        layer = layer.__cause__ or layer.__context__
    return found


def _status(error: Exception) -> int:
    """Return the HTTP status of a request that was refused; 500, which says nothing, of other failures."""
    if isinstance(error, RestException) and error.get_http_status_code() == _NOT_FOUND:
        # MLflow's own answer, in JSON: the server is there, what was asked for is not.
        return _UNKNOWN
    if isinstance(error, MlflowException):
        return int(error.get_http_status_code())
    # Artifacts are sent by requests, whose errors carry the answer.
    return int(getattr(getattr(error, "response", None), "status_code", _UNKNOWN))
