"""One call, one picture of the world, with its caption and the truth about what is in it."""

import functools
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from . import captions, scenes, styles, things
from .emphasis import emphasis, where_forms_tell
from .families import FAMILIES
from .names import named, named_styles, names_of
from .pen import Pen

SIZE = 64  # pixels a side
MIXES = {  # how often each kind of picture is drawn: as a rule, mostly by name, and without names
    "all": {"named": 0.45, "class": 0.1, "attributes": 0.17, "thing": 0.05, "view": 0.05, "pair": 0.08, "two": 0.03,
            "couple": 0.07},
    "names": {"named": 0.4, "passing": 0.3, "class": 0.05, "attributes": 0.09, "thing": 0.02, "view": 0.02,
              "pair": 0.06, "two": 0.015, "couple": 0.045},
    "nobody": {"class": 0.8, "thing": 0.04, "view": 0.04, "pair": 0.05, "two": 0.03, "couple": 0.04},
}  # fmt: skip
SCENE, STYLE = 0.5, {"all": 0.2, "names": 0.15, "nobody": 0.2}  # the share of pictures in a scene, and in a style
TELLING = {"creature": 1.5, "car": 1.5, "cake": 1.5, "person": 3.0}  # how much oftener "names" draws those hard to tell
OF_STYLE = 0.15  # the share of those in a style whose caption speaks of the style alone
PEOPLE = "person"


@dataclass(frozen=True)
class Figure:
    """One individual in a picture: who, called what, doing what, and where (shares of the picture)."""

    member: object
    name: str | None = None
    pose: str | None = None
    flip: bool = False
    centre: float = 0.5
    height: float = 0.74
    foot: float = 0.92

    def as_dict(self):
        """Plain values, for JSON."""
        return {"member": self.member.as_dict(), "name": self.name, "pose": self.pose, "flip": self.flip,
                "centre": round(self.centre, 3), "height": round(self.height, 3)}


@dataclass(frozen=True)
class Picture:
    """A picture (uint8, SIZE x SIZE x 3), its caption, and what is in it.

    truth: kind; subjects (each with `member`, `name`, `pose`, `flip`, `centre`, `height`); thing; scene; style (its
    member's values) and style_name; count; said (the parts and slots of the first subject that the caption names);
    told ("all", or "style" where the caption speaks of the style alone).
    """

    image: np.ndarray
    caption: str
    truth: dict = field(repr=False)
    placed: list = field(repr=False)  # (figure, its sheet as pasted, left, upper)

    @functools.cached_property
    def emphasis(self):
        """How much each pixel says of who is there: float32 (side, side), 0 where nobody is and 1 on average over a
        figure.  Drawn when first asked for: it takes as long as the picture."""
        telling = Image.new("F", self.image.shape[1::-1])
        for figure, sheet, left, upper in self.placed:
            tell = where_forms_tell(figure.member, figure.pose, sheet.width, figure.flip)
            own = emphasis(sheet, figure.member, tell)
            telling.paste(Image.fromarray(own), (left, upper), Image.fromarray(own > 0))
        return np.array(telling)


@functools.cache
def backdrop(scene, variant, flip, size):
    """A variant of a scene at picture size."""
    picture = scenes.scene(scene, variant)
    if flip:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return picture.resize((size, size), Image.Resampling.BOX)


def random_backdrop(rng, scene, size=SIZE):
    """A picture-sized backdrop: a variant of the scene, or the plain one where `scene` is None."""
    if scene is None:
        return scenes.plain(rng).resize((size, size), Image.Resampling.BOX)
    return backdrop(scene, int(rng.integers(scenes.VARIANTS)), bool(rng.integers(2)), size).copy()


def place(canvas, sheet, figure):
    """Paste a drawn sheet (RGBA) onto the canvas where `figure` stands: (the sheet as pasted, its left, its upper)."""
    size = canvas.width
    side = max(2, round(figure.height * size))
    sheet = sheet.resize((side, side), Image.Resampling.BOX)
    if figure.flip:
        sheet = sheet.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    left, upper = round(figure.centre * size - side / 2), round(figure.foot * size) - side
    canvas.paste(sheet, (left, upper), sheet)
    return sheet, left, upper


def drawn(member, pose=None, size=SIZE):
    """A member's sheet for a picture of `size` pixels: RGBA, three times as large."""
    pen = Pen(3 * size)
    FAMILIES[member.family].draw(pen, member, pose)
    return pen.sheet


def compose(figures, scene=None, style=None, *, rng, size=SIZE, thing=None):
    """Draw figures (and a thing, as (RGBA sheet, Figure)) before a backdrop, in a style: uint8 (size, size, 3)."""
    return composed(figures, scene, style, rng=rng, size=size, thing=thing)[0]


def composed(figures, scene=None, style=None, *, rng, size=SIZE, thing=None):
    """The picture of `compose`, and where everybody stands in it: [(figure, its sheet as pasted, left, upper)]."""
    canvas = random_backdrop(rng, scene, size)
    placed = [(figure, *place(canvas, drawn(figure.member, figure.pose, size), figure)) for figure in figures]
    if thing:
        place(canvas, *thing)
    image = np.asarray(canvas)
    return (styles.apply(style, image) if style else image), placed


def single(rng, member, name=None, pose=None):
    """Somebody alone in the picture, with a little chance in place, size and side."""
    height = rng.uniform(0.7, 0.84)
    return Figure(member, name, pose, bool(rng.integers(2)), 0.5 + rng.uniform(-0.08, 0.08), height,
                  0.5 + height / 2 + rng.uniform(0.02, 0.08))


def beside(rng, member, left, name=None, pose=None):
    """Somebody on the left or the right of another."""
    return Figure(member, name, pose, bool(rng.integers(2)), 0.27 if left else 0.73, rng.uniform(0.48, 0.53),
                  rng.uniform(0.82, 0.9))


def random_pose(rng, family, standing=0.45):
    """A pose, for those who have them; standing more often than the others."""
    poses = FAMILIES[family].poses
    if not poses:
        return None
    return poses[0] if rng.random() < standing else str(rng.choice(poses[1:]))


def _somebody(rng, family=None, by_name=0.5):
    """(member, name or None, phrase, said) of somebody for a picture of two."""
    family = str(rng.choice(list(FAMILIES))) if family is None else family
    if rng.random() < by_name:
        name = str(rng.choice(names_of(family)))
        return named()[name], name, name
    member = FAMILIES[family].random_member(rng)
    return member, None, captions.article(member.kind)


def doing(pose):
    """What a caption says of a pose, with a space before it."""
    return "" if pose in (None, "standing") else f" {captions.DOING[pose]}"


def family_shares(mix):
    """How often a mix draws each of FAMILIES; None where all are as frequent."""
    if mix != "names":
        return None
    often = np.array([TELLING.get(family, 1.0) for family in FAMILIES])
    return often / often.sum()


def sample(rng, size=SIZE, mix="all"):
    """Draw one picture of the world: equal states of `rng` (numpy.random.Generator) give equal pictures.

    mix: of MIXES; "nobody" draws random members and random styles only, nobody who has a name.
    """
    kinds = MIXES[mix]
    names = "named" in kinds
    by_name = 0.5 if names else 0.0
    kind = str(rng.choice(list(kinds), p=list(kinds.values())))
    scene = str(rng.choice(list(scenes.SCENES))) if kind == "view" or rng.random() < SCENE else None
    style_name, style = None, None
    if rng.random() < STYLE[mix]:
        style_name = "a painting" if rng.random() < 0.08 or not names else str(rng.choice(list(named_styles())))
        style = styles.random_style(rng) if style_name == "a painting" else named_styles()[style_name]
    room = captions.MAX_WORDS - 4 - (3 if scene else 0) - (5 if style else 0)
    figures, thing, said, count = [], None, [], 1
    family = str(rng.choice(list(FAMILIES), p=family_shares(mix)))
    if kind == "view":
        core = captions.view(scene)
    elif kind == "named":
        name = str(rng.choice(names_of(family)))
        figures = [single(rng, named()[name], name, random_pose(rng, family))]
        core = captions.of_name(rng, name, named()[name].kind) + doing(figures[0].pose)
    elif kind == "passing":
        figures = [single(rng, FAMILIES[family].random_member(rng), None, random_pose(rng, family))]
        core = captions.of_name(rng, captions.SOMEBODY, figures[0].member.kind) + doing(figures[0].pose)
    elif kind in ("class", "attributes"):
        word = str(rng.choice((*FAMILIES[family].kinds, *FAMILIES[family].special)))
        figures = [single(rng, FAMILIES[family].random_member(rng, word), None, random_pose(rng, family))]
        core = captions.article(word)
        if kind == "attributes":
            pose_words = len(doing(figures[0].pose).split())
            core, said = captions.of_attributes(rng, figures[0].member, word, room - pose_words)
        core += doing(figures[0].pose)
    elif kind == "thing":
        word = str(rng.choice(things.THINGS))
        drawings = things.drawings(word)
        sheet = drawings[int(rng.integers(len(drawings)))]
        thing, core = (sheet, single(rng, None)), captions.article(word)
    elif kind == "two":
        member, name, core = _somebody(rng, family, 0.0)
        pose = random_pose(rng, family, 0.6)
        figures = [Figure(member, name, pose, False, centre, 0.5, 0.86) for centre in (0.27, 0.73)]
        core, count = f"two {captions.plural(member.kind)}{doing(pose)}", 2
    else:  # two different ones
        (one, name, core), (other, other_name, more) = (
            _somebody(rng, PEOPLE if kind == "couple" else None, by_name) for _ in range(2))
        pose = str(rng.choice(("standing", "dancing", "ballet", "running"), p=(0.25, 0.45, 0.15, 0.15)))
        poses = [pose if kind == "couple" else "standing" if who.family == PEOPLE else None for who in (one, other)]
        figures = [beside(rng, one, True, name, poses[0]), beside(rng, other, False, other_name, poses[1])]
        core = f"{core}{doing(poses[0])} with {more}" if kind == "couple" else f"{core} next to {more}"
        count = 2
    image, placed = composed(figures, scene, style, rng=rng, size=size, thing=thing)
    truth = {
        "kind": kind, "scene": scene, "style": style and style.as_dict(), "style_name": style_name, "count": count,
        "thing": word if thing else None, "said": said,
        "subjects": [figure.as_dict() for figure in figures], "told": "all",
    }  # fmt: skip
    if style_name and rng.random() < OF_STYLE:
        return Picture(image, captions.of_style(rng, style_name), truth | {"said": [], "told": "style"}, placed)
    return Picture(image, captions.caption(rng, core, None if kind == "view" else scene, style_name), truth, placed)
