"""Stage the executed notebooks of a profile into book/experiments/ and build the book, offline.

    python book/build.py --profile quick        the records under results/quick
    python book/build.py --profile published    for each page results/full, else results/quick, else that it has
                                                not been run yet

Pages are copies of what Papermill wrote, with a line on their provenance under the title and the
housekeeping cells hidden. Warnings are errors; a notebook with an error in it is refused by name.
"""

import argparse
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import nbformat
import yaml
from missing import fill_in, quoted_in

from study.wording import counted
from textinv_core.paths import PUBLISHED
from textinv_core.provenance import code_identity

BOOK = Path(__file__).resolve().parent
ROOT = BOOK.parent
RESULTS = ROOT / "results"
STAGED = BOOK / "experiments"


def pages() -> list[str]:
    """The experiment pages that the table of contents names."""
    toc = yaml.safe_load((BOOK / "_toc.yml").read_text())
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [Path(file).name for file in files if file.startswith("experiments/")]


def _record(page: str, profile: str) -> Path | None:
    """The executed notebook of `page` in a profile, if it is there."""
    notebook = RESULTS / profile / page / f"{page}.ipynb"
    return notebook if notebook.is_file() else None


def find(page: str, profiles: tuple[str, ...]) -> Path:
    """The executed notebook of `page` in the first profile that has it."""
    for profile in profiles:
        if notebook := _record(page, profile):
            return notebook
    raise ValueError(
        f"no executed notebook for the page '{page}' under results/ ({', '.join(profiles)}): run `make study` first"
    )


def read_executed(path: Path) -> nbformat.NotebookNode:
    """The notebook at `path`; ValueError if a cell failed or was never run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook = nbformat.read(path, as_version=4)
    if notebook.metadata.get("papermill", {}).get("exception"):
        raise ValueError(f"{path} did not run to its end")
    for number, cell in enumerate(notebook.cells):
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            raise ValueError(f"{path}: cell {number} ended in an error")
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            raise ValueError(f"{path}: cell {number} was not run")
        shown = {kind for output in cell.get("outputs", []) for kind in output.get("data", {})}
        if "figure" in cell.metadata.get("mystnb", {}) and not shown & {"image/png", "image/svg+xml", "text/html"}:
            raise ValueError(f"{path}: cell {number} should show a figure and shows none")
        things = [output for output in cell.get("outputs", []) if output.get("name") != "stderr"]  # bars stay unseen
        if "figure" in cell.metadata.get("mystnb", {}) and len(things) > 1:
            raise ValueError(f"{path}: cell {number} shows {len(things)} things under one figure's name")
    return notebook


def provenance_line(page: str, record: dict) -> str:
    """What a reader should know before the first figure: which model, profile and how many of what."""
    given = record["parameters"]
    model = [] if "model" not in given else [model_of(record) if given["model"] == "pocket" else f"`{given['model']}`"]
    many = [
        counted(len(given[key]), word)
        for key, word in (("pages", "experiment record"), ("concepts", "concept"), ("seeds", "training seed"))
        if given.get(key)
    ]
    if given.get("steps"):
        many.append(f"{given['steps']} steps")
    about = (yaml.safe_load((ROOT / f"config/{record['profile']}.yaml").read_text()) or {}).get("about", "")
    shown = ", ".join([*model, f"profile *{record['profile']}*", *many])
    return (
        f":::{{div}} page-facts\n**Shown here:** {shown}. {about}\n"
        f"**Run it again:** `papermill notebooks/{page}.ipynb out.ipynb` ([how](../rerun.md)); "
        f"what it ran with is on the [provenance page](../provenance.md).\n:::"
    )


@functools.cache
def pocket_hash() -> str:
    """The weights of the pocket model beside this book; empty where it has not been trained."""
    if not (ROOT / "data/models/pocket/model_index.json").is_file():
        return ""
    from textinv_core.learning.models import load_pipeline, model_hash

    return model_hash(load_pipeline("pocket", device="cpu"))


def model_of(record: dict) -> str:
    """The pocket model that made a page: the one beside this book, or one before it was trained further."""
    same = record["model"] in ("", pocket_hash())
    return "the pocket model" if same else "**an earlier state of the pocket model**"


def in_one_fold(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The cells, but folded sources that follow each other and show nothing stand in one, under one toggle."""

    def shows_its_source_alone(cell) -> bool:
        silent = all(output.get("name") == "stderr" for output in cell.get("outputs", []))
        return cell.cell_type == "code" and "hide-input" in cell.metadata.get("tags", []) and silent

    kept: list[nbformat.NotebookNode] = []
    for cell in cells:
        if kept and shows_its_source_alone(kept[-1]) and shows_its_source_alone(cell):
            kept[-1].source += f"\n\n{cell.source}"
        else:
            kept.append(cell)
    return kept


def stage(page: str, source: Path) -> dict:
    """Write book/experiments/<page>.ipynb and return the page's provenance record."""
    record = json.loads((source.parent / "provenance.json").read_text())
    record |= {"page": page, "profile": source.parent.parent.name}
    notebook = read_executed(source)
    heading = next(
        (cell for cell in notebook.cells if cell.cell_type == "markdown" and cell.source.startswith("# ")), None
    )
    if heading is None:
        raise ValueError(f"{source}: no title (a markdown cell that begins with '# ')")
    title, _, rest = heading.source.partition("\n")
    heading.source = f"{title}\n\n{provenance_line(page, record)}\n{rest}"
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if tags & {"parameters", "injected-parameters"}:
            cell.metadata.tags = sorted(tags | {"hide-input"})
        cell.metadata.pop("papermill", None)
    notebook.cells = in_one_fold(notebook.cells)
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("widgets", None)  # a live widget would fetch its code from the network
    fill_in(notebook, quoted_in(BOOK).get(page, ()))
    nbformat.write(notebook, STAGED / f"{page}.ipynb")
    for picture in sorted(source.parent.glob("*.png")):
        shutil.copyfile(picture, STAGED / f"{page}_{picture.name}")
    return record


def stage_unrun(page: str) -> None:
    """Write book/experiments/<page>.ipynb for a page that the published records lack: its title, and how to run it."""
    script = (ROOT / "notebooks" / f"{page}.py").read_text(encoding="utf-8")
    title = next(line.removeprefix("# # ") for line in script.splitlines() if line.startswith("# # "))
    text = (
        f"# {title}\n\n:::{{div}} answer\nThis page has not been run for the published book yet.\n:::\n\n"
        f"`papermill notebooks/{page}.ipynb out.ipynb` runs it on your machine ([how](../rerun.md)); "
        "`make study` runs every page with small samples."
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    fill_in(notebook, quoted_in(BOOK).get(page, ()))
    nbformat.write(notebook, STAGED / f"{page}.ipynb")


def provenance_page(records: list[dict]) -> str:
    """Tables of what made each page, as MyST, from the records alone."""
    lines = ["| page | profile | model | ran on | minutes | processor | code |", "|---|---|---|---|---:|---|---|"]
    for r in records:
        minutes = "" if r.get("seconds") is None else f"{r['seconds'] / 60:.1f}"
        machine = r.get("machine", {})
        accelerator = machine.get("accelerator", "none")
        hardware = machine.get("processor", "") if accelerator == "none" else accelerator
        lines.append(
            f"| [{r['page']}](experiments/{r['page']}) | {r['profile']} | {r['parameters'].get('model', '–')} "
            f"| {r['time'][:10]} | {minutes} | {hardware}, {machine.get('threads', '?')} threads | `{r['code']}` |"
        )
    current = code_identity("textinv_core")
    earlier = sum(r["code"] != current for r in records)
    if earlier:
        lines += [
            "",
            f"{counted(earlier, 'page')} of {len(records)} ran with an earlier state of `textinv_core` than the one "
            f"beside this book, `{current}`. `make verify` draws a sample of their pictures again.",
        ]
    lines += ["", ":::{dropdown} Parameters, data and versions, page by page"]
    for r in records:
        identity = {
            "record": r["id"],
            **({"model weights": r["model"]} if r["model"] else {}),
            **{f"pictures of {k}": v for k, v in r["data"].items()},
        }
        lines += [
            "",
            f"**{r['page']}**",
            "",
            "| parameter | value |",
            "|---|---|",
        ]
        lines += [f"| `{name}` | `{json.dumps(value)}` |" for name, value in r["parameters"].items()]
        lines += [
            "",
            "| hash of | value |",
            "|---|---|",
            *(f"| {name} | `{value}` |" for name, value in identity.items()),
        ]
        lines += [
            "",
            "| package | version |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in r["versions"].items()),
        ]
    lines += [":::"]
    return "\n".join(lines) + "\n"


def _folded(found: re.Match[str]) -> str:
    """A table, and a picture right below it, that is not open at first; named after its columns."""
    head = found[0].partition("\n")[0]
    return f":::{{dropdown}} {' · '.join(cell.strip() for cell in head.strip('|').split('|'))}\n{found[0]}:::\n"


def stage_pocket_model() -> None:
    """What the pocket model's page shows: its world, its concepts, and the card its training wrote."""
    from pocket_world.world.sheet import concept_sheet, contact_sheet

    contact_sheet(rows=6, columns=12, seed=3, gap=4, zoom=2)[0].save(STAGED / "pocket_world.png", optimize=True)
    concept_sheet(ROOT / "data/concepts").save(STAGED / "pocket_concepts.png", optimize=True)

    model = ROOT / "data/models/pocket"
    text = "*This copy of the study has no model card: the pocket model has not been trained here.*\n"
    if (model / "README.md").is_file():
        _, _, text = (model / "README.md").read_text(encoding="utf-8").partition("\n## ")
        text = re.sub(r"!\[([^]]*)\]\(([^)]+)\)", r"![\1](experiments/pocket_\2)", "## " + text)
        long, wide = r"(?:^\|.*\n){15,}", r"(?:^\|.*\n)*^\|.*[^|\n]{100}.*\n(?:^\|.*\n)*"
        text = re.sub(rf"(?m)(?:{long}|{wide})(?:\n!\[.*\n)?", _folded, text)
        for picture in model.glob("*.png"):
            shutil.copyfile(picture, STAGED / f"pocket_{picture.name}")
    (STAGED / "pocket_card.md").write_text(text, encoding="utf-8")


def build(quiet: bool = True) -> None:
    """Sphinx by way of jupyter-book, warnings as errors."""
    command = [
        str(Path(sys.executable).with_name("jupyter-book")),
        "build",
        str(BOOK),
        "-W",
        "-n",
        "--keep-going",
        *(["-q"] if quiet else []),
    ]
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "WARNING" in line or "ERROR" in line]
        raise ValueError("the book did not build:\n" + ("\n".join(said) or done.stdout + done.stderr))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="published", help="a folder under results/, or `published`")
    parser.add_argument("--stage-only", action="store_true", help="write book/experiments/, do not build")
    options = parser.parse_args()
    profiles = PUBLISHED if options.profile == "published" else (options.profile,)
    try:
        published = options.profile == "published"
        ran = [page for page in pages() if not published or any(_record(page, profile) for profile in profiles)]
        if not ran:
            find(pages()[0], profiles)  # says what to do
        sources = {page: find(page, profiles) for page in ran}
        shutil.rmtree(STAGED, ignore_errors=True)
        STAGED.mkdir()
        records = [stage(page, source) for page, source in sources.items()]
        for page in set(pages()) - set(ran):
            stage_unrun(page)
        stage_pocket_model()
        (STAGED / "provenance_tables.md").write_text(provenance_page(records))
        if not options.stage_only:
            build()
    except (ValueError, OSError, KeyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
