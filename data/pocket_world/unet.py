"""The denoiser: a UNet2DConditionModel on cached 8x8x8 latents (Rombach et al. 2022, arXiv:2112.10752).

Stable Diffusion's noise schedule and epsilon-prediction; min-SNR weighting (Hang et al. 2023, arXiv:2303.09556);
captions dropped at random for classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598).
"""

import time

import torch
from diffusers import DDPMScheduler, PNDMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor

from pocket_world.compiling import compile_parts
from pocket_world.dataset import Pictures
from pocket_world.files import StageError, load_checkpoint
from pocket_world.latents import Cached, cache_hidden, cache_latents
from pocket_world.stages import StageRun

CHANNELS, LAYERS, HEADS = (128, 256), 1, (4, 8)
BATCH, RATE = 32, 8e-4
DROP_CAPTION, SNR_LIMIT = 0.1, 25.0
SHEET_SECONDS = 600
SCHEDULE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000,
            "steps_offset": 1, "prediction_type": "epsilon"}


class Ema:
    """Exponential moving average of parameters with a warm-up, decay min(limit, (1 + n) / (10 + n)) at update n."""

    def __init__(self, parameters, limit=0.9995):
        self.parameters, self.limit, self.updates = list(parameters), limit, 0
        self.shadow = [p.detach().clone() for p in self.parameters]

    @torch.no_grad()
    def update(self):
        decay = min(self.limit, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        torch._foreach_lerp_(self.shadow, [p.detach() for p in self.parameters], 1 - decay)

    def state_dict(self):
        return {"updates": self.updates, "shadow": self.shadow}

    @torch.no_grad()
    def load_state_dict(self, state):
        self.updates = state["updates"]
        for mine, theirs in zip(self.shadow, state["shadow"], strict=True):
            mine.copy_(theirs)


def new_unet(text_width, tiny=False):
    """An untrained UNet for hidden states of `text_width`; diffusers' `attention_head_dim` is the number of heads."""
    channels = (32, 32) if tiny else CHANNELS
    return UNet2DConditionModel(
        sample_size=8, in_channels=8, out_channels=8, block_out_channels=channels, layers_per_block=LAYERS,
        down_block_types=("CrossAttnDownBlock2D",) * 2, up_block_types=("CrossAttnUpBlock2D",) * 2,
        cross_attention_dim=text_width, attention_head_dim=HEADS, norm_num_groups=32,
    )


def new_scheduler():
    """The scheduler that ships with the model, Stable Diffusion 1.5's."""
    return PNDMScheduler(**SCHEDULE, skip_prk_steps=True, set_alpha_to_one=False)


def min_snr_weight(alphas_cumprod, limit=SNR_LIMIT):
    """Weight of each timestep's epsilon loss, min(SNR, limit) / SNR: (timesteps,) -> (timesteps,)."""
    snr = alphas_cumprod / (1 - alphas_cumprod)
    return snr.clamp(max=limit) / snr


def train_unet(options):
    """Cache what is not cached, then train; writes a contact sheet of the averaged weights every ten minutes."""
    torch.set_num_threads(options.threads)
    build, device = options.build, options.device
    pictures = Pictures(build)
    latents, encoder = cache_latents(build, pictures, device)
    hidden, text_encoder = cache_hidden(build, pictures, device)
    cached = Cached(pictures, latents, hidden)
    torch.manual_seed(options.seed)  # initial weights
    unet = new_unet(cached.empty.shape[-1], options.tiny).to(device)
    parameters = list(unet.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    ema = Ema(parameters)
    batch = 4 if options.tiny else BATCH
    run = StageRun("unet", options, {"model": unet, "optimizer": optimizer, "ema": ema}, batch=batch, warmup=500,
                   cooldown=0.2, facts={"vae encoder": encoder, "text encoder": text_encoder})
    run.resume()
    scheduler = DDPMScheduler(**SCHEDULE, clip_sample=False)
    alphas_cumprod = scheduler.alphas_cumprod
    weights = min_snr_weight(alphas_cumprod)
    # The fused attention's backward on a CPU takes as long as all convolutions do; on 64 positions plain products are
    # many times faster.
    unet.set_attn_processor(AttnProcessor())
    if not options.tiny:
        compile_parts(unet)

    sheet = time.monotonic()
    for _ in run.steps():
        draw = run.generator("noise")
        dropped = torch.rand(batch, generator=draw) < DROP_CAPTION
        mean, std, context = cached.batch(run.indices(len(pictures), batch), dropped)
        clean = mean + std * torch.randn(mean.shape, generator=draw)
        noise = torch.randn(mean.shape, generator=draw)
        timesteps = torch.randint(0, 1000, (batch,), generator=draw)
        noisy = scheduler.add_noise(clean, noise, timesteps)
        run.set_rate(optimizer, RATE)
        with torch.autocast(device, torch.bfloat16):
            noise_pred = unet(noisy.to(device), timesteps.to(device), context.to(device)).sample
        error = (noise_pred.float() - noise.to(device)).square().flatten(1).mean(1)
        loss = (weights[timesteps].to(device) * error).mean()
        run.descend(loss, optimizer, longest=1.0)
        ema.update()
        smooth = run.values.get("loss", loss.item())  # one batch's loss is mostly its timesteps
        run.values.update(loss=0.99 * smooth + 0.01 * loss.item())
        if time.monotonic() - sheet > SHEET_SECONDS:
            write_sheet(options, run)
            sheet = time.monotonic()
    if not options.tiny:
        write_sheet(options, run)
    return run


def load_unet(build, text_width):
    """The averaged weights of the last checkpoint, and its facts (the encoders' names)."""
    saved = load_checkpoint(build / "unet" / "last.pt", f"{build / 'unet'}: not trained; run 'python -m pocket_world "
                            "train unet' first")
    unet = new_unet(text_width, tiny=saved["model"]["conv_in.weight"].shape[0] == 32)
    with torch.no_grad():
        for parameter, average in zip(unet.parameters(), saved["ema"]["shadow"], strict=True):
            parameter.copy_(average)
    return unet.eval(), saved["facts"]


def write_sheet(options, run):
    """Save the state and draw the contact sheet of its averaged weights to `unet/sheet_<thousands of pictures>.png`."""
    from pocket_world.export import build_pipeline
    from pocket_world.samples import contact_sheet

    run.save()
    try:
        pipeline = build_pipeline(options.build)
    except StageError as error:  # an encoder is being trained on in another process
        print(f"unet: no contact sheet: {error}", flush=True)
        return
    contact_sheet(pipeline.to(options.device)).save(
        run.folder / f"sheet_{run.samples // 1000:05d}k.png")
