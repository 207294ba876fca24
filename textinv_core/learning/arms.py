"""An arm: one learned word under one setting."""

from typing import Literal

from pydantic import Field, model_validator

from textinv_core.learning.concepts import Concept, data_hash
from textinv_core.provenance import identity
from textinv_core.settings import Settings, Word

# What each way of training by name sets, all others being naive: a value that is tuned stands for its middle one.
METHODS = {
    "naive": {},
    "kl": dict(kl_weight=0.1),  # the study's own: see `losses`
    "kl_uniform": dict(kl_weight=0.1, kl_weighting="uniform"),
    "l2": dict(l2_weight=0.03),  # Gal et al. 2022, sec. 5.2
    "norm_lock": dict(norm_lock=True),
    "dti": dict(direction_prior=1e-3),  # Directional Textual Inversion
    "core": dict(core_weight=1.5e-2),  # CoRe's embedding term
    "cross_init": dict(cross_init=True, l2_weight=1e-5),  # Pang et al. 2024
    "high_timesteps": dict(lowest_timestep=500, highest_timestep=900),  # arXiv 2503.14868
    "name_basis": dict(directions=32),  # after Celeb Basis; needs `basis`
    "vectors": dict(vectors=2),
}


class Arm(Settings):
    """How one placeholder is learned. `Arm(concept, initializer="tree", seed=1, kl_weight=0.5)`."""

    concept: Concept
    initializer: Word | None = None  # default: the concept's own
    seed: int = Field(0, ge=0, lt=2**31)  # arms that share it share pictures, noise, timesteps and templates
    vectors: int = Field(1, ge=1, le=32)  # tokens the placeholder stands for
    learning_rate: float = Field(2e-3, gt=0)  # Adam's, per step
    kl_weight: float = Field(0.0, ge=0)  # lam: weight on mean(d^2) relative to the denoising loss, at the median w_t
    kl_weighting: Literal["exact", "uniform"] = "exact"  # over timesteps
    kl_variance: Literal["fixed_small", "fixed_large"] = "fixed_small"  # of the reverse step
    l2_weight: float = Field(0.0, ge=0)  # weight on ||v - v_init||^2: the row where it starts, the initializer's
    norm_lock: bool = False  # rescale each row to its first norm after every step
    direction_prior: float | None = Field(None, ge=0)  # kappa: learn the direction alone; None: the whole row
    core_weight: float = Field(0.0, ge=0)  # weight on how far the prompt's other tokens are moved
    cross_init: bool = False  # start from what the text encoder makes of the initializer
    lowest_timestep: int = Field(0, ge=0, lt=1000)  # that is drawn in training
    highest_timestep: int = Field(999, ge=0, lt=1000)
    basis: tuple[Word, ...] = ()  # names: the row is their mean, and coefficients on their principal directions
    directions: int = Field(32, ge=1)  # how many of these, of a basis

    def __init__(self, concept: Concept, method: str = "naive", **settings):
        if method not in METHODS:
            raise ValueError(f"method {method!r}: expected one of {', '.join(METHODS)}")
        if method == "name_basis" and len(settings.get("basis", ())) < 2:
            raise ValueError("method 'name_basis': needs two or more names in `basis`")
        super().__init__(concept=concept, **METHODS[method] | settings)

    @model_validator(mode="after")
    def _together(self):
        if self.lowest_timestep > self.highest_timestep:
            raise ValueError(f"no timestep from {self.lowest_timestep} to {self.highest_timestep}")
        if self.norm_lock + (self.direction_prior is not None) + bool(self.basis) + self.cross_init > 1:
            raise ValueError("norm_lock, direction_prior, cross_init and basis exclude one another")
        return self

    @property
    def start(self) -> str:
        """The initializer in use."""
        return self.initializer or self.concept.initializer

    @property
    def settings(self) -> dict:
        """The arm as one flat table row, without paths."""
        own = self.model_dump(exclude={"concept", "initializer"}) | {
            "basis": identity(self.basis) if self.basis else ""
        }
        where = {"concept": self.concept.name, "placeholder": self.concept.placeholder, "kind": self.concept.kind}
        return where | {"initializer": self.start} | own

    @property
    def id(self) -> str:
        """10 hex digits: the settings and the bytes of the training pictures."""
        return identity(self.settings | {"data": data_hash(self.concept)})
