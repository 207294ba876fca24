"""Costs are counted and timed in turns; nothing here depends on how fast the machine is."""

import pytest
import torch

from study.costs import (
    arm_step,
    bare_network,
    frozen_networks,
    gradient_variance,
    in_turns,
    peak_bytes,
    sd15_unet,
    steps_of_arms,
    traced,
)
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import training_templates
from textinv_core.learning.memory import keep_freed_memory
from textinv_core.learning.objective import Objective


def test_tasks_take_turns():
    order = []
    table = in_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, repeats=2, calls=2)
    assert order == ["a", "b"] + ["a", "a", "b", "b"] * 2
    assert table["task"].tolist() == ["a", "b"] * 2 and (table["seconds"] >= 0).all()


def test_a_timed_step_is_a_training_step(pipe, concept):
    templates = {concept.name: training_templates(concept.kind)}
    objective = Objective(pipe, [Arm(concept), Arm(concept, seed=1)], batch_size=2, templates=templates)
    seen = []
    gradient = objective.gradient
    objective.gradient = lambda rows, step: seen.append((rows.clone(), step)) or gradient(rows, step)
    task = arm_step(objective)
    task(), task()
    assert [step for _, step in seen] == [1, 2] and not torch.equal(seen[0][0], seen[1][0])
    bare_network(pipe.unet, examples=4, at_once=3, length=24)()
    assert all(weight.grad is None for weight in pipe.unet.parameters())


def test_the_networks_of_a_step_are_called_as_the_step_calls_them(pipe, concept):
    templates = {concept.name: training_templates(concept.kind)}
    objective = Objective(pipe, [Arm(concept), Arm(concept, seed=1)], batch_size=2, templates=templates)
    objective.micro_batch = 2
    part, sizes = objective.part, []
    objective.part = lambda *given: sizes.append(len(given[1])) or part(*given)
    task = frozen_networks(objective)
    assert sizes == [2, 2]
    given = task()
    assert sizes == [2, 2, 2, 2] and [loss.shape for loss, _ in given] == [(2,), (2,)]


def test_steps_of_arms_are_there_for_every_number_of_words(pipe, concept):
    how = dict(batch_size=2, memory_gb=1.0, dtype=torch.float32)
    templates = {concept.name: training_templates(concept.kind)}
    tasks, waits = steps_of_arms(pipe, concept, {"ours": False}, [1, 2], templates=templates, **how)
    assert list(tasks) == [f"{of}ours, {k}" for k in (1, 2) for of in ("", "both networks, ", "network, ")]
    assert waits.empty and list(waits) == ["words", "examples", "seconds"]
    for task in tasks.values():
        task()


def test_a_gradient_varies_with_its_draws_alone(pipe, concept):
    templates = {concept.name: training_templates(concept.kind)}
    objective = Objective(pipe, [Arm(concept), Arm(concept, seed=1)], batch_size=2, templates=templates)
    row = objective.start[:1].clone()
    found = [gradient_variance(objective, row, updates=4, offset=offset) for offset in (10, 10, 500)]
    assert found[0] == found[1] != found[2] and min(found) > 0
    gradients = torch.cat([objective.gradient(row.expand(2, -1, -1), 10 + i)[1].flatten(1) for i in range(2)])
    assert found[0] == pytest.approx(float(gradients.var(dim=0).sum()))


def test_memory_is_what_a_task_held_and_not_what_one_before_it_freed():
    keep_freed_memory()
    large, small = (peak_bytes(lambda n=n: torch.ones(n, 2**20).sum()) for n in (256, 64))
    assert large > 2**30 and 2**28 < small < large - 2**29


def test_counting_needs_no_data_and_grows_with_the_picture(pipe):
    small, large = traced(pipe.unet, length=24), traced(pipe.unet, length=24, side=16)
    assert small["weight_bytes"] == sum(weight.nbytes for weight in pipe.unet.parameters())
    assert 3 < large["flops"] / small["flops"] < 5 and large["kept_bytes"] > small["kept_bytes"]


def test_the_large_network_has_stable_diffusions_size():
    network = sd15_unet()
    assert sum(weight.numel() for weight in network.parameters()) == 859_520_964
    assert network.device.type == "meta"
    # 2 x 401 G multiply-adds forward; backward needs about as many again without the weights' gradients.
    assert traced(network)["flops"] == pytest.approx(1.5e12, rel=0.2)
