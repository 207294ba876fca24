"""The caption grammar: what is in a picture, said in at most MAX_WORDS plain words."""

from .scenes import SCENES

MAX_WORDS = 20  # the text encoder has 24 positions, two of them taken by start and end
OPENINGS = ("a photo of",) * 7 + ("",) * 2 + ("a picture of",)
DOING = {
    "standing": "standing", "waving": "waving", "dancing": "dancing", "ballet": "doing ballet",
    "running": "running", "sitting": "sitting",
}  # fmt: skip
FACES = {"smile": "a big smile", "surprised": "a surprised face", "serious": "a serious face"}
PLURAL = {
    "man": "men", "woman": "women", "church": "churches", "bus": "buses", "sheep": "sheep",
    "fish": "fish", "butterfly": "butterflies", "strawberry": "strawberries", "cactus": "cactuses",
}  # fmt: skip


def article(phrase):
    """``a`` or ``an`` before a phrase."""
    return ("an " if phrase[0] in "aeiou" and phrase != "unicorn" else "a ") + phrase


def plural(word):
    """The plural of a world word."""
    return PLURAL.get(word, word + "s")


def person_phrase(rng, who, look, room):
    """Says who, and a random few of the attributes; ``room`` is how many words are left.

    Returns the phrase and the attributes it names."""
    bald = look["hair_style"] == "bald"
    hair = {"short": "", "long": "long ", "curly": "curly ", "bald": "", "quiff": ""}[look["hair_style"]]
    dressed = who in ("woman", "girl") and look["framing"] == "full"
    choices = {
        "hair_colour": ("with", f"{hair}{look['hair_colour']} hair") if not bald else None,
        "hair_style": ("with", "no hair") if bald else None,
        "expression": ("with", FACES[look["expression"]]),
        "shirt": ("wearing", f"a {look['shirt']} {'dress' if dressed else 'shirt'}"),
        "glasses": ("wearing", "glasses") if look["glasses"] == "yes" else None,
        "hat": ("wearing", "a hat") if look["hat"] == "yes" else None,
        "beard": ("with", "a beard") if look["beard"] == "yes" else None,
    }  # fmt: skip
    named = [name for name, phrase in choices.items() if phrase]
    wanted = min(len(named), int(rng.choice((0, 1, 2, 3), p=(0.3, 0.25, 0.3, 0.15))))
    picked = [named[i] for i in sorted(rng.choice(len(named), wanted, replace=False))]
    text, used, last = article(who), [], None
    for name in sorted(picked, key=lambda name: choices[name][0] == "wearing"):
        verb, what = choices[name]
        more = f" and {what}" if last == verb else f" {verb} {what}"
        if len((text + more).split()) > room:
            continue
        text, last = text + more, verb
        used += [name] + (["hair_style"] if hair and name == "hair_colour" else [])
    if look["framing"] == "full" and look["pose"] != "standing":
        text += " " + DOING[look["pose"]]
        used.append("pose")
    elif look["framing"] == "portrait" and rng.random() < 0.5:
        text = "a portrait of " + text
        used.append("framing")
    return text, used


def caption(rng, core, scene, style):
    """Puts opening, subject phrase, scene and style together."""
    opening = str(rng.choice(OPENINGS))
    if core.startswith("a portrait of"):
        opening = ""
    words = [opening, core, SCENES[scene] if scene else "", f"in the style of {style}" if style else ""]
    return " ".join(word for word in words if word)
