"""The graph: a small study runs to a built book, once; what fails leaves what was there as it was."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml
from conftest import search_path

from textinv_core.paths import ROOT

PROFILES = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))


def snakemake(where, profile, *flags):
    """Snakemake in a copy of the repository: the finished process, its words in `stdout`."""
    own = {"PYTHONPATH": search_path(where), "HF_HUB_OFFLINE": "1"}
    command = [str(Path(sys.executable).with_name("snakemake")), "--configfile", str(profile), "--cores", "1", *flags]
    return subprocess.run(
        command,
        cwd=where,
        env=os.environ | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
    )


def write_profile(where, change=lambda profile: None):
    profile = yaml.safe_load((where / "config" / "tiny.yaml").read_text())
    change(profile)
    path = where / "config" / "changed.yaml"
    path.write_text(yaml.safe_dump(profile))
    return path


@pytest.mark.parametrize("profile", PROFILES)
def test_the_profiles_plan_their_jobs(study_copy, profile):
    done = snakemake(study_copy, study_copy / "config" / f"{profile}.yaml", "--dry-run", "--forceall")
    assert done.returncode == 0, done.stdout[-1500:]
    assert "rule book" in done.stdout and "experiment=step_ablation" in done.stdout


@pytest.mark.parametrize("profile", PROFILES)
def test_what_shows_all_words_or_claims_comes_after_what_makes_them(profile):
    """Else a page depends on which job happened to end first."""
    experiments = yaml.safe_load((ROOT / "config" / f"{profile}.yaml").read_text())["experiments"]
    assert set(experiments["explore"]["after"]) == set(experiments) - {"explore", "summary"}
    notebook = (ROOT / "notebooks" / "summary.py").read_text()
    assert all(f'"{name}"' in notebook for name in experiments["summary"]["after"])


def test_a_small_study_runs_to_a_book(study):
    notebook = nbformat.read(study / "results/tiny/step_ablation/step_ablation.ipynb", as_version=4)
    assert not any(o.output_type == "error" for c in notebook.cells for o in c.get("outputs", []))
    assert (study / "book/_build/html/experiments/step_ablation.html").is_file()
    assert not list(study.glob("results/tiny/**/.*.ipynb"))
    # Else every page would start from scratch, which nobody would notice.
    assert sys.platform != "linux" or "Traceback" not in (study / "build/tiny/warm.log").read_text()


def test_a_book_of_another_profile_does_not_do(study):
    assert "experiment=kl_tradeoff" in snakemake(study, study / "config/quick.yaml", "--dry-run").stdout


def test_nothing_is_done_twice(study):
    assert "Nothing to be done" in snakemake(study, study / "config/tiny.yaml").stdout


def test_a_failed_experiment_leaves_the_earlier_page(study):
    page = study / "results/tiny/step_ablation/step_ablation.ipynb"
    before = page.read_bytes()
    experiment = dict(split_by=None)

    def change(profile):
        profile["experiments"]["step_ablation"] |= experiment
        profile["experiments"]["step_ablation"]["parameters"]["judge"] = "./nowhere"

    done = snakemake(study, write_profile(study, change), str(page.relative_to(study)))
    assert done.returncode != 0
    assert "error: step_ablation: ValueError: model './nowhere'" in done.stdout
    assert page.read_bytes() == before


def test_an_unfinished_page_is_not_published(study, tmp_path):
    copy = tmp_path / "study"
    shutil.copytree(study, copy, ignore=shutil.ignore_patterns("_build", "experiments", ".snakemake"))
    page = copy / "results/tiny/step_ablation/step_ablation.ipynb"
    notebook = nbformat.read(page, as_version=4)
    notebook.cells[-1].outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]
    nbformat.write(notebook, page)
    build = [sys.executable, str(copy / "book/build.py"), "--profile", "tiny"]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 1 and "ended in an error" in done.stderr
    done = subprocess.run([*build[:-1], "sd15"], capture_output=True, text=True)
    assert done.returncode == 1 and "run `make study` first" in done.stderr


def verify(where, judge, *flags):
    """book/verify.py on the tiny profile of a copy: the finished process."""
    command = [sys.executable, "book/verify.py", "--profile", "tiny", "--judge", judge.model.name_or_path, *flags]
    own = {"PYTHONPATH": search_path(where), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(command, cwd=where, env=os.environ | own, capture_output=True, text=True, timeout=600)


def test_published_numbers_come_back_from_the_words_and_changed_ones_are_found(study, judge, tmp_path):
    done = verify(study, judge, "--sample", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "step_ablation: " in done.stdout and "0 not as recorded" in done.stdout and "stale" not in done.stdout
    copy = tmp_path / "study"
    shutil.copytree(study, copy, ignore=shutil.ignore_patterns("_build", "experiments", ".snakemake"))
    scores = copy / "results/tiny/step_ablation/scores.csv"
    table = pd.read_csv(scores, dtype={"arm": str})
    table.assign(reconstruction=table["reconstruction"] + 0.1).to_csv(scores, index=False)
    with open(copy / "textinv_core/learning/losses.py", "a") as source:
        source.write("CHANGED = True\n")
    done = verify(copy, judge, "--sample", "1")
    assert done.returncode == 1 and "step_ablation: stale, made with another code" in done.stdout
    assert "NOT AS RECORDED" in done.stdout
