"""A word passed on: its files hold its rows, other programs' loaders take them, the card tells the truth."""

import re
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from conftest import draw
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from study.model_card import code, file_name, one_line, pass_on, plain, save_emb_params, write_card
from textinv_core.learning.tokens import Embedding, save_embedding

SETTINGS = dict(steps=4, initializer="tower | <b>", seed=3)


def word(vectors=2, width=32):
    rows = torch.randn(vectors, width, generator=torch.Generator().manual_seed(0))
    return Embedding("<red-tower>", rows, "arm", 4)


def pictures(*prompts):
    return pd.DataFrame(dict(prompt=p, image=draw(i, (32, 32)), score=0.5 + i / 10) for i, p in enumerate(prompts))


def card(folder, concept, drawn=None, **changed):
    given = dict(model="pocket", side=32, scored_by="accord", settings=SETTINGS) | changed
    path = write_card(folder, concept, word(), pictures("a photo of {}") if drawn is None else drawn, **given)
    _, header, text = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(header), text


def links(text):
    return re.findall(r"\]\(([^)]+)\)", text)


@pytest.mark.parametrize("vectors", [1, 3])
def test_emb_params_holds_the_rows(vectors, tmp_path):
    path = save_emb_params(word(vectors), tmp_path / "new" / file_name(word()))
    tensors = load_file(path)
    assert list(tensors) == ["emb_params"] and path.name == "red-tower.safetensors"
    assert torch.equal(tensors["emb_params"], word(vectors).rows)


def test_diffusers_loads_the_word_of_a_shared_folder(pipe, concept, tmp_path):
    save_embedding(word(), tmp_path)
    save_emb_params(word(), tmp_path / file_name(word()))
    card(tmp_path, concept)
    pipe.load_textual_inversion(tmp_path / "learned_embeds.safetensors")
    ids = pipe.tokenizer("<red-tower> <red-tower>_1", add_special_tokens=False).input_ids
    table = pipe.text_encoder.get_input_embeddings().weight
    assert torch.allclose(table[pipe.tokenizer.convert_tokens_to_ids("<red-tower>")], word().rows[0])
    assert len(ids) >= 2
    pipe.load_textual_inversion(tmp_path / "red-tower.safetensors", token="<again>")
    assert torch.allclose(pipe.text_encoder.get_input_embeddings().weight[-len(word().rows)], word().rows[0])


def test_the_card_links_only_what_is_there(concept, tmp_path):
    header, text = card(tmp_path, concept)
    assert "learned_embeds" not in "".join(links(text))
    save_embedding(word(), tmp_path)
    save_emb_params(word(), tmp_path / file_name(word()))
    header, text = card(tmp_path, concept, pictures("a photo of {}", "{} at night"))
    assert {"learned_embeds.safetensors", "red-tower.safetensors"} < set(links(text))
    assert len([link for link in links(text) if link.startswith("concept_images/")]) == len(concept.images)
    shown = [entry["output"]["url"] for entry in header["widget"]]
    assert all((tmp_path / link).is_file() for link in [*links(text), *shown])
    assert header["widget"][1]["text"] == "<red-tower> at night"


@pytest.mark.parametrize(
    ("stated", "hub", "said"),
    [
        ("", "unknown", "unknown"),
        ("CC0-1.0 (drawn)", "cc0-1.0", "CC0-1.0 (drawn)"),
        ("ask my aunt", "other", "ask my aunt"),
    ],
)
def test_the_licence_is_the_one_stated(concept, tmp_path, stated, hub, said):
    header, text = card(tmp_path, concept.model_copy(update=dict(licence=stated)))
    assert header["license"] == hub and f"Licence of the pictures: {said}." in text


@pytest.mark.parametrize(("model", "base"), [("pocket", None), ("a/model", "a/model"), ("/some/folder", None)])
def test_only_a_hub_id_is_a_base_model(concept, tmp_path, model, base):
    header, text = card(tmp_path, concept, model=model)
    assert header.get("base_model") == base
    assert "/some/folder" not in text  # nobody else has that folder


def test_what_people_type_stays_text_on_one_line(concept, tmp_path):
    typed = dict(
        name="a|b](x) <i>\n# no heading", licence="mine\n---\nlicense: mit", description="a [link](there)"
    )  # what a file that was not checked could hold
    odd = concept.model_copy(update=typed)
    header, text = card(tmp_path / "card", odd, pictures("{} with `ticks` | and\nlines: [x](y)"))
    assert header["license"] == "other"
    assert [line for line in text.splitlines() if line.startswith("# ")] == [text.splitlines()[1]]
    assert "<i>" not in text.replace("\\<i\\>", "") and "\n---\n" not in text
    links_only = re.sub(r"(?s)```.*?```", "", text)
    links_only = re.sub(r"\\.|(`+)(?!`)[^\n]*?(?<!`)\1(?!`)", "", links_only)
    assert all((tmp_path / "card" / link).is_file() for link in links(links_only))
    (row,) = [line for line in text.splitlines() if line.startswith("| initializer")]
    assert row == r"| initializer | tower \| \<b\> |"
    compile(re.search(r"```python\n(.*?)```", text, re.S)[1], "card", "exec")


@given(st.text())
def test_any_text_is_one_line_and_none_is_lost(text):
    assert len(one_line(text).splitlines()) <= 1
    assert re.sub(r"\\(.)", r"\1", plain(text)) == one_line(text)
    assert one_line(text) in code(text)


def test_the_same_card_twice_is_the_same_bytes(concept, tmp_path):
    for name in ("one", "other"):
        card(tmp_path / name, concept)
    files = [p.relative_to(tmp_path / "one") for p in sorted((tmp_path / "one").rglob("*")) if p.is_file()]
    assert Path("README.md") in files
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "other" / f).read_bytes() for f in files)


def test_all_that_is_passed_on_is_there_and_the_card_says_how_it_was_ranked(tmp_path, concept):
    best = pictures("a photo of {}", "{} in the snow").assign(by=["likeness", "accord"])
    uses = pass_on(tmp_path / "red-tower", concept, word(), best, model="pocket", side=32, settings=SETTINGS)
    assert {path.name for path in (tmp_path / "red-tower").iterdir()} == set(uses)
    assert "likeness, accord" in (tmp_path / "red-tower" / "README.md").read_text()
    assert load_file(tmp_path / "red-tower" / "learned_embeds.safetensors")["<red-tower>"].shape == (2, 32)
