"""Notebooks: pairs in sync, one parameters cell, strict, runnable from anywhere on anyone's pictures."""

import ast
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import papermill
import pytest
import yaml
from PIL import Image
from safetensors.torch import load_file

from study.parameters import declared, parameters_cell
from textinv_core.paths import BOOK, NOTEBOOKS, ROOT

SCRIPTS = sorted(NOTEBOOKS.glob("*.py"))
PAPERMILL = [str(Path(sys.executable).with_name("papermill"))]
RUNNER = [sys.executable, "-m", "study.run"]
QUIET = os.environ | {"PYTHONWARNINGS": "ignore", "HF_HUB_OFFLINE": "1"}
TINY = dict(
    steps=4, checkpoint_every=2, images_per_prompt=1, contexts=2, num_inference_steps=2, guidance=2.0, seeds=[3, 4]
)


def test_all_pages_together_are_short():
    assert sum(len(script.read_text(encoding="utf-8").splitlines()) for script in SCRIPTS) <= 4000


def read(path):
    return nbformat.read(path, as_version=4)


def run(command, cwd):
    return subprocess.run(command, cwd=cwd, env=QUIET, capture_output=True, text=True, timeout=900)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Somebody's own pictures: PNG, JPEG and WebP, odd sizes, one upright only by its EXIF."""
    folder = tmp_path_factory.mktemp("somewhere else") / "my cat photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, size in (("a.png", (333, 201)), ("b.JPG", (97, 640)), ("c.webp", (50, 51)), ("d.jpeg", (201, 333))):
        image = Image.fromarray(rng.integers(0, 255, (*size[::-1], 3), dtype=np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 6
        image.save(folder / name, **({"exif": exif} if name == "d.jpeg" else {}))
    return folder


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
class TestEveryNotebook:
    def test_the_pair_is_in_sync(self, script):
        pair = script.with_suffix(".ipynb")
        there = [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in read(pair).cells]
        here = [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in jupytext.read(script).cells]
        assert there == here, f"{pair.name} is not {script.name}: run jupytext --sync {script.relative_to(ROOT)}"

    def test_no_outputs_are_committed(self, script):
        notebook = read(script.with_suffix(".ipynb"))
        assert notebook.metadata.kernelspec.name == "python3"
        assert "papermill" not in notebook.metadata
        for cell in notebook.cells:
            assert not cell.get("outputs") and not cell.get("execution_count")

    def test_one_parameters_cell_each_with_a_unit(self, script):
        source = parameters_cell(read(script.with_suffix(".ipynb")))
        for statement in ast.parse(source).body:
            ast.literal_eval(statement.value)
        assert declared(source)
        for line in source.splitlines():
            assert re.fullmatch(r"\w+: [\w\[\]]+ = [^=]+  # \[[^]]+\] \S[^=]*", line), line

    def test_papermill_explains_every_parameter(self, script):
        """What `papermill --help-notebook` is made of."""
        pair = script.with_suffix(".ipynb")
        known = papermill.inspect_notebook(str(pair))
        assert set(known) == set(declared(parameters_cell(read(pair))))
        assert all(one["inferred_type_name"] != "None" and one["help"].startswith("[") for one in known.values())

    def test_the_check_comes_right_after_the_parameters(self, script):
        code = [cell for cell in read(script.with_suffix(".ipynb")).cells if cell.cell_type == "code"]
        assert "parameters" in code[0].metadata.tags
        checks = (f'begin("{script.stem}", globals())', "check_notebook(In, globals())")
        assert any(call in code[1].source for call in checks)

    def test_figures_have_a_name_a_caption_and_an_alternative_text(self, script):
        for cell in read(script.with_suffix(".ipynb")).cells:
            draws = any(call in cell.source for call in ("plt.subplots", "image_grid(", "scores_between_anchors("))
            if cell.cell_type != "code" or not (draws or "figure" in cell.metadata.get("mystnb", {})):
                continue
            shown = cell.metadata.mystnb
            assert shown.figure.name.startswith("fig-") and shown.figure.caption
            assert shown.get("image", {}).get("alt") or "slider(" in cell.source or "step_slider_html" in cell.source
            assert "set_title" not in cell.source and "suptitle" not in cell.source

    def test_a_page_is_short_and_folds_little(self, script):
        cells = read(script.with_suffix(".ipynb")).cells
        assert len(script.read_text(encoding="utf-8").splitlines()) <= 380
        assert sum("hide-input" in cell.metadata.get("tags", []) for cell in cells) <= 8
        assert not any(cell.source.startswith("## Setup") for cell in cells)

    def test_a_page_ends_by_saying_what_it_does_not_show(self, script):
        text = [cell.source for cell in read(script.with_suffix(".ipynb")).cells if cell.cell_type == "markdown"]
        assert text[0].startswith("# ")
        assert any(f"\n{source}".find("\n## What this shows, and what it does not") >= 0 for source in text)


def test_the_help_of_a_notebook_is_one_line_a_parameter(tmp_path):
    pair = NOTEBOOKS / "step_ablation.ipynb"
    said = run([*PAPERMILL, "--help-notebook", str(pair)], tmp_path).stdout
    for name in declared(parameters_cell(read(pair))):
        assert re.search(rf"^\s+{name}: \S+ \(default .*\)\s+\[", said, re.M), name


def test_the_runner_refuses_wrong_parameters_before_anything_runs(tmp_path):
    earlier = tmp_path / "out.ipynb"
    earlier.write_text("an earlier result")
    done = run([*RUNNER, "step_ablation", str(earlier), "-p", "stepps", "5"], tmp_path)
    assert done.returncode == 1
    assert "unknown parameter `stepps`: did you mean `steps`?" in done.stderr and done.stderr.count("\n") == 1
    assert earlier.read_text() == "an earlier result" and [p.name for p in tmp_path.iterdir()] == ["out.ipynb"]


def test_the_runner_names_the_notebooks_there_are(tmp_path):
    done = run([*RUNNER, "step_ablatoin", str(tmp_path / "out.ipynb")], tmp_path)
    assert done.returncode == 1 and "there are: " in done.stderr and "step_ablation" in done.stderr


def test_plain_papermill_refuses_a_misspelt_parameter(tmp_path):
    command = [
        *PAPERMILL,
        str(NOTEBOOKS / "step_ablation.ipynb"),
        "out.ipynb",
        "-p",
        "stepps",
        "5",
        "-r",
        "out",
        "records",
    ]
    done = run(command, tmp_path)
    assert done.returncode != 0
    assert "unknown parameter `stepps`: did you mean `steps`?" in done.stderr
    assert not (tmp_path / "records").exists()


def test_a_failed_run_leaves_the_earlier_result(tmp_path):
    earlier = tmp_path / "out.ipynb"
    earlier.write_text("an earlier result")
    torn = tmp_path / f".out.ipynb.{platform.node()}.999999999.ipynb"  # of a killed run: no process has that number
    torn.write_text("{")
    done = run(
        [*RUNNER, "step_ablation", "out.ipynb", "-r", "model", "no/such/model", "-r", "out", "records"], tmp_path
    )
    assert done.returncode == 1
    assert "no/such/model" in done.stderr.splitlines()[-1]
    assert earlier.read_text() == "an earlier result"
    assert (tmp_path / "out.failed.ipynb").exists() and not torn.exists()


def test_own_pictures_from_any_directory(photos, model_folder, judge, tmp_path):
    """The README's line: `papermill step_ablation.ipynb out.ipynb -r concept <folder>`, as a stranger would type it."""
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(TINY))
    command = [*PAPERMILL, str(NOTEBOOKS / "step_ablation.ipynb"), "out.ipynb", "-f", "settings.yaml"]
    command += ["-r", "model", str(model_folder), "-r", "judge", judge.model.name_or_path, "-r", "initializer", "cat"]
    command += ["-r", "concept", os.path.relpath(photos, tmp_path), "-r", "out", "records", "-r", "runs", "words"]
    done = run(command, tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    notebook = read(tmp_path / "out.ipynb")
    assert not notebook.metadata.papermill.exception
    pictures = [o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(pictures) >= 4
    assert {"scores.csv", "log.csv", "numbers.json", "provenance.json", "overview.png"} <= {
        path.name for path in (tmp_path / "records").iterdir()
    }
    assert len(list((tmp_path / "words").glob("*/run.json"))) == 1
    assert list(load_file(tmp_path / "records/my cat photos/learned_embeds.safetensors")) == ["<my-cat-photos>"]


NAMES_WITH_DIGITS = (
    r"""Stable Diffusion 1\.5|Python 3\.11|95 %|L2|Figs?\. \d|Table \d|MathJax 3|arXiv:[\d.]+|Notebook 7"""
)
NOT_PROSE = r"""(?sx) ```.*?``` | ~~~.*?~~~ | \$\$.*?\$\$ | \$[^$]+\$ | `[^`]*` | \{[a-z:]+\}`[^`]*` | “[^”]*”
    | \]\([^)]*\) | <!--.*?--> | ^:[\w-]+:.*?$ | https?://\S+ | ^:::+\{.*?$"""


def prose(text):
    """What is left of a page's text without code, formulas, roles, quotations, links and directive options."""
    fenced = r"^```\{(?:figure|admonition|list-table)\}[^\n]*\n(.*?)^```$"  # what they hold is prose
    figures = re.sub(fenced, r"\1", text, flags=re.M | re.S)
    return re.sub(NAMES_WITH_DIGITS, "", re.sub(NOT_PROSE, " ", figures, flags=re.M))


PLAN = BOOK / "cluster.md"  # arithmetic from the assumptions it states, and no result


@pytest.mark.parametrize("page", [*SCRIPTS, *sorted({*BOOK.glob("*.md")} - {PLAN})], ids=lambda path: path.name)
def test_every_number_in_prose_comes_from_a_record(page):
    if page.suffix == ".py":
        cells = [cell.source for cell in jupytext.read(page).cells if cell.cell_type == "markdown"]
    else:
        cells = [page.read_text(encoding="utf-8")]
    for cell in cells:
        typed = [line.strip() for line in prose(cell).splitlines() if re.search(r"\d", line)]
        assert not typed, f"{page.name}: a number typed by hand: {typed}; glue it from a record"


def test_the_plan_for_a_cluster_adds_up():
    sums = re.findall(r"((?:[\d.]+ [×+/] )+[\d.]+) = (\d[\d. ]*)", PLAN.read_text(encoding="utf-8"))
    assert len(sums) >= 3
    for left, right in sums:
        said = float(right.replace(" ", ""))
        assert eval(left.replace("×", "*")) == pytest.approx(said, rel=0.02), f"{left} = {right}"


def test_prose_finds_a_typed_number():
    assert "42" in prose("It rose by 42 points in `x3`, $y_2$, “1000” and {glue:text}`n:.1f`.")
    assert not re.search(
        r"\d", prose("Stable Diffusion 1.5, `x3`, $y_2$, “1000 to 3500”, {glue:text}`n:.1f`, 95 % bands.")
    )
