"""Words of many pages, learned in one training, are those that the pages would have learned."""

import pytest

from study import words
from textinv_core.drawing.store import open_store
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import load_concept
from textinv_core.learning.models import load_pipeline


def asked(runs, **other):
    one = dict(concepts=["plum_cat", "lime_pup"], seeds=[0, 1], settings=[{}, {"kl_weight": "chosen"}])
    two = dict(concepts=["plum_cat"], seeds=[0], settings=[{}, {"vectors": 2}])
    return words.Words(**dict(profile="tests", runs=str(runs), steps=2, checkpoint_every=1, groups=[one, two]) | other)


def test_each_word_is_asked_for_once_and_a_chosen_weight_is_filled_in():
    arms = words.arms_of(asked("nowhere"), 0.25)
    assert len({arm.id for arm in arms}) == len(arms) == 2 * 2 * 2 + 1
    assert {arm.kl_weight for arm in arms} == {0.0, 0.25} and {arm.vectors for arm in arms} == {1, 2}
    assert {arm.learning_rate for arm in arms} == {0.01}


def test_a_page_finds_them_and_learns_nothing(tmp_path):
    homes = words.learn(asked(tmp_path))
    assert len(homes) == 9 and len(set(homes.values())) == 1
    arm = Arm(load_concept("lime_pup"), seed=1, learning_rate=0.01)
    found = open_store("tests", tmp_path).learn(load_pipeline("pocket"), [arm], steps=2, checkpoint_every=1)
    assert found.homes[arm.id].folder.name == homes[arm.id] and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [("{profile: tests, groups: []}", "Words groups"), ("{profile: tests, grups: [1]}", "Words g"), ("[", "error: ")],
)
def test_a_mistake_is_one_line(tmp_path, capsys, given, said):
    assert words.main([str(tmp_path / "words.json"), "-y", given]) == 1
    line = capsys.readouterr().err
    assert line.startswith("error: ") and said in line and not (tmp_path / "words.json").exists()
