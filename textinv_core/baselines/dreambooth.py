"""DreamBooth, the neighbour that fine-tunes the network itself (Ruiz et al. 2022, arXiv 2208.12242).

The concept is called by a rare token before its class word, "a photo of z tree". Pictures of the class, drawn
beforehand by the plain model, are learned beside it so that the class keeps its look (prior preservation, their
eq. 2). The text encoder is frozen, and the network that is fine-tuned is a copy: the pipeline stays as it was.
"""

import copy
from contextlib import nullcontext
from pathlib import Path

import torch
from diffusers import DDPMScheduler, StableDiffusionPipeline
from pydantic import Field
from torch import Tensor, nn
from tqdm import tqdm

from textinv_core.drawing.generation import generate
from textinv_core.files import load_tensors, lock, write_image, write_tensors
from textinv_core.learning.batches import encode_latents, training_batch
from textinv_core.learning.concepts import Concept, class_phrase, data_hash, plain_prompt
from textinv_core.learning.losses import denoising_loss
from textinv_core.learning.models import model_hash
from textinv_core.learning.precision import explicit_attention
from textinv_core.learning.tokens import encode_prompts
from textinv_core.provenance import code_identity, identity
from textinv_core.settings import Settings, Word

RARE_FROM = 5000  # the first id that may count as rare (the paper's range, sec. 3.2)
OTHER = 2**31  # added to a seed for all that concerns class pictures; seeds lie below it


class DreamBooth(Settings):
    """How a network is fine-tuned. `DreamBooth(concept, identifier="sks", steps=800)`."""

    concept: Concept
    identifier: Word  # an existing token with hardly a meaning: see `rare_token`
    steps: int = Field(ge=0)
    seed: int = Field(0, ge=0, lt=OTHER)
    learning_rate: float = Field(5e-6, ge=0)  # AdamW's, per step (the paper's for Stable Diffusion)
    prior_weight: float = Field(1.0, ge=0)  # their lambda, on the loss of the class pictures
    class_pictures: int = Field(48, ge=1)  # how many are drawn beforehand
    batch_size: int = Field(4, ge=1)  # of the concept in a step, and as many of its class
    flip: bool = True  # mirror half of the pictures

    def __init__(self, concept: Concept, **settings):
        super().__init__(concept=concept, **settings)

    @property
    def word(self) -> str:
        """What stands for the concept in a prompt: identifier and class word."""
        return f"{self.identifier} {self.concept.class_word}"


def rare_token(tokenizer) -> str:
    """The tokenizer's last whole word of up to three consonants; a BPE vocabulary is in falling order of frequency.

    Below RARE_FROM entries every merge is a frequent one: there it is the alphabet's last single consonant.
    """
    consonants = set("bcdfghjklmnpqrstvwxz")
    words = {token.removesuffix("</w>"): i for token, i in tokenizer.get_vocab().items() if token.endswith("</w>")}
    words = {word: i for word, i in words.items() if 0 < len(word) <= 3 and set(word) <= consonants}
    rare, single = [word for word in words if words[word] >= RARE_FROM], [word for word in words if len(word) == 1]
    if not rare and not single:
        raise ValueError("tokenizer: has no word of up to three consonants; choose an identifier")
    return max(rare, key=words.get) if rare else max(single)


def dreambooth(
    pipe: StableDiffusionPipeline,
    recipe: DreamBooth,
    *,
    out: str | Path,  # folder for the fine-tuned networks: one that is there is loaded
    dtype: torch.dtype | None = None,  # autocast, e.g. torch.bfloat16; None: float32
    progress: bool = True,  # a bar on stderr
    **drawing,  # of the class pictures: settings of `generate`
) -> StableDiffusionPipeline:
    """A pipeline with a fine-tuned copy of the network; all its other parts are `pipe`'s own.

    Raises ValueError on an identifier that is not one token, and FloatingPointError if the loss stops being finite.
    Killed, it draws the class pictures that lack and trains from the start: the same bytes.
    """
    ids = pipe.tokenizer(recipe.identifier, add_special_tokens=False).input_ids
    if len(ids) != 1 or ids[0] == pipe.tokenizer.unk_token_id:
        raise ValueError(f"identifier {recipe.identifier!r}: expected one existing token, it is {len(ids)}")
    asked = recipe.model_dump(exclude={"concept"}) | {"drawing": {k: str(v) for k, v in drawing.items()}}
    asked |= dict(prompts=_prompts(recipe), data=data_hash(recipe.concept), dtype=str(dtype))
    asked |= dict(model=model_hash(pipe), code=code_identity(__name__))
    folder = Path(out).resolve() / f"{recipe.concept.name}-{identity(asked)}"
    with lock(folder):
        if not (folder / "unet.safetensors").exists():
            pictures = _class_pictures(pipe, recipe, folder / "class", drawing) if recipe.prior_weight else []
            network = _fine_tuned(pipe, recipe, pictures, dtype, progress)
            write_tensors(folder / "unet.safetensors", network.state_dict(), asked)
        weights, _ = load_tensors(folder / "unet.safetensors")
    network = copy.deepcopy(pipe.unet)
    network.load_state_dict(weights)
    parts = {**pipe.components, "unet": network}
    tuned = StableDiffusionPipeline(**parts, requires_safety_checker=False)
    tuned.set_progress_bar_config(disable=True)
    return tuned


def _prompts(recipe: DreamBooth) -> list[str]:
    """What the concept's pictures are called, and its class."""
    return [plain_prompt(recipe.concept.kind).format(word) for word in (recipe.word, class_phrase(recipe.concept))]


def _class_pictures(pipe, recipe: DreamBooth, folder: Path, drawing: dict) -> list[Path]:
    """Pictures of the class word, by the plain model; those already there are kept."""
    wanted = {folder / f"{i:04d}.png": OTHER + i for i in range(recipe.class_pictures)}
    lacking = {seed: path for path, seed in wanted.items() if not path.exists()}
    for row in generate(pipe, None, _prompts(recipe)[1:], list(lacking), **drawing).itertuples() if lacking else ():
        write_image(lacking[row.seed], row.image)
    return list(wanted)


def _fine_tuned(pipe, recipe: DreamBooth, pictures: list[Path], dtype, progress: bool) -> nn.Module:
    """A copy of the network after `recipe.steps` steps, in the precision of the original; trained in float32."""
    network = copy.deepcopy(pipe.unet).float().requires_grad_(True)
    if dtype:
        explicit_attention(network)
    scheduler = DDPMScheduler.from_config(pipe.scheduler.config)
    sources = [(paths, seed) for paths, seed in ((recipe.concept.images, 0), (pictures, OTHER)) if paths]
    latents = [(encode_latents(pipe, paths), recipe.seed + seed) for paths, seed in sources]
    with torch.no_grad():
        states = encode_prompts(pipe, _prompts(recipe)[: len(latents)]).float()  # (1 or 2, L, D)
    states = states.repeat_interleave(recipe.batch_size, dim=0)
    shared = dict(batch_size=recipe.batch_size, templates=1, flip=recipe.flip)
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate)

    def loss_at(step: int) -> Tensor:
        batches = [training_batch(own, scheduler, seed=seed, step=step, **shared) for own, seed in latents]
        noisy, target, timesteps = (torch.cat([b[i] for b in batches]) for i in range(3))
        with torch.autocast(pipe.device.type, dtype=dtype) if dtype else nullcontext():
            noise_pred = network(noisy, timesteps, encoder_hidden_states=states).sample
        concept, *prior = denoising_loss(noise_pred, target).split(recipe.batch_size)
        return concept.mean() + recipe.prior_weight * sum(part.mean() for part in prior)

    bar = tqdm(range(1, recipe.steps + 1), desc=recipe.concept.name, disable=not progress, mininterval=2)
    for step in bar:
        loss = loss_at(step)
        if not loss.isfinite():
            raise FloatingPointError(f"dreambooth {recipe.concept.name}: the loss is not finite at step {step}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.to(pipe.unet.dtype).requires_grad_(False)
