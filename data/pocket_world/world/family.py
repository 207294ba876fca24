"""What a family of individuals is, and one member of it: colours, forms and measures, each on its own."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .colour import apart, lab_of, random_colour, word


@dataclass(frozen=True)
class Member:
    """One individual: `kind` is its class word; colours {slot: (r, g, b)}, forms {part: form}, measures {name: 0-1}."""

    family: str
    kind: str
    colours: dict
    forms: dict
    measures: dict

    def as_dict(self):
        """Plain values, for JSON."""
        return {"family": self.family, "kind": self.kind, "forms": dict(self.forms),
                "colours": {slot: list(colour) for slot, colour in self.colours.items()},
                "measures": dict(self.measures)}


@dataclass(frozen=True)
class Family:
    """A drawing program with independent parameters.

    colours: slot -> how a caption says it, with {} for the colour's word; the first `main` slots decide who it is.
    forms: part -> {form: how a caption says it, "" where it says nothing}.
    special: another class word -> the forms that it means ("tower": {"body": "tall"}).
    draw: (pen, member, pose) -> None, on a sheet of 100 x 100 with the feet at y = 100, looking to the right if it
    looks to a side.  pose is None but for families that have `poses`.
    allowed: (kind, forms) -> forms, for what cannot be together.
    """

    name: str
    kinds: tuple
    colours: dict
    forms: dict
    measures: dict  # name -> what grows with it
    draw: Callable
    main: int = 2
    special: dict = field(default_factory=dict)
    poses: tuple = ()
    allowed: Callable = lambda kind, forms: forms
    lightness: tuple = (12, 90)  # CIELAB lightness of the first colour: it must show on a light backdrop and at night
    contrast: float = 24.0  # Delta-E at least between any two colours of a member

    def random_member(self, rng, kind=None, forms=None, colours=None):
        """A member drawn at random.

        kind: its class word; forms: {part: form} it must have; colours: {slot: word} that its colours are called by.
        """
        kind = str(rng.choice(self.kinds)) if kind is None else kind
        if kind in self.special:
            forms, kind = {**self.special[kind], **(forms or {})}, self.kinds[0]
        drawn = {part: str(rng.choice(list(options))) for part, options in self.forms.items()}
        drawn = self.allowed(kind, drawn | dict(forms or {}))
        measures = {name: round(float(rng.random()), 3) for name in self.measures}
        return Member(self.name, kind, self._colours(rng, colours or {}), drawn, measures)

    def _colours(self, rng, wanted):
        contrast = self.contrast
        while True:
            found = {slot: random_colour(rng, wanted.get(slot)) for slot in self.colours}
            values = list(found.values())
            far = all(apart(a, b) >= contrast for i, a in enumerate(values) for b in values[:i])
            first = self.lightness[0] <= lab_of(values[0])[0] <= self.lightness[1]
            if far and (first or next(iter(self.colours)) in wanted):
                return found
            contrast *= 0.98  # two slots that are to be called alike can never be far apart

    def main_slots(self):
        """The colour slots that decide who it is."""
        return tuple(self.colours)[: self.main]

    def phrases(self, member):
        """What a caption may say of a member: {part, or "<slot> colour": phrase}; empty phrases are left out."""
        said = {f"{slot} colour": text.format(word(member.colours[slot])) for slot, text in self.colours.items()}
        said |= {part: options[member.forms[part]] for part, options in self.forms.items()}
        return {name: text for name, text in said.items() if text}


def forms_apart(first, second):
    """In how many forms two members differ; infinitely many if they are of two kinds."""
    if (first.family, first.kind) != (second.family, second.kind):
        return float("inf")
    return sum(first.forms[part] != second.forms[part] for part in first.forms)


def colours_apart(first, second, slots):
    """The largest Delta-E of two members of a kind among their colour `slots`."""
    return max(apart(first.colours[slot], second.colours[slot]) for slot in slots)
