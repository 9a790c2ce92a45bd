"""What is proposed for platforms of many styles: right, or marked as doubtful."""

import json
import tomllib
from pathlib import Path

import pytest

from adapters.generic_rest.needed import EVIDENCE, HELD_OUT, SETS, Needed
from saccade.tenants import ConfigurationError
from saccade_generic_rest.inferring import NothingFoundError, propose
from saccade_generic_rest.inferring_exchanges import Evidence, Exchange, of_samples
from saccade_generic_rest.inferring_files import loaded
from saccade_generic_rest.inferring_openapi import of_openapi
from saccade_generic_rest.inferring_proposal import Guess, Proposal
from saccade_generic_rest.inferring_toml import written
from saccade_generic_rest.reading import checked


def evidence(name: str) -> Evidence:
    path = EVIDENCE / name
    recorded = isinstance(loaded(path), list)
    return of_samples([path]) if recorded else of_openapi(path)


def wrong(found: Proposal, needed: Needed) -> dict[str, Guess | None]:
    """What is guessed for each key that is not right; ``None`` where nothing is."""
    guesses = {guess.key: guess for guess in found.guesses}
    return {key: guesses.get(key) for key in needed if found.value(key) not in needed[key]}


@pytest.mark.parametrize("name", SETS)
def test_nine_of_ten_are_right_and_every_wrong_one_is_doubtful(name: str) -> None:
    needed, found = SETS[name], propose(evidence(name))
    missed = wrong(found, needed)
    assert len(missed) <= len(needed) * 0.1, missed
    assert [key for key, guess in missed.items() if guess is not None and not guess.doubtful] == []
    unasked = [guess for guess in found.guesses if guess.key not in needed]
    assert [guess for guess in unasked if not guess.doubtful] == []
    doubts = [guess for guess in found.guesses if guess.doubtful]
    assert len(doubts) <= len(found.guesses) / 3  # it asks about doubts alone, and they are few


def test_how_much_is_right_of_what_inference_is_not_tuned_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The figure to quote; of the other sets some decided how inference came to be."""
    wanted = len(SETS[HELD_OUT])
    right = wanted - len(wrong(propose(evidence(HELD_OUT)), SETS[HELD_OUT]))
    with capsys.disabled():
        print(f"\nheld out: {right} of {wanted} fields right")  # noqa: T201 - a figure asked for
    assert right >= 0.9 * wanted


@pytest.mark.parametrize("name", SETS)
def test_what_is_proposed_is_a_mapping_with_its_doubts_marked(name: str) -> None:
    found = propose(evidence(name))
    text = written(found)
    mapping = checked("mapping.toml", tomllib.loads(text))
    assert mapping.catalog.fields.id.text == found.value("catalog.fields.id")
    lines = [line for line in text.splitlines() if "# doubtful" in line]
    doubts = {guess.key: guess for guess in found.guesses if guess.doubtful}
    doubts.pop("auth.kind", None)  # that there is no authentication is said by no line
    assert len(lines) == len(doubts)
    for value in (guess.value for guess in doubts.values()):
        assert any(json.dumps(value) in line or f"= {value or '?'} " in line for line in lines)


def test_nothing_is_made_up_where_no_products_are_listed() -> None:
    brands = Exchange("GET", "/brands", [{"id": 1, "name": "A"}])
    stock = Exchange("POST", "/products", [{"id": 1, "title": "A", "price": 1}])
    for exchanges in ((), (brands,), (stock,), (Exchange("GET", "/products", None),)):
        with pytest.raises(NothingFoundError):
            propose(Evidence(exchanges))


@pytest.mark.parametrize(
    "text",
    ["", "[", "paths: {}", "{}", '{"paths": 1}', "a: &a [*a]", '{"call": "GET x"}', "{:"],
)
def test_what_is_no_evidence_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "evidence"
    path.write_text(text, "utf-8")
    with pytest.raises((ConfigurationError, NothingFoundError)):
        propose(of_openapi(path))
    with pytest.raises((ConfigurationError, NothingFoundError)):
        propose(of_samples([path]))


def test_a_document_that_refers_to_itself_ends(tmp_path: Path) -> None:
    path = tmp_path / "cycle.yaml"
    path.write_text(
        """
paths:
  /products:
    get:
      responses:
        "200": {content: {application/json: {schema: {type: array, items: {$ref: "#/x"}}}}}
x: {type: object, properties: {id: {type: string}, title: {type: string}, price: {type: number},
    parent: {$ref: "#/x"}, same: {$ref: "#/same"}}}
same: {$ref: "#/same"}
""",
        "utf-8",
    )
    assert propose(of_openapi(path)).value("catalog.fields.id") == "id"
