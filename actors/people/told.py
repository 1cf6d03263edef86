"""What sockets and the audit are told of members', invitations' and tokens' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Data, Show, Tell
from plixa.actors.people.team import MemberAvailability, MemberRemoved
from plixa.actors.sayings import Told, told
from plixa.actors.workspace.told_words import ROLES
from plixa.engine.events import Event, Recorded


def _removed(event: MemberRemoved, _: Recorded) -> Data:
    return {"user": {"id": event.user_id, "removed": True}}


def _availability(event: MemberAvailability, _: Recorded) -> Data:
    return {"user": {"id": event.user_id, "is_available": event.is_available}}


SHOWS: Mapping[type[Event], Show] = {MemberRemoved: _removed, MemberAvailability: _availability}

ABILITIES: Mapping[str, Told] = {
    "read": Told("read", "ler", "leer"),
    "write": Told("write", "escrever", "escribir"),
    "*": Told("do everything", "fazer tudo", "hacer todo"),
}

TELLS: Mapping[str, Tell] = {
    "invitation.accepted": Told("accepted an invitation", "aceitou um convite", "aceptó una invitación"),
    "invitation.cancelled": Told("cancelled an invitation", "cancelou um convite", "canceló una invitación"),
    "invitation.created": lambda e: told(
        "invited {email} as {role}",
        "convidou {email} como {role}",
        "invitó a {email} como {role}",
        email=e.email,
        role=ROLES[e.role],
    ),
    "invitation.resent": Told("sent an invitation again", "enviou um convite de novo", "envió una invitación otra vez"),
    "member.availability": lambda e: (
        Told("takes new conversations", "aceita novas conversas", "acepta conversaciones nuevas")
        if e.is_available
        else Told(
            "stopped taking new conversations",
            "deixou de aceitar novas conversas",
            "dejó de aceptar conversaciones nuevas",
        )
    ),
    "member.email_change_asked": Told(
        "asked to sign in with another e-mail address",
        "pediu para entrar com outro e-mail",
        "pidió entrar con otro correo",
    ),
    "member.email_verified": Told("confirmed their e-mail address", "confirmou o seu e-mail", "confirmó su correo"),
    "member.password_changed": lambda e: (
        Told("changed their password", "mudou a sua senha", "cambió su contraseña")
        if e.how == "changed"
        else Told("reset their password", "redefiniu a sua senha", "restableció su contraseña")
    ),
    "member.recovery_code_revoked": Told(
        "revoked one of their recovery codes",
        "revogou um dos seus códigos de recuperação",
        "revocó uno de sus códigos de recuperación",
    ),
    "member.recovery_codes_made": Told(
        "made new recovery codes", "gerou novos códigos de recuperação", "generó nuevos códigos de recuperación"
    ),
    "member.sessions_ended": lambda e: (
        Told("ended one of their sessions", "encerrou uma das suas sessões", "cerró una de sus sesiones")
        if e.session_id
        else Told(
            "ended all others of their sessions",
            "encerrou todas as suas outras sessões",
            "cerró todas sus otras sesiones",
        )
    ),
    "member.two_factor_disabled": Told(
        "turned two-factor authentication off",
        "desligou a verificação em duas etapas",
        "desactivó la verificación en dos pasos",
    ),
    "member.two_factor_enabled": Told(
        "turned two-factor authentication on",
        "ligou a verificação em duas etapas",
        "activó la verificación en dos pasos",
    ),
    "member.removed": lambda e: told(
        "removed member {who}", "removeu o membro {who}", "quitó al miembro {who}", who=e.user_id
    ),
    "token.created": lambda e: told(
        "made an API token that may {what}",
        "criou um token da API que pode {what}",
        "creó un token de la API que puede {what}",
        what=[ABILITIES.get(each, each) for each in e.abilities],
    ),
    "token.revoked": Told("revoked an API token", "revogou um token da API", "revocó un token de la API"),
}
