from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ser.errors import ConfigError
from ser.models.convolution import BatchNorm, ConvLayout, ConvStack
from ser.models.layers import LSTMStack, Pooling, without_padding

LENGTHS = torch.tensor([3, 7, 1])


def padded(channels: int = 4) -> torch.Tensor:
    return without_padding(torch.randn(3, 7, channels, generator=torch.Generator().manual_seed(0)), LENGTHS)


def layout(**changes: object) -> ConvLayout:
    settings: dict[str, object] = {
        "channels": [6, 5],
        "kernels": [5, 5],
        "dropouts": [0.0, 0.0],
        "pool": 5,
        "stride": 2,
        "batch_norm": False,
    }
    return ConvLayout(**{**settings, **changes})  # type: ignore[arg-type]


def test_batch_norm_is_torchs_over_the_true_frames() -> None:
    x, ours, theirs = padded(), BatchNorm(4), nn.BatchNorm1d(4)
    frames = torch.cat([x[i, :n] for i, n in enumerate(LENGTHS)])
    out = ours(x, LENGTHS)
    torch.testing.assert_close(torch.cat([out[i, :n] for i, n in enumerate(LENGTHS)]), theirs(frames))
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    assert out[0, 3:].abs().sum() == 0


def test_lstm_equals_torchs_bidirectional_lstm_on_packed_sequences() -> None:
    x, ours, theirs = (
        padded(),
        LSTMStack(4, [5], bidirectional=True),
        nn.LSTM(4, 5, batch_first=True, bidirectional=True),
    )
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            source = ours.backwards[0] if name.endswith("_reverse") else ours.forwards[0]
            weight.copy_(source.get_parameter(name.removesuffix("_reverse")))
        packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
        expected, (last, _) = theirs(packed)
        outputs, ends = ours(x, LENGTHS)
    torch.testing.assert_close(outputs, pad_packed_sequence(expected, batch_first=True)[0])
    torch.testing.assert_close(ends, torch.cat([last[0], last[1]], dim=1))


def test_mean_and_deviation_of_true_frames() -> None:
    x = padded()
    pooled = Pooling("mean_std", 4)(x, LENGTHS)
    torch.testing.assert_close(pooled[1, :4], x[1].mean(0))
    torch.testing.assert_close(pooled[0, 4:], x[0, :3].std(0, correction=0), atol=1e-4, rtol=0)


def test_without_lengths_all_steps_count() -> None:
    x = padded()
    torch.testing.assert_close(Pooling("mean", 4)(x, None), x.mean(1))
    assert Pooling("attention", 4)(x, None).shape == (3, 4)


def test_a_single_frame_has_a_finite_gradient_through_the_deviation() -> None:
    x = padded().requires_grad_()
    Pooling("mean_std", 4)(x, LENGTHS).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_convolution_is_keras_same_padding() -> None:
    """Kernel 4: one step on the left, two on the right (the rule of Keras for stride 1)."""
    stack = ConvStack(1, layout(channels=[1], kernels=[4], dropouts=[0.0], pool=1, stride=1))
    block = stack.blocks[0]
    with torch.no_grad():
        block.conv.weight.copy_(torch.tensor([[[1.0, 10.0, 100.0, 1000.0]]]))
        block.conv.bias.zero_()
        out, _ = stack(torch.tensor([[[1.0], [2.0], [3.0]]]), None)
    assert out.flatten().tolist() == [3210.0, 321.0, 32.0]


@pytest.mark.parametrize("kernel", [3, 4])
@pytest.mark.parametrize(("pool", "stride"), [(1, 1), (2, 1), (2, 2), (3, 4), (5, 2), (6, 2)])
@pytest.mark.parametrize("steps", [1, 6, 9])
def test_a_block_is_torchs_convolution_and_pooling_of_what_is_padded_by_hand(
    kernel: int, pool: int, stride: int, steps: int
) -> None:
    stack = ConvStack(2, layout(channels=[4], kernels=[kernel], dropouts=[0.0], pool=pool, stride=stride))
    ours, theirs = (torch.randn(3, steps, 2, generator=torch.Generator().manual_seed(0)) for _ in range(2))
    conv, functional = stack.blocks[0].conv, nn.functional
    around = functional.pad(theirs.requires_grad_().transpose(1, 2), ((kernel - 1) // 2, kernel // 2))
    maps = functional.pad(conv(around).relu(), ((pool - 1) // 2, pool + stride), value=-torch.inf)
    expected = functional.max_pool1d(maps, pool, stride)[..., : -(-steps // stride)].transpose(1, 2)
    out, _ = stack(ours.requires_grad_(), None)
    torch.testing.assert_close(out, expected)
    out.square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("steps", [1, 2, 3, 8, 81, 162])
def test_pooling_leaves_half_the_steps_rounded_up(steps: int) -> None:
    stack, x = ConvStack(1, layout()), torch.randn(2, steps, 1)
    out, _ = stack(x, None)
    assert out.shape == (2, -(-steps // 4), 5)
    assert layout().steps_left(steps) == out.shape[1]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"channels": []}, "model.conv.channels"),
        ({"kernels": [5]}, "model.conv.kernels"),
        ({"kernels": [5, 0]}, "model.conv.kernels"),
        ({"dropouts": [0.1, 1.0]}, "model.conv.dropouts"),
        ({"dropouts": [0.1]}, "model.conv.dropouts"),
        ({"pool": 0}, "model.conv.pool"),
        ({"stride": 0}, "model.conv.stride"),
    ],
)
def test_settings_out_of_range_are_refused_by_key(changes: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: "):
        layout(**changes)
