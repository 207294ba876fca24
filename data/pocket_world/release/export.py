"""From the last checkpoints to `data/models/`: the pipeline in diffusers' layout and its judges, fp16 safetensors."""

import json
import shutil

import torch

from pocket_world.oracle.model import export_oracle
from pocket_world.release.adopt import write_training
from pocket_world.training.clip import load_clip
from pocket_world.training.files import StageError, replace_folder, write_text
from pocket_world.training.pipeline import build_pipeline
from pocket_world.training.vae import load_vae

# An export keeps these files of the model.
KEPT = ("README.md", "quality.json", "training.json", "curves.png", "contact_sheet.png", "learned.png")


def image_processor():
    """What a CLIP of this world does to a picture: 64 pixels, values in [-1, 1]."""
    try:  # transformers' default needs torchvision; the Pillow one gives the same files
        from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil as Processor
    except ImportError:
        from transformers import CLIPImageProcessor as Processor
    return Processor(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}, image_mean=[0.5] * 3,
                     image_std=[0.5] * 3)


def save_tokenizer(tokenizer, build, folder):
    """transformers' own files, and the vocab.json and merges.txt that older versions read."""
    tokenizer.save_pretrained(folder)
    for name in ("vocab.json", "merges.txt"):
        shutil.copy2(build / "tokenizer" / name, folder / name)


def as_half(module):
    """The module in fp16, by PyTorch's own `to`: diffusers' warns even where no layer must stay in fp32."""
    return torch.nn.Module.to(module, torch.float16)


def loads_as_float32(folder):
    """Let transformers load the fp16 weights of `folder` as fp32 unless told otherwise, as diffusers does.

    Without this a plain `from_pretrained` mixes a half text encoder with a full UNet and fails.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8")) | {"dtype": "float32"}
    for part in ("text_config", "vision_config"):
        if part in config:
            config[part]["dtype"] = "float32"
    write_text(folder / "config.json", json.dumps(config, indent=2) + "\n")


def export_clip(build, name, path):
    """The whole CLIPModel of stage `name` with its tokenizer and image processor; False where it is not trained."""
    if not (build / name / "last.pt").exists():
        return False
    model, tokenizer = load_clip(build, name)

    def write(folder):
        as_half(model).save_pretrained(folder, safe_serialization=True)
        loads_as_float32(folder)
        save_tokenizer(tokenizer, build, folder)
        image_processor().save_pretrained(folder)

    replace_folder(path, write)
    return True


def export_pipeline(build, path):
    """`build_pipeline` in fp16; the card's files that lie in `path` are carried over."""
    pipeline = build_pipeline(build)
    for part in (pipeline.vae, pipeline.text_encoder, pipeline.unet):
        as_half(part)

    def write(folder):
        pipeline.save_pretrained(folder, safe_serialization=True)
        loads_as_float32(folder / "text_encoder")
        save_tokenizer(pipeline.tokenizer, build, folder / "tokenizer")
        for name in KEPT:
            if (path / name).exists():
                shutil.copy2(path / name, folder / name)

    replace_folder(path, write)


def export_autoencoder(build, path):
    """The autoencoder alone, in fp16, for a UNet yet to be trained; False where it is not trained either."""
    if not (build / "vae" / "last.pt").exists():
        return False
    vae, _ = load_vae(build)
    replace_folder(path, lambda folder: as_half(vae).save_pretrained(folder, safe_serialization=True))
    return True


def export(options):
    """Write every model that is trained to `options.models`; one line for each, also for those that are not.

    Before there is a UNet, the folder of the pipeline holds its autoencoder alone.
    """
    written = {"pocket_clip": export_clip(options.build, "clip", options.models / "pocket_clip"),
               "pocket_judge": export_clip(options.build, "judge", options.models / "pocket_judge"),
               "pocket_oracle": export_oracle(options.build, options.models / "pocket_oracle")}
    if (options.build / "unet" / "last.pt").exists():
        export_pipeline(options.build, options.models / "pocket")
        written["pocket"] = True
    else:
        written["pocket/vae"] = export_autoencoder(options.build, options.models / "pocket" / "vae")
        written["pocket"] = False
    for name, done in written.items():
        print(f"{options.models / name}: {'written' if done else 'not trained yet'}")
    if not any(written.values()):
        raise StageError(f"{options.build}: nothing is trained yet")
    write_training(options.build, options.models / "pocket" / "training.json")
