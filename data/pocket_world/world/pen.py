"""A pen for drawing programs: shapes in units of a 100 x 100 sheet (y goes down, feet stand at y = 100)."""

import numpy as np
from PIL import Image, ImageDraw

INK = (38, 32, 40)


class Pen:
    """Draws on a transparent sheet of `pixels` a side; colours are (r, g, b), coordinates 0..100."""

    def __init__(self, pixels):
        self.unit = pixels / 100
        self.sheet = Image.new("RGBA", (pixels, pixels))
        self._draw = ImageDraw.Draw(self.sheet)

    def _scaled(self, points):
        return [(x * self.unit, y * self.unit) for x, y in points]

    def ellipse(self, x, y, rx, ry=None, colour=INK):
        """A filled ellipse about (x, y); a circle if `ry` is left out."""
        ry = rx if ry is None else ry
        self._draw.ellipse(self._scaled([(x - rx, y - ry), (x + rx, y + ry)]), colour)

    def box(self, x0, y0, x1, y1, colour=INK, corner=0.0):
        """A filled rectangle, its corners rounded by `corner`."""
        box = self._scaled([(min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))])
        if corner:
            self._draw.rounded_rectangle(box, corner * self.unit, colour)
        else:
            self._draw.rectangle(box, colour)

    def polygon(self, *points, colour=INK):
        """A filled polygon."""
        self._draw.polygon(self._scaled(points), colour)

    def line(self, *points, width=3.0, colour=INK):
        """A thick line with round ends and joints."""
        self._draw.line(self._scaled(points), colour, max(1, round(width * self.unit)), joint="curve")
        for x, y in points:
            self.ellipse(x, y, width / 2, colour=colour)

    def chord(self, x, y, rx, ry, start, end, colour=INK):
        """The part of an ellipse that a chord cuts off; degrees clockwise from the right; 180 to 360 is the top."""
        self._draw.chord(self._scaled([(x - rx, y - ry), (x + rx, y + ry)]), start, end, colour)

    def pie(self, x, y, rx, ry, start, end, colour=INK):
        """A slice of an ellipse; degrees as for `chord`."""
        self._draw.pieslice(self._scaled([(x - rx, y - ry), (x + rx, y + ry)]), start, end, colour)

    def arc(self, x, y, rx, ry, start, end, width=3.0, colour=INK):
        """A part of an ellipse's outline."""
        self._draw.arc(self._scaled([(x - rx, y - ry), (x + rx, y + ry)]), start, end, colour,
                       max(1, round(width * self.unit)))

    def star(self, x, y, radius, colour=INK, points=5, inner=0.45):
        """A star with `points` rays."""
        turn = np.arange(2 * points) * np.pi / points - np.pi / 2
        reach = np.where(np.arange(2 * points) % 2, inner * radius, radius)
        self.polygon(*zip(x + reach * np.cos(turn), y + reach * np.sin(turn), strict=True), colour=colour)

    def heart(self, x, y, radius, colour=INK):
        """A heart about (x, y)."""
        half = radius * 0.55
        self.ellipse(x - half, y - half * 0.6, half * 1.04, colour=colour)
        self.ellipse(x + half, y - half * 0.6, half * 1.04, colour=colour)
        self.polygon((x - radius * 1.05, y - half * 0.25), (x + radius * 1.05, y - half * 0.25), (x, y + radius),
                     colour=colour)

    def within(self, mask_pen, paint):
        """Call `paint(pen)` on a fresh sheet and keep only what lies on `mask_pen`'s drawing: patterns on a body."""
        other = Pen(self.sheet.width)
        paint(other)
        clipped = Image.new("RGBA", self.sheet.size)
        clipped.paste(other.sheet, (0, 0), mask_pen.sheet.getchannel("A"))
        self.sheet.alpha_composite(clipped)
        self._draw = ImageDraw.Draw(self.sheet)
