"""How stable a leashed word is: where training seeds end, for each strength of the leash."""

import numpy as np
import pandas as pd


def spread_over_seeds(settings: pd.DataFrame) -> pd.DataFrame:
    """One row per concept and setting: how far apart training seeds end, `spread` = sqrt(var R + var E).

    NaN with a single seed. `sd_R`, `sd_E`, `sd_loss` are standard deviations over seeds, `R` the mean.
    """
    groups = settings.groupby(["concept", "method", "strength"], sort=False)
    table = groups[["R", "E", "loss"]].std().rename(columns="sd_{}".format)
    table["spread"] = np.sqrt(table["sd_R"] ** 2 + table["sd_E"] ** 2)
    return table.join(groups["R"].mean()).reset_index()
