"""Where in the log the steps of flows are: events of their own, or said by the message that the flow answered with."""

from __future__ import annotations

STEPPED = "(type = 'flow.stepped' or type = 'message.queued' and (data->'step') is not null)"
"""A condition on `events`; each half has an index of its own by time."""
STEP = "(case type when 'flow.stepped' then data else data->'step' end)"
"""A step's data."""
