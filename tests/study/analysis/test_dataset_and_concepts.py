"""What to learn from: made-up words whose outcomes are known, and what the rule must say of them."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis import dataset_and_concepts as analysis
from study.analysis import dataset_and_concepts_figures as figures
from study.analysis import dataset_and_concepts_told as telling
from study.analysis import dataset_and_concepts_types as kinds
from study.analysis.dataset_and_concepts import EDITABILITY, HELD_OUT, ONE, OWN, PLAIN, VARIED, WORD, Numbers
from study.wording import percent

NUMBERS = Numbers("1", "5", "25")
LEVELS = {"1": 0.2, "5": 0.7, "25": 0.72, PLAIN: 0.7, ONE: 0.7, WORD: 0.0, OWN: 1.0}  # of K, by default
QUIET = {"C": 0.9, "leak": 0.1, "other": 0.1, HELD_OUT: 0.8, EDITABILITY: 0.2}


def summary_of(concepts=8, **values):
    """One row per word: each value by set as given, else K for K and B, or a constant; concepts differ a little."""
    rng, rows = np.random.default_rng(0), []
    for i in range(concepts):
        for seed in (0, 1):
            for name, kept in LEVELS.items():
                row = dict(concept=f"c{i}", seed=seed, set=name, pictures=int(name) if name.isdigit() else 5)
                row |= QUIET | {"K": kept, "B": kept} | {value: by[name] for value, by in values.items() if name in by}
                shaken = ("K", "B", "leak", "other", HELD_OUT, EDITABILITY)
                rows.append(row | {v: row[v] + rng.normal(0, 0.02) for v in shaken})
    return pd.DataFrame(rows)


def judged(summary):
    read = analysis.reading(summary)
    table, found = analysis.contrasts(summary, NUMBERS, read)
    return analysis.verdicts(table, found, analysis.controls(summary, NUMBERS, read), read), table, found, read


def told(summary):
    """All that the page quotes, with the table of contrasts and what decides."""
    read = analysis.reading(summary)
    table, found = analysis.contrasts(summary, NUMBERS, read)
    control = analysis.controls(summary, NUMBERS, read)
    return telling.page_numbers("it", summary, NUMBERS, table, found, control, read), table, read


def test_where_the_oracle_sees_nothing_clip_decides():
    summary = summary_of(2)
    assert analysis.reading(summary)[:2] == ("K", "B")
    blind = summary.assign(K=np.nan, B=np.nan)
    assert analysis.reading(blind)[:2] == (HELD_OUT, EDITABILITY)
    said, table, *_ = judged(blind)
    assert set(table.loc[table["primary"], "value"]) == {HELD_OUT, EDITABILITY, "leak"} and set(said) == set(
        analysis.pairs(NUMBERS, analysis.reading(summary))
    )


def test_few_beat_one_and_are_enough():
    said, table, found, _ = judged(summary_of())
    assert said["few"] == said["many"] == "supported"
    assert found["few"].estimate == pytest.approx(0.5, abs=0.02)
    p = table[table["primary"]].set_index("key")["p_holm"]
    assert p["few"] <= 0.05 and p["many"] <= 0.05 and p["variety"] > 0.05


def test_few_are_not_enough_where_many_gain_more_than_the_least_of_interest():
    said, *_ = judged(summary_of(K={"25": 0.95}))
    assert said["many"] == "not supported"
    said, *_ = judged(summary_of(K={"25": 0.80}))  # about the least of interest: open
    assert said["many"] == "undecided"


def test_few_are_not_called_enough_while_they_teach_nothing():
    level = {name: 0.3 for name in LEVELS}
    said, *_ = judged(summary_of(K=level, B=level))
    assert said["many"] != "supported" and said["few"] != "supported"


def test_few_concepts_decide_nothing():
    assert set(judged(summary_of(2))[0].values()) == {"undecided"}


def test_variety_helps_only_where_a_plain_backdrop_does_not_do_as_well():
    helped = dict(B={"5": 0.7, ONE: 0.3, PLAIN: 0.3})
    assert judged(summary_of(**helped))[0]["variety"] == "supported"
    passed = dict(B={"5": 0.7, ONE: 0.3, PLAIN: 0.5})  # and varied scenes are better still
    assert judged(summary_of(**passed))[0]["variety"] == "supported"
    rid = dict(B={"5": 0.7, ONE: 0.3, PLAIN: 0.7})  # it was the one scene that hurt
    assert judged(summary_of(**rid))[0]["variety"] == "not supported"
    said, *_ = told(summary_of(**rid))
    assert "but so does a plain backdrop" in said["verdict_short"]
    assert "or all before a plain backdrop" in said["advice"]
    assert "a plain backdrop shows the same, varied scenes minus that" in said["said_variety"]
    assert judged(summary_of(B={"5": 0.5, ONE: 0.7}))[0]["variety"] == "not supported"


def test_a_scene_comes_back_only_where_others_do_not():
    back = {name: 0.1 for name in LEVELS} | {ONE: 0.6}
    assert judged(summary_of(leak=back))[0]["scene"] == "supported"
    assert judged(summary_of(leak=back, other=back))[0]["scene"] == "undecided"
    assert judged(summary_of())[0]["scene"] == "not supported"


def test_what_a_run_did_not_ask_is_no_claim():
    alone = summary_of()[lambda t: ~t["set"].isin([PLAIN, ONE])].assign(leak=np.nan)
    said, _, read = told(alone)
    claims = telling.claims(said, NUMBERS, read, "8 concepts")
    assert [claim["words"] for claim in claims] == [
        "“Using only 3-5 images of a user-provided concept”",
        "more pictures help",
    ]
    assert "aried" not in said["verdict_short"] and said["said_variety"] == telling.NOT_ASKED


def test_the_answer_says_what_the_verdicts_say():
    summary = summary_of(B={"5": 0.7, ONE: 0.3, PLAIN: 0.3})
    said, table, read = told(summary)
    five = percent(summary.loc[summary["set"] == "5", "K"].mean())
    assert said["verdict_short"] == (
        f"On it, a word that learned from 5 pictures keeps its concept in {five} of what it draws from the plain "
        "prompt; more pictures are not needed. Varied places help."
    )
    assert "5 pictures are enough; take each somewhere else" in said["advice"]
    shown = telling.contrast_table(table).data
    assert shown.loc["5 v. 1 picture", "concept kept"].endswith("*") and "p, Holm" in shown
    short = telling.primary_table(table, said).data
    assert list(short["claim"]) == list(telling.CLAIMED.values()) and short.shape == (4, 6)
    assert list(short["verdict"]) == [said[f"verdict_{key}"] for key in telling.CLAIMED]
    claims = telling.claims(said, NUMBERS, read, "8 concepts")
    assert len(claims) == 4 and {claim["verdict"] for claim in claims} <= {*short["verdict"]}


def test_a_word_s_row_keeps_plain_pictures_and_contexts_apart():
    plain, context = "a photo of {}", "a photo of {} in the snow"
    rows = [dict(prompt=plain, concept_seen=1, context_seen=np.nan, both_seen=np.nan, leak=1.0, other=0.0)]
    rows += [dict(prompt=context, concept_seen=0, context_seen=1, both_seen=0, leak=np.nan, other=np.nan)]
    facts = dict(concept="oak", seed=0, set="5", pictures=5, coherence=1.0, reconstruction=0.9, held_out=0.7)
    texts = dict(text_deleted=0.2, text_class=0.3, text_context=0.1)
    (row,) = analysis.averages(pd.DataFrame(rows).assign(**facts, **texts), {"oak": plain}).to_dict("records")
    assert (row["K"], row["C"], row["B"], row["leak"], row["other"]) == (1, 1, 0, 1, 0)
    assert row[HELD_OUT] == 0.7 and row[EDITABILITY] == 0.2


def test_the_number_nearest_to_few_stands_in_for_it():
    sets = pd.DataFrame(dict(set=["1", "2", "3", ONE]))
    assert analysis.numbers_of(sets, 5) == Numbers("1", "3", "3")


def test_each_set_lies_within_the_next_and_those_elsewhere_are_as_many_as_the_few():
    def take(where, count):
        return [f"{where} {i}" for i in range(count)]

    sets = analysis.sets_of(take, [1, 2, 25], 5, (PLAIN, ONE))
    assert [len(paths) for paths in sets.values()] == [1, 2, 5, 25, 5, 5] and list(sets)[-2:] == [PLAIN, ONE]
    assert all(sets["25"][: len(paths)] == paths for name, paths in sets.items() if name.isdigit())
    assert sets["5"][0] == f"{VARIED} 0" and sets[ONE][0] == f"{ONE} 0"
    photos = analysis.sets_of(lambda where, count: ["a", "b", "c"], [1, 25], 5, ())  # three there are, and no more
    assert {name: len(paths) for name, paths in photos.items()} == {"1": 1, "3": 3}


def test_the_class_word_stands_beside_every_seed():
    sets = pd.DataFrame(dict(concept="oak", seed=[3, 4], set="5", pictures=5, learns=[None, None]))
    who = analysis.who_drew(sets, ("a", "b"), [3, 4])
    assert who["arm"].tolist() == ["a", "b", "plain", "plain", "image_only"]
    assert who["trained"].tolist() == [3, 4, 3, 4, 3] and list(who) == ["trained", "set", "pictures", "arm"]


def test_the_plain_pictures_alone_are_asked_for_the_scene_nobody_asked_for():
    rows = [dict(prompt=prompt, trained=seed) for prompt in ("plain", "night") for seed in (3, 4)]
    scenes = {3: ("a moor", "a lake"), 4: ("a lake", "a moor")}
    drawing = pd.DataFrame(rows, index=[7, 8, 9, 10])
    moor = {"plain": "a moor"}
    found = analysis.unasked(drawing, "plain", scenes, lambda some, said: some.assign(context_seen=float(said == moor)))
    assert found.loc[7].tolist() == [1, 0] and found.loc[8].tolist() == [0, 1] and found.loc[9:].isna().all(axis=None)
    assert analysis.unasked(drawing, "plain", {}, None).isna().all(axis=None)


def typed(levels):
    """Pictures of concepts from kind -> the share of B of each concept of it."""
    rows = []
    for kind, shares in levels.items():
        for i, share in enumerate(shares):
            for image in range(10):
                both = float(image < 10 * share)
                row = dict(kind=kind, concept=f"{kind}{i}", seed=image % 2, image=image, held_out=0.5, text_deleted=0.2)
                rows.append(row | dict(prompt="plain", concept_seen=both, context_seen=np.nan, both_seen=np.nan))
                rows.append(row | dict(prompt="context", concept_seen=both, context_seen=1.0, both_seen=both))
    table = pd.DataFrame(rows)
    return kinds.by_concept(table, dict.fromkeys(table["concept"], "plain"))


def test_kinds_that_lie_apart_are_told_apart():
    apart = typed({"tree": (0.9, 0.9), "car": (0.6, 0.5), "cake": (0.1, 0.2), "cat": (0.4, 0.3)})
    said, words, _ = kinds.answer(apart)
    assert said == "supported" and "most for tree (0.90)" in words and "least for cake (0.15)" in words
    mixed = typed({"tree": (0.9, 0.2), "car": (0.8, 0.1), "cake": (0.2, 0.9), "cat": (0.5, 0.4)})
    assert kinds.answer(mixed)[0] == "undecided"


def test_one_concept_a_kind_cannot_tell_them_apart():
    single = typed({"tree": (0.9,), "car": (0.1,), "cake": (0.5,)})
    said, words, needed = kinds.answer(single)
    assert said == "undecided" and "too few kinds" in words
    assert kinds.answer(single[:0]) == ("undecided", "types were not compared", 0) and needed == 0


def test_the_claim_on_types_is_made_where_they_were_compared():
    table = typed({"tree": (0.9, 0.8), "car": (0.1, 0.2)})
    (claim,) = kinds.claims(table, kinds.answer(table), 2)
    assert claim["n"] == "4 concepts of 2 types, 2 training seeds" and "most for tree" in claim["result"]
    empty = kinds.by_concept(kinds.together([]), {})
    assert kinds.claims(empty, kinds.answer(empty), 2) == []


def test_pictures_stand_under_what_their_words_learned_from():
    image = Image.new("RGB", (8, 8))
    sets, texts = ["1", "5", PLAIN, ONE], ["plain", "night"]
    shown = pd.DataFrame(dict(concept="oak", set=name, prompt=text, image=image) for name in sets for text in texts)
    given = (shown, {"oak": image}, {"oak": texts}, {"oak": "an oak"})
    (ax,) = figures.by_number(*given, {"oak": "at night"}, ["1", "5"]).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a picture", "from 1", "from 5"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["an oak", "… at night"]
    (ax,) = figures.by_place(*given, {PLAIN: PLAIN, ONE: ONE, "5": VARIED}).axes
    assert len(ax.get_xticks()) == 7 and ax.get_xticklabels()[-1].get_text() == f"{VARIED}\n+ context"
    (ax,) = figures.by_place(shown, {}, {}, {}, {}).axes
    assert "drawn by code" in ax.texts[0].get_text()
    (ax,) = figures.learned_from({VARIED: [image] * 3, ONE: [image]}).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2", "3"]


def test_outcomes_have_a_panel_each_and_no_line_through_two_numbers():
    summary = summary_of(3)
    values, names = analysis.known_values(summary), {f"c{i}": f"c{i}" for i in range(3)}
    assert values == ["K", "C", "B", HELD_OUT, EDITABILITY]
    level = analysis.levels(summary, [*values, "leak"])
    *panels, corner = figures.number_curves(summary, level, values, names, ["1", "5", "25"]).axes
    assert [ax.get_ylabel() for ax in panels] == [analysis.CALLED[value] for value in values]
    assert {text.get_text() for text in corner.get_legend().get_texts()} == {*names, "mean", WORD, OWN}
    two, *_ = figures.number_curves(summary, level, values, names, ["1", "5"]).axes
    assert {line.get_linestyle() for line in two.lines if line.get_label() in names} == {"None"}
    where = {PLAIN: PLAIN, ONE: ONE, "5": VARIED}
    assert len(figures.place_dots(summary, level, [*values, "leak"], where).axes) == 6


def test_outcomes_stand_beside_the_pictures_of_their_concept():
    table, image = typed({"tree": (0.9, 0.8), "car": (0.1,)}), Image.new("RGB", (8, 8))
    heads = {name: name for name in dict.fromkeys(table["concept"])}
    tiles = pd.DataFrame(dict(concept=name, column=said, image=image) for name in heads for said in ("plain", "night"))
    left, right = figures.by_type(tiles, table, heads).axes
    assert list(left.get_yticks()) == list(right.get_yticks()) and left.get_ylim() == right.get_ylim()
    assert right.get_xlabel() == "share of pictures"
    empty = kinds.by_concept(kinds.together([]), {})
    assert "not compared" in figures.by_type(tiles[:0], empty, {}).axes[0].texts[0].get_text()
