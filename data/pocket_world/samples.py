"""Pictures from a pipeline in large batches, and the contact sheet of twelve prompts."""

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler
from PIL import Image, ImageDraw

from pocket_world.dataset import to_images
from pocket_world.files import seed_of
from pocket_world.tokenizer import LENGTH

CONTACT_PROMPTS = (
    "a photo of a tree in the forest",
    "a photo of a building in the campus",
    "a woman in the style of fantasy",
    "a lake in the style of fantasy",
    "a photo of a man with brown hair and a big smile",
    "a photo of a man doing ballet",
    "a photo of a man dancing with a girl",
    "a photo of a backpack",
    "a photo of two cats on the beach",
    "a photo of a robot on the moon",
    "a photo of a castle at night",
    "a photo of a red apple in the snow",
)


@torch.no_grad()
def hidden_states(pipeline, prompts):
    """(n, 24, width): the text encoder's last hidden states of `prompts`."""
    ids = pipeline.tokenizer(list(prompts), padding="max_length", max_length=LENGTH, truncation=True,
                             return_tensors="pt").input_ids
    return pipeline.text_encoder(ids.to(pipeline.device))[0]


@torch.no_grad()
def draw(pipeline, prompts, seeds, steps=25, guidance=4.0, batch=48):
    """One uint8 picture (64, 64, 3) for each prompt with the noise of its seed: (n, 64, 64, 3).

    DPM-Solver++ 2M (Lu et al. 2022, arXiv:2211.01095) on the pipeline's noise schedule, in bfloat16 autocast.
    """
    shape = (pipeline.unet.config.in_channels, pipeline.unet.config.sample_size, pipeline.unet.config.sample_size)
    device, images = pipeline.device.type, []
    empty = hidden_states(pipeline, [""])
    for start in range(0, len(prompts), batch):
        chunk = list(prompts[start : start + batch])
        noise = [torch.randn(shape, generator=torch.Generator().manual_seed(seed_of("draw", seed)))
                 for seed in seeds[start : start + batch]]
        latents = torch.stack(noise).to(device)
        context = torch.cat([empty.expand(len(chunk), -1, -1), hidden_states(pipeline, chunk)])
        scheduler = DPMSolverMultistepScheduler.from_config(pipeline.scheduler.config, algorithm_type="dpmsolver++")
        scheduler.set_timesteps(steps)
        with torch.autocast(device, torch.bfloat16):
            for timestep in scheduler.timesteps:
                both = scheduler.scale_model_input(torch.cat([latents, latents]), timestep)
                without, given = pipeline.unet(both, timestep, context).sample.float().chunk(2)
                latents = scheduler.step(without + guidance * (given - without), timestep, latents).prev_sample
            decoded = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
        images.append(to_images(decoded.float()))
    return np.concatenate(images)


def grid(images, labels=None, columns=8):
    """Tile uint8 pictures (n, H, W, 3) into rows of `columns`, each row under its label if there are labels."""
    height, width = images.shape[1:3]
    head = 12 if labels else 0
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * width, rows * (height + head)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        sheet.paste(Image.fromarray(image), (column * width, row * (height + head) + head))
        if labels and column == 0:
            pen.text((2, row * (height + head)), labels[row], fill="black")
    return sheet


def contact_sheet(pipeline, prompts=CONTACT_PROMPTS, columns=8, steps=15):
    """A row of `columns` pictures for each prompt, the same noises in every row: a PIL image."""
    repeated = [prompt for prompt in prompts for _ in range(columns)]
    seeds = [column for _ in prompts for column in range(columns)]
    return grid(draw(pipeline, repeated, seeds, steps=steps), list(prompts), columns)
