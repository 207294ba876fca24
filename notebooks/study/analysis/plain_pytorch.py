"""What the plain loop says of the row it learned."""

from collections.abc import Mapping

SAME = 0.999  # cosine between two ways from which on they count as the same


def told(how_far: Mapping[str, float], model: str, steps: int) -> dict[str, str]:
    """The answer, from the cosine between the ways that both rows went."""
    cosine = how_far["cosine"]
    same = "the same row as" if cosine >= SAME else "not quite the row of"
    learns = f"On {model}, a dozen lines of plain PyTorch learn {same} textinv_core"
    answer = f"{learns}: after {steps} steps the cosine between their ways is {cosine:.4f}."
    return dict(verdict_short=answer, steps=f"{steps}")
