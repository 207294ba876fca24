"""Imports go down only, and nowhere in a circle: read from the syntax trees, imports inside functions too."""

import ast
from graphlib import TopologicalSorter

import pytest

from textinv_core.paths import DATA, NOTEBOOKS, ROOT
from textinv_core.provenance import imported_names

FOLDERS = {"textinv_core": ROOT / "textinv_core", "study": NOTEBOOKS / "study", "pocket_world": DATA / "pocket_world"}
GROUND, LEARNING, DRAWING, BASELINES, EVALUATION = (
    f"textinv_core{room}" for room in ("", ".learning", ".drawing", ".baselines", ".evaluation")
)
CORE = {GROUND, LEARNING, DRAWING, BASELINES, EVALUATION}
WORLD, TRAINING, ORACLE, RELEASE = (f"pocket_world.{room}" for room in ("world", "training", "oracle", "release"))
MAY = {  # room -> the rooms it may take from, besides itself
    GROUND: set(),
    LEARNING: {GROUND},
    DRAWING: {GROUND, LEARNING},
    BASELINES: {GROUND, LEARNING, DRAWING},  # DreamBooth draws pictures of the class
    EVALUATION: {GROUND, LEARNING},
    "study": CORE,
    "study.analysis": {"study", *CORE},
    "pages": {"study", "study.analysis", WORLD, TRAINING, ORACLE, *CORE},
    WORLD: {GROUND},
    TRAINING: {GROUND, LEARNING, WORLD},  # a word made from looks stands in a prompt as a learned one does
    ORACLE: {GROUND, WORLD, TRAINING},
    RELEASE: {GROUND, WORLD, TRAINING, ORACLE},
    "pocket_world": {GROUND, WORLD, TRAINING, ORACLE, RELEASE},
}


def modules():
    """Dotted name -> file, of every module of the packages and every page."""
    found = {f"pages.{path.stem}": path for path in NOTEBOOKS.glob("*.py")}
    for top, folder in FOLDERS.items():
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join([top, *parts]).removesuffix(".__init__")] = path
    return found


MODULES = modules()
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}


def taken(name):
    """The modules of this tree that a module imports; a package's own file counts where it alone is meant."""
    named = [other for other in imported_names(MODULES[name]) if other in MODULES and other != name]
    return {other for other in named if other not in PACKAGES or not any(n.startswith(f"{other}.") for n in named)}


def room(name):
    """The innermost room that a module stands in, or a package is."""
    return max((r for r in MAY if name.startswith(f"{r}.") or name == r and name in PACKAGES), key=len)


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"textinv_core"}))
def test_imports_go_down_only(name):
    here = room(name)
    wrong = [other for other in taken(name) if room(other) not in MAY[here] | {here}]
    assert not wrong, f"{name} stands in {here} and imports {', '.join(wrong)}"


def test_only_pages_come_in_by_the_door():
    """Whoever imports the door imports everything: no identity could be computed from that."""
    through = [name for name in MODULES if "textinv_core" in taken(name) and room(name) in CORE]
    assert not through


def test_nothing_goes_in_a_circle():
    TopologicalSorter({name: taken(name) for name in MODULES}).prepare()  # CycleError names the circle


@pytest.mark.parametrize("name", sorted(name for name in MODULES if room(name) in CORE))
def test_the_core_names_no_module_of_the_pocket_world(name):
    """Not even in a string: what a page knows of the truth it hands in."""
    texts = [n.value for n in ast.walk(ast.parse(MODULES[name].read_text())) if isinstance(n, ast.Constant)]
    own = {f"pocket_world.{path.stem}" for path in FOLDERS["pocket_world"].rglob("*.py")} | {"pocket_world"}
    assert not [text for text in texts if isinstance(text, str) and any(module in text for module in own)]


def test_the_core_is_small():
    lines = {name: len(MODULES[name].read_text().splitlines()) for name in MODULES if room(name) in CORE}
    assert sum(lines.values()) <= 3400 and max(lines.values()) <= 220
