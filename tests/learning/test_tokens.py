"""Learned rows in a prompt are what diffusers makes of them, and the vocabulary is never touched."""

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from textinv_core.learning.models import load_pipeline, model_hash
from textinv_core.learning.tokens import (
    FIRST_LEARNED_ID,
    Embedding,
    encode,
    encode_prompts,
    expand,
    initial_rows,
    known_templates,
    nearest_words,
    pool,
    save_embedding,
    tokenize,
    whole_words,
)

PROMPTS = ["a photo of <x>", "a photo of <x> in the forest", "<x> in the style of fantasy", "a tree"]


def rows(vectors, seed=0):
    return torch.randn(vectors, 32, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("vectors", [1, 3])
def test_encoding_is_diffusers_own(pipe, model_folder, tmp_path, vectors):
    before = model_hash(pipe)
    embedding = Embedding("<x>", rows(vectors))
    ours = encode_prompts(pipe, PROMPTS, [embedding])
    assert model_hash(pipe) == before
    theirs = load_pipeline(model_folder, device="cpu")
    theirs.load_textual_inversion(str(save_embedding(embedding, tmp_path)))
    expected, _ = theirs.encode_prompt(PROMPTS, "cpu", 1, False)
    assert torch.equal(ours, expected)


def test_an_embedding_saved_and_loaded_draws_the_same_picture_in_diffusers(pipe, model_folder, tmp_path):
    from textinv_core.drawing.generation import generate

    path = save_embedding(Embedding("<x>", rows(2)), tmp_path)
    embedding = Embedding("<x>", rows(2))
    settings = dict(num_inference_steps=3, guidance_scale=4.0)
    ours = generate(pipe, embedding, ["a photo of {}"], [5], dtype=torch.float32, **settings)
    theirs = load_pipeline(model_folder, device="cpu")
    theirs.load_textual_inversion(str(path))
    theirs.scheduler = DPMSolverMultistepScheduler.from_config(theirs.scheduler.config)
    noise = torch.Generator("cpu").manual_seed(5)
    image = theirs("a photo of <x>", generator=noise, **settings).images[0]
    assert np.array_equal(np.asarray(ours["image"][0]), np.asarray(image))


def test_the_initializers_own_row_gives_the_initializers_prompt(pipe):
    word = Embedding("<x>", initial_rows(pipe, "tree"))
    assert torch.equal(encode_prompts(pipe, ["a photo of <x>"], [word]), encode_prompts(pipe, ["a photo of tree"]))


def test_initializers_of_several_tokens(pipe):
    table = pipe.text_encoder.get_input_embeddings().weight
    red, tree, dog = (table[pipe.tokenizer.convert_tokens_to_ids(f"{word}</w>")] for word in ("red", "tree", "dog"))
    torch.testing.assert_close(initial_rows(pipe, "red tree"), ((red + tree) / 2)[None])
    assert torch.equal(initial_rows(pipe, "red tree", 3), torch.stack([red, tree, red]))
    torch.testing.assert_close(initial_rows(pipe, "red tree dog", 2), torch.stack([(red + tree) / 2, dog]))
    assert not initial_rows(pipe, "tree").requires_grad


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["a", "photo", "<x>", "<y>", "Forest,", "zq9", "!", "<X>"]), max_size=4),
    st.integers(1, 3),
    st.integers(1, 2),
)
def test_ids_are_those_of_added_tokens(tokenizer, words, x, y):
    import copy

    from textinv_core.learning.tokens import token_names

    text, vectors = " ".join(words), {"<x>": x, "<y>": y}
    extended = copy.deepcopy(tokenizer)
    names = [name for placeholder, n in vectors.items() for name in token_names(placeholder, n)]
    extended.add_tokens(names)
    expected = extended(expand(text, vectors), padding="max_length", return_tensors="pt").input_ids
    ours = tokenize(tokenizer, [text], vectors)
    first = len(tokenizer)
    assert torch.equal(torch.where(ours >= FIRST_LEARNED_ID, ours - FIRST_LEARNED_ID + first, ours), expected)


def test_expansion_leaves_other_placeholders_alone():
    assert expand("<a> and <ab>", {"<a>": 2}) == "<a> <a>_1 and <ab>"
    assert expand("<a>", {"<a>": 1}) == "<a>"


def test_every_row_gets_gradient_and_the_table_none(pipe):
    leaf = rows(3).requires_grad_()
    ids = tokenize(pipe.tokenizer, ["a photo of <x> in the forest"], {"<x>": 3})
    encode(pipe.text_encoder, ids, leaf).sum().backward()
    assert (leaf.grad.abs().sum(1) > 0).all()
    assert pipe.text_encoder.get_input_embeddings().weight.grad is None


def test_each_text_may_have_its_own_rows(pipe):
    ids = tokenize(pipe.tokenizer, ["a photo of <x>"] * 2, {"<x>": 1})
    both = encode(pipe.text_encoder, ids, torch.stack([rows(1, 1), rows(1, 2)]))
    for i, seed in enumerate((1, 2)):
        torch.testing.assert_close(both[i], encode(pipe.text_encoder, ids[:1], rows(1, seed))[0])


def test_pooling_at_the_highest_id_does_not_see_what_follows_the_placeholder(pipe, model_folder, tmp_path):
    texts = ["a photo of <x>", "a photo of <x> doing ballet"]
    ids = tokenize(pipe.tokenizer, texts, {"<x>": 1})
    hidden = encode(pipe.text_encoder, ids, rows(1))
    eos = pipe.tokenizer.eos_token_id
    assert pipe.text_encoder.config.eos_token_id == 2 != eos
    trapped = pool(hidden, ids, eos, "argmax")
    torch.testing.assert_close(trapped[0], trapped[1])
    right = pool(hidden, ids, eos)
    assert (right[0] - right[1]).norm() > 0.1 * right[0].norm()
    # The trap is the library's own, not a construction of ours.
    theirs = load_pipeline(model_folder, device="cpu")
    theirs.load_textual_inversion(str(save_embedding(Embedding("<x>", rows(1)), tmp_path)))
    library = theirs.text_encoder(theirs.tokenizer(texts, padding="max_length", return_tensors="pt").input_ids)
    torch.testing.assert_close(library.pooler_output, trapped)


def test_a_word_is_nearest_to_itself(pipe):
    (nearest,) = nearest_words(pipe, initial_rows(pipe, "castle"), k=3)
    assert nearest[0][0] == "castle" and nearest[0][1] == pytest.approx(1) and len(nearest) == 3


def test_the_nearest_words_are_those_of_the_one_vocabulary_of_whole_words(pipe):
    (near,) = nearest_words(pipe, initial_rows(pipe, "castle"), k=10**6)
    assert {word for word, _ in near} == set(whole_words(pipe.tokenizer))
    assert all(len(word) > 2 and word.isalpha() for word, _ in near)


def test_templates_of_words_the_text_encoder_cannot_know_are_left_out(tokenizer):
    assert known_templates(tokenizer, ["a photo of a {}", "a quixotic {}", "the {}"]) == ("a photo of a {}", "the {}")
    assert known_templates(tokenizer, ["a quixotic {}", "a zigzag photo of {}"]) == ("a quixotic {}",)


def test_a_word_is_kept_in_one_file_under_its_placeholder(tmp_path):
    embedding = Embedding("<deku-tree>", rows(2))
    kept = load_file(save_embedding(embedding, tmp_path))
    assert list(kept) == ["<deku-tree>"] and torch.equal(kept["<deku-tree>"], embedding.rows)
    assert [path.name for path in tmp_path.iterdir()] == ["learned_embeds.safetensors"]


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda p: encode_prompts(p, ["a photo of <y>"], [Embedding("<x>", rows(1))]), "'<y>'"),
        (lambda p: encode_prompts(p, ["tree " * 40]), "24"),
        (lambda p: encode_prompts(p, ["<x>"], [Embedding("<x>", torch.ones(1, 7))]), "width 7"),
        (lambda p: initial_rows(p, " "), "initializer"),
        (lambda p: initial_rows(p, "雪"), "initializer"),
        (lambda p: initial_rows(p, "tree", 0), "vectors"),
        (lambda p: pool(torch.ones(1, 2, 3), torch.ones(1, 2), 1, "max"), "pooling"),
    ],
)
def test_bad_input_is_one_line(pipe, call, named):
    with pytest.raises(ValueError, match=named) as error:
        call(pipe)
    assert "\n" not in str(error.value)
