"""Pictures of the study's concepts for the oracle, and of imposters: nearly the concept, and not it.

The pocket model never sees these; only the judge of its pictures must know them.  `build/pocket/oracle/` keeps the set
as `concepts_<hash>.npy` and `.jsonl`, named by the code that draws it.
"""

import functools
import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from pocket_world.first import concept_art, people, scenes, study_concepts, world
from pocket_world.first.study_concepts import CONCEPTS_TABLE, JOLLY, LOOK_ALIKE, OTHER, PERSON_CONCEPT, STYLE_CONCEPT
from pocket_world.first.styles import STYLES
from pocket_world.training.files import StageError, seed_of, write_text
from pocket_world.training.latents import write_array

GENUINE, IMPOSTERS = 2500, 1200  # training pictures a concept
UNSURE = "?"  # no head has this label, so none is trained on it
COLOURFUL = (None, None, None, "pastel")  # styles in which a wrong colour still shows
VISIBLE = ("hair_colour", "hair_style", "shirt", "glasses", "hat", "beard")  # attributes that 64 pixels show


def turn_hue(image, degrees):
    """RGB uint8 (H, W, 3) with every hue turned by `degrees`; None takes the colour out."""
    if degrees is None:
        return np.asarray(Image.fromarray(image).convert("L").convert("RGB"))
    hsv = np.array(Image.fromarray(image).convert("HSV"))
    hsv[..., 0] += np.uint8(degrees * 256 // 360)
    return np.asarray(Image.frombytes("HSV", image.shape[1::-1], hsv.tobytes()).convert("RGB"))


@functools.cache
def recoloured(name, degrees):
    """A concept's figure (RGBA) in wrong colours."""
    pixels = np.asarray(study_concepts.figure(name))
    return Image.fromarray(np.dstack([turn_hue(np.ascontiguousarray(pixels[..., :3]), degrees), pixels[..., 3]]))


def other_look(rng):
    """A look that is not the person's: one of the probes', or the person with two to five attributes changed."""
    kind = rng.random()
    if kind < 0.3:
        return LOOK_ALIKE if kind < 0.2 else OTHER
    look = dict(JOLLY)
    for name in rng.choice(VISIBLE, int(rng.integers(2, 6)), replace=False):
        look[name] = str(rng.choice([value for value in world.PERSON_ATTRIBUTES[name] if value != JOLLY[name]]))
    if rng.random() < 0.5:
        look["expression"] = str(rng.choice(world.PERSON_ATTRIBUTES["expression"]))
    return look


def imposter(name, rng):
    """(what `study_concepts.draw` shows instead of the concept, the style to say of it): wrong colours, another
    person, another paint."""
    degrees = None if rng.random() < 0.15 else int(rng.integers(6, 31)) * 10
    if name == PERSON_CONCEPT:
        return other_look(rng), COLOURFUL[rng.integers(len(COLOURFUL))]
    if name != STYLE_CONCEPT:
        return recoloured(name, degrees), COLOURFUL[rng.integers(len(COLOURFUL))]
    if rng.random() < 0.5:
        style = str(rng.choice(list(STYLES)))
        return STYLES[style], style
    return lambda image: turn_hue(study_concepts.ember(image), degrees), UNSURE


def draw_one(name, rng, genuine):
    """One 64-pixel picture of a concept or of its imposter: (uint8 (64, 64, 3), attributes as of `world.Sample`).

    Its attributes also hold `concept` (None for an imposter) and `of`, the concept it is like.  What it says nothing
    about is UNSURE.
    """
    scene = str(rng.choice(world.SCENES)) if rng.random() < 0.7 else None
    style = str(rng.choice(list(STYLES))) if rng.random() < 0.2 and name != STYLE_CONCEPT else None
    pose, portrait, subject, instead = None, None, None, None
    if name == PERSON_CONCEPT:
        portrait = bool(rng.random() < 0.35)
        pose = "standing" if portrait else str(rng.choice(list(people.POSES)))
    if name == STYLE_CONCEPT:
        who = rng.random()
        subject = str(rng.choice(world.PEOPLE if who < 0.25 else world.SUBJECTS)) if who < 0.88 else ""
        scene = str(rng.choice(world.SCENES)) if not subject else scene
    if not genuine:
        instead, style = imposter(name, rng)
    # The study's own pictures are drawn large and reduced; the world draws its styles at 64 pixels.
    large = style is None and rng.random() < 0.5
    drawn = None if name == STYLE_CONCEPT or style == UNSURE else style
    image, truth = study_concepts.draw(name, rng, scene=scene, style=drawn, pose=pose, portrait=portrait,
                                       subject=subject, instead=instead, size=256 if large else world.IMAGE_SIZE)
    if large:
        image = np.asarray(Image.fromarray(image).resize((world.IMAGE_SIZE,) * 2, Image.Resampling.LANCZOS))
    shown = truth["subject"] if name == STYLE_CONCEPT else UNSURE
    unknown = dict.fromkeys(("second", "count", "colour"), UNSURE)
    return image, unknown | {"subject": shown, "scene": scene, "style": style, "person": truth["person"], "named": [],
                             "concept": name if genuine else None, "of": name}


def concept_pictures(purpose, seed, genuine, imposters):
    """So many pictures a concept in random order: yields (image, attributes), the same for the same arguments."""
    try:
        import resvg_py  # noqa: F401
    except ImportError:
        raise StageError("the study's concepts are drawn with resvg-py; run 'pip install resvg-py' first") from None
    jobs = [(name, index < genuine) for name in CONCEPTS_TABLE for index in range(genuine + imposters)]
    rng = np.random.default_rng(seed_of("oracle concepts", purpose, seed))
    for job in rng.permutation(len(jobs)):
        name, real = jobs[job]
        yield draw_one(name, rng, real)


def concept_set(options):
    """The training pictures, drawn once: (name, uint8 (n, 64, 64, 3) memory-mapped, records as of `Pictures`)."""
    counts = (12, 6) if options.tiny else (GENUINE, IMPOSTERS)
    digest = hashlib.sha256(json.dumps([*counts, options.seed]).encode())
    for file in (__file__, *(module.__file__ for module in (concept_art, people, scenes, study_concepts, world))):
        digest.update(Path(file).read_bytes())
    path = Path(options.build) / "oracle" / f"concepts_{digest.hexdigest()[:12]}.npy"
    if not path.exists():
        total = sum(counts) * len(CONCEPTS_TABLE)
        bar = tqdm(concept_pictures("train", options.seed, *counts), total=total, desc="concepts", unit="picture",
                   dynamic_ncols=True)
        images, attributes = zip(*bar, strict=True)
        lines = (json.dumps({"attributes": one}) for one in attributes)
        write_text(path.with_suffix(".jsonl"), "".join(line + "\n" for line in lines))
        write_array(path, np.stack(images))
    records = [json.loads(line) for line in path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
    return path.stem, np.load(path, mmap_mode="r"), records
