# %% [markdown]
# # What happens in one step?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Here are {ref}`the loss and the update <method>` in plain PyTorch, with nothing folded; `train` in [the forty lines](forty_lines.ipynb) does the same.
# An ordinary word lends its place in the sentence: wherever its token stands, a hook gives the text encoder the learned row instead of the word's own.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP of the record: a folder or a Hub id; empty: the model's own
concept: str = "violet_cloud"  # [folder] your pictures; or a name of data/concepts, with an initializer of one token
steps: int = 300  # [updates] length of training
learning_rate: float = 0.01  # [per update] Adam's step size
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %%
# %matplotlib inline
from tempfile import mkdtemp

import pandas as pd
import torch
from diffusers import DDPMScheduler

from study.analysis.plain_pytorch import told
from study.bare import bare_page
from study.figures import image_grid
from textinv_core import Arm, load_concept, load_judge, load_pipeline, train
from textinv_core.learning.batches import draws, encode_latents

pipe, thing = load_pipeline(model, dtype=torch.float32), load_concept(concept)
chain, words = DDPMScheduler.from_config(pipe.scheduler.config), pipe.text_encoder.get_input_embeddings()
mean, deviation = encode_latents(pipe, thing.images)[:, 0].unbind(1)  # (pictures, C, h, w) each
(place,) = pipe.tokenizer(thing.initializer, add_special_tokens=False).input_ids
row = words.weight[place].clone().requires_grad_()  # the only parameter there is
hook = words.register_forward_hook(lambda _, ids, rows: torch.where((ids[0] == place)[..., None], row, rows))
templates = ["a photo of a {}", "a photo of the {}", "a photo of one {}"]
texts = [template.format(thing.initializer) for template in templates]
ids = pipe.tokenizer(texts, padding="max_length", return_tensors="pt").input_ids.to(pipe.device)

# %% [markdown]
# **The loss:** noise some pictures, let the network guess the noise from sentences with the row in them, take the mean square of its error. **The
# update:** Adam. `draws` throws the dice (pictures, sentences, timesteps, noise) as `train` does, so that both see the same.

# %%
adam = torch.optim.Adam([row], lr=learning_rate)
counts = dict(pictures=len(mean), templates=len(ids), shape=(4, *mean.shape[1:]), flip=False)
for step in range(1, steps + 1):
    thrown = draws(chain, seed=0, step=step, **counts)
    picture, _, template, timesteps, sample, noise = (part.to(pipe.device) for part in thrown)
    noisy = chain.add_noise(mean[picture] + deviation[picture] * sample, noise, timesteps)
    states = pipe.text_encoder(ids[template]).last_hidden_state
    guess = pipe.unet(noisy, timesteps, encoder_hidden_states=states).sample
    loss = (guess - noise).pow(2).mean()
    adam.zero_grad()
    loss.backward()
    adam.step()

# %% mystnb={"figure": {"caption": "The first sentence with the learned row in the place of its word, from four noises.", "name": "fig-plain-pytorch"}, "image": {"alt": "Four small pictures of the learned thing.", "width": "100%"}}
noises = [torch.Generator().manual_seed(n) for n in range(4)]
images = pipe(texts[:1] * 4, generator=noises, guidance_scale=guidance, num_inference_steps=num_inference_steps).images
grid = image_grid(pd.DataFrame(dict(row="", noise=range(4), image=images)), row="row", column="noise")
hook.remove()

# %%
plainly = dict(templates=templates, flip=False, stratified=False, dtype=torch.float32, compile=False)
run = train(pipe, [Arm(thing, learning_rate=learning_rate)], steps=steps, out=mkdtemp(), **plainly)
here, there = (end.detach().cpu() - words.weight[place].cpu() for end in (row, run.at()[0].rows[0]))
how_far = dict(here=here.norm().item(), by_train=there.norm().item(), cosine=torch.cosine_similarity(here, there, dim=0).item())
pd.DataFrame([how_far], index=["from the ordinary word"])

# %% tags=["remove-cell"]
page = bare_page("plain_pytorch", globals(), pipe, load_judge(judge or None, model=model), thing)
page.say(**told(how_far, page.model_name, steps))
page.close(dict(how_far=pd.DataFrame([how_far])))

# %% [markdown]
# ## What this shows, and what it does not
# That there is nothing else in it. The rows part a little in other number formats and on other machines, as {glue:text}`steps` steps add up small
# differences. **What to do.** Change a line and look at the pictures. **Exercise:** hold the row on a {term}`leash`, {ref}`the KL term <method>`.
#
# :::{dropdown} Solution
# Before the hook is there, keep `plain = pipe.text_encoder(ids).last_hidden_state`. In the loop let the network guess from `plain[template]` too, without
# a gradient, and add `0.1 * (guess - plain_guess).pow(2).mean()` to the loss: the KL term with one weight for all timesteps. More of it keeps more of the sentence.
# :::
