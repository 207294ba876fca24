"""What the shortest page says of its pictures."""

import pandas as pd

from study.analysis.forty_lines import told


def test_the_answer_compares_the_last_step_with_the_first_and_owns_up():
    table = pd.DataFrame(dict(step=[9, 0, 9, 0], reconstruction=[0.8, 0.5, 0.6, 0.3]))
    said = told(table, "the pocket model")
    assert "rises from 0.40 to 0.70" in said["verdict_short"] and said["n_drawn"] == "2"
    assert "taught nothing" in told(table.assign(reconstruction=0.5), "the pocket model")["verdict_short"]
