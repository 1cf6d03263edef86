"""Who may call which route, written by hand: what the routes declare is held to this, and never the other way.

Tokens of integrations reach `read` and `write` routes only: none of account, team, security, sessions, tokens, second
factors, numbers' links or the audit, reading included. What only the plan opens has its feature behind it.
"""

from __future__ import annotations

from functools import cache

ACCESS = """
[public]
POST   /v1/admin/auth/login
POST   /v1/auth/email/verify
POST   /v1/auth/login
POST   /v1/auth/password/forgot
POST   /v1/auth/password/reset
POST   /v1/auth/register
GET    /v1/images/{key}
GET    /v1/kb/articles
GET    /v1/kb/articles/{slug}
GET    /v1/kb/search
POST   /v1/team/invitations/accept
POST   /v1/waitlist
POST   /v1/webhooks/google-calendar
POST   /v1/webhooks/stripe

[challenge]
POST   /v1/auth/2fa-challenge

[staff challenge]
POST   /v1/admin/auth/2fa-challenge

[staff always]
POST   /v1/admin/auth/logout
GET    /v1/admin/me
POST   /v1/admin/me/2fa/confirm
POST   /v1/admin/me/2fa/setup

[staff manages]
DELETE /v1/admin/tenants/{tenant_id}/license
POST   /v1/admin/tenants/{tenant_id}/license
DELETE /v1/admin/tenants/{tenant_id}/impersonate
POST   /v1/admin/tenants/{tenant_id}/impersonate

[staff]
GET    /v1/admin/events
GET    /v1/admin/campaigns
POST   /v1/admin/campaigns
POST   /v1/admin/campaigns/audience
POST   /v1/admin/campaigns/test
DELETE /v1/admin/campaigns/{id}
GET    /v1/admin/campaigns/{id}
POST   /v1/admin/campaigns/{id}/pause
GET    /v1/admin/campaigns/{id}/recipients
POST   /v1/admin/campaigns/{id}/resume
GET    /v1/admin/kb/articles
POST   /v1/admin/kb/articles
DELETE /v1/admin/kb/articles/{article}
GET    /v1/admin/kb/articles/{article}
PUT    /v1/admin/kb/articles/{article}
GET    /v1/admin/kb/articles/{article}/versions
POST   /v1/admin/kb/images
POST   /v1/admin/kb/preview
GET    /v1/admin/support/canned-replies
POST   /v1/admin/support/canned-replies
DELETE /v1/admin/support/canned-replies/{cannedReply}
PATCH  /v1/admin/support/canned-replies/{cannedReply}
GET    /v1/admin/support/tags
POST   /v1/admin/support/tags
DELETE /v1/admin/support/tags/{id}
GET    /v1/admin/support/tickets
GET    /v1/admin/support/tickets/{ticket}
POST   /v1/admin/support/tickets/{ticket}/assign
POST   /v1/admin/support/tickets/{ticket}/attachments
GET    /v1/admin/support/tickets/{ticket}/attachments/{file}
POST   /v1/admin/support/tickets/{ticket}/close
POST   /v1/admin/support/tickets/{ticket}/messages
POST   /v1/admin/support/tickets/{ticket}/priority
POST   /v1/admin/support/tickets/{ticket}/reopen
GET    /v1/admin/support/tickets/{ticket}/replays/{conversation}
POST   /v1/admin/support/tickets/{ticket}/status
PUT    /v1/admin/support/tickets/{ticket}/tags
POST   /v1/admin/support/tickets/{ticket}/viewing
GET    /v1/admin/audit-logs
GET    /v1/admin/audit-logs/export.csv
GET    /v1/admin/overview
GET    /v1/admin/staff
GET    /v1/admin/tenants
GET    /v1/admin/tenants/{tenant_id}
POST   /v1/admin/tenants/{tenant_id}/reactivate
POST   /v1/admin/tenants/{tenant_id}/suspend
DELETE /v1/admin/push/subscriptions
POST   /v1/admin/push/subscriptions

[member panel always]
POST   /v1/auth/logout
POST   /v1/auth/session
GET    /v1/me
DELETE /v1/me/2fa
GET    /v1/me/2fa
POST   /v1/me/2fa/confirm
POST   /v1/me/2fa/recovery-codes
POST   /v1/me/2fa/recovery-codes/revoke
POST   /v1/me/2fa/setup

[member panel]
PATCH  /v1/me
GET    /v1/me/availability
PUT    /v1/me/availability
POST   /v1/me/availability/heartbeat
PUT    /v1/me/email
POST   /v1/me/email/verification
PUT    /v1/me/password
DELETE /v1/me/sessions
GET    /v1/me/sessions
DELETE /v1/me/sessions/{session}
DELETE /v1/push/subscriptions
POST   /v1/push/subscriptions
POST   /v1/scheduling/appointments/{appointment}/payment-link
DELETE /v1/scheduling/calendar/feed
GET    /v1/scheduling/calendar/feed
POST   /v1/scheduling/calendar/feed
GET    /v1/scheduling/calendar/google
GET    /v1/scheduling/calendar/google/changes
POST   /v1/scheduling/calendar/google/changes/{appointment}/accept
POST   /v1/scheduling/calendar/google/changes/{appointment}/revert
GET    /v1/scheduling/calendar/google/connect
POST   /v1/scheduling/calendar/google/disconnect
POST   /v1/support/attachments
GET    /v1/support/tickets
POST   /v1/support/tickets
GET    /v1/support/tickets/{ticket_id}
GET    /v1/support/tickets/{ticket_id}/attachments/{file}
POST   /v1/support/tickets/{ticket_id}/close
POST   /v1/support/tickets/{ticket_id}/messages
POST   /v1/support/tickets/{ticket_id}/rating
POST   /v1/support/tickets/{ticket_id}/reopen
DELETE /v1/support/tickets/{ticket_id}/replays/{conversation}
PUT    /v1/support/tickets/{ticket_id}/replays/{conversation}
GET    /v1/team/members

[owner panel always]
POST   /v1/billing/portal

[owner panel]
POST   /v1/webhook-endpoints  api_access
DELETE /v1/webhook-endpoints/{endpoint}  api_access
PUT    /v1/webhook-endpoints/{endpoint}  api_access
POST   /v1/webhook-endpoints/{endpoint}/replay  api_access
DELETE /v1/account/deletion
GET    /v1/account/deletion
POST   /v1/account/deletion
POST   /v1/ai/extract-business-hours  ai
POST   /v1/ai/improve-prompt  ai
POST   /v1/ai/preview  ai
GET    /v1/api-tokens
POST   /v1/api-tokens  api_access
DELETE /v1/api-tokens/{token}  api_access
GET    /v1/audit
POST   /v1/billing/checkout
GET    /v1/billing/invoices
GET    /v1/billing/invoices/{invoice}/events
GET    /v1/billing/invoices/{invoice}/lines
GET    /v1/billing/subscription
GET    /v1/payments
GET    /v1/payments/connect
POST   /v1/payments/connect
POST   /v1/payments/dashboard-link
POST   /v1/payments/{payment}/refund
GET    /v1/dashboard/team-availability
POST   /v1/digest-config/test
POST   /v1/phone-instances
DELETE /v1/phone-instances/{phone_instance}
PATCH  /v1/phone-instances/{phone_instance}
POST   /v1/phone-instances/{phone_instance}/disconnect
GET    /v1/phone-instances/{phone_instance}/qr
POST   /v1/phone-instances/{phone_instance}/restart
GET    /v1/security-config
PUT    /v1/security-config
GET    /v1/team/invitations
POST   /v1/team/invitations
DELETE /v1/team/invitations/{id}
POST   /v1/team/invitations/{invitation}/resend
DELETE /v1/team/members/{id}

[member read]
GET    /v1/ai-config
GET    /v1/ai-faqs
GET    /v1/auto-assignment-rules
GET    /v1/broadcast-config
GET    /v1/broadcasts
GET    /v1/broadcasts/{broadcast}
GET    /v1/broadcasts/{broadcast}/recipients
GET    /v1/business-hours-config
GET    /v1/contacts
GET    /v1/contacts/{contact}/custom-fields
GET    /v1/contacts/{id}
GET    /v1/conversations
GET    /v1/conversations/{conversation_id}/messages/{message_id}/media
GET    /v1/conversations/{conversation}/scheduled-messages
GET    /v1/conversations/{id}
GET    /v1/conversations/{id}/at/{offset}
GET    /v1/conversations/{id}/messages
GET    /v1/conversations/{id}/seen
GET    /v1/conversations/{id}/timeline
GET    /v1/conversations/{id}/why
GET    /v1/csat-config
GET    /v1/csat/ratings
GET    /v1/custom-field-definitions
GET    /v1/dashboard
GET    /v1/events
GET    /v1/flows
GET    /v1/flows/{id}
GET    /v1/inbox-config
GET    /v1/labels
GET    /v1/messages/search
GET    /v1/onboarding
GET    /v1/phone-instances
GET    /v1/phone-instances/{phone_instance}
GET    /v1/push/vapid-public-key
GET    /v1/saved-replies
GET    /v1/scheduling/appointments
GET    /v1/scheduling/appointments/{id}
GET    /v1/scheduling/appointments/{id}/timeline
GET    /v1/scheduling/availability
GET    /v1/scheduling/booking-config
GET    /v1/scheduling/calendar-filters
GET    /v1/scheduling/closures
GET    /v1/scheduling/default-schedule
GET    /v1/scheduling/holiday-config
GET    /v1/scheduling/providers/{user}/schedule
GET    /v1/scheduling/reminder-config
GET    /v1/scheduling/resources
GET    /v1/scheduling/services
GET    /v1/scheduling/waitlist
GET    /v1/sectors
GET    /v1/sla-config
GET    /v1/views
GET    /v1/welcome-config
GET    /v1/workspace-config

[member write]
POST   /v1/ai/shorten  ai
POST   /v1/contacts
DELETE /v1/contacts/{contact}/labels/{label}
POST   /v1/contacts/{contact}/labels/{label}
PUT    /v1/contacts/{contact}/opt-out
POST   /v1/conversations/bulk
POST   /v1/conversations/{conversation_id}/media-messages
POST   /v1/conversations/{conversation_id}/messages
POST   /v1/conversations/{conversation}/ai-suggestions  ai
POST   /v1/conversations/{conversation}/claim
POST   /v1/conversations/{conversation}/flow
POST   /v1/conversations/{conversation}/give-back
DELETE /v1/conversations/{conversation}/labels/{label}
POST   /v1/conversations/{conversation}/labels/{label}
POST   /v1/conversations/{conversation}/merge
POST   /v1/conversations/{conversation}/read
POST   /v1/conversations/{conversation}/scheduled-messages
DELETE /v1/conversations/{conversation}/scheduled-messages/{scheduled}
POST   /v1/conversations/{conversation}/snooze
POST   /v1/conversations/{conversation}/summary  ai
POST   /v1/conversations/{conversation}/take-over
DELETE /v1/conversations/{id}
PATCH  /v1/conversations/{id}
POST   /v1/messages/send  api_access
POST   /v1/scheduling/appointments
DELETE /v1/scheduling/appointments/{appointment}/arrive
POST   /v1/scheduling/appointments/{appointment}/arrive
POST   /v1/scheduling/appointments/{appointment}/cancel
DELETE /v1/scheduling/appointments/{appointment}/complete
POST   /v1/scheduling/appointments/{appointment}/complete
POST   /v1/scheduling/appointments/{appointment}/invite
DELETE /v1/scheduling/appointments/{appointment}/no-show
POST   /v1/scheduling/appointments/{appointment}/no-show
POST   /v1/scheduling/appointments/{appointment}/reschedule
PATCH  /v1/scheduling/appointments/{id}
POST   /v1/scheduling/calendar-filters
DELETE /v1/scheduling/calendar-filters/{filter}
PUT    /v1/scheduling/calendar-filters/{filter}
DELETE /v1/scheduling/waitlist/{entry_id}
POST   /v1/views
POST   /v1/views/reorder
DELETE /v1/views/{view}
PUT    /v1/views/{view}

[owner read]
GET    /v1/webhook-deliveries
GET    /v1/webhook-deliveries/{delivery}
GET    /v1/webhook-endpoints
GET    /v1/contacts/export.csv
GET    /v1/contacts/imports/{id}
GET    /v1/digest-config
GET    /v1/reports/agents
GET    /v1/reports/ai
GET    /v1/reports/appointments
GET    /v1/reports/csat
GET    /v1/reports/flows
GET    /v1/reports/handoffs
GET    /v1/reports/reminders
GET    /v1/reports/sla
GET    /v1/reports/utilisation
GET    /v1/reports/volume

[owner write]
POST   /v1/webhook-deliveries/{delivery}/retry  api_access
POST   /v1/webhook-endpoints/{endpoint}/test  api_access
PUT    /v1/ai-config  ai
POST   /v1/ai-faqs
POST   /v1/ai-faqs/reorder
DELETE /v1/ai-faqs/{faq}
PUT    /v1/ai-faqs/{faq}
POST   /v1/auto-assignment-rules  auto_assignment
POST   /v1/auto-assignment-rules/preview
DELETE /v1/auto-assignment-rules/{rule}  auto_assignment
PUT    /v1/auto-assignment-rules/{rule}  auto_assignment
PUT    /v1/broadcast-config  broadcasts
POST   /v1/broadcasts  broadcasts
POST   /v1/broadcasts/preview  broadcasts
POST   /v1/broadcasts/{broadcast}/cancel  broadcasts
POST   /v1/broadcasts/{broadcast}/pause  broadcasts
POST   /v1/broadcasts/{broadcast}/resume  broadcasts
PUT    /v1/business-hours-config
POST   /v1/contacts/import
PUT    /v1/contacts/{contact}/custom-fields  custom_fields
POST   /v1/contacts/{contact}/merge
POST   /v1/contacts/{contact}/unmerge
DELETE /v1/contacts/{id}
PATCH  /v1/contacts/{id}
PUT    /v1/csat-config
POST   /v1/custom-field-definitions  custom_fields
POST   /v1/custom-field-definitions/reorder  custom_fields
DELETE /v1/custom-field-definitions/{definition}  custom_fields
PUT    /v1/custom-field-definitions/{definition}  custom_fields
PUT    /v1/digest-config
POST   /v1/flows
POST   /v1/flows/{flow}/ai-build  ai
POST   /v1/flows/{flow}/check
POST   /v1/flows/{flow}/publish
POST   /v1/flows/{flow}/simulate
POST   /v1/flows/{flow}/toggle
DELETE /v1/flows/{id}
PUT    /v1/flows/{id}
PUT    /v1/inbox-config
POST   /v1/labels
DELETE /v1/labels/{id}
PUT    /v1/labels/{id}
POST   /v1/onboarding/dismiss
POST   /v1/saved-replies
POST   /v1/saved-replies/reorder
DELETE /v1/saved-replies/{savedReply}
PUT    /v1/saved-replies/{savedReply}
POST   /v1/scheduling/appointments/{appointment}/approve
POST   /v1/scheduling/appointments/{appointment}/decline
PUT    /v1/scheduling/booking-config
POST   /v1/scheduling/closures
DELETE /v1/scheduling/closures/{id}
PUT    /v1/scheduling/default-schedule
POST   /v1/scheduling/default-schedule/import
PUT    /v1/scheduling/holiday-config
PUT    /v1/scheduling/providers/{user}/schedule
PUT    /v1/scheduling/reminder-config
POST   /v1/scheduling/resources
DELETE /v1/scheduling/resources/{id}
PUT    /v1/scheduling/resources/{id}
POST   /v1/scheduling/services
DELETE /v1/scheduling/services/{id}
PUT    /v1/scheduling/services/{id}
POST   /v1/sectors
DELETE /v1/sectors/{id}
PUT    /v1/sectors/{id}
PUT    /v1/sla-config
PUT    /v1/welcome-config
PUT    /v1/workspace-config
DELETE /v1/workspace-config/logo
POST   /v1/workspace-config/logo
"""


STEPPED_IN = {
    "GET /v1/me",
    "POST /v1/auth/logout",
    "GET /v1/team/members",
}
"""What staff who act as a member reach, beside what is not the panel's alone."""
NEVER_STEPPED_IN = {
    "POST /v1/auth/session",
    "POST /v1/broadcasts",
    "POST /v1/broadcasts/{broadcast}/resume",
    "GET /v1/contacts/export.csv",
    "DELETE /v1/contacts/{id}",
    "POST /v1/contacts/{contact}/merge",
    "POST /v1/conversations/bulk",
    "DELETE /v1/conversations/{id}",
    "POST /v1/conversations/{conversation}/merge",
    "POST /v1/conversations/{conversation}/read",
    "POST /v1/scheduling/calendar/feed",
    "GET /v1/scheduling/calendar/google/connect",
    "POST /v1/scheduling/calendar/google/disconnect",
}
"""What they never do, even to write: exports, what is for good or lasts, what tells a customer of having been read."""
THEIR_OWN = {
    "GET /v1/support/tickets/{ticket_id}",
    "GET /v1/support/tickets/{ticket_id}/attachments/{file}",
}
"""What only the member whose it is sees of what a path names, and the owner."""
IN_SUSPENSION = {
    "GET /v1/contacts/export.csv",
    "POST /v1/support/attachments",
    "GET /v1/support/tickets",
    "POST /v1/support/tickets",
    "GET /v1/support/tickets/{ticket_id}",
    "GET /v1/support/tickets/{ticket_id}/attachments/{file}",
    "POST /v1/support/tickets/{ticket_id}/close",
    "POST /v1/support/tickets/{ticket_id}/messages",
    "POST /v1/support/tickets/{ticket_id}/rating",
    "POST /v1/support/tickets/{ticket_id}/reopen",
    "DELETE /v1/support/tickets/{ticket_id}/replays/{conversation}",
    "PUT /v1/support/tickets/{ticket_id}/replays/{conversation}",
}
"""What members of a suspended workspace still do, beside what is always open."""


@cache
def access() -> dict[str, tuple[str, str | None]]:
    """Route → its kind, and the feature that the plan must include."""
    found, kind = dict[str, tuple[str, str | None]](), ""
    for line in filter(None, ACCESS.splitlines()):
        if line.startswith("["):
            kind = line.strip("[]")
            continue
        method, path, *feature = line.split()
        found[f"{method} {path}"] = (kind, feature[0] if feature else None)
    return found
