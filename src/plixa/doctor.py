"""`plixa doctor`: each check says what it looked at, what it found, and how to mend it. Also prints log lines."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import msgspec
import trio
import trio_websocket

from plixa import features, migrations
from plixa.actors.workspace.plans import PLANS
from plixa.compose import application_key, reachable
from plixa.engine.brake import read_strikes
from plixa.engine.clock import SystemClock
from plixa.engine.errors import PlixaError
from plixa.engine.events import Recorded
from plixa.engine.settings import DEV_API_KEY, DEV_SECRET, Settings
from plixa.http.billing import settings as billing
from plixa.http.billing.hearing import TYPES
from plixa.http.calendars.linking import CALLBACK
from plixa.http.calendars.settings import GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_URL
from plixa.http.clients.google.port import open_google
from plixa.http.clients.objects.settings import S3_BUCKET, bucket_of
from plixa.http.clients.objects.store import open_objects
from plixa.http.clients.stripe.objects import part
from plixa.http.clients.stripe.port import Stripe, open_stripe
from plixa.http.clients.stripe.signature import TOLERANCE
from plixa.http.conversation.media import PREFIX as MEDIA
from plixa.http.conversation.settings import MEDIA_STORE
from plixa.http.payments.hearing import CONNECTED
from plixa.http.whatsapp.evolution.client import EvolutionClient, State
from plixa.http.whatsapp.ingress import PREFIX
from plixa.storage.eventlog.dead_letters import CRASHED
from plixa.storage.eventlog.outbox import count_given_up
from plixa.storage.postgres.bridge import open_database
from plixa.storage.tools.rekey import check as must_fit
from plixa.storage.whatsapp import numbers
from plixa.storage.whatsapp.unreadable import UNREADABLE

SKEW = 2.0
STRIPE_SKEW = 60.0
"""Seconds; a webhook's signature is good for `TOLERANCE`."""
PROBE = "0/doctor"
GOOGLE_SKEW = 30.0
"""Tokens are made anew minutes before they end."""


class Sick(Exception):
    """A check failed; the message says what to do."""


async def examine(settings: Settings) -> bool:
    """Run all checks and print them; true when all is well. One that fails, in whatever way, leaves the others be."""
    checks: list[tuple[str, Callable[[Settings], Awaitable[str]], tuple[str, ...]]] = [
        ("settings", _check_settings, ()),
        ("database", _check_database, ()),
        ("clock", _check_clock, ("database",)),
        ("schema", _check_schema, ("database",)),
        ("secret key", _check_key, ("database", "schema")),
        ("dead letters", _check_dead_letters, ("database", "schema")),
        ("stalls", _check_stalls, ()),
        ("files", check_files, ("database", "schema")),
        ("backup", check_backup, ("database", "schema")),
        ("gateway", _check_gateway, ()),
        ("numbers", _check_numbers, ("database", "schema", "gateway")),
        ("payments", check_payments, ()),
        ("calendars", check_calendars, ()),
        ("server", _check_server, ()),
        ("websocket", _check_websocket, ()),
    ]
    failed: set[str] = set()
    for name, check, needs in checks:
        if missing := failed.intersection(needs):
            print(f"- {name}: not looked at, see {' and '.join(sorted(missing))} above")
        elif not await _passes(name, check, settings):
            failed.add(name)
    return not failed


async def _passes(name: str, check: Callable[[Settings], Awaitable[str]], settings: Settings) -> bool:
    try:
        with trio.fail_after(15):
            print(f"✓ {name}: {await check(settings)}")
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what somebody wants to know
        print(f"✗ {name}: {_told(first_of(error))}")
        return False
    return True


def _told(error: BaseException) -> str:
    if isinstance(error, trio.TooSlowError):
        return "no answer within 15 s"
    if isinstance(error, Sick | PlixaError | OSError | httpx.HTTPError):
        return str(error) or type(error).__name__
    return f"{type(error).__name__}: {error}"


def first_of(error: BaseException) -> BaseException:
    """What a group of errors began with; any other error is that itself."""
    if isinstance(error, BaseExceptionGroup):
        return first_of(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return error


async def _check_settings(settings: Settings) -> str:
    if settings.secret_key == DEV_SECRET:
        return f"{settings.env}; PLIXA_SECRET_KEY is the development default (refused in production)"
    return settings.env


async def _check_database(settings: Settings) -> str:
    async def version(connection: Any) -> str:
        found: str = await connection.fetchval("show server_version")
        return found

    if not settings.database_url:
        raise Sick(f"there is none in {settings.data_dir} yet: `plixa dev` makes one, or set DATABASE_URL.")
    async with open_database(settings.database_url, size=1) as database:
        return f"PostgreSQL {await database.run(version)}"


async def _check_schema(settings: Settings) -> str:
    async with open_database(settings.database_url, size=1) as database:
        missing = await database.run(_pending)
    if missing:
        raise Sick(f"it lacks {', '.join(missing)}. Run `plixa migrate`.")
    return "up to date"


async def _pending(connection: Any) -> list[str]:
    try:
        return [*await migrations.pending(connection), *await migrations.pending_post(connection)]
    except migrations.SchemaMismatch as error:
        raise Sick(str(error)) from None


async def _check_key(settings: Settings) -> str:
    async with open_database(settings.database_url, size=1) as database:
        await database.run(must_fit, features.schema(), application_key(settings))
    return "opens what is sealed in the database"


async def _check_dead_letters(settings: Settings) -> str:
    async with open_database(settings.database_url, size=1) as database:
        dead = await database.run(CRASHED.waiting)
        unread = await database.run(UNREADABLE.waiting)
        given_up = await database.run(count_given_up)
    if dead:
        raise Sick(
            f"{dead} messages crashed their actor again and again and wait. `plixa dead-letters list` shows them; the "
            "logs have the traceback (actor_crashed). After a release that mends it: `plixa dead-letters replay --all`."
        )
    others = f"; {given_up} effects were given up (`plixa outbox list`)" if given_up else ""
    others += f"; {unread} webhooks that could not be understood are kept (`plixa unreadable list`)" if unread else ""
    return f"no message has crashed its actor for good{others}"


async def _check_stalls(settings: Settings) -> str:
    strikes = [each for found in read_strikes(settings.data_dir, SystemClock()).values() for each in found.values()]
    if strikes:
        raise Sick(
            f"{len(strikes)} pieces of work held the server's loop for over a second, or it died in them; what did so "
            "twice is not tried again. `plixa stalls list` says what and where; after a release that mends it: "
            "`plixa stalls clear`."
        )
    return "nothing held the loop and did not end, in seven days"


async def check_files(settings: Settings) -> str:
    """Whether every node finds every file: a folder is one machine's, whose nodes are named NAME, NAME.1, NAME.2."""
    async with open_database(settings.database_url, size=1) as database:
        nodes = await database.run(_living)
    machines = sorted({name.partition(".")[0] for name in nodes})
    folder = settings.data_dir / MEDIA
    if settings[MEDIA_STORE] == "s3":
        async with open_objects(bucket_of(settings, prefix=MEDIA)) as bucket:
            await bucket.put(PROBE, b"plixa doctor")
            if await bucket.get(PROBE) != b"plixa doctor":
                raise Sick(f"{settings[S3_BUCKET]} does not give back what is put into it.")
            await bucket.delete(PROBE)
        left = f"; some are still in {folder}: run `plixa media move`" if _holds_any(folder) else ""
        return f"messages' files are in the bucket {settings[S3_BUCKET]}{left}"
    if len(machines) > 1:
        raise Sick(
            f"{' and '.join(machines)} serve from one database, and messages' files are in a folder of each. If these "
            "are several machines, each lacks the others' files: set MEDIA_STORE=s3 and S3_BUCKET on all of them, and "
            "run `plixa media move` on each. If they are one, name them like one: NAME.1, NAME.2."
        )
    return f"messages' files are in {folder}, which is right for one machine"


async def _living(connection: Any) -> list[str]:
    rows = await connection.fetch("select node from nodes where heartbeat_at > now() - interval '1 minute' order by 1")
    return [row["node"] for row in rows]


def _holds_any(folder: Path) -> bool:
    return any(each.is_file() for each in folder.rglob("*"))


async def check_backup(settings: Settings) -> str:
    async def last(connection: Any) -> Any:
        return await connection.fetchrow(
            "select *, now() - made_at as age from backups order by finished_at desc limit 1"
        )

    async with open_database(settings.database_url, size=1) as database:
        found = await database.run(last)
    if found is None:
        if settings.production:
            raise Sick("there has never been one by `plixa backup`. If WAL archiving does it for you, never mind this.")
        return "none yet (`plixa backup PLACE`)"
    return f"{found['rows']} rows and {found['files']} files as of {found['made_at']:%Y-%m-%d %H:%M} UTC"


async def _check_clock(settings: Settings) -> str:
    async def look(connection: Any) -> datetime:
        now: datetime = await connection.fetchval("select clock_timestamp()")
        return now

    async with open_database(settings.database_url, size=1) as database:
        before = datetime.now(UTC)
        theirs = await database.run(look)
        after = datetime.now(UTC)
    skew = (theirs - before - (after - before) / 2).total_seconds()
    if abs(skew) > SKEW:
        raise Sick(
            f"This machine and the database are {skew:+.1f} s apart. Set both by NTP (timedatectl set-ntp true)."
        )
    return f"{skew * 1000:+.0f} ms from the database's"


def _gateway(settings: Settings) -> EvolutionClient:
    """The gateway that is set; without one, the simulator that `plixa dev` runs."""
    if settings.evolution_url:
        return EvolutionClient(settings.evolution_url, settings.evolution_api_key)
    return EvolutionClient(f"http://127.0.0.1:{settings.simulator_port}", DEV_API_KEY)


async def _check_gateway(settings: Settings) -> str:
    async with _gateway(settings) as gateway:
        try:
            version = (await gateway.server()).version
        except PlixaError as error:
            if settings.evolution_url:
                raise
            raise Sick(f"none set, and no simulator answers: `plixa dev` starts it. {error}") from None
    if version.startswith("2.3."):
        return f"Evolution API {version} at {settings.evolution_url or 'the simulator of `plixa dev`'}"
    raise Sick(f"Evolution API {version}: 2.3.x is what this release was made for. Pin the image to 2.3.7.")


async def _check_numbers(settings: Settings) -> str:
    """What we take our numbers to be, and what the gateway says of them."""
    async with open_database(settings.database_url, size=1) as database:
        ours = await database.run(numbers.watched_numbers)
    async with _gateway(settings) as gateway:
        theirs = await gateway.instances()
        hooks = {
            row["instance"]: await gateway.webhook_url(row["instance"]) for row in ours if row["instance"] in theirs
        }
    wrong = [line for row in ours for line in _compare(row, theirs, hooks, _own_url(settings))]
    if wrong:
        raise Sick("\n    ".join(["the gateway has it otherwise", *wrong]))
    others = len(theirs.keys() - {row["instance"] for row in ours})
    beside = f"; {others} instances there are not ours" if others else ""
    return f"{len(ours)} as the gateway has them{beside}"


def _compare(
    row: Any, theirs: Mapping[str, State | None], hooks: Mapping[str, str | None], own_url: str
) -> Iterator[str]:
    instance, who = row["instance"], f"{row['name'] or row['phone'] or row['id']} ({row['instance']})"
    if instance not in theirs:
        yield f"{who}: unknown to the gateway. Restart it in the panel (Numbers), and scan a new QR code."
        return
    is_open, connected = theirs[instance] == "open", row["status"] == "connected"
    if is_open != connected:
        yield f"{who}: {row['status']} here, {theirs[instance] or 'not loaded'} there. Restart it if this stays so."
    wanted = f"{own_url}{PREFIX}{instance}"
    if hooks[instance] != wanted:
        yield f"{who}: it posts to {hooks[instance] or 'nobody'}, not to {wanted}. Set PUBLIC_URL right and restart it."


async def check_payments(settings: Settings) -> str:
    """Key, prices, portal and endpoints at Stripe, as they are there."""
    async with open_stripe(settings[billing.STRIPE_SECRET_KEY], settings[billing.STRIPE_URL]) as stripe:
        if stripe is None:
            return "no STRIPE_SECRET_KEY: nobody can subscribe (`plixa dev` brings a simulated Stripe)"
        wrong = [each async for each in _payments_wrong(settings, stripe)]
    if wrong:
        raise Sick("\n    ".join(["Stripe has it otherwise than it should be", *wrong]))
    return f"{'live' if stripe.live else 'test'} mode, six prices, portal and endpoints as they should be"


async def _payments_wrong(settings: Settings, stripe: Stripe) -> AsyncIterator[str]:
    prices = {kind: await stripe.price(id_) for id_, kind in billing.prices_of(settings).items()}
    for plan in PLANS:
        month, year = prices.get((plan, "month")), prices.get((plan, "year"))
        if month is None or year is None:
            yield f"{plan}: set STRIPE_PRICE_{plan.upper()}_MONTH and _YEAR; without them it cannot be bought."
            continue
        for interval, price in (("month", month), ("year", year)):
            if not price["active"] or part(price, "recurring").get("interval") != interval:
                yield f"{price['id']}: must be active, and recur every {interval}."
            if price["livemode"] is not stripe.live:
                yield f"{price['id']}: is of the other mode than the key."
        if year["unit_amount"] != 10 * month["unit_amount"]:
            yield f"{plan}: a year must cost ten months; it is {year['unit_amount']} to {month['unit_amount']}."
    if len({price["currency"] for price in prices.values()}) > 1:
        yield "the prices are of several currencies: all must be of one."
    portals = await stripe.portal_configurations()
    wanted = settings[billing.STRIPE_PORTAL_CONFIGURATION]
    if not any(wanted in ("", each["id"]) for each in portals):
        yield "there is no customer portal in this mode: save its settings at Stripe (Settings, Billing, portal)."
    async for each in _endpoints_wrong(settings, stripe):
        yield each
    if abs(stripe.ahead) > STRIPE_SKEW:
        yield (
            f"this machine's clock is {-stripe.ahead:+.0f} s off Stripe's; webhooks that are {TOLERANCE} s off are "
            "refused. Set it by NTP."
        )


async def _endpoints_wrong(settings: Settings, stripe: Stripe) -> AsyncIterator[str]:
    here = f"{_own_url(settings)}/v1/webhooks/stripe"
    ours = [each for each in await stripe.endpoints() if each["url"] == here]
    if not ours:
        yield f"no webhook endpoint posts to {here}: add one, and one for connected accounts."
    for each in ours:
        heard = set(each["enabled_events"])
        if each["status"] != "enabled":
            yield f"{each['id']}: is switched off."
        elif "*" not in heard and not {*TYPES} <= heard and not {*CONNECTED} <= heard:
            yield f"{each['id']}: lacks {', '.join(sorted({*TYPES} - heard))}."
    if len(settings[billing.STRIPE_WEBHOOK_SECRETS]) < len(ours):
        yield "STRIPE_WEBHOOK_SECRETS: each endpoint has a secret of its own; name all of them."


async def check_calendars(settings: Settings) -> str:
    """Whether Google knows our client, would send browsers back to us, and reads the same clock."""
    id_, secret, url = (settings[each] for each in (GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_URL))
    if not id_:
        return "no GOOGLE_CLIENT_ID: nobody can link a calendar (`plixa dev` brings a simulated Google)"
    if not secret:
        raise Sick("GOOGLE_CLIENT_SECRET is not set: it stands beside the client's id in Google's console.")
    back = f"{_own_url(settings)}{CALLBACK}"
    near = urlsplit(back).hostname in ("127.0.0.1", "localhost")
    if not back.startswith("https://") and not near:
        raise Sick(f"Google sends nobody back to {back}: set PUBLIC_URL to an https address.")
    async with open_google(id_, secret, url) as google:
        reason, skew = ("", None) if google is None else await google.probe()
    if reason != "invalid_grant":
        raise Sick(f"Google does not take our client ({reason}). Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET.")
    if skew is not None and abs(skew) > GOOGLE_SKEW:
        raise Sick(f"This machine's clock is {skew:+.0f} s from Google's. Set it by NTP (timedatectl set-ntp true).")
    return f"Google knows the client; {back} must be among its authorized redirect URIs"


def _own_url(settings: Settings) -> str:
    return settings.public_url or f"http://{reachable(settings.host)}:{settings.port}"


async def _check_server(settings: Settings) -> str:
    url = f"{_own_url(settings)}/readyz"
    async with httpx.AsyncClient(timeout=10) as client:
        began = time.perf_counter()
        try:
            answer = await client.get(url)
        except httpx.TransportError as error:
            raise Sick(
                f"{url} does not answer ({type(error).__name__}). Is `plixa web` running, is PUBLIC_URL right?"
            ) from None
    if answer.status_code != 200:
        raise Sick(f"{url} answers {answer.status_code}: {answer.text[:200]}")
    return f"{url} ready in {(time.perf_counter() - began) * 1000:.0f} ms"


async def _check_websocket(settings: Settings) -> str:
    parts = urlsplit(_own_url(settings))
    url = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}/v1/ws"
    try:
        async with trio_websocket.open_websocket_url(url) as socket:
            await socket.send_message('{"op":"auth","token":"none"}')
            try:
                await socket.get_message()
            except trio_websocket.ConnectionClosed as closed:
                if closed.reason is not None and closed.reason.code == 4401:
                    return f"{url} upgrades and answers"
    except trio_websocket.HandshakeError as error:
        if isinstance(error.__cause__, OSError):
            raise Sick(f"{url} cannot be reached ({error.__cause__}): see the server above.") from None
        raise Sick(
            f"{url} does not upgrade ({error or type(error).__name__}). A proxy in front must pass `Upgrade` and "
            "`Connection` (nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
            "proxy_set_header Connection upgrade;)."
        ) from None
    raise Sick(f"{url} upgrades, but does not speak plixa.v1. Is something else answering there?")


def line(recorded: Recorded, *, show: bool) -> str:
    """An event on one line. What customers wrote is left out unless it is asked for."""
    data = msgspec.to_builtins(recorded.event)
    if not show:
        for name in recorded.event.personal:
            if name in data:
                data[name] = "…"
    who = f"{recorded.actor} ({recorded.cause})"
    body = msgspec.json.encode(data).decode()
    when = f"{recorded.position:>8} {recorded.at:%Y-%m-%d %H:%M:%S}"
    return f"{when} {recorded.stream:<20} {recorded.event.type:<22} {who} {body}"
