"""The "getting started" checklist: computed on the fly, so that it can never disagree with what is there."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from plixa.actors.ai.config import AI
from plixa.actors.flows.library import FLOWS
from plixa.actors.hours.business_hours import BUSINESS_HOURS
from plixa.actors.workspace.onboarding import DismissOnboarding
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Answer, Call, route
from plixa.storage.workspace import onboarding as reads

TAG = "Onboarding"
PATH = "/v1/onboarding"
Key = Literal[
    "number_connected", "message_received", "reply_sent", "member_invited", "business_hours_set", "automation_on"
]


class Step(TypedDict):
    key: Key
    done: bool


class Checklist(TypedDict):
    steps: list[Step]
    completed: bool
    dismissed: bool


@route("GET", PATH, tag=TAG, answer=Checklist)
async def get_onboarding(call: Call) -> Answer:
    """Get the "getting started" checklist

    In the order in which they are best done. `dismissed`: the owner does not want to see the banner any more.
    """
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    return Answer(_checklist(workspace, await call.read(reads.progress, call.tenant)))


@route("POST", f"{PATH}/dismiss", tag=TAG, who="owner", answer=Checklist)
async def dismiss_onboarding(call: Call) -> Answer:
    """Dismiss the banner

    For everybody in the workspace, and for good; doing it twice changes nothing.
    """
    outcome = await call.ask("workspace", call.tenant, DismissOnboarding(by=call.caller.user_id))
    return Answer(_checklist(outcome.state, await call.read(reads.progress, call.tenant)))


def _checklist(workspace: Workspace, progress: Any) -> Checklist:
    done: dict[Key, bool] = {
        "number_connected": progress["connected"],
        "message_received": progress["received"],
        "reply_sent": progress["replied"],
        "member_invited": len(workspace.members) > 1 or bool(workspace.invitations),
        "business_hours_set": BUSINESS_HOURS.of(workspace).enabled,
        "automation_on": AI.of(workspace).enabled or any(flow.enabled for flow in FLOWS.of(workspace).values()),
    }
    steps: list[Step] = [{"key": key, "done": each} for key, each in done.items()]
    return {"steps": steps, "completed": all(done.values()), "dismissed": workspace.onboarding_dismissed}
