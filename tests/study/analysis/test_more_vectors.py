"""Longer words against the shortest: paired changes, their correction, what they decide, and what the page shows."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis import more_vectors as analysis
from study.analysis import more_vectors_figures as figures
from study.analysis import more_vectors_told as words
from study.truth import NO_ORACLE

LENGTHS = [1, 4]


def table_of(gain, concepts=8):
    """Each outcome `gain[outcome]` more with the longer word, a little noise, two training seeds."""
    rng = np.random.default_rng(0)
    rows = [
        dict(concept=f"c{c}", seed=s, vectors=n)
        | {v: 0.5 + gain.get(v, 0.0) * (n > 1) + 0.01 * rng.normal() for v in analysis.MEASURES}
        for c in range(concepts)
        for s in (0, 1)
        for n in LENGTHS
    ]
    return pd.DataFrame(rows)


def contrasts_of(table, oracle=True):
    """The primary outcomes, their changes, and the table of all contrasts."""
    primary, found = analysis.judged_by(oracle), analysis.changes(table, LENGTHS)
    return primary, found, analysis.contrasts(table, LENGTHS, primary, found)


def told(table, oracle=True):
    primary, found, rows = contrasts_of(table, oracle)
    agreed = pd.DataFrame(dict(score=["reconstruction"], auc=[0.8], pairs=[4], pictures=[8 * oracle]))
    said = words.told("it", table, LENGTHS, primary, found, rows, agreed, "2 training seeds")
    return said, words.claims(said, primary)


def test_only_the_longest_words_primary_outcomes_are_corrected():
    rows = contrasts_of(table_of(dict(K=0.3, C=-0.3)))[2].set_index("value")
    assert rows["primary"].sum() == 2 and rows.loc[["K", "C"], "p_holm"].notna().all()
    assert rows.drop(index=["K", "C"])["p_holm"].isna().all()
    assert rows.at["K", "estimate"] == pytest.approx(0.3, abs=0.02) and rows.at["K", "p_holm"] >= rows.at["K", "p"]


@pytest.mark.parametrize(
    ("gain", "falls", "said", "moved"),
    [(0.3, False, "supported", "rises"), (-0.3, False, "not supported", "falls"), (-0.3, True, "supported", "falls"),
     (0.02, False, "supported", "rises a little"), (0.0, True, "not supported", "does not clearly change")],
)  # fmt: skip
def test_the_answer_follows_from_the_interval(gain, falls, said, moved):
    table = table_of(dict(K=gain))
    found = analysis.changes(table, LENGTHS)[4, "K"]
    assert analysis.answer(found, found.p, falls) == (said, moved)


def test_too_few_concepts_decide_nothing():
    found = analysis.changes(table_of(dict(K=0.3), concepts=2), LENGTHS)[4, "K"]
    assert analysis.answer(found, 0.01)[0] == "undecided"


def test_what_is_not_known_is_not_shown():
    blind = table_of({}).assign(K=np.nan, C=np.nan, B=np.nan)
    shown = analysis.contrast_table(contrasts_of(blind, False)[2]).to_html()
    assert "reconstruction" in shown and "(K)" not in shown


def test_the_answer_is_a_sentence_and_the_claims_follow_it():
    said, claims = told(table_of(dict(K=0.3, C=-0.3)))
    assert said["verdict_short"] == (
        "On it, a word of 4 vectors instead of 1 draws its concept more faithfully"
        " and hears the rest of the sentence less."
    )
    slightly, _ = told(table_of(dict(K=0.3, C=-0.03)))
    assert slightly["verdict_short"].endswith("and hears the rest of the sentence a little less.")
    assert [claim["verdict"] for claim in claims] == [said["verdict_likeness"], said["verdict_obedience"]]
    assert said["verdict_likeness"] == said["verdict_obedience"] == "supported"
    assert "concept kept (K) rises (+0.30" in claims[0]["result"] and claims[0]["n"] == "8 concepts, 2 training seeds"
    assert told(table_of({}))[0]["verdict_short"].count("no clear difference") == 1


def test_few_concepts_are_said_to_be_few():
    said, claims = told(table_of(dict(K=0.3), concepts=2))
    assert said["verdict_short"].endswith("too few concepts to decide it.") and claims[0]["verdict"] == "undecided"


def test_without_an_oracle_the_anchors_scale_decides():
    blind = table_of(dict(R=0.3)).assign(K=np.nan, C=np.nan, B=np.nan)
    said, claims = told(blind, oracle=False)
    assert said["judged"] == said["agreement"] == NO_ORACLE and said["n_judged"] == "8"
    assert "anchors’ scale" in claims[0]["test"] and claims[0]["verdict"] == "supported"


def test_a_words_row_holds_its_outcomes_and_how_far_it_went():
    pictures = [dict(prompt="plain", concept_seen=1.0, context_seen=np.nan, both_seen=np.nan, reconstruction=0.6)]
    pictures += [dict(prompt="night", concept_seen=0.0, context_seen=1.0, both_seen=0.0, reconstruction=0.6)]
    facts = dict(concept="oak", step=9, held_out=0.5, coherence=1.0, text_deleted=0.2, text_class=0.2, text_context=0.2)
    both = pd.DataFrame(pictures).assign(**facts)
    ends = [both.assign(arm="image_only", reconstruction=0.8, text_deleted=0.1)]
    ends += [both.assign(arm="plain", reconstruction=0.4, text_deleted=0.3)]
    log = pd.DataFrame(
        [dict(arm="w", step=step, seed=3, vectors=2, norm_ratio=step, cos_initial=0.5) for step in (0, 9)]
    )
    anchors, table = analysis.of_words(both.assign(arm="w"), pd.concat(ends), log, {"oak": "plain"}, 9)
    (row,) = table.to_dict("records")
    assert (row["K"], row["C"], row["B"], row["vectors"], row["norm_ratio"]) == (1, 1, 0, 2, 9)
    assert row["R"] == pytest.approx(0.5) and row["E"] == pytest.approx(0.5) and len(anchors) == 2
    assert analysis.moved_table(table).data.loc[2, "cosine to the initializer"] == 0.5


def test_all_changes_stand_in_the_appendix():
    shown = analysis.full_table(contrasts_of(table_of(dict(K=0.3)))[2]).data
    assert len(shown) == len(analysis.MEASURES) and shown["p, Holm"].notna().sum() == 2


@pytest.mark.parametrize("texts", [["plain", "at night"], ["plain"]])
def test_a_row_a_concept_and_a_column_a_length(texts):
    image = Image.new("RGB", (8, 8))
    rows = [dict(concept="oak", vectors=n, prompt=text, image=image) for n in LENGTHS for text in texts]
    left, right = figures.drawn(
        pd.DataFrame(rows), {"oak": image}, {"oak": texts}, {"oak": "Oak"}, {"oak": "night"}
    ).axes
    assert [label.get_text() for label in left.get_xticklabels()] == ["pictures", "1", "4"]
    assert len(right.get_xticks()) == 2 and left.get_yticklabels()[0].get_text() == "Oak"


def test_no_line_joins_two_lengths_and_no_panel_is_empty():
    table = table_of(dict(K=0.3))
    left, right = figures.by_length(table, LENGTHS).axes
    assert {line.get_linestyle() for line in left.lines if len(line.get_xdata()) == 2} <= {"None"}
    three = pd.concat([table, table[table["vectors"] == 4].assign(vectors=8)])
    assert "-" in {line.get_linestyle() for line in figures.by_length(three, [1, 4, 8]).axes[0].lines}
    blind, _ = figures.by_length(table.assign(K=np.nan, C=np.nan, B=np.nan), LENGTHS).axes
    assert "no oracle" in blind.texts[0].get_text()
