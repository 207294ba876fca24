"""Up to which distance a colour counts as a member's own: what each limit accepts, on random members nobody named.

The limit in use, `reading.COLOUR_LIMIT`, is the smallest of `LIMITS` at which a member's own drawings surely pass in
95 % of cases after the autoencoder, all families together: by the lower end of the share's 95 % interval, so that no
limit is in use by the luck of the members drawn. Those of another member of its kind must pass in 1 % at most.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from pocket_world.oracle.reading import kept, one_by_one
from pocket_world.training.files import seed_of
from pocket_world.training.vae import there_and_back
from pocket_world.world import scenes
from pocket_world.world.families import FAMILIES
from pocket_world.world.picture import compose, random_pose, single

LIMITS = (20.0, 25.0, 30.0, 35.0, 40.0)  # Delta-E; two colours of one member are 24 apart or more
OWN, OTHERS = 0.95, 0.01


def random_members(family, count, rng):
    """`count` random members of a family, each drawn once, alone or in a scene: (members, uint8 (count, 64, 64, 3))."""
    places = [None, *scenes.SCENES]
    members = [family.random_member(rng, family.kinds[i % len(family.kinds)]) for i in range(count)]
    return members, np.stack([
        compose([single(rng, member, "", random_pose(rng, family.name, 1.0))], places[i % len(places)], rng=rng)
        for i, member in enumerate(members)])


def limit_quality(oracle, vae, count, seed):
    """One row per family and limit: of `count` pictures the shares of own drawings kept (`drawn`, `own` after the
    autoencoder), and of drawings taken for a member that they do not show: for another of the kind (`others`), for one
    with the same forms in another's colours (`recoloured`)."""
    rows = []
    for family in FAMILIES.values():
        members, images = random_members(family, count, np.random.default_rng(seed_of("limits", family.name, seed)))
        drawn, again = (one_by_one(oracle.read_pictures(seen)) for seen in (images, there_and_back(vae, images)))
        others = members[len(family.kinds) :] + members[: len(family.kinds)]  # the next of the same kind
        recoloured = [replace(own, colours=other.colours) for own, other in zip(members, others, strict=True)]
        for limit in LIMITS:
            pairs = {"drawn": (drawn, members), "own": (again, members), "others": (again, others),
                     "recoloured": (again, recoloured)}
            cells = {name: [kept(one, member, limit=limit)[0] for one, member in zip(found, who, strict=True)]
                     for name, (found, who) in pairs.items()}
            rows.append({"family": family.name, "limit": limit, "n": count,
                         **{name: round(float(np.mean(values)), 4) for name, values in cells.items()}})
    return rows


def smallest_limit(rows):
    """The smallest limit that surely accepts enough of the own drawings, None if none does or others pass too often."""
    each = pd.DataFrame(rows).groupby("limit").agg({"own": "mean", "others": "mean", "n": "sum"})
    for limit, (own, others, count) in each.iterrows():
        surely = binomtest(round(own * count), int(count)).proportion_ci(0.95, "wilson").low
        if surely >= OWN and others <= OTHERS:
            return float(limit)
    return None
