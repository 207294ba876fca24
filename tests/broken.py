"""Broken files of every kind: pictures, model folders, and runs that cannot be gone on with."""

import json
import os
import shutil
import struct
import zlib

import torch
from conftest import draw


def png(width, height):
    """A PNG that claims a size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = {b"IHDR": head, b"IDAT": zlib.compress(b"\0"), b"IEND": b""}
    size, check = (lambda d: struct.pack(">I", len(d))), (lambda d: struct.pack(">I", zlib.crc32(d)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(size(d) + name + d + check(name + d) for name, d in parts.items())


def write_pictures(folder):
    """Bad pictures of every make."""
    folder.mkdir()
    moving = dict(save_all=True, append_images=[draw(1), draw(2)])
    draw(0).save(folder / "moving.webp", **moving)
    draw(0).save(folder / "moving.png", **moving)
    draw(0).save(folder / "moving.tif", **moving)
    draw(0).save(folder / "gif.png", format="GIF", **moving)
    for name in ("whole.png", "whole.jpg", "whole.webp"):
        draw(0).save(folder / name)
        (folder / name.replace("whole", "torn")).write_bytes((folder / name).read_bytes()[:-60])
    (folder / "bomb.png").write_bytes(png(60_000, 60_000))
    (folder / "half-bomb.png").write_bytes(png(12_000, 9_000))
    draw(0, (1, 1)).save(folder / "dot.png")
    (folder / "script.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n")
    (folder / "folder.png").mkdir()
    for name in ("text.png", "new\nline.png", "-rf.png", os.fsdecode(b"\xff\xfe.png"), "\x1b[31mred.png"):
        (folder / name).write_text("hello")


def write_models(source, folder):
    """Bad model folders, whose whole files are links."""

    def model(name):
        return shutil.copytree(source, folder / name, copy_function=os.symlink)

    def rewrite(path, content):
        path.unlink()
        path.write_bytes(content)

    shutil.rmtree(model("no-unet") / "unet")
    pickled = model("pickled") / "unet"
    (pickled / "diffusion_pytorch_model.safetensors").unlink()
    torch.save({}, pickled / "diffusion_pytorch_model.bin")
    index = json.loads((source / "model_index.json").read_text())
    own = model("own-code")
    (own / "unet" / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\nclass UNet: ...\n")
    rewrite(own / "model_index.json", json.dumps(index | {"unet": ["evil", "UNet"]}).encode())
    rewrite(model("list") / "model_index.json", b"[]")
    weights = "text_encoder/model.safetensors"
    rewrite(model("torn") / weights, (source / weights).read_bytes()[:500])


RUN_EDITS = {  # what was changed in run.json after the run
    "code": lambda kept: kept | dict(code="0123456789"),
    "steps-kept": lambda kept: kept | dict(checkpoint_every=7),
    "list": lambda kept: [kept],
    "chosen": lambda kept: {key: value for key, value in kept.items() if key != "micro_batch"},
    "zero": lambda kept: kept | dict(micro_batch=0),
    "arms": lambda kept: kept | dict(arms=[kept["arms"][0] | dict(arm="ffffffffff")]),
    "no-arms": lambda kept: kept | dict(arms=[{}]),
}


def write_runs(run, folder):
    """Copies of a run that cannot be gone on with."""
    for name, edit in RUN_EDITS.items():
        path = shutil.copytree(run, folder / name) / "run.json"
        path.write_text(json.dumps(edit(json.loads(path.read_text()))))
    shutil.copytree(run, folder / "torn-json")
    (folder / "torn-json" / "run.json").write_text('{"arms": [')
    shutil.copytree(run, folder / "no-json")
    (folder / "no-json" / "run.json").unlink()
    shutil.copytree(run, folder / "torn")
    (folder / "torn" / "step_000002.safetensors").write_bytes(b"torn")
