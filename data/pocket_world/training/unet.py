"""The denoiser, and the text encoder beside it: a UNet2DConditionModel on cached latents.

Stable Diffusion's noise schedule and epsilon-prediction; every noise level with about the same share of the loss, and
small parts of a figure with more than their area's; captions dropped at random for classifier-free guidance (Ho &
Salimans 2022, arXiv:2207.12598). The text encoder begins as CLIP's and learns on with the denoising loss, as in latent
diffusion's own text-to-image model (Rombach et al. 2022, arXiv:2112.10752), the one that Textual Inversion was first
shown on: a name's row is then what draws its bearer. Who has no name may be called by looks (`passing`).

The published model's first five million pictures had min-SNR weights instead (Hang et al. 2023, arXiv:2303.09556). In
its first six million nobody was called by looks, and a part's weight was its colour's area alone.
"""

import time

import torch
from diffusers import DDPMScheduler, PNDMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from diffusers.training_utils import EMAModel, compute_snr
from transformers import CLIPTextModel

from pocket_world.training.clip import load_clip
from pocket_world.training.compiling import compile_parts, in_bfloat16
from pocket_world.training.dataset import Pictures, on
from pocket_world.training.files import final_states, load_checkpoint
from pocket_world.training.latents import Cached, cache_latents
from pocket_world.training.passing import CallByLooks, callings, ids_of_names, learned_ids
from pocket_world.training.stages import StageRun
from pocket_world.training.tokenizer import encode
from pocket_world.training.vae import LATENT_CHANNELS
from textinv_core.learning.tokens import encode as encode_rows

CHANNELS, LAYERS, HEADS = (128, 256), 1, (4, 8)
# A network this small wants many steps: on a device, too, batches stay small enough for them.
BATCH, RATE, AVERAGING = {"cpu": 32, "cuda": 256}, 8e-4, 0.9995
TEXT_SHARE = 1 / 2  # of the rate, for the text encoder
DROP_CAPTION, SNR_LIMITS = 0.1, (0.01, 25.0)
EVERYWHERE = 0.3  # the weight of a cell of the latents where nobody is; 1 is a figure's average
SHEET_SECONDS = 1200
SCHEDULE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000,
            "steps_offset": 1, "prediction_type": "epsilon"}


def new_unet(text_width, tiny=False):
    """An untrained UNet for hidden states of `text_width`; diffusers' `attention_head_dim` is the number of heads."""
    channels = (32, 32) if tiny else CHANNELS
    return UNet2DConditionModel(
        sample_size=8, in_channels=LATENT_CHANNELS, out_channels=LATENT_CHANNELS, block_out_channels=channels,
        layers_per_block=LAYERS,
        down_block_types=("CrossAttnDownBlock2D",) * 2, up_block_types=("CrossAttnUpBlock2D",) * 2,
        cross_attention_dim=text_width, attention_head_dim=HEADS, norm_num_groups=32,
    )


def new_scheduler():
    """The scheduler that ships with the model, Stable Diffusion 1.5's."""
    return PNDMScheduler(**SCHEDULE, skip_prk_steps=True, set_alpha_to_one=False)


def level_weight(scheduler, limits=SNR_LIMITS):
    """Weight of each timestep's epsilon loss, SNR ** -1/2 within limits, 1 on average: (timesteps,).

    The error grows with SNR ** 1/2 here, so that every noise level has about the same share of the loss, which is what
    learned weights come to (Karras et al. 2024, arXiv:2312.02696). Unweighted, most of the loss is made at low noise,
    where a caption says little that the noisy picture does not show.
    """
    weight = compute_snr(scheduler, torch.arange(scheduler.config.num_train_timesteps)).clamp(*limits) ** -0.5
    return weight / weight.mean()


def weighted_error(noise_pred, noise, maps):
    """Squared error of each example, its cells weighted by (B, side, side) `maps` over EVERYWHERE: (B,).

    Weights are 1 on average over a picture: a figure counts for more than its backdrop, not for more than another.
    """
    cells = maps.float() + EVERYWHERE
    cells = cells / cells.mean((1, 2), keepdim=True)
    return ((noise_pred.float() - noise).square() * cells[:, None]).flatten(1).mean(1)


def new_text_encoder(clip):
    """A CLIPTextModel with the weights of a CLIPModel's text tower."""
    text_encoder = CLIPTextModel(clip.config.text_config)
    text_encoder.load_state_dict(clip.text_model.state_dict())
    return text_encoder


def train_unet(options, write_sheet=None):
    """Cache latents that are not cached, then train; `write_sheet(options, run)` is called now and then, if given."""
    torch.set_num_threads(options.threads)
    build, device = options.build, options.device
    pictures = Pictures(build, options.split)
    latents, encoder = cache_latents(build, pictures, device)
    cached = Cached(pictures, latents, device)
    clip, tokenizer = load_clip(build)
    ids, features = callings(tokenizer, pictures.captions(), pictures.records())
    ids, features = ids.to(torch.int16).to(device), features.to(device)  # (pictures, LENGTH), (pictures, LOOKS)
    empty = encode(tokenizer, [""]).to(device)  # (1, LENGTH)
    text_encoder = new_text_encoder(clip).to(device)
    torch.manual_seed(options.seed)  # initial weights
    unet = new_unet(clip.config.text_config.hidden_size, options.tiny).to(device)
    parameters, words = list(unet.parameters()), list(text_encoder.parameters())
    text_encoder.requires_grad_(not options.freeze_text)
    rate = options.rate or RATE
    optimizer = torch.optim.AdamW([{"params": parameters, "weight_decay": 0.01, "peak": rate},
                                   {"params": words, "weight_decay": 0.0, "peak": rate * TEXT_SHARE}],
                                  lr=rate, betas=(0.9, 0.99), fused=True)
    ema = EMAModel([*parameters, *words], decay=AVERAGING, foreach=True)
    batch = options.batch or (4 if options.tiny else BATCH[device])
    by_looks = CallByLooks(clip.config.text_config.hidden_size)
    parts = {"model": unet, "text": text_encoder, "optimizer": optimizer, "ema": ema, "by looks": by_looks}
    run = StageRun("unet", options, parts, batch=batch, warmup=500, cooldown=0.2, facts={"vae encoder": encoder})
    run.resume()
    ema.to(device)
    by_looks.to(device)
    if features.any() and not by_looks.length:
        by_looks.fit(text_encoder.get_input_embeddings().weight[ids_of_names(tokenizer)])
    scheduler = DDPMScheduler(**SCHEDULE, clip_sample=False)
    weights, maps = level_weight(scheduler).to(device), torch.from_numpy(pictures.maps()).to(device)
    if device == "cpu":
        # The fused attention's backward on a CPU takes as long as all convolutions do; on 64 positions plain products
        # are many times faster.
        unet.set_attn_processor(AttnProcessor())
        text_encoder.set_attn_implementation("eager")
    if not options.tiny:
        compile_parts(unet)

    sheet = time.monotonic()
    for _ in run.steps():
        draw = run.generator("noise", device)
        dropped = torch.rand(batch, 1, generator=draw, device=device) < DROP_CAPTION
        rows = run.indices(len(pictures), batch)
        mean, std = cached.batch(rows)
        clean = mean + std * torch.randn(mean.shape, generator=draw, device=device)
        noise = torch.randn(mean.shape, generator=draw, device=device)
        timesteps = torch.randint(0, 1000, (batch,), generator=draw, device=device)
        noisy = scheduler.add_noise(clean, noise, timesteps)
        tokens = torch.where(dropped, empty, ids[on(rows, device)].long())
        run.set_rate(optimizer, rate)
        with in_bfloat16(device):
            context = encode_rows(text_encoder, learned_ids(tokens), by_looks(features[on(rows, device)]))
            noise_pred = unet(noisy, timesteps, context).sample
        loss = (weights[timesteps] * weighted_error(noise_pred, noise, maps[on(rows, device)])).mean()
        run.descend(loss, optimizer, longest=1.0)
        ema.step([*parameters, *words])
        smooth = run.values.get("loss", loss.detach())  # one batch's loss is mostly its timesteps
        run.values.update(loss=0.99 * smooth + 0.01 * loss.detach())
        if write_sheet and time.monotonic() - sheet > SHEET_SECONDS:
            write_sheet(options, run)
            sheet = time.monotonic()
    return run


def load_unet(build, clip):
    """(UNet, text encoder, facts) of the last checkpoint, as `final_states` has it; `clip` gives the text's shape."""
    saved = load_checkpoint(build / "unet" / "last.pt", f"{build / 'unet'}: not trained; run 'python -m pocket_world "
                            "train unet' first")
    tiny = saved["model"]["conv_in.weight"].shape[0] == 32
    unet, text_encoder = new_unet(clip.config.text_config.hidden_size, tiny), CLIPTextModel(clip.config.text_config)
    for network, state in zip((unet, text_encoder), final_states(saved), strict=True):
        network.load_state_dict(state)
    return unet.eval(), text_encoder.eval(), saved["facts"]
