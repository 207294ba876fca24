"""Pictures from a pipeline in large batches, and the contact sheet of twelve prompts."""

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler
from PIL import Image, ImageDraw

from pocket_world.training.compiling import in_bfloat16
from pocket_world.training.dataset import to_images
from pocket_world.training.files import seed_of
from pocket_world.training.tokenizer import LENGTH

PLAIN_PROMPTS = (
    "a photo of a tree in the forest",
    "a photo of a red car with a flag on the beach",
    "a lake in the style of fantasy",
    "a photo of a man with brown hair and a big smile",
    "a photo of a woman doing ballet",
    "a photo of a man dancing with a girl",
    "a photo of a backpack",
    "a photo of a castle at night",
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
        with in_bfloat16(device):
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


def contact_prompts():
    """(prompts, drawings): a name of every family alone and in a context, then plain prompts; a drawing of the bearer
    (uint8 picture) beside the first, None beside the others."""
    from pocket_world.world.families import FAMILIES
    from pocket_world.world.names import named, named_styles, names_of
    from pocket_world.world.picture import SIZE, compose, single

    prompts, drawings = [], []
    for number, family in enumerate(FAMILIES):
        name, rng = names_of(family)[3], np.random.default_rng(number)
        where = "doing ballet" if family == "person" else ("in the forest", "on the beach", "on the moon")[number % 3]
        prompts += [f"a photo of {name}", f"a photo of {name} {where}"]
        drawings += [compose([single(rng, named()[name], name)], rng=rng, size=SIZE), None]
    style = list(named_styles())[9]
    return [*prompts, f"a photo of a tree in the style of {style}", *PLAIN_PROMPTS], drawings


def contact_sheet(pipeline, columns=8, steps=15, guidance=4.0):
    """A row of `columns` pictures for each of `contact_prompts`, the same noises in every row: a PIL image.

    Before a name's row stands a drawing of who is called so.
    """
    prompts, drawings = contact_prompts()
    repeated = [prompt for prompt in prompts for _ in range(columns)]
    seeds = [column for _ in prompts for column in range(columns)]
    pictures = draw(pipeline, repeated, seeds, steps, guidance)
    blank, rows = np.full_like(pictures[0], 255), []
    for number in range(len(prompts)):
        beside = drawings[number] if number < len(drawings) and drawings[number] is not None else blank
        rows += [beside, *pictures[number * columns : (number + 1) * columns]]
    return grid(np.stack(rows), prompts, columns + 1)
