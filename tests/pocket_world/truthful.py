"""A stand-in for the oracle, which knows the truth of every picture that it was told of."""

import numpy as np
from pocket_world.oracle import attributes as heads


def perfect(truths):
    """What an oracle that knows the truth would read."""
    targets = [heads.targets(truth) for truth in truths]
    found = {}
    for number, (head, labels) in enumerate(heads.class_heads().items()):
        found[head] = np.stack([np.eye(len(labels))[max(0, classes[number])] for classes, _, _ in targets])
    for number, head in enumerate(heads.colour_heads()):
        values = np.stack([colours[number] for _, colours, _ in targets])
        found[head] = np.nan_to_num(values) * heads.LAB_SCALE + heads.LAB_CENTRE
    return found | {"present": np.stack([present for *_, present in targets]).astype(float)}


class Truthful:
    """Reads pictures by their bytes: `told` is the truth of each."""

    def __init__(self):
        self.told = {}

    def tell(self, image, truth):
        """Note the truth of a picture, uint8 (64, 64, 3), and give it back."""
        self.told[np.asarray(image).tobytes()] = truth
        return image

    def read_pictures(self, images):
        return perfect([self.told[np.asarray(image).tobytes()] for image in images])
