# %% [markdown]
# # Which settings?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# How fast a word is learned, for how long, how tightly it is held back, how strongly the sampler listens: each changes what every other page of this
# book would see. So they are chosen once, here, on concepts that no other page reports, and by one number: how often the concept *and* its context
# are in the same picture. The other pages take what comes out.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake"]  # [names or folders] development concepts
initializer: str = ""  # [word] where learning starts; empty: each concept's own
learning_rates: list[float] = [0.003, 0.01, 0.03]  # [per update] Adam's step sizes to choose from
steps: int = 1000  # [updates] the longest training
checkpoint_every: int = 0  # [updates] distance of the steps to choose from; zero: a quarter of all
kl_weights: list[float] = [0.01, 0.03, 0.1, 0.3, 1.0]  # [lam] weights of the KL term to choose from
guidances: list[float] = [2.0, 4.0, 7.0, 10.0]  # [factor] classifier-free guidances to choose from
guidance: float = 4.0  # [factor] classifier-free guidance while the others are chosen
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
batch_size: int = 4  # [pictures] per update and learned word
images_per_prompt: int = 2  # [pictures] drawn for each prompt
contexts: int = 4  # [prompts] how many contexts are asked for
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
from itertools import product

import matplotlib.pyplot as plt
import pandas as pd
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import regime as analysis
from study.analysis import regime_figures as figures
from study.analysis import regime_told as told
from study.page import begin
from study.panels import PIXELS
from study.scores import summarised
from study.truth import SMALLEST_SHARE
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images

UNIT = ("rate", "step", "weight", "guidance", "concept", "seed")  # what tells one word's pictures apart
page = begin("regime", globals())
prompts, oracle = page.prompts(), open_oracle(model)
plain = {name: texts[0] for name, texts in prompts.items()}
decides = told.DECIDES[oracle is not None]

# %% [markdown]
# Of every setting the words draw every prompt, and the {term}`oracle` reads the pictures (without one, CLIP does). First learning rate and length are
# chosen together, for the naive word; then the weight of the {term}`KL term` at these; then {term}`guidance`.

# %% tags=["hide-input"]
drawn = {}


def looked_at(arms, at, guided=guidance, **how):
    """Every arm's pictures at some steps, judged by CLIP and by the oracle; kept to be shown, too."""
    words, parts = page.store.learn(page.pipe, arms, batch_size=batch_size, **how), []
    for n in at:
        for arm, word in zip(arms, words.at(n), strict=True):
            name = arm.concept.name
            pictures = page.draw(word, prompts[name], guidance_scale=guided)
            if arm.seed == seeds[0]:
                drawn[arm.learning_rate, n, arm.kl_weight, guided, name] = pictures["image"].tolist()
            scores = evaluate(pictures, arm.concept, page.judge).rename(columns=dict(seed="image"))
            seen = sees(oracle, pictures, context_prompts(arm.concept.kind), name)
            where = dict(rate=arm.learning_rate, weight=arm.kl_weight, guidance=guided, seed=arm.seed)
            parts.append(scores.assign(**where).join(seen.reset_index(drop=True)))
    return pd.concat(parts, ignore_index=True)


def arms_of(rates, weights):
    """An arm a concept, seed, learning rate and KL weight."""
    every = product(page.concepts, seeds, rates, weights)
    return [Arm(c, seed=s, learning_rate=rate, kl_weight=weight) for c, s, rate, weight in every]


every = checkpoint_every or max(1, steps // 4)
grid = sorted({*range(every, steps + 1, every), steps})
ends = [(c, image_only(c, prompts[c.name], page.side)) for c in page.concepts]
ends += [(c, page.draw_plain(c, prompts[c.name])) for c in page.concepts]
anchors = summarised(pd.concat([evaluate(end, c, page.judge) for c, end in ends]), plain).set_index(["arm", "concept"])
naive = looked_at(arms_of(learning_rates, [0.0]), grid, steps=steps, checkpoint_every=every)
of_length = analysis.values_of(naive, plain, anchors, UNIT)
middle = dict(step=grid[len(grid) // 2], rate=learning_rates[len(learning_rates) // 2])
length = analysis.choose(of_length, ("step", "rate"), middle)
rate, chosen_steps = length.setting["rate"], int(length.setting["step"])
base, of_base = (analysis.at_setting(table, length.setting) for table in (naive, of_length))
held = looked_at(arms_of([rate], kl_weights), [chosen_steps], steps=chosen_steps)
of_weight = analysis.values_of(held, plain, anchors, UNIT)
leash = analysis.choose(of_weight, ("weight",), dict(weight=kl_weights[len(kl_weights) // 2]), least=False)
how = dict(steps=steps, checkpoint_every=every)
others = [looked_at(arms_of([rate], [0.0]), [chosen_steps], g, **how) for g in guidances if g != guidance]
of_guidance = analysis.values_of(pd.concat([base, *others], ignore_index=True), plain, anchors, UNIT)
strength = analysis.choose(of_guidance, ("guidance",), dict(guidance=guidance))
settings = told.chosen(length, leash, strength)

# %% [markdown]
# ## What the settings draw

# %% mystnb={"figure": {"caption": "Development concepts, one training seed, the same noise throughout, a prompt with a context. From left: a training picture; the word at each learning rate, after the chosen number of steps; the word held back by the chosen KL weight.", "name": "fig-regime-pictures"}, "image": {"alt": "One row of pictures for each concept: after the training picture the same prompt drawn by words of a lower and a higher learning rate, and last by the word on its leash. A good picture shows the concept and the context at once.", "width": "100%"}}
photos = {c.name: load_images(c.images[:1], PIXELS)[0] for c in page.concepts}
tried = {f"rate {r:g}": (r, chosen_steps, 0.0, guidance) for r in learning_rates}
tried[f"rate {rate:g}, KL"] = (rate, chosen_steps, settings["kl_weight"], guidance)
first_context = min(1, contexts) * images_per_prompt  # its first picture
grid_shown = figures.pictures(drawn, tried, photos, page.labels, first_context)
grid_shown.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## How fast, and how long?
#
# {glue:text}`n_concepts` development concepts, {glue:text}`seeds_said` each, {glue:text}`n_contexts` contexts. Of
# {term}`K, B and C`, B decides, the share of pictures with concept and context. Of the settings within one standard error of the best, over concepts,
# the shortest and slowest is taken {cite:p}`breiman1984`, of KL weights the tightest: a leash too long to be felt tests nothing. {glue:text}`judged_by`

# %% mystnb={"figure": {"caption": "By training step, a line a learning rate: mean over development concepts. Left K, the concept is kept; middle C, the context is there; right, what decides. Without an oracle, what decides alone. Dashed, the chosen length.", "name": "fig-regime-length"}, "image": {"alt": "Curves by training step, one for each learning rate: the concept comes, the context goes, and the right panel shows where both together are best, at the dashed line unless all are alike.", "width": "100%"}}
figures.length(of_length, dict(K="concept kept (K)", C="context there (C)", value=decides), chosen_steps)
plt.show()

# %% [markdown]
# ## How tight a leash, how much guidance?

# %% mystnb={"figure": {"caption": "Left, what decides by KL weight; dotted, the naive word. Right, by guidance, for the naive word. Thick, the mean over development concepts; thin, each concept. Dashed, what was chosen.", "name": "fig-regime-others"}, "image": {"alt": "Two panels, the deciding value by KL weight and by guidance, a thin line for each concept and a thick one for their mean: the dashed line stands where the mean is best.", "width": "100%"}}
tables, taken = dict(weight=of_weight, guidance=of_guidance), leash.setting | strength.setting
figures.others(tables, taken, of_base["value"].mean(), decides)
plt.show()

# %% [markdown]
# ## How many concepts, seeds and pictures decide?
#
# The contrast that the book turns on is B of the word under the KL term minus B of the naive word. Its spread on the development concepts, split into
# what differs between concepts, between training seeds and between pictures, says how wide an interval a larger study would have. We call
# {glue:text}`smallest` the {term}`smallest effect of interest`: an interval narrower than that cannot hold both it and zero, so it always decides.
# The studies are simulated, {glue:text}`repetitions` of each size.

# %% mystnb={"figure": {"caption": "Width of the 95 % interval of the difference in B by number of concepts, for so many training seeds and pictures a seed. Dashed, the smallest effect of interest: below it a study always decides.", "name": "fig-regime-power"}, "image": {"alt": "Curves that fall with the number of concepts, one for each number of seeds and pictures: where a curve passes below the dashed line, a study of that size always decides.", "width": "100%"}}
tight = analysis.at_setting(held, leash.setting)
both = pd.concat([base.assign(method="naive"), tight.assign(method="KL")])
parts = analysis.components(both, "both_seen", arm="method", new="KL", base="naive")
plan = analysis.simulated(parts, analysis.SIZES, SMALLEST_SHARE) if parts else None
figures.power(plan, SMALLEST_SHARE, len(seeds))
plt.show()

# %% tags=["remove-cell"]
how = dict(smallest=SMALLEST_SHARE, oracle=oracle is not None, model=page.model_name)
page.say(
    **page.common("n_concepts", "seeds_said", "n_contexts"),
    **told.told(length, leash, strength, of_length, parts, plan, **how),
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **Chosen:** a learning rate of {glue:text}`chosen_learning_rate` for {glue:text}`chosen_steps` steps ({glue:text}`where_length`); a KL weight of
# {glue:text}`chosen_kl_weight` ({glue:text}`where_weight`; there the deciding value is {glue:text}`value_kl`); guidance of
# {glue:text}`chosen_guidance` ({glue:text}`where_guidance`). At the chosen rate and length the naive word’s rates are: {glue:text}`rates_there`.
#
# **How large a study:** the difference in B {glue:text}`spread`. So {glue:text}`plan`.
#
# **What to do.** Run this page first, then the others with `as_chosen` set to true; they read what is written here. On another model, choose again:
# no setting is carried from one regime to another.
#
# What it does not show:
#
# - The best of a grid, not the best there is. Settings were looked at one after the other, not all together.
# - The best value of a grid flatters itself a little. That is why no result is reported on these concepts elsewhere.
# - {glue:text}`n_concepts` concepts give a rough idea of a spread between concepts, and the simulation takes it as normal.
#
# ## Appendix: numbers and settings
#
# Every learning rate and length that was tried: the deciding value, mean over concepts, and that of the lowest and the highest concept.

# %% tags=["hide-cell"]
numbers = analysis.by_setting(of_length, ("rate", "step")).rename(columns=analysis.CALLED)
numbers = numbers.set_index(["learning rate", "steps"])
numbers.style.format("{:.3f}", subset=["value", "low", "high"], na_rep="–").format_index("{:g}")

# %% tags=["remove-cell"]
kept = dict(length=of_length, weights=of_weight, guidances=of_guidance)
page.close(kept | (dict(plan=plan) if plan is not None else {}), [], checkpoint_every=every)
