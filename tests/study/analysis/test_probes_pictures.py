"""Pictures of each context by itself, and how the page on probes says what was found."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import draw
from pocket_world.oracle.attributes import NONE
from pocket_world.oracle.model import TINY, Oracle
from pocket_world.oracle.reading import label
from pocket_world.oracle.witness import sees
from pocket_world.world.scenes import SCENES

from study.analysis import probes_pictures as pictured
from study.analysis import probes_said as said
from study.analysis import probes_told as told
from study.analysis.probes import CLASS, KL, NAIVE, RANDOM, RIGHT, TRAP, TRUE
from study.analysis.probes_compared import compare
from study.analysis.probes_pictures import BOTH, DIFFERS, HAS, KEEPS, PLAIN
from textinv_core.evaluation.stats import UNKNOWN


def test_pictures_differ_from_the_plain_one_of_the_same_noise(judge):
    rows = [("plain", 0), ("plain", 1), ("other", 0), ("other", 1)]
    pictures = pd.DataFrame(
        [dict(arm="a", step=0, prompt=p, seed=s, image=draw(5 * s if p == "plain" else 5)) for p, s in rows],
        index=[9, 8, 7, 6],
    )
    differs = pictured.picture_differences(pictures, "plain", judge)
    assert differs[[9, 8]].isna().all() and differs[7] > 1e-4 and abs(differs[6]) < 1e-6


def test_people_dance_and_with_somebody_else(concept):
    assert list(pictured.contexts_of(concept, 2).values()) == ["in the forest", "on the beach"]
    girl = concept.model_copy(update={"kind": "person", "class_word": "girl"})
    assert list(pictured.contexts_of(girl, 1).items())[2:] == [
        ("a photo of {} dancing with a boy", "dancing with a boy"),
        ("a photo of {} in the forest", "in the forest"),
    ]
    assert "dancing with a girl" in pictured.contexts_of(girl.model_copy(update={"class_word": "man"}), 1).values()


def test_what_is_not_learned_is_drawn_once():
    def drawing(row, texts, *, word):
        return pd.DataFrame(dict(prompt=texts, image=[f"{row} {word}"] * len(texts)))

    ways = {s: {CLASS: ("a tree", []), NAIVE: ("<x>", [f"row {s}"])} for s in (3, 4)}
    table = pictured.draw_ways(drawing, ways, ["p", "q"])
    assert table.groupby("reading").size().to_dict() == {CLASS: 2, NAIVE: 4}
    assert table.loc[table["reading"] == CLASS, "trained"].isna().all()
    assert list(table["image"].unique()) == ["None a tree", "row 3 <x>", "row 4 <x>"]
    assert table["arm"].nunique() == 3


def test_a_dance_with_a_partner_takes_both():
    pictures = pd.DataFrame(dict(prompt=["p", "p", "q"], image=[1, 2, 3]))
    truth = {"dancing": [1, 1, 1], "with a girl": [1, 0, 0], "at night": [1, 1, 0]}

    def look(table, phrases):
        there = [float(truth[phrases[p]][i]) for i, p in enumerate(table["prompt"])]
        return pd.DataFrame({KEEPS: [1.0, 1.0, 1.0], HAS: there, BOTH: there})

    seen = pictured.seen(look, pictures, {"p": "dancing with a girl", "q": "at night"})
    assert list(seen[HAS]) == [1, 0, 0] and list(seen[BOTH]) == [1, 0, 0]


def scores_of(there, names=("a", "b", "c"), seeds=(0, 1)):
    """`there(reading, context)`: the share of four pictures in which the context is; the concept in half of them."""
    rows = [
        {"concept": name, "seed": seed, "reading": k, "context": x, "prompt": x, "image": i}
        | {HAS: np.nan if x == PLAIN else float(i < 4 * there(k, x)), KEEPS: float(i < 2), DIFFERS: 0.1 * i}
        for name in names
        for seed in seeds
        for k in (CLASS, RANDOM, NAIVE, KL)
        for x in (PLAIN, "doing ballet", "at night")
        for i in range(4)
    ]
    return pd.DataFrame(rows).assign(**{BOTH: lambda t: t[HAS] * t[KEEPS]})


def lost_at_night(reading, context):
    return 0.0 if (reading, context) == (NAIVE, "at night") else 1.0


def test_each_context_has_its_own_verdict():
    scores = scores_of(lost_at_night)
    losses = pictured.lost(scores, HAS)
    each = pictured.context_verdicts(losses, scores, HAS, [NAIVE, KL]).set_index(["context", "reading"])
    assert each.at[("at night", NAIVE), "lost"] == "supported" and each.at[("at night", NAIVE), "loss"] == 1
    assert each.at[("doing ballet", NAIVE), "lost"] == "not supported"
    assert each.at[("at night", KL), "lost"] == "not supported"
    assert said.contexts_said(each.reset_index(), NAIVE) == "loses “at night”; does not lose “doing ballet”"
    assert pictured.gained(scores, HAS, "at night", KL, NAIVE).estimate == 1
    assert pictured.gained(scores, HAS, "doing ballet", KL, NAIVE).estimate == 0


def test_nothing_is_lost_that_the_class_word_does_not_show():
    scores = scores_of(lambda reading, context: 0.25)
    each = pictured.context_verdicts(pictured.lost(scores, HAS), scores, HAS, [NAIVE])
    assert set(each["lost"]) == {"undecided"}


def test_the_table_has_the_plain_prompt_first_and_every_context_by_itself():
    table = pictured.by_context(scores_of(lost_at_night))
    assert list(dict.fromkeys(table["context"])) == [PLAIN, "doing ballet", "at night"]
    rates = table.set_index(["context", "reading"])
    assert rates.at[("at night", NAIVE), HAS] == 0 and rates.at[("doing ballet", NAIVE), HAS] == 1
    assert rates.at[("doing ballet", NAIVE), BOTH] == 0.5 and rates.at[(PLAIN, KL), KEEPS] == 0.5
    assert "at night" in pictured.context_table(table).to_html()
    assert said.kept_said(table, "at night") == (
        "The concept is still there in “at night”: naive 50 % (plain prompt 50 %), KL 50 % (plain prompt 50 %)."
    )


def test_without_an_oracle_the_pictures_difference_judges():
    scores = scores_of(lost_at_night)
    assert pictured.evidence_of(scores) == HAS
    blind = scores.assign(**{HAS: np.nan, KEEPS: np.nan, BOTH: np.nan})
    assert pictured.evidence_of(blind) == DIFFERS
    assert said.kept_said(pictured.by_context(blind), "at night") == ""
    assert (pictured.lost(blind, DIFFERS)["value"] == 0).all()


def test_what_has_no_training_seed_stands_beside_each():
    scores = pd.DataFrame(dict(reading=[CLASS, NAIVE, NAIVE], seed=[np.nan, 3, 4], x=[1, 2, 3]))
    table = pictured.beside_every_seed(scores, [3, 4])
    assert sorted(table[table["reading"] == CLASS]["seed"]) == [3, 4] and len(table) == 4


def moved_of(gap):
    return pd.DataFrame([dict(reading=NAIVE, pooling=TRAP, after=True, largest=gap, context="at night", moved=0.0)])


@pytest.mark.parametrize(
    ("gap", "words"), [(0.0, "number for number"), (1e-6, "to within rounding"), (0.1, "another vector")]
)
def test_the_trap_in_words(gap, words):
    assert words in said.trap_said(said.trap_gap(moved_of(gap)))
    assert "cannot be compared" in said.trap_said(said.trap_gap(moved_of(gap).assign(after=False)))


def test_means_by_context_are_of_texts_read_at_their_end():
    rows = [(c, RIGHT, x, v) for c in "ab" for x, v in (("at night", 0.1), ("doing ballet", 0.3))]
    rows += [(c, TRAP, x, 9.0) for c, _, x, _ in rows]
    table = pd.DataFrame(rows, columns=["concept", "pooling", "context", "moved"]).assign(reading=NAIVE, seed=0)
    found = said.means_by_context(table, "moved")
    assert found[NAIVE].to_dict() == pytest.approx({"at night": 0.1, "doing ballet": 0.3})
    assert said.means_by_context(pd.DataFrame(), "moved").empty


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("supported", "counts for less"), ("not supported", "still counts"), ("undecided", "undecided")],
)
def test_the_answer_has_its_two_numbers(verdict, words):
    short = said.answer(verdict, {NAIVE: 0.25, CLASS: 1.0}, "doing ballet", True, True)
    assert words in short and "25 %" in short and "100 %" in short and "trap" in short
    assert "trap" not in said.answer(verdict, {NAIVE: 0.25, CLASS: 1.0}, "doing ballet", True, False)
    assert "0.250" in said.answer(verdict, {NAIVE: 0.25, CLASS: 1.0}, "doing ballet", False, False)


def places_of(**outside):
    rows = [
        dict(concept=c, seed=s, reading=k, outside=share > i / 4)
        for k, share in outside.items()
        for i, c in enumerate("abcd")
        for s in (0, 1)
    ]
    return pd.DataFrame(rows).replace({"reading": dict(naive=NAIVE, kl=KL, true=TRUE)})


def test_a_word_leaves_where_most_rows_do_and_no_true_name_does():
    verdict, found = said.outside_of(places_of(naive=1, kl=0))
    assert verdict == "supported" and found[KL].estimate == 0
    assert said.outside_of(places_of(naive=1, kl=0, true=1))[0] == "undecided"
    assert said.outside_of(places_of(naive=1, kl=0, true=0.25))[0] == "supported"
    assert said.outside_of(places_of(naive=0, kl=0))[0] == "not supported"
    assert said.outside_said(found[NAIVE]) == "100 %" and said.outside_said(UNKNOWN) == "none to tell by"


def test_the_oracle_is_asked_for_things_that_the_world_knows(concept):
    """And what it reads of pictures, a random one here, can be put together."""
    torch.manual_seed(0)
    oracle = Oracle(TINY).eval()
    man = concept.model_copy(update={"kind": "person", "class_word": "man"})
    girl = man.model_copy(update={"class_word": "girl"})
    for phrases in (pictured.contexts_of(c, 2) for c in (man, girl)):
        pictures = pd.DataFrame(dict(prompt=["plain", *phrases], image=[draw(i) for i in range(len(phrases) + 1)]))
        seen = pictured.seen(lambda table, asked: sees(oracle, table, asked, "merry_man"), pictures, phrases)
        assert seen[KEEPS].notna().all() and seen[HAS].notna().tolist() == [False] + [True] * len(phrases)
    assert set(label(oracle.read_pictures([draw(0)]), "scene")) <= {NONE, *SCENES} and NONE not in SCENES


# --- the page as a whole, where no CLIP could be asked ---------------------------------------------------

NOTHING = pd.DataFrame()


def compared(there=lost_at_night, scores=None):
    return compare(NOTHING, NOTHING, scores_of(there) if scores is None else scores, "at night")


def test_all_at_once_is_what_its_parts_are():
    found = compared()
    assert found.by_oracle and list(found.share.index) == [CLASS, RANDOM, NAIVE, KL]
    assert found.share.at[NAIVE, HAS] == 0 and found.contrasts.at[("context", NAIVE), "estimate"] == 1
    assert found.both.startswith("+0.500") and set(found.each["reading"]) == {NAIVE, KL}
    blind = scores_of(lost_at_night).assign(**{HAS: np.nan, KEEPS: np.nan, BOTH: np.nan})
    assert compared(scores=blind).evidence == DIFFERS and not compared(scores=blind).by_oracle


def test_everything_the_page_quotes_and_claims():
    found, places = compared(), places_of(naive=1, kl=0)
    how = dict(about_clip="no CLIP", probed=False, quirk=False)
    said_of = told.told(found, moved_of(0.0), NOTHING, places, model="a model", **how)
    assert all(isinstance(value, str) for value in said_of.values())
    assert (
        said_of["verdict_short"].startswith("On a model, ") and len(re.findall(r"\d+", said_of["verdict_short"])) <= 2
    )
    assert said_of["n_third"] == said_of["n_people"] == "0" and said_of["outside_naive"] == "100 %"
    claims = told.claims(found, said_of, "no CLIP", probed=False, seeds=2, concepts=3)
    assert len(claims) == 8 and claims[-1]["verdict"] == said_of["leaves"] and claims[-1]["n"].startswith("3 concepts")
    assert [claim["result"] for claim in claims[:6]] == ["no CLIP"] * 6  # of the probes; the seventh is of pictures
    assert claims[0]["source"] == "research note, experiment 1, naive word" and claims[6]["source"] == "research note"
    assert claims[3]["source"] == "research note, experiment 4, KL word"
