"""The AI's settings."""

from __future__ import annotations

from plixa.engine.settings import as_url, setting

OPENAI_API_KEY = setting(
    "OPENAI_API_KEY", "", str, "key of the AI's server; empty: answers from the FAQs alone", secret=True
)
OPENAI_BASE_URL = setting("OPENAI_BASE_URL", "", as_url, "any server that speaks OpenAI's protocol, with its `/v1`")
OPENAI_MODEL = setting("OPENAI_MODEL", "gpt-4.1-mini", str, "the model that is asked")
AI_TIMEOUT_SECONDS = setting("AI_TIMEOUT_SECONDS", "30", float, "how long a call to the AI may take")
AI_MONTHLY_CENTS = setting(
    "AI_MONTHLY_CENTS", "2000", int, "US cents a month that a workspace's AI may cost; 0: no limit"
)
AI_CONVERSATION_CENTS = setting(
    "AI_CONVERSATION_CENTS", "100", int, "US cents a month that the AI may cost in one conversation; 0: no limit"
)
SETTINGS = (
    OPENAI_API_KEY,
    OPENAI_BASE_URL,
    OPENAI_MODEL,
    AI_TIMEOUT_SECONDS,
    AI_MONTHLY_CENTS,
    AI_CONVERSATION_CENTS,
)
