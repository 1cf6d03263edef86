"""Settings come from the environment, once, into one frozen value. `TABLE` is the only place that names them.

The README's table is made from `TABLE`, and a test keeps them equal. In production an unsafe default is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEV_SECRET = "development-only-secret-do-not-use"  # refused in production
MOST_ALIKE = 8
"""Different characters that a random secret has at least."""
DEV_API_KEY = "simulator"


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: how it is read, what it is when absent, what it does."""

    name: str
    field: str
    default: str
    parse: Callable[[str], Any]
    text: str
    secret: bool = False


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("expected a URL that starts with http:// or https://")
    return text.rstrip("/")


def _subject(text: str) -> str:
    if not text.startswith(("mailto:", "https://")):
        raise ValueError("expected mailto:… or a URL that starts with https://")
    return text


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return text

    return parse


TABLE: tuple[Setting, ...] = (
    Setting(
        "PLIXA_ENV",
        "env",
        "development",
        _one_of("development", "production"),
        "`production` refuses unsafe defaults and logs JSON",
    ),
    Setting("HOST", "host", "127.0.0.1", str, "address to listen on"),
    Setting("PORT", "port", "8000", int, "port to listen on; 0 takes a free one"),
    Setting(
        "PUBLIC_URL",
        "public_url",
        "",
        _url,
        "where the gateway and browsers reach this server; empty: `http://HOST:PORT`",
    ),
    Setting(
        "DATABASE_URL",
        "database_url",
        "",
        str,
        "`postgresql://…`; empty: an embedded PostgreSQL under `PLIXA_DATA_DIR`",
        True,
    ),
    Setting(
        "DATABASE_POOL",
        "database_pool",
        "8",
        int,
        "connections for reading; writing and the node's name take one more each",
    ),
    Setting("PLIXA_DATA_DIR", "data_dir", ".plixa", _path, "embedded database and media files"),
    Setting(
        "PLIXA_SECRET_KEY",
        "secret_key",
        DEV_SECRET,
        str,
        "seals customers' keys and secrets; at least 32 characters; losing it loses what they wrote",
        True,
    ),
    Setting(
        "PLIXA_NODE",
        "node",
        "node-1",
        str,
        "this process's name among several on one database; a restart under the same name takes over at once",
    ),
    Setting(
        "EVOLUTION_URL", "evolution_url", "", _url, "the Evolution API server; empty: `plixa dev` starts the simulator"
    ),
    Setting("EVOLUTION_API_KEY", "evolution_api_key", "", str, "its global key", True),
    Setting("SIMULATOR_PORT", "simulator_port", "8080", int, "port of the simulator; 0 takes a free one"),
    Setting(
        "SEND_RATE_PER_SECOND",
        "send_rate",
        "10",
        float,
        "messages a second and number that go out at most; 0: no limit",
    ),
    Setting(
        "SEND_DOUBT_SECONDS",
        "send_doubt",
        "90",
        float,
        "how long a send that may have gone out is looked for before a second try; as long as the gateway may take",
    ),
    Setting(
        "OPENAI_API_KEY", "openai_api_key", "", str, "key of the AI's server; empty: answers from the FAQs alone", True
    ),
    Setting("OPENAI_BASE_URL", "openai_base_url", "", _url, "any server that speaks OpenAI's protocol, with its `/v1`"),
    Setting("OPENAI_MODEL", "openai_model", "gpt-4.1-mini", str, "the model that is asked"),
    Setting("AI_TIMEOUT_SECONDS", "ai_timeout", "30", float, "how long a call to the AI may take"),
    Setting(
        "AI_MONTHLY_CENTS",
        "ai_monthly_cents",
        "2000",
        int,
        "US cents a month that a workspace's AI may cost; 0: no limit",
    ),
    Setting(
        "AI_CONVERSATION_CENTS",
        "ai_conversation_cents",
        "100",
        int,
        "US cents a month that the AI may cost in one conversation; 0: no limit",
    ),
    Setting("MEDIA_LIMIT_MB", "media_limit_mb", "64", int, "the largest file taken from a customer"),
    Setting(
        "RESEND_API_KEY",
        "resend_api_key",
        "",
        str,
        "sends mails with Resend; without it, with `SMTP_URL`; without both they go into a folder: see `/dev/mail`",
        True,
    ),
    Setting("RESEND_URL", "resend_url", "https://api.resend.com", _url, "where Resend's API is"),
    Setting("SMTP_URL", "smtp_url", "", str, "`smtps://user:password@host:465` or `smtp://…:587?starttls`", True),
    Setting("MAIL_FROM", "mail_from", "Plixa <hello@plixa.example>", str, "the sender of all mails"),
    Setting("CAMPAIGN_FROM", "campaign_from", "", str, "the sender of campaigns; empty: as of all mails"),
    Setting("CAMPAIGN_RATE", "campaign_rate", "2", float, "how many mails of campaigns go out a second"),
    Setting(
        "RESEND_WEBHOOK_SECRET",
        "resend_webhook_secret",
        "",
        str,
        "`whsec_…` of Resend's webhook to `/v1/webhooks/resend`; two with a comma while it is changed",
        True,
    ),
    Setting(
        "VAPID_SUBJECT",
        "vapid_subject",
        "mailto:hello@plixa.example",
        _subject,
        "whom push services write to when pushes misbehave: `mailto:…` or an https URL",
    ),
    Setting(
        "PICTURES_URL",
        "pictures_url",
        "",
        _url,
        "where browsers get pictures; empty: from this server",
    ),
    Setting(
        "S3_BUCKET", "s3_bucket", "", str, "keeps pictures in S3 or what speaks like it; empty: in `PLIXA_DATA_DIR`"
    ),
    Setting("S3_URL", "s3_url", "https://s3.amazonaws.com", _url, "where that storage is"),
    Setting("S3_REGION", "s3_region", "us-east-1", str, "its region"),
    Setting("S3_ACCESS_KEY_ID", "s3_access_key_id", "", str, "its access key", True),
    Setting("S3_SECRET_ACCESS_KEY", "s3_secret_access_key", "", str, "the secret of that key", True),
    Setting("CORS_ORIGINS", "cors_origins", "", _list, "origins that may call `/v1` from a browser, comma-separated"),
    Setting(
        "METRICS_PORT",
        "metrics_port",
        "",
        lambda text: int(text) if text else None,
        "serve `/metrics` on a port of its own instead of on `PORT`",
    ),
    Setting(
        "CONNECTIONS_PER_ADDRESS",
        "connections_per_address",
        "500",
        int,
        "connections that one address may hold, an IPv6 /64 counting as one; 0: no limit. Not for loopback, and none "
        "behind `TRUSTED_PROXIES`, where the address is the proxy's",
    ),
    Setting(
        "SOCKETS_PER_MEMBER", "sockets_per_member", "100", int, "live sockets that a member may have open; 0: no limit"
    ),
    Setting(
        "RESUME_FLOOR",
        "resume_floor",
        "20000",
        int,
        "by how many events who resumes may be behind; further back, everything is fetched anew; 0: no limit",
    ),
    Setting("TRUSTED_PROXIES", "trusted_proxies", "0", int, "how many proxies in front add to `X-Forwarded-For`"),
    Setting("LOG_LEVEL", "log_level", "info", _one_of("debug", "info", "warning", "error"), "the least that is logged"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as read. Field by field as in `TABLE`."""

    env: str
    host: str
    port: int
    public_url: str
    database_url: str
    database_pool: int
    data_dir: Path
    secret_key: str
    node: str
    evolution_url: str
    evolution_api_key: str
    simulator_port: int
    send_rate: float
    send_doubt: float
    openai_api_key: str
    openai_base_url: str
    openai_model: str
    ai_timeout: float
    ai_monthly_cents: int
    ai_conversation_cents: int
    media_limit_mb: int
    resend_api_key: str
    resend_url: str
    smtp_url: str
    mail_from: str
    campaign_from: str
    campaign_rate: float
    resend_webhook_secret: str
    vapid_subject: str
    pictures_url: str
    s3_bucket: str
    s3_url: str
    s3_region: str
    s3_access_key_id: str
    s3_secret_access_key: str
    cors_origins: tuple[str, ...]
    metrics_port: int | None
    connections_per_address: int
    sockets_per_member: int
    resume_floor: int
    trusted_proxies: int
    log_level: str

    @property
    def production(self) -> bool:
        """Whether unsafe defaults are refused."""
        return self.env == "production"


class BadSettings(ValueError):
    """One or more settings are wrong; the message lists all of them with what to do."""


def load(environ: Mapping[str, str]) -> Settings:
    """Read all settings. Raises `BadSettings` with every problem at once."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in TABLE:
        text = environ.get(setting.name, "").strip() or setting.default
        try:
            values[setting.field] = setting.parse(text)
        except ValueError as error:
            shown = "its value" if setting.secret else repr(text)
            problems.append(f"{setting.name}: {shown} is not right: {error}")
    if not problems:
        settings = Settings(**values)
        problems = _unsafe(settings) if settings.production else []
        if not problems:
            return settings
    raise BadSettings("The settings need attention:\n" + "\n".join(f"  - {problem}" for problem in problems))


def _unsafe(settings: Settings) -> list[str]:
    problems: list[str] = []
    if settings.secret_key == DEV_SECRET or len(settings.secret_key) < 32:
        problems.append("PLIXA_SECRET_KEY: set a secret of at least 32 random characters (openssl rand -base64 48)")
    if not settings.database_url:
        problems.append("DATABASE_URL: set a PostgreSQL server; the embedded one is for development")
    if not settings.evolution_url or not settings.evolution_api_key:
        problems.append("EVOLUTION_URL and EVOLUTION_API_KEY: set the gateway; the simulator is for development")
    if not settings.resend_api_key and not settings.smtp_url:
        problems.append("RESEND_API_KEY or SMTP_URL: set a way for mails to go out; the folder is for development")
    if settings.public_url.startswith("http://"):
        problems.append("PUBLIC_URL: must start with https://; secrets and customers' words would go in the clear")
    if len(set(settings.secret_key)) < MOST_ALIKE:
        problems.append("PLIXA_SECRET_KEY: is no random text; make one with openssl rand -base64 48")
    if not settings.public_url:
        problems.append("PUBLIC_URL: set the address under which the gateway reaches this server")
    return problems
