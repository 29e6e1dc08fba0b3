"""What every network promises, whatever its architecture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ser.arrays import Kind, Ragged, Shape
from ser.models.base import NetworkSpec
from ser.models.batches import clips_of

SEQUENTIAL = [
    "cnn-mean_std",
    "cnn-attention",
    "cnn-dense_norm",
    "lstm-attention",
    "lstm-last",
    "lstm-forward",
    "cnn_lstm",
]
CASES = [("mlp", "vector"), *((name, kind) for name in SEQUENTIAL for kind in ("vector", "sequence"))]


def run(network: nn.Module, features: Ragged, chosen: list[int] | None = None) -> Tensor:
    indices = torch.tensor(chosen if chosen is not None else range(len(features)))
    with torch.no_grad():
        logits: Tensor = network(*clips_of(features).batch(indices))
    return logits


@pytest.fixture
def features(sequences: Callable[..., Ragged], vectors: Callable[..., Ragged]) -> Callable[[Kind], Ragged]:
    return lambda kind: vectors(16, 20) if kind == "vector" else sequences(16, 5)


def settled(spec: NetworkSpec, features: Ragged) -> nn.Module:
    """A network whose batch statistics are those of some data, in evaluation mode."""
    torch.manual_seed(0)
    network = spec.build(features.shape, 4)
    network.train()
    run(network, features)
    return network.eval()


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_learns_sixteen_clips_by_heart(
    name: str, kind: Kind, networks: dict[str, NetworkSpec], features: Callable[[Kind], Ragged]
) -> None:
    clips = clips_of(features(kind))
    x, lengths = clips.batch(torch.arange(16))
    labels = torch.arange(16) % 4
    torch.manual_seed(0)
    network = networks[name].build(features(kind).shape, 4)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x, lengths), labels).backward()
        optimizer.step()
    assert run(network.eval(), features(kind)).argmax(dim=1).tolist() == labels.tolist()


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_padding_changes_nothing(
    name: str, networks: dict[str, NetworkSpec], features: Callable[[Kind], Ragged]
) -> None:
    clips = features("sequence")
    network = settled(networks[name], clips)
    together = run(network, clips)
    alone = torch.cat([run(network, clips, [index]) for index in range(16)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_what_lies_in_the_padding_changes_nothing(
    name: str, networks: dict[str, NetworkSpec], features: Callable[[Kind], Ragged]
) -> None:
    clips = features("sequence")
    network = settled(networks[name], clips)
    x, lengths = clips_of(clips).batch(torch.arange(16))
    longer = nn.functional.pad(x, (0, 0, 0, 13))
    with torch.no_grad():
        torch.testing.assert_close(network(longer, lengths), network(x, lengths), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_training_statistics_ignore_padding(
    name: str, networks: dict[str, NetworkSpec], features: Callable[[Kind], Ragged]
) -> None:
    """Dropout aside, a step on a batch padded further is the same step."""
    clips = features("sequence")
    x, lengths = clips_of(clips).batch(torch.arange(16))
    gradients = []
    for extra in (0, 9):
        torch.manual_seed(0)
        network = networks[name].build(clips.shape, 4).train()
        for module in network.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        logits = network(nn.functional.pad(x, (0, 0, 0, extra)), lengths)
        nn.functional.cross_entropy(logits, torch.arange(16) % 4).backward()
        gradients.append(torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None]))
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_order_and_company_of_clips_change_nothing(
    name: str, kind: Kind, networks: dict[str, NetworkSpec], features: Callable[[Kind], Ragged]
) -> None:
    clips = features(kind)
    network = settled(networks[name], clips)
    together = run(network, clips)
    order = np.random.default_rng(1).permutation(16).tolist()
    torch.testing.assert_close(run(network, clips, order), together[order], atol=1e-5, rtol=0)
    torch.testing.assert_close(run(network, clips, order[:3]), together[order[:3]], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_takes_a_clip_of_one_frame_and_a_vector_of_one_value(
    name: str, kind: Kind, networks: dict[str, NetworkSpec]
) -> None:
    network = networks[name].build(Shape(kind=kind, width=1), 3).eval()
    x = torch.ones(2, 1) if kind == "vector" else torch.ones(2, 1, 1)
    logits = network(x, torch.ones(2, dtype=torch.int64))
    assert logits.shape == (2, 3)
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_the_order_of_frames_matters(
    name: str, networks: dict[str, NetworkSpec], features: Callable[[Kind], Ragged]
) -> None:
    clips = features("sequence")
    network = settled(networks[name], clips)
    x, lengths = clips_of(clips).batch(torch.tensor([0]))
    with torch.no_grad():
        assert (network(x, lengths) - network(x.flip(1), lengths)).abs().max() > 1e-4
