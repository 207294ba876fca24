"""The StableDiffusionPipeline of the last checkpoints."""

from diffusers import StableDiffusionPipeline

from pocket_world.training.clip import load_clip
from pocket_world.training.files import StageError
from pocket_world.training.unet import load_unet, new_scheduler
from pocket_world.training.vae import load_vae


def build_pipeline(build):
    """The pipeline (fp32, averaged weights); refuses an encoder of pictures that the UNet was not trained on."""
    vae, encoder = load_vae(build)
    clip, tokenizer = load_clip(build)
    unet, text_encoder, facts = load_unet(build, clip)
    if facts["vae encoder"] != encoder:
        raise StageError(f"the UNet was trained with vae encoder {facts['vae encoder']}, but the last checkpoint has "
                         f"{encoder}; continue training with --freeze-encoder only")
    return StableDiffusionPipeline(vae=vae, text_encoder=text_encoder, tokenizer=tokenizer, unet=unet,
                                   scheduler=new_scheduler(), safety_checker=None, feature_extractor=None,
                                   requires_safety_checker=False)
