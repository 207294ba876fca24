"""The autoencoder: 64x64 pictures to latents of 8x8 places and back (Rombach et al. 2022, arXiv:2112.10752)."""

import numpy as np
import torch
from diffusers import AutoencoderKL

from pocket_world.training.compiling import in_bfloat16
from pocket_world.training.dataset import Pictures, to_images, to_tensor
from pocket_world.training.files import load_checkpoint, save_checkpoint, weights_hash
from pocket_world.training.stages import StageRun

LATENT_CHANNELS = 16  # with 8 the patterns and faces of these drawings are not to be had within hours
CHANNELS = (16, 32, 64, 96)
BATCH, RATE = {"cpu": 16, "cuda": 256}, 1.2e-3
KL_WEIGHT = 1e-6  # per latent dimension; 5e-4 collapses the latents
ENCODER = ("encoder.", "quant_conv.")  # the weights that decide the latents


def new_vae(tiny=False):
    """An untrained AutoencoderKL with factor 8."""
    channels = (8, 8, 8, 8) if tiny else CHANNELS
    vae = AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=LATENT_CHANNELS, sample_size=64, block_out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=1,
        norm_num_groups=4, scaling_factor=1.0,
    )
    # Posteriors begin narrow (std 0.05): at the default std of 1 the noise hides the picture from the decoder, and
    # the first ten thousand pictures teach nothing.
    torch.nn.init.constant_(vae.quant_conv.bias[LATENT_CHANNELS:], -6.0)
    return vae


def edges(x):
    """Differences of neighbouring pixels, across and down: (n, 3, H, W) -> two tensors."""
    return x[..., :, 1:] - x[..., :, :-1], x[..., 1:, :] - x[..., :-1, :]


def reconstruction_losses(reconstruction, target):
    """Per-example (loss, squared error), each (n,): squared error for the PSNR, absolute differences of the pixels
    and of their edges for crispness.
    """
    squared = (reconstruction - target).square().flatten(1).mean(1)
    absolute = (reconstruction - target).abs().flatten(1).mean(1)
    across, down = ((a - b).abs().flatten(1).mean(1)
                    for a, b in zip(edges(reconstruction), edges(target), strict=True))
    return 4 * squared + 0.5 * absolute + 0.5 * (across + down), squared


def encoder_state(vae):
    """The weights that decide the latents."""
    return {key: value for key, value in vae.state_dict().items() if key.startswith(ENCODER)}


def train_vae(options):
    """Train encoder and decoder; the decoder alone is trained by `decoder.train_decoder`."""
    torch.set_num_threads(options.threads)
    pictures, device = Pictures(options.build, device=options.device), options.device
    torch.manual_seed(options.seed)  # initial weights
    vae = new_vae(options.tiny).to(device, memory_format=torch.channels_last)  # on a CPU 1.4 times faster
    optimizer = torch.optim.AdamW(vae.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    batch = options.batch or (4 if options.tiny else BATCH[device])
    run = StageRun("vae", options, {"model": vae, "optimizer": optimizer}, batch=batch, warmup=100, cooldown=0.3)
    run.resume()
    # Not compiled: on a CPU with PyTorch 2.13 that is slower.

    for _ in run.steps():
        x = pictures.batch(run.indices(len(pictures), batch), device, torch.channels_last)
        run.set_rate(optimizer, RATE)
        with in_bfloat16(device):
            posterior = vae.encode(x).latent_dist
            draw = run.generator("posterior", device)
            noise = torch.randn(posterior.mean.shape, generator=draw, device=device)
            reconstruction = vae.decode(posterior.mean + posterior.std * noise).sample
        losses, squared = reconstruction_losses(reconstruction.float(), x)
        loss = (losses + KL_WEIGHT * posterior.kl()).mean()
        run.descend(loss, optimizer, longest=1.0)
        run.values.update(loss=loss.detach(), psnr=psnr(squared.detach()).mean())
    return run


@torch.no_grad()
def there_and_back(vae, images):
    """uint8 (n, 64, 64, 3) encoded to the posterior's mean and decoded."""
    rows = []
    part = 50 if vae.device.type == "cpu" else 1000
    for start in range(0, len(images), part):
        x = to_tensor(np.array(images[start : start + part]), vae.device)  # a copy: memory-mapped ones are read-only
        with in_bfloat16(vae.device.type):
            decoded = vae.decode(vae.encode(x).latent_dist.mean).sample
        rows.append(to_images(decoded.float()))
    return np.concatenate(rows)


def psnr(squared_error):
    """Decibels of a mean squared error of pictures in [-1, 1] (peak to peak 2)."""
    return 10 * torch.log10(4 / squared_error)


def load_raw_vae(build):
    """The autoencoder of the last checkpoint, latents not yet normalised."""
    saved = load_checkpoint(build / "vae" / "last.pt", f"{build / 'vae'}: not trained; run 'python -m pocket_world "
                            "train vae' first")
    vae = new_vae(tiny=saved["model"]["encoder.conv_in.weight"].shape[0] == 8)
    vae.load_state_dict(saved["model"])
    return vae.eval()


@torch.no_grad()
def normalise_latents(vae, mean, std):
    """Fold latents' `mean` and `std` (each (channels,)) into the encoder's last and the decoder's first layer.

    Afterwards each latent channel has mean 0 and variance 1, and the scaling factor is 1.
    """
    channels = len(mean)
    quant, post = vae.quant_conv, vae.post_quant_conv
    post.bias += post.weight[:, :, 0, 0] @ mean
    post.weight *= std[None, :, None, None]
    quant.weight[:channels] /= std[:, None, None, None]
    quant.bias[:channels] = (quant.bias[:channels] - mean) / std
    quant.bias[channels:] -= 2 * std.log()  # these are log-variances
    return vae


@torch.no_grad()
def latent_statistics(vae, pictures, count=4096):
    """Mean and standard deviation of each latent channel over `count` training pictures: two (channels,) tensors."""
    count = min(count, len(pictures))
    chunks = [range(start, min(start + 128, count)) for start in range(0, count, 128)]
    latents = torch.cat([vae.encode(pictures.batch(chunk, vae.device)).latent_dist.mean for chunk in chunks])
    return latents.mean((0, 2, 3)), latents.std((0, 2, 3))


def load_vae(build, device="cpu"):
    """(AutoencoderKL with normalised latents, name of its encoder); the statistics are measured once per encoder."""
    vae = load_raw_vae(build).to(device)
    name = weights_hash(encoder_state(vae))
    path = build / "latents" / name / "statistics.pt"
    if not path.exists():
        mean, std = latent_statistics(vae, Pictures(build))
        save_checkpoint(path, {"mean": mean.cpu(), "std": std.cpu()})
    saved = {key: value.to(device) for key, value in load_checkpoint(path, "").items()}
    return normalise_latents(vae, saved["mean"], saved["std"]), name
