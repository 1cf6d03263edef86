"""The page on which a person lets a program into their calendar, and the tokens that come of it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from html import escape
from urllib.parse import urlencode

from .errors import TokenRefusal
from .world import PREFIX, TOKEN_LASTS, Code, Json, World

SENSITIVE = ("calendar.events.owned", "calendar.freebusy")
STYLE = (
    "body{font:16px/1.5 system-ui;max-width:26rem;margin:2rem auto;padding:0 1rem;color:#202124}"
    "label{display:block;margin:.75rem 0}input[type=email]{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;"
    "border:1px solid #747775;border-radius:.5rem}button{font:inherit;padding:.6rem 1.2rem;margin:.5rem .5rem 0 0;"
    "border:1px solid #747775;border-radius:2rem;background:#fff;color:#0b57d0;cursor:pointer}"
    "button.first{background:#0b57d0;color:#fff;border-color:#0b57d0}small{color:#5f6368}"
)
WORDS = {
    "en": {
        "title": "Plixa wants access to your Google Account",
        "account": "Account",
        "calendar.events.owned": "See and edit events on the calendars that you own",
        "calendar.freebusy": "See when you are busy",
        "allow": "Continue",
        "refuse": "Cancel",
        "note": "Simulated Google: nothing leaves this machine.",
    },
    "pt-BR": {
        "title": "O Plixa quer acessar sua Conta do Google",
        "account": "Conta",
        "calendar.events.owned": "Ver e editar eventos nas agendas que são suas",
        "calendar.freebusy": "Ver quando você está ocupado",
        "allow": "Continuar",
        "refuse": "Cancelar",
        "note": "Google simulado: nada sai desta máquina.",
    },
    "es": {
        "title": "Plixa quiere acceder a tu Cuenta de Google",
        "account": "Cuenta",
        "calendar.events.owned": "Ver y editar eventos en los calendarios que son tuyos",
        "calendar.freebusy": "Ver cuándo estás ocupado",
        "allow": "Continuar",
        "refuse": "Cancelar",
        "note": "Google simulado: nada sale de esta máquina.",
    },
}
Page = tuple[int, bytes, str, dict[str, str]]


def locale_of(accepted: str) -> str:
    """The first language that a browser asks for and that there is."""
    for each in accepted.lower().split(","):
        found = {"en": "en", "pt": "pt-BR", "es": "es"}.get(each.strip()[:2])
        if found:
            return found
    return "en"


def page(world: World, query: Json, accepted: str) -> Page:
    """What a person sees; where the program asks wrongly, they see that and never come back."""
    if query.get("client_id") != world.settings.client_id or not query.get("redirect_uri"):
        return _html("en", "<h1>Error 400: redirect_uri_mismatch</h1>", 400)
    words = WORDS[locale := locale_of(accepted)]
    hidden = "".join(
        f"<input type=hidden name='{escape(name)}' value='{escape(str(each))}'>" for name, each in query.items()
    )
    boxes = "".join(
        f"<label><input type=checkbox name='grant.{scope}' value=1 checked> {escape(words[scope])}</label>"
        for scope in _sensitive(query)
    )
    email = escape(str(query.get("login_hint") or "somebody@gmail.example"))
    form = (
        f"<h1>{escape(words['title'])}</h1><form method=post>{hidden}<label>{escape(words['account'])}"
        f"<input type=email name=email value='{email}'></label>{boxes}<button class=first name=do value=allow>"
        f"{escape(words['allow'])}</button><button name=do value=refuse>{escape(words['refuse'])}</button></form>"
        f"<p><small>{escape(words['note'])}</small>"
    )
    return _html(locale, form)


def decided(world: World, given: Json) -> Page:
    """Back to the program, with a code or without."""
    back, state = str(given.get("redirect_uri", "")), str(given.get("state", ""))
    if given.get("client_id") != world.settings.client_id or not back:
        return _html("en", "<h1>Error 400: redirect_uri_mismatch</h1>", 400)
    if given.get("do") != "allow":
        return _go(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}")
    account = world.account(str(given.get("email") or "somebody@gmail.example"))
    granted = [each for each in _sensitive(given) if f"grant.{each}" in given]
    account.scopes = frozenset({"openid", f"{PREFIX}userinfo.email", *(f"{PREFIX}{each}" for each in granted)})
    code = f"4/{secrets.token_urlsafe(24)}"
    offline = given.get("access_type") == "offline" and given.get("prompt") == "consent"
    challenge = str(given.get("code_challenge", "")) if given.get("code_challenge_method") == "S256" else ""
    world.codes[code] = Code(account.email, back, challenge, account.scopes, offline)
    answer = {"state": state, "code": code, "scope": " ".join(sorted(account.scopes))}
    return _go(f"{back}?{urlencode(answer)}")


def _sensitive(query: Json) -> list[str]:
    asked = str(query.get("scope", "")).split()
    return [each for each in SENSITIVE if f"{PREFIX}{each}" in asked]


def tokens(world: World, form: Json) -> Json:
    """A code, or a refresh token, for an access token."""
    if (form.get("client_id"), form.get("client_secret")) != (world.settings.client_id, world.settings.client_secret):
        raise TokenRefusal("invalid_client", "The OAuth client was not found.", 401)
    if world.strikes("unknown_client", "/token"):
        raise TokenRefusal("invalid_client", "The OAuth client was not found.", 401)
    if form.get("grant_type") == "authorization_code":
        return _of_code(world, form)
    if form.get("grant_type") != "refresh_token":
        raise TokenRefusal("unsupported_grant_type")
    email = world.refresh.get(str(form.get("refresh_token")))
    if world.strikes("brief", "/token"):
        raise TokenRefusal("invalid_grant")
    if email is None or world.strikes("dead", "/token"):
        raise TokenRefusal("invalid_grant", "Token has been expired or revoked.")
    return _access(world, email)


def _of_code(world: World, form: Json) -> Json:
    code = world.codes.pop(str(form.get("code")), None)
    if code is None or code.redirect != form.get("redirect_uri"):
        raise TokenRefusal("invalid_grant")
    verifier = str(form.get("code_verifier", ""))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if code.challenge and challenge != code.challenge:
        raise TokenRefusal("invalid_grant", "Invalid code verifier.")
    answer = {**_access(world, code.account), "scope": " ".join(sorted(code.scopes))}
    answer["id_token"] = world.id_token(world.account(code.account))
    if code.offline:
        token = f"1//{secrets.token_urlsafe(32)}"
        world.refresh[token] = code.account
        answer["refresh_token"] = token
    return answer


def _access(world: World, email: str) -> Json:
    token = f"ya29.{secrets.token_urlsafe(32)}"
    world.access[token] = (email, world.now() + TOKEN_LASTS)
    return {"access_token": token, "expires_in": TOKEN_LASTS, "token_type": "Bearer"}


def revoke(world: World, form: Json) -> Json:
    """All of an account's, by any token of it."""
    token = str(form.get("token"))
    email = world.refresh.get(token) or world.access.get(token, ("", 0))[0]
    if not email:
        raise TokenRefusal("invalid_token")
    world.revoke(email)
    return {}


def _html(locale: str, inside: str, status: int = 200) -> Page:
    text = (
        f"<!doctype html><html lang={locale}><meta charset=utf-8><meta name=viewport "
        f"content='width=device-width, initial-scale=1'><title>Google</title><style>{STYLE}</style>{inside}"
    )
    return status, text.encode(), "text/html; charset=utf-8", {}


def _go(url: str) -> Page:
    return 303, b"", "text/plain", {"location": url}
