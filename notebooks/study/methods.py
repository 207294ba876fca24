"""Every way to keep a learned word usable, by name: what is tuned of it, and how a word comes of it.

Each method has as many values to choose from on development concepts: the same budget for all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch

from study.costs import arm_step, in_turns
from study.parameters import ParameterError
from textinv_core.baselines.rivals import WINDOW, dvar_stop, tea
from textinv_core.drawing.store import Store
from textinv_core.evaluation.probes import rescaled
from textinv_core.learning.arms import METHODS, Arm
from textinv_core.learning.concepts import Concept, training_templates
from textinv_core.learning.objective import Objective
from textinv_core.learning.precision import fastest_dtype
from textinv_core.learning.tokens import Embedding, initial_rows, known_templates


class Tuned(NamedTuple):
    """What is looked for on development concepts: a setting of `Arm`, or of what is done after training."""

    setting: str
    values: tuple[float, float, float]  # as many for every method: the same budget


CLASS_WORD, NAIVE = "class word", "naive"  # what learning starts from; learning with nothing added
RATE = Tuned("rate_share", (0.3, 1.0, 3.0))  # of the learning rate, for a method that has no setting of its own
TUNED = {
    "naive": RATE,
    "kl": Tuned("kl_weight", (0.03, 0.1, 0.3)),
    "kl_uniform": Tuned("kl_weight", (0.03, 0.1, 0.3)),
    "l2": Tuned("l2_weight", (1e-5, 1e-4, 1e-3)),
    "norm_lock": RATE,
    "dti": Tuned("direction_prior", (1e-4, 1e-3, 1e-2)),
    "core": Tuned("core_weight", (1.5e-4, 1.5e-2, 1.5)),
    "cross_init": Tuned("l2_weight", (1e-5, 1e-3, 1e-1)),
    "high_timesteps": Tuned("lowest_timestep", (300, 500, 700)),
    "name_basis": Tuned("directions", (8, 32, 128)),
    "vectors": Tuned("vectors", (2, 3, 4)),
    "rescale": Tuned("norm", (1.0, 1.5, 2.0)),  # in the vocabulary's median lengths
    "tea": Tuned("share", (0.2, 0.4, 0.6)),  # of the way to the class word
    "early_stopping": Tuned("step_share", (0.25, 0.5, 0.75)),  # of all steps
    "dvar": Tuned("ratio", (0.05, 0.15, 0.45)),  # of variances: see `dvar_stop`
}
ABOUT = {  # what each does; what is tuned of it
    "naive": ("plain Textual Inversion", "learning rate, times the page’s"),
    "kl": ("a KL term to what the class word predicts, timesteps weighted as the formula has it", "weight"),
    "kl_uniform": ("the same with one weight for all timesteps", "weight"),
    "l2": ("a pull on the row’s squared distance from the class word’s", "weight"),
    "norm_lock": ("the row keeps its first length at every step", "learning rate, times the page’s"),
    "dti": ("learns the direction alone, at the vocabulary’s mean length, with a prior toward the class word", "prior"),
    "core": ("keeps the text encoder’s outputs at the prompt’s other tokens where the class word has them", "weight"),
    "cross_init": ("starts from what the text encoder makes of the class word, and is pulled there", "weight"),
    "high_timesteps": ("learns from noisy pictures only", "lowest timestep"),
    "name_basis": ("the mean of many names, and coefficients on their principal directions", "directions"),
    "vectors": ("several rows for one word", "how many"),
    "rescale": ("after training: another length", "length, in the vocabulary’s medians"),
    "tea": ("after training: part of the way to the class word, in length and in direction", "share"),
    "early_stopping": ("an earlier checkpoint", "share of all steps"),
    "dvar": (f"where the last {WINDOW} fixed-batch losses vary less than a share of what all do", "share"),
}
TOWARD_ZERO = ("kl", "kl_uniform", "l2", "core", "tea", "dvar", "high_timesteps")
WEAKEST = dict.fromkeys(TOWARD_ZERO, min) | {"early_stopping": max}  # which end of its values is nearest to naive
AFTER = tuple(name for name in TUNED if name not in METHODS)  # made of what the naive arm learned
CEILINGS = ("dreambooth", "true_name")  # no learned word of one row, and shown beside them
NAMED = {"kl": "KL exact", "kl_uniform": "KL uniform", "l2": "L2 to the class word", "dti": "DTI", "tea": "TEA"}
NAMED |= {"vectors": "multi-vector", "core": "CoRe", "cross_init": "CrossInit", "dvar": "DVAR’s stop", "dreambooth": "DreamBooth"}


def shown_method(name: str) -> str:
    """How a page writes a method."""
    return NAMED.get(name, name.replace("_", " "))


def check_methods(names: Sequence[str]) -> None:
    """ParameterError, with the list of all, on a name that is none of them or stands there twice."""
    known = [*TUNED, *CEILINGS]
    for name in names:
        if name not in known or list(names).count(name) > 1:
            raise ParameterError(f"methods: {name!r}; expected some of {', '.join(known)}, each once")


def read_grid(lines: Sequence[str], budget: int = 3) -> dict[str, tuple[float, ...]]:
    """Method -> as many values as the budget allows, from the middle of its list.

    The lists are TUNED's, where no line like `kl: 0.1 0.3 1` says otherwise; ParameterError if a line cannot be read,
    or if a method has fewer values than the budget asks for.
    """
    grid = {name: tuned.values for name, tuned in TUNED.items()}
    for line in lines:
        name, _, values = line.partition(":")
        try:
            grid[name] = tuple(type(TUNED[name].values[0])(value) for value in values.split())
        except (KeyError, ValueError):
            raise ParameterError(f"grid: {line!r}; expected a method and its values, like 'kl: 0.1 0.3 1'") from None
    short = ", ".join(name for name, values in grid.items() if not 1 <= budget <= len(set(values)))
    if short:
        raise ParameterError(f"budget: {budget} settings a method are asked for; these have another number: {short}")
    return {name: values[(len(values) - budget) // 2 :][:budget] for name, values in grid.items()}


def arm_settings(method: str, value: float, learning_rate: float, names: Sequence[str] = ()) -> dict:
    """What `Arm(concept, **settings)` takes for a value of what is tuned; `names` span the basis of names."""
    if method in AFTER:
        return dict(learning_rate=learning_rate)
    setting, basis = TUNED[method].setting, dict(basis=tuple(names)) if method == "name_basis" else {}
    if setting == RATE.setting:
        return dict(method=method, learning_rate=learning_rate * value)
    return dict(method=method, learning_rate=learning_rate) | basis | {setting: value}


def arm_of(concept: Concept, method: str, value: float, seed: int, learning_rate: float, names: Sequence[str]) -> Arm:
    """The arm that a method's word comes of."""
    return Arm(concept, seed=seed, **arm_settings(method, value, learning_rate, names))


def arms_asked(
    concept: Concept,
    methods: Sequence[str],
    grid: Mapping[str, Sequence[float]],
    *,
    seeds: Sequence[int],
    learning_rate: float,
    names: Sequence[str],  # that span the basis of names
) -> dict[tuple[str, float, int], Arm]:
    """(method, value, training seed) -> the arm that its word comes of."""
    wanted = [(method, value, seed) for method in methods for value in grid[method] for seed in seeds]
    return {key: arm_of(concept, *key, learning_rate, names) for key in wanted}


def learn_words(
    store: Store, pipe, asked: Mapping[str, Mapping[tuple[str, float, int], Arm]], **training
) -> dict[str, dict[tuple[str, float, int], Embedding]]:
    """Of each concept, what `arms_asked` names -> word; all arms of all concepts learn together, each once.

    `training` is steps, checkpoint_every and what else `Store.learn` takes.
    """
    all_arms = {arm.id: arm for arms in asked.values() for arm in arms.values()}
    learned = store.learn(pipe, list(all_arms.values()), **training)
    at = {step: {word.arm: word for word in learned.at(step)} for step in learned.steps}
    losses = learned.log.pivot(index="arm", columns="step", values="loss")
    median = float(pipe.text_encoder.get_input_embeddings().weight.float().norm(dim=-1).median())
    words: dict[str, dict] = {name: {} for name in asked}
    for name, arms in asked.items():
        for (method, value, seed), arm in arms.items():
            own = {step: words_then[arm.id] for step, words_then in at.items()}
            if method in AFTER:
                class_word = initial_rows(pipe, arm.concept.initializer)
                how = dict(steps=learned.steps, word=class_word, median=median, losses=list(losses.loc[arm.id]))
                words[name][method, value, seed] = made_after(method, value, at=own.get, **how)
            else:
                words[name][method, value, seed] = own[learned.steps[-1]]
    return words


def seconds_a_word(pipe, arms: Mapping[str, Arm], *, batch_size: int, steps: int) -> dict[str, float]:
    """Method -> seconds of one word alone on this machine: a step, timed in turns, times all steps.

    What is made after training costs what the naive word does.
    """
    how = dict(batch_size=batch_size, dtype=fastest_dtype(pipe.unet))
    tasks = {}
    for method, arm in arms.items():
        if method not in AFTER:
            templates = known_templates(pipe.tokenizer, arm.concept.templates or training_templates(arm.concept.kind))
            tasks[method] = arm_step(Objective(pipe, [arm], templates={arm.concept.name: templates}, **how))
    found = steps * in_turns(tasks, repeats=3, calls=2).groupby("task")["seconds"].median()
    return {method: float(found[method if method in tasks else "naive"]) for method in arms}


def made_after(
    method: str,  # one of AFTER
    value: float,
    *,
    steps: Sequence[int],  # the naive arm's checkpoints
    at: Callable[[int], Embedding],  # its word at each
    losses: Sequence[float],  # its fixed-batch loss at each
    word: torch.Tensor,  # (n, D) rows of the class word
    median: float,  # length of the vocabulary's rows
) -> Embedding:
    """What a method that needs no training of its own makes of the naive word."""
    if method == "rescale":
        return rescaled(at(steps[-1]), value * median)
    if method == "tea":
        return tea(at(steps[-1]), word, value)
    if method == "dvar":
        return at(dvar_stop(steps, losses, ratio=value))
    return at(min(steps[1:], key=lambda step: abs(step - value * steps[-1])))  # early_stopping
