"""Learned words and drawn pictures, kept by identity: what one notebook made, the next one finds.

Words lie in runs, a folder each, and belong to the records. Pictures are a cache: deleted, they are drawn again.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import pandas as pd
from diffusers import StableDiffusionPipeline
from PIL import Image

from textinv_core.drawing.compiling import calling, package_of
from textinv_core.drawing.generation import generate
from textinv_core.files import write_image
from textinv_core.learning.arms import Arm
from textinv_core.learning.models import model_hash, resolution
from textinv_core.learning.precision import fastest_dtype, shortened
from textinv_core.learning.runs import Run, checkpoints, finished, recorded
from textinv_core.learning.tokens import Embedding
from textinv_core.learning.training import describe, train
from textinv_core.paths import record_dir, scratch_dir
from textinv_core.provenance import code_identity, identity

GENERATION = "textinv_core.drawing.generation"  # the code that decides a picture
COMPILING = "textinv_core.drawing.compiling"  # and, with a compiled network, its last bits
DECIDES = ("batch_size", "flip", "dtype", "model", "code")  # with the arm itself, what decides its rows
_TWINS = WeakKeyDictionary()  # a UNet -> its pipeline's hash, the format and the package; a pipeline with the twin


@dataclass(frozen=True)
class Words:
    """What arms learned, each in the run that trained it; `at`, `log` and `table` are those of a `Run`."""

    ids: tuple[str, ...]  # of the arms, in the order asked for
    homes: dict[str, Run]  # arm id -> its run
    steps: tuple[int, ...]  # the checkpoints asked for

    def at(self, step: int | None = None) -> list[Embedding]:
        """Every arm's embedding at a checkpoint (default: the last)."""
        step = self.steps[-1] if step is None else step
        runs = {run: {e.arm: e for e in run.at(step)} for run in dict.fromkeys(self.homes.values())}
        return [runs[self.homes[arm]][arm] for arm in self.ids]

    @property
    def table(self) -> pd.DataFrame:
        """One row per arm: its id (`arm`) and settings."""
        return self._rows(lambda run: run.table)

    @property
    def log(self) -> pd.DataFrame:
        """One row per arm and checkpoint asked for; the training averages are over each run's own checkpoints."""
        log = self._rows(lambda run: run.log)
        return log[log["step"].isin(self.steps)].reset_index(drop=True)

    def _rows(self, read: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
        """What `read` gives of each arm in its own run (another run may hold the arm too), in the order asked for."""
        tables = {run: read(run) for run in dict.fromkeys(self.homes.values())}
        return pd.concat([tables[self.homes[arm]].query("arm == @arm") for arm in self.ids], ignore_index=True)


@dataclass(frozen=True)
class Store:
    """Two folders: `runs` for learned words, `pictures` for what was drawn."""

    runs: Path
    pictures: Path

    def learn(
        self,
        pipe,
        arms: Sequence[Arm],
        *,
        steps: int,
        checkpoint_every: int | Sequence[int] | None = None,
        batch_size: int = 4,
        **options,
    ) -> Words:
        """The arms at 0, `checkpoint_every` (or at those steps), ... `steps`; trains, together, those not found.

        `options` go to `train`. Each arm is learned once for a model, data and code, whoever asks for it first.
        """
        arms, every = list(arms), checkpoint_every or steps
        every = min(every, steps) if isinstance(every, int) else every
        how = options | dict(steps=steps, checkpoint_every=every, batch_size=batch_size)
        own = {key: value for key, value in how.items() if key not in ("progress", "compile", "memory_gb")}
        asked = describe(pipe, arms, **own)  # refuses steps that cannot be counted
        wanted = checkpoints(every, steps)
        homes = self._find(asked, wanted)
        missing = [arm for arm in arms if arm.id not in homes]
        if missing:
            names = "-".join(dict.fromkeys(arm.concept.name for arm in missing))
            folder = self.runs / f"{names[:60]}-{identity(describe(pipe, missing, **own) | dict(steps=steps))}"
            run = train(pipe, missing, out=folder, **how)
            homes |= {arm.id: run for arm in missing}
        return Words(tuple(arm.id for arm in arms), homes, tuple(wanted))

    def _find(self, asked: dict, wanted: list[int]) -> dict[str, Run]:
        """Arm id -> a finished run that learned it the same way and has all the checkpoints."""
        homes = {}
        runs = [Run(path.parent.resolve()) for path in sorted(self.runs.glob("*/run.json"))]
        # The shortest that will do, so that a longer one learned later changes nothing.
        for run in sorted(runs, key=lambda run: run.steps[-1:]):
            kept = recorded(run.folder)
            same = all(kept.get(name) == asked[name] for name in DECIDES)
            if not same or not set(wanted) <= set(run.steps) or not finished(run.folder, wanted[-1]):
                continue
            for line in kept["arms"]:
                concept = line["concept"]
                if kept["templates"].get(concept) == asked["templates"].get(concept):
                    homes.setdefault(line["arm"], run)
        return {line["arm"]: homes[line["arm"]] for line in asked["arms"] if line["arm"] in homes}

    def draw(self, pipe, embeddings, prompts: Sequence[str], seeds: Sequence[int], *, word=None, **how) -> pd.DataFrame:
        """`generate`, but what it drew before is read; `how` are its settings. A compiled network draws if it can."""
        embeddings = [embeddings] if embeddings is None or isinstance(embeddings, Embedding) else list(embeddings)
        at_once = 64 if resolution(pipe) <= 64 else 16  # small ones come a fifth faster; large ones would not fit
        how = dict(batch_size=at_once) | how | dict(dtype=how.get("dtype") or fastest_dtype(pipe.unet))
        decides = {key: str(value) for key, value in how.items() if key not in ("batch_size", "progress")}
        decides |= dict(model=model_hash(pipe), code=code_identity(GENERATION))
        package = package_of(pipe.unet, decides["model"], how["dtype"])
        package = package if package.exists() else None
        decides |= dict(compiled=code_identity(COMPILING)) if package else {}
        rows = []
        for embedding in embeddings:
            row = b"" if embedding is None else embedding.rows.contiguous().numpy().tobytes()
            fill = embedding.placeholder if embedding else word
            source = decides | dict(rows=hashlib.blake2b(row).hexdigest(), fill=fill)
            kept = {(prompt, seed): self._path(source, prompt, seed) for prompt in prompts for seed in seeds}
            images = {key: _opened(path) for key, path in kept.items()}
            lacks: dict[tuple[int, ...], list[str]] = {}
            for prompt in prompts:
                lacks.setdefault(tuple(s for s in seeds if images[prompt, s] is None), []).append(prompt)
            for some, texts in lacks.items():
                quick = prepared(pipe, how["dtype"], decides["model"], package) if some else None
                for new in generate(quick, embedding, texts, some, word=word, **how).itertuples() if some else ():
                    images[new.prompt, new.seed] = new.image
                    write_image(kept[new.prompt, new.seed], new.image)
            arm, step = (embedding.arm, embedding.step) if embedding else ("plain", 0)
            rows += [(arm, step, p, p.replace("{}", fill or ""), s, image) for (p, s), image in images.items()]
        return pd.DataFrame(rows, columns=["arm", "step", "prompt", "text", "seed", "image"])

    def _path(self, source: dict, prompt: str, seed: int) -> Path:
        key = identity(source | dict(prompt=prompt))
        return self.pictures / key[:2] / key / f"{seed}.png"


def prepared(pipe: StableDiffusionPipeline, dtype, model: str, package: Path | None = None) -> StableDiffusionPipeline:
    """The pipeline with its UNet in `dtype`, or calling its `package`; once for a `model_hash`."""
    if dtype == pipe.unet.dtype and not package:
        return pipe
    if _TWINS.get(pipe.unet, ("",))[0] != (model, dtype, package):
        unet = shortened(pipe.unet, dtype)
        parts = pipe.components | dict(unet=calling(unet, package) if package else unet)
        made = StableDiffusionPipeline(**parts, requires_safety_checker=False)
        _TWINS[pipe.unet] = (model, dtype, package), made
    return _TWINS[pipe.unet][1]


def open_store(profile: str, runs: str | Path = "") -> Store:
    """The store of a profile: words under results/<profile>/runs, pictures under build/<profile>/pictures."""
    return Store(Path(runs) if runs else record_dir(profile, "runs"), scratch_dir(profile) / "pictures")


def _opened(path: Path) -> Image.Image | None:
    """The picture at `path`, or None where there is none that can be read."""
    try:
        with Image.open(path) as file:
            return file.convert("RGB")
    except OSError:
        return None
