"""Textual Inversion, small enough to read in an evening.

Imports go down only: figures, stats, probes, metrics -> training, generation -> losses, tokens ->
concepts, models -> records -> paths.
"""

import os

# Both libraries announce on import that torchvision is absent, which is on purpose.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")

__version__ = "0.1.0"
