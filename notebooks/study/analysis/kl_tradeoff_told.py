"""What the page on leashes says of its comparisons, in words."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.analysis import kl_tradeoff_places as places
from study.analysis.kl_tradeoff import BY_ORACLE, GAIN, KL, RIVALS, Choice, Reading
from study.analysis.kl_tradeoff_claims import SPREAD, Contrasts, hidden
from study.analysis.kl_tradeoff_compared import Compared
from study.truth import SMALLEST_SHARE
from study.wording import (
    FEWEST_CONCEPTS,
    about,
    counted,
    in_words,
    listed,
    opposite,
    percent,
    shown_name,
    verdict,
    would_take,
)
from textinv_core.evaluation.stats import Interval


def answered(answer: Mapping[str, str], found: Contrasts, table: pd.DataFrame, *, decided: bool, needed: str) -> str:
    """The page's answer in two sentences, to stand after `On the model, `; table: the contrasts' rows.

    needed: the clause that says where a leash is needed.
    """
    chosen, worse = found["chosen weight", "naive"], no_better_than(found, table)
    if not np.isfinite(chosen.estimate):
        return "this run has no word on a leash beside one without, so there is nothing to compare."
    points = f"({100 * chosen.estimate:+z.0f} points of a hundred)"
    kept = {
        "supported": "a word on the KL leash holds concept and context together more often than one without",
        "not supported": "a word on the KL leash holds concept and context together no more often than one without",
        "undecided": "whether a word on the KL leash holds concept and context together more often than one without is open",
    }[answer["keeps"]]
    traded = {
        "supported": "KL trades better than every simpler leash",
        "not supported": f"KL trades no better than {listed(worse)}",
        "undecided": "Whether KL trades better than simpler leashes is open",
    }[answer["better"]]
    few = "" if decided and chosen.concepts >= FEWEST_CONCEPTS else "; a run as small as this decides nothing"
    return f"{kept} {points}. {traded}, and {needed}{few}."


def told(
    compared: Compared,
    choice: Choice,
    needed: pd.DataFrame,  # from `where_needed`
    results: pd.DataFrame,  # of the reported concepts
    reading: Reading,
    given: Mapping,  # the page's parameters
    *,
    model: str,  # how a sentence calls it
    weight: float,  # the one in use
    safe: bool,  # whether the weight in use may decide anything
) -> dict[str, str]:
    """All that the page quotes of its comparisons, by the key it quotes it by."""
    found, beside, by_oracle = compared.found, compared.beside, reading is BY_ORACLE
    beta = results.loc[(results["method"] == KL) & (results["strength"] == weight), "beta"].iloc[0]
    short = answered(compared.answer, found, compared.primary, decided=safe, needed=places.in_short(needed))
    said = dict(
        verdict_short=f"On {model}, {short}", size=f"{compared.size}", kl_weight=f"{weight:g}", kl_beta=f"{beta:.3g}"
    )
    said |= compared.answer | settings(given, reading, results["concept"].nunique())
    said |= dict(
        choice_told=choice_told(choice, given["kl_weight"], reading),
        agree_told=agree_told(compared.agreement),
        reach_told=reach_told(compared.likeness, compared.pull, results),
        contexts_told=contexts_told(compared.contexts, beside[reading.context], shares=by_oracle),
    )
    said |= places.told(given["places"], needed) | contrasts(found)
    said |= {f"{key}_told": in_words(c) for key, c in spoken(beside, reading).items()}
    return said | dict(spread_takes=about(would_take(opposite(beside["spread"]), smallest=SPREAD)))


def choice_told(choice: Choice, given: float, reading: Reading) -> str:
    """How the weight in use was chosen, and how safe that is."""
    if given:
        return f"This run was told to use λ = {given:g}."
    if not choice.found:
        stands_in = f"λ = {choice.weight:g}, the middle of the grid, stands in"
        return f"This run has no development concept to choose by, so {stands_in}, and nothing is decided of it."
    value = choice.table[reading.both].get((KL, choice.weight), np.nan)
    told = [f"It is λ = {choice.weight:g}, with a mean of {value:.2f}."]
    each = [f"{shown_name(name)} λ = {w:g}" for name, w in choice.alone.items()]
    told += [f"Alone, the concepts would choose: {', '.join(each)}."] if len(each) > 1 else []
    told += [] if choice.better_than_none else ["No weight does better there than none at all."]
    told += ["That is the largest weight tried, so nothing is decided of it."] if choice.at_edge else []
    return " ".join(told)


def reach_told(equal: pd.DataFrame, pull: pd.DataFrame, results: pd.DataFrame) -> str:
    """In how many pairs both terms could be compared, and who was left out."""
    pairs = results.groupby(["concept", "seed"]).ngroups
    sides = {"likeness": equal, "pull": pull}
    told = []
    for name, table in sides.items():
        wide = table.pivot(index=["concept", "seed"], columns="method", values="value").reindex(columns=[KL, *RIVALS])
        each = [f"{r} {int((wide[KL].notna() & wide[r].notna()).sum())}" for r in RIVALS]
        told.append(f"equal {name}: {', '.join(each)}")
    lacking = results.groupby("concept")["gained"].count()
    lacking = [shown_name(name) for name in lacking[lacking == 0].index]
    why = "Left out at equal likeness, because the naive word gains next to nothing"
    out = f" {why}: {', '.join(lacking)}." if lacking else ""
    return f"Of {pairs} pairs of concept and training seed so many could be compared, {'; '.join(told)}.{out}"


def agree_told(table: pd.DataFrame, methods: Sequence[str] = (KL, *RIVALS)) -> str:
    """Whether single fronts agree with the drawn curves at the level compared, and why not."""
    own = table[table["method"].isin(methods)].dropna(subset=["gap"])
    if own.empty:
        return "No drawn curve comes to the level that is compared."
    apart = own[own["gap"].abs() > SMALLEST_SHARE]
    if apart.empty:
        return "At the level compared, the single fronts’ mean agrees with the curve of the means for every leash."
    each = [f"{r.method} {r.gap:+z.2f}, {percent(r.reached)} of pairs reach it" for r in apart.itertuples()]
    why = "A front takes the better of its settings in each pair, and a pair that does not reach the level is not in it"
    where = "At the level compared the single fronts’ mean differs from the curve of the means"
    return f"{where}: {'; '.join(each)}. {why}."


def contexts_told(contexts: pd.DataFrame, pooled: Interval, *, shares: bool) -> str:
    """Which contexts the naive word loses, and whether the pool hides one; shares: of pictures, by an oracle."""
    told = "By CLIP’s cosine alone no context can be called lost."
    if shares:
        lost = contexts[contexts["initializer"] - contexts["naive"] > SMALLEST_SHARE]
        each = [f"{r.context} (from {percent(r.initializer)} to {percent(r.naive)})" for r in lost.itertuples()]
        told = f"Of the class word’s contexts the naive word loses: {', '.join(each) or 'none to speak of'}."
    held = hidden(contexts, pooled)
    return told + (f" The mean over contexts hides that it goes the other way in: {', '.join(held)}." if held else "")


def contrasts(found: Contrasts) -> dict[str, str]:
    """The primary contrasts in words, by the terms they are on."""
    told = dict(chosen_told=in_words(found["chosen weight", "naive"], "+z.2f"))
    for terms in ("likeness", "pull"):
        of = {rival: c for (own, rival), c in found.items() if own == f"equal {terms}"}
        told[f"{terms}_told"] = "; ".join(f"{rival} {in_words(c, '+z.2f')}" for rival, c in of.items())
    return told


def no_better_than(found: Contrasts, table: pd.DataFrame) -> list[str]:
    """The rivals of whom it is decided that KL is not better."""
    p = table.set_index(["terms", "rival"])["p_holm"].to_dict()
    rivals = {key: c for key, c in found.items() if key[1] in RIVALS}
    lost = [key[1] for key, c in rivals.items() if verdict(c, smallest=SMALLEST_SHARE, p=p[key]) == "not supported"]
    return list(dict.fromkeys(lost))


def settings(given: Mapping, reading: Reading, concepts: int) -> dict[str, str]:
    """The page's own sizes and marks, as it quotes them; given: its parameters; concepts: how many are reported."""
    said = dict(rivals=", ".join(RIVALS), level=f"{given['level']:g}", read_by=reading.about, n_reported=f"{concepts}")
    said |= dict(fewest=f"{FEWEST_CONCEPTS}", smallest=f"{SMALLEST_SHARE:g}", gain=f"{GAIN:g}")
    said |= dict(smallest_p=f"{min(1, (1 + 2 * len(RIVALS)) / 2**concepts):.3g}")
    many = counted(concepts, "concept"), counted(len(given["seeds"]), "training seed")
    said |= dict(sizes=", ".join([*many, counted(given["images_per_prompt"], "picture") + " a prompt"]))
    columns = dict(kept=reading.kept, context=reading.context, both=reading.both)
    return said | {key: reading.said[column] for key, column in columns.items()}


def spoken(beside: Mapping[str, Interval], reading: Reading) -> dict[str, Interval]:
    """Those of `differences` that the page quotes, by the name it has for them."""
    named = dict(kept=reading.kept, context=reading.context, control="control", spread="spread")
    named |= dict(matched="spread matched", nearest="nearest_cosine")
    return {name: beside[key] for name, key in named.items()}


def claims(said: Mapping[str, str]) -> list[dict]:
    """The research note's four claims, from what the page says: its words, the test, the result and the verdict."""
    both, context = said["both"], said["context"]
    found = dict(
        keeps=dict(
            words="KL keeps meaning and context",
            test=f"{both} at λ = {said['kl_weight']}, KL minus naive; control: an early stop that keeps as much",
            result=f"{said['chosen_told']}; control {said['control_told']}",
        ),
        better=dict(
            words="KL is better than simpler rivals",
            test=f"{context} at equal likeness and {both} at an equal pull, KL minus each rival",
            result=f"equal likeness: {said['likeness_told']}; equal pull: {said['pull_told']}",
        ),
        steady=dict(
            words="KL is more stable",
            test="spread over training seeds, KL minus naive; control: an early stop that keeps as much",
            result=f"{said['spread_told']}; against the control {said['matched_told']}",
            takes=said["spread_takes"],
        ),
        stays=dict(
            words="the word stays on the semantic manifold",
            test="cosine to the nearest word, KL minus naive; control: an early stop that keeps as much",
            result=said["nearest_told"],
        ),
    )
    note = dict(source="research note", n=said["sizes"])
    return [note | words | dict(verdict=said[key], primary=key in ("keeps", "better")) for key, words in found.items()]
