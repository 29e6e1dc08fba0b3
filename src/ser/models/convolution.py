"""Convolution blocks over steps. What is true and what is padding: see :mod:`ser.models.layers`."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ser.models.checks import require, require_shares, require_sizes
from ser.models.layers import mask_of, without_padding


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation whose statistics count true steps only."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Normalise each channel of [batch, steps, channels]; padding becomes zero."""
        if lengths is None:
            return super().forward(x.flatten(0, 1)).view_as(x)
        mask = mask_of(lengths, x.shape[1])
        normed = torch.zeros_like(x)
        normed[mask] = super().forward(x[mask])
        return normed


@dataclass(frozen=True, kw_only=True)
class ConvLayout:
    """Settings of a stack of convolution blocks; the lists have one entry a block.

    Attributes:
        channels: output channels.
        kernels: widths of the kernels, in steps.
        dropouts: shares of values dropped after pooling.
        pool: width of the max-pooling window, in steps; 1 with stride 1 pools nothing.
        stride: its hop, in steps.
        batch_norm: whether to normalise between activation and pooling.
    """

    channels: list[int]
    kernels: list[int]
    dropouts: list[float]
    pool: int
    stride: int
    batch_norm: bool

    def __post_init__(self) -> None:
        require_sizes(self.channels, where="model.conv.channels", at_least=1)
        require_sizes(self.kernels, where="model.conv.kernels")
        require_shares(self.dropouts, where="model.conv.dropouts")
        require_sizes([self.pool], where="model.conv.pool")
        require_sizes([self.stride], where="model.conv.stride")
        for key, values in (("kernels", self.kernels), ("dropouts", self.dropouts)):
            expected = f"a list of {len(self.channels)} values, one for each of model.conv.channels"
            same = len(values) == len(self.channels)
            require(same, expected=expected, received=list(values), where=f"model.conv.{key}")

    def steps_left(self, steps: int) -> int:
        """Count the steps that the stack leaves of `steps`."""
        for _ in self.channels:
            steps = pooled_length(steps, self.stride)
        return steps


class ConvBlock(nn.Module):
    """Convolution ("same"), ReLU, batch normalisation if asked for, max-pooling ("same"), dropout.

    The padding on the left depends on kernel and window alone, never on the length of the batch: otherwise the windows
    of a clip would shift with its neighbours.

    Args:
        inputs: input channels.
        layout: the stack it belongs to.
        index: its place there, from 0.
    """

    def __init__(self, inputs: int, layout: ConvLayout, index: int) -> None:
        super().__init__()
        width, kernel = layout.channels[index], layout.kernels[index]
        self.conv = nn.Conv1d(inputs, width, kernel)
        self.around = ((kernel - 1) // 2, kernel // 2)
        self.norm = BatchNorm(width) if layout.batch_norm else None
        self.pool, self.stride = layout.pool, layout.stride
        self.dropout = nn.Dropout(layout.dropouts[index])

    def forward(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Map [batch, steps, inputs] to [batch, ceil(steps / stride), channels], and the lengths likewise."""
        # What both sides need alike the convolution and the pooling add themselves, without a copy.
        left, right = self.around
        padded = x if left == right else nn.functional.pad(x, (0, 0, 0, right - left))
        weight = self.conv.weight[:, :, None]
        image = nn.functional.conv2d(_as_image(padded), weight, self.conv.bias, padding=(0, left))
        if self.norm is not None:
            image, lengths = self._pooled(_as_image(self.norm(_as_sequence(image.relu()), lengths)), lengths)
        else:
            # The largest of ReLUs is the ReLU of the largest, and after pooling there are fewer to take.
            image, lengths = self._pooled(image, lengths)
            image = image.relu()
        return self.dropout(without_padding(_as_sequence(image), lengths)), lengths

    def _pooled(self, image: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Pool [batch, channels, 1, steps]; what lies in the padding of the result means nothing."""
        if self.stride == 1 and self.pool == 1:
            return image, lengths
        if lengths is not None:
            image = image.masked_fill(~mask_of(lengths, image.shape[3])[:, None, None, :], -torch.inf)
        left, steps = (self.pool - 1) // 2, pooled_length(image.shape[3], self.stride)
        right = max(0, (steps - 1) * self.stride + self.pool - left - image.shape[3])
        if right > left:
            image = nn.functional.pad(image, (0, right - left), value=-torch.inf)
        pooled = nn.functional.max_pool2d(image, (1, self.pool), (1, self.stride), (0, left))[..., :steps]
        kept = None if lengths is None else torch.div(lengths + self.stride - 1, self.stride, rounding_mode="floor")
        return pooled, kept


def _as_image(x: Tensor) -> Tensor:
    """See [batch, steps, channels] as [batch, channels, 1, steps], channels last: a third faster in what follows."""
    return x.transpose(1, 2)[:, :, None]


def _as_sequence(image: Tensor) -> Tensor:
    """Go back from :func:`_as_image`."""
    return image.squeeze(2).transpose(1, 2)


class ConvStack(nn.Module):
    """Convolution blocks, one after the other.

    Args:
        inputs: input channels.
        layout: the blocks.
    """

    def __init__(self, inputs: int, layout: ConvLayout) -> None:
        super().__init__()
        before = [inputs, *layout.channels]
        self.blocks = nn.ModuleList(ConvBlock(before[i], layout, i) for i in range(len(layout.channels)))

    def forward(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Map [batch, steps, inputs] to [batch, fewer steps, channels], and the lengths likewise."""
        for block in self.blocks:
            x, lengths = block(x, lengths)
        return x, lengths


def pooled_length(steps: int, stride: int) -> int:
    """Count the steps that a "same" pooling leaves: ceil(steps / stride)."""
    return -(-steps // stride)
