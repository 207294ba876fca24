"""Learn, in one training, words that several pages of a profile ask for: `python -m study.words out.json -y '{...}'`.

Words do not interact, and one step of many costs less than many steps of a few. The pages find what is learned here by
its identity; what is not learned here they learn themselves, so that a forgotten line costs time and changes nothing.
"""

import sys
from itertools import product
from typing import Literal

from pydantic import Field

from study.earlier_pages import chosen_kl_weight
from study.run import noted
from textinv_core.drawing.store import open_store
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import load_concept
from textinv_core.learning.models import load_pipeline
from textinv_core.settings import Settings, Word

CHOSEN = "chosen"  # a KL weight: the one of the page on settings


class Group(Settings):
    """Every concept with every seed under every setting."""

    concepts: tuple[Word, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = (0, 1, 2)
    settings: tuple[dict[str, float | int | str | bool], ...] = ({},)  # what `Arm` is given beside concept and seed


class Words(Settings):
    """What is learned before the pages of a profile."""

    profile: Word
    runs: str = ""  # folder of learned words; empty: results/<profile>/runs
    model: Word = "pocket"
    learning_rate: float = Field(0.01, gt=0)
    steps: int = Field(500, ge=1)
    checkpoint_every: int | tuple[int, ...] = 250
    groups: tuple[Group, ...] = Field(min_length=1)
    memory_gb: float = 4.0  # what the activations of one backward pass may take
    compile: bool | Literal["auto"] = "auto"


def arms_of(words: Words, kl_weight: float) -> list[Arm]:
    """All arms of a profile's words, each once; `kl_weight` is the chosen one."""
    arms = {}
    for group in words.groups:
        concepts = [load_concept(name) for name in group.concepts]
        for concept, seed, one in product(concepts, group.seeds, group.settings):
            chosen = {"kl_weight": kl_weight} if one.get("kl_weight") == CHOSEN else {}
            arm = Arm(concept, **dict(seed=seed, learning_rate=words.learning_rate) | one | chosen)
            arms[arm.id] = arm
    return list(arms.values())


def learn(words: Words) -> dict[str, str]:
    """Arm id -> its run's folder, for all that `words` asks for."""
    weight, _ = chosen_kl_weight(words.profile, 0.0)
    arms, how = arms_of(words, weight), words.model_dump(include={"steps", "checkpoint_every", "memory_gb", "compile"})
    found = open_store(words.profile, words.runs).learn(
        load_pipeline(words.model), arms, progress=sys.stderr.isatty(), **how
    )
    return {arm: run.folder.name for arm, run in found.homes.items()}


def main(arguments: list[str] | None = None) -> int:
    return noted(lambda given: learn(Words(**given)), __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
