"""One resumable call of one training stage: its limits, learning-rate plan, checkpoints, log and signals.

A stage is a loop over `StageRun.steps()`.  Everything random in it comes from `StageRun.generator()`, which is seeded
by the stage's name, the seed and the step, so the counters in a checkpoint are the whole state of the randomness: a
call that is killed and given again ends at the same weights as one that ran through.
"""

import json
import os
import platform
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from pocket_world.training.files import StageError, load_checkpoint, save_checkpoint, seed_of, write_text
from textinv_core.paths import BUILD, MODELS

CHECKPOINT_SECONDS = 120
LOG_SECONDS = 5
MINUTES = {"clip": 30, "vae": 45, "unet": 240, "judge": 20, "oracle": 20}  # of a call without limits, for two cores


def hardware(device):
    """The name of a device, or the processor's and its core count, as this machine says it."""
    if device != "cpu":
        return torch.cuda.get_device_name(device)
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores of {name}"


@dataclass
class Options:
    """What the command line says about a call; see `__main__`."""

    minutes: float | None = None  # training time of this call
    samples: int | None = None  # pictures of this call
    batch: int | None = None  # examples of a step; None: the stage's own for the device
    rate: float | None = None  # peak learning rate; None: the stage's own
    device: str = "cpu"
    threads: int = 2
    seed: int = 0
    build: Path = BUILD / "pocket"
    models: Path = MODELS
    tiny: bool = False  # small networks, for the tests
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    freeze_text: bool = False
    freeze_encoder: bool = False
    only_colours: bool = False
    cooldown: float | None = None  # None: the stage's own
    split: str = "train"  # dataset, unet: which pictures


class StageRun:
    """The state of one call; `parts` are the things with a state_dict that a checkpoint holds.

    A call's plan is its limit (minutes or pictures), its learning rate's warm-up, constant part and linear cool-down.
    A call that was stopped and is given again with the same limits goes on with its plan; one with other limits, or
    after a finished one, begins a new plan from the state before the last cool-down.
    """

    def __init__(self, name, options, parts, *, batch, warmup=300, cooldown=0.25, facts=None):
        self.name, self.options, self.parts, self.batch = name, options, parts, batch
        self.warmup, self.cooldown = warmup, cooldown if options.cooldown is None else options.cooldown
        self.facts = dict(facts or {})  # what the weights depend on (hashes); a checkpoint with others is refused
        self.folder = Path(options.build) / name
        self.folder.mkdir(parents=True, exist_ok=True)
        minutes = options.minutes if options.minutes or options.samples else MINUTES.get(name, 10)
        self.plan = {"minutes": minutes, "samples": options.samples, "cooldown": self.cooldown,
                     "used_seconds": 0.0, "used_samples": 0, "start_step": 0, "finished": False}
        self.step, self.samples, self.seconds = 0, 0, 0.0
        self.values, self.signal, self.loss = {}, None, None

    # --- checkpoints ---------------------------------------------------------------------------------------------
    def checkpoint(self):
        counters = {"step": self.step, "samples": self.samples, "seconds": self.seconds,
                    "hardware": hardware(self.options.device)}
        states = {name: part.state_dict() for name, part in self.parts.items()}
        return {"counters": counters, "plan": self.plan, "facts": self.facts, **states}

    def save(self, file="last.pt"):
        self.refuse_a_loss_not_finite()
        save_checkpoint(self.folder / file, self.checkpoint())

    def resume(self):
        """Load the last checkpoint if there is one; True if there was."""
        if not (self.folder / "last.pt").exists():
            return False
        saved = load_checkpoint(self.folder / "last.pt", "")
        limits = ("minutes", "samples", "cooldown")
        same = not saved["plan"]["finished"] and all(saved["plan"][k] == self.plan[k] for k in limits)
        if not same and saved["plan"].get("cooling") and (self.folder / "stable.pt").exists():
            stable = load_checkpoint(self.folder / "stable.pt", "")
            if set(self.parts) <= set(stable):  # a call that freezes a part must keep that part as it ended
                shutil.copy2(self.folder / "last.pt", self.folder / "cooled.pt")  # the finished one is not lost
                saved = stable
        for name, value in self.facts.items():
            if saved["facts"].get(name) != value:
                raise StageError(f"{self.folder / 'last.pt'}: trained with {name} {saved['facts'].get(name)}, but "
                                 f"it is now {value}; move this folder away to train anew")
        for name, part in self.parts.items():
            if name in saved:
                part.load_state_dict(saved[name])
        self.step, self.samples, self.seconds = (saved["counters"][k] for k in ("step", "samples", "seconds"))
        self.plan = saved["plan"] if same else self.plan | {"start_step": self.step}
        self._trim_log()
        print(f"{self.name}: continues after {self.samples:,} pictures, {self.seconds / 60:.1f} minutes", flush=True)
        return True

    # --- the plan ------------------------------------------------------------------------------------------------
    def progress(self):
        """How much of this call's limit is used, 0 to 1."""
        used = 0.0
        if self.plan["minutes"]:
            used = self.plan["used_seconds"] / (60 * self.plan["minutes"])
        if self.plan["samples"]:
            used = max(used, self.plan["used_samples"] / self.plan["samples"])
        return min(used, 1.0)

    def learning_rate(self, peak):
        """Warm-up over `warmup` steps of this plan, constant, then linear to 1 % over the last `cooldown` of it."""
        rate = peak * min(1.0, (self.step - self.plan["start_step"] + 1) / self.warmup)
        if self.cooldown and self.progress() > 1 - self.cooldown:
            rate *= max(0.01, (1 - self.progress()) / self.cooldown)
        return rate

    def set_rate(self, optimizer, peak):
        """Give every group of the optimizer this step's rate, of its own `peak` if it has one."""
        for group in optimizer.param_groups:
            group["lr"] = self.learning_rate(group.get("peak", peak))
        self.values["rate"] = self.learning_rate(peak)

    def generator(self, purpose="", device="cpu"):
        """The torch generator of this step, named by stage, purpose, seed and step; equal numbers on equal devices."""
        return torch.Generator(device).manual_seed(seed_of(self.name, purpose, self.options.seed, self.step))

    def indices(self, count, batch):
        """Which of `count` pictures this step takes: (batch,), by epochs in a seeded random order."""
        per_epoch = max(1, count // batch)
        epoch, place = divmod(self.step, per_epoch)
        if getattr(self, "_epoch", None) != (epoch, count):
            order = np.random.default_rng(seed_of(self.name, "order", self.options.seed, epoch))
            self._epoch, self._order = (epoch, count), order.permutation(count)
        return self._order[place * batch : (place + 1) * batch]

    def descend(self, loss, optimizer, longest=None):
        """One step of the optimizer down `loss`, the gradient cut to length `longest`; refuses a loss not finite."""
        self.loss = loss.detach()
        if self.loss.device.type == "cpu":  # elsewhere a look at it would wait for the device: once a log line
            self.refuse_a_loss_not_finite()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if longest:
            torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], longest)
        optimizer.step()

    def refuse_a_loss_not_finite(self):
        """Before it is saved or logged: weights that met such a loss are lost."""
        if self.loss is not None and not torch.isfinite(self.loss):
            raise FloatingPointError(f"{self.name}: the loss is {self.loss.item()} at step {self.step}")

    # --- the loop ------------------------------------------------------------------------------------------------
    def steps(self):
        """Yield the step number until the limit; saves about every two minutes and on SIGTERM or SIGINT."""
        handlers = {s: signal.signal(s, self._stop) for s in (signal.SIGTERM, signal.SIGINT)}
        by_samples = self.plan["samples"] and not self.plan["minutes"]
        total = self.plan["samples"] if by_samples else round(60 * self.plan["minutes"])
        bar = tqdm(total=total, desc=self.name, unit="picture" if by_samples else "s", dynamic_ncols=True,
                   initial=self.plan["used_samples"] if by_samples else round(self.plan["used_seconds"]),
                   mininterval=1.0 if sys.stderr.isatty() else 30.0, bar_format="{desc} {percentage:3.0f}% |{bar:20}| "
                   "{elapsed} left {remaining}{postfix}")
        clock = saved = logged = time.monotonic()
        speed_from = (self.seconds, self.samples)
        try:
            while self.progress() < 1:
                if self.cooldown and not self.plan.get("cooling") and self.progress() >= 1 - self.cooldown:
                    self.save("stable.pt")
                    self.plan["cooling"] = True
                yield self.step
                now = time.monotonic()
                self.step, self.samples = self.step + 1, self.samples + self.batch
                self.seconds += now - clock
                self.plan["used_seconds"] += now - clock
                self.plan["used_samples"] += self.batch
                clock = now
                bar.n = min(total, self.plan["used_samples"] if by_samples else round(self.plan["used_seconds"]))
                if now - logged > LOG_SECONDS or self.progress() >= 1:
                    rate = (self.samples - speed_from[1]) / max(1e-9, self.seconds - speed_from[0])
                    speed_from, logged = (self.seconds, self.samples), now
                    self.refuse_a_loss_not_finite()
                    values = {k: float(v) for k, v in self.values.items()}
                    self._write_log({"samples": self.samples, "seconds": round(self.seconds, 1),
                                     "pictures_per_s": round(rate, 1), **values})
                    bar.set_postfix_str(f"{self.samples:,} pictures, {rate:.0f}/s, loss {values.get('loss', 0):.4f}",
                                        refresh=False)
                bar.update(0)
                if now - saved > self.options.checkpoint_seconds:
                    self.save()
                    saved = time.monotonic()
                if self.signal:
                    self.save()
                    raise SystemExit(128 + self.signal)
            self.plan["finished"] = True
            self.save()
        finally:
            bar.refresh()
            bar.close()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _stop(self, number, frame):
        self.signal = number

    def _trim_log(self):
        """Drop log lines of steps that the checkpoint does not hold: they are about to be done again."""
        path = self.folder / "log.jsonl"
        if path.exists():
            lines = [line for line in path.read_text().splitlines() if json.loads(line)["samples"] <= self.samples]
            write_text(path, "".join(line + "\n" for line in lines))

    def _write_log(self, values):
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")
