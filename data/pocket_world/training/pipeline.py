"""The StableDiffusionPipeline of the last checkpoints, and the contact sheet that shows how far its training is."""

from diffusers import StableDiffusionPipeline

from pocket_world.training.clip import load_clip
from pocket_world.training.files import StageError
from pocket_world.training.samples import contact_sheet
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


def write_sheet(options, run):
    """Save the state and draw the contact sheet of its averaged weights to `unet/sheet_<thousands of pictures>.png`."""
    run.save()
    try:
        pipeline = build_pipeline(options.build)
    except StageError as error:  # an encoder is being trained on in another process
        print(f"unet: no contact sheet: {error}", flush=True)
        return
    contact_sheet(pipeline.to(options.device)).save(run.folder / f"sheet_{run.samples // 1000:05d}k.png")
