"""What a letter may need, of each kind."""

from __future__ import annotations

URL = "https://app.plixa.app/x?token=abc&b=1"
SETTINGS = "https://app.plixa.app/settings/digest"
VALUES: dict[str, object] = {
    "name": "Ana",
    "timezone": "America/Sao_Paulo",
    "inviter": "Bruno Sá",
    "ticket": "4711",
    "company": "Padaria São João & Filhos",
    "accept_url": URL,
    "url": URL,
    "expires_at": "2026-06-01T15:00:00+00:00",
    "minutes": 60,
    "new_email": "ana.nova@example.com",
    "at": "2026-05-25T12:34:00+00:00",
    "date": "2026-06-24",
    "ends_at": "2026-06-08T02:00:00+00:00",
    "host": "hooks.padaria.example",
    "numbers": "8 / 1",
    "seats": "40 / 3",
    "period": "weekly",
    "from_date": "2026-05-18",
    "to_date": "2026-05-24",
    "settings_url": SETTINGS,
    "stats": {
        "conversations_opened": 1284,
        "conversations_resolved": 1197,
        "messages_in": 10432,
        "messages_out": 9871,
        "first_response_median": 252.4,
        "sla_breaches": 7,
        "csat_average": 4.62,
        "csat_count": 312,
        "busiest": [{"name": "Bruno Sá", "replies": 2210}, {"name": "Davi", "replies": 1}],
    },
}
