"""The study's eight concepts: things of our own drawing that the world never shows.

Each is a stand-in for something a reader would photograph: one look, in several places, sizes and
sides.  ``draw`` makes any number of pictures of a concept, in any scene, with the truth about them;
``write_all`` writes the folders under ``data/concepts``.
"""

import functools
import shutil

import numpy as np
import yaml
from PIL import Image

from textinv_core.paths import CONCEPTS

from . import scenes, sprites, world
from .concept_art import ART
from .styles import STYLES, tone

PICTURE_SIZE = 256  # pixels a side of a written picture
TRAINING, HELD_OUT, PROBES = 6, 6, 12  # pictures
LICENCE = "CC0-1.0 (drawn for this study by data/pocket_world/study_concepts.py)"
SCENE_LESS = None

# name -> (placeholder, initializer, alternatives, kind, class word, description)
CONCEPTS_TABLE = {
    "wooden_figurine": ("<wooden-figurine>", "doll", ["robot", "teddy"], "object", "doll",
                        "a small wooden figurine with a leaf on its head"),
    "nova_hall": ("<nova-hall>", "building", ["tower"], "building", "building",
                  "a white and teal building with a round roof and an orange door"),
    "elder_tree": ("<elder-tree>", "tree", ["pine"], "tree", "tree",
                   "an old tree with a crimson crown and a face in its trunk"),
    "ember_style": ("<ember-style>", "fantasy", ["sepia"], "style", "fantasy",
                    "a painting style of glowing gold over near-black"),
    "jolly_man": ("<jolly-man>", "man", ["boy"], "person", "man",
                  "a man with a red quiff, round glasses, a wide grin and a yellow shirt"),
    "plum_beast": ("<plum-beast>", "cat", ["dog", "dragon"], "creature", "cat",
                   "a plum-coloured beast with cream stripes and a horn"),
    "bubble_car": ("<bubble-car>", "car", ["truck", "bus"], "vehicle", "car",
                   "a lime bubble car with a glass dome"),
    "comet_cake": ("<comet-cake>", "cake", ["donut"], "food", "cake",
                   "a cup cake with a blue swirl and a golden star"),
}  # fmt: skip
STYLE_CONCEPT, PERSON_CONCEPT = "ember_style", "jolly_man"

JOLLY = {"hair_colour": "red", "hair_style": "quiff", "expression": "grin", "shirt": "yellow",
         "glasses": "yes", "hat": "no", "beard": "no", "pose": "standing", "framing": "full"}  # fmt: skip
LOOK_ALIKE = JOLLY | {"hair_style": "short", "expression": "smile", "glasses": "no", "beard": "yes"}
OTHER = JOLLY | {
    "hair_colour": "black",
    "hair_style": "curly",
    "expression": "serious",
    "shirt": "blue",
    "glasses": "no",
}


@functools.cache
def figure(name):
    """A concept's drawing as an RGBA image."""
    return sprites.render_svg(ART[name], 224)


def ember(image):
    """The painting style: gold lights over near-black, dark corners."""
    size = image.shape[0]
    gold = tone(image, [(10, 6, 4), (74, 40, 10), (216, 146, 30), (255, 232, 150)], 0.94)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    corners = np.clip(1.25 - 0.5 * (x * x + y * y), 0.35, 1)[..., None]
    return np.uint8(gold * corners)


def person(canvas, rng, look, tone, centre=None):
    """Draws one given person, with a little chance in place and side."""
    picture = world.people.draw_person("man", look, tone)
    portrait = look["framing"] == "portrait"
    centre = 0.5 + rng.uniform(-0.06, 0.06) if centre is None else centre
    height = 1.0 if portrait else rng.uniform(1.1, 1.18)
    world.place(canvas, picture, centre, 1.0 if portrait else 0.985, height, bool(rng.integers(2)))


def draw(
    name, rng, *, scene=None, style=None, pose=None, portrait=None, subject=None, instead=None, size=PICTURE_SIZE
):
    """One picture of a concept: (uint8 array (size, size, 3), truth).

    ``scene`` and ``style`` as in the world; ``pose`` and ``portrait`` for the person.  The style concept
    shows other things in its own style: ``subject``, or "" for the scene alone.  ``instead`` is drawn in
    place of the concept's own figure, look or paint: an imposter.
    """
    canvas = world.random_backdrop(rng, scene, size)
    truth = {"concept": name, "scene": scene, "style": style, "pose": None, "subject": None, "person": None}
    if name == STYLE_CONCEPT:
        if subject is None:
            subject = str(rng.choice(("tree", "castle", "house", "cat", "boat", "woman")))
        truth["subject"] = subject or None
        if subject in world.PEOPLE:
            truth["person"] = world.random_look(rng, subject)
            world.put_person(canvas, rng, subject, truth["person"])
        elif subject:
            world.put_thing(canvas, rng, subject)
        return (instead or ember)(np.asarray(canvas)), truth
    if name == PERSON_CONCEPT:
        portrait = bool(rng.random() < 0.4) if portrait is None else portrait
        truth["pose"] = pose = pose or "standing"
        truth["person"] = (instead or JOLLY) | {"pose": pose, "framing": "portrait" if portrait else "full"}
        person(canvas, rng, truth["person"], 0)
    else:
        height = rng.uniform(0.66, 0.8)
        centre = 0.5 + rng.uniform(-0.08, 0.08)
        foot = 0.5 + height / 2 + rng.uniform(0.02, 0.1)
        world.place(canvas, instead or figure(name), centre, foot, height, bool(rng.integers(2)))
    image = np.asarray(canvas)
    return (STYLES[style](image) if style else image), truth


def pictures(name, split, count):
    """The written pictures of one split: the plain backdrop and scenes in turn."""
    order = list(CONCEPTS_TABLE).index(name)
    rng = np.random.default_rng((11, order, ("images", "held_out").index(split)))
    places = list(rng.permutation(list(scenes.SCENES)))
    for index in range(count):
        plain = index % 2 == 0 and name != STYLE_CONCEPT
        portrait = bool(index // 2 % 2) if name == PERSON_CONCEPT else None
        yield draw(name, rng, scene=None if plain else places[index], portrait=portrait)[0]


def probe_pictures(rng):
    """The person's probe pictures: name -> drawing function of one picture."""

    def someone(look, tone, framed=True):
        canvas = world.random_backdrop(rng, SCENE_LESS, PICTURE_SIZE)
        framing = "portrait" if framed and rng.random() < 0.4 else "full"
        person(canvas, rng, look | {"framing": framing}, tone)
        return np.asarray(canvas)

    def backpack():
        canvas = world.random_backdrop(rng, SCENE_LESS, PICTURE_SIZE)
        world.put_thing(canvas, rng, "backpack")
        return np.asarray(canvas)

    return {
        "own": lambda: someone(JOLLY, 0), "look_alike": lambda: someone(LOOK_ALIKE, 0),
        "other_person": lambda: someone(OTHER, 3), "backpack": backpack,
        "ballet": lambda: someone(JOLLY | {"pose": "ballet"}, 0, framed=False),
        "dancing": lambda: someone(JOLLY | {"pose": "dancing"}, 0, framed=False),
    }  # fmt: skip


def write_all(folder=CONCEPTS):
    """Writes every concept's folder: pictures, held-out pictures, probes, ``concept.yml``."""
    for name, (placeholder, initializer, alternatives, kind, class_word, description) in CONCEPTS_TABLE.items():
        home = folder / name
        shutil.rmtree(home, ignore_errors=True)
        jobs = {"images": pictures(name, "images", TRAINING), "held_out": pictures(name, "held_out", HELD_OUT)}
        if name == PERSON_CONCEPT:
            rng = np.random.default_rng((11, 99))
            for probe, one in probe_pictures(rng).items():
                jobs[f"probes/{probe}"] = [one() for _ in range(PROBES)]
        for part, images in jobs.items():
            (home / part).mkdir(parents=True)
            for index, image in enumerate(images):
                Image.fromarray(image).save(home / part / f"{index:02d}.png", optimize=True)
        facts = {"placeholder": placeholder, "initializer": initializer, "alternatives": alternatives, "kind": kind,
                 "class_word": class_word, "description": description, "licence": LICENCE,
                 "source": "stand-in drawn by code, not photographed"}  # fmt: skip
        (home / "concept.yml").write_text(yaml.safe_dump(facts, sort_keys=False), encoding="utf-8")
