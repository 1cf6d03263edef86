"""Where Google sends a member's browser back to, and the address of a feed."""

from __future__ import annotations

from html import escape

from quart import Response, request
from quart_trio import QuartTrio

from plixa.engine.errors import PlixaError
from plixa.http.api.services import Services
from plixa.http.calendars import feeds
from plixa.http.calendars.linking import CALLBACK, COOKIE, Outcome
from plixa.http.calendars.parts import CALENDARS
from plixa.http.server.addresses import client_address, source_of

RATE = "120/minute"
HTML = "text/html; charset=utf-8"
STYLE = "body{font:1.1rem/1.5 system-ui;max-width:32rem;margin:10vh auto;padding:0 1rem}"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
SAID: dict[str, dict[Outcome, str]] = {
    "en": {
        "linked": "Your Google calendar is connected.",
        "refused": "Your calendar was not connected: you did not allow it.",
        "missing": "Your calendar was not connected: Plixa needs both permissions. Connect again, and tick both.",
        "expired": "This took too long, or began in another browser. Connect again from Plixa.",
        "failed": "Google did not finish it. Nothing was changed; please try again in a moment.",
    },
    "pt-BR": {
        "linked": "Seu calendário do Google está conectado.",
        "refused": "Seu calendário não foi conectado: você não permitiu.",
        "missing": "Seu calendário não foi conectado: o Plixa precisa das duas permissões. Conecte de novo e marque "
        "ambas.",
        "expired": "Demorou demais, ou começou em outro navegador. Conecte de novo a partir do Plixa.",
        "failed": "O Google não concluiu. Nada mudou; tente de novo em instantes.",
    },
    "es": {
        "linked": "Tu calendario de Google está conectado.",
        "refused": "Tu calendario no se ha conectado: no lo has permitido.",
        "missing": "Tu calendario no se ha conectado: Plixa necesita los dos permisos. Vuelve a conectar y marca "
        "ambos.",
        "expired": "Ha tardado demasiado, o empezó en otro navegador. Vuelve a conectar desde Plixa.",
        "failed": "Google no lo ha terminado. No ha cambiado nada; inténtalo de nuevo en un momento.",
    },
}
BACK = {"en": "Back to Plixa", "pt-BR": "Voltar ao Plixa", "es": "Volver a Plixa"}


def add_pages(app: QuartTrio, services: Services) -> None:
    """`/calendar/google/callback` and `/calendar/feed/<secret>.ics`."""

    @app.get(CALLBACK)
    async def callback() -> Response:
        asked = {name: request.args.get(name, "")[:2048] for name in ("state", "code", "error")}
        cookie = request.cookies.get(COOKIE, "")[:200]
        try:
            _spend(services, "calendar callback")
            calendars = services[CALENDARS]
            if calendars is None:
                return _page("en", "failed", 404, services)
            outcome, tenant, user_id = await calendars.linking.finish(
                asked["state"], cookie, asked["code"], asked["error"]
            )
            calendars.syncing.hurry()
            return _page(await _locale(services, tenant, user_id), outcome, 200, services)
        except PlixaError as error:
            return _page(_asked_locale(), "failed", error.status, services)

    @app.get(f"{feeds.PATH}/<secret>")
    async def feed(secret: str) -> Response:
        try:
            _spend(services, "calendar feed")
            found = await feeds.feed(services, secret.removesuffix(".ics"))
        except PlixaError as error:
            return Response("", error.status, headers={"Retry-After": str(error.retry_after or 60)})
        if found is None:
            return Response("", 404)
        headers = {"Content-Disposition": 'inline; filename="plixa.ics"', "Cache-Control": "private, no-store"}
        return Response(found, content_type=f"{feeds.TYPE}; charset=utf-8", headers=headers)


def _spend(services: Services, what: str) -> None:
    services.limits.spend(RATE, what, source_of(client_address(request, services.settings.trusted_proxies)))


async def _locale(services: Services, tenant: int, user_id: int) -> str:
    """The member's, or the business's; where nobody knows who it is, the browser's."""
    if not tenant:
        return _asked_locale()
    workspace = await services.bus.workspace(tenant)
    member = workspace.members.get(user_id)
    own: str = member.locale if member is not None and member.locale else workspace.locale
    return "pt-BR" if own == "pt" else own


def _asked_locale() -> str:
    best = request.accept_languages.best_match(["en", "pt-BR", "pt", "es"], "en")
    return "pt-BR" if best == "pt" else str(best)


def _page(locale: str, outcome: Outcome, status: int, services: Services) -> Response:
    known = locale if locale in SAID else "en"
    back = f'<p><a href="{escape(services.public_url)}/panel/">{BACK[known]}</a>'
    page = (
        f'<!doctype html><html lang="{known}"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>Plixa</title><style>{STYLE}</style>'
        f'<p role="status">{SAID[known][outcome]}</p>{back}'
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(page, status, content_type=HTML, headers=headers)
