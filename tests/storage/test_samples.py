"""What any release has stored, every later one reads; see `samples.py` for how to add what is new."""

from __future__ import annotations

import os
from typing import Any, cast

import msgspec
import pytest
from tests.storage import samples
from tests.storage.samples import Sample

from plixa.engine.events import Event, event_class
from plixa.storage.eventlog.codec import decode_event, encode_event

STORED = samples.stored()


def holds(what: Any, said: Any) -> bool:
    """Whether all that was said before is said still; objects may say more, which is what a default adds."""
    if isinstance(said, dict):
        now, then = cast("dict[str, Any]", what), cast("dict[str, Any]", said)
        return isinstance(what, dict) and all(name in now and holds(now[name], then[name]) for name in then)
    if isinstance(said, list):
        many, before = cast("list[Any]", what), cast("list[Any]", said)
        return isinstance(what, list) and len(many) == len(before) and all(map(holds, many, before))
    return bool(what == said)


def test_every_event_that_is_written_has_a_sample() -> None:
    missing = sorted(samples.missing())
    assert missing == [], "run `python -m tests.storage.samples`, which appends them, and keep what it writes"


def test_each_sample_is_there_once() -> None:
    keys = [(sample.type, sample.schema, *sample.data) for sample in STORED]  # one more where a release says more
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("sample", STORED, ids=lambda sample: f"{sample.type}-{sample.schema}")
def test_a_stored_event_reads_as_it_did(sample: Sample) -> None:
    event = decode_event(sample.type, sample.schema, dict(sample.data), None, "")
    assert holds(samples.plain(event), sample.reads)


@pytest.mark.parametrize(
    "sample", [each for each in STORED if event_class(each.type).personal], ids=lambda sample: sample.type
)
def test_a_sealed_one_too_and_without_its_key_only_what_is_not_personal(sample: Sample) -> None:
    event = decode_event(sample.type, sample.schema, dict(sample.data), None, "")
    key = os.urandom(32)

    def again(with_key: bytes | None) -> Event:
        data = msgspec.json.decode(encode_event(event, key, "1/a/1"))
        return decode_event(event.type, event.schema, data, with_key, "1/a/1")

    assert again(key) == event
    erased, whole = samples.plain(again(None)), samples.plain(event)
    personal = {name for name in event.personal if name in sample.data}
    assert {name for name in whole if erased[name] != whole[name]} == personal
