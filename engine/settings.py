"""Settings come from the environment, once, into one frozen value. `TABLE` names the mechanism's, each feature its own
(`Edge.settings`).

The README's table is made from them, and a test keeps them equal. In production an unsafe default is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
DEV_SECRET = "development-only-secret-do-not-use"  # refused in production
MOST_ALIKE = 8
"""Different characters that a random secret has at least."""
DEV_API_KEY = "simulator"


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One environment variable: how it is read, what it is when absent, what it does.

    field: of `Settings`; empty for a feature's, which is read as `settings[SETTING]`. unsafe: what is wrong with the
    settings where they are a production's; empty where nothing is.
    """

    name: str
    field: str
    default: str
    parse: Callable[[str], T]
    text: str
    secret: bool = False
    unsafe: Callable[[Settings], str] = lambda _settings: ""


def setting(
    name: str,
    default: str,
    parse: Callable[[str], T],
    text: str,
    *,
    secret: bool = False,
    unsafe: Callable[[Settings], str] = lambda _settings: "",
) -> Setting[T]:
    """A feature's setting, to be named in its `EDGE`."""
    return Setting(name, "", default, parse, text, secret, unsafe)


def as_list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def as_url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("expected a URL that starts with http:// or https://")
    return text.rstrip("/")


def _share(text: str) -> float:
    if not 0 <= (share := float(text)) <= 1:
        raise ValueError("expected a number from 0 to 1")
    return share


def as_nats_urls(text: str) -> tuple[str, ...]:
    urls = as_list(text)
    if not all(url.startswith(("nats://", "tls://")) and urlsplit(url).hostname for url in urls):
        raise ValueError("expected nats://SECRET@HOST:PORT or tls://USER:PASSWORD@HOST:PORT; several with commas")
    return urls


def one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return text

    return parse


TABLE: tuple[Setting[Any], ...] = (
    Setting(
        "PLIXA_ENV",
        "env",
        "development",
        one_of("development", "production"),
        "`production` refuses unsafe defaults and logs JSON",
    ),
    Setting("HOST", "host", "127.0.0.1", str, "address to listen on"),
    Setting("PORT", "port", "8000", int, "port to listen on; 0 takes a free one"),
    Setting(
        "PUBLIC_URL",
        "public_url",
        "",
        as_url,
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
        "PLIXA_SECRET_KEY_OTHER",
        "secret_key_other",
        "",
        str,
        "a second key that opens what it sealed, while `plixa rekey` seals it anew with the first",
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
        "NATS_URL",
        "nats_urls",
        "",
        as_nats_urls,
        "carries requests between nodes: `nats://…` on this machine, `tls://USER:PASSWORD@HOST:4222` on others, "
        "several with commas; empty: there is one node, or `plixa web --processes` starts its own",
        True,
    ),
    Setting(
        "EVOLUTION_URL",
        "evolution_url",
        "",
        as_url,
        "the Evolution API server; empty: `plixa dev` starts the simulator",
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
    Setting("CORS_ORIGINS", "cors_origins", "", as_list, "origins that may call `/v1` from a browser, comma-separated"),
    Setting(
        "METRICS_TOKEN",
        "metrics_token",
        "",
        str,
        "`/metrics` wants it as a bearer token; in production, without it and without `METRICS_PORT`, there is none",
        True,
    ),
    Setting(
        "METRICS_PORT",
        "metrics_port",
        "",
        lambda text: int(text) if text else None,
        "serve `/metrics` on a port of its own instead of on `PORT`",
    ),
    Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "traces_to",
        "",
        as_url,
        "where traces go: an OpenTelemetry collector (OTLP over HTTP), like `http://127.0.0.1:4318`; empty: nowhere",
    ),
    Setting("TRACES_SHARE", "traces_share", "1", _share, "of how many beginnings traces are kept, 0 to 1"),
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
    Setting(
        "LOG_FOR_RELEASE_BEFORE",
        "log_for_release_before",
        "0",
        one_of("0", "1"),
        "`1`: events are written as the release before understands them; while both run, or one may go back",
    ),
    Setting(
        "SESSION_IDLE_HOURS",
        "session_idle_hours",
        "336",
        int,
        "a session at the panel ends when it was not used for so long; 0: it does not",
    ),
    Setting(
        "SESSION_DAYS", "session_days", "90", int, "a session at the panel ends after so many days; 0: it does not"
    ),
    Setting("TRUSTED_PROXIES", "trusted_proxies", "0", int, "how many proxies in front add to `X-Forwarded-For`"),
    Setting("LOG_LEVEL", "log_level", "info", one_of("debug", "info", "warning", "error"), "the least that is logged"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as read. Field by field as in `TABLE`. own: the features', by name."""

    env: str
    host: str
    port: int
    public_url: str
    database_url: str
    database_pool: int
    data_dir: Path
    secret_key: str
    secret_key_other: str
    node: str
    nats_urls: tuple[str, ...]
    evolution_url: str
    evolution_api_key: str
    simulator_port: int
    send_rate: float
    send_doubt: float
    cors_origins: tuple[str, ...]
    metrics_token: str
    metrics_port: int | None
    traces_to: str
    traces_share: float
    connections_per_address: int
    sockets_per_member: int
    resume_floor: int
    log_for_release_before: str
    session_idle_hours: int
    session_days: int
    trusted_proxies: int
    log_level: str
    own: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __getitem__(self, setting: Setting[T]) -> T:
        """A feature's setting."""
        if setting.name in self.own:
            value: T = self.own[setting.name]
            return value
        return setting.parse(setting.default)

    @property
    def production(self) -> bool:
        """Whether unsafe defaults are refused."""
        return self.env == "production"


class BadSettings(ValueError):
    """One or more settings are wrong; the message lists all of them with what to do."""


def load(environ: Mapping[str, str], of_features: Sequence[Setting[Any]] = ()) -> Settings:
    """Read all settings. Raises `BadSettings` with every problem at once."""
    values, own = dict[str, Any](), dict[str, Any]()
    problems: list[str] = []
    for each in (*TABLE, *of_features):
        text = environ.get(each.name, "").strip() or each.default
        try:
            value = each.parse(text)
        except ValueError as error:
            shown = "its value" if each.secret else repr(text)
            problems.append(f"{each.name}: {shown} is not right: {error}")
        else:
            (values if each.field else own)[each.field or each.name] = value
    if not problems:
        settings = Settings(**values, own=own)
        problems = [*_unsafe(settings), *_of_features(settings, of_features)] if settings.production else []
        if not problems:
            return settings
    raise BadSettings("The settings need attention:\n" + "\n".join(f"  - {problem}" for problem in problems))


def _of_features(settings: Settings, declared: Sequence[Setting[Any]]) -> list[str]:
    return [f"{each.name}: {wrong}" for each in declared if (wrong := each.unsafe(settings))]


def _is_guarded(nats_url: str) -> bool:
    """Whether nobody else can read or say what goes over it."""
    url = urlsplit(nats_url)
    with suppress(ValueError):
        if url.hostname == "localhost" or ip_address(url.hostname or "").is_loopback:
            return True
    return url.scheme == "tls" and bool(url.username)


def _unsafe(settings: Settings) -> list[str]:
    problems: list[str] = []
    if settings.secret_key == DEV_SECRET or len(settings.secret_key) < 32:
        problems.append("PLIXA_SECRET_KEY: set a secret of at least 32 random characters (openssl rand -base64 48)")
    if not settings.database_url:
        problems.append("DATABASE_URL: set a PostgreSQL server; the embedded one is for development")
    if not settings.evolution_url or not settings.evolution_api_key:
        problems.append("EVOLUTION_URL and EVOLUTION_API_KEY: set the gateway; the simulator is for development")
    if settings.public_url.startswith("http://"):
        problems.append("PUBLIC_URL: must start with https://; secrets and customers' words would go in the clear")
    if len(set(settings.secret_key)) < MOST_ALIKE:
        problems.append("PLIXA_SECRET_KEY: is no random text; make one with openssl rand -base64 48")
    if not all(map(_is_guarded, settings.nats_urls)):
        problems.append(
            "NATS_URL: must be tls:// with a user and password, or a secret, unless it is on this machine; bearers and "
            "customers' words would go in the clear"
        )
    if not settings.public_url:
        problems.append("PUBLIC_URL: set the address under which the gateway reaches this server")
    return problems
