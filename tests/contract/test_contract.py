"""What is called done is done: for these tags every operation is served, every body takes the contract's fields, and
every behaviour has a test that claims to show it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.contract import coverage
from tests.contract.coverage import Operation

DONE = {
    "Global",
}
NAMED_OTHERWISE: dict[str, set[str]] = {
    # The file of a form is no field of the body's model.
    "POST /v1/conversations/{conversation_id}/media-messages": {"file"},
    "POST /v1/workspace-config/logo": {"logo"},
}
STRICTER: dict[str, set[str]] = {
    # Without the field such a request would do nothing and look as if it had.
    "POST /v1/ai-faqs/reorder": {"ids"},
    "POST /v1/custom-field-definitions/reorder": {"ids"},
    "PUT /v1/admin/support/tickets/{ticket}/tags": {"tag_ids"},
    "PUT /v1/contacts/{contact}/custom-fields": {"values"},
}
WANTED = [*coverage.operations(), *coverage.implied_reads()]


def test_the_data_is_whole() -> None:
    assert (len(coverage.operations()), len(coverage.implied_reads())) == (161, 71)
    assert [each.number for each in coverage.behaviours()] == list(range(1, 318))
    assert Counter(each.key for each in WANTED).most_common(1)[0][1] == 1
    assert {each.tag for each in coverage.behaviours()} >= {each.tag for each in WANTED}


@pytest.mark.parametrize("tag", sorted(DONE))
def test_a_tag_that_is_done_misses_nothing(tag: str) -> None:
    assert tag in {each.tag for each in coverage.behaviours()}
    assert [each.key for each in coverage.not_built(WANTED) if each.tag == tag] == []
    assert [(each.number, each.gist) for each in coverage.not_shown() if each.tag == tag] == []


def test_no_mark_names_a_behaviour_that_is_none() -> None:
    numbers = {each.number for each in coverage.behaviours()}
    assert {n: files for n, files in coverage.shown().items() if n not in numbers} == {}


@pytest.mark.parametrize("operation", coverage.operations(), ids=lambda each: each.key)
def test_a_body_takes_the_fields_of_the_contract(operation: Operation) -> None:
    route = coverage.route_of(operation)
    if route is None:
        assert operation.tag not in DONE
        return
    model = route.body.model_fields if route.body is not None else {}
    wanted = {n: r for n, r in operation.fields.items() if n not in NAMED_OTHERWISE.get(operation.key, set())}
    assert wanted.keys() <= model.keys()
    # What must be sent must be sent; nothing more may be asked of a client that knows only the contract.
    assert {n for n, field in model.items() if field.is_required() and n in wanted} == {
        n for n, r in wanted.items() if r
    } | STRICTER.get(operation.key, set())


def test_marks_are_read_from_the_source(tmp_path: Path) -> None:
    source = "import pytest\n@pytest.mark.spec(7)\n@pytest.mark.spec(9)\ndef test_it(): pass\n"
    (tmp_path / "test_x.py").write_text(source)
    (tmp_path / "helper.py").write_text("@pytest.mark.spec(1)\ndef test_it(): pass\n")
    assert coverage.shown(tmp_path) == {7: ["test_x.py"], 9: ["test_x.py"]}
