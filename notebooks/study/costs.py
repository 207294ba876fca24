"""What things cost: seconds, bytes and floating-point operations of training steps.

Timings are taken in turns (A, B, A, B, ...): what disturbs a machine for a while disturbs all of them. Compare
them within one table; between machines compare ratios at most.
"""

import gc
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from textinv_core.learning.arms import Arm
from textinv_core.learning.compiling import compiled
from textinv_core.learning.concepts import Concept
from textinv_core.learning.memory import give_back_freed_memory
from textinv_core.learning.objective import Objective

Task = Callable[[], object]


def in_turns(tasks: Mapping[str, Task], *, repeats: int, calls: int = 1) -> pd.DataFrame:
    """One row per task and repeat: `task`, `repeat`, `seconds` of a call (mean of `calls`), after one to warm up."""
    for task in tasks.values():
        task()
    rows = []
    for repeat in range(repeats):
        for name, task in tasks.items():
            _settle()
            start = time.perf_counter()
            for _ in range(calls):
                task()
            _settle()
            rows.append(dict(task=name, repeat=repeat, seconds=(time.perf_counter() - start) / calls))
    return pd.DataFrame(rows)


def arm_step(objective: Objective) -> Task:
    """One training step of all the objective's arms, as `train` takes it, checkpoints aside."""
    moves = objective.moves
    state = [moves.first, *torch.zeros(2, *moves.first.shape, device=objective.device)]
    step = 0

    def task():
        nonlocal step
        step += 1
        _, grad = objective.gradient(moves.rows(state[0]), step)
        state[:] = moves.step(state[0], grad, *state[1:], step=step)

    return task


def frozen_networks(objective: Objective) -> Task:
    """What a training step spends in the frozen networks, text encoder and UNet: the inputs of its step, kept."""
    part, inputs = objective.part, []
    objective.part = lambda *given: inputs.append(given) or part(*given)
    objective.gradient(objective.start, 1)
    objective.part = part
    return lambda: [part(*given) for given in inputs]


def bare_network(
    network: nn.Module,
    *,
    examples: int,  # latents in all
    at_once: int,  # of them together
    length: int = 77,  # positions of the text encoder
    side: int | None = None,  # of the latents; default: the network's own
    compile: bool = False,  # as training compiles it
) -> Task:
    """Forward and backward of the UNet alone, the gradient into the text states: no loop can be faster."""
    size = side or _side(network)

    def gradient(sample: Tensor, times: Tensor, states: Tensor) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            states = states.detach().requires_grad_()
            loss = network(sample, times, encoder_hidden_states=states).sample.float().pow(2).mean()
            return torch.autograd.grad(loss, states)

    call = compiled(gradient) if compile else gradient

    def task():
        for part in torch.arange(examples).split(at_once):
            sample, states = _inputs(network, len(part), size, length)
            call(sample, torch.full((len(part),), 500, device=network.device), states)

    return task


def steps_of_arms(
    pipe,
    concept: Concept,
    loops: Mapping[str, bool],  # name -> whether compiled
    arms: Sequence[int],  # numbers of words learned together
    *,
    batch_size: int,
    memory_gb: float,  # what one backward pass may keep
    dtype: torch.dtype,
    **objective,  # as for `Objective`
) -> tuple[dict[str, Task], pd.DataFrame]:
    """A training step of every loop and number of words, `<loop>, <words>`, and of its networks alone.

    Also what compiling took (words, examples, seconds): it depends on how many examples run at once, and is done once.
    """
    tasks, parts, waits, length = {}, {}, [], pipe.text_encoder.config.max_position_embeddings
    for name, k in ((name, k) for name in loops for k in arms):
        words = [Arm(concept, seed=seed) for seed in range(k)]
        own = Objective(pipe, words, batch_size=batch_size, dtype=dtype, **objective)
        at_once = own.fit(memory_gb)
        if loops[name]:
            own.part = parts.setdefault(at_once, compiled(own.loss_and_grad))
            start = time.perf_counter()
            own.gradient(own.start, 1)
            waits.append(dict(words=k, examples=at_once, seconds=time.perf_counter() - start))
        tasks[f"{name}, {k}"] = arm_step(own)
        tasks[f"both networks, {name}, {k}"] = frozen_networks(own)
        bare = dict(examples=k * batch_size, at_once=at_once, length=length, compile=loops[name])
        tasks[f"network, {name}, {k}"] = bare_network(own.unet, **bare)
    return tasks, pd.DataFrame(waits, columns=["words", "examples", "seconds"])


def gradient_variance(objective: Objective, row: Tensor, *, updates: int, offset: int = 0) -> float:
    """How much the gradient at one `row` (1, vectors, D) varies over updates: the sum of its entries' variances.

    Each of the objective's arms draws for itself; no two offsets far enough apart see the same draws.
    """
    arms = len(objective.start)
    own, rounds = row.to(objective.start).expand(arms, -1, -1), -(-updates // arms)
    drawn = torch.cat([objective.gradient(own, offset + i)[1].flatten(1) for i in range(rounds)])
    return float(drawn.var(dim=0).sum())


def peak_bytes(task: Task) -> int:
    """The most memory the process (or the accelerator) held while `task` ran, weights and libraries included."""
    gc.collect()
    give_back_freed_memory()  # of other tasks
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        task()
        return torch.cuda.max_memory_allocated()
    reset = Path("/proc/self/clear_refs")
    with suppress(OSError):  # Linux starts the process's peak anew; elsewhere it is the highest so far
        reset.write_text("5")
    task()
    status = Path("/proc/self/status")
    peak = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")] if status.exists() else []
    return int(peak[0].split()[1]) * 1024 if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def traced(network: nn.Module, *, length: int = 77, side: int | None = None) -> dict[str, int]:
    """Counted, not timed, on tensors without data, for one example's forward and backward pass.

    `flops`; `kept_bytes` of activations that backward needs, in the network's format; `weight_bytes`.
    """
    with torch.device("meta"):
        twin = type(network).from_config(network.config)
    twin = nn.Module.to(twin, network.dtype).requires_grad_(False).eval()
    sample, states = _inputs(twin, 1, side or _side(twin), length)
    weights = {p.untyped_storage()._cdata: p.untyped_storage().nbytes() for p in twin.parameters()}
    kept = {}  # the storages themselves, so that no address is used twice

    def count(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    keep = torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor)
    with keep, FlopCounterMode(display=False) as flops:
        output = twin(sample, torch.zeros(1, device="meta"), encoder_hidden_states=states).sample
        output.float().pow(2).mean().backward()
    activations = sum(storage.nbytes() for where, storage in kept.items() if where not in weights)
    return dict(flops=flops.get_total_flops(), kept_bytes=activations, weight_bytes=sum(weights.values()))


def sd15_unet(dtype: torch.dtype = torch.bfloat16, device: str = "meta") -> UNet2DConditionModel:
    """A UNet of Stable Diffusion 1.5's exact shape with random weights; on `meta`, without any."""
    torch.manual_seed(0)
    with torch.device(device):
        network = UNet2DConditionModel(
            sample_size=64,
            in_channels=4,
            out_channels=4,
            layers_per_block=2,
            block_out_channels=(320, 640, 1280, 1280),
            down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
            up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
            cross_attention_dim=768,
            attention_head_dim=8,
        )
    return nn.Module.to(network, dtype).requires_grad_(False).eval()


def _side(network: nn.Module) -> int:
    side = network.config.sample_size
    return side if isinstance(side, int) else side[0]


def _inputs(network: nn.Module, n: int, side: int, length: int) -> tuple[Tensor, Tensor]:
    """Noise and text states; only the states want a gradient, as in training."""
    config, form = network.config, dict(dtype=network.dtype, device=network.device)
    states = torch.randn(n, length, config.cross_attention_dim, **form, requires_grad=True)
    return torch.randn(n, config.in_channels, side, side, **form), states


def _settle() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
