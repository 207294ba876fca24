"""A judge by name, and what its features are."""

import pytest
import torch
from conftest import draw

from textinv_core.evaluation import judges
from textinv_core.evaluation.judges import load_judge
from textinv_core.paths import MODELS


def test_the_judge_of_a_model(monkeypatch):
    asked = []
    monkeypatch.setattr(judges, "locate", lambda name, _parts: asked.append(name) or "/nowhere")
    for name, model in ((None, "pocket"), (None, "some/model"), ("mine", "pocket")):
        with pytest.raises(ValueError, match="cannot be loaded"):
            load_judge(name, model=model)
    assert asked == [str(MODELS / "pocket_judge"), "openai/clip-vit-base-patch32", "mine"]


def test_features_are_unit_vectors_and_batches_do_not_matter(judge):
    images = [draw(i) for i in range(3)]
    features = judge.image_features(images)
    assert features.shape == (3, 16) and features.dtype == torch.float32
    torch.testing.assert_close(features.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(judge.image_features(images[1:2]), features[1:2])
    texts = judge.text_features(["a tree", "a photo of a tree in the forest"])
    torch.testing.assert_close(texts.norm(dim=1), torch.ones(2))
    torch.testing.assert_close(judge.text_features(["a tree"]), texts[:1])


def test_the_judge_reads_words_only_and_all_of_them(judge):
    with pytest.raises(ValueError, match="raw token"):
        judge.text_features(["a photo of <x>"])
    with pytest.raises(ValueError, match="longer than its 24 tokens"):
        judge.text_features(["tree " * 40])
