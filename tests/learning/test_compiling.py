"""The compiled gradient is the gradient; a compiler that computes something else is found out."""

import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from test_training import learn, rows_of
from torch.fx.experimental.proxy_tensor import make_fx

from textinv_core.files import load_json
from textinv_core.learning import training
from textinv_core.learning.arms import Arm
from textinv_core.learning.compiling import CPU_BACKWARD, can_compile, compiled
from textinv_core.learning.objective import Objective
from textinv_core.learning.training import describe

LAYERS = {
    "convolution": lambda: torch.nn.Conv2d(3, 5, 3, padding=1),
    "stride": lambda: torch.nn.Conv2d(3, 5, 3, stride=2, padding=1),
    "stride without padding": lambda: torch.nn.Conv2d(3, 5, 3, stride=2),
    "dilation": lambda: torch.nn.Conv2d(3, 5, 3, padding=2, dilation=2),
    "pointwise": lambda: torch.nn.Conv2d(3, 5, 1),
    "groups": lambda: torch.nn.Conv2d(4, 4, 3, padding=1, groups=2),
    "transposed": lambda: torch.nn.ConvTranspose2d(3, 5, 4, stride=2, padding=1),
    "doubling": lambda: torch.nn.UpsamplingNearest2d(scale_factor=2),
    "tripling": lambda: torch.nn.UpsamplingNearest2d(scale_factor=3),
    "a size": lambda: torch.nn.UpsamplingNearest2d(size=(13, 15)),
}


@pytest.mark.parametrize("size", [(6, 10), (7, 9)])
@pytest.mark.parametrize("layer", LAYERS)
def test_the_backward_pass_written_anew_is_the_built_in_one(layer, size):
    part = LAYERS[layer]().double().requires_grad_(False)

    def gradient(x):
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            return torch.autograd.grad(part(x).pow(3).sum(), x)

    x = torch.randn(2, 4 if layer == "groups" else 3, *size, dtype=torch.float64)
    graph = make_fx(gradient, decomposition_table=CPU_BACKWARD)(x)
    torch.testing.assert_close(graph(x), gradient(x))


def test_what_is_written_anew_leaves_the_graph():
    part = torch.nn.Sequential(*(LAYERS[name]() for name in ("convolution", "doubling", "tripling")))
    part.requires_grad_(False)

    def gradient(x):
        x = x.detach().requires_grad_()
        return torch.autograd.grad(part(x).pow(3).sum(), x)

    graph = make_fx(gradient, decomposition_table=CPU_BACKWARD)(torch.randn(1, 3, 4, 4)).graph
    names = [str(node.target) for node in graph.nodes]
    assert not any("convolution_backward" in name for name in names)
    assert sum("upsample_nearest2d_backward" in name for name in names) == 1  # the tripling's


needs_compiler = pytest.mark.skipif(not can_compile(), reason="no C++ compiler")


@needs_compiler
@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 1e-4), (torch.bfloat16, 5e-2)])
def test_where_pictures_change_their_size_the_compiled_gradient_is_the_gradient(dtype, rtol):
    part = torch.nn.Sequential(*(LAYERS[name]() for name in ("stride", "doubling"))).to(dtype).requires_grad_(False)

    def gradient(x):
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            return torch.autograd.grad(part(x).pow(3).sum(), x)

    x = torch.randn(2, 3, 6, 10, generator=torch.Generator().manual_seed(0)).to(dtype)
    expected = gradient(x)[0]
    torch.testing.assert_close(compiled(gradient)(x)[0], expected, rtol=rtol, atol=rtol * float(expected.abs().max()))


@pytest.fixture
def one_level(pipe):
    """The tests' pipeline with a network of one level: compiling all of it would take a minute and a half."""
    unet = UNet2DConditionModel(
        sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(16,),
        down_block_types=("CrossAttnDownBlock2D",), up_block_types=("UpBlock2D",), mid_block_type=None,
        cross_attention_dim=32, attention_head_dim=2, norm_num_groups=8,
    )  # fmt: skip
    return StableDiffusionPipeline(**pipe.components | dict(unet=unet), requires_safety_checker=False)


@needs_compiler
def test_the_compiled_gradient_is_the_gradient(one_level, concept):
    arms = [Arm(concept, seed=0, kl_weight=0.5), Arm(concept, seed=1, vectors=2)]
    templates = describe(one_level, arms, steps=1)["templates"]
    objective = Objective(one_level, arms, batch_size=2, templates=templates)
    rows = objective.start + 0.1
    plain = [objective.gradient(rows, step) for step in (1, 2)]
    objective.part = compiled(objective.loss_and_grad)
    for step, (loss, grad) in zip((1, 2), plain, strict=True):
        now = objective.gradient(rows, step)
        torch.testing.assert_close(now[0], loss, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(now[1], grad, rtol=1e-3, atol=1e-5 * float(grad.abs().max()))
    objective.micro_batch = 2
    with pytest.raises(ValueError, match="compiled for inputs of shapes"):
        objective.gradient(rows, 1)


def test_a_compiler_that_computes_something_else_is_not_used(pipe, concept, tmp_path, monkeypatch):
    plain = learn(pipe, [Arm(concept)], tmp_path / "plain", compile=False)

    def wrong(gradient):
        return lambda tokens, noisy, *rest: gradient(tokens, -noisy, *rest)

    def broken(_gradient):
        def call(*_inputs):
            raise RuntimeError("the compiler fell over\nat some length")

        return call

    for name, compiler, why in (
        ("wrong", wrong, "its gradient is wrong"),
        ("broken", broken, "the compiler fell over$"),
    ):
        monkeypatch.setattr(training, "compiled", compiler)
        with pytest.warns(UserWarning, match=f"without compiling the network: {why}"):
            run = learn(pipe, [Arm(concept)], tmp_path / name, compile=True)
        assert load_json(tmp_path / name / "run.json")["compiled"] is False
        assert torch.equal(rows_of(run)[0], rows_of(plain)[0])
    monkeypatch.setattr(training, "compiled", lambda gradient: gradient)
    learn(pipe, [Arm(concept)], tmp_path / "right", compile=True)
    assert load_json(tmp_path / "right" / "run.json")["compiled"] is True
