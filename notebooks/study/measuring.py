"""Words followed over training: pictures drawn at each checkpoint, scored beside the two anchors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from study.page import Page
from study.scores import summarised
from study.truth import known, outcomes, seen_beside
from textinv_core.drawing.store import Words
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.learning.concepts import Concept

Look = Callable[[Concept, pd.DataFrame], object]  # a concept and its pictures (arm, step, prompt, seed, image)
See = Callable[[pd.DataFrame, Concept], pd.DataFrame]  # pictures and their concept -> the columns of `truth.OUTCOMES`


@dataclass(frozen=True)
class Measured:
    """What became of words over training: tidy tables, and what was looked at of the pictures."""

    tables: dict[str, pd.DataFrame]  # scores and anchors of pictures, `_summary` of each; the trainings' log
    looks: dict[str, object]  # concept -> what `look` gave
    steps: tuple[int, ...]  # the checkpoints

    @property
    def last(self) -> int:
        """The last checkpoint."""
        return self.steps[-1]

    @property
    def log(self) -> pd.DataFrame:
        """One row per arm and checkpoint: loss, norm, cosine to where it began."""
        return self.tables["log"]

    @property
    def summary(self) -> pd.DataFrame:
        """One row per arm, step and concept: the mean scores, the oracle's shares, and the training `seed`."""
        training_seed = self.log.drop_duplicates("arm").set_index("arm")["seed"]
        return self.tables["scores_summary"].assign(seed=lambda t: t["arm"].map(training_seed))

    @property
    def has_oracle(self) -> bool:
        """Whether there is the ground truth of what the pictures show."""
        return known(self.tables["scores"])

    def of_pictures(self, step: int) -> pd.DataFrame:
        """The scores of single pictures at a step; `seed` is the noise, `trained` the training seed."""
        scores, log = self.tables["scores"], self.log.drop_duplicates("arm").set_index("arm")
        return scores[scores["step"] == step].assign(trained=lambda t: t["arm"].map(log["seed"]))

    @property
    def anchors(self) -> pd.DataFrame:
        """The same for `image_only` and `plain`, by (arm, concept)."""
        return self.tables["anchors_summary"].set_index(["arm", "concept"])


def measure(page: Page, learned: Mapping[str, Words], *, look: Look, see: See) -> Measured:
    """Pictures of every concept's words at every checkpoint, scored; `look` sees them before they are let go.

    `see` is the oracle's reading of them, whose shares K, C and B stand in the summaries.

    The anchors: the training pictures themselves (`image_only`), and the plain model's for the class word (`plain`).
    """
    parts, looks, prompts = {kind: [] for kind in ("scores", "anchors", "log")}, {}, page.prompts()
    for concept in page.concepts:
        words, texts = learned[concept.name], prompts[concept.name]
        pictures = pd.concat([page.draw(words.at(step), texts) for step in words.steps])
        ends = image_only(concept, texts, page.side), page.draw_plain(concept, texts)
        looks[concept.name] = look(concept, pictures)
        for kind, some in (("scores", (pictures,)), ("anchors", ends)):
            parts[kind] += [seen_beside(evaluate(one, concept, page.judge), see(one, concept)) for one in some]
        parts["log"].append(words.log)
    tables = {kind: pd.concat(rows, ignore_index=True) for kind, rows in parts.items()}
    plain = {name: texts[0] for name, texts in prompts.items()}
    for kind in ("scores", "anchors"):
        shares = outcomes(tables[kind], plain)
        tables[f"{kind}_summary"] = summarised(tables[kind], plain).merge(shares, on=["arm", "step", "concept"])
    return Measured(tables, looks, next(iter(learned.values())).steps)
