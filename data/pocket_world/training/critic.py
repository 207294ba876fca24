"""The critic that the decoder is trained against: how real does each small patch of a picture look?

Isola et al. 2017, arXiv:1611.07004; its weight beside the reconstruction as in Esser et al. 2021, arXiv:2012.09841.
"""

import torch
from torch import nn
from torch.nn import functional as F


class Critic(nn.Module):
    """Pictures (n, 3, 64, 64) -> (how real each patch looks (n, 1, 16, 16), the features of three layers)."""

    def __init__(self, width=48):
        super().__init__()
        self.layers = nn.ModuleList([
            nn.Conv2d(3, width, 4, 2, 1),
            nn.Sequential(nn.Conv2d(width, 2 * width, 4, 2, 1), nn.GroupNorm(8, 2 * width)),
            nn.Sequential(nn.Conv2d(2 * width, 4 * width, 3, 1, 1), nn.GroupNorm(8, 4 * width)),
        ])  # fmt: skip
        self.real = nn.Conv2d(4 * width, 1, 3, 1, 1)

    def forward(self, x):
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.real(x), features


def adversarial_share(wanted, unwanted, weight):
    """How much a second loss weighs so that its gradient at `weight` is as long as the first's (Esser et al. 2021,
    eq. 7); at most 100."""
    first, second = (torch.autograd.grad(loss, weight, retain_graph=True)[0].norm() for loss in (wanted, unwanted))
    return (first / (second + 1e-8)).clamp(max=100.0).detach()
