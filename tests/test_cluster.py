"""The cluster profiles: known keys, stated resources, and one job through a batch system as small as a shell script."""

import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import yaml
from conftest import search_path

from textinv_core.paths import ROOT

CLUSTER = ROOT / "cluster"
PROFILES = {path.parent.name: yaml.safe_load(path.read_text()) for path in sorted(CLUSTER.glob("*/config.yaml"))}
PLUGINS = {"slurm": "snakemake_executor_plugin_slurm", "generic": "snakemake_executor_plugin_cluster_generic"}
STATED = set(re.findall(r"^ +(threads|mem_mb|runtime|gpu)(?:=|: )needs\(", (ROOT / "Snakefile").read_text(), re.M))

# A batch system: a job is a process, its state a file. The first job sent to it dies without a word.
SMALL_CLUSTER = {
    "sbatch": """
        for script; do :; done
        job=$(($(ls "$JOBS" | wc -l) + 1))
        echo RUNNING > "$JOBS/$job"
        echo "$@" >> "$JOBS.log"
        if [ $job -eq 1 ]; then echo NODE_FAIL > "$JOBS/$job"
        else (sh "$script" > "$JOBS.$job.out" 2>&1 && end=COMPLETED || end=FAILED; echo $end > "$JOBS/$job") & fi
        echo $job
    """,
    "scontrol": 'for job; do :; done; echo "JobId=$job JobState=$(cat "$JOBS/$job") Reason=None"',
    "scancel": 'echo "$@"',
}


def install(folder, commands):
    """Shell scripts by name; the environment in which they are found first."""
    folder.mkdir()
    for name, body in commands.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    return os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def say(script, *arguments, where, own):
    command = [str(CLUSTER / "generic" / script), *arguments]
    done = subprocess.run(command, cwd=where, env=own, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", PROFILES)
def test_every_key_is_an_option_of_snakemake(name):
    pytest.importorskip(PLUGINS[name], reason="pip install -e '.[cluster]'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from snakemake.cli import get_argument_parser

        known = {option for action in get_argument_parser()._actions for option in action.option_strings}
    assert PROFILES[name]["executor"] in ("slurm", "cluster-generic")
    assert {f"--{key}" for key in PROFILES[name]} <= known


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_names_only_resources_that_the_workflow_states(name):
    assert {"threads", "mem_mb", "runtime", "gpu"} == STATED
    text = (CLUSTER / name / "config.yaml").read_text()
    named = set(re.findall(r"\{(?:resources\.)?(\w+)\}", text)) - {"rule"}
    named |= set(PROFILES[name].get("default-resources") or {})
    assert named <= STATED
    if name == "generic":  # which has to hand on everything itself
        assert named == STATED


def test_the_submit_script_asks_for_what_the_job_needs(tmp_path):
    own = install(tmp_path / "bin", {"sbatch": 'echo "$@"'})
    asked = say("submit.sh", "part", "4", "32000", "720", "1", "job's script.sh", where=tmp_path, own=own)
    for part in ("--cpus-per-task=4", "--mem=32000", "--time=720", "--gpus=1 job's script.sh"):
        assert part in asked
    asked = say("submit.sh", "part", "1", "1000", "10", "0", "script.sh", where=tmp_path, own=own)
    assert "gpus" not in asked and asked.endswith("--time=10 script.sh")


@pytest.mark.parametrize(
    ("controller", "accounts", "status"),
    [
        ("echo JobId=7 JobState=COMPLETED Reason=None", "exit 1", "success"),
        ("echo JobId=7 JobState=PENDING Reason=BeginTime Requeue=1 Restarts=1", "exit 1", "running"),
        ("echo JobId=7 JobState=RUNNING Reason=None", "exit 1", "running"),
        ("echo JobId=7 JobState=NODE_FAIL Reason=None", "exit 1", "failed"),
        ("echo JobId=7 JobState=OUT_OF_MEMORY Reason=None", "exit 1", "failed"),
        ("echo slurm_load_jobs error: Invalid job id specified >&2; exit 1", "echo COMPLETED", "success"),
        ("echo slurm_load_jobs error: Invalid job id specified >&2; exit 1", "echo CANCELLED by 0", "failed"),
        ("echo slurm_load_jobs error: Invalid job id specified >&2; exit 1", "exit 1", "failed"),
        ("echo slurm_load_jobs error: Unable to contact slurm controller >&2; exit 1", "exit 1", "running"),
    ],
)
def test_the_status_script_says_one_word(tmp_path, controller, accounts, status):
    own = install(tmp_path / "bin", {"scontrol": controller, "sacct": accounts})
    assert say("status.sh", "7", where=tmp_path, own=own) == status


def snakemake(where, *flags, own=os.environ):
    own = own | {"PYTHONPATH": search_path(where), "HF_HUB_OFFLINE": "1"}
    command = [str(Path(sys.executable).with_name("snakemake")), "--workflow-profile", "cluster/generic", *flags]
    out = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return subprocess.run(command, cwd=where, env=own, timeout=900, **out)


def test_a_dry_run_plans_the_gpu_jobs(study_copy):
    pytest.importorskip(PLUGINS["generic"], reason="pip install -e '.[cluster]'")
    done = snakemake(study_copy, "--dry-run", "--configfile", "config/sd15.yaml", "--until", "part")
    assert done.returncode == 0, done.stdout[-1500:]
    assert re.search(r"rule part:(\n .*)+resources: .*runtime=720, gpu=1, mem_mb=32000", done.stdout)


@pytest.mark.slow
def test_a_job_that_dies_on_the_cluster_is_sent_again(study_copy, tmp_path):
    pytest.importorskip(PLUGINS["generic"], reason="pip install -e '.[cluster]'")
    made = shutil.ignore_patterns("build", "results", "_build", "experiments", ".snakemake")
    copy = shutil.copytree(study_copy, tmp_path / "study", ignore=made)
    own = install(tmp_path / "bin", SMALL_CLUSTER) | {"JOBS": str(tmp_path / "jobs")}
    (tmp_path / "jobs").mkdir()
    profile = yaml.safe_load((copy / "config" / "tiny.yaml").read_text())
    profile["experiments"]["step_ablation"]["resources"] = {"threads": 2, "mem_mb": 900, "runtime": 7, "gpu": 1}
    (copy / "config" / "tiny.yaml").write_text(yaml.safe_dump(profile))
    page = "build/tiny/step_ablation/violet_cloud.ipynb"
    flags = ("--configfile", "config/tiny.yaml", "--seconds-between-status-checks", "1", page)
    done = snakemake(copy, *flags, own=own)
    assert done.returncode == 0, done.stdout[-3000:]
    assert (copy / page).is_file() and list(copy.glob("build/tiny/step_ablation/violet_cloud/*.csv"))
    assert "Trying to restart job" in done.stdout
    states = [path.read_text().strip() for path in sorted((tmp_path / "jobs").iterdir())]
    assert states == ["NODE_FAIL", "COMPLETED"]
    sent = (tmp_path / "jobs.log").read_text().splitlines()
    assert all("--cpus-per-task=2 --mem=900 --time=7 --gpus=1 " in line for line in sent) and len(sent) == 2
