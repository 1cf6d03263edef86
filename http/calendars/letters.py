"""What a member is told of their link by mail, once."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.clients.mail.kinds import LINK, TEXT, MailKind, Template
from plixa.http.clients.mail.templates.words import Letter, Locale

KIND = MailKind({"company": TEXT, "url": LINK}, "url")
RECONNECT: Mapping[Locale, Letter] = {
    "en": Letter(
        subject="Your Google calendar is not connected any more",
        preview="Appointments are safe; they are just not written to it.",
        title="Connect your calendar again",
        lines=(
            "Google does not let Plixa into your calendar any more, for <b>{company}</b>. New appointments are not "
            "written to it, and what you have there does not block times.",
            "No appointment is lost. Connect it again, and everything is brought up to date.",
        ),
        button="Connect again",
    ),
    "pt-BR": Letter(
        subject="Seu calendário do Google não está mais conectado",
        preview="Os agendamentos estão a salvo; só não são mais escritos nele.",
        title="Conecte seu calendário de novo",
        lines=(
            "O Google não deixa mais o Plixa entrar no seu calendário, em <b>{company}</b>. Novos agendamentos não são "
            "escritos nele, e o que você tem lá não bloqueia horários.",
            "Nenhum agendamento se perdeu. Conecte de novo, e tudo fica em dia.",
        ),
        button="Conectar de novo",
    ),
    "es": Letter(
        subject="Tu calendario de Google ya no está conectado",
        preview="Las citas están a salvo; solo que ya no se escriben en él.",
        title="Vuelve a conectar tu calendario",
        lines=(
            "Google ya no deja entrar a Plixa en tu calendario, en <b>{company}</b>. Las citas nuevas no se escriben "
            "en él, y lo que tienes allí no bloquea horas.",
            "No se ha perdido ninguna cita. Vuelve a conectarlo, y todo queda al día.",
        ),
        button="Volver a conectar",
    ),
}
MISSING: Mapping[Locale, Letter] = {
    "en": Letter(
        subject="Plixa lacks a permission for your Google calendar",
        preview="Connect it again, and tick both permissions.",
        title="A permission is missing",
        lines=(
            "To keep your calendar for <b>{company}</b>, Plixa needs two permissions of Google: to write events, and "
            "to see when you are busy. One of them was not given, or taken back.",
            "Connect it again, and tick both.",
        ),
        button="Connect again",
    ),
    "pt-BR": Letter(
        subject="Falta ao Plixa uma permissão para seu calendário do Google",
        preview="Conecte de novo e marque as duas permissões.",
        title="Falta uma permissão",
        lines=(
            "Para cuidar do seu calendário em <b>{company}</b>, o Plixa precisa de duas permissões do Google: escrever "
            "eventos e ver quando você está ocupado. Uma delas não foi dada, ou foi retirada.",
            "Conecte de novo e marque as duas.",
        ),
        button="Conectar de novo",
    ),
    "es": Letter(
        subject="A Plixa le falta un permiso para tu calendario de Google",
        preview="Vuelve a conectarlo y marca los dos permisos.",
        title="Falta un permiso",
        lines=(
            "Para llevar tu calendario en <b>{company}</b>, Plixa necesita dos permisos de Google: escribir eventos y "
            "ver cuándo estás ocupado. Uno de ellos no se dio, o se retiró.",
            "Vuelve a conectarlo y marca los dos.",
        ),
        button="Volver a conectar",
    ),
}
PAUSED: Mapping[Locale, Letter] = {
    "en": Letter(
        subject="Google lets nothing be written to your calendar for now",
        preview="Plixa goes on by itself; there is nothing to do.",
        title="Your calendar is read-only for some hours",
        lines=(
            "Google has put a limit on your calendar, so that appointments of <b>{company}</b> are not written to it "
            "at the moment. That usually ends within hours; Plixa tries again by itself.",
        ),
        button="See how it stands",
    ),
    "pt-BR": Letter(
        subject="O Google não deixa escrever no seu calendário por enquanto",
        preview="O Plixa continua sozinho; não há nada a fazer.",
        title="Seu calendário está só para leitura por algumas horas",
        lines=(
            "O Google pôs um limite no seu calendário, e os agendamentos de <b>{company}</b> não são escritos nele no "
            "momento. Isso costuma acabar em horas; o Plixa tenta de novo sozinho.",
        ),
        button="Ver como está",
    ),
    "es": Letter(
        subject="Google no deja escribir en tu calendario por ahora",
        preview="Plixa sigue por sí solo; no hay nada que hacer.",
        title="Tu calendario es de solo lectura por unas horas",
        lines=(
            "Google ha puesto un límite a tu calendario, y las citas de <b>{company}</b> no se escriben en él por el "
            "momento. Suele acabar en horas; Plixa lo intenta de nuevo por sí solo.",
        ),
        button="Ver cómo está",
    ),
}
MAILS: Mapping[str, Template] = {
    "calendar_reconnect_needed": Template(KIND, RECONNECT),
    "calendar_missing_scope": Template(KIND, MISSING),
    "calendar_paused": Template(KIND, PAUSED),
}
BUTTONS = dict.fromkeys(MAILS, ("url", "#/settings"))
