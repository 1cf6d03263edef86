"""What a route is called by those who generate clients: a verb and what it is done to, from its method and path.

"POST /v1/contacts" is `createContact`, "POST /v1/contacts/{contact}/merge" is `mergeContact`. Where the path does not
read so, the name stands in `NAMED`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

VERBS = {"PUT": "update", "PATCH": "update", "DELETE": "delete"}
NAMED: Mapping[str, str] = {
    "POST /v1/scheduling/appointments/{appointment}/no-show": "markAppointmentNoShow",
    "DELETE /v1/scheduling/appointments/{appointment}/no-show": "undoAppointmentNoShow",
    "GET /v1/account/deletion": "getAccountDeletion",
    "GET /v1/scheduling/calendar/google": "getCalendarLink",
    "GET /v1/scheduling/calendar/google/connect": "connectCalendar",
    "POST /v1/scheduling/calendar/google/disconnect": "disconnectCalendar",
    "GET /v1/scheduling/calendar/google/changes": "listCalendarChanges",
    "POST /v1/scheduling/calendar/google/changes/{appointment}/accept": "acceptCalendarChange",
    "POST /v1/scheduling/calendar/google/changes/{appointment}/revert": "revertCalendarChange",
    "POST /v1/webhooks/google-calendar": "hearGoogleCalendar",
    "GET /v1/scheduling/calendar/feed": "getCalendarFeed",
    "POST /v1/scheduling/calendar/feed": "createCalendarFeed",
    "DELETE /v1/scheduling/calendar/feed": "deleteCalendarFeed",
    "POST /v1/scheduling/appointments/{appointment}/invite": "sendAppointmentFile",
    "POST /v1/auth/register": "register",
    "POST /v1/auth/login": "login",
    "POST /v1/auth/logout": "logout",
    "POST /v1/team/invitations/accept": "acceptInvitation",
    "GET /v1/audit": "listAuditEntries",
    "GET /v1/me": "getMe",
    "GET /v1/admin/me": "getMeAsStaff",
    "GET /v1/admin/staff": "listStaff",
    "POST /v1/admin/auth/2fa-challenge": "completeLoginAsStaff",
    "GET /v1/admin/audit-logs/export.csv": "exportAuditLogsAsStaff",
    "POST /v1/admin/kb/preview": "previewArticleAsStaff",
    "POST /v1/admin/campaigns/audience": "countCampaignAudienceAsStaff",
    "POST /v1/admin/campaigns/test": "sendTestCampaignAsStaff",
    "PATCH /v1/me": "updateMe",
    "GET /v1/images/{key}": "getImage",
    "POST /v1/workspace-config/logo": "uploadWorkspaceLogo",
    "DELETE /v1/workspace-config/logo": "deleteWorkspaceLogo",
    "POST /v1/account/deletion": "scheduleAccountDeletion",
    "DELETE /v1/account/deletion": "cancelAccountDeletion",
    "POST /v1/auth/2fa-challenge": "completeLogin",
    "POST /v1/admin/auth/login": "loginAsStaff",
    "POST /v1/admin/auth/logout": "logoutAsStaff",
    "POST /v1/auth/password/forgot": "requestPasswordReset",
    "POST /v1/me/email/verification": "sendEmailVerification",
    "POST /v1/me/2fa/setup": "setUpTwoFactor",
    "POST /v1/me/2fa/confirm": "confirmTwoFactor",
    "GET /v1/me/2fa": "getTwoFactor",
    "DELETE /v1/me/2fa": "disableTwoFactor",
    "POST /v1/me/2fa/recovery-codes": "remakeRecoveryCodes",
    "POST /v1/me/2fa/recovery-codes/revoke": "revokeRecoveryCode",
    "POST /v1/me/availability/heartbeat": "sendHeartbeat",
    "POST /v1/contacts/{contact}/labels/{label}": "attachContactLabel",
    "DELETE /v1/contacts/{contact}/labels/{label}": "detachContactLabel",
    "GET /v1/contacts/export.csv": "exportContacts",
    "POST /v1/conversations/{conversation}/labels/{label}": "attachConversationLabel",
    "DELETE /v1/conversations/{conversation}/labels/{label}": "detachConversationLabel",
    "POST /v1/conversations/{conversation}/read": "markConversationRead",
    "POST /v1/conversations/{conversation_id}/messages": "sendConversationMessage",
    "POST /v1/conversations/{conversation_id}/media-messages": "sendConversationFile",
    "GET /v1/conversations/{conversation_id}/messages/{message_id}/media": "getMessageMedia",
    "POST /v1/conversations/{conversation}/take-over": "takeOverConversation",
    "POST /v1/conversations/{conversation}/give-back": "giveBackConversation",
    "POST /v1/conversations/{conversation}/flow": "startConversationFlow",
    "POST /v1/conversations/{conversation}/summary": "summariseConversation",
    "POST /v1/conversations/{conversation}/ai-suggestions": "suggestReplies",
    "POST /v1/conversations/{conversation}/scheduled-messages": "scheduleMessage",
    "POST /v1/conversations/bulk": "updateConversations",
    "GET /v1/conversations/{id}/timeline": "getConversationTimeline",
    "GET /v1/conversations/{id}/at/{offset}": "getConversationAt",
    "GET /v1/messages/search": "searchMessages",
    "POST /v1/messages/send": "sendMessage",
    "POST /v1/ai/preview": "previewAiReply",
    "POST /v1/ai/improve-prompt": "improveAiPrompt",
    "POST /v1/ai/shorten": "shortenText",
    "POST /v1/ai/extract-business-hours": "extractBusinessHours",
    "POST /v1/flows/{flow}/ai-build": "buildFlow",
    "POST /v1/digest-config/test": "sendTestDigest",
    "GET /v1/dashboard": "getDashboard",
    "GET /v1/dashboard/team-availability": "getTeamAvailability",
    "GET /v1/push/vapid-public-key": "getVapidPublicKey",
    "POST /v1/push/subscriptions": "subscribePush",
    "DELETE /v1/push/subscriptions": "unsubscribePush",
    "POST /v1/admin/push/subscriptions": "subscribeStaffPush",
    "DELETE /v1/admin/push/subscriptions": "unsubscribeStaffPush",
    "POST /v1/waitlist": "joinWaitlist",
    "DELETE /v1/me/sessions": "deleteOtherSessions",
    "PUT /v1/me/password": "changePassword",
    "PUT /v1/me/email": "changeEmail",
}
_PARAMETER = re.compile(r"{\w+}")
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
_NOT_PLURAL = ("ss", "us", "is")


def operation_name(method: str, path: str) -> str:
    """One for each route; `openapi.document` sees to it that no two are one."""
    named = NAMED.get(f"{method} {path}")
    if named is not None:
        return named
    inside = path.removeprefix("/v1/")
    words = _words(method, inside.removeprefix("admin/").split("/"))
    return _camel([*words, "as", "staff"] if inside.startswith("admin/") else words)


def _words(method: str, parts: Sequence[str]) -> list[str]:
    things = [part for part in parts if part != "me"]
    whose = ["my"] if len(things) < len(parts) else []
    nouns = [part for part in things if not _PARAMETER.fullmatch(part)]
    *before, last = nouns
    one = _PARAMETER.fullmatch(things[-1]) is not None
    inner = len(things) > 2 and _PARAMETER.fullmatch(things[-2 if not one else -3]) is not None
    owner = [_singular(each) for each in before[-1:]] if inner else []
    if method == "POST" and not one and not _is_plural(last):
        under = _singular(before[-1]) if inner else before[-1] if before else ""
        return [last, *whose, under]
    if method == "DELETE" and inner and not one and not _is_plural(last):
        return ["undo", last, *owner]
    if before == ["reports"]:
        return ["get", last, "report"]
    verb = VERBS.get(method, "create")
    if method == "GET":
        verb = "list" if _is_plural(last) and not one else "get"
    plain = last if verb == "list" or (method == "PUT" and not one) else _singular(last)
    return [verb, *whose, *owner, plain]


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(_NOT_PLURAL)


def _singular(word: str) -> str:
    if not _is_plural(word):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]


def _camel(words: Sequence[str]) -> str:
    first, *rest = [part for word in words for part in _NO_WORD.split(word) if part]
    return first.lower() + "".join(part[0].upper() + part[1:] for part in rest)
