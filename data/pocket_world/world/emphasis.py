"""How much each pixel of a drawing says of who is drawn: small parts count for more than their area.

Of a squared error over a picture, hair, windows or a topping are a few hundredths, and a denoiser learns them last,
though they tell two individuals apart as a body's colour does; of a mouth, it is what would be another colour if the
mouth were another that tells.
"""

from dataclasses import replace

import numpy as np

from .families import FAMILIES
from .pen import INK, Pen

SHADED, OTHER = 0.8, 60.0  # a part's darker side; the distance in RGB from which a pixel is of no part
OPAQUE, LEAST = 96, 4.0  # alpha of a pixel that counts; the smallest area in pixels
POWER = 0.5  # a pixel's weight falls with its part's area to this power: 0 is none, 1 gives all parts the same
CHANGED = 48.0  # the distance in RGB from which a pixel is another


def _seen(member, pose, side):
    """A drawing of the size of a picture's figure, its colours as strong as they cover: float32 (side, side, 4)."""
    pen = Pen(side)
    FAMILIES[member.family].draw(pen, member, pose)
    sheet = np.asarray(pen.sheet, np.float32)
    return np.dstack([sheet[..., :3] * sheet[..., 3:] / 255, sheet[..., 3]])


def where_forms_tell(member, pose, side, flip=False):
    """For each form that could be another: which pixels of a drawing `side` pixels large would then be others, bool
    (side, side).  The other form is the next of its kind that the member could have."""
    family, own, found = FAMILIES[member.family], _seen(member, pose, side), []
    for part, options in family.forms.items():
        after = (2 * list(options))[list(options).index(member.forms[part]) + 1 :][: len(options) - 1]
        others = (family.allowed(member.kind, member.forms | {part: form}) for form in after)
        other = next((forms for forms in others if forms[part] != member.forms[part]), None)
        if other:
            changed = np.abs(_seen(replace(member, forms=other), pose, side) - own).max(2) > CHANGED
            found.append(changed[:, ::-1] if flip else changed)
    return found


def emphasis(sheet, member, telling=()):
    """float32 (side, side) of a drawn sheet (RGBA, as pasted): 1 on average where it is not 0.

    A pixel is of the part whose colour it is nearest to; ink, white and what is near nothing are parts too.  Beside
    these count the areas `telling`, bool (side, side), as parts of their own, also where the sheet shows nobody.
    """
    pixels = np.asarray(sheet, np.float32)
    there = pixels[..., 3] > OPAQUE
    result = np.zeros(there.shape, np.float32)
    if not there.any():
        return result
    figure = pixels[there][:, :3]
    colours = np.float32([*member.colours.values(), INK, (250, 250, 250)])
    both = np.concatenate([colours, SHADED * colours])
    far = np.linalg.norm(figure[:, None] - both, axis=2).reshape(len(figure), 2, -1).min(1)
    part = np.where(far.min(1) < OTHER, far.argmin(1), len(colours))
    result[there] = np.bincount(part, minlength=len(colours) + 1).clip(LEAST)[part] ** -POWER
    for area in telling:
        result[area] += max(area.sum(), LEAST) ** -POWER
    return result / result[result > 0].mean()
