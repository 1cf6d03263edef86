"""FAQs: questions and answers that the AI's replies are grounded in."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from plixa.actors.fields import Line, Words
from plixa.actors.workspace.declarations import Collection, Ordered, by_position


class Faq(Ordered, frozen=True, omit_defaults=True, kw_only=True):
    question: Annotated[Line, StringConstraints(max_length=280)]
    answer: Annotated[Words, StringConstraints(min_length=1, max_length=2000)]


FAQS = Collection(
    name="faqs",
    one="ai_faq",
    item=Faq,
    path="/v1/ai-faqs",
    tag="AI configuration",
    param="faq",
    order=by_position,
    replaces=True,
    reorder=True,
    hidden=frozenset({"id", "position"}),
    most=500,
)
