"""What campaigns bring to the actors."""

from __future__ import annotations

from plixa.actors.campaigns import campaign
from plixa.actors.campaigns.campaign import CAMPAIGN
from plixa.actors.feature import Data, Logic
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import address_of


def _campaign(_event: Event, recorded: Recorded) -> Data:
    """For staff: which one has changed."""
    return {"campaign": {"id": address_of(recorded.tenant, recorded.stream).id}}


LOGIC = Logic(
    kinds=(CAMPAIGN,),
    shows=dict.fromkeys(
        (campaign.CampaignCreated, campaign.CampaignStarted, campaign.CampaignFrozen, campaign.CampaignPaused,
         campaign.CampaignResumed, campaign.CampaignEnded, campaign.CampaignHidden),
        _campaign,
    ),
)  # fmt: skip
