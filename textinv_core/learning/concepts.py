"""A concept: a few pictures, a placeholder, an initializer; and the prompts that go with its kind.

A concept folder holds `concept.yml` and pictures in `images/`, `held_out/` and `probes/<rung>/`.
Any other folder of photos works too: its name and the parameters then say what the file would.
"""

import hashlib
import os
import re
import reprlib
import warnings
from pathlib import Path
from typing import Annotated

import yaml
from PIL import Image, ImageOps
from pydantic import AfterValidator, Field, StringConstraints

from textinv_core.paths import CONCEPTS, shown
from textinv_core.settings import Settings, Word

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")  # Pillow's other readers, some of which start programs, stay out
SMALLEST_SIDE = 16  # pixels: below this a picture shows nothing to learn

# The templates of Gal et al. 2022 (arXiv 2208.01618), as released: two of the style list's stand there twice.
OBJECT_TEMPLATES = (
    "a photo of a {}", "a rendering of a {}", "a cropped photo of the {}", "the photo of a {}", "a photo of a clean {}",
    "a photo of a dirty {}", "a dark photo of the {}", "a photo of my {}", "a photo of the cool {}",
    "a close-up photo of a {}", "a bright photo of the {}", "a cropped photo of a {}", "a photo of the {}",
    "a good photo of the {}", "a photo of one {}", "a close-up photo of the {}", "a rendition of the {}",
    "a photo of the clean {}", "a rendition of a {}", "a photo of a nice {}", "a good photo of a {}",
    "a photo of the nice {}", "a photo of the small {}", "a photo of the weird {}", "a photo of the large {}",
    "a photo of a cool {}", "a photo of a small {}",
)  # fmt: skip
STYLE_TEMPLATES = (
    "a painting in the style of {}", "a rendering in the style of {}", "a cropped painting in the style of {}",
    "the painting in the style of {}", "a clean painting in the style of {}", "a dirty painting in the style of {}",
    "a dark painting in the style of {}", "a picture in the style of {}", "a cool painting in the style of {}",
    "a close-up painting in the style of {}", "a bright painting in the style of {}",
    "a cropped painting in the style of {}", "a good painting in the style of {}",
    "a close-up painting in the style of {}", "a rendition in the style of {}", "a nice painting in the style of {}",
    "a small painting in the style of {}", "a weird painting in the style of {}", "a large painting in the style of {}",
)  # fmt: skip

SCENES = (
    "in the forest", "on the beach", "in the snow", "in the city", "in the desert", "on the moon", "under water",
    "at night", "in the mountains", "in a room", "by the lake", "in the style of fantasy", "in the style of noir",
)  # fmt: skip
ACTIONS = ("doing ballet", "dancing", "running", "sitting")
STYLE_SUBJECTS = ("a woman", "a lake", "a tree", "a castle", "a cat", "a man", "a dog", "a robot")


def _file_name(name: str) -> str:
    """The name, if a file can be called so: what is learned and recorded of a concept lies under it."""
    if name.startswith(".") or re.search(r"[/\x00-\x1f\x7f]", name):
        raise ValueError("expected a name without '/' or control characters, and no dot in front")
    return name


Template = Annotated[str, StringConstraints(pattern=r"^[^{}]*\{\}[^{}]*$")]  # "{}" is where the placeholder goes
PLACEHOLDER = r"<[a-z0-9][a-z0-9-]*>"


class Concept(Settings):
    """What is to be learned; paths are absolute and sorted by name."""

    name: Annotated[Word, AfterValidator(_file_name)]
    placeholder: Annotated[str, StringConstraints(pattern=f"^{PLACEHOLDER}$")]
    initializer: Word = "object"
    alternatives: tuple[Word, ...] = ()  # other initializers worth a try
    kind: Word = "object"  # object, building, tree, style, person, creature, vehicle, food ...
    class_word: Word = "object"  # the plain word a judge understands
    templates: tuple[Template, ...] = ()  # prompts to train with; default: the paper's for the kind
    description: str = ""  # a plain description, for the probes
    true_name: Word | None = None  # the word by which the model knows it already, where there is one
    origin: str = ""  # where it comes from, seen from the model: "in the world", "known", "stranger"
    licence: str = ""
    source: str = ""
    images: tuple[Path, ...] = Field(min_length=1)
    held_out: tuple[Path, ...] = ()
    probes: dict[str, tuple[Path, ...]] = {}


def _pictures(folder: Path) -> tuple[Path, ...]:
    """The picture files right under `folder`, sorted by name."""
    if not folder.is_dir():
        return ()
    files = (path for path in folder.iterdir() if not path.name.startswith("."))
    return tuple(sorted(path.resolve() for path in files if path.is_file() and path.suffix.lower() in PICTURES))


def _read_yaml(path: Path) -> dict:
    """A YAML mapping, safe-loaded; {} where there is no such file."""
    if not path.exists():
        return {}
    try:
        spec = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except Exception as error:  # besides its own errors, whatever Python raises at a wrong date, number or depth
        raise ValueError(f"{shown(path)}: not plain UTF-8 YAML ({' '.join(str(error).split())[:200]})") from None
    if not isinstance(spec, dict) or not all(isinstance(key, str) for key in spec):
        raise ValueError(f"{shown(path)}: expected 'name: value' lines, found {reprlib.repr(spec)}")
    taken = ", ".join(sorted({"images", "held_out", "probes"} & spec.keys()))
    if taken:
        raise ValueError(f"{shown(path)}: {taken} come from the folders of that name, not from this file")
    return spec


def load_concept(where: str | Path, **overrides) -> Concept:
    """The concept in folder `where` (or data/concepts/`where`); `overrides` replace fields of `concept.yml`.

    A folder without `concept.yml` gives name and placeholder by its own name, and the fields' defaults.
    """
    folder = Path(os.path.expanduser(where))
    if not os.path.isdir(folder) and os.path.isdir(CONCEPTS / where):
        folder = CONCEPTS / where
    if not str(where).strip() or not os.path.isdir(folder):
        known = ", ".join(sorted(path.name for path in CONCEPTS.glob("*/"))) or "none"
        raise ValueError(f"concept {str(where)!r}: no such folder, and not one of data/concepts ({known})")
    folder = folder.resolve()
    slug = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-") or "concept"
    spec = {"name": folder.name, "placeholder": f"<{slug}>", **_read_yaml(folder / "concept.yml")}
    spec |= {key: value for key, value in overrides.items() if value is not None}
    if "initializer" in spec and "class_word" not in spec:
        spec["class_word"] = spec["initializer"]
    images = _pictures(folder / "images") or _pictures(folder)
    if not images:
        raise ValueError(f"concept {folder.name!r}: no pictures ({', '.join(PICTURES)}) there or in its images/")
    probes = {rung.name: _pictures(rung) for rung in sorted((folder / "probes").glob("*/")) if _pictures(rung)}
    try:
        return Concept(**spec, images=images, held_out=_pictures(folder / "held_out"), probes=probes)
    except ValueError as error:
        raise ValueError(f"{shown(folder)}: {error}") from None


def _open(path: Path) -> Image.Image:
    """One picture as upright RGB; ValueError naming the file if it is none, too large, too small or animated."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                frames, (width, height) = getattr(image, "n_frames", 1), image.size
                if frames == 1 and min(width, height) >= SMALLEST_SIDE:
                    image.load()
                    image = ImageOps.exif_transpose(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"{shown(path)}: more than {Image.MAX_IMAGE_PIXELS:,} pixels, refused as a bomb") from None
    except Exception as error:  # whatever Pillow's readers come upon in a broken file
        said = " ".join(str(error).split())
        raise ValueError(f"{shown(path)}: cannot be read as {', '.join(FORMATS)} ({said})") from None
    if frames > 1:
        raise ValueError(f"{shown(path)}: has {frames} frames, expected a still picture")
    if min(width, height) < SMALLEST_SIDE:
        raise ValueError(f"{shown(path)}: {width}x{height} pixels, expected {SMALLEST_SIDE} or more a side")
    if image.mode.startswith("I"):  # 16 bit grey: Pillow would clip at 255 instead of scaling
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def load_images(paths, size: int) -> list[Image.Image]:
    """Pictures as RGB squares of `size` pixels: shorter side resized, centre cropped."""
    return [ImageOps.fit(_open(Path(path)), (size, size), method=Image.Resampling.LANCZOS) for path in paths]


def data_hash(concept: Concept) -> str:
    """16 hex digits over the bytes of every picture of the concept, by role; file names do not count."""
    digest = hashlib.blake2b(digest_size=8)
    for role, paths in (("images", concept.images), ("held_out", concept.held_out), *sorted(concept.probes.items())):
        digest.update(role.encode())
        for path in paths:
            digest.update(hashlib.blake2b(path.read_bytes()).digest())
    return digest.hexdigest()


def training_templates(kind: str) -> tuple[str, ...]:
    """The prompts to train with: the paper's object list, or its style list."""
    return STYLE_TEMPLATES if kind == "style" else OBJECT_TEMPLATES


def plain_prompt(kind: str) -> str:
    """The prompt that asks for the concept and nothing else."""
    return "a picture in the style of {}" if kind == "style" else "a photo of {}"


def context_prompts(kind: str) -> dict[str, str]:
    """Prompts that put the concept into a context, each with the phrase that names the context alone."""
    if kind == "style":
        return {f"{subject} in the style of {{}}": subject for subject in STYLE_SUBJECTS}
    phrases = SCENES + (ACTIONS if kind == "person" else ())
    return {f"a photo of {{}} {phrase}": phrase for phrase in phrases}


def class_phrase(concept: Concept) -> str:
    """What stands for the concept in a plain prompt: `a tree`, `an owl`; a style word has no article."""
    if concept.kind == "style" or concept.class_word.split()[0] in ("a", "an", "the"):
        return concept.class_word
    return f"{'an' if concept.class_word[0].lower() in 'aeiou' else 'a'} {concept.class_word}"
