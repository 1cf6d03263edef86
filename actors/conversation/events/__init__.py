"""What can have happened in a conversation. Each event carries the values that it leads to, so that whoever watches
needs no knowledge of the rules (see `view.py`).

`moved_to`, on what the outbox may still report of a conversation that was merged: where its messages are by now."""

from __future__ import annotations

from plixa.actors.conversation.events.automation import (
    HANDED_OVER_BY_FLOW as HANDED_OVER_BY_FLOW,
    LEFT_BY_AI as LEFT_BY_AI,
    AiAnswered as AiAnswered,
    AiAsked as AiAsked,
    AiCancelled as AiCancelled,
    AiHandedOff as AiHandedOff,
    AnswerDropped as AnswerDropped,
    AnswerGiven as AnswerGiven,
    AnswerPlanned as AnswerPlanned,
    ClosedTold as ClosedTold,
    ConversationGivenBack as ConversationGivenBack,
    ConversationHandedOver as ConversationHandedOver,
    FieldCaptured as FieldCaptured,
    FlowHeld as FlowHeld,
    FlowStepped as FlowStepped,
    WelcomeDropped as WelcomeDropped,
    WelcomePlanned as WelcomePlanned,
    WelcomeSent as WelcomeSent,
)
from plixa.actors.conversation.events.broadcasts import (
    Broadcasted as Broadcasted,
    BroadcastProgressed as BroadcastProgressed,
    OneOfMany as OneOfMany,
    Progress as Progress,
)
from plixa.actors.conversation.events.common import (
    ERASED as ERASED,
    Author as Author,
    Ended as Ended,
    Mode as Mode,
    Status as Status,
    Tick as Tick,
)
from plixa.actors.conversation.events.life import (
    ClosePlanned as ClosePlanned,
    ConversationAbsorbed as ConversationAbsorbed,
    ConversationAnnotated as ConversationAnnotated,
    ConversationDeleted as ConversationDeleted,
    ConversationIdentified as ConversationIdentified,
    ConversationMerged as ConversationMerged,
    ConversationOpened as ConversationOpened,
    ConversationRead as ConversationRead,
    ConversationRenamed as ConversationRenamed,
    ConversationReopened as ConversationReopened,
    ConversationResolved as ConversationResolved,
    ConversationSeen as ConversationSeen,
    ConversationSnoozed as ConversationSnoozed,
    ConversationWoken as ConversationWoken,
    LastMessage as LastMessage,
)
from plixa.actors.conversation.events.messages import (
    MediaLost as MediaLost,
    MediaStored as MediaStored,
    MessageDeferred as MessageDeferred,
    MessageDeleted as MessageDeleted,
    MessageEchoed as MessageEchoed,
    MessageEdited as MessageEdited,
    MessageFailed as MessageFailed,
    MessageLeftInDoubt as MessageLeftInDoubt,
    MessageNoted as MessageNoted,
    MessageNumbered as MessageNumbered,
    MessageQueued as MessageQueued,
    MessageReacted as MessageReacted,
    MessageReceived as MessageReceived,
    MessageRevealed as MessageRevealed,
    MessageScheduled as MessageScheduled,
    MessageSending as MessageSending,
    MessageSent as MessageSent,
    MessageTicked as MessageTicked,
    MessageUncertain as MessageUncertain,
    MessageUnscheduled as MessageUnscheduled,
)
from plixa.actors.conversation.events.notices import (
    AgendaAsked as AgendaAsked,
    AiActed as AiActed,
    NoticeAnswered as NoticeAnswered,
    NoticeTold as NoticeTold,
)
from plixa.actors.conversation.events.placing import (
    AssignmentWanted as AssignmentWanted,
    ConversationAssigned as ConversationAssigned,
    ConversationDetached as ConversationDetached,
    ConversationLabelled as ConversationLabelled,
    ConversationLetGo as ConversationLetGo,
    ConversationMoved as ConversationMoved,
    ConversationQueued as ConversationQueued,
    ConversationRouted as ConversationRouted,
    ConversationUnlabelled as ConversationUnlabelled,
    MemberFreed as MemberFreed,
)
from plixa.actors.conversation.events.promises import (
    CsatAsked as CsatAsked,
    CsatAskedAgain as CsatAskedAgain,
    CsatCommented as CsatCommented,
    CsatEnded as CsatEnded,
    CsatRated as CsatRated,
    SlaBreached as SlaBreached,
    SlaMet as SlaMet,
    SlaMoved as SlaMoved,
    SlaStarted as SlaStarted,
    SlaStopped as SlaStopped,
    SlaWarned as SlaWarned,
)
from plixa.actors.conversation.events.together import (
    Given as Given,
    Planned as Planned,
    Stepped as Stepped,
    words_of as words_of,
)
from plixa.engine.events import Event


def home_of(event: Event, conversation_id: int) -> int:
    """The conversation that what this event of `conversation_id` speaks of is in."""
    moved_to: int | None = getattr(event, "moved_to", None)
    return moved_to or conversation_id
