"""What holds of every input: files of any bytes, prompts of any words, any predictions, records of any values."""

import json
import random
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import WORDS, draw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from textinv_core import files
from textinv_core.learning.concepts import Concept, load_concept, load_images
from textinv_core.learning.losses import (
    PREDICTION_TYPES,
    VARIANCES,
    denoising_loss,
    kl_beta,
    kl_step_weights,
    lam_by_timestep,
    regularised_loss,
)
from textinv_core.learning.tokens import FIRST_LEARNED_ID, encode, initial_rows, tokenize
from textinv_core.paths import RESULTS, record_dir
from textinv_core.provenance import identity

FAST = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


# --- loaders ----------------------------------------------------------------------------------------


@st.composite
def spoilt(draw_from, whole):
    """A whole file with some bytes changed, cut off somewhere; or bytes of no file at all."""
    if draw_from(st.booleans()):
        return draw_from(st.binary(max_size=200))
    content = bytearray(draw_from(st.sampled_from(whole)))
    change = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    for place, value in draw_from(st.lists(change, max_size=4)):
        content[place] = value
    return bytes(content[: draw_from(st.just(len(content)) | st.integers(0, len(content)))])


def saved(form, **how):
    file = BytesIO()
    draw(1, (24, 20)).save(file, format=form, **how)
    return file.getvalue()


def loaded_or_refused(load, path, content):
    """What `load` gives for a file of this content, or None where it is refused in one line that names the file."""
    path.write_bytes(content)
    try:
        return load(path)
    except ValueError as error:
        assert path.name in str(error) and len(str(error).splitlines()) == 1
        return None


PICTURES = [saved("PNG"), saved("JPEG"), saved("WEBP"), saved("BMP"), saved("TIFF"), saved("GIF")]
PICTURES += [saved("PNG", save_all=True, append_images=[draw(2, (24, 20))]), saved("TIFF", compression="tiff_lzw")]


@settings(FAST, max_examples=200)
@given(content=spoilt(PICTURES))
def test_any_bytes_are_a_picture_or_refused(tmp_path, monkeypatch, content):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100_000)
    found = loaded_or_refused(lambda path: load_images([path], 32), tmp_path / "some.png", content)
    assert found is None or (found[0].mode, found[0].size) == ("RGB", (32, 32))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@FAST
@given(content=st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_record_or_refused(tmp_path, content):
    found = loaded_or_refused(files.load_json, tmp_path / "some.json", content)
    assert found is None or isinstance(found, dict)


LINES = st.sampled_from(["name: a", "placeholder: <x>", "kind: [", "- a", "templates: ['{}']", "{", "licence: &b"])
LINES |= st.text(st.sampled_from(list("ab:-[]{}&*!<>|'\"%@`#? \t\n0.1\\é")), max_size=12)


@settings(FAST, max_examples=200)
@given(content=st.binary(max_size=60) | st.lists(LINES, max_size=4).map(lambda lines: "\n".join(lines).encode()))
def test_any_bytes_are_a_concept_or_refused(tmp_path, content):
    (tmp_path / "some").mkdir(exist_ok=True)
    (tmp_path / "some" / "0.png").write_bytes(PICTURES[0])
    (tmp_path / "some" / "concept.yml").write_bytes(content)
    try:
        concept = load_concept(tmp_path / "some")
    except ValueError as error:
        assert str(tmp_path / "some") in str(error) and len(str(error).splitlines()) == 1
    else:
        assert concept.images and re.fullmatch(r"<[a-z0-9][a-z0-9-]*>", concept.placeholder)


@settings(FAST, max_examples=200)
@given(name=st.text(max_size=6) | st.text(st.sampled_from(list("ab./-~ \n\0")), max_size=6))
def test_a_name_never_leads_out_of_its_folder(name):
    try:
        assert record_dir(name, "x").resolve().parent.parent == RESULTS
    except ValueError as error:
        assert len(str(error).splitlines()) == 1
    try:
        own = Concept(name=name, placeholder="<x>", images=(Path("a.png"),)).name
    except ValueError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert (Path("/records") / own).resolve().parent == Path("/records")


# --- prompts ----------------------------------------------------------------------------------------

PROMPTS = st.lists(st.sampled_from([*WORDS, "zq9,", "!", "Forest"]) | st.just("<x>"), max_size=8)


@FAST
@given(words=PROMPTS, vectors=st.integers(1, 6))
def test_a_placeholder_takes_exactly_its_vectors(tokenizer, words, vectors):
    places = words.count("<x>")
    plain = tokenizer(" ".join(word for word in words if word != "<x>"), add_special_tokens=False).input_ids
    needed = len(plain) + places * vectors + 2
    if needed > tokenizer.model_max_length:
        with pytest.raises(ValueError, match=f"{needed} tokens with start and end"):
            tokenize(tokenizer, [" ".join(words)], {"<x>": vectors})
        return
    ids = tokenize(tokenizer, [" ".join(words)], {"<x>": vectors})[0].tolist()
    assert len(ids) == tokenizer.model_max_length
    learned = [i - FIRST_LEARNED_ID for i in ids if i >= FIRST_LEARNED_ID]
    assert learned == [*range(vectors)] * places
    assert [i for i in ids if i < FIRST_LEARNED_ID][1 : 1 + len(plain)] == plain  # the rest reads as it did


@pytest.fixture(scope="module")
def encoder(model_folder):
    from textinv_core.learning.models import load_pipeline

    return load_pipeline(model_folder, device="cpu")


@settings(FAST, max_examples=25)
@given(words=st.lists(st.sampled_from(WORDS) | st.just("<x>"), max_size=6), word=st.sampled_from(WORDS))
def test_a_placeholder_with_a_words_row_reads_as_the_word(encoder, words, word):
    text = " ".join(words)
    ids = tokenize(encoder.tokenizer, [text], {"<x>": 1})
    spelt = tokenize(encoder.tokenizer, [text.replace("<x>", word)])
    with torch.no_grad():
        assert torch.equal(
            encode(encoder.text_encoder, ids, initial_rows(encoder, word)), encode(encoder.text_encoder, spelt)
        )


# --- losses -----------------------------------------------------------------------------------------

SEEDS = st.integers(0, 2**31)
LAM = st.floats(0, 100)


def predictions(seed, count=3):
    """Predictions, targets and the like: (count, 4, 2, 3, 3)."""
    return torch.randn(count, 4, 2, 3, 3, generator=torch.Generator().manual_seed(seed))


@st.composite
def chains(draw_from):
    """alphas_cumprod of a noisy chain: falling from below 1 to above 0."""
    steps = draw_from(st.lists(st.floats(0.5, 0.9999), min_size=2, max_size=20))
    return torch.tensor(steps, dtype=torch.float64).cumprod(0)


@FAST
@given(chains(), st.sampled_from(VARIANCES), st.sampled_from(PREDICTION_TYPES), SEEDS, LAM)
def test_the_kl_is_zero_at_the_initializer_and_never_negative(alphas, variance, kind, seed, lam):
    weights = kl_step_weights(alphas, variance, kind)
    assert (weights > 0).all() and weights[1:].isfinite().all()
    timesteps = torch.randint(1, len(alphas), (4,), generator=torch.Generator().manual_seed(seed))
    new, init, _ = predictions(seed)
    kl = lambda a, b: weights[timesteps] * (a - b).double().pow(2).flatten(1).sum(1)  # noqa: E731
    assert (kl(init, init) == 0).all() and (kl(new, init) > 0).all()
    for weighting in ("exact", "uniform"):
        lams = lam_by_timestep(lam, weights, weighting)
        assert (lams >= 0).all() and lams.isfinite().all()
    median = float(weights[weights.isfinite()].median())
    assert kl_beta(lam, weights, 18) * 18 * median == pytest.approx(lam)


@FAST
@given(seed=SEEDS, lam=st.lists(LAM, min_size=4, max_size=4))
def test_the_kl_loss_is_plain_training_toward_a_shrunk_target(seed, lam):
    """d(p, t) + lam d(p, i) = (1 + lam) d(p, s) + lam / (1 + lam) d(t, i), whose last term no row can change."""
    (new, target, init), lam = predictions(seed), torch.tensor(lam)
    direct = regularised_loss(new, target, noise_pred_init=init, lam=lam)
    ratio = lam.reshape(-1, *[1] * (target.dim() - 1))
    shrunk = (1 + lam) * denoising_loss(new, (target + ratio * init) / (1 + ratio))
    torch.testing.assert_close(direct, shrunk + lam / (1 + lam) * denoising_loss(target, init), rtol=1e-4, atol=1e-4)
    assert (direct >= denoising_loss(new, target)).all()


# --- records ----------------------------------------------------------------------------------------


def shuffled(values, rng):
    """The same values with the keys of every mapping in another order."""
    if isinstance(values, dict):
        return {key: shuffled(values[key], rng) for key in rng.sample(list(values), len(values))}
    return [shuffled(value, rng) for value in values] if isinstance(values, list) else values


@FAST
@given(values=st.dictionaries(st.text(max_size=5), VALUES, max_size=4), seed=SEEDS)
def test_an_identity_hangs_on_the_values_alone(tmp_path, values, seed):
    name = identity(values)
    assert identity(shuffled(values, random.Random(seed))) == name != identity({"within": values})
    path = files.write_json(tmp_path / "a.json", values)
    assert files.load_json(path) == values and identity(files.load_json(path)) == name


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8).map("w {}".format)  # never a number, or NA
COLUMNS = st.fixed_dictionaries(
    dict(
        arm=st.from_regex(r"[0-9a-f]{10}", fullmatch=True),
        prompt=TEXTS,
        seed=st.integers(0, 2**31),
        score=st.floats(width=32, allow_infinity=False).map(lambda x: x + 0.0),  # "-0" is read as the integer
    )
)


@FAST
@given(rows=st.lists(COLUMNS, min_size=1, max_size=5))
def test_a_table_reads_back_as_it_was(tmp_path, rows):
    table = pd.DataFrame(rows)
    path = files.write_table(tmp_path / "a.csv", table)
    back = files.load_table(path, tuple(table.columns))
    assert back[["arm", "prompt", "seed"]].equals(table[["arm", "prompt", "seed"]])
    scores = (part["score"].to_numpy(dtype=np.float32) for part in (back, table))
    assert np.array_equal(*scores, equal_nan=True)
    before = path.read_bytes()
    assert files.write_table(path, back).read_bytes() == before
