"""What the operators see: metrics (Prometheus) and structured logs.

No message text, no phone number and no secret goes into either. A log line names tenant, stream and cause.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from plixa.engine.tracing import Tracing

DEATHS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0, 60.0, 600.0, 3600.0)
LATENCY = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Telemetry:
    """One process's metrics, in a registry of their own so that two engines in one process do not mix."""

    def __init__(self) -> None:
        self.tracing = Tracing()
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # memory, files, processor time: read when somebody asks

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"plixa_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"plixa_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...] = LATENCY) -> Histogram:
            return Histogram(f"plixa_{name}", text, buckets=buckets, registry=registry)

        self.actors = gauge("actors_resident", "Actors in memory", "kind")
        self.mailboxes = gauge("mailbox_envelopes", "Envelopes waiting in all mailboxes")
        self.activations = counter("actor_activations_total", "Actors brought up from the log", "kind")
        self.crashes = counter("actor_crashes_total", "Turns that raised", "kind")
        self.dead_letters = counter("dead_letters_total", "Commands that crashed their actor every time", "kind")
        self.dead_letters_waiting = gauge(
            "dead_letters_waiting", "Dead letters that wait for an operator: `plixa dead-letters list`"
        )
        self.batch = histogram("commit_batch_size", "Commits in one transaction", (1, 2, 5, 10, 20, 50, 100, 200, 500))
        self.commit_seconds = histogram("commit_seconds", "Duration of one group commit")
        self.commit_failures = counter("commit_failures_total", "Batches that could not be written whole", "reason")
        self.listener_failures = counter("listener_failures_total", "Commits that a listener failed at", "name")
        self.service_restarts = counter("service_restarts_total", "Services that raised and were begun anew", "name")
        self.events = counter("events_total", "Events appended")
        self.outbox_open = gauge("outbox_effects_open", "Effects that are not over")
        self.outbox_age = gauge("outbox_oldest_seconds", "Age of the oldest effect that is not over")
        self.outbox_unknown = gauge("outbox_effects_unknown", "Open effects of kinds that this release does not have")
        self.effects_given_up = counter("effects_given_up_total", "Harmless effects given up for good", "kind")
        self.effects = counter("effects_total", "Effects by how they ended", "kind", "result")
        self.timers_fired = counter("timers_fired_total", "Timers delivered")
        self.timer_lateness = histogram(
            "timer_late_seconds", "How late timers were delivered", (0.1, 0.5, 1, 5, 60, 3600)
        )
        self.sockets = gauge("live_sockets", "Open WebSockets of the live inbox")
        self.frames = counter("live_frames_total", "Frames sent")
        self.delivered = counter("live_events_total", "Events delivered to sockets")
        self.slow_sockets = counter("live_slow_closed_total", "Sockets closed because they did not keep up")
        self.billing_repaired = counter(
            "billing_repaired_total", "Subscriptions that were otherwise at Stripe than known: webhooks do not arrive"
        )
        self.payments_alarms = counter("payments_alarms_total", "What a person must look at in money matters", "what")
        self.ingress = counter("ingress_total", "What the gateway's webhooks brought", "result")
        self.loop_held = histogram(
            "loop_held_seconds", "How late the loop came to a beat: how long one turn held it", (*LATENCY[2:], 30)
        )
        self.loop_stalls = counter("loop_stalls_total", "Turns that held the loop for over a second")
        self.put_aside = counter(
            "work_put_aside_total", "Work not tried again, having stalled the process twice", "sort"
        )
        self.cache_entries = gauge("cache_entries", "What is in memory so as not to be looked up again", "cache")
        self.sweeps_waiting = gauge("sweeps_waiting", "What a commit said is gone and whose rows are still going")
        self.swept_rows = counter("swept_rows_total", "Rows that went after the commit that said so", "what")
        self.retention_rows = counter("retention_rows_total", "Rows deleted because their time was over", "table")
        self.retention_seconds = gauge("retention_seconds", "How long the last pass over all tables took")
        self.retention_finished = gauge("retention_finished_timestamp", "When that pass ended, in seconds since 1970")
        self.webhook_tries = counter(
            "webhook_tries_total", "Tries to deliver a webhook, by what was answered", "answer"
        )
        self.backup_finished = gauge(
            "backup_finished_timestamp", "When the last backup was whole, in seconds since 1970; 0: never"
        )
        self.beat_age = gauge(
            "beat_age_seconds", "Since the last beat that was answered was sent; after 4 nothing is served from memory"
        )
        self.taken = counter(
            "workspaces_taken_total", "Workspaces that this node began to serve, by who had them", "had"
        )
        self.take_over_seconds = histogram(
            "take_over_seconds", "From the last beat of a node that died until one of its workspaces was taken", DEATHS
        )
        self.left = counter("workspaces_left_total", "Workspaces that went to another node, by how", "how")
        self.hand_over_seconds = histogram(
            "hand_over_seconds", "From when a workspace that moves takes nothing new until another node has it"
        )
        self.carried = counter("carried_total", "Requests and sockets carried to the node that has them", "outcome")
        self.wire_streams = gauge("wire_streams", "Streams with other nodes that are open", "kind")
        self.wire_bytes = gauge("wire_bytes", "Bytes on their way to or from other nodes that were not taken yet")
        self.requests = counter("http_requests_total", "Requests to /v1", "route", "status")

    def render(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)


def configure_logging(*, as_json: bool, level: str = "info") -> None:
    """Send structured logs to standard error: JSON lines for machines, colours for a developer's terminal.

    Tracebacks come without local variables: those hold what customers wrote.
    """
    last: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    exceptions: Any = structlog.processors.format_exc_info if as_json else _as_is
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            exceptions,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _as_is(_logger: Any, _name: str, event: Any) -> Any:
    return event
