"""Leashes on made-up tables: the choice of a weight, equal terms, contexts one by one, verdicts not to be forced."""

import functools
import re

import numpy as np
import pandas as pd
import pytest

from study.analysis import kl_tradeoff as analysis
from study.analysis import kl_tradeoff_claims as decide
from study.analysis import kl_tradeoff_places as hard
from study.analysis import kl_tradeoff_told as told
from study.analysis.kl_tradeoff import BY_CLIP, BY_ORACLE, KL, RIVALS
from study.analysis.kl_tradeoff_compared import at_places, compare
from textinv_core.evaluation.stats import UNKNOWN, Interval

WEIGHTS = [0.1, 0.3, 1.0, 3.0]
NAMES = [f"c{i:02}" for i in range(10)]


def row(concept, seed, method, strength, k, c, b, moved, **other):
    kept = dict(
        K=k, C=c, B=b, R=k, E=c, balance=b, moved=moved, loss=0.1 + 0.01 * seed, nearest_cosine=0.5, norm_ratio=1.0
    )
    return dict(concept=concept, method=method, strength=strength, seed=seed) | kept | other


def study(gain=0.2, names=NAMES, seeds=(0, 1), rival=0.0):
    """KL trades `gain` of context better than the straight line between the ends, its rivals `rival`."""
    rng, rows = np.random.default_rng(0), []
    for name in names:
        for s in seeds:

            def add(method, strength, share, bonus, name=name, s=s):
                jitter = float(rng.normal(0, 0.003))
                k, c = 0.8 * share, 1 - 0.5 * share + bonus * share * (1 - share) * 4 + jitter
                rows.append(row(name, s, method, strength, k, c, k * c, share))

            add("initializer", 0.0, 0.0, 0)
            add("naive", 0.0, 1.0, 0)
            for i, w in enumerate(WEIGHTS):
                add(KL, w, [0.9, 0.7, 0.4, 0.2][i], gain)
            for method in RIVALS:
                for x, share in ((0.2, 0.2), (0.5, 0.45), (0.8, 0.8)):
                    add(method, x, share, rival)
    return analysis.of_the_naive(pd.DataFrame(rows), "K")


@functools.cache  # resampling takes its time
def compared(gain, rival=0.0, names=tuple(NAMES), weight=0.3):
    results = study(gain, names, rival=rival)
    _, likeness = analysis.at_equal_size(results, BY_ORACLE, 0.5)
    pull = analysis.at_equal_pull(results, BY_ORACLE, 0.5)
    single = decide.at_the_weight(results, weight, "K")
    table, found = decide.primary_contrasts(single, likeness, pull, BY_ORACLE)
    spread = decide.spread_over_seeds(results, BY_ORACLE)
    return table, found, decide.differences(single, decide.with_control(spread, single), BY_ORACLE)


def judged(gain=0.2, safe=True, contexts=None, **how):
    table, found, beside = compared(gain, **how)
    none = pd.DataFrame(columns=["context", "low", "high"]) if contexts is None else contexts
    return decide.answers(found, table, beside, none, "C", safe=safe), table, found, beside


# --- the plan and the choice ---------------------------------------------------------------------------


def test_the_naive_word_comes_first_and_no_setting_is_zero():
    plan = analysis.trained_settings([0.1, 0.3], [0.0, 1.0], [0.0, 0.2], [0.3, 1.0], 0.01)
    assert plan[0] == ("naive", 0.0, dict(learning_rate=0.01))
    assert [p[:2] for p in plan[1:]] == [
        (KL, 0.1), (KL, 0.3), (analysis.UNIFORM, 1.0), ("L2 pull", 0.2), ("lower rate", 0.3), ("norm lock", 1.0)
    ]  # fmt: skip
    assert dict((p[0], p[2]) for p in plan)["lower rate"]["learning_rate"] == pytest.approx(0.003)
    with pytest.raises(ValueError, match="kl_weights: expected one or more above 0"):
        analysis.grid([0.0], 0.0)
    assert analysis.grid([1.0, 0.1, 0.0], 0.5) == [0.1, 0.5, 1.0]


def by_weight(values, names=("a", "b", "c")):
    rows = [
        row(name, s, "naive" if w == 0 else KL, w, 0.5, 0.5, v, 1.0)
        for name in names for s in range(2) for w, v in zip([0.0, *WEIGHTS], values, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_weight_with_the_best_mean_is_chosen_and_a_lone_spike_is_not():
    choice = analysis.choose_weight(by_weight([0.1, 0.3, 0.4, 0.3, 0.1]), BY_ORACLE, WEIGHTS)
    assert (choice.weight, choice.found, choice.at_edge, choice.better_than_none) == (0.3, True, False, True)
    assert set(choice.alone.values()) == {0.3}
    wide, values = [0.01, *WEIGHTS, 10.0], [0.4, 0.4, 0.0, 0.0, 0.5, 0.0]
    rows = [row("a", 0, KL, w, 0.5, 0.5, b, 1.0) for w, b in zip(wide, values, strict=True)]
    rows = pd.DataFrame([row("a", 0, "naive", 0.0, 0.5, 0.5, 0.0, 1.0), *rows])
    assert analysis.choose_weight(rows, BY_ORACLE, wide).weight in (0.01, 0.1)  # 3.0 stands alone


def test_the_largest_weight_is_an_edge_and_the_naive_word_may_be_best():
    assert analysis.choose_weight(by_weight([0.1, 0.2, 0.3, 0.4, 0.5]), BY_ORACLE, WEIGHTS).at_edge
    none = analysis.choose_weight(by_weight([0.5, 0.4, 0.3, 0.2, 0.1]), BY_ORACLE, WEIGHTS)
    assert none.weight == 0.1 and not none.at_edge and not none.better_than_none
    empty = analysis.choose_weight(by_weight([0.5] * 5)[:0], BY_ORACLE, WEIGHTS)
    assert not empty.found and empty.weight == WEIGHTS[2]
    assert "nothing is decided" in told.choice_told(empty, 0.0, BY_ORACLE)
    assert "told to use λ = 0.5" in told.choice_told(empty, 0.5, BY_ORACLE)


# --- equal terms ---------------------------------------------------------------------------------------


def test_no_share_is_taken_of_next_to_nothing():
    flat = pd.concat([study(names=["a"]), study(names=["b"])])
    flat.loc[flat["concept"] == "b", "K"] *= 0.1  # the naive word gains .08
    found = analysis.of_the_naive(flat, "K")
    assert found.loc[found["concept"] == "b", "gained"].isna().all()
    own = found[found["concept"] == "a"]
    assert own.loc[own["method"] == "naive", "gained"].tolist() == pytest.approx([1, 1])
    assert own.loc[own["method"] == "naive", "pull"].tolist() == pytest.approx([1, 1])
    assert set(analysis.at_equal_likeness(found, BY_ORACLE, 0.5)["concept"]) == {"a"}


def test_equal_pull_reads_the_line_between_neighbours_and_not_that_between_the_ends():
    results = study(names=["a"], seeds=(0,))
    value = analysis.at_equal_pull(results, BY_ORACLE, 0.55).set_index("method")["value"]
    own = results[results["method"] == KL].set_index("pull")["B"]
    assert value[KL] == pytest.approx((own[own.index[1]] + own[own.index[2]]) / 2)  # between .7 and .4
    far = results[~((results["method"] == KL) & (results["pull"] < 0.85))]
    assert np.isnan(analysis.at_equal_pull(far, BY_ORACLE, 0.5).set_index("method").loc[KL, "value"])


def test_single_fronts_agree_with_drawn_curves_or_it_is_said_why():
    results = study()
    likeness = analysis.at_equal_likeness(results, BY_ORACLE, 0.5)
    table = analysis.drawn_against_single(results, likeness, BY_ORACLE, 0.5)
    assert (table["gap"].abs() < 0.02).all() and (table["reached"] == 1).all()
    assert "agrees" in told.agree_told(table)
    rng = np.random.default_rng(1)
    noisy = results.assign(C=results["C"] + rng.normal(0, 0.3, len(results)))
    likeness = analysis.at_equal_likeness(noisy, BY_ORACLE, 0.5)
    table = analysis.drawn_against_single(noisy, likeness, BY_ORACLE, 0.5)
    assert table["gap"].mean() > 0.05  # each front takes the better of its settings
    assert "takes the better" in told.agree_told(table)
    assert "No drawn curve" in told.agree_told(table.assign(gap=np.nan))


def test_curves_run_between_the_ends_for_each_method_concept_and_seed():
    results = study(names=["a", "b"])
    means = analysis.mean_curves(results)
    own = means[means["method"] == KL]
    assert own["pull"].is_monotonic_decreasing and len(own) == len(WEIGHTS) + 2
    assert means[means["method"] == "early stopping"]["pull"].is_monotonic_increasing
    assert len(analysis.mean_curves(results, ("concept", "seed"))) == 4 * len(means)
    assert analysis.mean_curves(results[:0]).empty


def test_a_front_of_equal_size_has_as_many_settings_as_the_smallest_rival():
    size, fair = analysis.at_equal_size(study(), BY_ORACLE, 0.5)
    assert size == 3 and fair["value"].notna().all()


# --- verdicts ------------------------------------------------------------------------------------------


def test_a_leash_that_trades_better_is_found_and_one_that_does_not_is_not():
    answer, table, found, _ = judged()
    assert answer["better"] == "supported" and answer["keeps"] == "supported"
    assert len(table) == 9 and (table["p_holm"] >= table["p"]).all()
    answer, table, found, _ = judged(0.0)
    assert answer["better"] == "not supported"
    assert told.no_better_than(found, table) == list(RIVALS)
    short = told.answered(answer, found, table, decided=True, needed="nowhere is a leash needed")
    assert "trades no better than early stopping" in short and short.endswith("and nowhere is a leash needed.")
    assert len(re.findall(r"\d+", short)) <= 2 and short.count(". ") == 1  # the head of a page: two sentences


def test_an_edge_or_no_concept_kept_back_decides_nothing_of_the_chosen_weight():
    answer, table, found, _ = judged(safe=False)
    assert [answer[key] for key in ("keeps", "steady", "stays")] == ["undecided"] * 3
    assert "decides nothing" in told.answered(answer, found, table, decided=False, needed="nowhere")


def test_a_control_that_shows_the_same_decides():
    answer, _, _, beside = judged(gain=0.4, rival=0.4)  # stopping early keeps as much
    assert beside["control"].low > 0 and answer["keeps"] == "undecided" and answer["better"] == "not supported"


def test_two_concepts_decide_nothing():
    answer, *_ = judged(names=tuple(NAMES[:2]))
    assert set(answer.values()) == {"undecided"}


def test_a_pool_that_hides_a_context_decides_nothing():
    answer, _, _, beside = judged()
    assert answer["keeps"] == "supported" and beside["C"].low > 0
    contexts = pd.DataFrame(dict(context=["at night", "in the snow"], low=[0.1, -0.4], high=[0.3, -0.1]))
    assert decide.hidden(contexts, beside["C"]) == ["in the snow"]
    assert judged(contexts=contexts)[0]["keeps"] == "undecided"
    assert decide.hidden(contexts, UNKNOWN) == []


def test_contexts_are_read_one_by_one():
    rows = [
        dict(concept=name, prompt=p, seed=s, image=i, method=m, strength=w, context_seen=float(v))
        for name in NAMES for s in range(2) for i in range(2)
        for p, values in (("{} at night", (1, 0, 1)), ("{} in the snow", (1, 1, 0)), ("a photo of {}", (1, 0, 0)))
        for (m, w), v in zip((("initializer", 0.0), ("naive", 0.0), (KL, 0.3)), values, strict=True)
    ]  # fmt: skip
    phrases = {n: {"{} at night": "at night", "{} in the snow": "in the snow", "a photo of {}": "plain"} for n in NAMES}
    found = decide.by_context(pd.DataFrame(rows), phrases, 0.3, "context_seen").set_index("context")
    assert list(found.index) == ["at night", "in the snow"]
    assert found["change"].tolist() == [1, -1] and found["naive"].tolist() == [0, 1]
    said = told.contexts_told(
        found.reset_index().assign(low=[0.9, -1], high=[1, -0.9]), Interval(0.1, 0.05, 0.2, {}), shares=True
    )
    assert "at night (from 100 % to 0 %)" in said and "other way in: in the snow" in said
    assert "no context can be called lost" in told.contexts_told(found.reset_index(), UNKNOWN, shares=False)


def test_spread_is_over_seeds_and_missing_with_one():
    table = pd.DataFrame([row("a", s, "naive", 0.0, 0.5 + 0.2 * s, 0.5, 0.2, 1.0) for s in range(2)])
    spread = decide.spread_over_seeds(table, BY_ORACLE)
    assert spread["spread"].tolist() == pytest.approx([np.std([0.5, 0.7], ddof=1)])
    assert decide.spread_over_seeds(table[:1], BY_CLIP)["spread"].isna().all()


def test_the_control_is_the_stop_that_keeps_as_much():
    single = decide.at_the_weight(study(), 1.0, "K")  # KL at .4 of the way: the stop at .45
    control = single[single["method"] == decide.MATCHED]
    assert set(control["strength"]) == {0.5} and len(control) == 2 * len(NAMES)
    spread = decide.with_control(decide.spread_over_seeds(study(), BY_ORACLE), single)
    assert set(spread["method"]) == {"naive", KL, decide.MATCHED}


def test_what_is_said_has_every_key_the_claims_need():
    answer, _, found, beside = judged()
    given = dict(level=0.5, seeds=[0, 1], images_per_prompt=3)
    said = answer | told.settings(given, BY_ORACLE, len(NAMES)) | told.contrasts(found) | dict(kl_weight="0.1")
    said |= {f"{key}_told": "x" for key in told.spoken(beside, BY_ORACLE)}
    said |= dict(spread_takes="about 9 concepts")
    claims = told.claims(said)
    assert [claim["verdict"] for claim in claims] == [answer[key] for key in ("keeps", "better", "steady", "stays")]
    assert [claim["primary"] for claim in claims] == [True, True, False, False]
    assert claims[0]["n"] == "10 concepts, 2 training seeds, 3 pictures a prompt"
    assert "early stopping +" in said["likeness_told"]
    likeness, pull = (f(study(), BY_ORACLE, 0.5) for f in (analysis.at_equal_likeness, analysis.at_equal_pull))
    assert "early stopping 20" in told.reach_told(likeness, pull, study())


# --- all of it at once ---------------------------------------------------------------------------------

NO_PICTURES = pd.DataFrame(columns=["concept", "prompt", "seed", "image", "method", "strength", "context_seen"])


@functools.cache
def whole(safe=True):
    results = study().assign(beta=0.004)
    return results, compare(results, NO_PICTURES, {}, BY_ORACLE, 0.3, 0.5, safe=safe)


def test_all_at_once_is_what_its_parts_are():
    table, found, beside = compared(0.2)
    _, one = whole()
    pd.testing.assert_frame_equal(one.primary, table)
    assert list(one.found) == list(found) and list(one.beside) == list(beside) and one.size == 3
    assert one.answer == decide.answers(found, table, beside, one.contexts, "C", safe=True)
    assert one.contexts.empty and set(one.others["terms"]) == {"equal likeness, all settings", "equal pull"}
    assert "KL minus rival" in decide.contrast_table(one.primary, one.others).to_html()


def test_everything_the_page_quotes_comes_of_one_call():
    results, one = whole()
    choice = analysis.choose_weight(by_weight([0.1, 0.3, 0.4, 0.3, 0.1]), BY_ORACLE, WEIGHTS)
    needed = hard.where_needed(pd.DataFrame(columns=["place", *analysis.SETTING, "K", "C", "B"]), BY_ORACLE)
    given = dict(level=0.5, seeds=[0, 1], images_per_prompt=3, kl_weight=0.0, places=[])
    how = dict(given=given, model="a model", weight=0.3, safe=True)
    said = told.told(one, choice, needed, results, BY_ORACLE, **how)
    assert all(isinstance(value, str) for value in said.values())
    assert (
        said["verdict_short"].startswith("On a model, ") and said["kl_beta"] == "0.004" and said["keeps"] == "supported"
    )
    assert len(told.claims(said)) == 4


def test_places_are_read_apart():
    pictures = pd.DataFrame(dict(place=[]))
    assert list(at_places(pictures, pd.DataFrame(), {})) == ["place", *analysis.SETTING]
