"""The graph of the study: a page through Papermill -> records -> staged pages -> book.

    snakemake --configfile config/quick.yaml --cores 2          (what `make study` runs)
    snakemake --configfile config/sd15.yaml --workflow-profile cluster/slurm    (the same graph on a cluster)

A profile (config/*.yaml) says which notebooks run with which parameters and what each needs. A notebook
with `split_by: concepts` runs once per concept first, as independent jobs; the page then loads their arms.
`after` names pages whose learned words and pictures it shares and which therefore come first, or one of the profile's
`words`: words of many pages, learned together beforehand.
"""

import json
import os
import re
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path[:0] = [workflow.basedir, f"{workflow.basedir}/notebooks"]
from study import warm
from study.parameters import ParameterError, check, declared, parameters_cell, read_notebook

if "experiments" not in config:

    configfile: "config/quick.yaml"


PYTHON = sys.executable
# Pages are forks of one process that has loaded the libraries, where it runs: see notebooks/study/warm.py.
RUN = f'{PYTHON} -I -S notebooks/study/warm.py call "$STUDY_WARM"'
KEPT = []  # that process, which ends when nobody keeps its standard input open any more
PROFILE = config.get("profile")
SCRATCH = f"build/{PROFILE}"
RESULTS = f"results/{PROFILE}"
WORDS = config.get("words") or {}  # name -> words that pages have in common, learned in one training


def standing_for(name, paths):
    """One file that stands for many, written when one of them was: a graph of hundreds of files for every job would
    keep the scheduler busier than the notebooks."""
    there = [(path, path.stat()) for path in sorted(paths)]
    said = "".join(f"{path} {found.st_size} {found.st_mtime_ns}\n" for path, found in there)
    file = Path(f"build/inputs/{name}.txt")
    if not file.is_file() or file.read_text() != said:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".{os.getpid()}.tmp")
        new.write_text(said)
        new.replace(file)
    return str(file)


CORE = standing_for("core", (path for folder in ("textinv_core", "notebooks/study") for path in Path(folder).rglob("*.py")))
CONCEPT = "[A-Za-z0-9_-]+"
DATA = standing_for(
    "data",  # what the study's own model and concepts are made of
    (
        path
        for folder, kinds in (("data/models", ".safetensors .json .txt"), ("data/concepts", ".yml .png"))
        for path in Path(folder).rglob("*")
        if path.is_file() and path.suffix in kinds.split()
    ),
)


@cache
def types_of(experiment):
    """What a notebook declares in its cell of parameters."""
    return declared(parameters_cell(read_notebook(f"notebooks/{experiment}.py")))


def parameters_of(experiment):
    """What Papermill hands to a notebook: the profile's defaults where it declares them, then its own."""
    types = types_of(experiment)
    shared = {k: v for k, v in (config.get("parameters") or {}).items() if k in types}
    own = config["experiments"][experiment].get("parameters") or {}
    values = shared | own | {"profile": PROFILE}
    try:
        check(values, types)
    except ParameterError as error:
        raise WorkflowError(f"profile '{PROFILE}', experiment '{experiment}': {error}") from None
    return values


def check_config():
    """Refuse a profile with a misspelt key, an unknown notebook or a wrong parameter before any job starts."""
    known = {
        "a profile": {"profile", "about", "parameters", "experiments", "concepts", "words", "compile"},
        "words": {"parameters", "after", "resources"},
        "an experiment": {"parameters", "resources", "split_by", "after"},
        "resources": {"threads", "mem_mb", "runtime", "gpu"},
    }

    def keys(what, mapping, where):
        if not isinstance(mapping or {}, dict):
            raise WorkflowError(f"{where}: {what} is made of 'name: value' lines, not {mapping!r}")
        for key in mapping or {}:
            if what in known and key not in known[what]:
                raise WorkflowError(f"{where}: unknown key '{key}'; {what} has: {', '.join(sorted(known[what]))}")

    if not PROFILE or not config.get("experiments"):
        raise WorkflowError("a profile needs `profile: name` and `experiments:`; see config/quick.yaml")
    if not isinstance(config.get("compile", False), bool):
        raise WorkflowError(f"profile '{PROFILE}': compile must be true or false, not {config['compile']!r}")
    where = f"profile '{PROFILE}'"
    keys("a profile", config, where)
    keys("parameters", config.get("parameters"), where)
    keys("experiments", config["experiments"], where)
    for name, settings in WORDS.items():
        keys("words", settings, f"words '{name}'")
        keys("resources", settings.get("resources"), f"words '{name}'")
        if name in config["experiments"] or not set(settings.get("after") or []) <= config["experiments"].keys():
            raise WorkflowError(f"words '{name}': must be no experiment's name, and come after experiments alone")
    for name, settings in config["experiments"].items():
        keys("an experiment", settings, f"experiment '{name}'")
        settings = config["experiments"][name] = settings or {}
        keys("parameters", settings.get("parameters"), f"experiment '{name}'")
        keys("resources", settings.get("resources"), f"experiment '{name}'")
        for key, value in (settings.get("resources") or {}).items():
            if not isinstance(value, int) or value < 0:
                raise WorkflowError(f"experiment '{name}': {key} must be a whole number, not {value!r}")
        if settings.get("split_by") not in (None, "concepts"):
            raise WorkflowError(f"experiment '{name}': split_by must be 'concepts' or absent")
        for earlier in settings.get("after") or []:
            if earlier == name or earlier not in {*config["experiments"], *WORDS}:
                raise WorkflowError(f"experiment '{name}': after '{earlier}', which is no other experiment of the profile")
        if not Path(f"notebooks/{name}.py").is_file():
            raise WorkflowError(f"experiment '{name}' has no notebooks/{name}.py")
        concepts = parameters_of(name).get("concepts")
        if settings.get("split_by") and not concepts:
            raise WorkflowError(f"experiment '{name}': split_by concepts needs the parameter `concepts` in the profile")
        if settings.get("split_by") and not all(re.fullmatch(CONCEPT, concept) for concept in concepts):
            raise WorkflowError(f"experiment '{name}': split_by takes concepts by name, not by folder: {concepts!r}")


check_config()


def needs(key, default):
    """A rule's resource, as the profile states it for the experiment or the words."""

    def asked(wildcards):
        one = WORDS[wildcards.words] if "words" in wildcards.keys() else config["experiments"][wildcards.experiment]
        return (one.get("resources") or {}).get(key, default)

    return asked


def parts_of(wildcards):
    if config["experiments"][wildcards.experiment].get("split_by") != "concepts":
        return []
    concepts = parameters_of(wildcards.experiment)["concepts"]
    return [f"{SCRATCH}/{wildcards.experiment}/{concept}.ipynb" for concept in concepts]


def before(wildcards):
    """The pages whose words and pictures this one takes over, so that each is made once, and by the same page."""
    earlier = config["experiments"][wildcards.experiment].get("after") or []
    made = [f"{SCRATCH}/{name}.json" if name in WORDS else f"{RESULTS}/{name}/{name}.ipynb" for name in earlier]
    return made + ([ancient(f"{SCRATCH}/drawing.json")] if config.get("compile") else [])


wildcard_constraints:
    experiment="[a-z0-9_]+",
    concept=CONCEPT,
    words="|".join(WORDS) or "none",


onstart:
    # Not where jobs run elsewhere, nor where a fork may not use what it finds loaded: CUDA, or a Mac's frameworks.
    if workflow.local_exec and sys.platform == "linux" and not list(Path("/dev").glob("nvidia*")):
        server, os.environ["STUDY_WARM"] = warm.start(Path(SCRATCH) / "warm.log")
        KEPT.append(server)


rule all:
    localrule: True
    input:
        "book/_build/html/index.html",
        # Named here too: a book that another profile built would otherwise do.
        expand(RESULTS + "/{experiment}/{experiment}.ipynb", experiment=config["experiments"]),


rule words:
    """Words that several pages ask for, in one training: see notebooks/study/words.py."""
    input:
        lambda wildcards: [f"{RESULTS}/{name}/{name}.ipynb" for name in WORDS[wildcards.words].get("after") or []],
        core=CORE,
        data=DATA,
    params:
        given=lambda wildcards: json.dumps(  # of what all pages are given, all but the sampler's: nothing is drawn
            {key: value for key, value in (config.get("parameters") or {}).items() if key != "num_inference_steps"}
            | WORDS[wildcards.words]["parameters"]
            | {"profile": PROFILE}
        ),
    output:
        SCRATCH + "/{words}.json",
    log:
        SCRATCH + "/{words}.log",
    threads: needs("threads", 2)
    resources:
        mem_mb=needs("mem_mb", 6000),
        runtime=needs("runtime", 120),
        gpu=needs("gpu", 0),
    shell:
        "OMP_NUM_THREADS={threads} {RUN} study.words {output} -y {params.given:q} > {log} 2>&1 || {{ tail -n 1 {log} >&2; exit 1; }}"


rule drawing:
    """The network that draws, compiled before the first page where a profile asks for it: see notebooks/study/drawing.py."""
    input:
        core=CORE,
        data=DATA,
    params:
        given=lambda wildcards: json.dumps({"model": (config.get("parameters") or {}).get("model", "pocket")}),
    output:
        SCRATCH + "/drawing.json",
    log:
        SCRATCH + "/drawing.log",
    threads: 2
    shell:
        "OMP_NUM_THREADS={threads} {RUN} study.drawing {output} -y {params.given:q} > {log} 2>&1 || {{ tail -n 1 {log} >&2; exit 1; }}"


rule part:
    """One concept of an experiment: trains its arms, which the page then finds by identity."""
    input:
        before,
        notebook="notebooks/{experiment}.py",
        core=CORE,
        data=DATA,
    params:
        given=lambda wildcards: json.dumps(
            parameters_of(wildcards.experiment)
            | {"concepts": [wildcards.concept], "out": f"{SCRATCH}/{wildcards.experiment}/{wildcards.concept}"}
        ),
    output:
        SCRATCH + "/{experiment}/{concept}.ipynb",
    log:
        SCRATCH + "/{experiment}/{concept}.log",
    threads: needs("threads", 1)
    resources:
        mem_mb=needs("mem_mb", 6000),
        runtime=needs("runtime", 60),
        gpu=needs("gpu", 0),
    shell:
        "OMP_NUM_THREADS={threads} {RUN} study.run {input.notebook} {output} -y {params.given:q} > {log} 2>&1 || {{ tail -n 1 {log} >&2; exit 1; }}"


rule experiment:
    """The whole experiment: an executed notebook, and its records beside it."""
    input:
        before,
        parts_of,
        notebook="notebooks/{experiment}.py",
        core=CORE,
        data=DATA,
    params:
        given=lambda wildcards: json.dumps(parameters_of(wildcards.experiment)),
    output:
        update(RESULTS + "/{experiment}/{experiment}.ipynb"),
    log:
        SCRATCH + "/{experiment}/all.log",
    threads: needs("threads", 1)
    resources:
        mem_mb=needs("mem_mb", 6000),
        runtime=needs("runtime", 60),
        gpu=needs("gpu", 0),
    shell:
        "OMP_NUM_THREADS={threads} {RUN} study.run {input.notebook} {output} -y {params.given:q} > {log} 2>&1 || {{ tail -n 1 {log} >&2; exit 1; }}"


rule book:
    """Pages staged from the executed notebooks, then Sphinx with warnings as errors and no network."""
    localrule: True
    input:
        expand(RESULTS + "/{experiment}/{experiment}.ipynb", experiment=config["experiments"]),
        [p for p in Path("book").rglob("*") if p.is_file() and p.relative_to("book").parts[0] not in ("_build", "experiments")],
    params:
        profile=PROFILE,
    output:
        "book/_build/html/index.html",
    log:
        f"{SCRATCH}/book.log",
    shell:
        "{PYTHON} book/build.py --profile {PROFILE} > {log} 2>&1 || {{ tail -n 20 {log} >&2; exit 1; }}"
