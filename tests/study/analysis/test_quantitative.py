"""The table of methods: rates, contrasts and their correction, readings of editability, and what is said of them."""

import functools
import re

import numpy as np
import pandas as pd
import pytest
from conftest import draw
from PIL import Image

from study.analysis import quantitative as analysis
from study.analysis import quantitative_figures as figures
from study.analysis import quantitative_readings as reading
from study.analysis import quantitative_told as told
from study.analysis import quantitative_traps as traps
from study.analysis.quantitative import COPY, DB, KL, SD, TI, TRUE
from study.scores import against_every_seed
from textinv_core.paths import DATA

NAMES = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"]
PLAIN, CONTEXT = "a photo of {}", "a photo of {} in the snow"


def scores_of(shift, names=NAMES, seeds=(0, 1)):
    """One row a picture; `shift[method]` is added to likeness and taken from the texts' cosines."""
    rng, rows = np.random.default_rng(0), []
    for name in names:
        for method in (SD, *shift):
            for seed in (np.nan,) if method == SD else seeds:
                for text in (PLAIN, CONTEXT):
                    for image in (0, 1):
                        up = shift.get(method, 0.0) + 0.01 * rng.normal()
                        row = dict(concept=name, method=method, seed=seed, prompt=text, image=image)
                        row |= dict(is_plain=text == PLAIN, coherence=1.0, reconstruction=0.5 + up, held_out=np.nan)
                        row |= dict.fromkeys(("text_deleted", "text_class", "text_context"), 0.5 - up)
                        more = float(rng.random() < 0.5 + shift.get(method, 0.0))
                        rows.append(row | dict(concept_seen=float(text == PLAIN), context_seen=1.0, both_seen=more))
    return pd.DataFrame(rows)


def contrasts_of(shift, names=NAMES, asked=analysis.BY_CLIP):
    paired = against_every_seed(scores_of(shift, names), SD, [TI, KL, DB], (0, 1))
    return analysis.primary_contrasts(paired, names, names, asked)


def test_what_rises_and_falls_clearly_is_supported():
    table, found, each = contrasts_of({TI: 0.2, KL: 0.1})
    assert analysis.verdicts(table, found) == dict.fromkeys(analysis.CLAIMS, "supported")
    assert table.loc["ti_reconstruction", "change"] == pytest.approx(0.2, abs=0.02)
    assert (table["p_holm"] >= table["p"]).all() and set(each["ti_editability"]) == set(NAMES)
    said, tests = told.contrasts_said(table, 0.05)
    assert said["kl_beside"].startswith("falls: -0.") and tests["ti_editability"].endswith("7 concepts")


def test_the_opposite_of_a_claim_is_not_supported():
    table, found, _ = contrasts_of({TI: -0.2, KL: -0.2})
    verdicts = analysis.verdicts(table, found)
    assert verdicts["ti_reconstruction"] == verdicts["ti_editability"] == "not supported"


def test_the_kl_claim_is_judged_by_what_the_oracle_sees():
    many = [f"c{i}" for i in range(12)]
    table, found, _ = contrasts_of({TI: -0.4, KL: 0.4}, many, analysis.BY_ORACLE)
    assert table.loc["kl", "value"] == "both_seen" and analysis.verdicts(table, found)["kl"] == "supported"
    table, found, _ = contrasts_of({TI: 0.4, KL: -0.4}, many, analysis.BY_ORACLE)
    assert analysis.verdicts(table, found)["kl"] == "not supported"
    table, found, _ = contrasts_of({TI: 0.4, KL: 0.4}, many, analysis.BY_ORACLE)
    assert found["kl"].high > analysis.SMALLEST["both_seen"] and analysis.verdicts(table, found)["kl"] == "undecided"
    assert found["kl_beside"].estimate == 0  # the context is always there


def test_the_true_name_is_that_of_the_named():
    scores = scores_of({TI: 0.1, TRUE: 0.2})
    summary = analysis.by_method(scores, dict.fromkeys(NAMES, PLAIN), 0)
    summary = summary[(summary["method"] != TRUE) | (summary["concept"] == "c0")]
    numbers = analysis.numbers_of(summary, [TI, TRUE], NAMES[1:], ["c0"]).set_index(["method", "value"])
    alone = summary[(summary["method"] == TRUE)]["reconstruction"].mean()
    assert numbers.loc[(TRUE, "reconstruction"), "mean"] == pytest.approx(alone)
    assert "Of 1 concept" in (said := told.true_name_said(summary, ["c0"])) and "concept (K) 100 % with it" in said
    assert told.true_name_said(summary[summary["method"] != TRUE], []).startswith("No concept")
    blind = summary.assign(both_seen=np.nan)
    assert "without an oracle" in told.true_name_said(blind, ["c0"])


def test_traps_are_what_they_are_called():
    assert traps.without_subject(CONTEXT) == "a photo in the snow" and traps.without_subject(PLAIN) == "a photo"
    assert traps.without_subject("a lake in the style of {}") == "a lake"
    assert traps.without_subject("{} at night") == "at night"
    black, white = (Image.new("RGB", (32, 32), colour) for colour in ("black", "white"))
    assert np.abs(np.asarray(traps.smear([black, white]), dtype=float) - 127.5).max() <= 1
    edge = Image.new("RGB", (32, 32))
    edge.paste("white", (16, 0, 32, 32))
    across = np.asarray(traps.smear([edge]))[0, :, 0].astype(int)
    assert (np.diff(across) >= 0).all() and np.diff(across).max() < 80  # blurred, not shifted
    assert list(traps.smeared([edge], ["a", "b"])["prompt"]) == ["a", "b"]
    drawn = traps.tempting(lambda word, texts: pd.DataFrame(dict(prompt=texts, text=texts)), [edge], [PLAIN, CONTEXT])
    both = pd.concat(drawn).set_index("method")
    assert list(both.loc[traps.EMPTY, "prompt"]) == list(both.loc[traps.SMEAR, "prompt"]) == [PLAIN, CONTEXT]
    assert list(both.loc[traps.EMPTY, "text"]) == ["a photo", "a photo in the snow"]


def test_traps_are_told_beside_the_learned_word():
    scores = scores_of({TI: 0.1, traps.EMPTY: -0.2, traps.SMEAR: 0.3})
    numbers = analysis.numbers_of(
        analysis.by_method(scores, dict.fromkeys(NAMES, PLAIN), 0), [TI, traps.EMPTY, traps.SMEAR], NAMES
    )
    said = traps.traps_said(numbers, TI)
    assert "0.70 against 0.40" in said and "0.80 against 0.60" in said and "The oracle finds" in said
    assert "B" in told.short_table(numbers).to_html() and "coherence" not in told.short_table(numbers).to_html()
    blind = numbers.assign(mean=numbers["mean"].where(~numbers["value"].isin(list(analysis.ORACLE))))
    assert "oracle" not in traps.traps_said(blind, TI)


def test_a_handful_of_concepts_supports_nothing():
    table, found, _ = contrasts_of({TI: 0.2, KL: 0.1}, NAMES[:4])
    assert set(analysis.verdicts(table, found).values()) == {"undecided"}
    assert "though not after Holm" in told.contrasts_said(table, 0.05)[0]["ti_reconstruction"]
    table, found, _ = contrasts_of({TI: 0.2, KL: 0.1}, NAMES[:1])
    assert table["p_holm"].isna().all()
    assert told.contrasts_said(table, 0.05)[1]["ti_reconstruction"] == "no test over 1 concept"


def test_the_concept_is_asked_of_plain_pictures_and_the_context_of_the_others():
    summary = analysis.by_method(scores_of({TI: 0.1}), dict.fromkeys(NAMES, PLAIN), 0)
    assert (summary[["concept_seen", "context_seen"]] == 1).all(axis=None)
    assert len(summary) == len(NAMES) * 3  # the plain model, and the word from two seeds
    numbers = analysis.numbers_of(summary, [SD, TI], NAMES)
    assert "editability, class word" in told.number_table(numbers).to_html()
    assert "held out" not in told.number_table(numbers).to_html()  # not known of any method
    assert analysis.points(summary, NAMES[:2]).loc[TI].shape == (2, 2)


def test_dreambooth_stands_beside_where_it_was_run():
    without = against_every_seed(scores_of({TI: 0.1}), SD, [TI, DB], (0, 1))
    assert "left out" in told.beside(without, NAMES)
    scores = scores_of({TI: 0.1, DB: 0.3})
    said = told.beside(against_every_seed(scores, SD, [TI, DB], (0, 1)), NAMES)
    assert "reconstruction +0.2" in said and "editability -0." in said


def with_tokens(shift, **others):
    return scores_of({TI: shift}).assign(**({"raw": 0.5, "own": np.nan, "trap": np.nan} | others))


def test_readings_are_ratios_of_the_same_prompts():
    table = reading.ratios(with_tokens(0.25), SD, TI, (0, 1), published=0.5)
    by = table.set_index(["reading", "averaging", "prompts"]).sort_index()
    assert by.loc[("class word", "mean", "contexts"), "ratio"] == pytest.approx(0.5, abs=0.05)
    assert by.loc[("raw token", "mean", "contexts"), "ratio"] == 1
    assert by.loc["own CLIP, trap", "ratio"].isna().all()
    assert list(table["near"]) == [reading.CALLED["raw"] != r and not r.startswith("own") for r in table["reading"]]
    assert reading.sees_the_token(table).sum() == 4
    assert reading.readings_said(table, 0.5).startswith("10 of the 12 readings come within 0.1")
    assert reading.readings_said(table.assign(near=False), 0.9).endswith("raw token, mean, contexts (1.00)")
    low, high = map(float, reading.honest_span(table).split(" to "))
    assert 0.4 < low <= high < 0.6


def test_the_poster_leaves_the_share_that_its_two_numbers_give():
    published, poster, ratio = reading.read_published(DATA / "published.yml", SD, TI)
    assert set(poster.index) == {SD, TI} and len(published) > len(poster)
    assert ratio * poster.loc[SD, "editability"] == pytest.approx(poster.loc[TI, "editability"])


def test_no_ratio_to_a_level_that_is_not_above_zero():
    scores = with_tokens(0.25, raw=-1.0)
    scores[["text_deleted", "text_class", "text_context"]] = -1.0
    table = reading.ratios(scores, SD, TI, (0, 1), published=0.5)
    assert table["ratio"].isna().all() and not table["near"].any()
    assert reading.readings_said(table, 0.5).startswith("no ratio") and reading.honest_span(table) == "not defined"


# --- the page as a whole -------------------------------------------------------------------------------

GIVEN = dict(seeds=[0, 1], images_per_prompt=2, development=[])
POSTER = pd.DataFrame(
    dict(source="poster, Table 1", method=[SD, TI], reconstruction=[0.7, 0.8], editability=[0.3, 0.2])
).set_index("method")


@functools.cache  # resampling takes its time
def whole():
    scores = scores_of({TI: 0.2, KL: 0.1, DB: 0.3, COPY: 0.4})
    return scores, analysis.compare(scores, dict.fromkeys(NAMES, PLAIN), (0, 1), NAMES[1:], [])


def test_all_at_once_is_what_its_parts_are():
    scores, found = whole()
    assert found.methods == [SD, TI, KL, DB, COPY] and found.asked is analysis.BY_ORACLE
    paired = against_every_seed(scores, SD, [TI, KL, DB], (0, 1))
    table, intervals, each = analysis.primary_contrasts(paired, NAMES, NAMES[1:])
    pd.testing.assert_frame_equal(found.primary, table)
    assert found.by_concept == each and found.verdicts == analysis.verdicts(table, intervals)
    blind = scores.drop(columns=list(analysis.ORACLE)).assign(**dict.fromkeys(analysis.ORACLE, np.nan))
    assert analysis.compare(blind, dict.fromkeys(NAMES, PLAIN), (0, 1), NAMES, []).asked is analysis.BY_CLIP


def test_the_answer_has_two_sentences_and_two_numbers():
    _, found = whole()
    said = told.answer(found.verdicts, found.numbers)
    assert said.startswith("a learned word brings likeness (the oracle finds the concept in 100 %")
    assert "obeyed less (the context is there in 100 %)" in said
    assert said.count(". ") == 1 and len(re.findall(r"\d+", said)) == 2
    blind = told.answer(dict.fromkeys(found.verdicts, "undecided"), found.numbers.assign(mean=np.nan))
    assert "oracle" not in blind and blind.count("is open") == 2


def test_what_the_page_quotes_and_claims():
    _, found = whole()
    said = told.told(found, GIVEN, reported=NAMES[1:], named=[], poster=POSTER)
    assert all(isinstance(value, str) for value in said.values())
    assert said["poster_products"] == "0.210 for SD, 0.160 for SD + TI" and said["development"] == "none"
    rows = told.claim_rows(found, said["sizes"])
    assert [row["verdict"] for row in rows] == [found.verdicts[key] for key in analysis.CLAIMS]
    assert rows[0]["n"] == "7 concepts, 2 training seeds, 2 pictures a prompt"
    short = told.short_table(found.numbers).data
    assert list(short.index) == ["reconstruction", "editability", "K", "C", "B"] and list(short) == found.methods


def test_figures_show_every_method_and_both_kinds_of_number():
    _, found = whole()
    published = POSTER.reset_index()
    left, right = figures.plane(found.numbers, analysis.points(found.summary, NAMES), published, POSTER).axes
    assert [text.get_text() for text in left.get_legend().get_texts()] == found.methods
    assert len(right.get_legend().get_texts()) == 2
    above, below = figures.contrasts(found.primary, found.by_concept, NAMES[:1], share=True).axes
    assert above.get_xlabel() == "difference in cosine" and "pictures" in below.get_xlabel()
    table = reading.ratios(with_tokens(0.25), SD, TI, (0, 1), published=0.5)
    (ax,) = figures.readings(table, 0.5).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == reading.named(table)


def test_pictures_stand_by_method_and_prompt(concept):
    rows = [dict(method=m, prompt=p, image=draw(i)) for i, m in enumerate((TI, traps.EMPTY, traps.SMEAR))
            for p in (PLAIN, CONTEXT)]  # fmt: skip
    drawn, heads = pd.DataFrame(rows), {PLAIN: "plain", CONTEXT: "in the snow"}
    (ax,) = figures.traps(drawn, heads).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == [TI, traps.EMPTY, traps.SMEAR]
    (ax,) = figures.pictures({"a": drawn, "b": drawn}, dict.fromkeys("ab", draw(9)), dict.fromkeys("ab", heads)).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["plain", "in the snow"] * 2
    assert ax.get_yticklabels()[0].get_text() == "training picture"
    person, tree = (concept.model_copy(update={"name": kind, "kind": kind}) for kind in ("person", "tree"))
    other = tree.model_copy(update={"name": "other"})
    assert figures.one_of_each([tree, other, person], 2) == [tree, person]
    assert figures.one_of_each([tree, other, person], 3) == [tree, other, person]
