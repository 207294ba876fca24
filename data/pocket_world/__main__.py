"""`python -m pocket_world sheet|names|concepts|train|export|adopt|evaluate|card|invert_check`: how all is made."""

import argparse
import os
import sys
from pathlib import Path

from textinv_core.paths import BUILD, CONCEPTS, MODELS

STAGES = ("dataset", "clip", "vae", "unet", "judge", "oracle")


def parse(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m pocket_world", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--device", default="cpu", help="cpu or cuda")
    common.add_argument("--threads", type=int, default=2, help="threads, and worker processes of the dataset")
    common.add_argument("--seed", type=int, default=0)
    common.add_argument("--build", type=Path, default=BUILD / "pocket", help=argparse.SUPPRESS)
    common.add_argument("--models", type=Path, default=MODELS, help=argparse.SUPPRESS)
    common.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)
    common.add_argument("--checkpoint-seconds", type=float, default=120, help=argparse.SUPPRESS)
    train = commands.add_parser("train", parents=[common], help="train one stage, or all; resumes")
    train.add_argument("stage", choices=(*STAGES, "all"))
    train.add_argument("--minutes", type=float, help="training time of this call")
    train.add_argument("--samples", type=int, help="pictures of this call (dataset: in all)")
    train.add_argument("--batch", type=int, help="examples of a step (default: the stage's own for the device)")
    train.add_argument("--rate", type=float, help="unet, oracle: the peak learning rate (default: the stage's own)")
    train.add_argument("--split", choices=("train", "names"), default="train", help="dataset, unet: which pictures; "
                       "those of names show somebody with a name, or called by looks, more often")
    train.add_argument("--freeze-text", action="store_true", help="clip: the text encoder keeps its weights")
    train.add_argument("--freeze-encoder", action="store_true", help="vae: the encoder keeps its weights")
    train.add_argument("--only-colours", action="store_true", help="oracle: what reads forms keeps its weights")
    train.add_argument("--cooldown", type=float, help="the share of this call over which the learning rate falls to "
                       "zero; 0 keeps it (default: the stage's own)")
    commands.add_parser("export", parents=[common], help="write data/models/ from the last checkpoints")
    commands.add_parser("adopt", parents=[common], help="checkpoints from data/models/, to train on from them")
    evaluate = commands.add_parser("evaluate", parents=[common], help="measure the exported models")
    evaluate.add_argument("--pictures", type=int, default=2000, help="how many to generate")
    commands.add_parser("card", parents=[common], help="write the model card")
    check = commands.add_parser("invert_check", parents=[common], help="a quick inversion of every concept")
    check.add_argument("--steps", type=int, default=1000)
    check.add_argument("--since", type=int, help="a word is the mean of its rows from this step on (default: the last)")
    check.add_argument("--rate", type=float, default=0.01, help="learning rate")
    check.add_argument("--seeds", type=int, default=1, help="how many training seeds")
    check.add_argument("--concepts", type=Path, default=CONCEPTS, help="the folder that 'concepts' drew them to")
    check.add_argument("--concept", action="append", help="only this one (may be repeated)")
    sheet = commands.add_parser("sheet", help="a contact sheet of the drawn world, with its captions")
    sheet.add_argument("file", type=Path, help="the PNG to write")
    sheet.add_argument("--seed", type=int, default=0)
    commands.add_parser("names", help="draw everybody who has a name, and write the table")
    drawn = commands.add_parser("concepts", help="draw the study's concepts")
    drawn.add_argument("folder", type=Path, nargs="?", help="where to; left out: data/concepts, or build/fresh")
    drawn.add_argument("--fresh", action="store_true", help="those that ways to learn are tried on instead")
    atlas = commands.add_parser("atlas", help="render the drawings of things again")
    atlas.add_argument("packages", type=Path, help="the folder that holds @iconify-json/noto and .../twemoji, unpacked")
    return parser.parse_args(arguments)


def draw(given):
    """The commands that draw and train nothing."""
    if given.command == "sheet":
        from pocket_world.world.sheet import contact_sheet

        picture, captions = contact_sheet(seed=given.seed, zoom=2)
        picture.save(given.file)
        print("\n".join(captions))
    elif given.command == "names":
        from pocket_world.world import names

        names.write()
    elif given.command == "concepts":
        from pocket_world.world.concepts import FRESH, everything
        from pocket_world.world.folders import write_all

        names, folder = (FRESH, BUILD / "fresh") if given.fresh else (everything(), CONCEPTS)
        write_all(given.folder or folder, names)
    else:
        from pocket_world.world.atlas import build_atlas

        build_atlas(given.packages)


def main(arguments=None):
    given = parse(arguments)
    if given.command in ("sheet", "names", "concepts", "atlas"):
        return draw(given)
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(given.build / "inductor"))
    from pocket_world.training.files import StageError
    from pocket_world.training.stages import Options

    if given.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise StageError("--device cuda: this PyTorch sees no CUDA device")
    if given.command == "train":
        names = ("minutes", "samples", "device", "threads", "seed", "build", "models", "tiny",
                 "checkpoint_seconds", "freeze_text", "freeze_encoder", "only_colours", "cooldown", "batch", "rate",
                 "split")
        options = Options(**{name: getattr(given, name) for name in names})
        for stage in STAGES if given.stage == "all" else (given.stage,):
            train_stage(stage, options)
        return
    from pocket_world.release import adopt, card, evaluate, export, invert_check

    {"adopt": adopt.adopt, "export": export.export, "evaluate": evaluate.evaluate, "card": card.write_card,
     "invert_check": invert_check.invert_check}[given.command](given)


def train_stage(stage, options):
    if stage == "dataset":
        from pocket_world.training.dataset import train_dataset

        train_dataset(options)
    elif stage in ("clip", "judge"):
        from pocket_world.training.clip import train_clip

        train_clip(options, stage)
    elif stage == "vae" and options.freeze_encoder:
        from pocket_world.training.decoder import train_decoder

        train_decoder(options)
    elif stage == "vae":
        from pocket_world.training.vae import train_vae

        train_vae(options)
    elif stage == "unet":
        from pocket_world.training.pipeline import write_sheet
        from pocket_world.training.unet import train_unet

        run = train_unet(options, None if options.tiny else write_sheet)
        if not options.tiny:
            write_sheet(options, run)
    else:
        from pocket_world.oracle.training import train_oracle

        train_oracle(options)


if __name__ == "__main__":
    from pocket_world.training.files import StageError

    try:
        main()
    except (StageError, FloatingPointError) as error:
        sys.exit(str(error))
