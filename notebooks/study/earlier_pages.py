"""What other pages have on record: their words, a row for each checkpoint, and the settings that some of them chose."""

from collections.abc import Collection, Sequence

import pandas as pd

from textinv_core.drawing.store import DECIDES, Store
from textinv_core.files import load_json
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import Concept, data_hash
from textinv_core.learning.models import model_hash
from textinv_core.learning.runs import Run, recorded
from textinv_core.learning.tokens import Embedding
from textinv_core.paths import record_dir
from textinv_core.provenance import identity

UNCHOSEN_KL_WEIGHT = 0.1  # lambda of the KL term, before any run has chosen one
PLAIN = ("initializer", "learning_rate", "seed", "kl_weight")  # in which words may differ that are alike
LIKE = {name: field.default for name, field in Arm.model_fields.items() if name not in ("concept", "basis", *PLAIN)}
LIKE |= {"basis": ""}  # as a table writes it


def recorded_words(store: Store, pipe, concepts: Sequence[Concept], learning_rate: float) -> pd.DataFrame:
    """One row per recorded word and checkpoint: concept, seed, weight, step, arm, run (its folder).

    Only words that differ in nothing else: of this model and these pictures, at this learning rate, from the concept's
    own initializer, one vector, no other regulariser. Of several ways to have learned one, that with the longest run.
    """
    weights, known, rows = model_hash(pipe), {c.name: c for c in concepts}, []
    hashes = {name: data_hash(c) for name, c in known.items()}
    for path in sorted(store.runs.glob("*/run.json")):
        kept, run = recorded(path.parent), Run(path.parent.resolve())
        how = identity([kept.get(name) for name in DECIDES])
        for line in kept["arms"] if kept.get("model") == weights else ():
            name = line["concept"]
            if name not in known or kept["data"].get(name) != hashes[name]:
                continue
            wanted = LIKE | dict(initializer=known[name].initializer, learning_rate=learning_rate)
            if all(
                line.get(key, value) == value for key, value in wanted.items()
            ):  # a run older than a setting lacks it
                one = dict(concept=name, seed=line["seed"], weight=line["kl_weight"], arm=line["arm"], how=how)
                rows += [one | dict(step=step, run=run.folder) for step in run.steps]
    table = pd.DataFrame(rows, columns=["concept", "seed", "weight", "step", "arm", "how", "run"])
    table = table.assign(last=table.groupby(["concept", "seed", "weight", "how"])["step"].transform("max"))
    table = table.sort_values(["concept", "seed", "weight", "last", "how"], ascending=[True] * 3 + [False, True])
    first = table.groupby(["concept", "seed", "weight"])["how"].transform("first")
    table = table[table["how"] == first].drop_duplicates(["concept", "seed", "weight", "step"])
    return table.drop(columns=["how", "last"]).sort_values(["concept", "seed", "weight", "step"], ignore_index=True)


def word_at(table: pd.DataFrame, concept: str, seed: int, weight: float, step: int) -> Embedding:
    """The word of one row of `recorded_words`."""
    found = table.query("concept == @concept and seed == @seed and weight == @weight and step == @step")
    if len(found) != 1:
        raise ValueError(f"no word of {concept} is recorded for seed {seed}, KL weight {weight:g}, step {step}")
    (row,) = found.itertuples()
    return next(e for e in Run(row.run).at(row.step) if e.arm == row.arm)


def chosen_regime(profile: str, asked: Collection[str]) -> dict:
    """Those of the settings `asked` for that the page on settings chose in this profile, as it chose them.

    None where that page has not been run. Settings: learning_rate, steps, kl_weight, guidance.
    """
    numbers = record_dir(profile, "regime") / "numbers.json"
    if not numbers.is_file():
        return {}
    kept, kinds = load_json(numbers), dict(learning_rate=float, steps=int, kl_weight=float, guidance=float)
    return {key: kind(kept[f"chosen_{key}"]) for key, kind in kinds.items() if key in asked}


def best_method(profile: str, model: str) -> tuple[str, float] | None:
    """The method that `rivals` found best on a model, clearly above the naive word, and its setting.

    From this profile's record or else the published one; None where neither is of that model, or nothing was clear.
    """
    for home in (record_dir(name, "rivals") for name in dict.fromkeys((profile, "full"))):
        if (home / "provenance.json").is_file():
            said, given = load_json(home / "numbers.json"), load_json(home / "provenance.json")["parameters"]
            if given["model"] == model:
                found = said["winner"], given["chosen"][said["winner"]]
                return found if said["winner_clear"] == "yes" else None
    return None


def chosen_kl_weight(profile: str, given: float) -> tuple[float, str]:
    """The KL weight a page uses where it needs a single one, and where that comes from, in words.

    `given`, unless zero: then the one that `regime` chose in this profile, or else the one that `kl_tradeoff` settled
    on; UNCHOSEN_KL_WEIGHT where neither page has been run.
    """
    if given:
        return given, "given to this run"
    if found := chosen_regime(profile, ["kl_weight"]):
        return found["kl_weight"], "taken over from the page on settings"
    numbers = record_dir(profile, "kl_tradeoff") / "numbers.json"
    if numbers.is_file():
        return float(load_json(numbers)["kl_weight"]), "taken over from the page on KL weights"
    return UNCHOSEN_KL_WEIGHT, "not chosen by any run of the pages on settings and on KL weights"
