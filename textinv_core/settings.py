"""Frozen settings whose mistakes are one line each: the base of all that a caller may set."""

import reprlib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from textinv_core.paths import shown

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Settings(BaseModel):
    """Frozen, unknown names forbidden, and a mistake is one line: what, where, expected."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **values):
        try:
            super().__init__(**values)
        except ValidationError as error:
            first = error.errors()[0]
            field = shown(".".join(str(part) for part in first["loc"]) or "values")
            said, got = first["msg"].removeprefix("Value error, "), reprlib.repr(first["input"])
            raise ValueError(f"{type(self).__name__} {field}: {said} (got {got})") from None
