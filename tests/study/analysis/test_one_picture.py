"""One picture's scores by hand: the same as by the code that every page uses."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from study.analysis.one_picture import Beside, beside, cosines, put_together, read_by_oracle, told, worked_out
from study.analysis.one_picture_figures import beside_nulls, compared
from textinv_core.evaluation.metrics import combine
from textinv_core.evaluation.nulls import Nulls


def some_sides(seed, above=0.2):
    rng = np.random.default_rng(seed)
    return {
        side: Beside(float(rng.normal(0.5, 0.2)), rng.normal(0.4, 0.1, 240), rng.normal(0.4 + above, 0.05, 6))
        for side in ("subject", "text")
    }


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("above", [0.2, 0.0])
def test_by_hand_comes_out_what_the_pages_use(seed, above):
    sides = some_sides(seed, above)
    (subject, text), table = sides.values(), worked_out(sides)
    how = dict(subject_null=subject.null, subject_hits=subject.hits, text_null=text.null, text_hits=text.hits)
    row = combine([subject.cosine], [text.cosine], **how).iloc[0]
    for side in sides:
        assert table.at[side, "u"] == row[f"u_{side}"]
        assert table.at[side, "p"] == pytest.approx(row[f"p_{side}"])
    assert put_together(table) == pytest.approx(dict(harmony=row["harmony"], accord=row["accord"]))


def unit(*rows):
    return torch.nn.functional.normalize(torch.tensor(rows, dtype=torch.float32), dim=-1)


def test_a_picture_like_the_concept_has_a_cosine_of_one_and_an_odd_one_of_none():
    table = cosines(unit([1, 0], [0, 1]), unit([1, 0], [2, 0]), {"class": unit([0, 1])[0]}, ["this", "that"])
    assert table.to_numpy() == pytest.approx(np.array([[1, 0], [0, 1]]))
    assert list(table.columns) == ["this", "that"]


def test_a_picture_is_read_beside_the_class_and_beside_other_contexts():
    pictures = unit(*np.random.default_rng(0).normal(size=(260, 3)).tolist())
    nulls = Nulls(pictures, ("a {} here",) * 20 + ("a {} there",) * 240, {})
    sides = beside(unit([1, 0, 0])[0], unit([1, 0, 0], [1, 1, 0]), nulls, "a {} here", unit([0, 0, 1])[0])
    assert (len(sides["subject"].null), len(sides["text"].null), len(sides["text"].hits)) == (260, 240, 20)
    assert sides["text"].cosine == 0
    with pytest.raises(ValueError, match="null_pictures"):
        beside(unit([1, 0, 0])[0], unit([1, 0, 0]), None, "a {} here", unit([0, 0, 1])[0])


def test_the_oracle_marks_what_it_sees_and_leaves_open_what_it_cannot_tell():
    seen = pd.DataFrame(dict(concept_seen=[1.0, 0.0], context_seen=[1.0, np.nan], both_seen=[1.0, np.nan]))
    attributes = pd.DataFrame({"form crown": [1.0, 0.0]})
    table = read_by_oracle(attributes, seen)
    assert table.loc["form crown"].tolist() == ["✓", "✗"] and table.loc["C: context"].tolist() == ["✓", "–"]
    assert len(read_by_oracle(None, seen)) == 3


@pytest.mark.parametrize(("both", "words"), [(1.0, "finds both"), (0.0, "does not find"), (np.nan, "no oracle")])
def test_the_answer_names_both_scores_and_the_oracle(both, words):
    said = told(worked_out(some_sides(1)), pd.DataFrame(dict(both_seen=[both, 0.0])), "a model", "a photo of <x>")
    assert words in said["verdict_short"] and said["harmony"][:3] in said["verdict_short"]
    assert {"u_subject", "p_text", "cosine_text", "below_subject"} <= said.keys()


def test_the_figures_show_every_picture_and_both_sides():
    picture = Image.new("RGB", (64, 64))
    above, below = compared([picture] * 3, {"the word": picture, "a tree": picture}).axes
    assert [label.get_text() for label in below.get_xticklabels()] == ["the word", "a tree"]
    assert len(above.get_xticklabels()) == 3
    assert len(beside_nulls(some_sides(2)).axes) == 2
