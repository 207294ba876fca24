# %% [markdown]
# # How is one picture scored?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# {ref}`Every measure <measures>` of this book, worked out once, by hand and in order, for one picture of one learned word. Beside it stands the plain model's
# picture for the class word from the same noise, so that no number stands alone.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = "violet_cloud"  # [folder] your pictures; or a name of data/concepts
initializer: str = ""  # [word] where learning starts; empty: the concept's own
prompt: str = "a photo of {} in the snow"  # [prompt] with {} for the concept, and a context
noise: int = 0  # [number] which noise the picture is drawn from
as_chosen: bool = True  # [yes or no] steps, learning rate and guidance as the page on settings chose them in this profile
steps: int = 500  # [updates] length of training
learning_rate: float = 0.01  # [per update] Adam's step size
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
null_pictures: int = 240  # [pictures] of other prompts in the null, 200 or more
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Above, the concept\u2019s pictures. Below, what is scored: the learned word\u2019s picture, and the class word\u2019s from the same noise.", "name": "fig-one-picture"}, "image": {"alt": "A row of pictures of the concept; below them two drawn pictures in one context, one of the learned word and one of its class word.", "width": "100%"}}
# %matplotlib inline
import pandas as pd
from pocket_world.oracle.witness import attributes_seen, open_oracle, sees

from study.analysis import one_picture as analysis
from study.analysis.one_picture_figures import beside_nulls, compared
from study.page import begin
from study.photos import own_nulls, phrase_of
from textinv_core.evaluation.metrics import judge_texts
from textinv_core.evaluation.ranking import context_features
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, load_images

page, oracle = begin("one_picture", globals()), open_oracle(model)
thing = page.concepts[0]
words = page.store.learn(page.pipe, [Arm(thing, learning_rate=learning_rate)], steps=steps)
drawn = pd.concat([page.draw(words.at(), [prompt], [noise]), page.draw_plain(thing, [prompt], [noise])], ignore_index=True)
names, own = ["the word", class_phrase(thing)], load_images(thing.images, page.side)
figure = compared(own, dict(zip(names, drawn["image"], strict=True)))

# %% [markdown]
# **Cosines.** The judge turns pictures and texts into vectors of length one. *Likeness* is the mean cosine to the concept's pictures ({term}`reconstruction`,
# averaged over plain pictures), the cosine to the text is {term}`editability`, in three readings: the placeholder deleted, the class word in its place, the context alone.

# %%
features, references = (page.judge.image_features(list(images)) for images in (drawn["image"], own))
readings = judge_texts(prompt, thing, phrase_of(prompt, thing))
texts = dict(zip(readings, page.judge.text_features(list(readings.values())), strict=True))
analysis.cosines(features, references, texts, names).style.format("{:.3f}")

# %% [markdown]
# **Nulls.** A cosine says little until it is read beside others. The {term}`null` of the subject are pictures of the class word, which cannot show the concept;
# that of the text are those drawn for other contexts. Hits are the concept's own pictures among themselves, and the class word's in this context.

# %% mystnb={"figure": {"caption": "Left the subject, right the text: cosines of the null, of the hits, and of the picture.", "name": "fig-one-picture-nulls"}, "image": {"alt": "Two histograms, each of a null and of hits, with a line where the picture lies.", "width": "100%"}}
nulls = own_nulls(page.store, page.pipe, thing, page.judge, [prompt], null_pictures, **page.drawing)
context = context_features([prompt], thing, page.judge, phrase_of(prompt, thing))[prompt]
sides = analysis.beside(features[0], references, nulls, prompt, context)
figure = beside_nulls(sides)

# %%
table = analysis.worked_out(sides)
table.style.format("{:.3f}")

# %% [markdown]
# **Harmony.** Of the subject's null {glue:text}`below_subject` lie below the picture, of the text's {glue:text}`below_text`: these shares are the two $u$, and
# {term}`harmony` is $\sqrt{u_\text{subject}\,u_\text{text}}$ = {glue:text}`harmony`. **Accord** reads how far above the null the picture lies: from the means
# $m_0$ and $m_1$ and the deviation $s$ come the two $p$, and {term}`accord` is $\sqrt{p_\text{subject}\,p_\text{text}}$ = {glue:text}`accord`.
#
# **The oracle** asks none of this. It reads the picture's attributes and says {term}`K, B and C` of it.

# %%
seen = sees(oracle, drawn, {prompt: phrase_of(prompt, thing)}, thing.name)
analysis.read_by_oracle(attributes_seen(oracle, list(drawn["image"]), thing.name) if oracle else None, seen).set_axis(names, axis=1)

# %% tags=["remove-cell"]
page.say(**analysis.told(table, seen, page.model_name, prompt.replace("{}", thing.placeholder)))
page.close(dict(worked_out=table.reset_index(), seen=seen), [])

# %% [markdown]
# ## What this shows, and what it does not
# How numbers come about, and not that they are right: how often such scores agree with the oracle is asked [on a page of its own](harmony.ipynb). All the
# pages average such numbers over pictures, seeds and concepts. **What to do.** Give your own with `-r concept` and `-r prompt`, and follow it down the page.
