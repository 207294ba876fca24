"""Frozen networks in a shorter number format: weights cast once, float32 in and out.

The rows, their optimiser, the losses and the sampler stay in float32; only the frozen networks are shortened.
Autocast would cast every weight again at every step.
"""

import copy

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import nn

EXPLICIT_ATTENTION = 1024  # positions up to which keeping the whole attention matrix is cheap


def fastest_dtype(network: nn.Module) -> torch.dtype:
    """bfloat16 for a float32 network on a processor that multiplies it, else the network's own."""
    if network.device.type == "cpu" and network.dtype == torch.float32 and torch.cpu._is_avx512_bf16_supported():
        return torch.bfloat16
    return network.dtype


def autocast_dtype(network: nn.Module) -> torch.dtype | None:
    """bfloat16 for fine-tuning a network where it is fast: on CUDA, or on a processor that multiplies it; else None."""
    fast = network.device.type == "cuda" or fastest_dtype(network) == torch.bfloat16
    return torch.bfloat16 if fast else None


def explicit_attention(network: UNet2DConditionModel) -> UNet2DConditionModel:
    """The network, which from now on multiplies its attention matrices one by one if it is small and on a CPU.

    In torch 2.13 the backward pass of fused attention in bfloat16 on a CPU takes longer than everything else together.
    """
    side = network.config.sample_size
    height, width = (side, side) if isinstance(side, int) else side
    if network.device.type == "cpu" and height * width <= EXPLICIT_ATTENTION:
        network.set_attn_processor(AttnProcessor())
    return network


def shortened(network: nn.Module, dtype: torch.dtype | None) -> nn.Module:
    """A twin of a frozen UNet or text encoder that computes in `dtype`; the network itself if it does so already."""
    if dtype in (None, network.dtype):
        return network
    twin = nn.Module.to(copy.deepcopy(network), dtype)  # diffusers' own `to` warns of nothing
    if not isinstance(network, UNet2DConditionModel):
        if network.device.type == "cpu":  # for the reason given at `explicit_attention`
            twin.set_attn_implementation("eager")
        return twin
    explicit_attention(twin)
    twin.register_forward_pre_hook(_shorten, with_kwargs=True)
    twin.register_forward_hook(_lengthen)
    return twin


def _shorten(network: nn.Module, inputs: tuple, named: dict) -> tuple[tuple, dict]:
    """Sample and text states in the network's format; the timesteps as they are."""
    sample, *rest = inputs
    states = named["encoder_hidden_states"].to(network.dtype)
    return (sample.to(network.dtype), *rest), named | {"encoder_hidden_states": states}


def _lengthen(_network: nn.Module, _inputs: tuple, output):
    """The prediction in float32."""
    return (output[0].float(),) if isinstance(output, tuple) else type(output)(sample=output.sample.float())
