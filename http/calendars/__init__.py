"""Members' own calendars: linked to Google, written to as the agenda changes, and a feed for any other program."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from plixa.engine.effect_spec import EffectSpec, Queue
from plixa.engine.ports import StoredEffect
from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.calendars import letters, pages, routes
from plixa.http.calendars.channels import Channels
from plixa.http.calendars.inviting import Inviting
from plixa.http.calendars.linking import Linking
from plixa.http.calendars.parts import CALENDARS, Calendars
from plixa.http.calendars.settings import GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_URL, SETTINGS
from plixa.http.calendars.syncing import Syncing
from plixa.http.calendars.tokens import Tokens
from plixa.http.clients.google.port import open_google
from plixa.http.feature import Edge
from plixa.http.outbox.reports import NotWanted, reporting
from plixa.http.scheduling.inviting import INVITES
from plixa.http.scheduling.other_calendars import OTHER_CALENDARS

GOOGLE = Queue("google", at_once=32, share=8)
TRIES, LONGEST = 75, timedelta(hours=1)
"""Three days; the look every quarter of an hour goes on."""
KINDS = ("calendar.write", "calendar.all", "calendar.sync", "calendar.end", "calendar.leave")


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    settings, inviting = services.settings, Inviting(services)
    async with open_google(settings[GOOGLE_CLIENT_ID], settings[GOOGLE_CLIENT_SECRET], settings[GOOGLE_URL]) as google:
        if google is None:
            yield Opened(offers={CALENDARS: None, INVITES: inviting}, handlers=dict.fromkeys(KINDS, reporting(_nobody)))
            return
        tokens = Tokens(google, services.database, services.store.keyring, services.clock)
        channels = Channels(services, google, tokens)
        syncing = Syncing(services, google, tokens, channels)
        linking = Linking(services, google, tokens, channels, syncing)
        yield Opened(
            offers={
                CALENDARS: Calendars(linking, syncing, channels),
                OTHER_CALENDARS: syncing,
                INVITES: inviting,
            },
            handlers={
                "calendar.write": reporting(syncing.write),
                "calendar.all": reporting(syncing.all),
                "calendar.sync": reporting(syncing.all),
                "calendar.end": reporting(linking.end),
                "calendar.leave": reporting(linking.leave),
            },
            services=(Service("calendars", syncing.run),),
            leaving=(linking.leaving,),
            sizes=lambda: {"calendar_tokens": len(tokens)},
        )


async def _nobody(_stored: StoredEffect) -> None:
    raise NotWanted("No client of Google is set here.")


FACE: tuple[str, ...] = ()
EDGE = Edge(
    routes=routes_in(routes),
    pages=(pages.add_pages,),
    effects={
        # All of them bring a calendar to what the agenda says by then: done twice, they do nothing.
        "calendar.write": EffectSpec(queue=GOOGLE, tries=TRIES, longest=LONGEST),
        "calendar.all": EffectSpec(queue=GOOGLE, tries=TRIES, longest=LONGEST),
        "calendar.sync": EffectSpec(queue=GOOGLE, tries=TRIES, longest=LONGEST),
        # It gives Google up by itself.
        "calendar.end": EffectSpec(queue=GOOGLE, tries=TRIES, longest=LONGEST, always=True),
        # Decided and told: the workspace's own actor.
        "calendar.leave": EffectSpec(queue=GOOGLE, tries=None, always=True),
    },
    settings=SETTINGS,
    mails=letters.MAILS,
    buttons=letters.BUTTONS,
    open=_open,
)
