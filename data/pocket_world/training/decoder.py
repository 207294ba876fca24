"""The autoencoder's decoder alone, on cached latents: the encoder and all that was trained on it stay valid.

As Stable Diffusion's, it is trained on against a critic that sees small patches (Isola et al. 2017, arXiv:1611.07004;
Esser et al. 2021, arXiv:2012.09841), whose features also give the perceptual term: pictures that look alike have like
features (Larsen et al. 2016, arXiv:1512.09300). Latents that a denoiser draws are never quite an encoder's. The decoder
therefore also learns from latents moved by noise of a random size, and draws a clean picture from an inexact one
(noise-augmented decoding, Zheng et al. 2025, arXiv:2510.11690, sec. 4.3).
"""

import torch
from torch.nn import functional as F

from pocket_world.training.compiling import in_bfloat16
from pocket_world.training.critic import Critic, adversarial_share
from pocket_world.training.dataset import Pictures
from pocket_world.training.files import load_checkpoint
from pocket_world.training.latents import Cached, cache_latents
from pocket_world.training.stages import StageRun
from pocket_world.training.vae import BATCH, ENCODER, LATENT_CHANNELS, new_vae, psnr, reconstruction_losses

JITTER = 0.2  # of a latent channel's standard deviation: the scale of the noise's half-normal size
RATE, CRITIC_RATE = 6e-4, 3e-4
PERCEPTUAL, ADVERSARIAL = 0.05, 0.15  # weights; the critic's is of the reconstruction's gradient at the last layer
ALONE = 200  # steps that the critic learns before the decoder listens to it


def train_decoder(options):
    """Train the decoder of the last checkpoint; nothing is encoded again."""
    torch.set_num_threads(options.threads)
    device = options.device
    pictures = Pictures(options.build, device=device)
    folder, _ = cache_latents(options.build, pictures, device)
    cached = Cached(pictures, folder, device)
    fold = {k: v[:, None, None].to(device) for k, v in load_checkpoint(folder / "statistics.pt", "").items()}
    vae, critic = new_vae(options.tiny).to(device).requires_grad_(False), Critic(8 if options.tiny else 48).to(device)
    trained = [p.requires_grad_(True) for key, p in vae.named_parameters() if not key.startswith(ENCODER)]
    optimizer = torch.optim.AdamW(trained, lr=RATE, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    against = torch.optim.AdamW(critic.parameters(), lr=CRITIC_RATE, betas=(0.5, 0.99), weight_decay=0.0, fused=True)
    batch = options.batch or (4 if options.tiny else BATCH[device])
    parts = {"model": vae, "optimizer_decoder": optimizer, "critic": critic, "optimizer_critic": against}
    run = StageRun("vae", options, parts, batch=batch, warmup=100, cooldown=0.3)
    run.resume()
    last = vae.decoder.conv_out.weight
    for _ in run.steps():
        draw, rows = run.generator("posterior", device), run.indices(len(pictures), batch)
        x = pictures.batch(rows, device)
        mean, std = cached.batch(rows)  # each (n, channels, 8, 8), normalised
        size = JITTER * torch.randn(batch, 1, 1, 1, generator=draw, device=device).abs()
        noise = torch.randn(batch, LATENT_CHANNELS, 8, 8, generator=draw, device=device)
        latents = mean + (std + size) * noise
        run.set_rate(optimizer, RATE)
        run.set_rate(against, CRITIC_RATE)
        with in_bfloat16(device):
            drawn = vae.decode(latents * fold["std"] + fold["mean"]).sample
            (judged, seen), (_, wanted) = critic(drawn), critic(x)
            unlike = sum((a.float() - b.float().detach()).abs().mean() for a, b in zip(seen, wanted, strict=True))
        losses, squared = reconstruction_losses(drawn.float(), x)
        loss = losses.mean() + PERCEPTUAL * unlike
        if run.step - run.plan["start_step"] >= ALONE:
            fooled = -judged.float().mean()
            loss = loss + ADVERSARIAL * adversarial_share(losses.mean(), fooled, last) * fooled
        run.descend(loss, optimizer, longest=1.0)
        # The hinge loss of the critic (Lim & Ye 2017, arXiv:1705.02894).
        with in_bfloat16(device):
            judged, _ = critic(drawn.detach())
            real, _ = critic(x)
        hinge = F.relu(1 + judged.float()).mean() + F.relu(1 - real.float()).mean()
        against.zero_grad(set_to_none=True)
        hinge.backward()
        against.step()
        run.values.update(loss=loss.detach(), psnr=psnr(squared.detach()).mean(), critic=hinge.detach())
    return run
