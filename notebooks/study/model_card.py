"""A learned word to pass on: the two files that programs read, and a card that says what it is.

The card is a README.md as the Hub's concept library has them: a YAML header, the pictures learned from, pictures
drawn, scores, settings, licence. What it shows lies beside it, so the folder can be moved or uploaded whole.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from huggingface_hub import ModelCardData
from safetensors.torch import save_file

from study.wording import counted
from textinv_core.files import atomic, write_image
from textinv_core.learning.concepts import Concept, load_images
from textinv_core.learning.tokens import FILE_NAME, Embedding, save_embedding

HUB_LICENCES = (
    "cc0-1.0",
    "cc-by-4.0",
    "cc-by-sa-4.0",
    "cc-by-nc-4.0",
    "cc-by-3.0",
    "cc-by-sa-3.0",
    "mit",
    "apache-2.0",
)
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$!])")  # what Markdown would read as more than a letter


def save_emb_params(embedding: Embedding, path: str | Path) -> Path:
    """Write the rows as `emb_params` (vectors, width): the file AUTOMATIC1111 and ComfyUI take.

    They call the word by the file's name.
    """
    with atomic(path) as temporary:
        save_file({"emb_params": embedding.rows.float().contiguous()}, temporary)
    return Path(path)


def file_name(embedding: Embedding) -> str:
    """The name of the `emb_params` file: the placeholder without its brackets, which is how those programs call it."""
    return f"{embedding.placeholder.strip('<>')}.safetensors"


def write_card(
    folder: str | Path,
    concept: Concept,
    embedding: Embedding,
    drawn: pd.DataFrame,  # columns prompt (with "{}"), image and score, best first
    *,
    model: str,  # whose word it is: a Hub id, a folder, or `pocket`
    side: int,  # pixels of the pictures shown
    scored_by: str,  # what the scores are
    settings: Mapping[str, object],  # name -> value, as on the page
) -> Path:
    """Write README.md and its pictures into `folder`; files of the word are named if they are there already."""
    folder = Path(folder)
    own = [folder / "concept_images" / f"{i}.png" for i in range(len(concept.images))]
    for path, image in zip(own, load_images(concept.images, side), strict=True):
        write_image(path, image)
    rows = []
    for i, row in enumerate(drawn.itertuples()):
        path = write_image(folder / "samples" / f"{i}.png", row.image)
        said = one_line(row.prompt.replace("{}", embedding.placeholder))
        rows.append((said, float(row.score), path.relative_to(folder).as_posix()))
    licence = one_line(concept.licence) or "unknown"
    is_hub_id = (
        model.count("/") == 1 and not Path(model).expanduser().exists() and not model.startswith((".", "/", "~"))
    )
    header = ModelCardData(
        license=_hub_licence(licence),
        library_name="diffusers",
        tags=["stable-diffusion", "text-to-image", "diffusers", "textual_inversion"],
        base_model=model if is_hub_id else None,
        widget=[dict(text=said, output=dict(url=path)) for said, _, path in rows],
    )
    where = model if is_hub_id else "path/to/the/model"
    example = one_line(drawn["prompt"].iloc[0].replace("{}", embedding.placeholder)) if rows else embedding.placeholder
    weights = [name for name in (FILE_NAME, file_name(embedding)) if (folder / name).is_file()]
    programs = {FILE_NAME: "for diffusers", file_name(embedding): "for AUTOMATIC1111 and ComfyUI (`emb_params`)"}
    vectors, width = embedding.rows.shape
    lines = [
        f"# {plain(concept.name)}",
        "",
        f"{code(embedding.placeholder)} is a word learned by Textual Inversion (Gal et al. 2022) for"
        f" {plain('the pocket model' if model == 'pocket' else Path(model).name if not is_hub_id else model)}:"
        f" {counted(vectors, 'vector')} of {width} numbers. It works with that model only, or one that"
        " shares its text encoder.",
        *([f"It stands for {plain(concept.description)}."] if concept.description else []),
        "",
        "## Use",
        "",
        "```python",
        "from diffusers import StableDiffusionPipeline",
        "",
        f"pipe = StableDiffusionPipeline.from_pretrained({json.dumps(where)})",
        f'pipe.load_textual_inversion("{FILE_NAME}")',
        f"pipe({json.dumps(example, ensure_ascii=False)}).images[0]",
        "```",
        "",
        *(f"- [{plain(name)}]({name}): {programs[name]}" for name in weights),
        "",
        "## Learned from",
        "",
        *_shown([(f"Picture {i + 1} of the concept", p.relative_to(folder).as_posix()) for i, p in enumerate(own)]),
        "",
        f"Licence of the pictures: {plain(licence)}.{f' Source: {plain(concept.source)}.' if concept.source else ''}",
        "",
        "## What it draws",
        "",
        f"Pictures chosen out of a batch by score ({plain(scored_by)}); scores are not to be compared between prompts.",
        "",
        *(f"- {code(said)}, {score:.2f}<br>![{plain(said)}]({path})" for said, score, path in rows),
        "",
        "## Settings",
        "",
        "| setting | value |",
        "|---|---|",
        *(f"| {plain(str(name))} | {plain(str(value))} |" for name, value in settings.items()),
    ]
    text = f"---\n{header.to_yaml()}\n---\n\n" + "\n".join(lines)
    with atomic(folder / "README.md") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return folder / "README.md"


def pass_on(
    home: str | Path,
    concept: Concept,
    embedding: Embedding,
    best: pd.DataFrame,  # as for `write_card`, and `by`: what the score is
    **card,  # model, side, settings
) -> dict[str, str]:
    """Write the word in both formats, and its card; by name of each file or folder in `home`, what it is for."""
    save_embedding(embedding, home)
    save_emb_params(embedding, Path(home) / file_name(embedding))
    write_card(home, concept, embedding, best, scored_by=", ".join(dict.fromkeys(best["by"])), **card)
    uses = {FILE_NAME: "diffusers", file_name(embedding): "AUTOMATIC1111, ComfyUI", "README.md": "the card"}
    return uses | {"concept_images": "what it learned from", "samples": "the best pictures"}


def one_line(text: str) -> str:
    """The text with every run of white space and control characters as one space."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]", " ", text).split())


def plain(text: str) -> str:
    """The text as Markdown that shows it as it is, on one line, within a table too."""
    return SPECIAL.sub(r"\\\1", one_line(text))


def code(text: str) -> str:
    """The text as a code span, fenced by more backticks than it holds."""
    text = one_line(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def _shown(pictures: list[tuple[str, str]]) -> list[str]:
    """Pictures on one line: (alternative text, path)."""
    return [" ".join(f"![{plain(alt)}]({path})" for alt, path in pictures)]


def _hub_licence(stated: str) -> str:
    """The Hub's name for the licence that the text begins with; `other` if there is one it does not know."""
    first = stated.split()[0].strip("(),;.").lower()
    return first if first in HUB_LICENCES else "unknown" if first == "unknown" else "other"
