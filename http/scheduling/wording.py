"""An appointment in words, as its customer reads it: on the wall clock where it takes place."""

from __future__ import annotations

from plixa.actors.payments.amounts import in_words
from plixa.actors.scheduling.events import Claim
from plixa.actors.scheduling.phrases import when
from plixa.actors.scheduling.view import shown_at
from plixa.http.scheduling.asking import Book


def line(claim: Claim, book: Book) -> str:
    """When, what and with whom."""
    service = book.offering.services.get(claim.service_id)
    provider = book.workspace.members.get(claim.provider_id or 0)
    named = [service.name if service else None, provider.name if provider else None]
    at = when(shown_at(claim.start, book.offering.zone_of(claim.provider_id)), book.workspace.locale)
    return " · ".join(filter(None, (at, *named)))


def deposit(claim: Claim) -> str:
    """How much is owed."""
    return in_words(claim.deposit, claim.currency)
