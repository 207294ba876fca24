"""What CLIP is asked: a word and its controls, rungs of pictures unlike the concept, and their cosines to texts."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from PIL import Image

from study.analysis.probes import CLASS, KL, KL_SCALED, NAIVE, NAIVE_SCALED, RANDOM, RUNGS, TRUE
from study.analysis.probes_said import place_among
from study.vocabulary import drawn_word, nearest_ordinary
from textinv_core.evaluation.probes import POOLINGS, context_cosines, rescaled, text_features
from textinv_core.learning.concepts import Concept, class_phrase, load_images, plain_prompt
from textinv_core.learning.tokens import Embedding, initial_rows

Ways = Mapping[str, tuple[str, list[Embedding]]]  # reading -> what stands in the word's place, the row that it needs
Readings = Mapping[tuple[str, int], Ways]  # (concept, training seed) -> its ways
CHANCES = 8  # words drawn at random, for each concept and seed, whose texts are asked
POSES = {"ballet": "doing ballet", "dancing": "dancing"}  # folder of probe pictures -> the words for it


def ways_of(pipe, concept: Concept, seed: int, naive: Embedding, kl: Embedding, norm: float) -> Ways:
    """The class word, a random word, the true name where there is one, and both learned words with and without `norm`."""
    learned = {
        RANDOM: chance_word(pipe, concept, seed),
        NAIVE: naive,
        NAIVE_SCALED: rescaled(naive, norm),
        KL: kl,
        KL_SCALED: rescaled(kl, norm),
    }
    named = {TRUE: (concept.true_name, [])} if concept.true_name else {}
    return {CLASS: (class_phrase(concept), [])} | named | {k: (concept.placeholder, [e]) for k, e in learned.items()}


def chance_word(pipe, concept: Concept, seed: int, which: int = 0) -> Embedding:
    """The row of a word of the vocabulary that was drawn at random, in the placeholder's place."""
    name = f"{concept.name}/{which}" if which else concept.name
    word = drawn_word(pipe.tokenizer, seed=seed, name=name, avoid=(concept.initializer, concept.class_word))
    return Embedding(concept.placeholder, initial_rows(pipe, word), "random")


def with_chance_words(pipe, concept: Concept, seed: int, ways: Mapping) -> dict:
    """The ways with several words drawn at random, each by itself: one alone may by chance do what is asked."""
    more = range(1, CHANCES)  # beside the one that is among the ways
    return dict(ways) | {f"{RANDOM} {i}": (concept.placeholder, [chance_word(pipe, concept, seed, i)]) for i in more}


def averaged(cosines: pd.DataFrame) -> pd.DataFrame:
    """The words drawn at random as one, by the mean of what each has."""
    if cosines.empty:
        return cosines
    one = cosines["reading"].where(~cosines["reading"].str.startswith(RANDOM), RANDOM)
    by = [column for column in cosines if cosines[column].dtype.kind != "f"]
    return cosines.assign(reading=one).groupby(by, sort=False, as_index=False).mean()


def rung_images(concept: Concept, size: int, count: int) -> dict[str, list[Image.Image]]:
    """Rung -> up to `count` pictures: those of the concept's `probes/` folder, as far as there are any.

    Without such a folder its own are the held-out pictures, filled up with training pictures.
    """
    own = concept.probes.get("own") or (*concept.held_out, *concept.images)
    paths = {"own": own} | {rung: concept.probes[rung] for rung in RUNGS if rung in concept.probes and rung != "own"}
    return {rung: load_images(paths[rung][:count], size) for rung in RUNGS if rung in paths}


def posed_pairs(concept: Concept, size: int, count: int) -> list[tuple[str, Image.Image, Image.Image]]:
    """(words for the pose, own picture, own picture in that pose) of a person's probe pictures."""
    if "own" not in concept.probes:
        return []
    own = load_images(concept.probes["own"][:count], size)
    posed = {said: load_images(concept.probes.get(rung, ())[:count], size) for rung, said in POSES.items()}
    return [(said, own[i % len(own)], image) for said, images in posed.items() for i, image in enumerate(images)]


def placed_pairs(images: Sequence, places: Sequence[str]) -> list[tuple]:
    """(words for the place, a picture without one, a picture there) of pictures and their places, "" for none."""
    plain = [image for image, place in zip(images, places, strict=True) if not place]
    there = [(place, image) for image, place in zip(images, places, strict=True) if place]
    return [(place, plain[i % len(plain)], image) for i, (place, image) in enumerate(there)] if plain else []


def fitting(tokenizer, text: str) -> str:
    """As many of the text's words as the text encoder has room for."""
    words = text.split()
    while len(tokenizer(" ".join(words)).input_ids) > tokenizer.model_max_length and len(words) > 1:
        words.pop()
    dangling = ("a", "an", "the", "and", "with", "of", "in", "on", "its")
    while len(words) < len(text.split()) and words[-1].strip(",") in dangling:
        words.pop()
    return " ".join(words).rstrip(",")


def description_of(concept: Concept, tokenizer) -> str:
    """The plain text that describes a concept, as far as the text encoder has room; "" without a description."""
    text = concept.description
    if text and concept.kind != "style":
        text = plain_prompt(concept.kind).replace("{}", text)
    return fitting(tokenizer, text) if text else ""


def moved(readings: Readings, prompts: Mapping[str, Sequence[str]], features: Callable) -> pd.DataFrame:
    """How far each context moves the vector of a text, by word and pooling; `largest`: of any one number in it.

    prompts: concept -> the plain prompt and those with a context; features: texts, words, pooling= -> unit vectors.
    """
    rows = []
    for (name, seed), ways in readings.items():
        plain, *others = prompts[name]
        for reading, (fill, words) in ways.items():
            texts = [prompt.replace("{}", fill) for prompt in prompts[name]]
            for pooling in POOLINGS:
                first, *rest = features(texts, words, pooling=pooling).double()
                for prompt, other in zip(others, rest, strict=True):
                    line = dict(concept=name, seed=seed, reading=reading, pooling=pooling, prompt=prompt)
                    line["after"] = prompt.startswith(plain)  # a style's context stands before the word
                    cosine, largest = float(first @ other), float((first - other).abs().max())
                    rows.append(line | dict(moved=1 - cosine, largest=largest, cosine=cosine))
    return pd.DataFrame(rows)


def rung_cosines(
    clip,
    readings: Readings,
    plain: Mapping[str, str],  # concept -> its plain prompt
    described: Mapping[str, str],  # concept -> a plain description, which stands beside the readings; "" for none
    rungs: Mapping[str, Mapping[str, Sequence[Image.Image]]],  # concept -> rung -> pictures
) -> pd.DataFrame:
    """Probes 1 and 2: the cosine of each word's plain text, and of the description, to each picture of each rung."""
    rows = []
    features = {(n, rung): clip.image_features(list(i)) for n, of in rungs.items() for rung, i in of.items()}
    for (name, seed), ways in readings.items():
        texts = {k: (plain[name].replace("{}", fill), words) for k, (fill, words) in ways.items()}
        texts |= {"description": (described[name], [])} if described.get(name) else {}
        for reading, (text, words) in texts.items():
            for pooling in POOLINGS:
                (vector,) = text_features(clip, [text], words, pooling=pooling)
                line = dict(concept=name, seed=seed, reading=reading, pooling=pooling)
                for rung in rungs[name]:
                    cosines = (features[name, rung] @ vector).tolist()
                    rows += [line | dict(rung=rung, image=i, cosine=x) for i, x in enumerate(cosines)]
    return pd.DataFrame(rows)


def pair_cosines(clip, readings: Readings, plain: Mapping[str, str], pairs: Mapping[str, Sequence]) -> pd.DataFrame:
    """Probe 3: each word's plain and context text against plain picture and picture in that context, by `context`."""
    tables = []
    for (name, seed), ways in readings.items():
        for reading, (fill, words) in ways.items() if pairs.get(name) else ():
            text = plain[name].replace("{}", fill)
            filled = [(f"{text} {said}", *images) for said, *images in pairs[name]]
            for pooling in POOLINGS:
                table = context_cosines(clip, text, filled, words, pooling=pooling)
                table = table.drop(columns="text").assign(context=[said for said, *_ in pairs[name]])
                place = dict(concept=name, seed=seed, reading=reading, pooling=pooling)
                tables.append(table.rename_axis("image").reset_index().assign(**place))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def three_probes(
    clip,  # None: nothing can be asked
    readings: Readings,
    concepts: Sequence[Concept],
    plain: Mapping[str, str],  # concept -> its plain prompt
    *,
    pipe,  # of whose vocabulary words are drawn at random
    side: int,  # pixels of a picture
    count: int,  # pictures a rung
    places_in: Callable | None,  # pictures -> the words for the place in each, "" for none; None: nobody can tell
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cosines of probes 1 and 2, and those of probe 3; people in their poses, others in their places."""
    if clip is None:
        return pd.DataFrame(), pd.DataFrame()
    pairs = {}
    for concept in concepts:
        pairs[concept.name] = posed_pairs(concept, side, count)
        if places_in and not pairs[concept.name] and concept.kind != "style":
            own = load_images((*concept.images, *concept.held_out), side)
            pairs[concept.name] = placed_pairs(own, places_in(own))
    rungs = {concept.name: rung_images(concept, side, count) for concept in concepts}
    described = {concept.name: description_of(concept, pipe.tokenizer) for concept in concepts}
    called = {concept.name: concept for concept in concepts}
    more = {(n, seed): with_chance_words(pipe, called[n], seed, ways) for (n, seed), ways in readings.items()}
    return averaged(rung_cosines(clip, more, plain, described, rungs)), averaged(pair_cosines(clip, more, plain, pairs))


def among_words(pipe, concepts: Sequence[Concept], readings: Readings, ordinary: pd.DataFrame) -> pd.DataFrame:
    """Where both learned rows, and the row of a true name, lie among the ordinary words: length and nearest other."""
    rows = []
    for concept in concepts:
        ways = {
            (k, s): ways[k][1][0].rows[0] for (n, s), ways in readings.items() if n == concept.name for k in (NAIVE, KL)
        }
        seeds = [s for n, s in readings if n == concept.name]
        named = initial_rows(pipe, concept.true_name)[0] if concept.true_name else None
        ways |= {(TRUE, s): named for s in seeds if named is not None}
        for (reading, seed), row in ways.items():
            near, cosine = nearest_ordinary(pipe, row, but=concept.true_name if reading == TRUE else "")
            line = dict(concept=concept.name, seed=seed, reading=reading, norm=float(row.norm()), nearest=near)
            rows.append(line | dict(cosine=cosine) | place_among(ordinary, line["norm"], cosine))
    return pd.DataFrame(rows)
