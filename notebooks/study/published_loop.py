"""The published training loop, for comparison: what ours is measured against, in speed and in what is learned.

Gal et al.'s algorithm as diffusers' example `textual_inversion.py` runs it: one word at a time, in float32; every step
encodes the pictures with the VAE and the whole prompts with the text encoder; AdamW moves the whole
embedding table, and all rows but the placeholder's are put back after each step.

It draws pictures, noise and templates as our loop does, and timesteps freely; asked to draw them as ours too, it sees
the very same. The example reads and resizes the pictures at every step; here they are kept, which favours it.
"""

import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from diffusers import DDPMScheduler
from torch import Tensor

from textinv_core.learning.batches import draws
from textinv_core.learning.concepts import Concept, load_images
from textinv_core.learning.losses import training_target
from textinv_core.learning.models import resolution
from textinv_core.learning.tokens import initial_rows


class Step(NamedTuple):
    """One step of the loop."""

    loss: float
    grad: Tensor  # (D,) of the placeholder's row
    row: Tensor  # (D,) the placeholder's row after the step


def reference_loop(
    pipe,
    concept: Concept,
    *,
    templates: Sequence[str],  # "{}" is where the placeholder goes
    steps: int,
    seed: int = 0,
    batch_size: int = 4,
    learning_rate: float = 2e-3,  # AdamW's, per step
    weight_decay: float = 1e-2,  # the example's default; it shrinks the placeholder's row too
    flip: bool = True,  # mirror half of the pictures
    stratified: bool = False,  # timesteps from equal parts of their range, two examples to a template, as ours
) -> Iterator[Step]:
    """Train one vector for `concept` and yield every step; the pipeline given stays as it is."""
    tokenizer, text_encoder = copy.deepcopy(pipe.tokenizer), copy.deepcopy(pipe.text_encoder)
    tokenizer.add_tokens(concept.placeholder)
    text_encoder.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    table = text_encoder.get_input_embeddings().weight
    own = tokenizer.convert_tokens_to_ids(concept.placeholder)
    with torch.no_grad():
        table[own] = initial_rows(pipe, concept.initializer)[0].to(table)
    before, others = table.detach().clone(), torch.arange(len(table), device=table.device) != own
    table.requires_grad_()
    optimizer = torch.optim.AdamW([table], lr=learning_rate, weight_decay=weight_decay)

    scheduler = DDPMScheduler.from_config(pipe.scheduler.config)
    images = np.stack([np.asarray(image, np.float32) for image in load_images(concept.images, resolution(pipe))])
    pixels = (torch.from_numpy(images) / 127.5 - 1).permute(0, 3, 1, 2).to(pipe.vae.device, pipe.vae.dtype)
    side = resolution(pipe) // pipe.vae_scale_factor
    shape = (batch_size, pipe.unet.config.in_channels, side, side)
    counts = dict(pictures=len(pixels), templates=len(templates), shape=shape, flip=flip, stratified=stratified)
    for step in range(1, steps + 1):
        draw = draws(scheduler, seed=seed, step=step, **counts)
        timesteps, sample, noise = (x.to(table.device) for x in draw[3:])
        with torch.no_grad():
            mirrored = draw.mirrored.bool()[:, None, None, None].to(pixels.device)
            chosen = pixels[draw.picture.to(pixels.device)]
            dist = pipe.vae.encode(torch.where(mirrored, chosen.flip(-1), chosen)).latent_dist
            latents = (dist.mean + dist.std * sample) * pipe.vae.config.scaling_factor
        noisy = scheduler.add_noise(latents, noise, timesteps)
        texts = [templates[i].format(concept.placeholder) for i in draw.template]
        ids = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids
        states = text_encoder(ids.to(table.device))[0]
        noise_pred = pipe.unet(noisy.to(pipe.unet.dtype), timesteps, states.to(pipe.unet.dtype)).sample
        target = training_target(scheduler, latents, noise=noise, timesteps=timesteps)
        loss = torch.nn.functional.mse_loss(noise_pred.float(), target.float())
        loss.backward()
        grad = table.grad[own].clone()
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            table[others] = before[others]
        yield Step(loss.item(), grad, table[own].detach().clone())
