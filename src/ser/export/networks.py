"""Trained networks rebuilt for export: the numbers of `ser.models`, in a form that converters can follow.

The networks of `ser.models` branch on lengths and gather true steps, which a graph of fixed operators cannot. Here
every batch size and every length passes the same operators, and what training alone needs is gone. All of it can also
be scripted by TorchScript.
"""

# Without `from __future__ import annotations`: TorchScript takes the annotations of buffers for types, not text.

import torch
from torch import Tensor, nn

from ser.errors import ConfigError
from ser.models.cnn import CNNNetwork
from ser.models.cnn_lstm import CNNLSTMNetwork
from ser.models.convolution import BatchNorm, ConvBlock, ConvStack
from ser.models.layers import LSTMStack, Pooling
from ser.models.lstm import LSTMNetwork, RecurrentHead
from ser.models.mlp import MLPNetwork
from ser.models.standardize import Scaler
from ser.models.trained import TrainedNetwork


class Scaled(nn.Module):
    """See :class:`ser.models.standardize.Scaler`.

    Args:
        scaler: with what it has learned.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, scaler: Scaler) -> None:
        super().__init__()
        self.signed_sqrt, self.l2 = scaler.scaling.signed_sqrt, scaler.scaling.l2
        self.widths: list[int] = list(scaler.scaling.widths)
        self.register_buffer("mean", scaler.mean.clone())
        self.register_buffer("scale", scaler.scale.clone())

    def forward(self, x: Tensor) -> Tensor:
        """Scale rows, shape [..., width]."""
        rows = (x - self.mean) / self.scale
        if self.signed_sqrt:
            rows = rows.sign() * rows.abs().sqrt()
        if self.l2:
            parts: list[Tensor] = []
            for part in torch.split(rows, self.widths, dim=-1):
                norm = part.square().sum(-1, keepdim=True).sqrt().clamp(min=1e-12)
                parts.append(part / norm * part.shape[-1] ** 0.5)
            rows = torch.cat(parts, dim=-1)
        return rows


class Network(nn.Module):
    """A trained network, from features to logits.

    Args:
        model: the network with its scaling.

    Raises:
        ConfigError: for an architecture that is not of `ser.models`.
    """

    def __init__(self, model: TrainedNetwork) -> None:
        super().__init__()
        network = model.network.network
        if type(network) not in _BODIES:
            raise ConfigError(
                expected=f"a network that can be exported: {', '.join(kind.__name__ for kind in _BODIES)}",
                received=type(network).__name__,
                where=f"model {model.spec.name}",
                fix="Serve this run itself (ser predict, ser serve), or export a run of another model.",
            )
        self.scaled = Scaled(model.network.scaler)
        self.body = _BODIES[type(network)](network, model.shape.kind == "vector")

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map features to logits [batch, classes].

        Args:
            x: float32, [batch, 1, width] for vectors; [batch, frames, width] for sequences, padding at the end.
            lengths: int64, [batch], the true frames of each clip; 1 for vectors.
        """
        logits: Tensor = self.body(without_padding(self.scaled(x), lengths), lengths)
        return logits


class _MLP(nn.Module):
    """See :class:`ser.models.mlp.MLPNetwork`."""

    def __init__(self, network: MLPNetwork, vectors: bool) -> None:
        super().__init__()
        self.dense = _dense(network.layers)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        logits: Tensor = self.dense(x.flatten(1))
        return logits


class _CNN(nn.Module):
    """See :class:`ser.models.cnn.CNNNetwork`."""

    def __init__(self, network: CNNNetwork, vectors: bool) -> None:
        super().__init__()
        self.values_per_step = 1 if vectors else 0
        self.conv = _stack(network.conv)
        self.pooling = None if network.pooling is None else _Pool(network.pooling)
        self.dense = _dense(network.dense)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        x, lengths = _steps(x, lengths, self.values_per_step)
        for block in self.conv:
            x, lengths = block(x, lengths)
        pooled = x.flatten(1) if self.pooling is None else self.pooling(x, lengths)
        logits: Tensor = self.dense(pooled)
        return logits


class _LSTM(nn.Module):
    """See :class:`ser.models.lstm.LSTMNetwork` and :class:`ser.models.cnn_lstm.CNNLSTMNetwork`."""

    def __init__(self, network: LSTMNetwork | CNNLSTMNetwork, vectors: bool) -> None:
        super().__init__()
        folded = network.values_per_step if isinstance(network, LSTMNetwork) else 1
        self.values_per_step = (folded or 0) if vectors else 0
        self.conv = _stack(network.conv) if isinstance(network, CNNLSTMNetwork) else nn.ModuleList()
        self.lstm = nn.ModuleList(_layers(network.lstm))
        head: RecurrentHead = network.head
        self.pooling = None if head.pooling is None else _Pool(head.pooling)
        self.dense = _dense(head.dense)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        x, lengths = _steps(x, lengths, self.values_per_step)
        for block in self.conv:
            x, lengths = block(x, lengths)
        ends = x[:, 0]
        for layer in self.lstm:
            x, ends = layer(x, lengths)
        pooled = ends if self.pooling is None else self.pooling(without_padding(x, lengths), lengths)
        logits: Tensor = self.dense(pooled)
        return logits


_BODIES: dict[type[nn.Module], type[nn.Module]] = {
    MLPNetwork: _MLP,
    CNNNetwork: _CNN,
    LSTMNetwork: _LSTM,
    CNNLSTMNetwork: _LSTM,
}


class _Block(nn.Module):
    """See :class:`ser.models.convolution.ConvBlock`."""

    gain: Tensor
    shift: Tensor

    def __init__(self, block: ConvBlock) -> None:
        super().__init__()
        self.conv, self.pool, self.stride = block.conv, block.pool, block.stride
        self.around: tuple[int, int] = block.around
        # As many as the longest need: what is too much is cut.
        self.beyond: tuple[int, int] = ((block.pool - 1) // 2, block.pool // 2 + block.stride)
        gain, shift = (torch.ones(1), torch.zeros(1)) if block.norm is None else _affine(block.norm)
        self.register_buffer("gain", gain)
        self.register_buffer("shift", shift)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.conv(nn.functional.pad(x.transpose(1, 2), self.around)).relu()
        maps = maps * self.gain[:, None] + self.shift[:, None]
        maps = maps.masked_fill(~_mask(lengths, maps.shape[2])[:, None, :], -torch.inf)
        steps = (maps.shape[2] + self.stride - 1) // self.stride
        padded = nn.functional.pad(maps, self.beyond, value=-torch.inf)
        # Of one axis, the exporter would take the length of its example for the only one.
        pooled = nn.functional.max_pool2d(padded[:, :, None], (1, self.pool), (1, self.stride))
        left = (lengths + (self.stride - 1)) // self.stride
        return without_padding(pooled[:, :, 0, :steps].transpose(1, 2), left), left


class _Layer(nn.Module):
    """A layer of :class:`ser.models.layers.LSTMStack`."""

    def __init__(self, ahead: nn.Module, back: nn.Module | None) -> None:
        super().__init__()
        self.ahead, self.back = ahead, back

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        outputs = self.ahead(x)[0]
        ends = _at_end(outputs, lengths)
        if self.back is not None:
            reverse = self.back(_backwards(x, lengths))[0]
            ends = torch.cat([ends, _at_end(reverse, lengths)], dim=1)
            outputs = torch.cat([outputs, _backwards(reverse, lengths)], dim=2)
        return outputs, ends


class _Pool(nn.Module):
    """See :class:`ser.models.layers.Pooling`."""

    def __init__(self, pooling: Pooling) -> None:
        super().__init__()
        self.spread, self.score = pooling.how == "mean_std", pooling.score

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        scores = torch.zeros_like(x[:, :, :1]) if self.score is None else self.score(x)
        weights = scores.masked_fill(~_mask(lengths, x.shape[1])[:, :, None], -torch.inf).softmax(dim=1)
        mean = (weights * x).sum(1)
        if not self.spread:
            return mean
        variance = (weights * (x - mean[:, None]).square()).sum(1)
        return torch.cat([mean, (variance + 1e-6).sqrt()], dim=1)


def without_padding(x: Tensor, lengths: Tensor) -> Tensor:
    """Put zeros where padding is. Shapes [batch, steps, channels] and [batch]."""
    return x.masked_fill(~_mask(lengths, x.shape[1])[:, :, None], 0.0)


def _mask(lengths: Tensor, steps: int) -> Tensor:
    return torch.arange(steps, device=lengths.device)[None, :] < lengths[:, None]


def _steps(x: Tensor, lengths: Tensor, values_per_step: int) -> tuple[Tensor, Tensor]:
    """See vectors [batch, 1, width] as sequences of a few values a step; leave sequences (0 values a step) alone."""
    if values_per_step == 0:
        return x, lengths
    width = x.shape[2]
    steps = (width + values_per_step - 1) // values_per_step
    whole = nn.functional.pad(x, (0, steps * values_per_step - width))
    return whole.reshape(x.shape[0], steps, values_per_step), torch.full_like(lengths, steps)


def _at_end(outputs: Tensor, lengths: Tensor) -> Tensor:
    index = (lengths - 1)[:, None, None].expand(outputs.shape[0], 1, outputs.shape[2])
    return outputs.gather(1, index)[:, 0]


def _backwards(x: Tensor, lengths: Tensor) -> Tensor:
    steps = torch.arange(x.shape[1], device=x.device)[None, :]
    index = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return x.gather(1, index[:, :, None].expand(x.shape[0], x.shape[1], x.shape[2]))


def _affine(norm: BatchNorm) -> tuple[Tensor, Tensor]:
    state = norm.state_dict()
    gain = state["weight"] / (state["running_var"] + norm.eps).sqrt()
    return gain, state["bias"] - state["running_mean"] * gain


def _stack(stack: ConvStack) -> nn.ModuleList:
    return nn.ModuleList(_Block(block) for block in stack.blocks if isinstance(block, ConvBlock))


def _layers(stack: LSTMStack) -> list[_Layer]:
    backwards: list[nn.Module | None] = list(stack.backwards) or [None] * len(stack.forwards)
    return [_Layer(ahead, back) for ahead, back in zip(stack.forwards, backwards, strict=True)]


def _dense(layers: nn.Sequential) -> nn.Sequential:
    return nn.Sequential(*(layer for layer in layers if not isinstance(layer, nn.Dropout)))
