"""An arm: one learned word under one setting."""

from typing import Literal

from pydantic import Field

from textinv_core.learning.concepts import Concept, data_hash
from textinv_core.provenance import identity
from textinv_core.settings import Settings, Word


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
    l2_weight: float = Field(0.0, ge=0)  # weight on ||v - v_init||^2 (Gal et al. 2022, sec. 5.2)
    norm_lock: bool = False  # rescale each row to its first norm after every step

    def __init__(self, concept: Concept, **settings):
        super().__init__(concept=concept, **settings)

    @property
    def start(self) -> str:
        """The initializer in use."""
        return self.initializer or self.concept.initializer

    @property
    def settings(self) -> dict:
        """The arm as one flat table row, without paths."""
        own = self.model_dump(exclude={"concept", "initializer"})
        where = {"concept": self.concept.name, "placeholder": self.concept.placeholder, "kind": self.concept.kind}
        return where | {"initializer": self.start} | own

    @property
    def id(self) -> str:
        """10 hex digits: the settings and the bytes of the training pictures."""
        return identity(self.settings | {"data": data_hash(self.concept)})
