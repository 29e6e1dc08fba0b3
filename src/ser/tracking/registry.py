"""The model registry: one registered model for corpora and labels, one alias for the best under each protocol.

A run becomes a version when it takes the lead, or when it was asked for by name; so a sweep of a thousand runs leaves a
few versions, not a thousand, and what does not lead costs one question.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from ser.tracking.records import Candidacy

RUN_TAG, ALIAS_TAG, SCORE_TAG = "ser.run_id", "ser.alias", "ser.score"


def enter(client: MlflowClient, candidacy: Candidacy, run: Run, fit: Run, *, always: bool) -> bool:
    """Make a version of a run if it leads, and point the alias at the best version.

    The alias moves only to a better score: an equal one leaves it where it is. A version that was made when the same
    run was logged before gives way to the new one.

    Args:
        client: of the store.
        candidacy: what the run competes for.
        run: its parent run in MLflow, logged whole.
        fit: the child whose model the version holds.
        always: make a version even if the run does not lead.

    Returns:
        Whether the registry was changed.
    """
    model_id = fit.outputs.model_outputs[0].model_id
    known = _versions(client, candidacy)
    earlier = [version for version in known if version.tags[RUN_TAG] == run.data.tags[RUN_TAG]]
    if any(version.source == _uri(model_id) for version in earlier):
        return False
    rivals = [version for version in known if version not in earlier]
    leads = all(_rank(candidacy, candidacy.score) > _rank_of(candidacy, rival) for rival in rivals)
    if not (leads or always or earlier):
        return False
    new = _new_version(client, candidacy, run, model_id)
    for version in earlier:
        client.delete_model_version(version.name, version.version)
    # Of equals the first stays: `max` keeps the earliest it meets.
    best = max([*rivals, new], key=lambda version: _rank_of(candidacy, version))
    client.set_registered_model_alias(candidacy.model, candidacy.alias, best.version)
    return True


@dataclass(frozen=True, kw_only=True)
class Leader:
    """A place in the registry, and the run that holds it.

    Attributes:
        name: MODEL@ALIAS.
        run_id: of the run, as the folder below `runs/` is called.
    """

    name: str
    run_id: str


def leaders(client: MlflowClient) -> list[Leader]:
    """List every alias of every registered model of ours, in order of their names."""
    found = []
    for model in client.search_registered_models(order_by=["name ASC"]):
        for alias, version in sorted(model.aliases.items()):
            run_id = client.get_model_version(model.name, version).tags.get(RUN_TAG)
            if run_id is not None:
                found.append(Leader(name=f"{model.name}@{alias}", run_id=run_id))
    return found


def _uri(model_id: str) -> str:
    return f"models:/{model_id}"


def _versions(client: MlflowClient, candidacy: Candidacy) -> Sequence[ModelVersion]:
    """Find the versions that compete for the same alias, in the order in which they were made."""
    found = client.search_model_versions(
        f"name = '{candidacy.model}' and tags.`{ALIAS_TAG}` = '{candidacy.alias}'",
        order_by=["version_number ASC"],
    )
    return list(found)


def _new_version(client: MlflowClient, candidacy: Candidacy, run: Run, model_id: str) -> ModelVersion:
    with contextlib.suppress(MlflowException):
        # It exists already, or another process has just made it. Whatever else is wrong, the version tells.
        client.create_registered_model(candidacy.model, description=candidacy.words)
    return client.create_model_version(
        candidacy.model,
        _uri(model_id),
        run_id=run.info.run_id,
        description=run.data.tags["mlflow.note.content"],
        tags={
            **candidacy.tags,
            RUN_TAG: run.data.tags[RUN_TAG],
            ALIAS_TAG: candidacy.alias,
            SCORE_TAG: repr(candidacy.score),
            "ser.metric": candidacy.metric,
        },
        model_id=model_id,
    )


def _rank(candidacy: Candidacy, score: float) -> float:
    return score if candidacy.higher_is_better else -score


def _rank_of(candidacy: Candidacy, version: ModelVersion) -> float:
    return _rank(candidacy, float(version.tags[SCORE_TAG]))
