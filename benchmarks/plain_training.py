"""Networks and the loop over batches as one writes them in PyTorch without thinking of speed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ser.arrays import Float32, Int64

CHANNELS, DROPOUTS = [256, 256, 128, 128, 64], [0.0, 0.0, 0.2, 0.2, 0.0]


class PlainCNN(nn.Module):
    """System D's CNN for 162 values as one would write it down: Conv1d, ReLU, MaxPool1d in PyTorch's own layout."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after, dropout in zip([1, *CHANNELS], CHANNELS, DROPOUTS, strict=False):
            layers += [nn.Conv1d(before, after, 5, padding=2), nn.ReLU(), nn.MaxPool1d(5, 2, 2), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(384, 32), nn.ReLU(), nn.Dropout(0.3))
        self.last = nn.Linear(32, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map [batch, width] to logits."""
        logits: Tensor = self.last(self.layers(x[:, None]))
        return logits


class PlainLSTM(nn.Module):
    """The last output of an LSTM over the values of a vector, and a linear layer."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.lstm, self.last = nn.LSTM(1, 256, batch_first=True), nn.Linear(256, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map [batch, width] to logits."""
        logits: Tensor = self.last(self.lstm(x[:, :, None])[0][:, -1])
        return logits


def plain_epoch(network: nn.Module, rows: Float32, labels: Int64, batch_size: int) -> Callable[[], None]:
    """Give an epoch as a plain loop: a permutation in memory, cross-entropy, clipping, AdamW."""
    x, y = torch.tensor(rows), torch.tensor(labels)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.001)

    def epoch() -> None:
        for chosen in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            loss = cross_entropy(network(x[chosen]), y[chosen])
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()

    return epoch
