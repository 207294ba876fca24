"""Train many arms against one frozen network: the only parameters are the learned rows.

Rows do not interact: the network is frozen and normalises each example by itself. So the arms' batches
run as one, each arm with its own mean loss, its own Adam and its own random stream; K arms together
learn what K separate runs learn, up to the rounding of another batch size.
"""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from textinv_core.files import load_tensors, lock, write_json, write_tensors
from textinv_core.learning.arms import Arm
from textinv_core.learning.compiling import can_compile, compiled, compiling_pays
from textinv_core.learning.concepts import data_hash, training_templates
from textinv_core.learning.losses import kl_beta, kl_step_weights
from textinv_core.learning.models import model_hash
from textinv_core.learning.objective import Objective
from textinv_core.learning.precision import fastest_dtype
from textinv_core.learning.runs import STATE, Run, begun, checkpoint_path, checkpoints, finished, load_run
from textinv_core.learning.tokens import known_templates
from textinv_core.provenance import code_identity


def train(
    pipe,
    arms: Sequence[Arm],
    *,
    steps: int,  # training steps of every arm
    out: str | Path,  # the run's folder: resumed if it holds the same run
    batch_size: int = 4,  # examples of an arm in a step
    checkpoint_every: int | Sequence[int] = 250,  # steps between checkpoints, or which; 0 and the last are kept too
    templates: Sequence[str] | None = None,  # default: each concept's own, or the paper's for its kind
    flip: bool = True,  # mirror half of the pictures
    stratified: bool = True,  # timesteps from equal parts of their range; False: freely, as the published loop does
    dtype: torch.dtype | None = None,  # of the frozen networks; None: bfloat16 where the processor multiplies it
    compile: bool | str = "auto",  # the network; auto: where there is a compiler and enough to do
    memory_gb: float = 4.0,  # what the activations of one backward pass may take
    progress: bool = True,  # a bar on stderr
) -> Run:
    """Train `arms` together and return their run; the same call after a kill ends at the same bytes.

    Raises ValueError on input that cannot work, before anything is written, and FloatingPointError if a
    loss stops being finite (the checkpoints before stay).
    """
    arms, out, dtype = list(arms), Path(out).resolve(), dtype or fastest_dtype(pipe.unet)
    asked = describe(
        pipe, arms, steps=steps, batch_size=batch_size, checkpoint_every=checkpoint_every, templates=templates,
        flip=flip, stratified=stratified, dtype=dtype,
    )  # fmt: skip
    examples = steps * batch_size * len(arms)
    if compile not in (True, False, "auto"):
        raise ValueError(f"compile: expected True, False or 'auto', got {compile!r}")
    if not 0 < memory_gb < float("inf"):
        raise ValueError(f"memory_gb: expected more than 0, got {memory_gb!r}")
    if begun(out, asked) and finished(out, steps):
        return load_run(out)
    drawing = dict(batch_size=batch_size, templates=asked["templates"], flip=flip, stratified=stratified)
    objective = Objective(pipe, arms, **drawing, dtype=dtype)
    with lock(out):
        chosen = begun(out, asked)
        if chosen is None:
            at_once = objective.fit(memory_gb)
            worth = compile is True or (compile == "auto" and can_compile() and examples >= compiling_pays(at_once))
            chosen = {"micro_batch": at_once, "compiled": worth and _compiles_right(objective)}
            write_json(out / "run.json", asked | chosen)
        elif chosen["compiled"]:
            objective.part = compiled(objective.loss_and_grad)
        objective.micro_batch = chosen["micro_batch"]
        _loop(objective, [line["arm"] for line in asked["arms"]], out, checkpoints(checkpoint_every, steps), progress)
    return load_run(out)


def _loop(objective: Objective, ids: list[str], out: Path, marks: list[int], progress: bool) -> None:
    """From the last saved state to the last of the steps to be kept."""
    device, arms, moves, steps = objective.device, objective.arms, objective.moves, marks[-1]
    done, values, mean, square = 0, moves.first, *torch.zeros(2, *moves.first.shape, device=device)
    if (out / STATE).exists():
        state, record = load_tensors(out / STATE)
        done, (values, mean, square) = record["step"], (state[k].to(device) for k in ("values", "mean", "square"))

    def save(step: int, seen: list[tuple[Tensor, Tensor]]) -> None:
        rows = moves.rows(values)
        means = torch.stack([torch.stack(pair) for pair in seen]).mean(0).tolist() if seen else None
        lines = [{"arm": arm, "step": step} | line for arm, line in zip(ids, objective.measure(rows), strict=True)]
        for a, line in enumerate(lines):  # NaN at step 0, where nothing was trained yet
            line["train_loss"], line["grad_norm"] = (means[0][a], means[1][a]) if means else (float("nan"),) * 2
        own = {arm: rows[a, : arms[a].vectors] for a, arm in enumerate(ids)}
        write_tensors(checkpoint_path(out, step), own, {"log": lines})
        write_tensors(out / STATE, {"values": values, "mean": mean, "square": square}, {"step": step})

    if done == 0:
        save(0, [])
    seen = []  # since the last checkpoint: (loss (A,), gradient norm (A,))
    for step in tqdm(range(done + 1, steps + 1), initial=done, total=steps, disable=not progress, mininterval=2):
        loss, grad = objective.gradient(moves.rows(values), step)
        if not (loss.isfinite().all() and grad.isfinite().all()):
            arm = ids[int((~(loss.isfinite() & grad.isfinite().all(-1).all(-1))).nonzero()[0])]
            raise FloatingPointError(
                f"{out}: loss or gradient of arm {arm} is not finite at step {step}; checkpoints before it are kept"
            )
        values, mean, square = moves.step(values, grad, mean, square, step=step)
        seen.append((loss, grad.flatten(1).norm(dim=1)))
        if step in marks:
            save(step, seen)
            seen = []


def describe(
    pipe, arms: Sequence[Arm], *, steps, batch_size=4, checkpoint_every=250, templates=None, flip=True,
    stratified=True, dtype=None,
) -> dict:  # fmt: skip
    """What identifies a run, as kept in run.json (arguments as for `train`); ValueError on input that cannot work."""
    named = not isinstance(checkpoint_every, int) and isinstance(checkpoint_every, Sequence) and checkpoint_every
    kept = [("checkpoint_every", step) for step in (checkpoint_every if named else [checkpoint_every])]
    for name, value in (("steps", steps), ("batch_size", batch_size), *kept):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}: expected a whole number of 1 or more, got {value!r}")
    for name, value in (("flip", flip), ("stratified", stratified)):
        if not isinstance(value, bool):
            raise ValueError(f"{name}: expected True or False, got {value!r}")
    if not arms:
        raise ValueError("arms: expected one or more, got none")
    concepts = {}
    for arm in arms:
        if concepts.setdefault(arm.concept.name, arm.concept) != arm.concept:
            raise ValueError(f"arms: two different concepts are both named {arm.concept.name!r}")
    table = [{"arm": arm.id} | arm.settings | {"kl_beta": _beta(pipe, arm)} for arm in arms]
    ids = [line["arm"] for line in table]
    if len(set(ids)) < len(ids):
        twice = table[next(i for i, arm in enumerate(ids) if arm in ids[:i])]
        named = ", ".join(f"{key} {twice[key]}" for key in ("concept", "initializer", "seed"))
        raise ValueError(f"arms: two are the same ({named})")
    return {
        "arms": table,
        "batch_size": batch_size,
        "checkpoint_every": [*checkpoint_every] if named else checkpoint_every,
        "templates": {name: list(_templates(pipe, concept, templates)) for name, concept in concepts.items()},
        "flip": flip,
        "stratified": stratified,
        "dtype": str(dtype or fastest_dtype(pipe.unet)),
        "model": model_hash(pipe),
        "data": {name: data_hash(concept) for name, concept in concepts.items()},
        "code": code_identity(__name__),
    }


def _templates(pipe, concept, asked: Sequence[str] | None) -> tuple[str, ...]:
    """The prompts to train a concept with: as asked, its own, or those of the paper's that the model can read."""
    for template in asked or ():
        if not re.fullmatch(r"[^{}]*\{\}[^{}]*", template):
            raise ValueError(f"template {template!r}: expected exactly one {{}} where the placeholder goes")
    own = tuple(asked or concept.templates)
    return own or known_templates(pipe.tokenizer, training_templates(concept.kind))


def _beta(pipe, arm: Arm) -> float:
    """The `beta` that the arm's `kl_weight` stands for, at the native stride."""
    config = pipe.unet.config
    side = config.sample_size if isinstance(config.sample_size, int) else config.sample_size[0]
    weights = kl_step_weights(pipe.scheduler.alphas_cumprod, arm.kl_variance, pipe.scheduler.config.prediction_type)
    return kl_beta(arm.kl_weight, weights, config.in_channels * side**2)


def _compiles_right(objective: Objective) -> bool:
    """Whether the networks, compiled from now on, give their own gradients still; compilers have faults."""

    def some() -> Tensor:  # (steps * A, S * D)
        return torch.cat([objective.gradient(objective.start, step)[1].flatten(1) for step in range(1, 10)])

    plain, why = some(), "its gradient is wrong on this machine"
    objective.part = compiled(objective.loss_and_grad)
    try:
        # The median, since in a short format now and then a gradient is mostly rounding, by either.
        agree = bool(torch.cosine_similarity(some(), plain).median() > 0.98)
    except RuntimeError as error:  # of the compiler
        agree, why = False, str(error).strip().partition("\n")[0]
    if not agree:
        warnings.warn(f"training without compiling the network: {why}", stacklevel=3)
        objective.part = objective.loss_and_grad
    return agree
