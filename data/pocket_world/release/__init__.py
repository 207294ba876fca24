"""From checkpoints to a published model: export, evaluation, a check that it can be inverted, and its card."""
