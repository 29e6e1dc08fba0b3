"""Layers that never look at padding.

Sequences are float32 [batch, steps, channels]. `lengths` (int64, [batch]) says how many steps of each clip are true;
None says that all are, as in vectors. The steps beyond are padding: every layer here puts zeros there and computes
nothing from it, so that a clip gives the same output alone and in a batch with longer ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

POOLINGS = ("attention", "mean", "mean_std")


def mask_of(lengths: Tensor, steps: int) -> Tensor:
    """Mark the true steps.

    Args:
        lengths: int64, shape [batch].
        steps: padded length.

    Returns:
        bool, shape [batch, steps].

    Example:
        >>> mask_of(torch.tensor([1, 3]), 3).tolist()
        [[True, False, False], [True, True, True]]
    """
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def without_padding(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Put zeros where padding is. Shapes [batch, steps, channels] and [batch]."""
    return x if lengths is None else x.masked_fill(~mask_of(lengths, x.shape[1])[:, :, None], 0.0)


def as_steps(x: Tensor, values_per_step: int) -> Tensor:
    """See vectors as sequences of a few values a step, as the reference systems do with one.

    Args:
        x: shape [batch, width].
        values_per_step: channels of the result; the last step is filled up with zeros.

    Returns:
        Shape [batch, ceil(width / values_per_step), values_per_step].

    Example:
        >>> as_steps(torch.tensor([[1.0, 2.0, 3.0]]), 2).tolist()
        [[[1.0, 2.0], [3.0, 0.0]]]
    """
    whole = nn.functional.pad(x, (0, -x.shape[1] % values_per_step))
    return whole.reshape(len(x), -1, values_per_step)


def backwards(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Turn each clip's true steps round and leave its padding where it is.

    Args:
        x: shape [batch, steps, channels].
        lengths: int64, shape [batch], or None.

    Example:
        >>> backwards(torch.tensor([[[1.0], [2.0], [0.0]]]), torch.tensor([2])).flatten().tolist()
        [2.0, 1.0, 0.0]
    """
    if lengths is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)
    index = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return x.gather(1, index[:, :, None].expand_as(x))


class LSTMStack(nn.Module):
    """LSTM layers, one after the other.

    Padding lies behind the true steps, where a forward LSTM never looks; the backward direction is a second LSTM that
    reads each clip from its true end. (Packed sequences would do as well, and are four times slower on a CPU.)

    Args:
        inputs: input channels.
        units: units of each layer and direction.
        bidirectional: whether each layer also reads backwards.
    """

    def __init__(self, inputs: int, units: Sequence[int], bidirectional: bool) -> None:
        super().__init__()
        directions = 2 if bidirectional else 1
        before = [inputs, *(size * directions for size in units)]
        pairs = list(zip(before, units, strict=False))
        self.forwards = nn.ModuleList(nn.LSTM(width, size, batch_first=True) for width, size in pairs)
        self.backwards = nn.ModuleList(nn.LSTM(width, size, batch_first=True) for width, size in pairs if bidirectional)
        self.channels = before[-1]

    def forward(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Map [batch, steps, inputs] to all outputs [batch, steps, channels] and the last ones [batch, channels].

        The last output of the backward direction is the one at the first step.
        """
        ends = x
        for index, ahead in enumerate(self.forwards):
            outputs = [ahead(x)[0]]
            ends = _at_end(outputs[0], lengths)
            if len(self.backwards) > 0:
                back = self.backwards[index](backwards(x, lengths))[0]
                ends = torch.cat([ends, _at_end(back, lengths)], dim=1)
                outputs.append(backwards(back, lengths))
            x = torch.cat(outputs, dim=2)
        return without_padding(x, lengths), ends


def _at_end(outputs: Tensor, lengths: Tensor | None) -> Tensor:
    """Pick the output of the last true step, [batch, channels]."""
    return outputs[:, -1] if lengths is None else outputs[torch.arange(len(outputs)), lengths - 1]


class Pooling(nn.Module):
    """From a sequence to one vector, over true steps only.

    Args:
        how: "mean"; "mean_std" (statistics pooling: Snyder et al. 2018, doi:10.1109/ICASSP.2018.8461375); "attention"
            (a learned weighted mean: Mirsamadi et al. 2017, doi:10.1109/ICASSP.2017.7952552).
        channels: of the sequence.
    """

    def __init__(self, how: str, channels: int) -> None:
        super().__init__()
        self.how = how
        self.channels = 2 * channels if how == "mean_std" else channels
        self.score = nn.Linear(channels, 1) if how == "attention" else None

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """Map [batch, steps, channels] to [batch, self.channels]."""
        weights = self._weights(x, lengths)
        mean = (weights * x).sum(1)
        if self.how != "mean_std":
            return mean
        variance = (weights * (x - mean[:, None]).square()).sum(1)
        # The root of zero has no gradient; a clip of one frame has no variance.
        return torch.cat([mean, (variance + 1e-6).sqrt()], dim=1)

    def _weights(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        scores = x.new_zeros(*x.shape[:2], 1) if self.score is None else self.score(x)
        if lengths is not None:
            scores = scores.masked_fill(~mask_of(lengths, x.shape[1])[:, :, None], -torch.inf)
        return scores.softmax(dim=1)


def dense(
    inputs: int, hidden: Sequence[int], dropout: float, classes: int, *, batch_norm: bool = False
) -> nn.Sequential:
    """Chain linear layers with ReLU and dropout, then a linear layer to the logits.

    Args:
        inputs: width of the input.
        hidden: units of the layers between; may be empty.
        dropout: share of values dropped after each of them.
        classes: number of logits.
        batch_norm: whether to normalise between activation and dropout.
    """
    before = [inputs, *hidden]
    layers: list[nn.Module] = []
    for i, size in enumerate(hidden):
        norm = [nn.BatchNorm1d(size)] if batch_norm else []
        layers += [nn.Linear(before[i], size), nn.ReLU(), *norm, nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(before[-1], classes))
