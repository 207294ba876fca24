"""Random numbers by name: every draw comes from a generator named by (seed, step, what is drawn).

So no generator has a state to save, arms that share a seed see the same batch, and drawing one thing more changes
nothing else.
"""

import hashlib

import torch


def stream(seed: int, step: int, name: str) -> torch.Generator:
    """The CPU generator for one thing drawn at one step of one seed."""
    digest = hashlib.blake2b(f"{name}/{seed}/{step}".encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "big") >> 1)
