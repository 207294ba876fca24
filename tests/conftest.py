"""A tiny random model in the Hub's layout, a judge, and a concept folder: built once, no network."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["OMP_NUM_THREADS"] = "1"  # threads of one worker's processes would wait for each other beside another's

import pytest
import torch
import yaml
from browser import chromium
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image, ImageDraw
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    CLIPVisionConfig,
)

from textinv_core.evaluation.judges import load_judge
from textinv_core.learning.concepts import load_concept
from textinv_core.learning.models import load_pipeline
from textinv_core.paths import BOOK, ROOT

torch.set_num_threads(1)
sys.path.insert(0, str(BOOK))  # its scripts, of which tests take functions


def search_path(root: Path) -> str:
    """PYTHONPATH of a process that is to import a tree's own packages, whichever tree is installed."""
    return os.pathsep.join(str(root / folder) for folder in (".", "notebooks", "data"))


os.environ["PYTHONPATH"] = search_path(ROOT)

VOCABULARY = """a an the photo of in on forest beach snow city desert moon under water at night mountains style fantasy
sketch tree building man woman lake tower castle dog red blue ballet doing dancing running sitting object picture
painting rendering my good nice small large clean dirty dark bright cool weird one close up cropped rendition wooden
figurine robot cat mountain"""
WORDS = VOCABULARY.split()
LENGTH = 24  # positions of the text encoder


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory):
    """A CLIP tokenizer from vocab.json and merges.txt: words, and single letters as a fallback."""
    folder = tmp_path_factory.mktemp("vocabulary")
    letters = [chr(c) for c in range(33, 127)]
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    bpe.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    # Named first, or the trainer numbers the last letters in another order each time, and ties fall otherwise.
    last = [f"{letter}</w>" for letter in letters]
    trainer = trainers.BpeTrainer(
        vocab_size=2000, end_of_word_suffix="</w>", show_progress=False, special_tokens=last
    )  # fmt: skip
    bpe.train_from_iterator([*WORDS, *WORDS, *letters, " ".join("".join(letters))], trainer)
    bpe.model.save(str(folder))  # merges.txt, and a vocab.json without the special tokens
    vocabulary = json.loads((folder / "vocab.json").read_text())
    vocabulary |= {token: len(vocabulary) + i for i, token in enumerate(("<|startoftext|>", "<|endoftext|>"))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    own = CLIPTokenizer(vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"), model_max_length=LENGTH)
    assert all(len(own(word, add_special_tokens=False).input_ids) == 1 for word in WORDS)
    return own


def _text_config(tokenizer, seed_width):
    # The quirk of SD 1.5's text encoder: its configuration says 2, its tokenizer another id.
    return CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=seed_width, intermediate_size=2 * seed_width, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=LENGTH, eos_token_id=2, bos_token_id=0, pad_token_id=1,
    )  # fmt: skip


@pytest.fixture(scope="session")
def model_folder(tokenizer, tmp_path_factory):
    """A StableDiffusionPipeline on disk: 8x8 latents of 4 channels, 32 px, text width 32."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(16, 32),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=32, attention_head_dim=2, norm_num_groups=8,
    )  # fmt: skip
    # A fresh UNet hardly looks at its text: larger cross-attention makes the row's gradient count.
    for name, weight in unet.named_parameters():
        if "attn2" in name:
            weight.data.mul_(4)
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8), latent_channels=4, norm_num_groups=4, sample_size=32, scaling_factor=0.5,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
    )  # fmt: skip
    scheduler = PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1,
        set_alpha_to_one=False,
    )  # fmt: skip
    text_encoder = CLIPTextModel(_text_config(tokenizer, 32))
    text_encoder.get_input_embeddings().weight.data.mul_(10)
    pipe = StableDiffusionPipeline(
        vae=vae, text_encoder=text_encoder, tokenizer=tokenizer, unet=unet, scheduler=scheduler,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("models") / "tiny"
    pipe.save_pretrained(folder)
    return folder


@pytest.fixture
def pipe(model_folder):
    """A fresh pipeline, float32 on the CPU."""
    return load_pipeline(model_folder, device="cpu")


@pytest.fixture(scope="session")
def judge(tokenizer, tmp_path_factory):
    """A CLIP of the tests' own, with the same quirk."""
    torch.manual_seed(1)
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8
    )
    config = CLIPConfig(
        text_config=_text_config(tokenizer, 32).to_dict(), vision_config=vision.to_dict(), projection_dim=16
    )
    folder = tmp_path_factory.mktemp("models") / "judge"
    CLIPModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    return load_judge(folder, device="cpu")


def draw(index: int, size=(48, 40)) -> Image.Image:
    """A picture unlike the others."""
    image = Image.new("RGB", size, (40 * index % 256, 90, 30 * index % 256))
    ImageDraw.Draw(image).ellipse((2 * index, 6, 30, 34), fill=(250, 240 - 15 * index, 30))
    return image


def tree(folder):
    """The files of a tree, each with a hash of its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.blake2b(path.read_bytes()).hexdigest() for path in files}


def written(path, content):
    """The path, now a file with this content, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture(scope="session")
def concept_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("concepts") / "red_tower"
    for name, count in (("images", 3), ("held_out", 2), ("probes/look_alike", 1)):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            draw(i if name == "images" else 7 - i).save(folder / name / f"{i}.png")
    (folder / "concept.yml").write_text(
        "placeholder: <red-tower>\ninitializer: tower\nalternatives: [building, castle]\n"
        "kind: building\nclass_word: tower\n"
    )
    return folder


@pytest.fixture
def concept(concept_folder):
    return load_concept(concept_folder)


@pytest.fixture(autouse=True)
def closed():
    """No test leaves a figure open for the next, or more threads than one."""
    yield
    torch.set_num_threads(1)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def copied(folder: Path, *but: str) -> Path:
    """The repository in a folder, without what can be made again, and without what else is named."""
    made = (".venv", ".git", ".snakemake", "build", "_build", "experiments", "__pycache__", ".*_cache", ".hypothesis")
    return shutil.copytree(ROOT, folder / "study", ignore=shutil.ignore_patterns(*made, *but))


@pytest.fixture(scope="module")
def page():
    """A tab of a real browser."""
    with chromium() as tab:
        yield tab


@pytest.fixture(scope="session")
def study_copy(model_folder, judge, tmp_path_factory):
    """The repository, without what can be made again, and with a profile for the tiny model: nothing run yet."""
    copy = copied(tmp_path_factory.mktemp("clone"), "results", "models")
    profile = yaml.safe_load((Path(__file__).parent / "tiny.yaml").read_text())
    profile["parameters"] |= dict(model=str(model_folder), judge=judge.model.name_or_path)
    (copy / "config" / "tiny.yaml").write_text(yaml.safe_dump(profile))
    return copy


@pytest.fixture(scope="session")
def study(study_copy):
    """The same after one run of its whole graph, from training to the built book."""
    own = {"PYTHONPATH": search_path(study_copy)}
    command = [str(Path(sys.executable).with_name("snakemake")), "--configfile", "config/tiny.yaml", "--cores", "2"]
    done = subprocess.run(command, cwd=study_copy, env=os.environ | own, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-3000:]
    return study_copy


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=3, help="how often test_kills kills a run")


def _group(nodeid: str) -> str:
    """With several workers a file stays in one, for its fixtures, and all that need the built study in the same."""
    file = nodeid.split("::")[0]
    return "study" if file.endswith(("test_book.py", "test_pipeline.py")) else file


def pytest_collection_modifyitems(config, items):
    """Alone, in the order of files; with several workers what takes long begins first, or one would end up waiting."""
    if hasattr(config, "workerinput"):
        slow = {_group(item.nodeid) for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: ((group := _group(item.nodeid)) != "study", group not in slow))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Groups of tests to workers, in the order in which they were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFixtures(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _group(nodeid)

    config.option.loadscopereorder = False
    return ByFixtures(config, log)


def pytest_generate_tests(metafunc):
    if "kill" in metafunc.fixturenames:
        metafunc.parametrize("kill", range(metafunc.config.getoption("--kills")))
