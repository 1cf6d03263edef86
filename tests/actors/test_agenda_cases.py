"""Of what others' calendars were reported to get wrong (T1 to T26), each is tried on ours by a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
NAMED = re.compile(r'"""((?:T\d+(?:, )?)+)')


def test_every_case_is_named_by_a_test() -> None:
    files = [*TESTS.glob("actors/test_agenda*.py"), *TESTS.glob("http/test_agenda*.py")]
    named = {case for file in files for found in NAMED.findall(file.read_text()) for case in found.split(", ")}
    assert {f"T{number}" for number in range(1, 27)} - named == set()
