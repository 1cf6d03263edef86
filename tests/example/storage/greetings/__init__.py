"""An example: a table that follows from an event."""

from __future__ import annotations

from collections.abc import Iterator

from plixa.actors.greetings import Greeted, Greetings

from plixa.engine.events import Recorded
from plixa.storage.eventlog.statement import Row, insert
from plixa.storage.feature import Projector, Table, Tables

DDL = "create table greetings (tenant_id bigint, name text, greeted_at timestamptz, primary key (tenant_id, name))"
GREETED = insert("greetings", "tenant_id bigint, name text, greeted_at timestamptz")
projects = Projector()


@projects.on(Greeted)
def _greeted(recorded: Recorded, event: Greeted, _: Greetings) -> Iterator[Row]:
    yield GREETED, (recorded.tenant, event.name, recorded.at)


FACE = ()
TABLES = Tables(tables=(Table(name="greetings", sort="read model", until="for ever"),), projects=projects)
