"""How somebody leaves the list: a link that cannot be forged, good for ever, and for nothing else (RFC 8058).

The token is a keyed hash of the address, and a second one of that: it is checked without a look-up, and works when the
person, their workspace and the campaign are gone. Following the link changes nothing, for scanners follow links; the
button on its page does, and so does the POST that mail programs make, whatever it carries.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from quart import Response, request
from quart_trio import QuartTrio

from plixa.engine.errors import PlixaError
from plixa.http.api.services import Services
from plixa.http.campaigns.letters import FOOTERS
from plixa.http.server.addresses import client_address, source_of
from plixa.storage.campaigns import recipients
from plixa.storage.eventlog.sealing import ApplicationKey

RATE = "120/minute"
HEADERS = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
POLICY = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
WORDS = {
    "en": ("Do you want no more news from Plixa by e-mail?", "Unsubscribe", "You get no more news by e-mail.",
           "This link is not good."),
    "pt-BR": ("Não quer mais receber novidades da Plixa por e-mail?", "Cancelar a inscrição",
              "Você não receberá mais novidades por e-mail.", "Este link não é válido."),
    "es": ("¿No quieres recibir más novedades de Plixa por correo?", "Darse de baja",
           "No recibirás más novedades por correo.", "Este enlace no es válido."),
}  # fmt: skip


def address_hash(key: ApplicationKey, email: str) -> bytes:
    """What an address is known by, also when it is gone: its domain and its local part without case."""
    return key.fingerprint(f"mail address {email.strip().casefold()}")


def token_of(key: ApplicationKey, hashed: bytes) -> str:
    """For the link."""
    proof = key.fingerprint(f"unsubscribe {hashed.hex()}")
    return urlsafe_b64encode(hashed + proof).decode().rstrip("=")


def hash_of(key: ApplicationKey, token: str) -> bytes | None:
    """The address's hash again; None for a token that we did not make."""
    try:
        both = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (ValueError, UnicodeError):
        return None
    hashed, proof = both[:16], both[16:]
    right = len(both) == 32 and hmac.compare_digest(proof, key.fingerprint(f"unsubscribe {hashed.hex()}"))
    return hashed if right else None


def add_leaving(app: QuartTrio, services: Services) -> None:
    """Add `/v1/unsubscribe/…`."""
    key = services.store.keyring.application_key

    @app.get("/v1/unsubscribe/<token>")
    async def unsubscribe_page(token: str) -> Response:
        return _page(0 if hash_of(key, token[:200]) else 3)

    @app.post("/v1/unsubscribe/<token>")
    async def unsubscribe(token: str) -> Response:
        hashed = hash_of(key, token[:200])
        if hashed is None:
            return _page(3)
        try:
            address = client_address(request, services.settings.trusted_proxies)
            services.limits.spend(RATE, "unsubscribe", source_of(address))
            now = services.clock.now()
            await services.database.run(recipients.suppress, hashed, "marketing", "unsubscribed", now)
        except PlixaError as error:  # ours: whoever sends it should send it again
            return Response("", 503, headers={**HEADERS, "Retry-After": str(error.retry_after or 60)})
        return _page(2)


def _page(which: int) -> Response:
    """Of the four things that there are to say."""
    best = request.accept_languages.best_match(["en", "pt-BR", "pt", "es"], "en")
    locale = "pt-BR" if best == "pt" else str(best)
    words = WORDS[locale if locale in FOOTERS else "en"]
    button = f'<form method="post"><button>{words[1]}</button></form>' if which == 0 else ""
    page = (
        f'<!doctype html><html lang="{locale}"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>Plixa</title><p role="status">{words[which]}</p>{button}'
    )
    headers = {**HEADERS, "Content-Security-Policy": POLICY}
    return Response(page, 200, content_type="text/html; charset=utf-8", headers=headers)
