"""From `data/models/` back to checkpoints: training goes on from the published weights where there are no others.

The optimizers' states are not published and begin anew; the counters and logs go on from `training.json`, which the
export writes beside the model.
"""

import json
import shutil

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.training_utils import EMAModel
from transformers import CLIPModel, CLIPTextModel

from pocket_world.oracle.model import load_oracle
from pocket_world.training.files import StageError, load_checkpoint, save_checkpoint, weights_hash, write_text
from pocket_world.training.unet import AVERAGING
from pocket_world.training.vae import encoder_state, load_raw_vae

STAGES = ("clip", "vae", "unet", "judge", "oracle")
LOG_LINES = 200  # of each stage, in training.json


def thinned(lines, count=LOG_LINES):
    """`count` of the lines at equal distances, the first and the last among them."""
    if len(lines) <= count:
        return lines
    return [lines[round(i * (len(lines) - 1) / (count - 1))] for i in range(count)]


def write_training(build, path, stages=STAGES):
    """Write `training.json` to `path`: of each stage its counters and a thinned log, what was recorded before kept."""
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for stage in stages:
        folder = build / stage
        if (folder / "last.pt").exists():
            log = folder / "log.jsonl"
            lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
            record[stage] = {"counters": load_checkpoint(folder / "last.pt", "")["counters"], "log": thinned(lines)}
    drawn = {split: count for split in ("train", "names", "validation", "oracle") if (count := count_of(build, split))}
    before = record.get("pictures", {})  # shards are of fixed seeds: fewer that lie drawn now are the first of those
    record["pictures"] = before | {split: max(count, before.get(split, 0)) for split, count in drawn.items()}
    write_text(path, json.dumps(record, indent=None, separators=(",", ":")) + "\n")


def count_of(build, split):
    """How many pictures of a split lie drawn; 0 where there are none."""
    paths = sorted((build / "data").glob(f"{split}_*.npy"))
    return len(paths) * len(np.load(paths[0], mmap_mode="r")) if paths else 0


def adopt(options):
    """Write a finished checkpoint of every exported model to `options.build`; refuses to write over one."""
    build, models = options.build, options.models
    path = models / "pocket" / "training.json"
    if not path.exists():
        raise StageError(f"{path}: missing; only an exported model can be adopted")
    record = json.loads(path.read_text(encoding="utf-8"))
    there = [str(build / stage) for stage in STAGES if (build / stage / "last.pt").exists()]
    if there:
        raise StageError(f"{', '.join(there)}: there is a checkpoint already; move it away first")

    def put(stage, facts=None, **parts):
        plan = {"minutes": None, "samples": None, "cooldown": 0.0, "used_seconds": 0.0, "used_samples": 0,
                "start_step": 0, "finished": True}
        if record[stage]["log"]:
            lines = "".join(json.dumps(line) + "\n" for line in record[stage]["log"])
            write_text(build / stage / "log.jsonl", lines)
        save_checkpoint(build / stage / "last.pt", {"counters": record[stage]["counters"], "plan": plan,
                                                    "facts": facts or {}, **parts})
        print(f"{build / stage}: goes on after {record[stage]['counters']['samples']:,} pictures")

    for stage in ("clip", "judge"):
        if stage in record:
            copy_tokenizer(models / f"pocket_{stage}", build / "tokenizer")
            put(stage, model=CLIPModel.from_pretrained(models / f"pocket_{stage}").float().state_dict())
    if "oracle" in record:
        put("oracle", model=load_oracle(models / "pocket_oracle").state_dict())
    if "vae" in record:
        put("vae", model=AutoencoderKL.from_pretrained(models / "pocket" / "vae").float().state_dict())
        # The exported autoencoder has its latents' statistics folded in: there is nothing left to normalise.
        vae = load_raw_vae(build)
        encoder, channels = weights_hash(encoder_state(vae)), vae.config.latent_channels
        save_checkpoint(build / "latents" / encoder / "statistics.pt",
                        {"mean": torch.zeros(channels), "std": torch.ones(channels)})
    if "unet" in record:
        unet = UNet2DConditionModel.from_pretrained(models / "pocket" / "unet").float()
        text_encoder = CLIPTextModel.from_pretrained(models / "pocket" / "text_encoder").float()
        averages = [parameter.detach() for part in (unet, text_encoder) for parameter in part.parameters()]
        ema = EMAModel(averages, decay=AVERAGING, foreach=True).state_dict() | {"optimization_step": 5000}
        put("unet", {"vae encoder": encoder}, model=unet.state_dict(), text=text_encoder.state_dict(), ema=ema)


def copy_tokenizer(source, folder):
    """Copy a tokenizer's two files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("vocab.json", "merges.txt"):
        shutil.copy2(source / name, folder / name)
