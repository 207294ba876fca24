"""The loss of all arms and its gradient into their rows, over one frozen network.

Shapes: A arms, B examples each, N = A * B; S slots (the most vectors of any arm); D the text width;
(C, h, w) a latent; T the timesteps.
"""

from functools import cached_property

import torch
from diffusers import DDPMScheduler
from torch import Tensor

from textinv_core.learning.arms import Arm
from textinv_core.learning.batches import Batch, encode_latents, fixed_batch, training_batch
from textinv_core.learning.losses import (
    context_loss,
    denoising_loss,
    kl_step_weights,
    lam_by_timestep,
    regularised_loss,
)
from textinv_core.learning.memory import keep_freed_memory, kept_for_backward
from textinv_core.learning.precision import shortened
from textinv_core.learning.steps import Movement
from textinv_core.learning.tokens import beside_learned, encode, hidden_states, look_up, tokenize


class Objective:
    """`gradient(rows, step)` and `measure(rows)` for rows (A, S, D) of `arms`."""

    def __init__(
        self,
        pipe,
        arms: list[Arm],
        *,
        batch_size: int,  # examples of an arm in a step
        templates: dict[str, tuple[str, ...]],  # by concept name; "{}" is where the placeholder goes
        flip: bool = True,  # mirror half of the pictures
        stratified: bool = True,  # timesteps from equal parts of their range, a template for two examples
        dtype: torch.dtype | None = None,  # of the frozen networks; None: the model's own
        fixed: int = 16,  # examples of the logged loss
    ):
        self.pipe, self.arms, self.batch_size = pipe, arms, batch_size
        self.drawing = dict(batch_size=batch_size, flip=flip, stratified=stratified)
        self.device, self.dtype = pipe.unet.device, dtype or pipe.unet.dtype
        if self.device.type == "cpu":
            keep_freed_memory()
        self.unet, self.text_encoder = (shortened(part, dtype) for part in (pipe.unet, pipe.text_encoder))
        self.part = self.loss_and_grad  # may be exchanged for a compiled one
        self.micro_batch = len(arms) * batch_size  # examples run at once
        self.scheduler = DDPMScheduler.from_config(pipe.scheduler.config)
        concepts = {arm.concept.name: arm.concept for arm in arms}
        self.latents = {name: encode_latents(pipe, concept.images) for name, concept in concepts.items()}

        self.moves = Movement(pipe, arms, self.device)
        self.start = self.moves.start  # (A, S, D)
        self.templates = {name: len(templates[name]) for name in concepts}
        texts = [[text.format(arm.concept.placeholder) for text in templates[arm.concept.name]] for arm in arms]
        names = [{arm.concept.placeholder: arm.vectors} for arm in arms]
        own = zip(texts, names, strict=True)
        self.ids = [tokenize(pipe.tokenizer, *each).to(self.device) for each in own]  # A x (templates, L)
        self.l2 = torch.tensor([arm.l2_weight for arm in arms], device=self.device)[:, None, None]
        self.lams = torch.stack([self._lams(arm) for arm in arms]).to(self.device)  # (A, T)

        # Arms of one seed, concept and range of timesteps share their batch; of one initializer also what it predicts.
        pairs = [(arm.seed, arm.concept.name, arm.lowest_timestep, arm.highest_timestep) for arm in arms]
        self.pairs = list(dict.fromkeys(pairs))
        self.pair_of = torch.tensor([self.pairs.index(pair) for pair in pairs], device=self.device)
        groups = [(*pair, arm.start, arm.vectors) for pair, arm in zip(pairs, arms, strict=True)]
        self.groups = list(dict.fromkeys(g for g, arm in zip(groups, arms, strict=True) if arm.kl_weight > 0))
        self.group_of = torch.tensor([self.groups.index(g) if g in self.groups else -1 for g in groups])
        self.group_of = self.group_of.to(self.device)
        with torch.no_grad():
            self.word_states = [self._of_word(groups.index(group)) for group in self.groups]
            self.core = {a: self._of_word(a) for a, arm in enumerate(arms) if arm.core_weight > 0}
        self.fixed = {name: fixed_batch(lat, self.scheduler, size=fixed) for name, lat in self.latents.items()}

    def _of_word(self, a: int) -> Tensor:
        """What the text encoder makes of an arm's prompts with its initializer in them: (templates, L, D)."""
        return encode(self.text_encoder, self.ids[a], self.moves.words[a])

    def _lams(self, arm: Arm) -> Tensor:
        kind = self.scheduler.config.prediction_type
        weights = kl_step_weights(self.scheduler.alphas_cumprod, arm.kl_variance, kind)
        return lam_by_timestep(arm.kl_weight, weights, arm.kl_weighting).float()

    def predict(self, noisy: Tensor, timesteps: Tensor, states: Tensor) -> Tensor:
        """The frozen network's prediction in float32, like `noisy`."""
        noisy, states = noisy.to(self.dtype), states.to(self.dtype)
        return self.unet(noisy, timesteps, encoder_hidden_states=states).sample.float()

    def gradient(self, rows: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Each arm's mean loss (A,) at a step and its gradient (A, S, D)."""
        A, B = len(self.arms), self.batch_size
        batches = [self._batch(*pair[:2], step, *pair[2:]) for pair in self.pairs]
        noisy, target, timesteps, templates = (torch.stack(part) for part in zip(*batches, strict=True))
        noise_pred_init = self._start_predictions(noisy, timesteps, templates)  # (G, B, C, h, w)
        shared = self._examples_per_prompt
        ids = torch.cat([self.ids[a][templates[pair, ::shared]] for a, pair in enumerate(self.pair_of.tolist())])
        leaf = rows.detach().requires_grad_()
        losses = []
        for chunk in torch.arange(A * B, device=self.device).split(self.micro_batch):
            a, b = chunk // B, chunk % B
            p, g = self.pair_of[a], self.group_of[a]
            prompts = chunk[::shared] // shared
            each = leaf[:, None].expand(-1, B // shared, -1, -1).flatten(0, 1)  # (prompts of all, S, D)
            tokens = look_up(self.text_encoder, ids[prompts], each[prompts[0] : prompts[-1] + 1])
            t = timesteps[p, b]
            inputs = [tokens.detach(), noisy[p, b], t, target[p, b]]
            if self.groups:  # an arm without KL gets any group's; its lam is 0
                inputs += [noise_pred_init[g.clamp(min=0), b], self.lams[a, t]]
            loss, grad = self.part(*inputs)
            tokens.backward(grad)
            losses.append(loss)
        core, pull = self._core(leaf, templates), rows - self.start
        l2 = (self.l2 * pull**2).sum((1, 2))
        return torch.cat(losses).reshape(A, B).mean(1) + l2 + core, leaf.grad + 2 * self.l2 * pull

    def loss_and_grad(
        self,
        tokens: Tensor,  # (n, L, D) token embeddings of the prompts; (n / 2, L, D) if two examples share each
        noisy: Tensor,  # (n, C, h, w)
        timesteps: Tensor,  # (n,)
        target: Tensor,  # (n, C, h, w)
        *kl: Tensor,  # none, or what the initializer predicts (n, C, h, w) and lam (n,)
    ) -> tuple[Tensor, Tensor]:
        """The loss of each example (n,) and the arm's gradient into the tokens, in parts: all that takes time."""
        with torch.enable_grad():
            tokens = tokens.detach().requires_grad_()
            states = hidden_states(self.text_encoder, tokens).repeat_interleave(len(noisy) // len(tokens), dim=0)
            noise_pred = self.predict(noisy, timesteps, states)
            if kl:
                loss = regularised_loss(noise_pred, target, noise_pred_init=kl[0], lam=kl[1])
            else:
                loss = denoising_loss(noise_pred, target)
            (grad,) = torch.autograd.grad(loss.sum() / self.batch_size, tokens)
        return loss.detach(), grad

    def _core(self, leaf: Tensor, templates: Tensor) -> Tensor:
        """CoRe's term of each arm (A,); its gradient is added to that of `leaf`. The UNet is not called."""
        terms = torch.zeros(len(self.arms), device=self.device)
        for a, own in self.core.items():
            used = templates[int(self.pair_of[a])]
            ids = self.ids[a][used]
            others = beside_learned(ids, self.pipe.tokenizer.eos_token_id)
            term = context_loss(encode(self.text_encoder, ids, leaf[a]), own[used], others).mean()
            (term := self.arms[a].core_weight * term).backward()
            terms[a] = term.detach()
        return terms

    def _batch(self, seed: int, name: str, step: int, lowest: int = 0, highest: int = 999) -> Batch:
        named = dict(seed=seed, step=step, templates=self.templates[name], timesteps=(lowest, highest))
        return training_batch(self.latents[name], self.scheduler, **named, **self.drawing)

    @property
    def _examples_per_prompt(self) -> int:
        """How many examples in a row have one prompt, as long as none of those rows is cut by a micro-batch."""
        paired = self.drawing["stratified"] and self.batch_size % 2 == 0 and self.micro_batch % 2 == 0
        return 2 if paired else 1

    @torch.no_grad()
    def _start_predictions(self, noisy: Tensor, timesteps: Tensor, templates: Tensor) -> Tensor | None:
        """What the initializers predict, once per group: (G, B, C, h, w)."""
        if not self.groups:
            return None
        p = [self.pairs.index(group[:4]) for group in self.groups]
        states = torch.cat([own[templates[i]] for own, i in zip(self.word_states, p, strict=True)])  # (G * B, L, D)
        predictions = self._in_parts(noisy[p].flatten(0, 1), timesteps[p].flatten(), states)
        return predictions.unflatten(0, (len(p), -1))

    def _in_parts(self, *inputs: Tensor) -> Tensor:
        """`predict` without gradients, which leaves room for more examples at once."""
        parts = zip(*(x.split(4 * self.micro_batch) for x in inputs), strict=True)
        return torch.cat([self.predict(*part) for part in parts])

    @torch.no_grad()
    def _fixed_predictions(self, rows: Tensor) -> list[Tensor]:
        """Each arm's prediction on its concept's fixed batch, by the network as it is: A x (F, C, h, w)."""
        predictions = []
        for arm, ids, own in zip(self.arms, self.ids, rows, strict=True):
            batch = self.fixed[arm.concept.name]
            states = encode(self.text_encoder, ids[:1], own).expand(len(batch.noisy), -1, -1)
            predictions.append(self._in_parts(batch.noisy, batch.timesteps, states))
        return predictions

    @cached_property
    def fixed_init(self) -> list[Tensor]:
        """What the untrained rows predict on the fixed batch."""
        return self._fixed_predictions(self.start)

    def measure(self, rows: Tensor) -> list[dict[str, float]]:
        """Per arm: loss and `drift` = mean(d^2) on the fixed batch, and where the rows are."""
        median = self.pipe.text_encoder.get_input_embeddings().weight.float().norm(dim=-1).median()
        lines = []
        for a, noise_pred in enumerate(self._fixed_predictions(rows)):
            arm, own, start = self.arms[a], rows[a, : self.arms[a].vectors], self.start[a, : self.arms[a].vectors]
            norm = own.norm(dim=-1).mean()
            values = dict(
                loss=denoising_loss(noise_pred, self.fixed[arm.concept.name].target).mean(),
                drift=denoising_loss(noise_pred, self.fixed_init[a]).mean(),
                norm=norm,
                norm_ratio=norm / median,
                cos_initial=torch.cosine_similarity(own, start, dim=-1).mean(),
                distance=(own - start).norm(dim=-1).mean(),
            )
            lines.append({name: float(value) for name, value in values.items()})
        return lines

    def fit(self, memory_gb: float) -> int:
        """Run at once as many examples as leave equal parts and keep backward within `memory_gb`."""
        batch = next(iter(self.fixed.values()))

        def one_example() -> None:
            states = encode(self.text_encoder, self.ids[0][:1], self.start[0].clone().requires_grad_())
            self.predict(batch.noisy[:1], batch.timesteps[:1], states)

        kept = kept_for_backward(one_example, self.unet, self.text_encoder)
        fits, whole = max(1, memory_gb * 2**30 / kept), len(self.arms) * self.batch_size
        self.micro_batch = max(part for part in range(1, whole + 1) if whole % part == 0 and part <= fits)
        return self.micro_batch
