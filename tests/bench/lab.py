"""Where a run takes place: a folder for its databases, a gateway, and the sites that several parts share."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.fill import Spec, fill
from tests.bench.gateway import Gateway, gateway
from tests.bench.options import Scale
from tests.bench.site import Site, site

BEGAN = time.monotonic()


@dataclass
class Lab:
    """One run's surroundings; `stack` is unwound when it is over."""

    scale: Scale
    folder: Path
    gateway: Gateway
    stack: ExitStack
    _sites: dict[int, Site] = field(default_factory=dict[int, Site])

    def site(self, conversations: int) -> Site:
        """The site with this many conversations in its log; made when it is first asked for."""
        if conversations not in self._sites:
            each = self.scale.events_each
            say(f"filling a log: {conversations:,} conversations of {each} events")
            made = self.stack.enter_context(site(f"plixa-{conversations}", self.folder, self.gateway))
            instance = made.enrolled.webhook.instance
            fill(Spec(url=made.database.url, instance=instance, conversations=conversations, events_each=each))
            self._sites[conversations] = made
        return self._sites[conversations]

    def usual(self) -> Site:
        """The site for what does not ask for a long log: just the conversations that are written in."""
        return self.site(self.scale.customers)

    def big(self) -> Site:
        """The site with the long log."""
        return self.site(self.scale.big_conversations)

    def small(self) -> Site:
        """The site with a tenth of it."""
        return self.site(self.scale.big_conversations // 10)


@contextmanager
def open_lab(scale: Scale) -> Iterator[Lab]:
    """A lab, with all that it started ended and all that it stored removed when the context is left."""
    folder = Path(tempfile.mkdtemp(prefix="plixa-bench-"))
    try:
        with ExitStack() as stack:
            yield Lab(scale, folder, stack.enter_context(gateway()), stack)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seed() -> str:
    """The beginning of key ids that nobody has used on this machine."""
    return f"{time.monotonic_ns():x}"


def say(what: str) -> None:
    """Tell the person who waits, with the seconds since the start."""
    print(f"{time.monotonic() - BEGAN:5.0f} s  {what}", file=sys.stderr, flush=True)
