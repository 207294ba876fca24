"""The plain model against the learned word: contexts, paired changes, a claim that speaks of every prompt, figures."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis import sd_versus_ti as analysis
from study.analysis import sd_versus_ti_figures as figures
from study.analysis import sd_versus_ti_told as words
from study.parameters import ParameterError
from study.scores import against_every_seed

PROMPTS = ("a photo of {} in the forest", "a lake in the style of {}")


def paired_scores(gain, seen=1.0):
    """Pictures of both words from the same noises: the learned word's score `gain` more, the oracle sees `seen`."""
    rng = np.random.default_rng(0)
    rows = []
    for text in PROMPTS:
        for image in range(4):
            level = rng.normal()
            base = dict(concept="oak", prompt=text, image=image, text=text)
            unsure = dict(held_out=np.nan, context_seen=np.nan, both_seen=np.nan)
            both = dict.fromkeys(("reconstruction", "text_deleted"), level)
            rows.append(base | unsure | both | dict(method=analysis.PLAIN, seed=np.nan, concept_seen=0.0))
            for s in (0, 1):
                more = dict.fromkeys(both, level + gain[text] + 0.01 * rng.normal())
                rows.append(base | unsure | more | dict(method=analysis.LEARNED, seed=s, concept_seen=seen))
    rows = pd.DataFrame(rows)
    rows.loc[(rows["method"] == analysis.LEARNED) & (rows["image"] == 0), "concept_seen"] *= 0.5
    return against_every_seed(rows, analysis.PLAIN, [analysis.LEARNED], [0, 1])


def test_a_context_is_what_is_left_without_the_concept():
    phrases = analysis.context_phrases([*PROMPTS, "{}"])
    assert list(phrases.values()) == ["in the forest", "a lake", ""]
    with pytest.raises(ParameterError, match="exactly one"):
        analysis.context_phrases(["{} and {}"])


def test_changes_are_paired_by_seed_and_noise():
    changes = analysis.changes_by_prompt(paired_scores(dict.fromkeys(PROMPTS, 0.5))).set_index(["prompt", "measure"])
    for text in PROMPTS:
        assert changes.at[(text, "likeness"), "change"] == pytest.approx(0.5, abs=0.02)
        assert changes.at[(text, "likeness"), "sign"] == 1 and np.isnan(changes.at[(text, "context there"), "change"])


@pytest.mark.parametrize(
    ("gains", "seen", "said"),
    [
        ((0.5, 0.5), 1.0, "supported"),
        ((-0.5, 0.5), 1.0, "supported"),  # the oracle decides, whatever CLIP says
        ((0.5, 0.5), np.nan, "supported"),  # no oracle: CLIP does
        ((0.5, -0.5), np.nan, "not supported"),
        ((0.5, 0.0), np.nan, "undecided"),
        ((0.5, 0.5), 0.0, "not supported"),  # an oracle that never sees it
    ],
)
def test_the_claim_speaks_of_every_prompt(gains, seen, said):
    table = paired_scores(dict(zip(PROMPTS, gains, strict=True)), seen)
    if gains[1] == 0:  # differences of either sign
        mixed = table["image"] % 2 * (1.0 - 2 * (table["seed"] == 1))
        table.loc[table["prompt"] == PROMPTS[1], "reconstruction"] = mixed
    verdict, found = analysis.answer(analysis.changes_by_prompt(table))
    assert verdict == said
    assert ("never" in found) == (seen == 0) and ("oracle" in found) == np.isfinite(seen)


def test_pictures_that_all_agree_decide():
    table = paired_scores(dict.fromkeys(PROMPTS, 0.0))
    table.loc[table["method"] == analysis.LEARNED, "concept_seen"] = 1.0
    changes = analysis.changes_by_prompt(table)
    rows = analysis.judged(changes)
    assert (rows["low"] == 1).all() and analysis.answer(changes)[0] == "supported"


def test_one_seed_decides_nothing():
    table = paired_scores(dict.fromkeys(PROMPTS, 0.5))
    assert analysis.answer(analysis.changes_by_prompt(table[table["seed"] == 0]))[0] == "undecided"


def test_what_is_not_known_is_not_shown():
    changes = analysis.changes_by_prompt(paired_scores(dict.fromkeys(PROMPTS, 0.5), np.nan))
    assert analysis.oracle_said(changes).startswith("There is no oracle for this model")
    shown = analysis.change_table(changes).to_html()
    assert "likeness" in shown and "concept kept" not in shown and "held out" not in shown


def test_the_short_table_leaves_the_rest_to_the_appendix():
    changes = analysis.changes_by_prompt(paired_scores(dict.fromkeys(PROMPTS, 0.5)).assign(held_out=0.5))
    short, whole = (analysis.change_table(changes, which).data for which in (analysis.IN_SHORT, ["likeness, held out"]))
    assert list(short) == ["concept kept", "likeness", "text"] and list(whole) == ["likeness, held out"]


def test_ones_own_prompts_come_before_the_posters():
    assert analysis.prompts_of("style") == analysis.POSTER["style"] and analysis.prompts_of("cake") == analysis.OTHERS
    assert analysis.prompts_of("style", ["a {}"]) == ["a {}"]


@pytest.mark.parametrize(
    ("gain", "seen", "said"),
    [
        (
            0.5,
            1.0,
            "draws its concept in 88 % of its pictures, the class word in 0 %; the difference is clear for every",
        ),
        (0.5, 0.0, "clear for none of the prompts"),
        (0.5, np.nan, "clearly more like its concept than the class word’s for every prompt tried"),
    ],
)
def test_the_answer_is_a_sentence_with_two_numbers_at_most(gain, seen, said):
    changes = analysis.changes_by_prompt(paired_scores(dict.fromkeys(PROMPTS, gain), seen))
    answer = words.headline("it", changes, enough=True)
    assert said in answer and answer.count(".") == 1
    assert words.headline("it", changes, enough=False).endswith("A single training seed or noise decides nothing.")


def test_the_claim_is_what_the_page_tells():
    changes = analysis.changes_by_prompt(paired_scores(dict.fromkeys(PROMPTS, 0.5)))
    told = words.told("it", changes, {"oak": 2.0}, 2, 4)
    claim = words.claim(told, changes)
    assert (claim["verdict"], claim["result"]) == (told["verdict"], told["found"])
    assert claim["n"] == "2 prompts, 1 concept, 2 training seeds and 4 noises"
    assert claim["test"].startswith("share of pictures with the concept")


def test_a_block_has_a_line_for_the_pictures_and_one_for_each_word():
    image = Image.new("RGB", (8, 8))
    tiles = paired_scores(dict.fromkeys(PROMPTS, 0.5))
    tiles = tiles[(tiles["seed"] == 0) & (tiles["image"] < 2)].assign(picture=image)
    figure = figures.side_by_side(tiles, {"oak": [image, image]})
    shown = [ax for ax in figure.axes if ax.axison]
    assert len(shown) == 6 and len(figure.axes) == 8
    under = [label.get_text() for label in shown[-1].get_xticklabels()]
    assert len(under) == 2 and all(" · " in text for text in under)


def test_slopes_have_no_panel_that_nobody_filled():
    table = paired_scores(dict.fromkeys(PROMPTS, 0.5))
    assert [ax.get_ylabel() for ax in figures.slopes(table, {"oak": 2.0}).axes] == list(figures.PANELS.values())
    blind = figures.slopes(table.assign(concept_seen=np.nan), {"oak": 2.0})
    assert [ax.get_ylabel() for ax in blind.axes] == ["likeness", "text"]


def test_the_way_is_a_share_of_what_training_pictures_reach():
    rows = [dict(concept="oak", measure="likeness", plain=0.2, learned=0.5)]
    assert analysis.shares_of_the_way(pd.DataFrame(rows), {"oak": 0.8}) == "50 %"
    assert analysis.shares_of_the_way(pd.DataFrame(rows), {"oak": 0.1}) == "an undefined share"
