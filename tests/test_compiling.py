"""The compiled twin is the network; a compiler that computes something else is found out."""

import pytest
import torch
from test_training import learn, rows_of

from textinv_core import training
from textinv_core.compiling import _double, compiled
from textinv_core.records import load_json
from textinv_core.training import Arm


@pytest.mark.parametrize("size", [None, (6, 10), (5, 9)])
def test_copying_is_nearest_neighbour_upsampling(size):
    x = torch.randn(2, 3, 3, 5, dtype=torch.float64, requires_grad=True)
    options = dict(scale_factor=2.0) if size is None else dict(size=size)
    expected = torch.nn.functional.interpolate(x, mode="nearest", **options)
    (copied,) = _double(None, (x, size))
    assert torch.equal(copied, expected)
    weights = torch.randn_like(expected)
    gradients = [torch.autograd.grad((y * weights).sum(), x, retain_graph=True)[0] for y in (copied, expected)]
    torch.testing.assert_close(*gradients)


def test_the_twin_shares_the_weights_and_computes_the_same(pipe):
    twin = compiled(pipe.unet)._orig_mod  # as it is before the compiler sees it
    assert twin is not pipe.unet
    for ours, theirs in zip(twin.parameters(), pipe.unet.parameters(), strict=True):
        assert ours is theirs
    x, t, states = torch.randn(2, 4, 8, 8), torch.tensor([3, 900]), torch.randn(2, 24, 32)
    with torch.no_grad():
        assert torch.equal(twin(x, t, states).sample, pipe.unet(x, t, states).sample)


def test_a_compiler_that_computes_something_else_is_not_used(pipe, concept, tmp_path, monkeypatch):
    plain = learn(pipe, [Arm(concept)], tmp_path / "plain", compile=False)
    monkeypatch.setattr(training, "compiled", lambda _network: lambda x, t, **states: pipe.unet(-x, t, **states))
    with pytest.warns(UserWarning, match="without compiling"):
        run = learn(pipe, [Arm(concept)], tmp_path / "wrong", compile=True)
    assert load_json(tmp_path / "wrong" / "run.json")["compiled"] is False
    assert torch.equal(rows_of(run)[0], rows_of(plain)[0])
    monkeypatch.setattr(training, "compiled", lambda network: network)
    learn(pipe, [Arm(concept)], tmp_path / "right", compile=True)
    assert load_json(tmp_path / "right" / "run.json")["compiled"] is True
