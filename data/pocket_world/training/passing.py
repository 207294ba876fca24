"""Those who have no name, called for once by a word made from their looks.

Stable Diffusion has met many thousands of names, and between their rows lies a row for nearly any look.  A few hundred
names a family leave gaps.  What the rows of this world's names have learned is, for two fifths of their variance, a
linear map of their bearers' looks; so anybody can be called by the row that this map makes for them, and the text
encoder and the denoiser learn to read rows that they never meet a second time.  The map is fitted once, to the names,
and is thrown away with the training: no word is added to the vocabulary.
"""

import numpy as np
import torch

from pocket_world.training.tokenizer import encode
from pocket_world.world.captions import SOMEBODY
from pocket_world.world.colour import lab
from pocket_world.world.families import FAMILIES
from pocket_world.world.family import Member
from pocket_world.world.names import named
from textinv_core.learning.tokens import FIRST_LEARNED_ID

RIDGE = 1.0  # of the fit; a held-out name's row is foretold as well with a tenth or ten of it
CALLED = -1  # in a caption's ids: the word made from looks


def looks(member):
    """A member's kind, forms, colours and measures as numbers around 0: (LOOKS,) float32; 0 for other families."""
    found = []
    for family in FAMILIES.values():
        own = family.name == member.family
        found += [own and member.kind == kind for kind in family.kinds]
        found += [own and member.forms[part] == form for part, forms in family.forms.items() for form in forms]
        for slot in family.colours:
            found += list(lab(member.colours[slot]) / 50 - [1, 0, 0]) if own else [0, 0, 0]
        found += [member.measures[name] - 0.5 if own else 0 for name in family.measures]
    return np.array(found, np.float32)


class CallByLooks(torch.nn.Module):
    """(n, LOOKS) -> rows (n, 1, width) of the length that names' rows have; not trained after `fit`."""

    def __init__(self, width):
        super().__init__()
        everybody = named()
        self.table = torch.from_numpy(np.stack([looks(member) for member in everybody.values()]))  # (names, LOOKS)
        self.register_buffer("weight", torch.zeros(self.table.shape[1] + 1, width))
        self.register_buffer("length", torch.zeros(()))

    def fit(self, rows):
        """By ridge regression of the names' rows (names, width), in the order of the table of names, on their looks."""
        with_one = torch.nn.functional.pad(self.table, (0, 1), value=1.0).double()
        rows = rows.detach().cpu().double()
        square = with_one.T @ with_one + RIDGE * torch.eye(with_one.shape[1])
        self.weight.copy_(torch.linalg.solve(square, with_one.T @ rows))
        self.length.copy_(rows.norm(dim=1).mean())

    def forward(self, features):
        rows = torch.nn.functional.pad(features, (0, 1), value=1.0) @ self.weight
        return self.length * torch.nn.functional.normalize(rows, dim=-1)[:, None]


def ids_of_names(tokenizer):
    """The token of each name, in the order of the table."""
    return [tokenizer(name, add_special_tokens=False).input_ids[0] for name in named()]


def callings(tokenizer, captions, records):
    """(ids (n, LENGTH) with CALLED where somebody is called by looks, looks (n, LOOKS), 0 where nobody is)."""
    somebody = [SOMEBODY in caption for caption in captions]
    stand_in = next(iter(named()))  # any word of one token: nobody else is named in such a caption
    ids = encode(tokenizer, [caption.replace(SOMEBODY, stand_in) for caption in captions])
    features = np.zeros((len(captions), len(looks(named()[stand_in]))), np.float32)
    token = tokenizer(stand_in, add_special_tokens=False).input_ids[0]
    for row in np.flatnonzero(somebody):
        ids[row][ids[row] == token] = CALLED
        who = records[row]["truth"]["subjects"][0]["member"]
        features[row] = looks(Member(**who))
    return ids, torch.from_numpy(features)


def learned_ids(ids):
    """Ids as `tokens.encode` wants them."""
    return ids.masked_fill(ids == CALLED, FIRST_LEARNED_ID)
