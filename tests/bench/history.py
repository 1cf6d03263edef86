"""Part (d): what a long log costs: bringing actors up from it, keeping them, and replaying all of it."""

from __future__ import annotations

from tests.bench.figures import Row
from tests.bench.lab import Lab, say
from tests.bench.probe import probe

ACTIVATIONS = 2_000
KILOBYTES = 10
REBUILT = 20_000


def measure(lab: Lab) -> list[Row]:
    """On the site with the long log, while it is not running."""
    scale, url = lab.scale, lab.big().database.url
    events = scale.big_conversations * scale.events_each
    say("activating, folding, residing")
    activated = probe("activate", url, scale.activations)
    folded = probe("fold", url, scale.activations)
    memory = [max(0.0, probe(what, url, scale.resident)) / 1024 for what in ("reside", "allocate")]
    say("rebuilding")
    rebuilt = probe("rebuild", url)
    return [
        _row(
            f"activations from a log of {events:,} events",
            activated,
            "/s",
            f"at least {ACTIVATIONS:,}/s",
            activated >= ACTIVATIONS,
            "from a snapshot and 0 to 9 events",
        ),
        _row("the same without snapshots", folded, "/s", note=f"from {scale.events_each} events each"),
        _row(
            f"memory of a resident conversation, among {scale.resident:,}",
            max(memory),
            "KiB",
            f"below {KILOBYTES} KiB",
            max(memory) < KILOBYTES,
            f"resident memory {memory[0]:.1f}, allocated {memory[1]:.1f}; the larger counts",
        ),
        _row("rebuild", rebuilt, "events/s", f"at least {REBUILT:,}/s", rebuilt >= REBUILT),
    ]


def _row(what: str, value: float, unit: str, aim: str = "", met: bool | None = None, note: str = "") -> Row:
    return Row(part="d", what=what, value=value, unit=unit, aim=aim, met=met, note=note)
