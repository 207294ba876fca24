"""A profile once more with other training seeds: `python -m study.again full build/again.json`.

What is written is a profile again, for `snakemake --configfile build/again.json --until experiment`: the pages that
test claims, every training seed shifted. Settings are not chosen anew: the first study's choice is put where the pages
look for theirs. The summary then shows the verdicts of both.
"""

import argparse
import shutil
import sys
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import yaml

from study.words import Group
from textinv_core.files import write_json
from textinv_core.paths import ROOT, record_dir

AGAIN = "again"  # the profile's name, and the folder of its records under results/
SHIFT = 100  # added to every training seed
SEEDS = ("seeds", "place_seeds")  # parameters that list training seeds


def repeated(profile: Mapping, shift: int = SHIFT) -> dict:
    """The pages of a profile that test claims, and its words, with every training seed `shift` higher.

    ValueError where such a page leaves its seeds to its notebook.
    """
    pages, words = profile["experiments"]["summary"]["after"], profile.get("words") or {}
    return dict(
        profile=AGAIN,
        about=f"The profile {profile['profile']} once more, with other training seeds.",
        compile=profile.get("compile", False),
        parameters=profile["parameters"],
        words={name: _words(one, shift) for name, one in words.items()},
        experiments={
            name: _page(name, one, {*pages, *words}, shift)
            for name, one in profile["experiments"].items()
            if name in pages
        },
    )


def _page(name: str, page: Mapping, known: set[str], shift: int) -> dict:
    given = page["parameters"]
    if "seeds" not in given:
        raise ValueError(f"experiment '{name}' states no training seeds to shift; expected `seeds: [...]` there")
    shifted = {key: [seed + shift for seed in given[key]] for key in SEEDS if key in given}
    after = [earlier for earlier in page.get("after") or [] if earlier in known]
    return dict(page) | dict(parameters=given | shifted, after=after)


def _words(words: Mapping, shift: int) -> dict:
    given = deepcopy(words["parameters"])
    for group in given["groups"]:
        group["seeds"] = [seed + shift for seed in group.get("seeds", Group.model_fields["seeds"].default)]
    return dict(words) | dict(parameters=given, after=[])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("profile", help="a name under config/, whose page on settings has been run")
    parser.add_argument("output", type=Path, help="where the new profile goes")
    parser.add_argument("--shift", type=int, default=SHIFT, help="what is added to every training seed (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        profile = yaml.safe_load((ROOT / "config" / f"{options.profile}.yaml").read_text(encoding="utf-8"))
        made = repeated(profile, options.shift)
        settings = record_dir(AGAIN, "regime") / "numbers.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(record_dir(options.profile, "regime") / settings.name, settings)
        write_json(options.output, made)
    except (ValueError, OSError, yaml.YAMLError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
