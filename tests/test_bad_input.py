"""Nothing wrong is let in: one line that names it and what was expected, before anything is written."""

import hashlib
import os
import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from broken import write_models, write_pictures, write_runs
from conftest import draw, tree, written
from diffusers import DDIMScheduler
from PIL import Image
from safetensors.torch import save_file

from study.claims import read_claims
from study.page import open_page
from study.parameters import check, declared
from textinv_core import files, paths
from textinv_core.baselines.dreambooth import DreamBooth, dreambooth
from textinv_core.drawing.generation import generate
from textinv_core.drawing.store import Store, open_store
from textinv_core.evaluation.judges import load_judge
from textinv_core.evaluation.metrics import calibrate, combine, evaluate, normalised, summarise
from textinv_core.evaluation.nulls import Nulls, build_nulls, load_nulls
from textinv_core.evaluation.ranking import context_features
from textinv_core.evaluation.stats import hierarchical_bootstrap, paired_differences
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import load_concept, load_images
from textinv_core.learning.losses import kl_step_weights, lam_by_timestep
from textinv_core.learning.models import load_pipeline
from textinv_core.learning.runs import load_run
from textinv_core.learning.tokens import Embedding, encode, encode_prompts, initial_rows, pool, tokenize
from textinv_core.learning.training import describe, train

NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def w(model_folder, judge, concept_folder, tmp_path_factory):
    """A model, a judge, a concept, bad files of every kind, and results of earlier runs."""
    folder = tmp_path_factory.mktemp("bad")
    pipe, concept = load_pipeline(model_folder, device="cpu"), load_concept(concept_folder)
    own = SimpleNamespace(pipe=pipe, judge=judge, concept=concept, arm=Arm(concept), folder=folder)
    own.results, own.pictures, own.models = (folder / name for name in ("results", "pictures", "models"))
    own.model = model_folder
    write_pictures(own.pictures)
    write_models(model_folder, own.models)
    how = dict(steps=2, batch_size=1, checkpoint_every=2, progress=False, dtype=torch.float32)
    own.train = lambda name="new", arms=None, **more: train(
        pipe, [own.arm] if arms is None else arms, out=own.results / "runs" / name, **how | more
    )
    write_runs(own.train("whole").folder, own.results / "runs")
    of = dict(arm="a", step=0, prompt="a photo of {}", text="")
    own.table = pd.DataFrame(of | dict(seed=[0, 1], image=[draw(0), draw(1)]))
    files.write_table(own.results / "quick" / "table.csv", own.table.drop(columns="image"))
    own.text = lambda name, content: written(own.results / "odd" / name, content)
    own.text("torn.json", b'{"a": ')
    own.text("list.json", b"[1]")
    own.text("deep.json", b"[" * 100_000)
    own.text("binary.csv", b"\xff\xfe\0\1\n\xff")
    own.text("empty.csv", b"")
    own.text("page/claims.json", b'{"claims": [{"words": 3}]}')
    own.text("page/provenance.json", b"{}")
    save_file({"a": torch.ones(1)}, own.results / "odd" / "bare.safetensors")
    return own


def spec(content, name="folder"):
    """A concept folder with this concept.yml."""

    def load(w):
        folder = w.folder / hashlib.blake2b(repr((content, name)).encode()).hexdigest()[:9] / name
        draw(0).save(written(folder / "0.png", b""))
        if content is not None:
            (folder / "concept.yml").write_bytes(content)
        return load_concept(folder)

    return load


# --- what is wrong: calls ---------------------------------------------------------------------------


def picture(name):
    return lambda w: load_images([w.pictures / name], 32)


def model(name):
    return lambda w: load_pipeline(w.models / name, device="cpu")


def arm(**settings):
    return lambda w: Arm(w.concept, **settings)


def learn(**options):
    return lambda w: w.train(**options)


def again(name):
    return lambda w: w.train(name, steps=4)


def drawn(**change):
    call = dict(prompts=["a tree"], seeds=[0], embeddings=None, num_inference_steps=1)
    return lambda w: generate(w.pipe, **call | change)


def anchors(**how):
    return lambda w: normalised([0.5], **how)


X = Embedding("<x>", torch.ones(1, 32))
LAUGHS = "a: &a [ha]\n" + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in pairwise("abcdefghi"))
ALPHAS = torch.linspace(0.99, 0.01, 10)

FUNCTIONS = [
    # pictures
    ("truncated png", picture("torn.png"), r"torn\.png: cannot be read as PNG, JPEG"),
    ("truncated jpeg", picture("torn.jpg"), r"torn\.jpg: cannot be read as"),
    ("truncated webp", picture("torn.webp"), r"torn\.webp: cannot be read as"),
    ("animated webp", picture("moving.webp"), r"moving\.webp: has 3 frames, expected a still picture"),
    ("animated png", picture("moving.png"), r"moving\.png: has 3 frames, expected a still picture"),
    ("tiff of several pages", picture("moving.tif"), r"moving\.tif: has 3 frames, expected a still"),
    ("gif called png", picture("gif.png"), r"gif\.png: cannot be read as PNG, JPEG"),
    ("one pixel", picture("dot.png"), r"dot\.png: 1x1 pixels, expected 16 or more"),
    ("bomb", picture("bomb.png"), r"bomb\.png: more than 89,478,485 pixels, refused as a bomb"),
    ("half a bomb", picture("half-bomb.png"), r"half-bomb\.png: more than 89,478,485 pixels"),
    ("text called png", picture("text.png"), r"text\.png: cannot be read as PNG, JPEG"),
    ("postscript called png", picture("script.png"), r"script\.png: cannot be read as PNG, JPEG"),
    ("folder called png", picture("folder.png"), r"folder\.png: cannot be read as"),
    ("absent picture", picture("absent.png"), r"absent\.png: cannot be read as .*No such file"),
    ("newline in a name", picture("new\nline.png"), r"new\\nline\.png': cannot be read as"),
    ("escape in a name", picture("\x1b[31mred.png"), r"\\x1b\[31mred\.png': cannot be read as"),
    ("dash before a name", picture("-rf.png"), r"-rf\.png: cannot be read as"),
    ("name not in UTF-8", picture(os.fsdecode(b"\xff\xfe.png")), r"\\udcff\\udcfe\.png': cannot be read as"),
    # concept folders
    ("no such concept", lambda w: load_concept("no-such"), r"concept 'no-such': no such folder, and not one of"),
    ("empty concept", lambda w: load_concept(""), r"concept '': no such folder"),
    ("concept of nobody's home", lambda w: load_concept("~nobody-here/x"), r"'~nobody-here/x': no such folder"),
    ("endless concept", lambda w: load_concept("a" * 300), r"no such folder"),
    ("newline in a concept", lambda w: load_concept("a\nb"), r"concept 'a\\nb': no such folder"),
    ("concept that is a file", lambda w: load_concept(w.pictures / "whole.png"), r"whole\.png': no such folder"),
    ("no pictures", lambda w: load_concept(w.models), r"concept 'models': no pictures \(\.png, \.jpg"),
    ("empty folder", lambda w: load_concept(w.pictures / "folder.png"), r"concept 'folder.png': no pictures"),
    ("folder with a newline", spec(None, "a\nb"), r"a\\nb': Concept name: expected a name without '/' or control"),
    ("folder not in UTF-8", spec(None, os.fsdecode(b"x\xff")), r"x\\udcff': Concept name: .*unicode"),
    ("yaml that runs", spec(b"name: !!python/object/apply:os.system ['true']"), r"concept\.yml: not plain UTF-8 YAML"),
    ("yaml object", spec(b"name: !!python/object:pathlib.Path {}"), r"concept\.yml: not plain UTF-8 YAML"),
    ("broken yaml", spec(b"a: ["), r"concept\.yml: not plain UTF-8 YAML"),
    ("yaml not in UTF-8", spec(b"name: \xff\xfe"), r"concept\.yml: not plain UTF-8 YAML"),
    ("yaml of no such day", spec(b"name: 2020-13-45"), r"concept\.yml: not plain UTF-8 YAML .*month"),
    ("bottomless yaml", spec(b"[" * 700), r"concept\.yml: not plain UTF-8 YAML"),
    ("yaml that swells", spec(LAUGHS.encode()), r"Concept [a-z]: Extra inputs"),
    ("yaml list", spec(b"- tree"), r"concept\.yml: expected 'name: value' lines, found \['tree'\]"),
    ("yaml number as key", spec(b"1: tree"), r"concept\.yml: expected 'name: value' lines"),
    ("unknown key", spec(b"initialiser: tree"), r"Concept initialiser: Extra inputs are not permitted"),
    ("key with a newline", spec(b'"a\\nb": 1'), r"Concept 'a\\nb': Extra inputs"),
    ("key of a folder", spec(b"images: [a.png]"), r"concept\.yml: images come from the folders of that name"),
    ("wrong type", spec(b"initializer: [a, b]"), r"Concept initializer: Input should be a valid string \(got \['a"),
    ("wrong type within", spec(b"alternatives: [1]"), r"Concept alternatives.0: Input should be a valid string"),
    ("placeholder is a word", spec(b"placeholder: tree"), r"Concept placeholder: String should match .*<.*got 'tree'"),
    ("placeholder with spaces", spec(b"placeholder: <a b>"), r"Concept placeholder: .*got '<a b>'"),
    ("empty placeholder", spec(b"placeholder: ''"), r"Concept placeholder: .*got ''"),
    ("placeholder with braces", spec(b"placeholder: '<{}>'"), r"Concept placeholder: .*got '<\{\}>'"),
    ("placeholder with capitals", spec(b"placeholder: <Tree>"), r"Concept placeholder: .*got '<Tree>'"),
    ("empty initializer", spec(b"initializer: ' '"), r"Concept initializer: .*at least 1 character"),
    ("template without a place", spec(b"templates: [a photo]"), r"Concept templates.0: .*got 'a photo'"),
    ("template of two places", spec(b"templates: ['{} and {}']"), r"Concept templates.0"),
    ("name that leaves the folder", spec(b"name: ../../evil"), r"Concept name: expected a name without '/'"),
    ("name from the root", spec(b"name: /etc/evil"), r"Concept name: expected a name without '/'"),
    ("hidden name", spec(b"name: .."), r"Concept name: expected a name .* no dot in front"),
    ("name with a newline", spec(b'name: "a\\nb"'), r"Concept name: expected a name without '/' or control"),
    ("unknown override", lambda w: load_concept(w.concept.images[0].parents[1], colour="red"),
     r"Concept colour: Extra"),
    # arms
    ("no vectors", arm(vectors=0), r"Arm vectors: .*greater than or equal to 1 \(got 0\)"),
    ("minus one vector", arm(vectors=-1), r"Arm vectors: .*\(got -1\)"),
    ("33 vectors", arm(vectors=33), r"Arm vectors: .*less than or equal to 32 \(got 33\)"),
    ("half a vector", arm(vectors=1.5), r"Arm vectors: .*integer"),
    ("negative rate", arm(learning_rate=-1.0), r"Arm learning_rate: .*greater than 0"),
    ("rate of zero", arm(learning_rate=0), r"Arm learning_rate: .*greater than 0 \(got 0\)"),
    ("rate NaN", arm(learning_rate=NAN), r"Arm learning_rate: .*finite number \(got nan\)"),
    ("rate infinite", arm(learning_rate=INF), r"Arm learning_rate: .*finite number"),
    ("rate in words", arm(learning_rate="fast"), r"Arm learning_rate: .*valid number.*'fast'"),
    ("negative seed", arm(seed=-1), r"Arm seed: .*greater than or equal to 0"),
    ("negative KL weight", arm(kl_weight=-0.1), r"Arm kl_weight: .*greater than or equal to 0"),
    ("KL weight NaN", arm(kl_weight=NAN), r"Arm kl_weight: .*finite number"),
    ("KL of a chain without noise", arm(kl_weight=1.0, kl_variance="zero"), r"Arm kl_variance: .*'fixed_small' or"),
    ("unknown KL weighting", arm(kl_weighting="soft"), r"Arm kl_weighting: .*'exact' or 'uniform'"),
    ("negative L2", arm(l2_weight=-1), r"Arm l2_weight: .*greater than or equal to 0"),
    ("unknown setting", arm(stepz=3), r"Arm stepz: Extra inputs"),
    ("empty initializer of an arm", arm(initializer=""), r"Arm initializer: .*at least 1 character"),
    # losses
    ("variance of zero", lambda w: kl_step_weights(ALPHAS, "zero"), r"variance 'zero': expected one of fixed_small"),
    ("prediction of the sample", lambda w: kl_step_weights(ALPHAS, prediction_type="sample"),
     r"'sample': expected one"),
    ("unknown weighting", lambda w: lam_by_timestep(1.0, ALPHAS, "soft"), r"KL weighting 'soft': expected 'exact'"),
    # training
    ("no steps", learn(steps=0), r"steps: expected a whole number of 1 or more, got 0"),
    ("minus five steps", learn(steps=-5), r"steps: expected a whole number .*got -5"),
    ("one and a half steps", learn(steps=1.5), r"steps: expected a whole number .*got 1\.5"),
    ("steps as text", learn(steps="10"), r"steps: expected a whole number .*got '10'"),
    ("no batch", learn(batch_size=0), r"batch_size: expected a whole number"),
    ("no checkpoints", learn(checkpoint_every=0), r"checkpoint_every: expected a whole number"),
    ("no seeds", learn(arms=[]), r"arms: expected one or more, got none"),
    ("seeds repeated", lambda w: w.train(arms=[w.arm, w.arm]), r"arms: two are the same \(concept red_tower, .*seed 0"),
    ("unknown initializer", lambda w: w.train(arms=[Arm(w.concept, initializer="雪")]),
     r"initializer '雪': the tokenizer"),
    ("training without a place", learn(templates=["a photo"]), r"template 'a photo': expected exactly one \{\}"),
    ("training with a named place", learn(templates=["a {} {x}"]), r"template 'a \{\} \{x\}': expected exactly one"),
    ("training with a lone brace", learn(templates=["a {} {"]), r"template 'a \{\} \{': expected exactly one"),
    ("template past the limit", learn(templates=["tree " * 30 + "{}"]), r"33 tokens with start and end, .* has 24"),
    ("mirroring as text", learn(flip="yes"), r"flip: expected True or False, got 'yes'"),
    ("unknown compiling", learn(compile="yes"), r"compile: expected True, False or 'auto'"),
    ("memory NaN", learn(memory_gb=NAN), r"memory_gb: expected more than 0, got nan"),
    ("run of other code", again("code"), r"holds a run of other code \(0123456789, not \w+\); choose another folder"),
    ("run of other checkpoints", again("steps-kept"), r"holds a run of other checkpoint_every \(7, not 2\)"),
    ("run.json a list", again("list"), r"list/run\.json: expected a JSON object, found a list"),
    ("run.json without a choice", again("chosen"), r"run\.json: micro_batch not as a run leaves it"),
    ("run.json with a wrong choice", again("zero"), r"run\.json: micro_batch not as a run leaves it"),
    ("run.json torn", again("torn-json"), r"run\.json: no readable JSON"),
    ("run.json of other arms", again("arms"), r"holds a run of other arms"),
    ("run.json lost", again("no-json"), r"holds checkpoints but no run\.json"),
    ("words of arms it lacks", lambda w: load_run(w.results / "runs/arms").at(), r"has no rows of arm 'ffffffffff'"),
    ("run without arms", lambda w: load_run(w.results / "runs/no-arms").table, r"run\.json: arms not as a run leaves"),
    ("torn checkpoint", lambda w: load_run(w.results / "runs/torn").at(2),
     r"step_000002\.safetensors: no tensors with"),
    ("no such checkpoint", lambda w: load_run(w.results / "runs/whole").at(1),
     r"no checkpoint at step 1 \(there are 0, 2"),
    ("no run", lambda w: load_run(w.pictures), r"pictures: holds no run \(expected run\.json and step_"),
    ("identifier of two tokens",
     lambda w: dreambooth(w.pipe, DreamBooth(w.concept, identifier="a tree", steps=1), out=w.results),
     r"identifier 'a tree': expected one existing token"),
    ("negative prior", lambda w: DreamBooth(w.concept, identifier="z", steps=1, prior_weight=-1),
     r"DreamBooth prior_weight"),
    # the store and the page
    ("store: no steps", lambda w: Store(w.results / "runs", w.folder).learn(w.pipe, [w.arm], steps=0),
     r"steps: expected"),
    ("store: half steps", lambda w: Store(w.results, w.folder).learn(w.pipe, [w.arm], steps=1.5), r"steps: expected"),
    ("profile with a slash", lambda w: open_store("a/b"), r"record name 'a/b': expected letters, digits"),
    ("profile that leaves", lambda w: paths.record_dir("..", "x"), r"record name '\.\.': expected letters"),
    ("profile without a name", lambda w: paths.scratch_dir(""), r"record name '': expected letters"),
    ("page without concepts", lambda w: open_page("x", profile="quick", concepts=[]),
     r"concepts: expected one or more"),
    ("page of no model", lambda w: open_page("x", profile="q", concepts=[w.concept.images[0].parents[1]], model="./no"),
     r"model '\./no': there is no folder no \(expected 'pocket'"),
    # embeddings
    ("embedding of another width",
     lambda w: encode_prompts(w.pipe, ["<x>"], [Embedding("<x>", torch.ones(1, 48))]),
     r"width 48: this text encoder's is 32"),
    # prompts
    ("prompt past the limit", lambda w: encode_prompts(w.pipe, ["tree " * 30]),
     r"32 tokens with start and end, .* has 24"),
    ("placeholder not given", lambda w: tokenize(w.pipe.tokenizer, ["a <y>"], {"<x>": 1}),
     r"no embedding was given for '<y>'"),
    ("placeholder in capitals", lambda w: tokenize(w.pipe.tokenizer, ["a <Y>"]), r"no embedding was given for '<Y>'"),
    ("rows not given", lambda w: encode(w.pipe.text_encoder, tokenize(w.pipe.tokenizer, ["<x>"], {"<x>": 2}), X.rows),
     r"ids ask for 2 learned rows, 1 were given"),
    ("initializer unknown", lambda w: initial_rows(w.pipe, "雪"), r"initializer '雪': the tokenizer does not know it"),
    ("initializer empty", lambda w: initial_rows(w.pipe, " "), r"initializer ' ': the tokenizer does not know it"),
    ("rows of no vectors", lambda w: initial_rows(w.pipe, "tree", 0), r"vectors: expected 1 or more, got 0"),
    ("unknown pooling", lambda w: pool(torch.ones(1, 2, 3), torch.ones(1, 2), 1, "max"), r"pooling 'max': expected"),
    # drawing
    ("guidance below one", drawn(guidance_scale=0.5), r"guidance_scale: expected 1 or more, got 0\.5"),
    ("guidance NaN", drawn(guidance_scale=NAN), r"guidance_scale: expected 1 or more, got nan"),
    ("guidance infinite", drawn(guidance_scale=INF), r"guidance_scale: expected 1 or more, got inf"),
    ("guidance as text", drawn(guidance_scale="7"), r"guidance_scale: expected 1 or more, got '7'"),
    ("no inference steps", drawn(num_inference_steps=0), r"num_inference_steps: expected a whole number of 1"),
    ("half an inference step", drawn(num_inference_steps=2.5), r"num_inference_steps: expected a whole number of 1"),
    ("seeds twice", drawn(seeds=[1, 1]), r"seeds: expected whole numbers .*each once, got \[1, 1\]"),
    ("no seeds to draw", drawn(seeds=[]), r"seeds: expected whole numbers .*got \[\]"),
    ("negative seeds", drawn(seeds=[-1]), r"seeds: expected whole numbers of 0 or more, .*got \[-1\]"),
    ("seeds with fractions", drawn(seeds=[0.5]), r"seeds: expected whole numbers"),
    ("a seed for seeds", drawn(seeds=3), r"seeds: expected whole numbers .*got 3"),
    ("no prompts", drawn(prompts=[]), r"prompts: expected a list of one or more texts, got \[\]"),
    ("a prompt for prompts", drawn(prompts="a tree"), r"prompts: expected a list .*got 'a tree'"),
    ("a number for a prompt", drawn(prompts=[3]), r"prompts: expected a list of one or more texts, got \[3\]"),
    ("a place nothing fills", drawn(prompts=["a {}"]), r"prompt 'a \{\}': .*pass word='a tree'"),
    ("no pictures at once", drawn(batch_size=0), r"batch_size: expected a whole number of 1 or more, got 0"),
    # models
    ("model without unet", model("no-unet"), r"no-unet': unet missing in"),
    ("model pickled", model("pickled"), r"pickled' cannot be loaded: .*diffusion_pytorch_model\.safetensors"),
    ("model with code", model("own-code"), r"own-code' cannot be loaded"),
    ("model index a list", model("list"), r"list' cannot be loaded"),
    ("model torn", model("torn"), r"torn' cannot be loaded: .*deserializ"),
    ("no such model", lambda w: load_pipeline("nowhere"),
     r"model 'nowhere': .*expected 'pocket', a folder, or a Hub id"),
    ("model of nobody's home", lambda w: load_pipeline("~nobody-here/x"), r"'~nobody-here/x': there is no folder"),
    ("endless model", lambda w: load_pipeline("a" * 300), r"there is no folder"),
    ("model for a judge", lambda w: load_judge(w.model), r"config\.json, preprocessor_config\.json missing in"),
    ("no such judge", lambda w: load_judge("nowhere"), r"model 'nowhere': there is no folder"),
    # scores
    ("pictures without columns", lambda w: evaluate(w.table.drop(columns=["arm", "seed"]), w.concept, w.judge),
     r"images: lacks the columns arm, seed"),
    ("no pictures to score", lambda w: evaluate(w.table[:0], w.concept, w.judge), r"images: expected one or more rows"),
    ("scores without columns", lambda w: summarise(w.table, "a photo of {}"),
     r"table: lacks the columns coherence, concept"),
    ("judge and a raw token", lambda w: w.judge.text_features(["a <x>"]), r"text 'a <x>' holds a raw token"),
    ("judge past the limit", lambda w: w.judge.text_features(["tree " * 40]), r"longer than its 24 tokens"),
    ("nulls too small", lambda w: calibrate([0.5], np.zeros(199)), r"null: expected 200 or more finite .*got 199"),
    ("null NaN", lambda w: calibrate([0.5], [NAN] * 300), r"null: expected 200 or more finite similarities, got 0"),
    ("half a null", lambda w: combine([0.1], [0.1], subject_null=np.zeros(300), text_null=[0.0]),
     r"null: expected 200"),
    ("nulls of few pictures", lambda w: build_nulls(w.table, w.judge), r"nulls: expected 200 or more pictures .*got 2"),
    ("nulls of unequal parts", lambda w: Nulls(torch.ones(300, 2), ("a",) * 5, {}),
     r"expected 200 .*got 5"),
    ("nulls that are none", lambda w: load_nulls(w.results / "odd/bare.safetensors"),
     r"bare\.safetensors: no readable nulls"),
    ("ceiling below the floor", anchors(floor=0.6, ceiling=0.4), r"ceiling 0\.4000 is not above the floor 0\.6000"),
    ("ceiling at the floor", anchors(floor=0.5, ceiling=0.5), r"ceiling 0\.5000 is not above the floor"),
    ("ceiling NaN", anchors(floor=0.5, ceiling=NAN), r"ceiling nan is not above the floor"),
    ("nothing to rank by", lambda w: context_features(["a photo of {}"], w.concept, w.judge),
     r"says nothing but the concept"),
    ("column not there", lambda w: paired_differences(w.table, "seed", arm="arm", new="b", base="a", pair=["step"]),
     r"table: no row has arm 'b'"),
    ("nothing finite", lambda w: hierarchical_bootstrap(pd.DataFrame(dict(concept=["a"], x=[NAN])), "x"),
     r"needs finite values of 'x'"),
    # records
    ("table without columns", lambda w: files.load_table(w.results / "quick/table.csv", ("arm", "x", "y")),
     r"table\.csv: lacks the columns x, y"),
    ("no table", lambda w: files.load_table(w.results / "none.csv"), r"none\.csv: no readable table"),
    ("binary table", lambda w: files.load_table(w.results / "odd/binary.csv"), r"binary\.csv: no readable table"),
    ("empty table", lambda w: files.load_table(w.results / "odd/empty.csv"), r"empty\.csv: no readable table"),
    ("torn JSON", lambda w: files.load_json(w.results / "odd/torn.json"), r"torn\.json: no readable JSON"),
    ("JSON list", lambda w: files.load_json(w.results / "odd/list.json"),
     r"list\.json: expected a JSON object, found a list"),
    ("bottomless JSON", lambda w: files.load_json(w.results / "odd/deep.json"), r"deep\.json: no readable JSON"),
    ("tensors without record", lambda w: files.load_tensors(w.results / "odd/bare.safetensors"),
     r"bare\.safetensors: no tensors with their record"),
    ("claim without words", lambda w: read_claims(w.results / "odd", ["page"]),
     r"claims\.json: claim 0: Claim source: Field required"),
    # parameters
    ("parameters without a type", lambda w: declared("steps = 5"), r"has `steps = 5`; expected `name: type = default`"),
    ("parameter that is no name", lambda w: check({1: 2}, {"steps": int}), r"unknown parameter `1`: there are: steps"),
    ("parameter with a newline", lambda w: check({"a\nb": 2}, {"steps": int}), r"unknown parameter `'a\\nb'`"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "said"), [case[1:] for case in FUNCTIONS], ids=[case[0] for case in FUNCTIONS])
def test_a_call_is_refused_in_one_line(w, call, said, monkeypatch):
    monkeypatch.setattr(paths, "RESULTS", w.results)
    monkeypatch.setattr(paths, "BUILD", w.results / "build")
    before = tree(w.results)
    with pytest.raises(ValueError) as error:
        call(w)
    line = str(error.value)
    assert re.search(said, line), line
    assert line.isprintable() and len(line) < 1000
    assert tree(w.results) == before and not (w.models / "ran").exists()


# --- what looks odd and is let in -------------------------------------------------------------------


def test_odd_pictures_that_are_let_in(tmp_path):
    """As a browser shows them: CMYK and 16 bit as colours, transparency over white, upright by EXIF."""
    base = Image.new("RGB", (48, 48), (220, 0, 0))
    base.paste((0, 150, 0), (0, 24, 48, 48))
    clear, exif = base.convert("RGBA"), Image.Exif()
    clear.paste((0, 0, 0, 0), (0, 0, 8, 8))
    exif[0x0112] = 3  # upside down
    base.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=98)
    clear.save(tmp_path / os.fsdecode(b"\xff\xfe clear.png"))
    base.rotate(180).save(tmp_path / "-turned\n.jpg", exif=exif, quality=98)
    Image.fromarray(np.asarray(base.convert("L")).astype(np.uint16) * 257).save(tmp_path / "deep.png")
    (cmyk, clear, turned, deep) = (
        load_images([path], 48)[0]
        for name in ("cmyk", "clear", "turned", "deep")
        for path in load_concept(tmp_path).images
        if name in path.name
    )
    for image in (cmyk, clear, turned):
        assert image.mode == "RGB" and image.getpixel((24, 6))[0] > 150 > image.getpixel((24, 42))[0]
    assert clear.getpixel((2, 2)) == (255, 255, 255)
    assert abs(deep.getpixel((24, 6))[0] - base.convert("L").getpixel((24, 6))) <= 1


def test_a_folder_of_one_picture_is_a_concept(tmp_path):
    folder = tmp_path / "-my cat"
    draw(0).save(written(folder / "a.png", b""))
    concept = load_concept(folder)
    assert (concept.name, concept.placeholder, len(concept.images)) == ("-my cat", "<my-cat>", 1)


def test_a_deterministic_scheduler_of_the_model_does_not_matter_to_the_kl(w):
    """The term compares steps of the noisy chain that the model was trained on, however pictures are drawn later."""
    other = SimpleNamespace(**vars(w.pipe) | dict(scheduler=DDIMScheduler.from_config(w.pipe.scheduler.config)))
    arms = [Arm(w.concept, kl_weight=0.5)]
    betas = [describe(pipe, arms, steps=1)["arms"][0]["kl_beta"] for pipe in (w.pipe, other)]
    assert betas[0] == betas[1] > 0
