"""`python -m tests.contract`: what of the contract is built and shown, and what is missing, by tag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from tests.contract.coverage import behaviours, implied_reads, not_built, not_shown, operations


def report() -> Iterable[str]:
    """The lines to print."""
    for title, wanted in (("operations", operations()), ("implied reads", implied_reads())):
        missing = not_built(wanted)
        yield f"{title}: {len(wanted) - len(missing)} of {len(wanted)} built"
        yield from _by_tag(missing, "key")
    unshown = not_shown()
    yield f"behaviours: {len(behaviours()) - len(unshown)} of {len(behaviours())} shown by a test"
    yield from _by_tag(unshown, "number", "gist")


def _by_tag(missing: Sequence[Any], *shown: str) -> Iterable[str]:
    for tag, group in groupby(sorted(missing, key=attrgetter("tag")), attrgetter("tag")):
        yield f"  {tag}"
        yield from ("    " + "  ".join(str(getattr(each, name)) for name in shown) for each in group)


print("\n".join(report()))
