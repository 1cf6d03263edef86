"""How a program of this folder says what it found: figures, then every breach, then one line and a status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MOST_SHOWN = 20


@dataclass
class Report:
    """`figures` in the order in which they are printed."""

    title: str
    figures: Mapping[str, object] = field(default_factory=dict)
    breaches: Sequence[str] = ()

    def show(self) -> bool:
        """Print it; returns whether all is well."""
        print(f"\n{self.title}")
        for name, value in self.figures.items():
            shown = f"{value:.2f}" if isinstance(value, float) else value
            print(f"  {name:<42}{shown}")
        for breach in self.breaches[:MOST_SHOWN]:
            print(f"  ✗ {breach}")
        if len(self.breaches) > MOST_SHOWN:
            print(f"  ✗ … and {len(self.breaches) - MOST_SHOWN} more")
        print("  all promises held" if not self.breaches else f"  {len(self.breaches)} breaches", flush=True)
        return not self.breaches
