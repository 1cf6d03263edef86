"""The words of the panel's pages about opening hours and closed days."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

FORMS: Mapping[str, Form] = {
    "business_hours": Form(
        Said("Opening hours", "Horário de atendimento", "Horario de atención"),
        Said(
            "Outside of these hours customers get the closed message instead of an answer by itself.",
            "Fora deste horário os clientes recebem a mensagem de fechado em vez de uma resposta automática.",
            "Fuera de este horario los clientes reciben el mensaje de cerrado en lugar de una respuesta automática.",
        ),
        "hours",
        10,
        fields={
            "enabled": Field(
                Said("Keep opening hours", "Seguir um horário", "Seguir un horario"),
                Said("Off means always open.", "Desligado: sempre aberto.", "Apagado: siempre abierto."),
            ),
            "message": Field(
                Said("Message while closed", "Mensagem de fechado", "Mensaje de cerrado"),
                blank=Said("A sentence of ours", "Uma frase nossa", "Una frase nuestra"),
            ),
            "hours": Field(
                Said("Week", "Semana", "Semana"),
                Said(
                    "A closing time before the opening time is on the next day.",
                    "Um fechamento antes da abertura é no dia seguinte.",
                    "Un cierre anterior a la apertura es al día siguiente.",
                ),
            ),
            "pause_sla": Field(
                Said(
                    "Stop the reply clocks while closed",
                    "Parar os prazos de resposta enquanto fechado",
                    "Detener los plazos de respuesta mientras está cerrado",
                )
            ),
        },
    ),
    "holidays": Form(
        Said("Public holidays", "Feriados", "Feriados"),
        Said(
            "The country's holidays can close the business by themselves.",
            "Os feriados do país podem fechar a casa sozinhos.",
            "Los feriados del país pueden cerrar la casa por sí solos.",
        ),
        "hours",
        20,
        fields={
            "block_holidays": Field(
                Said("Closed on public holidays", "Fechado nos feriados", "Cerrado en los feriados"),
                Said(
                    "A holiday that you open again in the list stays open.",
                    "Um feriado que você reabre na lista continua aberto.",
                    "Un feriado que reabra en la lista sigue abierto.",
                ),
            )
        },
    ),
    "closures": Form(
        Said("Closed days", "Dias fechados", "Días cerrados"),
        Said(
            "On these days the business is closed all day, whatever the week says.",
            "Nestes dias a casa fica fechada o dia todo, seja qual for a semana.",
            "En estos días la casa está cerrada todo el día, diga lo que diga la semana.",
        ),
        "hours",
        30,
        one=Said("New closed day", "Novo dia fechado", "Nuevo día cerrado"),
        none=Said(
            "No closed day ahead. Add one for a holiday of your own or a stocktaking.",
            "Nenhum dia fechado. Inclua um para uma folga da casa ou um balanço.",
            "Ningún día cerrado. Agregue uno para un descanso propio o un inventario.",
        ),
        gone=Said("The business is open on that day.", "A casa abre nesse dia.", "La casa abre ese día."),
        shows=("reason",),
        fields={
            "date": Field(Said("Day", "Dia", "Día")),
            "reason": Field(Said("Reason", "Motivo", "Motivo"), kind="text"),
        },
    ),
}
