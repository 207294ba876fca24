"""The probes show the trap with the one pooling and not with the other."""

import pytest
import torch

from textinv_core import probes
from textinv_core.tokens import Embedding

TEXTS = ["a photo of <x>", "a photo of <x> doing ballet"]


@pytest.fixture
def word():
    return Embedding("<x>", torch.randn(2, 32, generator=torch.Generator().manual_seed(0)), "aa", 7)


def test_the_trap(judge, word):
    trapped = probes.text_features(judge, TEXTS, [word], pooling="argmax")
    right = probes.text_features(judge, TEXTS, [word])
    torch.testing.assert_close(trapped[0], trapped[1])
    assert float(right[0] @ right[1]) < 0.999
    torch.testing.assert_close(right.norm(dim=1), torch.ones(2))


def test_plain_texts_have_the_judges_own_features(judge):
    torch.testing.assert_close(probes.text_features(judge, ["a tree"]), judge.text_features(["a tree"]))


def test_interaction_contrast():
    assert probes.interaction(torch.eye(2)) == 2 and probes.interaction(torch.ones(2, 2)) == 0
    with pytest.raises(ValueError, match="2 x 2"):
        probes.interaction(torch.ones(2, 3))


def test_rescaled_keeps_the_direction(word):
    scaled = probes.rescaled(word, 0.5)
    torch.testing.assert_close(scaled.rows.norm(dim=1), torch.full((2,), 0.5))
    torch.testing.assert_close(torch.cosine_similarity(scaled.rows, word.rows), torch.ones(2))
