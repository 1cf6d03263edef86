"""A campaign to many while the far end is slow, fails and hangs up, and the server is killed in the middle of mails.

Promise: nobody is written to twice. Where the far end knows a mail again by its id (Resend, for a day), everybody gets
theirs exactly once, each time in the same words; where it does not (SMTP), whoever may have got it stands as `unknown`.
The sum of all states is the audience.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import trio

from plixa.http.api import auth
from tests.clients.far_end import Asked, HangUp, Reply, open_far_end
from tests.clients.mail.smtp_server import SmtpServerScript, open_smtp_server
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.harness import PASSWORD, Json, Workspace

STAFF = "rita@plixa.example"
DONE_WITHIN = 600.0
LATER = """
update campaign_recipients set claimed_at = claimed_at - interval '3 minutes'
where status = 'sending' and claimed_at > now() - interval '1 minute' and {} returning 1
"""
"""As if the two minutes were over after which whoever was sending is taken to have stopped."""
_TO = re.compile(rb"^To: (\S+)\r$", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """smtp: by a far end that knows no mail again. hang_ups: of so many mails it is not said that they were taken; each
    of them lets the campaign rest for a minute."""

    people: int = 2000
    kills: int = 8
    hang_ups: float = 0.001
    smtp: bool = False


@dataclass
class Mails:
    """What the far end has sent, by address; and, where it knows them, by the id that each came under."""

    sent: Counter[str] = field(default_factory=Counter[str])
    known: dict[str, bytes] = field(default_factory=dict[str, bytes])
    changed: list[str] = field(default_factory=list[str])

    def take(self, to: str, id_: str, body: bytes) -> None:
        """A mail comes in; one whose id is known goes out no second time."""
        if id_ not in self.known:
            self.known[id_] = body
            self.sent[to] += 1
        elif self.known[id_] != body:
            self.changed.append(to)


async def campaigns(plan: Plan) -> Report:
    """Run it to its end."""
    mails, server = Mails(), SmtpServerScript()
    chance = random.Random(7)

    async def resend(asked: Asked) -> Reply:
        if chance.random() < 0.02:
            return Reply(429, b"{}", (("Retry-After", "1"),))
        await trio.sleep(0.01)
        said = msgspec.json.decode(asked.body)
        if said["tags"][0]["value"] == "campaign":
            mails.take(said["to"][0], asked.headers["idempotency-key"], asked.body)
        if chance.random() < plan.hang_ups:
            raise HangUp  # taken, and not said
        return Reply(200, msgspec.json.encode({"id": asked.headers["idempotency-key"]}))

    async with trio.open_nursery() as nursery:
        far_end = await open_far_end(nursery, resend)
        await open_smtp_server(nursery, server)
        way = {"SMTP_URL": f"smtp://127.0.0.1:{server.port}"} if plan.smtp else {"RESEND_URL": far_end.url}
        key = {} if plan.smtp else {"RESEND_API_KEY": "re_tests"}
        async with open_rig(more={"CAMPAIGN_RATE": "200", **way, **key}) as rig:
            began = time.monotonic()
            found = await _run(rig, plan)
            seconds = time.monotonic() - began
            if plan.smtp:
                mails.sent.update(_addressees(server.mails))
            states = Counter(row["status"] for row in found)
            told = {f"recipients {state}": count for state, count in sorted(states.items())}
            figures = {"people": plan.people, **told, "kills of the server": rig.kills, "seconds": seconds}
            breaches = list(_breaches(plan, mails, found))
        nursery.cancel_scope.cancel()
    return Report("a campaign under a failing far end", figures, breaches)


def _addressees(mails: Sequence[bytes]) -> Iterator[str]:
    for found in (_TO.search(each) for each in mails if b"Novidades" in each):
        assert found is not None
        yield found[1].decode()


async def _run(rig: Rig, plan: Plan) -> list[Json]:
    """The recipients as they stand once it is over."""
    workspace, _ = await rig.workspace()
    headers = await _staff(rig, workspace)
    await rig.query(
        "insert into members (tenant_id, user_id, email, name, role) "
        f"select {workspace.tenant}, 1000000 + n, 'owner' || n || '@plixa.example', 'Ana', 'owner' "
        f"from generate_series(1, {plan.people - 1}) n returning 1"
    )
    words = {"subject": "Novidades", "body": "Oi {{first_name}}", "audience": {}}
    made = await workspace.client.post("/v1/admin/campaigns", json=words, headers=headers)
    assert made.status_code == 201, made.text
    for kill in range(1, plan.kills + 1):
        done = plan.people * kill // (plan.kills + 1)
        await _until(rig, f"select 1 from campaign_recipients where status <> 'queued' offset {done} limit 1")
        await rig.kill()
        await rig.query(LATER.format("true"))
        await rig.start()
    await _until(rig, "select 1 from campaigns where status in ('sent', 'paused', 'stopped')")
    return await rig.query("select email, status, reason from campaign_recipients order by id")


async def _staff(rig: Rig, workspace: Workspace) -> dict[str, str]:
    hashed = await auth.hash_password(PASSWORD)
    await rig.query(
        "insert into admins (id, name, email, password_hash, abilities, created_at) "
        f"values (nextval('admins_id'), 'Rita', '{STAFF}', '{hashed}', '{{}}', now()) returning 1"
    )
    made = await workspace.post("/v1/admin/auth/login", {"email": STAFF, "password": PASSWORD})
    return {"Authorization": f"Bearer {made['token']}"}


async def _until(rig: Rig, query: str) -> None:
    with trio.fail_after(DONE_WITHIN):
        while not await rig.query(query):  # rows have no event
            await rig.query(LATER.format("claimed_at < now() - interval '5 seconds'"))
            await trio.sleep(0.05)


def _breaches(plan: Plan, mails: Mails, found: list[Json]) -> Iterator[str]:
    if len(found) != plan.people:
        yield f"{len(found)} recipients of {plan.people}"
    for to in mails.changed:
        yield f"{to}: the same mail in other words"
    for row in found:
        to, status, count = row["email"], row["status"], mails.sent[row["email"]]
        if count > 1:
            yield f"{to}: is {status}, and got it {count} times"
        if status == "sent" and count != 1:
            yield f"{to}: is sent, and got {count}"
        if status not in ("sent", "unknown") or (status == "unknown" and not plan.smtp):
            yield f"{to}: {status} ({row['reason']})"


async def main(plan: Plan) -> bool:
    """Whether all is well."""
    return (await campaigns(plan)).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.campaigns", description=__doc__)
    parser.add_argument("--people", type=int, default=Plan.people, help="how many get it")
    parser.add_argument("--kills", type=int, default=Plan.kills, help="how often the server is killed meanwhile")
    parser.add_argument("--smtp", action="store_true", help="by a mail server, which knows no mail again")
    args = parser.parse_args()
    sys.exit(0 if trio.run(main, Plan(args.people, args.kills, smtp=args.smtp)) else 1)
