"""A command that cannot work says why in one line, and leaves what was there as it was."""

import os
import shutil
import subprocess
import sys

import pytest
import yaml
from conftest import search_path, tree, written

from study.run import main as run_page
from textinv_core.paths import ROOT

RUNNER = [  # notebook, arguments, what is said
    ("step_ablation", ["-p", "stepps", "5"], "unknown parameter `stepps`: did you mean `steps`?"),
    ("step_ablation", ["-p", "kl_weight", "1.0"], "unknown parameter `kl_weight`: there are:"),
    ("step_ablation", ["-r", "steps", "5"], "parameter `steps` must be a whole number, not '5'"),
    ("step_ablation", ["-p", "steps", "1.5"], "parameter `steps` must be a whole number, not 1.5"),
    ("step_ablation", ["-p", "steps", "0"], "parameter `steps` must be 1 or more, not 0"),
    ("step_ablation", ["-p", "steps", "-5"], "parameter `steps` must be 1 or more, not -5"),
    ("step_ablation", ["-p", "learning_rate", "-1"], "parameter `learning_rate` must be more than 0, not -1"),
    ("step_ablation", ["-p", "learning_rate", "0"], "parameter `learning_rate` must be more than 0, not 0"),
    ("step_ablation", ["-p", "learning_rate", ".nan"], "parameter `learning_rate` must be a number, not nan"),
    ("step_ablation", ["-p", "learning_rate", ".inf"], "parameter `learning_rate` must be a number, not inf"),
    ("step_ablation", ["-p", "learning_rate", "fast"], "parameter `learning_rate` must be a number, not 'fast'"),
    ("more_vectors", ["-y", "{vectors: [4]}"], "parameter `vectors` must be two or more of 1 to 32, each once, not"),
    ("more_vectors", ["-y", "{vectors: [0, 2]}"], "parameter `vectors` must be two or more of 1 to 32"),
    ("step_ablation", ["-y", "{seeds: [0, 0]}"], "parameter `seeds` must be 0 or more each, none twice, not [0, 0]"),
    ("step_ablation", ["-y", "{seeds: [-1]}"], "parameter `seeds` must be 0 or more each"),
    ("step_ablation", ["-y", "{seeds: []}"], "parameter `seeds` must be 0 or more each"),
    ("step_ablation", ["-p", "seeds", "3"], "parameter `seeds` must be a list, each item a whole number, not 3"),
    ("step_ablation", ["-p", "guidance", "0.5"], "parameter `guidance` must be 1 or more, not 0.5"),
    ("step_ablation", ["-p", "num_inference_steps", "0"], "parameter `num_inference_steps` must be 1 or more, not 0"),
    ("step_ablation", ["-y", "{concepts: [a, a]}"], "parameter `concepts` must be names or folders, each once"),
    ("step_ablation", ["-p", "concepts", "elder_tree"], "parameter `concepts` must be a list, each item a text"),
    ("step_ablation", ["-r", "profile", "../elsewhere"], "parameter `profile` must be a name of letters"),
    ("step_ablation", ["-r", "profile", "a/b"], "parameter `profile` must be a name of letters"),
    ("step_ablation", ["-r", "profile", ""], "parameter `profile` must be a name of letters"),
    ("step_ablation", ["-p", "concept", "null"], "parameter `concept` must be a text, not None"),
    ("probes", ["-p", "kl_weight", "-1"], "parameter `kl_weight` must be 0 or more, not -1"),
    ("kl_tradeoff", ["-y", "{kl_weights: [0.1, -1]}"], "parameter `kl_weights` must be weights of 0 or more"),
    ("kl_tradeoff", ["-y", "{kl_weights: [.nan]}"], "parameter `kl_weights` must be a list, each item a number"),
    ("summary", ["-p", "steps", "5"], "unknown parameter `steps`: there are: profile, pages, again, records, out"),
    ("step_ablatoin", [], "no notebook "),
    ("../README", [], "no notebook "),
    ("step_ablation", ["-f", "no-such.yaml"], "No such file or directory: 'no-such.yaml'"),
]


@pytest.mark.parametrize(("notebook", "arguments", "said"), RUNNER)
def test_the_runner_refuses_in_one_line(tmp_path, capsys, notebook, arguments, said):
    written(tmp_path / "results" / "out.ipynb", b"an earlier result")
    before = tree(tmp_path)
    assert run_page([notebook, str(tmp_path / "results" / "out.ipynb"), *arguments]) == 1
    line = capsys.readouterr().err
    assert line.startswith("error: ") and said in line and line.count("\n") == 1
    assert tree(tmp_path) == before


def command(arguments, where):
    """A command's exit code and its words."""
    own = {"HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    own |= {"PYTHONPATH": search_path(where)}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(arguments, cwd=where, env=clean | own, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def test_a_page_that_cannot_begin_writes_no_records(tmp_path, tmp_path_factory):
    nothing = tmp_path_factory.mktemp("nothing", numbered=False)
    arguments = [sys.executable, "-m", "study.run", "step_ablation", str(tmp_path / "out.ipynb")]
    records_in = ["-r", "out", str(tmp_path / "records"), "-r", "runs", str(tmp_path / "runs")]
    code, said = command([*arguments, "-r", "concept", str(nothing), *records_in], ROOT)
    last = said.splitlines()[-1]
    assert code == 1 and last.startswith("error: step_ablation: ValueError: concept 'nothing': no pictures"), last
    assert [path.name for path in tmp_path.iterdir()] == ["out.failed.ipynb"]


def changed(step_ablation=None, **sections):
    """A profile with other sections, or other lines of the experiment step_ablation."""

    def apply(profile):
        profile["experiments"]["step_ablation"] |= step_ablation or {}
        return profile | sections

    return apply


PROFILES = [
    ("unknown key", changed(experimentz=1), "unknown key 'experimentz'; a profile has:"),
    ("experiments a list", changed(experiments=["step_ablation"]), "experiments is made of 'name: value' lines, not"),
    ("unknown experiment", changed(experiments={"step_ablatoin": {}}),
     "'step_ablatoin' has no notebooks/step_ablatoin.py"),
    ("name with a slash", changed(profile="a/b"), "parameter `profile` must be a name of letters"),
    ("a value that cannot be", changed(step_ablation=dict(parameters=dict(steps=0))),
     "`steps` must be 1 or more, not 0"),
    ("parameters a list", changed(step_ablation=dict(parameters=["steps"])),
     "parameters is made of 'name: value' lines"),
    ("threads in words", changed(step_ablation=dict(resources=dict(threads="two"))),
     "threads must be a whole number, not 'two'"),
    ("a folder to split by", changed(step_ablation=dict(parameters=dict(concepts=["../x"]))),
     "takes concepts by name, not by folder: ['../x']"),
    ("nothing to split by", changed(step_ablation=dict(parameters={})), "split_by concepts needs"),
    ("unknown key below", changed(step_ablation=dict(parameter={})), "unknown key 'parameter'"),
    ("misspelt parameter", changed(step_ablation=dict(parameters=dict(stepps=1))), "`stepps`: did you mean"),
    ("after none", changed(step_ablation=dict(after=["prbes"])), "after 'prbes', which is no other experiment"),
    ("compile neither yes nor no", changed(compile="sometimes"), "compile must be true or false, not 'sometimes'"),
    ("without a name", changed(profile=None), "a profile needs `profile: name`"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), [case[1:] for case in PROFILES], ids=[case[0] for case in PROFILES])
def test_a_profile_is_refused_before_any_job(study_copy, change, said):
    earlier = written(study_copy / "results" / "wrong" / "scores.csv", b"x\n1\n")
    before = tree(study_copy / "results")
    profile = study_copy / "config" / "wrong.yaml"
    profile.write_text(yaml.safe_dump(change(yaml.safe_load((study_copy / "config" / "tiny.yaml").read_text()))))
    try:
        snakemake = os.path.join(os.path.dirname(sys.executable), "snakemake")
        code, output = command([snakemake, "--configfile", str(profile), "--cores", "1"], study_copy)
        assert code != 0 and "Traceback" not in output and "rule " not in output
        assert sum(said in line for line in output.splitlines()) == 1, output
        assert tree(study_copy / "results") == before
    finally:
        profile.unlink()
        shutil.rmtree(earlier.parent)


@pytest.mark.parametrize("profile", ["fulll", "../full"])
def test_make_names_the_profiles_there_are(profile, study_copy):
    before = tree(study_copy / "results")
    given = [f"PROFILE={profile}", f"VENV={sys.prefix}", "READY="]
    code, said = command(["make", "--no-print-directory", "study", *given], study_copy)
    assert code != 0 and f"There is no profile '{profile}'; PROFILE is one of: " in said
    assert tree(study_copy / "results") == before


def test_the_book_of_a_profile_that_never_ran(study_copy):
    before = tree(study_copy / "results")
    code, said = command([sys.executable, "book/build.py", "--profile", "nope"], study_copy)
    assert code == 1 and "under results/ (nope): run `make study` first" in said and "Traceback" not in said
    assert tree(study_copy / "results") == before
