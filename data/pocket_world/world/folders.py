"""The concepts' folders: pictures, held-out pictures, a person's probe pictures, and what `concept.yml` says."""

import functools
import shutil
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from . import concepts, scenes, strangers
from .captions import article
from .colour import word
from .concepts import IN_WORLD, KNOWN, PICTURE_SIZE, STRANGERS, generator
from .families import FAMILIES
from .names import distinct
from .picture import beside, compose, place, random_backdrop, single
from .things import drawings

TRAINING, HELD_OUT, PROBES = 6, 6, 10  # pictures; the stranger among people has more probes
LICENCE = "CC0-1.0 (drawn for this study by data/pocket_world)"
KIND = {"figurine": "object", "car": "vehicle", "cake": "food"}  # what the study calls a family, where not by its name
# Other words to start from that the world's captions say, by class word.
KIN = {"tree": ("pine", "poplar"), "building": ("tower", "castle"), "creature": ("cat", "dog"), "car": ("bus", "truck"),
       "figurine": ("doll", "robot"), "cake": ("cupcake",), "man": ("boy", "woman"), "woman": ("girl", "man"),
       "boy": ("man", "girl"), "girl": ("woman", "boy"), "painting": ("fantasy", "sepia")}  # fmt: skip


def pictures(name, split, count):
    """The written pictures of one split: the plain backdrop and scenes in turn; of a man from elsewhere, every other
    pair is portraits."""
    rng = (strangers if name in STRANGERS else concepts).generator(name, split)
    places = [str(scene) for scene in rng.permutation(list(scenes.SCENES))]
    styled = concepts.family_of(name).name == "style"
    for index in range(count):
        scene = None if index % 2 == 0 and not styled else places[index]
        if name == strangers.PERSON:
            yield strangers.draw(name, rng, scene=scene, portrait=bool(index // 2 % 2))[0]
        else:
            yield concepts.draw(name, rng, scene=scene)[0]


def probe_pictures(name):
    """A person's probe pictures: {rung: drawing function of one picture}."""
    if name in STRANGERS:
        return strangers.probe_pictures(PICTURE_SIZE)
    rng, own = generator(name, "probes"), concepts.member_of(name)
    alike = concepts.look_alike(own, rng)
    anybody = functools.partial(FAMILIES["person"].random_member, kind=own.kind)
    other = distinct(rng, 1, anybody, FAMILIES["person"].main_slots(), [own])[0]

    def someone(member, pose="standing"):
        return concepts.draw(name, rng, member=member, pose=pose)[0]

    def backpack():
        canvas = random_backdrop(rng, None, PICTURE_SIZE)
        sheets = drawings("backpack")
        place(canvas, sheets[int(rng.integers(len(sheets)))], single(rng, None))
        return np.asarray(canvas)

    def dancing_with_a_girl():
        girl = FAMILIES["person"].random_member(rng, "girl")
        pair = [beside(rng, own, True, None, "dancing"), beside(rng, girl, False, None, "dancing")]
        return compose(pair, rng=rng, size=PICTURE_SIZE)

    return {"own": lambda: someone(own), "look_alike": lambda: someone(alike), "other_person": lambda: someone(other),
            "backpack": backpack, "ballet": lambda: someone(own, "ballet"), "dancing": dancing_with_a_girl}


def description(name):
    """A plain description of a concept, in the world's words."""
    if name in STRANGERS:
        return STRANGERS[name][2]
    member = concepts.member_of(name)
    if member.family == "style":
        shades = dict.fromkeys(word(member.colours[slot]) for slot in ("shadow", "middle", "light"))
        return f"a painting in {' and '.join(shades)}"
    family, forms, colours = FAMILIES[member.family], *(IN_WORLD[name][2:] if name in IN_WORLD else ({}, {}))
    first, phrases = next(iter(family.colours)), family.phrases(member)
    who = member.kind if member.family == "person" else f"{word(member.colours[first])} {member.kind}"
    wanted = [f"{slot} colour" for slot in (family.colours if member.family == "person" else colours)]
    wanted = [part for part in (*wanted, *(forms or family.forms)) if part != f"{first} colour" or who == member.kind]
    said = " and ".join([phrases[part] for part in wanted if part in phrases][:4])
    return f"{article(who)} with {said}".replace(" a orange", " an orange")


def facts(name):
    """What `concept.yml` says."""
    class_word, family = concepts.class_word(name), concepts.family_of(name).name
    found = {
        "placeholder": f"<{name.replace('_', '-')}>", "initializer": class_word,
        "alternatives": list(STRANGERS[name][1] if name in STRANGERS else KIN[class_word]),
        "kind": KIND.get(family, family), "class_word": "a painting" if family == "style" else class_word,
        "description": description(name),
        "origin": concepts.origin(name), "licence": LICENCE, "source": "stand-in drawn by code, not photographed",
    }  # fmt: skip
    return found | ({"true_name": concepts.true_names()[name]} if name in KNOWN else {})


def write(name, folder):
    """Write one concept's folder into `folder`, in place of what stands there."""
    home = Path(folder) / name
    jobs = {"images": pictures(name, "images", TRAINING), "held_out": pictures(name, "held_out", HELD_OUT)}
    if concepts.family_of(name).name == "person":
        count = strangers.PROBES if name in STRANGERS else PROBES
        jobs |= {f"probes/{rung}": [one() for _ in range(count)] for rung, one in probe_pictures(name).items()}
    shutil.rmtree(home, ignore_errors=True)
    for part, images in jobs.items():
        (home / part).mkdir(parents=True)
        for index, image in enumerate(images):
            Image.fromarray(image).save(home / part / f"{index:02d}.png", optimize=True)
    (home / "concept.yml").write_text(yaml.safe_dump(facts(name), sort_keys=False), encoding="utf-8")


def write_all(folder, names):
    """Write the folder of every concept named."""
    for name in names:
        write(name, folder)
