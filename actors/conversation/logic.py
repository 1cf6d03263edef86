"""What conversations and how the inbox behaves bring to the actors."""

from __future__ import annotations

from plixa.actors.conversation import told
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.configs.csat import CSAT
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.conversation.configs.sla import SLA
from plixa.actors.conversation.configs.welcome import WELCOME
from plixa.actors.conversation.saved_replies import SAVED_REPLIES
from plixa.actors.conversation.views import VIEWS
from plixa.actors.feature import Logic

LOGIC = Logic(
    kinds=(CONVERSATION,),
    collections=(SAVED_REPLIES, VIEWS),
    configs=(WELCOME, SLA, CSAT, INBOX),
    shows=told.SHOWS,
    tells=told.TELLS,
)
