"""The probes show the trap with the one pooling and not with the other."""

import numpy as np
import pytest
import torch
from conftest import draw
from transformers import CLIPModel, CLIPTextModel

from study import vocabulary
from study.analysis.probes_said import place_among
from textinv_core.evaluation import probes
from textinv_core.evaluation.judges import load_judge
from textinv_core.learning.models import load_pipeline
from textinv_core.learning.tokens import Embedding, initial_rows

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


def test_rescaled_keeps_the_direction(word):
    scaled = probes.rescaled(word, 0.5)
    torch.testing.assert_close(scaled.rows.norm(dim=1), torch.full((2,), 0.5))
    torch.testing.assert_close(torch.cosine_similarity(scaled.rows, word.rows), torch.ones(2))


@pytest.fixture(scope="session")
def own_clip(judge, model_folder, tmp_path_factory):
    """A CLIP whose text half is the tiny model's text encoder, beside nothing."""
    folder = tmp_path_factory.mktemp("clips") / "own"
    clip = CLIPModel.from_pretrained(judge.model.name_or_path)
    clip.text_model.load_state_dict(CLIPTextModel.from_pretrained(model_folder / "text_encoder").state_dict())
    clip.save_pretrained(folder)
    judge.tokenizer.save_pretrained(folder)
    judge.processor.save_pretrained(folder)
    return folder


class TestWhichClip:
    def test_its_text_half_is_the_models(self, pipe, model_folder, own_clip):
        clip, said = probes.open_clip(pipe, model_folder, str(own_clip))
        assert "bit for bit" in said and probes.encoder_gap(clip, pipe) == 0
        word = Embedding("<x>", torch.randn(1, 32))
        states = probes.text_states(clip.model.text_model, clip.tokenizer, TEXTS, [word])
        torch.testing.assert_close(states, probes.text_states(pipe.text_encoder, pipe.tokenizer, TEXTS, [word]))

    def test_by_rule_it_lies_beside_the_model(self, pipe, own_clip, tmp_path):
        (tmp_path / "mine_clip").symlink_to(own_clip)
        assert probes.open_clip(pipe, tmp_path / "mine")[0] is not None
        assert probes.open_clip(pipe, tmp_path / "other") == (
            None,
            "no CLIP is known to hold this model’s text encoder",
        )

    def test_another_clip_is_refused_if_named_and_left_out_if_not(self, pipe, judge, tmp_path):
        with pytest.raises(ValueError, match="not this model's text encoder"):
            probes.open_clip(pipe, "x", judge.model.name_or_path)
        (tmp_path / "mine_clip").symlink_to(judge.model.name_or_path)
        clip, said = probes.open_clip(pipe, tmp_path / "mine")
        assert clip is None and "is not the model’s text encoder" in said

    def test_the_pocket_models_own(self):
        if not (probes.MODELS / "pocket_clip" / "model.safetensors").exists():
            pytest.skip("the pocket model is not there")
        clip, said = probes.open_clip(load_pipeline("pocket", device="cpu"), "pocket")
        assert clip is not None and "bit for bit" in said
        assert load_judge(probes.MODELS / "pocket_clip").name == clip.name


def test_slope_of_rungs():
    np.testing.assert_allclose(
        probes.slope([[0.4, 0.3, 0.2, 0.1], [1, 1, 1, 1], [0, 1, 2, 3]]), [0.1, 0, -1], atol=1e-12
    )


def test_third_probe_agrees_with_the_two_by_two_table(judge, word):
    plains, contexts = [draw(0), draw(1)], [draw(4), draw(5)]
    pairs = [(TEXTS[1], *images) for images in zip(plains, contexts, strict=True)]
    for pooling in probes.POOLINGS:
        table = probes.context_cosines(judge, TEXTS[0], pairs, [word], pooling=pooling)
        texts = probes.text_features(judge, TEXTS, [word], pooling=pooling)
        (s11, s21), (s12, s22) = ((texts @ judge.image_features(i).T).mean(1) for i in (plains, contexts))
        expected = float(s11 + s22 - s12 - s21)
        assert table["interaction"].mean() == pytest.approx(expected, abs=1e-6)
        assert pooling == "end_of_text" or table["interaction"].abs().max() < 1e-6  # the trap: one text, not two


class TestAmongTheWords:
    def test_an_ordinary_word_lies_inside(self, pipe):
        ordinary = vocabulary.ordinary_words(pipe)
        assert ordinary["cosine"].max() < 1 and set(ordinary["nearest"]) <= set(ordinary["word"])
        middle = ordinary.iloc[(ordinary["norm"] - ordinary["norm"].median()).abs().argmin()]
        assert not place_among(ordinary, middle["norm"], ordinary["cosine"].median())["outside"]
        assert place_among(ordinary, 10 * ordinary["norm"].max(), 0.9)["outside"]
        assert place_among(ordinary, middle["norm"], -1)["lonelier"] == 0

    def test_a_word_is_its_own_nearest(self, pipe):
        near, cosine = vocabulary.nearest_ordinary(pipe, 3 * initial_rows(pipe, "castle")[0])
        assert near == "castle" and cosine == pytest.approx(1)
        other, less = vocabulary.nearest_ordinary(pipe, initial_rows(pipe, "castle")[0], but="castle")
        assert other != "castle" and less < 0.999
