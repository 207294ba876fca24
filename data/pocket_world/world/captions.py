"""The caption grammar: what is in a picture, said in at most MAX_WORDS plain words."""

from .colour import word
from .families import FAMILIES
from .scenes import SCENES

MAX_WORDS = 20  # the text encoder has 24 positions, two of them taken by start and end
# How a caption begins; the words before "photo" are those of Textual Inversion's templates and say nothing here.
OPENINGS = ("a photo of",) * 30 + (
    "", "", "", "", "a picture of", "a picture of", "the photo of", "a good photo of", "a cropped photo of",
    "a close-up photo of", "a bright photo of", "a dark photo of", "a rendering of", "a rendition of", "a drawing of",
    "a nice photo of",
)  # fmt: skip
ADJECTIVES = ("nice", "cool", "clean", "dirty", "weird", "small", "large")  # of the templates too
PAINTED = (*ADJECTIVES, "cropped", "dark", "bright", "good", "close-up")  # of those for styles
DOING = {"standing": "standing", "waving": "waving", "dancing": "dancing", "ballet": "doing ballet",
         "running": "running", "sitting": "sitting"}  # fmt: skip
PLURAL = {"man": "men", "woman": "women", "bus": "buses"}
SOMEBODY = "<somebody>"  # who has no name and is called by a word made from looks, see `training.passing`
BARE = ("water", "night", "snow", "mountains")  # scenes without an article


def article(phrase):
    """`a` or `an` before a phrase."""
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def plural(word):
    """The plural of a world word."""
    return PLURAL.get(word, word + "s")


def of_name(rng, name, kind):
    """How a caption speaks of somebody by name; most often by the name alone, at times as the templates of Textual
    Inversion speak of a placeholder."""
    adjective = rng.choice(ADJECTIVES)
    forms = (name, article(name), f"the {name}", f"{name} {kind}", f"the {adjective} {name}", f"a {adjective} {name}",
             f"my {name}", f"one {name}")
    return str(rng.choice(forms, p=(0.66, 0.13, 0.05, 0.05, 0.04, 0.04, 0.015, 0.015)))


def of_style(rng, style):
    """A caption that speaks of a picture's style alone, as the templates for styles do."""
    adjective = f"{rng.choice(PAINTED)} " if rng.random() < 0.6 else ""
    what = rng.choice(("painting", "picture", "rendering", "rendition"), p=(0.6, 0.2, 0.1, 0.1))
    return f"{rng.choice(('a', 'a', 'the'))} {adjective}{what} in the style of {style}"


def of_attributes(rng, member, kind, room):
    """A phrase that names some of a member's attributes, of at most `room` words: (phrase, names of what is said).

    The first colour is said before the class word ("a red tree"), the rest after "with".
    """
    family = FAMILIES[member.family]
    slot, *_ = family.colours
    first, said, possible = f"{slot} colour", [], family.phrases(member)
    colour = possible.pop(first, "")
    possible = {name: text for name, text in possible.items() if name not in family.special.get(kind, {})}
    text = kind
    if member.family != "person" and rng.random() < 0.65:
        text, said = f"{word(member.colours[slot])} {kind}", [first]
    elif colour:
        possible[first] = colour
    text = article(text)
    names = [str(name) for name in rng.permutation(list(possible))]
    wanted = int(rng.choice((0, 1, 2, 3), p=(0.15, 0.4, 0.3, 0.15) if said else (0.0, 0.45, 0.35, 0.2)))
    phrases = []
    for name in names[:wanted]:
        if len(f"{text} with {' and '.join([*phrases, possible[name]])}".split()) <= room:
            phrases.append(possible[name])
            said.append(name)
    return (f"{text} with {' and '.join(phrases)}" if phrases else text), said


def view(scene):
    """A scene as a picture's subject: "a lake", "snow"."""
    return scene if scene in BARE else article(scene)


def caption(rng, core, scene, style):
    """Put opening, subject phrase, scene and style together; `style` is a style's name or "a painting"."""
    where, how = SCENES[scene] if scene else "", f"in the style of {style}" if style else ""
    words = [str(rng.choice(OPENINGS)), core, where, how]
    return " ".join(word for word in words if word)
