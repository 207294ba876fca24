"""The claims that pages recorded: whole, of pages that exist, and never contradicted by the summary."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from study.claims import SIGNS, VERDICTS, badge, claims_html, counts, page_title, read_claims, tally
from study.page import Claim
from textinv_core.paths import NOTEBOOKS, RESULTS

ONE = dict(source="poster, Fig. 2", words="it is <best> & safe", test="a test", result="+1.0", n="2 concepts")
ONE |= dict(verdict="supported", primary=True)
KL = dict(source="research note, experiment 4", test="t", result="r", n="n", primary=False)
OTHERS = [
    KL | dict(words="KL keeps order", verdict="not supported"),
    KL | dict(words="KL keeps context", verdict="undecided"),
]


def record(folder, page, claims, profile="tiny", whole=True):
    """A page's records as `Page.record` leaves them; without provenance where it was killed before."""
    home = folder / page
    home.mkdir(parents=True)
    (home / "claims.json").write_text(json.dumps({"claims": claims}))
    if whole:
        (home / "provenance.json").write_text(json.dumps(dict(profile=profile, parameters=dict(model="pocket"))))


@pytest.fixture
def records(tmp_path):
    record(tmp_path / "records", "step_ablation", [ONE])
    record(tmp_path / "records", "probes", OTHERS)
    record(tmp_path / "records", "harmony", [ONE], whole=False)
    return tmp_path / "records"


def test_recorded_claims_are_whole_and_their_page_exists():
    for path in sorted(RESULTS.glob("*/*/claims.json")):
        assert (NOTEBOOKS / f"{path.parent.name}.py").is_file(), f"{path}: no such notebook"
        for values in json.loads(path.read_text())["claims"]:
            claim = Claim(**values)
            for name in ("words", "test", "result", "n"):
                text = getattr(claim, name)
                assert text.strip() and "nan" not in text.split(), f"{path}: {claim.source}: {name} is {text!r}"


def test_claims_are_read_in_the_order_asked_and_missing_pages_are_named(records):
    table, missing = read_claims(records, ["probes", "harmony", "seed_ablation", "step_ablation"])
    assert list(table["page"]) == ["probes", "probes", "step_ablation"]
    assert missing == ["harmony", "seed_ablation"]  # the one was killed before its provenance was written
    assert list(table["document"]) == ["research note", "research note", "poster"]
    assert set(table["profile"]) == {"tiny"} and set(table["model"]) == {"pocket"}


def test_no_records_give_an_empty_table(tmp_path):
    table, missing = read_claims(tmp_path, ["probes"])
    assert table.empty and "verdict" in table and missing == ["probes"]


def test_a_broken_claim_is_named_with_its_file(tmp_path):
    record(tmp_path, "probes", [ONE, ONE | dict(verdict="perhaps")])
    with pytest.raises(ValueError, match=r"claims\.json: claim 1: Claim verdict: .*\(got 'perhaps'\)"):
        read_claims(tmp_path, ["probes"])


def test_counts_add_up_and_name_every_verdict(records):
    table, _ = read_claims(records, ["step_ablation", "probes"])
    number = counts(table)
    assert list(number.index) == ["poster", "research note"] and tuple(number.columns) == VERDICTS
    assert number.to_numpy().sum() == len(table)
    assert tally(number.loc["poster"]) == "1 claim (1 supported)"
    assert tally(number.loc["research note"]) == "2 claims (1 not supported, 1 undecided)"


def test_the_table_says_verdicts_in_words_and_escapes_what_was_written(records):
    table, _ = read_claims(records, ["step_ablation", "probes"])
    text = claims_html(table, {"step_ablation": "How long?"})
    assert "it is &lt;best&gt; &amp; safe" in text and "<best>" not in text
    assert '<a href="step_ablation.html">How long?</a>' in text
    for verdict in VERDICTS:
        assert f"{SIGNS[verdict]} {verdict}" in badge(verdict) and badge(verdict) in text


def test_claims_that_held_up_come_first_in_their_document_and_results_unfold():
    said = dict(zip(("fell", "open", "held"), ("not supported", "undecided", "supported"), strict=True))
    rows = [KL | dict(takes="", words=words, verdict=verdict, result=f"{words}: +1") for words, verdict in said.items()]
    table = pd.DataFrame(rows).assign(page="probes", document="research note")
    text = claims_html(table, {})
    places = [text.index(f"<strong>{words}</strong>") for words in ("held", "fell", "open")]
    assert places == sorted(places)
    assert text.count("<details>") == 1 and places[-1] < text.index("<details>") < text.index("held: +1")
    primary = table.assign(verdict="supported", primary=[False, False, True])
    assert claims_html(primary, {}).index("held") < claims_html(primary, {}).index("fell")


def test_what_is_undecided_says_what_would_decide_it():
    given = dict(source="poster", words="w", test="t", result="r", n="n", takes="about 17 concepts")
    claims = [Claim(**given, verdict=verdict) for verdict in VERDICTS]
    assert [claim.takes for claim in claims] == ["", "", "about 17 concepts"]
    rows = [dict(page="x", document="poster") | claim.model_dump() for claim in claims]
    assert claims_html(pd.DataFrame(rows), {}).count("if the estimate stays, by about 17 concepts") == 1
    assert "estimate stays" not in claims_html(pd.DataFrame(rows[:2]), {})


def test_page_titles_come_from_the_notebooks(tmp_path):
    assert page_title(NOTEBOOKS / "step_ablation.py") == "How long should one train?"
    assert page_title(tmp_path / "harmony.py") == "harmony"


def run_summary(folder, *arguments):
    command = [sys.executable, "-m", "study.run", "summary", "out.ipynb", *arguments]
    quiet = os.environ | {"PYTHONWARNINGS": "ignore"}
    return subprocess.run(command, cwd=folder, env=quiet, capture_output=True, text=True, timeout=900)


def test_the_summary_says_what_the_records_say(records, tmp_path):
    done = run_summary(tmp_path, "-r", "records", str(records), "-r", "out", "summary")
    assert done.returncode == 0, done.stderr[-2000:]
    numbers = json.loads((tmp_path / "summary/numbers.json").read_text())
    assert "1 of the documents’ 3 claims held up. As many of the others fell" in numbers["verdict_short"]
    assert "not run: " in numbers["read"] and "2 claims (1 not supported, 1 undecided)" in numbers["tallies"]
    provenance = json.loads((tmp_path / "summary/provenance.json").read_text())
    assert provenance["parameters"]["pages"] == ["step_ablation", "probes"]
    assert "harmony" in provenance["parameters"]["missing"]
    assert len(pd.read_csv(tmp_path / "summary/claims.csv")) == 3
    assert (tmp_path / "summary/overview.png").is_file()


def test_the_summary_of_nothing_is_one_line(tmp_path):
    done = run_summary(tmp_path, "-r", "records", str(tmp_path), "-r", "out", "summary")
    assert done.returncode == 1 and "holds no page with claims" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "summary").exists()
