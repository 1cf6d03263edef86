"""What a call to a model costs, and whether it may be made. Money is in micro-dollars, integers throughout.

A call is paid in three steps, each a decision of the actor that owns the `Spend`: `reserve` before it (or a refusal,
with the reason), then `settle` with what it took, or `release` if it certainly took nothing. There is a `Spend` for the
business (the cap of the month) and one in each conversation (its share of the month); both follow the same rules:

    spent + reserved never exceeds the cap by a reservation; only a call that took more than estimated can exceed it
    a key is reserved once, settled or released once: doing either again changes nothing
    a new month starts at nothing spent; what is still under way then is paid in the month in which it ends

A call that was cut off may have been charged: settle it with its estimate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.ai.prompts import Prompt, in_plain_json
from plixa.actors.ai.values import EMBEDDED

MICROS_PER_CENT = 10_000


class Price(Struct, frozen=True):
    """Micro-dollars for a million tokens, which is dollars for a million tokens times a million."""

    input: int
    output: int


def _dollars(input_: float, output: float) -> Price:
    return Price(round(input_ * 1_000_000), round(output * 1_000_000))


PRICES: Mapping[str, Price] = {
    EMBEDDED: Price(0, 0),
    "gpt-4.1-nano": _dollars(0.10, 0.40),
    "gpt-4.1-mini": _dollars(0.40, 1.60),
    "gpt-4.1": _dollars(2.00, 8.00),
    "gpt-4o-mini": _dollars(0.15, 0.60),
    "gpt-4o": _dollars(2.50, 10.00),
    "gpt-5-nano": _dollars(0.05, 0.40),
    "gpt-5-mini": _dollars(0.25, 2.00),
    "gpt-5": _dollars(1.25, 10.00),
    "o4-mini": _dollars(1.10, 4.40),
}
"""List prices without discounts. A model that is not listed costs `UNKNOWN`, rather too much than too little."""
UNKNOWN = _dollars(2.50, 10.00)

_A_MESSAGE, _A_CALL = 8, 40  # tokens around a message, and around tools or a schema
_THINKING = 4000  # tokens
_REASONING = re.compile(r"o\d|gpt-[5-9]")


def price_of(model: str) -> Price:
    """The price of a model; dated names ("gpt-4.1-mini-2025-04-14") cost what their family costs."""
    named = [name for name in PRICES if model == name or model.startswith(f"{name}-20")]
    return PRICES[max(named, key=len)] if named else UNKNOWN


def cost(price: Price, tokens_in: int, tokens_out: int) -> int:
    """Micro-dollars, rounded up."""
    return -(-(tokens_in * price.input + tokens_out * price.output) // 1_000_000)


def tokens(text: str) -> int:
    """About how many tokens a text has, rather too many: three bytes a token."""
    return -(-len(text.encode(errors="replace")) // 3)


def tokens_in(prompt: Prompt) -> int:
    """About how many tokens a prompt has, tools and schemas included."""
    return tokens(in_plain_json(prompt).system) + tokens(prompt.user) + 2 * _A_MESSAGE + _A_CALL


def reasons(model: str) -> bool:
    """Whether a model thinks before it answers, and is paid for it."""
    return _REASONING.match(model) is not None


def output_limit(prompt: Prompt, model: str) -> int:
    """How many tokens the answer may take, with what the model thinks first."""
    return prompt.max_tokens + (_THINKING if reasons(model) else 0)


def estimate(prompt: Prompt, model: str, price: Price | None = None) -> int:
    """What a call costs at most, before it is made: the whole prompt and the longest answer."""
    return cost(price or price_of(model), tokens_in(prompt), output_limit(prompt, model))


class Spend(Struct, frozen=True, omit_defaults=True):
    """What has been spent in a month ("2026-11", UTC), and what is reserved by calls under way."""

    month: str = ""
    spent: int = 0
    reserved: dict[str, int] = {}  # msgspec copies an empty default

    @property
    def committed(self) -> int:
        """Spent or about to be."""
        return self.spent + sum(self.reserved.values())


class OverCap(Struct, frozen=True):
    """A call that may not be made. cap, committed, wanted: micro-dollars."""

    cap: int
    committed: int
    wanted: int

    @property
    def note(self) -> str:
        """Why, for the people of the business."""
        return (
            f"The AI budget of this month is used up: {_shown(self.committed)} of {_shown(self.cap)} are spent or "
            f"reserved, and this call may cost {_shown(self.wanted)}."
        )


def reserve(spend: Spend, key: str, micros: int, cap: int, now: datetime) -> Spend | OverCap:
    """Set the money for a call aside. cap: micro-dollars a month, 0 for none. now: aware."""
    current = rolled(spend, now)
    if key in current.reserved:
        return current
    if cap and current.committed + micros > cap:
        return OverCap(cap, current.committed, micros)
    return replace(current, reserved={**current.reserved, key: micros})


def settle(spend: Spend, key: str, micros: int, now: datetime) -> Spend:
    """The call has taken this much."""
    current = rolled(spend, now)
    if key not in current.reserved:
        return current
    return replace(current, spent=current.spent + micros, reserved=_without(current, key))


def release(spend: Spend, key: str, now: datetime) -> Spend:
    """The call was not made, or certainly cost nothing."""
    current = rolled(spend, now)
    return replace(current, reserved=_without(current, key)) if key in current.reserved else current


def rolled(spend: Spend, now: datetime) -> Spend:
    """The spend as of now: in a new month nothing is spent yet. Time that runs backwards changes nothing."""
    month = f"{now.astimezone(UTC):%Y-%m}"
    return replace(spend, month=month, spent=0) if month > spend.month else spend


def _without(spend: Spend, key: str) -> dict[str, int]:
    return {other: micros for other, micros in spend.reserved.items() if other != key}


def _shown(micros: int) -> str:
    return f"${micros / 1_000_000:.4f}".rstrip("0").rstrip(".")
