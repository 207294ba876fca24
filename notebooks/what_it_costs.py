# %% [markdown]
# # What does a word cost?
#
# :::{div} answer
# {glue:text}`answer`
# :::
#
# The published loop learns one word at a time. It encodes the pictures at every step, and moves and then restores the whole vocabulary to change one row of
# it. Here the latents are kept, the rows are the only parameters, the frozen network computes in the short format the processor is fastest in, and many words
# are learned in one batch. What does that save, is what it learns as good, and where does a whole study spend its time?

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "plum_cat"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
arms: list[int] = [1, 4, 16, 64]  # [words] learned together
batch_size: int = 4  # [pictures] per update and learned word
calls: int = 2  # [updates] in one timing
repeats: int = 5  # [rounds] in which everything is timed once
compiled: bool = False  # [yes or no] also time our loop compiled, which takes a minute or two for each number of words
memory_gb: float = 4.0  # [GB] what one backward pass may keep
steps: int = 500  # [updates] of both loops where what they learn is compared
updates: int = 256  # [updates] of each word, whose gradients are compared by how they vary
seeds: list[int] = [0, 1]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt
drawn_at_once: list[int] = [16]  # [pictures] batch sizes at which drawing is timed
contexts: int = 4  # [prompts] with a context, of each concept
num_inference_steps: int = 25  # [steps] of the sampler
sampler_steps: list[int] = [10, 12, 15, 20, 25, 50]  # [steps] numbers to compare; the last is the yardstick
sd15_shape: bool = False  # [yes or no] also time a network of Stable Diffusion 1.5's shape, with random weights
sd15_rate: float = 0.0  # [updates per second] of one word on Stable Diffusion 1.5, measured elsewhere; zero: not measured
gpu_tflops: float = 100.0  # [Tflop/s] that an accelerator is assumed to sustain, for the estimate
study_concepts: int = 30  # [concepts] of the study that is estimated
study_seeds: int = 5  # [seeds] of each concept there
study_steps: int = 3000  # [updates] of each word there
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import what_it_costs as analysis
from study.analysis import what_it_costs_figures as figures
from study.analysis import what_it_costs_runs as measured
from study.analysis import what_it_costs_whole as whole
from study.analysis.what_it_costs import COMPILED, OURS, PUBLISHED
from study.analysis.what_it_costs_told import hours_said, told
from study.costs import bare_network, in_turns, sd15_unet, traced
from study.page import begin
from study.wording import counted
from textinv_core.learning.arms import Arm
from textinv_core.learning.compiling import can_compile
from textinv_core.learning.concepts import context_prompts
from textinv_core.learning.precision import fastest_dtype
from textinv_core.learning.training import describe
from textinv_core.paths import record_dir, scratch_dir
from textinv_core.provenance import machine

page = begin("what_it_costs", globals())
prompts, oracle, table = page.prompts(), open_oracle(model), {}
templates = describe(page.pipe, [Arm(c) for c in page.concepts], steps=1)["templates"]
dtype = fastest_dtype(page.pipe.unet)
how = dict(batch_size=batch_size, templates=templates, dtype=dtype)
loops = {OURS: False} | ({COMPILED: True} if compiled and can_compile() else {})
best = list(loops)[-1]


def see(pictures, c, name=None):
    """What the oracle sees in pictures of a concept, which it looks for where it is named."""
    return sees(oracle, pictures, context_prompts(c.kind), name)


# %% [markdown]
# ## How fast?
#
# In turns, in one process: a step of the published loop; a step of ours with more and more words in it; and what no loop around them can beat, the forward
# and backward pass of the frozen networks alone on as many examples. A share can come out above one, since what is divided was timed one after the other.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left: steps per second, counted for each word, by the number of words learned together; dashed, the published loop. Right: the share of a step of ours (compiled, where that was timed) that is the frozen networks’ own forward and backward pass. Lines are medians, points are rounds.", "name": "fig-costs-rate"}, "image": {"alt": "Left, steps per second and word against the number of words learned together, above a dashed line for the published loop: the higher the curve, the cheaper a word. Right, the share of a step that no loop could save.", "width": "100%"}}
cache = measured.empty_cache()  # of compiled code, for as long as the name lives
often = dict(repeats=repeats, calls=calls, memory_gb=memory_gb)
timings, waits, memory = measured.timed_loops(page.pipe, page.concepts[0], loops, arms, **often, **how)
rates = analysis.rates_of(timings, {PUBLISHED: [1]} | dict.fromkeys(loops, arms))
figures.rates(rates, best)
plt.show()

# %% [markdown]
# ## As good, at equal work?
#
# Both loops learn each concept for the same number of steps, from the same pictures and the same noise. The published one draws its
# {term}`timesteps <timestep>` freely, decays the row’s weights a little, as its example does, and computes in full numbers. Named before the results: what
# decides is {glue:text}`decides`, and a difference below {glue:text}`smallest` counts as none ({term}`smallest effect of interest`).

# %% tags=["hide-input"] mystnb={"figure": {"caption": "After equally many steps: the published loop (across) against ours (up), one point a concept and training seed. On the line, the two are equal. First the outcome that decides; last, reconstruction by CLIP.", "name": "fig-costs-quality"}, "image": {"alt": "Scatter plots with a point for each concept and training seed: the nearer the points lie to the diagonal, the more alike is what both loops learn.", "width": "100%"}}
quality, ends = measured.both_loops(page, prompts, see, templates)
figures.equal_work(quality, analysis.outcome(quality), page.labels)
plt.show()

# %% [markdown]
# ## Timesteps drawn apart
#
# The gradient of a nearly clean picture is many times that of a nearly lost one, so a batch whose timesteps are drawn freely is by luck a loud one or a quiet
# one. Ours takes one timestep from each of as many equal parts of the range as there are examples, and pairs a low one with a high one that shares its
# prompt. On average nothing changes; what may change is the spread. Here the rows stand still, where learning begins or where it ended, and only the draws
# differ.

# %%
together = min(max(arms), 16)  # so many updates in one go
variance = measured.gradient_spread(page, ends, words=together, updates=updates, memory_gb=memory_gb, **how)
shrunk = analysis.spread_ratios(variance)
analysis.ratio_table(shrunk)

# %% [markdown]
# ## How few steps of the sampler?
#
# Every picture of the {term}`class word` in a context is compared with the one from the same noise and most steps: by whether the {term}`oracle`, where there
# is one, finds what the prompt asks for, and by the judge’s features.

# %%
texts = {name: own[1:] or own for name, own in prompts.items()}
speed = measured.pictures_per_second(page, texts[page.names[0]], dtype, repeats, drawn_at_once)
sampler = measured.by_sampler_steps(page, texts, sampler_steps, see)
fewer = analysis.fewer_steps(sampler, sampler_steps)
analysis.sampler_table(sampler, fewer)

# %% [markdown]
# ## What this shows, and what it does not
#
# One word takes a step {glue:text}`one_speedup` times as fast as in the published loop, {glue:text}`most` together {glue:text}`many_speedup` times as fast
# for each word (median and range of {glue:text}`repeats` rounds; ours {glue:text}`compiled`). Of our step, {glue:text}`one_network` and
# {glue:text}`many_network` are the denoising network’s own work, {glue:text}`one_both` and {glue:text}`many_both` both frozen networks’ (in
# {glue:text}`format`; the published loop computes in {glue:text}`full`, not compiled).
#
# After {glue:text}`steps` steps, what ours learns {glue:text}`quality` (ours minus theirs; {glue:text}`n_concepts` concepts, {glue:text}`seeds_said`
# each). The variance of an update’s gradient is, as a share of that with timesteps drawn freely, {glue:text}`variance`. Pictures drawn per second, in
# {glue:text}`full` as diffusers’ own pipeline does: {glue:text}`drawing`; {glue:text}`tells`.
#
# A study of {glue:text}`study` on Stable Diffusion 1.5 would take about {glue:text}`hours` hours of one accelerator: an **estimate**, from
# {glue:text}`basis`, not a measurement of this page.
#
# **What to do.** Learn words together, as many as there are, and draw with no more steps of the sampler than the contexts need.
#
# What it does not show: times on another machine than this ({glue:text}`machine`), since ratios carry over better than seconds and not exactly; how fast the
# published authors’ own program is, since here its algorithm runs in the same libraries with the pictures already in memory; or that equal within an interval
# is equal.
#
# ## Exercise
#
# You want to teach a model of Stable Diffusion 1.5’s size a hundred words, and your accelerator takes three and a half updates a second. How long will it be
# busy, and what would learning sixteen words together change?
#
# :::{dropdown} Solution
# `papermill notebooks/what_it_costs.ipynb out.ipynb -p sd15_rate 3.5 -p study_concepts 100 -p study_seeds 1` says it, and so does a line of arithmetic: $100
# \cdot 3000 / (3.5 \cdot 3600) \approx 24$ hours, with the `study_steps` of the parameters. Words together share the loop’s overhead and fill the processor
# better, but the network’s own share of a step is what it is: where the right panel above is near one already, little more can be saved.
# :::
#
# ## Appendix: numbers and settings
#
# Steps and memory (the most that the process held at any time of a step, libraries and the other loops’ weights included); what compiling costs the first
# time, and after how many steps it has paid for itself; what grows with pictures and pixels; a network of Stable Diffusion 1.5’s exact shape, counted without
# running it. Last, processor seconds on all cores of the pages of this profile, of each its dearest run on record, on whatever machine: *learning* has its
# compiling in it, *the rest* is statistics, figures and what a page times or fine-tunes itself. Most of them: {glue:text}`spends`.

# %% tags=["hide-cell"]
table["compiling"] = analysis.paid_off(waits, timings)
size = dict(pixels=page.side, batch_size=batch_size, dtype=dtype, repeats=repeats)
table["growth"] = measured.growth(page.pipe, page.concepts[0], **size)
once = float("nan")
if sd15_shape:
    large = sd15_unet(device="cuda" if torch.cuda.is_available() else "cpu")
    once = in_turns({"sd15": bare_network(large, examples=1, at_once=1)}, repeats=1)["seconds"].item()
given = dict(batch_size=batch_size, words=study_concepts * study_seeds, steps=study_steps, rate=sd15_rate)
table["sd15"], hours = whole.sizes(traced(sd15_unet()), **given, teraflops=gpu_tflops, timed=once)
folders = [record_dir(profile, page.name).parent, *scratch_dir(profile).glob("*")]
spent = whole.seconds_of(one for one in whole.records(folders) if one.get("page") != page.name)
spent = whole.dearest(spent, page.folder / "study_seconds.csv")
first, last = analysis.rate_table(rates, memory), whole.seconds_table(spent)
display(first.set_caption("Steps"), *analysis.small_tables(**table), last.set_caption("Processor seconds of pages"))

# %% tags=["remove-cell"]
on = machine()
page.say(
    **page.common("n_concepts", "seeds_said", "steps", "repeats"),
    **told(rates, quality, shrunk, speed, model=page.model_name, best=best),
    machine=f"{on['processor']}, {on['cores']} cores, {on['threads']} threads in use, accelerator: {on['accelerator']}",
    format=str(dtype).removeprefix("torch."),
    full=str(page.pipe.unet.dtype).removeprefix("torch."),
    tells=analysis.enough_steps(sampler, fewer, sampler_steps),
    spends=whole.largest_said(spent),
    study=f"{counted(study_concepts, 'concept')} of {counted(study_seeds, 'seed')} and {counted(study_steps, 'step')}",
    hours=hours_said(hours),
    basis="a measured rate" if sd15_rate else "counted operations and an assumed accelerator",
)
table |= dict(timings=timings, rates=rates, memory=memory, sampler=sampler, quality=quality, variance=variance)
page.close(table | dict(drawing=speed, study_seconds=spent))
