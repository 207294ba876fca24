"""Where a word needs a leash: places where trouble is likely, each with its own choice of a setting, and what it shows.

A table has a row per place, concept, method, strength and training seed, with the columns of a `Reading`. Nothing
chosen in one regime is carried into another: in each place a concept gets the setting that did best on the others.
"""

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from study.analysis.kl_tradeoff import KL, Reading
from study.truth import SMALLEST_SHARE
from study.wording import in_words, side, verdict
from textinv_core.evaluation.fronts import ENDS
from textinv_core.evaluation.stats import Interval, paired_interval
from textinv_core.learning.concepts import Concept

STOP, L2 = "early stopping", "L2 pull"
LEASHES = (KL, STOP, L2)
PLACES = {  # name -> what is done
    "one backdrop": "all pictures show it in one scene",
    "single picture": "one picture instead of several",
    "more vectors": "several rows instead of one",
    "high rate": "a many times larger learning rate",
    "many steps": "many times more steps",
    "stranger": "something that no name comes near to",
}


def how_taught(place: str, steps: int, rate: float, *, factor: float, vectors: int) -> tuple[dict, int]:
    """What an arm is given in a place, and its updates; the pictures are the page's to change."""
    if place not in PLACES:
        raise ValueError(f"places: expected some of {', '.join(PLACES)}, got {place!r}")
    how = dict(learning_rate=rate * (factor if place == "high rate" else 1))
    how |= dict(vectors=vectors) if place == "more vectors" else {}
    return how, round(steps * factor) if place == "many steps" else steps


def trained_settings(how: dict, weights: Sequence[float], l2: Sequence[float]) -> list[tuple[str, float, dict]]:
    """(method, strength, what the arm is given) of what is trained in a place, the naive word first."""
    leashed = [(KL, w, dict(kl_weight=w)) for w in sorted(weights)] + [(L2, w, dict(l2_weight=w)) for w in sorted(l2)]
    return [(method, x, how | given) for method, x, given in [("naive", 0.0, {}), *leashed]]


def cases(
    places: Sequence[str],
    concepts: Sequence[Concept],
    strangers: Sequence[str],  # names of those who are looked at in the strangers' place alone
    in_one_scene: Callable[[Concept], Concept | None],  # taught from pictures with one backdrop, if it can be
    *,
    weights: Sequence[float],
    l2: Sequence[float],
    **how,  # as for `how_taught`
) -> Iterator[tuple[str, Concept, Concept, list[tuple[str, float, dict]], int]]:
    """(place, concept, the same as it is taught there, what is trained, updates), place by place."""
    for place in places:
        given, updates = how_taught(place, **how)
        plan = trained_settings(given, weights, l2)
        for concept in (c for c in concepts if (c.name in strangers) == (place == "stranger")):
            taught = in_one_scene(concept) if place == "one backdrop" else concept
            if place == "single picture":
                taught = concept.model_copy(update=dict(images=concept.images[:1]))
            if taught is not None:
                yield place, concept, taught, plan, updates


def chosen_on_others(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """Of every leash the rows of one strength: for each concept the one with the best `value` on the other concepts.

    With one concept in a place there are no others, and the middle strength stands in. The two ends stay as they are.
    `at_edge`: the strength is the largest of several, so a larger one might be better still.
    """
    parts = [table[table["method"].isin(ENDS)].assign(at_edge=False)]
    for (_, method), rows in table[table["method"].isin(LEASHES)].groupby(["place", "method"], sort=False):
        means = rows.groupby(["concept", "strength"])[value].mean().unstack("strength")
        strengths = sorted(means.columns)
        for name, own in rows.groupby("concept", sort=False):
            others = means.drop(index=name).mean().dropna()
            best = others.idxmax() if len(others) else strengths[len(strengths) // 2]
            # A stop has no edge: its longest is the naive word, which is compared anyway.
            edge = method != STOP and len(strengths) > 1 and best == strengths[-1]
            parts.append(own[own["strength"] == best].assign(at_edge=edge))
    return pd.concat(parts, ignore_index=True)


def where_needed(table: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """A row per place: what the naive word loses and what a leash brings, with the verdict on "a KL leash is needed".

    `lost`: context, naive minus initializer; `gain`: `both`, KL minus naive, the contrast; `control`: the same of an
    early stop, which must not show it. A place where most concepts choose their grid's largest weight is undecided.
    """
    chosen, rows = chosen_on_others(table, reading.both), []
    for place, own in chosen.groupby("place", sort=False):
        sides = dict(arm="method", base="naive")
        gain = paired_interval(own, reading.both, new=KL, **sides)
        row = dict(place=place, gain=gain, control=paired_interval(own, reading.both, new=STOP, **sides))
        row |= dict(against_stop=paired_interval(own, reading.both, arm="method", new=KL, base=STOP))
        row |= dict(against_l2=paired_interval(own, reading.both, arm="method", new=KL, base=L2))
        row |= dict(lost=paired_interval(own, reading.context, arm="method", new="naive", base="initializer"))
        means = own.groupby("method")[[reading.kept, reading.context, reading.both]].mean()
        row |= {f"{m} {column}": means[column].get(m) for m in ("naive", KL, STOP) for column in means}
        rows.append(row | dict(at_edge=own.loc[own["method"] == KL, "at_edge"].mean() > 0.5))
    if not rows:
        return pd.DataFrame(columns=["place", "gain", "control", "against_stop", "against_l2", "lost", "verdict"])
    found = pd.DataFrame(rows)
    found["verdict"] = [
        "undecided" if r.at_edge else verdict(r.gain, smallest=SMALLEST_SHARE, control=side(r.control) > 0)
        for r in found.itertuples()
    ]
    return found


def place_table(found: pd.DataFrame, reading: Reading):
    """What `where_needed` found, in short: the outcome of both at once; None where no place was looked at."""
    if found.empty:
        return None
    shown = pd.DataFrame({"place": found["place"]})
    for method in ("naive", KL, STOP):
        shown[method] = found[f"{method} {reading.both}"]
    for key, said in (("gain", "KL − naive"), ("control", "early stop − naive")):
        shown[said] = [in_words(c, "+z.2f") for c in found[key]]
    shown["is a KL leash needed?"] = found["verdict"]
    return shown.set_index("place").rename_axis(None).style.format(precision=2, na_rep="–")


def place_details(found: pd.DataFrame, reading: Reading):
    """The rest of it: the concept and the context apart, and KL against the L2 pull; None where there is none."""
    if found.empty:
        return None
    shown = pd.DataFrame({("place", ""): found["place"]})
    for method in ("naive", KL, STOP):
        for column in (reading.kept, reading.context):
            shown[method, reading.said[column]] = found[f"{method} {column}"]
    shown[reading.said[reading.both], "KL − L2 pull"] = [in_words(c, "+z.2f") for c in found["against_l2"]]
    shown.columns = pd.MultiIndex.from_tuples(shown.columns)
    return shown.set_index(("place", "")).rename_axis(None).style.format(precision=2, na_rep="–")


def flat(found: pd.DataFrame) -> pd.DataFrame:
    """The same for a record: each interval as three columns."""
    table = found.copy()
    for key in ("gain", "control", "against_stop", "against_l2", "lost"):
        for part in ("estimate", "low", "high"):
            table[f"{key}_{part}"] = [getattr(c, part) for c in found[key]]
        table = table.drop(columns=key)
    return table


def needed_told(found: pd.DataFrame) -> str:
    """Where a leash is needed, where it is not, where nothing is decided, in words."""
    said = {"supported": "A KL leash is needed", "not supported": "It brings nothing", "undecided": "Undecided"}
    parts = []
    for answer, words in said.items():
        some = found[found["verdict"] == answer]
        as_well = [r.place for r in some.itertuples() if side(r.control) > 0]
        told = [f"{r.place} ({_points(r.gain)})" for r in some.itertuples()]
        parts += [f"{words}: {', '.join(told)}"] if told else []
        parts += [f"Stopping early does it too: {', '.join(as_well)}"] if as_well and answer == "undecided" else []
    return ". ".join(parts) + "." if parts else "No such place was looked at in this run."


def in_short(found: pd.DataFrame) -> str:
    """The same as a clause for the head of the page."""
    needed = found.loc[found["verdict"] == "supported", "place"].tolist()
    if not needed:
        return "nowhere that was tried is a leash shown to be needed"
    return f"a leash is shown to be needed only where learning was made hard ({', '.join(needed)})"


def losing(found: pd.DataFrame) -> str:
    """The places where the naive word loses context, in words."""
    lost = [r.place for r in found.itertuples() if side(r.lost) < 0 and r.lost.estimate <= -SMALLEST_SHARE]
    return ", ".join(lost) or "none"


def asked(places: Sequence[str]) -> str:
    """The places looked at, each with what is done."""
    return "; ".join(f"“{place}”, {PLACES[place]}" for place in places) or "nowhere in this run"


def left_out(asked: Sequence[str], found: pd.DataFrame) -> str:
    """The places that were asked for and could not be made, in words."""
    there = set(found["place"]) if len(found) else set()
    missing = [place for place in asked if place not in there]
    return f"Could not be made here: {', '.join(missing)}." if missing else ""


def told(places: Sequence[str], found: pd.DataFrame) -> dict[str, str]:
    """All that the page quotes of it."""
    said = dict(places_asked=asked(places), needed_told=needed_told(found))
    return said | dict(losing=losing(found), left_out=left_out(places, found))


def _points(gain: Interval) -> str:
    return f"{100 * gain.estimate:+z.0f} points" if gain.estimate == gain.estimate else "no pair"
