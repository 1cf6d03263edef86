"""Conversations and what is in them: messages, notes, files; found, worked on, merged, erased."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.conversation.effects import EFFECTS, Following
from plixa.http.conversation.erasing import ErasedFiles
from plixa.http.conversation.forms import FORMS
from plixa.http.conversation.media import Media, open_files
from plixa.http.conversation.parts import MEDIA
from plixa.http.conversation.routes import (
    conversations,
    inbox_work,
    merging,
    messages,
    messages_api,
    questions,
    search,
    timeline,
)
from plixa.http.conversation.settings import SETTINGS
from plixa.http.feature import Edge


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    async with open_files(services.settings) as files:
        media = Media(files)
        yield Opened(
            offers={MEDIA: media},
            handlers=Following(services).handlers,
            services=(Service("erased files", ErasedFiles(services, media).run),),
            ended=(media.remove_all,),
        )


FACE = ("finding", "parts")
EDGE = Edge(
    forms=FORMS,
    routes=routes_in(conversations, messages, inbox_work, merging, timeline, search, messages_api, questions),
    effects=EFFECTS,
    settings=SETTINGS,
    open=_open,
)
