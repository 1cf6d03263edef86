"""What is told of staff's stays and of suspensions: in the audit of the workspace."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell

TELLS: Mapping[str, Tell] = {
    "staff.looked": lambda e: f"had a look, as Plixa's staff: {e.what}",
    "staff.stepped_in": lambda e: f"stepped in as member {e.user_id}, as Plixa's staff, to {e.mode}: {e.reason}",
    "staff.stepped_out": "left the workspace, as Plixa's staff",
    "workspace.reactivated": "made the workspace active again, as Plixa's staff",
    "workspace.resumed": lambda e: f"let go of {len(e.dropped)} messages that were too old to be sent",
    "workspace.suspended": lambda e: f"suspended the workspace, as Plixa's staff: {e.reason}",
}
