"""The methods by name: what is tuned, and that all have the same budget."""

import pytest
import torch

from study import methods
from study.parameters import ParameterError
from textinv_core.learning.arms import METHODS, Arm
from textinv_core.learning.tokens import Embedding


def test_every_method_has_as_many_values_and_can_be_trained_or_made_after(concept):
    grid = methods.read_grid([])
    assert {len(values) for values in grid.values()} == {3}
    assert set(METHODS) | set(methods.AFTER) == set(methods.TUNED)
    ids = set()
    for method, values in grid.items():
        for value in values:
            arm = Arm(concept, **methods.arm_settings(method, value, 0.01, ("tree", "man", "lake")))
            if method in METHODS:
                ids.add(arm.id)
            else:
                assert arm == Arm(concept, learning_rate=0.01)
    assert len(ids) == 3 * len(METHODS)  # each value makes another word


def test_every_method_is_described():
    assert list(methods.ABOUT) == list(methods.TUNED) and len(set(methods.ABOUT.values())) == len(methods.TUNED)


def test_what_is_tuned_is_what_the_arm_gets(concept):
    assert Arm(concept, **methods.arm_settings("kl", 0.3, 0.01)).kl_weight == 0.3
    slow = Arm(concept, **methods.arm_settings("norm_lock", 0.3, 0.01))
    assert slow.norm_lock and slow.learning_rate == pytest.approx(0.003)
    high = Arm(concept, **methods.arm_settings("high_timesteps", 300, 0.01))
    assert (high.lowest_timestep, high.highest_timestep) == (300, 900)
    crossed = Arm(concept, **methods.arm_settings("cross_init", 0.1, 0.01))
    assert crossed.cross_init and crossed.l2_weight == 0.1


def test_unknown_names_are_refused_with_the_list():
    methods.check_methods(["naive", "kl", "dreambooth"])
    for wrong in (["naive", "klx"], ["kl", "kl"]):
        with pytest.raises(ParameterError, match="expected some of naive, kl, .*true_name, each once"):
            methods.check_methods(wrong)


def test_a_grid_may_be_given_but_not_an_unequal_one():
    assert methods.read_grid(["kl: 0.1 0.2 0.4"])["kl"] == (0.1, 0.2, 0.4)
    assert methods.read_grid(["vectors: 2 4 8"])["vectors"] == (2, 4, 8)
    for wrong, said in (
        ("kl: 0.1", "asked for"),
        ("kl: a b c", "like"),
        ("kll: 1 2 3", "like"),
        ("kl:", "asked for"),
    ):
        with pytest.raises(ParameterError, match=said):
            methods.read_grid([wrong])


def test_the_budget_is_the_same_for_all():
    for budget in (1, 2, 3):
        assert {len(values) for values in methods.read_grid([], budget).values()} == {budget}
    assert methods.read_grid([], 1)["kl"] == methods.TUNED["kl"].values[1:2]
    for wrong in (0, 4):
        with pytest.raises(ParameterError, match="budget"):
            methods.read_grid([], wrong)


def test_what_needs_no_training_is_made_of_the_naive_words_checkpoints():
    words = {step: Embedding("<a>", torch.tensor([[1.0 + step, 0.0]]), "arm", step) for step in range(0, 101, 10)}
    losses = [10, 8, 6, 4, 3, 2.9, 2.9, 2.9, 2.9, 2.9, 2.9]

    def made(method, value):
        how = dict(steps=list(words), at=words.get, losses=losses, word=torch.tensor([[0.0, 1.0]]), median=2.0)
        return methods.made_after(method, value, **how)

    assert made("early_stopping", 0.5).step == 50 and made("early_stopping", 0.01).step == 10
    assert float(made("rescale", 1.5).rows.norm()) == pytest.approx(3.0)
    assert 30 < made("dvar", 0.15).step < 100 and made("dvar", 0.0).step == 100
    turned = made("tea", 0.5).rows
    assert turned[0, 0] == pytest.approx(float(turned[0, 1]))
