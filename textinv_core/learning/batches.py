"""What a training step sees: pictures as latents, noise, timesteps, templates, each drawn by its own `stream`."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from textinv_core.learning.concepts import load_images
from textinv_core.learning.losses import training_target
from textinv_core.learning.models import resolution
from textinv_core.seeds import stream


@torch.no_grad()
def encode_latents(pipe, paths, size: int | None = None) -> Tensor:
    """The VAE's latent distribution of each picture and its mirror image, once: (n, 2 flips, 2, C, h, w).

    The third axis is mean and standard deviation, scaled; a fresh sample of it each step has the same
    distribution as encoding each step.
    """
    images = load_images(paths, size or resolution(pipe))
    pixels = torch.from_numpy(np.stack([np.asarray(image, dtype=np.float32) for image in images]))
    pixels = (pixels / 127.5 - 1).permute(0, 3, 1, 2).to(pipe.vae.device, pipe.vae.dtype)  # (n, 3, H, W)
    encoded = []
    for picture in pixels:
        dist = pipe.vae.encode(torch.stack([picture, picture.flip(-1)])).latent_dist
        encoded.append(torch.stack([dist.mean, dist.std], dim=1).float())
    return torch.stack(encoded) * pipe.vae.config.scaling_factor


class Batch(NamedTuple):
    """One batch of one concept and seed, on the model's device."""

    noisy: Tensor  # (B, C, h, w) x_t
    target: Tensor  # (B, C, h, w) what the network should predict
    timesteps: Tensor  # (B,)
    template: Tensor  # (B,) which template


class Draws(NamedTuple):
    """What is drawn for one batch, on the CPU."""

    picture: Tensor  # (B,) which picture
    mirrored: Tensor  # (B,) 1: its mirror image
    template: Tensor  # (B,) which template
    timesteps: Tensor  # (B,)
    sample: Tensor  # (B, C, h, w) standard normal: which latent of the picture's distribution
    noise: Tensor  # (B, C, h, w) standard normal


def spread_timesteps(generator: torch.Generator, size: int, timesteps: int) -> Tensor:
    """One timestep from each of `size` equal parts of the range: the lowest part, the highest, the next lowest, ...

    A batch then never holds noisy examples alone, or clean ones. Averaged over steps every timestep is as likely as if
    all were drawn freely: the expected gradient is the same, and it varies less, since timesteps differ much in it.
    """
    part = torch.stack([torch.arange(size), torch.arange(size).flip(0)], dim=1).flatten()[:size]
    return ((part + torch.rand(size, generator=generator, dtype=torch.float64)) * timesteps / size).long()


def draws(
    scheduler,
    *,
    seed: int,
    step: int,
    pictures: int,  # how many there are
    templates: int,  # how many there are
    shape: tuple[int, ...],  # (B, C, h, w)
    flip: bool,
    stratified: bool = False,  # timesteps from equal parts of their range; two examples share a template
    timesteps: tuple[int, int] = (0, 999),  # lowest and highest
) -> Draws:
    """What (seed, step) draws, whichever loop asks for it."""
    B = shape[0]

    def pick(name: str, count: int) -> Tensor:
        return torch.randint(count, (B,), generator=stream(seed, step, name))

    def scaled(name: str, count: int) -> Tensor:
        # Uniform numbers scaled to the count: concepts of few and of many pictures draw alike.
        return (torch.rand(B, generator=stream(seed, step, name)) * count).long()

    lowest, highest = timesteps
    T, template = min(highest + 1, scheduler.config.num_train_timesteps) - lowest, scaled("template", templates)
    if stratified:  # the noisy example beside each cleaner one has little gradient to lose by sharing its template
        template = template[::2].repeat_interleave(2)[:B]
    timestep = spread_timesteps(stream(seed, step, "timestep"), B, T) if stratified else pick("timestep", T)
    return Draws(
        picture=scaled("picture", pictures),
        mirrored=pick("flip", 2) * int(flip),
        template=template,
        timesteps=lowest + timestep,
        sample=torch.randn(shape, generator=stream(seed, step, "latent")),
        noise=torch.randn(shape, generator=stream(seed, step, "noise")),
    )


def training_batch(
    latents: Tensor,  # (n, 2, 2, C, h, w) from encode_latents
    scheduler,
    *,
    seed: int,
    step: int,
    batch_size: int,
    templates: int,  # how many there are
    flip: bool,
    stratified: bool = False,  # as for `draws`
    timesteps: tuple[int, int] = (0, 999),  # lowest and highest
) -> Batch:
    """The batch of (seed, step): the same whichever arms ask for it, on whichever device."""
    shape = (batch_size, *latents.shape[3:])
    named = dict(seed=seed, step=step, pictures=len(latents), templates=templates, shape=shape, flip=flip)
    named |= dict(stratified=stratified, timesteps=timesteps)
    picture, mirrored, template, *on_cpu = draws(scheduler, **named)
    timesteps, sample, noise = (x.to(latents.device) for x in on_cpu)
    mean, std = latents[picture.to(latents.device), mirrored.to(latents.device)].unbind(1)
    clean = mean + std * sample
    noisy = scheduler.add_noise(clean, noise, timesteps)
    return Batch(noisy, training_target(scheduler, clean, noise=noise, timesteps=timesteps), timesteps, template)


def fixed_batch(latents: Tensor, scheduler, *, size: int) -> Batch:
    """The batch whose loss is logged: the same triples at every checkpoint, timesteps spread evenly."""
    picture = torch.arange(size) % len(latents)
    steps = scheduler.config.num_train_timesteps
    timesteps = ((torch.arange(size) + 0.5) * steps / size).long().to(latents.device)
    noise = torch.randn((size, *latents.shape[3:]), generator=stream(0, 0, "fixed")).to(latents.device)
    clean = latents[picture.to(latents.device), 0, 0]
    noisy = scheduler.add_noise(clean, noise, timesteps)
    target = training_target(scheduler, clean, noise=noise, timesteps=timesteps)
    return Batch(noisy, target, timesteps, torch.zeros(size, dtype=torch.long))
