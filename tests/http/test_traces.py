"""Traces as a collector gets them: from a webhook and a request to the gateway, with the cause as a link."""

from __future__ import annotations

import gzip
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests import harness
from tests.clients.far_end import Asked, Reply, open_far_end
from tests.doors import by_the_wrong_door, door_of
from tests.harness import Phones
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.webhooks import CUSTOMER

from plixa.actors.desk.shared import HearOfTicket
from plixa.compose import open_node
from plixa.engine.ports import Address
from plixa.engine.telemetry import Telemetry
from plixa.engine.tracing import HERE, NOTHING, Tracing
from plixa.http.server import traces
from plixa.http.server.traces import traced

SECRET = "um segredo que ninguém deve ver"


class Collector:
    """A collector: what it was sent, and whether it answers. spans: by their id."""

    def __init__(self) -> None:
        self.spans: dict[bytes, Any] = {}
        self.bodies: list[bytes] = []
        self.answers = True
        self.url = ""

    async def script(self, asked: Asked) -> Reply:
        assert asked.target == "/v1/traces"
        if not self.answers:
            await trio.sleep_forever()
        body = gzip.decompress(asked.body) if asked.headers.get("content-encoding") == "gzip" else asked.body
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.spans |= {span.span_id: span for span in scope.spans}
        return Reply(200)

    async def named(self, name: str, trace: bytes = b"", **about: str | int) -> Any:
        """Wait for a span of this name, with these attributes, in this trace or any."""
        with trio.fail_after(15):
            while True:
                for span in list(self.spans.values()):
                    fits = span.name == name and span.trace_id.startswith(trace)
                    if fits and about.items() <= attributes(span).items():
                        return span
                await trio.sleep(0.02)

    async def above(self, span: Any) -> list[str]:
        """The names of what it is in, the nearest first."""
        names, span_id = list[str](), span.parent_span_id
        while span_id:
            with trio.fail_after(15):
                while span_id not in self.spans:  # noqa: ASYNC110  # what ends later comes later
                    await trio.sleep(0.02)
            names.append(self.spans[span_id].name)
            span_id = self.spans[span_id].parent_span_id
        return names


def attributes(span: Any) -> dict[str, str | int]:
    found = {each.key.removeprefix("plixa."): each.value for each in span.attributes}
    return {key: value.int_value or value.string_value for key, value in found.items()}


@pytest.fixture
async def collector(nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    monkeypatch.setattr(traces, "EVERY", 50)
    collector = Collector()
    collector.url = (await open_far_end(nursery, collector.script)).url
    yield collector
    logging.getLogger("opentelemetry").setLevel(logging.NOTSET)


async def test_from_the_webhook_and_the_request_to_the_gateway(
    collector: Collector, database_url: str, simulator: Phones, tmp_path: Path
) -> None:
    settings = harness.settings(database_url, simulator.url, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    async with open_node(settings) as node, harness.registered(node.services.public_url) as workspace:
        chat = Chat(workspace, simulator, await harness.pair(workspace, simulator), Inbox(workspace))
        message = await chat.written(SECRET)
        sent = await chat.answer(message["conversation_id"], SECRET)
        await chat.ticked(sent["id"], "sent")
        stream = f"conversation-{message['conversation_id']}"

        taken = await collector.named("turn TakeMessage", stream=stream)
        assert await collector.above(taken) == ["webhook"]
        asked = await collector.named("turn Send", stream=stream)
        assert await collector.above(asked) == ["POST /v1/conversations/{conversation_id}/messages"]
        effect = await collector.named("effect gateway.send", effect=f"send-{sent['id']}")
        assert [link.span_id for link in effect.links] == [asked.span_id]
        assert effect.trace_id != asked.trace_id
        for name in ("gateway.send", "turn EffectStarting", "turn EffectDone"):
            inside = await collector.named(name, effect.trace_id)
            assert await collector.above(inside) == ["effect gateway.send"]
        commit = next(each for each in collector.spans.values() if each.parent_span_id == taken.span_id)
        assert commit.name == "commit"
        words = (SECRET.encode(), CUSTOMER.encode(), workspace.email.encode(), workspace.token.encode())
        assert [word for word in words if any(word in body for body in collector.bodies)] == []


async def test_what_another_node_has_to_answer_stays_one_trace(
    collector: Collector, database_url: str, simulator: Phones, tmp_path: Path
) -> None:
    settings = harness.settings(database_url, simulator.url, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    async with by_the_wrong_door(settings) as node, harness.registered(node.services.public_url) as workspace:
        await workspace.post("/v1/labels", {"name": "VIP", "color": "#FF0000"})
        carried = await collector.named("turn Create", stream=f"workspace-{workspace.tenant}")
        assert await collector.above(carried) == ["POST /v1/labels", "carry"]
        command = HearOfTicket(tenant=workspace.tenant, ticket_id=1, change=1)
        await door_of(node).services.bus.tell(Address(0, "desk", 0), command, actor="system", cause="test")
        assert await collector.above(await collector.named("turn HearOfTicket")) == ["carry"]


async def test_a_collector_that_hangs_holds_up_neither_work_nor_the_end(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "STOP_WITHIN", 0.1)
    monkeypatch.setattr(traces, "WITHIN", 1)
    collector.answers = False
    tracing = Tracing()
    async with traced(tracing, collector.url, "node-1", 1.0):
        for _ in range(traces.WAITING + traces.AT_ONCE):  # more than fit
            with tracing.span("work", tenant=1):
                pass
        await trio.sleep(0.1)
        began = trio.current_time()
    assert trio.current_time() - began < 0.8  # not the second for which it would wait
    assert tracing.listener is None


async def test_a_collector_that_is_away_is_nobodys_trouble() -> None:
    tracing = Tracing()
    async with traced(tracing, f"http://127.0.0.1:{harness.free_port()}", "node-1", 1.0):
        with tracing.span("work"):
            pass


async def test_where_nobody_listens_nothing_is_made() -> None:
    tracing = Telemetry().tracing
    async with traced(tracing, "", "node-1", 1.0):
        assert tracing.span("work", tenant=1) is NOTHING
        with tracing.span("work"):
            assert HERE.get() is None


async def test_an_error_is_told_by_its_kind_alone(collector: Collector) -> None:
    tracing = Tracing()
    async with traced(tracing, collector.url, "node-1", 1.0):
        with pytest.raises(ValueError, match=SECRET), tracing.span("outer"), tracing.span("inner", parent=HERE.get()):
            raise ValueError(SECRET)
        assert HERE.get() is None
    inner = await collector.named("inner")
    assert (inner.status.message, await collector.above(inner)) == ("ValueError", ["outer"])
    assert SECRET.encode() not in b"".join(collector.bodies)


async def test_a_share_of_none_sends_nothing(collector: Collector) -> None:
    tracing = Tracing()
    async with traced(tracing, collector.url, "node-1", 0.0):
        with tracing.span("work"):
            pass
    assert collector.bodies == []
