"""What things cost: ratios within rounds, bounds where nothing differs, seconds of pages added up."""

import json

import numpy as np
import pandas as pd
import pytest

from study.analysis import what_it_costs as analysis
from study.analysis import what_it_costs_figures as figures
from study.analysis import what_it_costs_told as told
from study.analysis import what_it_costs_whole as whole
from study.analysis.what_it_costs import COMPILED, OURS, PUBLISHED
from study.timing import PARTS
from textinv_core.evaluation.stats import Interval
from textinv_core.files import write_table


def timings(**seconds):
    """Rows of two rounds, the machine half as fast in the second, from task -> seconds of the first."""
    tasks = {name.replace("_", ", "): value for name, value in seconds.items()}
    rows = [dict(task=t, repeat=r, seconds=s * (1 + r)) for t, s in tasks.items() for r in (0, 1)]
    return pd.DataFrame(rows)


def drawn(at_once: int, **rates: list[float]) -> pd.DataFrame:
    """Pictures a second by format, a round each."""
    rows = [(at_once, form, i, rate) for form, own in rates.items() for i, rate in enumerate(own)]
    return pd.DataFrame(rows, columns=["at_once", "format", "repeat", "pictures_per_second"])


def test_drawing_is_compared_round_by_round_and_at_equal_batches():
    few = drawn(16, float32=[4.0, 2.0, 4.0], bfloat16=[8.0, 6.0, 6.0])
    said = "16 at once, 4.0 in float32, 6.0 in bfloat16, that is 2.0 times as many (1.5 to 3.0)"
    assert told.drawing_said(few) == said
    many = drawn(64, float32=[4.0], bfloat16=[10.0])
    assert told.drawing_said(pd.concat([many, few])).startswith(f"{said}; 64 at once, ")


def test_rates_are_compared_within_a_round():
    table = timings(published=4.0, ours_1=2.0, ours_8=4.0)
    for task, seconds in (("published", 1.0), ("ours, 1", 1.0), ("ours, 8", 3.0)):
        for name, share in (("network", 1.0), ("both networks", 1.25)):
            row = dict(task=f"{name}, {task}", seconds=seconds * share)
            if (name, task) != ("both networks", "published"):
                more = pd.DataFrame([row | dict(repeat=0), row | dict(repeat=1, seconds=2 * row["seconds"])])
                table = pd.concat([table, more], ignore_index=True)
    rates = analysis.rates_of(table, {PUBLISHED: [1], OURS: [1, 8]})
    median = analysis.typical(rates).set_index(["loop", "words"])
    assert median.loc[(OURS, 1), "speedup"] == 2 and median.loc[(OURS, 8), "speedup"] == 8
    assert (rates.groupby(["loop", "words"])["speedup"].nunique() == 1).all()  # a slower machine slows both
    assert median.loc[(OURS, 8), "network"] == 0.75 and median.loc[(OURS, 1), "both"] == 0.625
    assert np.isnan(median.loc[(PUBLISHED, 1), "both"]) and median.loc[(PUBLISHED, 1), "speedup"] == 1
    said = analysis.speed_said(rates, OURS)
    assert (
        said["many_speedup"] == "8.0 (8.0 to 8.0)" and said["one_network"] == "50 %" and said["many_network"] == "75 %"
    )
    memory = pd.DataFrame([dict(loop=loop, words=k, gigabytes=1.0) for loop, k in median.index])
    assert list(analysis.rate_table(rates, memory).data) == list(analysis.COLUMNS.values())


def test_compiling_pays_after_the_steps_it_saves_or_never():
    waits = pd.DataFrame(dict(words=[1, 4, 8], examples=[4, 16, 16], seconds=[10.0, 30.0, 0.1]))
    given = {f"{OURS}, 1": 2.0, f"{COMPILED}, 1": 1.0, f"{OURS}, 4": 1.0, f"{COMPILED}, 4": 1.5}
    table = pd.DataFrame([dict(task=t, repeat=0, seconds=s) for t, s in given.items()])
    paid = analysis.paid_off(waits, table)
    assert paid["words"].tolist() == [1, 4] and paid["pays_after"].tolist() == [10, np.inf]
    nothing = analysis.paid_off(waits[:0], table)
    assert nothing.empty
    growth = pd.DataFrame({"with": ["pictures, 1", "pixels, 64"], "seconds": [0.1, 0.2], "gigaflops": [np.nan, 3]})
    sd15 = pd.DataFrame(dict(what=["timed", "weights"], value=[np.nan, 1.6]))
    shown = [shown.to_html() for shown in analysis.small_tables(paid, growth, sd15)]
    assert "inf" in shown[0] and "–" in shown[1] and "not run" in shown[2]
    assert "pays after steps" in analysis.small_tables(nothing, growth, sd15)[0].to_html()


def sampled(lost, concepts=4, pictures=20):
    """Pictures of concepts at 5, 10 and 20 steps: all have their context but a share of those with fewest steps."""
    rows = []
    for i in range(concepts):
        for image in range(pictures):
            for steps in (5, 10, 20):
                there = float(not (steps == 5 and image < lost * pictures))
                rows.append(dict(concept=f"c{i}", prompt="p", image=image, steps=steps, alike=0.9, there=there))
    return pd.DataFrame(rows)


def test_fewest_steps_that_lose_no_context():
    sampler = sampled(0.5)
    found = analysis.fewer_steps(sampler, [5, 10, 20])
    assert found[5].estimate == -0.5 and found[10].estimate == 0
    assert -0.05 < found[10].low < 0  # none of eighty differs: the exact bound, not certainty
    assert analysis.enough_steps(sampler, found, [5, 10, 20]).startswith("with 10 steps")
    few = sampled(0.5, concepts=2)
    assert "no smaller number" in analysis.enough_steps(few, analysis.fewer_steps(few, [5, 10, 20]), [5, 10, 20])
    shown = analysis.sampler_table(sampler, found).data
    assert shown["context found"].tolist() == [0.5, 1, 1] and shown.iloc[-1, -1] == "–"


def loops(difference, **blind):
    """Ours and the published loop's outcome B, so far apart over six concepts and two seeds."""
    rng, rows = np.random.default_rng(0), []
    for i in range(6):
        for seed in (0, 1):
            for loop, more in ((OURS, difference), (PUBLISHED, 0.0)):
                noise = rng.normal(0, 0.01)
                row = dict(
                    concept=f"c{i}", seed=seed, loop=loop, K=0.6, B=0.5 + more + noise, reconstruction=0.8 + noise
                )
                rows.append(row | blind)
    return pd.DataFrame(rows)


def test_as_good_is_less_than_what_is_of_interest_apart():
    assert analysis.equally_good(loops(0.0))[2].startswith("is as good: concept and context")
    assert analysis.equally_good(loops(-0.3))[2].startswith("differs from theirs")
    few = loops(0.0)
    assert "too few to tell" in analysis.equally_good(few[few["concept"] == "c0"])[2]
    assert analysis.equally_good(loops(0.0, B=np.nan))[1] == "K"
    assert analysis.equally_good(loops(0.0, B=np.nan, K=np.nan))[1] == "reconstruction"


def rates(*rows):
    """(loop, words, rate, speedup) of one round each."""
    table = pd.DataFrame(rows, columns=["loop", "words", "rate", "speedup"])
    return table.assign(network=0.8, both=np.where(table["loop"] == PUBLISHED, np.nan, 0.9))


FAST = [(PUBLISHED, 1, 2.0, 1.0), (OURS, 1, 5.0, 2.5), (OURS, 16, 12.0, 6.0)]


def test_the_answer_has_two_numbers_and_the_verdict():
    said = told.answer(rates(*FAST), OURS, "not supported")
    assert said.startswith("words learned together come 6.0 times as fast as by the published loop, a single one 2.5")
    assert said.endswith("What is learned is as good.")
    assert "together" not in told.answer(rates(*FAST[:2]), OURS, "supported")


def test_what_the_page_quotes_is_of_the_better_loop():
    faster = rates(*FAST, (COMPILED, 1, 8.0, 4.0), (COMPILED, 16, 20.0, 10.0))
    given = dict(quality=loops(0.0), shrunk={}, drawing=drawn(16, float32=[3.25]), model="a model")
    said = told.told(faster, best=COMPILED, **given)
    assert "10.0 times" in said["answer"] and said["compiled"] == "compiled; without compiling 2.5 and 6.0 times"
    assert said["most"] == "16" and said["one_speedup"].startswith("4.0")
    assert said["drawing"] == "16 at once, 3.2 in float32"
    assert told.told(rates(*FAST), best=OURS, **given)["compiled"] == "not compiled"
    assert [told.hours_said(hours) for hours in (8.34, 12.4)] == ["8.3", "12"]


def test_the_figures_show_the_published_loop_and_a_point_a_word():
    left, right = figures.rates(rates(*FAST), OURS).axes
    assert any(line.get_linestyle() == "--" and list(line.get_ydata()) == [2.0, 2.0] for line in left.lines)
    assert right.get_ylim()[1] == pytest.approx(1.1)
    quality = loops(0.1)
    labels = {f"c{i}": f"the {i}" for i in range(6)}
    b, likeness = figures.equal_work(quality, "B", labels).axes
    assert len(b.collections[0].get_offsets()) == len(quality) / 2
    assert "the 3" in {text.get_text() for text in likeness.get_legend().get_texts()}
    assert len(figures.equal_work(quality, "reconstruction", labels).axes) == 1


def test_a_ratio_of_variances_is_a_mean_of_logarithms():
    rows = []
    for i, ratio in enumerate((0.25, 1.0, 0.5)):
        for seed in (0, 1):
            place = dict(concept=f"c{i}", seed=seed, at="learned")
            rows += [place | dict(drawn="freely", variance=2.0), place | dict(drawn="apart", variance=2.0 * ratio)]
    (found,) = analysis.spread_ratios(pd.DataFrame(rows)).values()
    assert isinstance(found, Interval) and found.estimate == pytest.approx(0.5) and found.low < 0.5 < found.high
    assert analysis.ratio_table({"learned": found}).data.iloc[0, 0] == found.estimate


def test_a_study_s_hours_come_from_a_measured_rate_where_there_is_one():
    counted = dict(flops=1e12, kept_bytes=2**30, weight_bytes=2 * 2**30)
    how = dict(batch_size=4, words=10, steps=360)
    table, hours = whole.sizes(counted, **how, teraflops=4.0)
    assert hours == pytest.approx(1.0)
    assert whole.sizes(counted, **how, rate=2.0)[1] == pytest.approx(0.5)
    assert table.set_index("what").loc["one word, an example at a time: both, GB", "value"] == 3


def test_seconds_of_pages_and_of_their_jobs_are_added_up(tmp_path):
    def record(folder, page, **spent):
        (tmp_path / folder).mkdir(parents=True)
        seconds = dict.fromkeys(PARTS, 1.0) | spent
        (tmp_path / folder / "provenance.json").write_text(json.dumps(dict(page=page, cpu_seconds=seconds)))

    record("results/a_page", "a_page", learn=5.0)
    record("build/a_page/oak", "a_page", learn=50.0)
    record("results/other", "other", draw=3.0)
    (tmp_path / "results/old").mkdir()
    (tmp_path / "results/old/provenance.json").write_text(json.dumps(dict(page="old", seconds=3)))
    found = whole.records([tmp_path / "results", tmp_path / "build/a_page"])
    table = whole.seconds_of(found)
    assert table["page"].tolist() == ["a_page", "other"] and table["jobs"].tolist() == [2, 1]
    assert table["learn"].tolist() == [55, 1] and table["total"].tolist() == [65, 8]
    assert whole.seconds_table(table).data.loc["all pages", "total"] == 73
    assert whole.largest_said(table) == "learning 77 %, drawing 7 %"
    assert whole.largest_said(whole.seconds_of([])) == "no page has recorded its seconds yet"


def test_a_page_that_found_all_made_keeps_the_seconds_of_its_dearest_run(tmp_path):
    def table(**totals):
        parts = dict.fromkeys(PARTS, 1.0)
        return pd.DataFrame([dict(page=page, jobs=1) | parts | dict(total=total) for page, total in totals.items()])

    kept = tmp_path / "study_seconds.csv"
    assert whole.dearest(table(oak=5.0), kept)["total"].tolist() == [5]
    write_table(kept, table(oak=50.0, elm=1.0, gone=2.0))
    found = whole.dearest(table(oak=5.0, elm=9.0, new=3.0), kept)
    assert dict(zip(found["page"], found["total"], strict=True)) == dict(oak=50, elm=9, new=3)
