"""Campaigns, as staff write, watch and stop them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from plixa.actors.campaigns import campaign as campaigns
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event
from plixa.engine.ports import Address
from plixa.http.api import Answer, Call, cursors, rendering, route
from plixa.http.api.fields import Body, Email, Line, Moment, Page
from plixa.http.campaigns.leaving import token_of
from plixa.http.campaigns.letters import Person, letter, must_be_known
from plixa.http.campaigns.parts import SENDER
from plixa.http.clients.mail.errors import MailError
from plixa.http.clients.markdown import Rendered, render
from plixa.http.workspace.parts import PICTURES
from plixa.storage.campaigns import recipients

TAG = "Admin — Email campaigns"
PATH = "/v1/admin/campaigns"
ONE = f"{PATH}/{{id}}"
LONGEST = 32 * 1024
Plan = Literal["starter", "professional", "business"]
Locale = Literal["en", "pt-BR", "es"]
OfTenant = Literal["active", "suspended"]
Role = Literal["owner", "agent"]
State = Literal[
    "queued", "sending", "sent", "delayed", "delivered", "bounced", "complained", "suppressed", "failed", "skipped",
    "unknown", "cancelled",
]  # fmt: skip


def _active() -> list[OfTenant]:
    return ["active"]


def _owners() -> list[Role]:
    return ["owner"]


class AudienceChosen(Body):
    """Of whom it consists. Empty lists mean: no matter."""

    plans: Annotated[list[Plan], Field(max_length=3)] = Field(default_factory=list[Plan])
    locales: Annotated[list[Locale], Field(max_length=3)] = Field(default_factory=list[Locale])
    statuses: Annotated[list[OfTenant], Field(min_length=1, max_length=2)] = Field(default_factory=_active)
    roles: Annotated[list[Role], Field(min_length=1, max_length=2)] = Field(default_factory=_owners)


class CampaignWords(Body):
    """`subject` and `body` (Markdown) may have `{{name}}`, `{{first_name}}` and `{{company}}`."""

    subject: Annotated[Line, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
    body: Annotated[Line, StringConstraints(max_length=LONGEST)]


class NewCampaign(CampaignWords):
    """`scheduled_at`: null is at once."""

    audience: AudienceChosen
    scheduled_at: Moment | None = None


class CampaignTest(CampaignWords):
    """`email`: whom the test goes to."""

    email: Email


class RecipientQuery(Page):
    status: State | None = None


class AudienceShown(TypedDict):
    plans: list[str]
    locales: list[str]
    statuses: list[str]
    roles: list[str]


class CampaignShown(TypedDict):
    id: int
    subject: str
    status: Literal["scheduled", "freezing", "sending", "paused", "stopped", "sent", "cancelled"]
    reason: str | None
    audience: AudienceShown
    size: int | None
    created_by: int
    created_at: datetime
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class CampaignDetail(CampaignShown):
    body: str
    html: str
    counts: dict[str, int]


class RecipientShown(TypedDict):
    id: int
    tenant_id: int
    email: str
    status: State
    reason: str | None
    updated_at: datetime


class AudienceMember(TypedDict):
    tenant_id: int
    email: str
    company: str


class AudienceSize(TypedDict):
    size: int
    examples: list[AudienceMember]


class TriedOut(TypedDict):
    sent: bool
    reason: str | None


@route("GET", PATH, tag=TAG, who="admin", query=Page, answer=list[CampaignShown], act="campaign.listed")
async def list_campaigns(call: Call) -> Answer:
    """List the campaigns, the newest first"""
    rows = await call.read(recipients.list_campaigns, cursors.decode(call.query.cursor, int), call.query.limit)
    page = rows[: call.query.limit]
    more = page[-1]["id"] if len(rows) > call.query.limit else None
    return Answer([_row(row) for row in page], {"next_cursor": cursors.encode(more), "limit": call.query.limit})


def _row(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in CampaignShown.__annotations__}


@route(
    "POST",
    PATH,
    tag=TAG,
    who="admin",
    body=NewCampaign,
    answer=CampaignDetail,
    status=201,
    max_body=2 * LONGEST,
    rate="20/minute",
    idempotent=True,
    act="campaign.created",
)
async def create_campaign(call: Call) -> Answer:
    """Send a campaign, now or later

    Each address gets one mail, and whoever unsubscribed none. It is paced, and pauses by itself where many bounce or
    complain.
    """
    body: NewCampaign = call.body
    now = call.services.clock.now()
    if body.scheduled_at is not None and body.scheduled_at <= now:
        raise Invalid({"scheduled_at": ["The time is over already."]})
    rendered = await _rendered(call, body)
    size, _ = await call.read(recipients.count, chosen(body.audience), now)
    if not size:
        raise Invalid({"audience": ["Nobody is in it."]})
    campaign_id = await call.read(recipients.next_campaign)
    audience = campaigns.Audience(
        tuple(body.audience.plans), tuple(body.audience.locales), tuple(body.audience.statuses),
        tuple(body.audience.roles),
    )  # fmt: skip
    command = campaigns.CreateCampaign(
        subject=body.subject,
        body=body.body,
        html=rendered.html,
        text=rendered.text,
        audience=audience,
        by=call.caller.user_id,
        scheduled_at=body.scheduled_at,
    )
    call.concern.target, call.concern.target_id = "campaign", campaign_id

    await call.ask("campaign", campaign_id, command, tenant=0, render=rendering(_as_made, campaign_id))
    return Answer(await _whole(call, campaign_id), status=201)


def _as_made(events: Sequence[Event], campaign_id: int) -> Answer:
    state = reduce(campaigns.evolve, events, campaigns.Campaign(id=campaign_id))
    return Answer(_shown(state, recipients.NONE), status=201)


async def _rendered(call: Call, words: CampaignWords) -> Rendered:
    must_be_known(words.subject, "subject")
    must_be_known(words.body, "body")
    return await render(words.body, most=LONGEST, pictures=call.services[PICTURES].url(""))


def chosen(audience: Any) -> recipients.Chosen:
    """As the query takes it."""
    return recipients.Chosen(audience.roles, audience.statuses, audience.plans, audience.locales)


async def _whole(call: Call, campaign_id: int) -> dict[str, Any]:
    state: campaigns.Campaign = await call.services.bus.state(Address(0, "campaign", campaign_id))
    campaigns.must_be_there(state)
    return _shown(state, await call.read(recipients.counts, campaign_id))


def _shown(state: campaigns.Campaign, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "id": state.id,
        "subject": state.subject,
        "status": state.status,
        "reason": state.reason,
        "audience": {name: list(getattr(state.audience, name)) for name in AudienceShown.__annotations__},
        "size": state.size,
        "created_by": state.by,
        "created_at": state.created_at,
        "scheduled_at": state.scheduled_at,
        "started_at": state.started_at,
        "finished_at": state.finished_at,
        "body": state.body,
        "html": state.html,
        "counts": counts,
    }


@route(
    "POST",
    f"{PATH}/audience",
    tag=TAG,
    who="admin",
    body=AudienceChosen,
    answer=AudienceSize,
    act="campaign.audience_counted",
)
async def count_audience(call: Call) -> Answer:
    """How many an audience reaches

    With ten of them. Those who want no such mails are counted, and get none.
    """
    size, rows = await call.read(recipients.count, chosen(call.body), call.services.clock.now())
    names = ("tenant_id", "email", "company")
    return Answer({"size": size, "examples": [{name: row[name] for name in names} for row in rows]})


@route(
    "POST",
    f"{PATH}/test",
    tag=TAG,
    who="admin",
    body=CampaignTest,
    answer=TriedOut,
    max_body=2 * LONGEST,
    rate="10/minute",
    idempotent=True,
    act="campaign.tested",
)
async def send_test(call: Call) -> Answer:
    """Send a test of a campaign to one address

    At once: the answer says whether it was taken. Nothing is kept of it, and its link unsubscribes nobody.
    """
    body: CampaignTest = call.body
    rendered = await _rendered(call, body)
    key = call.services.store.keyring.application_key
    nobody = token_of(key, key.fingerprint(f"test {call.request_id}"))
    url = f"{call.services.public_url}/v1/unsubscribe/{nobody}"
    person = Person(body.email, call.caller.name, "Plixa", "en")
    once = _once(call)
    mail = letter(f"[Test] {body.subject}", (rendered.html, rendered.text), person, url, f"test-{once}")
    try:
        await call.services[SENDER].send(mail)
    except MailError as error:
        return Answer({"sent": False, "reason": error.message})
    return await call.keep(Answer({"sent": True, "reason": None}), f"campaign-test-{once}")


def _once(call: Call) -> str:
    """What makes it the same mail to the far end, too."""
    if call.idempotency_key is None:
        return call.request_id
    said = f"test of {call.caller.user_id} {call.idempotency_key}"
    return call.services.store.keyring.application_key.fingerprint(said).hex()


@route("GET", ONE, tag=TAG, who="admin", answer=CampaignDetail, act="campaign.opened")
async def get_campaign(call: Call) -> Answer:
    """Open a campaign

    With how many of its mails are in which state.
    """
    return Answer(await _whole(call, _id(call)))


def _id(call: Call) -> int:
    """The campaign of the path; says what the request is about. Raises `NotFound`."""
    campaign_id = call.params["id"]
    if campaign_id <= 0:
        raise NotFound("campaign")
    call.concern.target, call.concern.target_id = "campaign", campaign_id
    return campaign_id


@route(
    "GET",
    f"{ONE}/recipients",
    tag=TAG,
    who="admin",
    query=RecipientQuery,
    answer=list[RecipientShown],
    act="campaign.recipients_listed",
)
async def list_recipients(call: Call) -> Answer:
    """List whom a campaign goes to, and what became of each mail"""
    query: RecipientQuery = call.query
    after = cursors.decode(query.cursor, int) or 0
    await _whole(call, _id(call))
    rows = await call.read(recipients.list_recipients, call.params["id"], query.status, after, query.limit)
    page = rows[: query.limit]
    more = page[-1]["id"] if len(rows) > query.limit else None
    names = RecipientShown.__annotations__
    shown = [{name: row[name] for name in names} for row in page]
    return Answer(shown, {"next_cursor": cursors.encode(more), "limit": query.limit})


@route(
    "POST",
    f"{ONE}/pause",
    tag=TAG,
    who="admin",
    answer=CampaignDetail,
    raises=("CAMPAIGN_NOT_SENDING",),
    act="campaign.paused",
)
async def pause_campaign(call: Call) -> Answer:
    """Pause a campaign"""
    await call.ask("campaign", _id(call), campaigns.PauseCampaign(), tenant=0)
    return Answer(await _whole(call, call.params["id"]))


@route(
    "POST",
    f"{ONE}/resume",
    tag=TAG,
    who="admin",
    answer=CampaignDetail,
    raises=("CAMPAIGN_NOT_PAUSED",),
    act="campaign.resumed",
)
async def resume_campaign(call: Call) -> Answer:
    """Go on with a campaign that was paused, or stopped by itself"""
    await call.ask("campaign", _id(call), campaigns.ResumeCampaign(), tenant=0)
    return Answer(await _whole(call, call.params["id"]))


@route("DELETE", ONE, tag=TAG, who="admin", status=204, act="campaign.removed")
async def remove_campaign(call: Call) -> Answer:
    """Cancel a campaign, or remove one that is over

    Whoever has no mail yet gets none. What was sent stays counted until it is removed.
    """
    outcome = await call.ask("campaign", _id(call), campaigns.EndCampaign(), tenant=0)
    if outcome.state.status == "cancelled":
        await call.read(recipients.cancel, call.params["id"], call.services.clock.now())
    return Answer(status=204)
