"""Faults at edges that tests once did not notice, or that would do most harm: each must be killed (`--edges`).

What a sample meets by chance only. A place that is not there any more is noticed by `tests/test_mutant_areas.py`: then
the edge is somewhere else now, and so is the fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.mutants.areas import AREAS
from tests.mutants.faults import Source
from tests.mutants.trial import Mutant


@dataclass(frozen=True)
class Edge:
    """`was` in `module` (there once) is `now`: what goes wrong then; area: whose tests should notice."""

    wrong: str
    area: str
    module: str
    was: str
    now: str = "pass"

    def mutant(self, root: Path) -> Mutant:
        """As the others. Raises ValueError where `was` does not stand there exactly once."""
        text = (root / self.module).read_bytes()
        if text.count(self.was.encode()) != 1:
            raise ValueError(f"{self.module} has {text.count(self.was.encode())} times: {self.was}")
        start = text.index(self.was.encode())
        return Mutant(
            AREAS[self.area], self.module, Source(text).fault(start, start + len(self.was.encode()), self.now)
        )


EDGES = (
    # -- engine
    Edge("a letter whose turn is cancelled is not answered", "engine", "engine/cell.py",
         'envelope.reply.fail(Unavailable("The server is stopping. It is not known whether this was done."))'),
    Edge("letters that wait in a scope that closes are never answered", "engine", "engine/supervisor.py",
         "cell.mailbox.take().reply.fail(error)", "cell.mailbox.take()"),
    Edge("a far end that is down is asked again without a pause", "engine", "engine/pace.py",
         "self.paused_until = max(self.paused_until, trio.current_time() + seconds)"),
    Edge("an effect does not wait for its time", "engine", "engine/effects.py",
         "with trio.move_on_after(max(0.0, seconds)):", "with trio.move_on_after(0.0):"),
    Edge("what a crash left under way is sent again unasked", "engine", "engine/effects.py",
         'elif waiting.state == "attempting":  # left by a crash', "elif False:"),
    Edge("a timer that is set soon waits for the next look", "engine", "engine/timers.py",
         "if due - now > NEAR:", "if due is not None:"),
    Edge("the timer of a dead letter fires for ever", "engine", "engine/timers.py", "await self._clear(timer)"),
    Edge("a gap in what is published is not noticed", "engine", "engine/fanout.py",
         "if self.start < 0 or each.position != self.head + 1:", "if self.start < 0:"),
    Edge("a mailbox holds one more than its capacity", "engine", "engine/mailbox.py",
         "if len(self._envelopes) >= self.capacity:", "if len(self._envelopes) > self.capacity:"),
    # -- storage
    Edge("a commit under way is cancelled", "storage", "storage/eventlog/writer.py",
         "self._finishing = trio.CancelScope(shield=True)", "self._finishing = trio.CancelScope()"),
    Edge("what waits for the writer as it stops is never answered", "storage", "storage/eventlog/writer.py",
         '_fail(self._queue, "The server is stopping. Nothing was stored; try again shortly.")'),
    Edge("a key of a failed commit stays: what it seals is lost", "storage", "storage/eventlog/writer.py",
         "self._keyring.forget(batch.made)"),
    Edge("a commit of an earlier owner goes through", "storage", "storage/eventlog/writer.py",
         "if head is None or head.epoch != commit.epoch:", "if head is None:"),
    Edge("a snapshot of another shape is read", "storage", "storage/eventlog/reader.py",
         " and s.version = w.version", ""),
    Edge("a stream that cannot be read takes others along", "storage", "storage/eventlog/reader.py",
         "take the others along\n            await self._one_by_one(group, error)",
         "take the others along\n            for _, reply in group:\n                reply.fail(error)"),
    Edge("answers to whoever registered outlive the workspace", "storage", "storage/lifetime/erasure.py",
         'await connection.execute("delete from answers where tenant_id = 0 and stream = $1", f"workspace-{tenant}")'),
    Edge("guesses from one address have no end", "people", "http/api/auth.py",
         'call.services.limits.spend(ADDRESS_GUESSES, "guess from", source)'),
    Edge("a link outlives a change of the password", "people", "http/people/routes/passwords.py",
         "vault.drop_secret_row(tenant, people.RESET, user_id),", ""),
    # -- reads
    Edge("a message is read without its tenant", "reads", "storage/conversation/inbox.py",
         "where m.tenant_id = w.tenant_id and m.id = w.id and not", "where m.id = w.id and not"),
    Edge("ratings are read without their tenant", "reads", "storage/conversation/csat.py",
         '"where r.tenant_id = $1 and (', '"where $1 > 0 and ('),
    Edge("pages of messages overlap by one", "reads", "storage/conversation/inbox.py",
         "conversation_id = $2 and id < $3 ", "conversation_id = $2 and id <= $3 "),
    Edge("a message at midnight counts for two days", "reads", "storage/reports/reports.py",
         "m.created_at < days.ends\n    and %(of_theirs)s) m on true",
         "m.created_at <= days.ends\n    and %(of_theirs)s) m on true"),
    Edge("what was answered late still waits too long", "reads", "storage/reports/reports.py",
         "\n                          and sla->'first_response'->>'met_at' is null) as waiting", ") as waiting"),
    Edge("an answer before the question is the first response", "reads", "storage/reports/digest.py",
         " and m.created_at >= asked.at", ""),
    Edge("a browser is told of a message that was deleted meanwhile", "reads", "storage/notifications/push.py",
         " and m.deleted_at is null", ""),
    # -- gateway
    Edge("a body that is too large is not looked up", "gateway", "http/whatsapp/ingress.py",
         "await self._kept.keep(number, why, body)\n        self._watch.suspect(number)",
         "await self._kept.keep(number, why, body)"),
    Edge("a silence is not looked into", "gateway", "http/whatsapp/watch.py",
         "if since is None and silent and await self._missed(row, heard):", "if False:"),
    Edge("a restart looks back a whole day", "gateway", "http/whatsapp/watch.py",
         "since = max(since, self._clock.now() - FIRST_LOOK)", "since = self._clock.now() - FIRST_LOOK"),
    Edge("a message that comes while its update is being held is not noticed", "gateway", "http/whatsapp/intake.py",
         "if await self._directory.conversation_of(tenant, number_id, update.key_id) is not None:", "if False:"),
    Edge("what a restart left held is not looked for", "gateway", "http/whatsapp/intake.py",
         "await self._database.run(early_updates.releasable, self._node)", "[]"),
    Edge("a doubtful send is taken for an earlier one of the same words", "gateway", "http/whatsapp/outbound.py",
         "return next((key for key in reversed(keys) if key not in taken), None)", "return next(reversed(keys), None)"),
    # -- conversation
    Edge("whoever goes on writing is never answered", "conversation", "actors/conversation/automation.py",
         "due = min(d.at + timedelta(seconds=INBOX.of(d.workspace).quiet_seconds), max(began + LONGEST_BURST, d.at))",
         "due = d.at + timedelta(seconds=INBOX.of(d.workspace).quiet_seconds)"),
    Edge("a reminder meets the first response", "conversation", "actors/conversation/sla.py", '"reminder", ', ""),
    Edge("the dispatcher assigns what was resolved meanwhile", "conversation", "actors/conversation/placing.py",
         'if state.deleted or state.status == "resolved" or state', "if state.deleted or state"),
    Edge("every scheduled message is dropped when the customer writes", "conversation",
         "actors/conversation/scheduling.py", "if each.only_if_silent:", "if True:"),
    Edge("a figure that is none breaks the survey", "conversation", "actors/conversation/rating.py",
         "return int(word) if word.isdecimal() else NUMBERS.get(word)",
         "return int(word) if word.isdigit() else NUMBERS.get(word)"),
    Edge("earlier messages that give orders reach the model", "conversation", "actors/ai/guard.py",
         'LEFT_OUT if turn.role == "user" and injection(shown) else shown', "shown"),
    # -- who may do what
    Edge("agents see ratings that are hidden from them", "panel", "http/realtime/visible.py",
         'return caller.role == "owner" or CSAT.of(workspace).visible_to_agents', "return True"),
    Edge("agents publish flows", "people", "http/flows/routes.py",
         '"/v1/flows/{flow}/publish", tag=TAG, who="owner"', '"/v1/flows/{flow}/publish", tag=TAG'),
)  # fmt: skip
