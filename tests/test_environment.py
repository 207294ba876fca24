"""What is installed is said once, pinned once, and every way it can go wrong ends in one clear line."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from textinv_core.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
EXTRAS = PROJECT["optional-dependencies"]
DECLARED = [Requirement(text) for group in (PROJECT["dependencies"], *EXTRAS.values()) for text in group]
PINS = dict(
    (canonicalize_name(name), version)
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M)
)
IMPORT_NAMES = {"PIL": "pillow", "yaml": "pyyaml", "IPython": "ipython"}
IMPORT_NAMES |= {"websocket": "websocket-client", "xdist": "pytest-xdist"}


def make(target, *variables, **environment):
    """`make target` with these variables: (exit code, last line of what it says)."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "--no-print-directory", target, *variables],
        cwd=ROOT,
        env=clean | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = [line for line in done.stdout.splitlines() if not line.startswith("make: ***")]
    return done.returncode, said[-1] if said else ""


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_every_dependency_is_pinned_within_its_range(requirement):
    version = PINS[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version), f"{requirement} but constraints.txt has {version}"


def test_constraints_name_versions_only():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    assert len(lines) == len(PINS)
    assert not any("/" in line or "@" in line or "+" in line for line in lines)


def test_what_runs_here_is_what_is_pinned():
    there = {canonicalize_name(d.name): d.version for d in importlib.metadata.distributions()}
    optional = {canonicalize_name(Requirement(text).name) for text in EXTRAS["cluster"]}
    wanted = {canonicalize_name(r.name) for r in DECLARED}
    assert wanted - set(there) <= optional
    here = {name: there[name] for name in wanted & set(there)}
    assert {name: version.split("+")[0] for name, version in here.items()} == {name: PINS[name] for name in here}


def test_environment_yml_agrees_with_pyproject():
    conda = [item for item in ENVIRONMENT["dependencies"] if isinstance(item, str)]
    pip = next(item["pip"] for item in ENVIRONMENT["dependencies"] if isinstance(item, dict))
    python = next(item.split("=", 1)[1] for item in conda if item.startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python)
    assert f"{sys.version_info.major}.{sys.version_info.minor}" == python
    assert ENVIRONMENT["name"] == PROJECT["name"]
    assert pip[0] == "--constraint constraints.txt"
    extras = re.fullmatch(r"--editable \.\[([a-z,]+)\]", pip[1])[1].split(",")
    assert set(extras) <= set(EXTRAS)
    assert f"--editable '.[{','.join(extras)}]'" in (ROOT / "Makefile").read_text()


def test_every_import_is_declared():
    names = {canonicalize_name(requirement.name) for requirement in DECLARED}
    tests = {path.stem for folder in ("tests", "book") for path in (ROOT / folder).rglob("*.py")}
    own = {"textinv_core", "study", "pocket_world", *tests, *sys.stdlib_module_names}
    # papermill, jupytext and snakemake bring nbformat, myst_nb comes with jupyter-book, tokenizers with transformers.
    brought = {"nbformat", "traitlets", "myst-nb", "tokenizers", "packaging"}
    for folder in ("textinv_core", "notebooks", "book", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    modules = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    modules = [node.module]
                else:
                    continue
                for module in (name.split(".")[0] for name in modules):
                    package = canonicalize_name(IMPORT_NAMES.get(module, module))
                    assert module in own or package in names | brought, f"{path.name} imports {module}, not declared"


def test_without_python_3_11_make_says_how_to_go_on(tmp_path):
    code, said = make("environment", f"VENV={tmp_path}/venv", "PYTHON=no-such-python")
    assert code != 0
    assert said.startswith("No Python 3.11 as 'no-such-python'. Install it")
    assert not (tmp_path / "venv").exists()


@pytest.fixture(scope="module")
def bare_venv(tmp_path_factory):
    """An environment with nothing in it but pip."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


def test_without_disk_space_make_says_how_to_go_on(bare_venv):
    code, said = make("environment", f"VENV={bare_venv}", "NEEDED_MB=999999999")
    assert code != 0
    assert said.startswith(f"Not enough disk space in {bare_venv}:") and "make VENV=" in said


def test_without_network_make_says_how_to_go_on(bare_venv, tmp_path):
    offline = dict(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path), PIP_CONFIG_FILE=os.devnull)
    code, said = make("environment", f"VENV={bare_venv}", "NEEDED_MB=1", **offline)
    assert code != 0
    assert said.startswith("pip could not install the packages") and "No network?" in said
    assert not (bare_venv / ".one-learned-word").exists()


def test_an_unknown_profile_is_named(tmp_path):
    code, said = make("study", "PROFILE=fulll", f"VENV={sys.prefix}", "READY=")
    assert code != 0
    assert said.startswith("There is no profile 'fulll'") and "full" in said and "quick" in said


def test_continuous_integration_runs_the_readmes_test_command():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    command = script.read_text().splitlines()[-1].removeprefix("exec ")
    assert f"\n{command} " in (ROOT / "README.md").read_text()


def test_binder_installs_the_same_from_the_repositorys_own_files():
    conda = yaml.safe_load((ROOT / "binder/environment.yml").read_text())["dependencies"]
    assert [item for item in ENVIRONMENT["dependencies"] if isinstance(item, str)] == conda
    build = ROOT / "binder" / "postBuild"
    assert os.access(build, os.X_OK)
    command = build.read_text().splitlines()[-1]
    assert command.startswith("pip install ") and "--constraint constraints.txt" in command
    extras = re.search(r"--editable '\.\[([a-z,]+)\]'", command)[1].split(",")
    assert set(extras) <= set(EXTRAS) and "study" in extras
