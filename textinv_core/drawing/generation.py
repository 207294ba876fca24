"""Prompts x seeds -> pictures, for the plain model or for learned words.

A seed gives the same first noise in every arm and prompt, drawn on the CPU picture by picture, so what
differs between two arms' pictures is the arm. Batches never mix arms: an arm's pictures are the same
bytes whichever arms stand beside it. Another batch size may differ in the last bits.
"""

from collections.abc import Iterable, Sequence
from numbers import Integral, Real

import pandas as pd
import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
from tqdm import tqdm

from textinv_core.learning.precision import fastest_dtype, shortened
from textinv_core.learning.tokens import Embedding, encode_prompts


def generate(
    pipe: StableDiffusionPipeline,
    embeddings: None | Embedding | Sequence[Embedding | None],  # learned words; None: the plain model
    prompts: Sequence[str],  # "{}" is filled with the placeholder
    seeds: Sequence[int],
    *,
    guidance_scale: float = 7.5,  # classifier-free guidance (Ho & Salimans 2022); 1 is none
    num_inference_steps: int = 25,  # of DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095)
    batch_size: int = 16,  # pictures at once
    word: str | None = None,  # what fills "{}" for the plain model, e.g. "a tree"
    dtype: torch.dtype | None = None,  # of the UNet; None: bfloat16 where the processor multiplies it
    progress: bool = False,  # a bar on stderr
) -> pd.DataFrame:
    """One row per picture: arm, step, prompt (the template), text (as encoded), seed, image (PIL).

    The plain model's rows have arm "plain" and step 0.
    """
    _check(prompts, seeds, guidance_scale, num_inference_steps, batch_size)
    sources = _sources(embeddings, prompts, word)
    sampler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    unet = shortened(pipe.unet, dtype or fastest_dtype(pipe.unet))
    parts = pipe.components | dict(scheduler=sampler, unet=unet)
    sampling = StableDiffusionPipeline(**parts, requires_safety_checker=False)
    sampling.set_progress_bar_config(disable=True)
    side = pipe.unet.config.sample_size
    shape = (pipe.unet.config.in_channels, *((side, side) if isinstance(side, int) else side))

    rows = []
    with torch.no_grad(), tqdm(total=len(sources) * len(prompts) * len(seeds), disable=not progress) as bar:
        unconditional = encode_prompts(pipe, [""])
        for arm, step, own, fill in sources:
            texts = [prompt.replace("{}", fill) for prompt in prompts]
            states = encode_prompts(pipe, texts, own)  # (prompts, L, D)
            jobs = [(p, seed) for p in range(len(prompts)) for seed in seeds]
            for start in range(0, len(jobs), batch_size):
                batch = jobs[start : start + batch_size]
                conditional = states[[p for p, _ in batch]]
                images = sampling(
                    prompt_embeds=conditional,
                    negative_prompt_embeds=unconditional.expand_as(conditional),
                    latents=torch.stack([initial_noise(seed, shape) for _, seed in batch]).to(conditional),
                    generator=[torch.Generator("cpu").manual_seed(seed) for _, seed in batch],
                    guidance_scale=guidance_scale,
                    num_inference_steps=num_inference_steps,
                ).images
                for (p, seed), image in zip(batch, images, strict=True):
                    rows.append(dict(arm=arm, step=step, prompt=prompts[p], text=texts[p], seed=seed, image=image))
                bar.update(len(batch))
    return pd.DataFrame(rows)


def initial_noise(seed: int, shape: tuple[int, ...]) -> torch.Tensor:
    """The first noise of a picture, float32 on the CPU, by its seed alone."""
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))


def _sources(embeddings, prompts, word) -> list[tuple[str, int, list[Embedding], str]]:
    """(arm, step, embeddings in use, what fills "{}") for each thing to draw with."""
    if embeddings is None or isinstance(embeddings, Embedding):
        embeddings = [embeddings]
    for prompt in prompts:
        if None in embeddings and word is None and "{}" in prompt:
            raise ValueError(f"prompt {prompt!r}: the plain model has no placeholder; pass word='a tree' or the like")
    plain = ("plain", 0, [], word or "")
    return [plain if one is None else (one.arm, one.step, [one], one.placeholder) for one in embeddings]


def _check(prompts, seeds, guidance_scale, num_inference_steps, batch_size) -> None:
    """ValueError on input that cannot work."""
    if isinstance(prompts, str) or not prompts or not all(isinstance(prompt, str) for prompt in prompts):
        raise ValueError(f"prompts: expected a list of one or more texts, got {prompts!r}")
    whole = isinstance(seeds, Iterable) and all(isinstance(seed, Integral) and seed >= 0 for seed in seeds)
    if not whole or not len(seeds) or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds: expected whole numbers of 0 or more, each once, got {seeds!r}")
    for name, value in (("num_inference_steps", num_inference_steps), ("batch_size", batch_size)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}: expected a whole number of 1 or more, got {value!r}")
    if not isinstance(guidance_scale, Real) or not 1 <= guidance_scale < float("inf"):
        raise ValueError(f"guidance_scale: expected 1 or more, got {guidance_scale!r}")
