"""The words of the panel's page about writing to many."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

FORMS: Mapping[str, Form] = {
    "broadcasts": Form(
        Said("Rules for broadcasts", "Regras dos envios em massa", "Reglas de los envíos"),
        Said(
            "So that nobody is disturbed, and your number is not blocked.",
            "Para não incomodar ninguém, nem ter o número bloqueado.",
            "Para no molestar a nadie, ni que bloqueen su número.",
        ),
        "broadcasts",
        10,
        fields={
            "quiet_from": Field(Said("Quiet from", "Silêncio a partir de", "Silencio desde")),
            "quiet_until": Field(
                Said("Quiet until", "Silêncio até", "Silencio hasta"),
                Said(
                    "The same time twice: never quiet.",
                    "A mesma hora duas vezes: nunca em silêncio.",
                    "La misma hora dos veces: nunca en silencio.",
                ),
            ),
            "cooldown_hours": Field(
                Said(
                    "At most one a contact in (hours)",
                    "No máximo um por contato em (horas)",
                    "Uno por contacto en (horas)",
                )
            ),
            "strangers_a_day": Field(
                Said(
                    "People who never wrote to you, a day",
                    "Pessoas que nunca escreveram, por dia",
                    "Personas que nunca escribieron, por día",
                )
            ),
            "opt_out_words": Field(
                Said("Words that end it", "Palavras que encerram", "Palabras que terminan"),
                Said("One a line.", "Uma por linha.", "Una por línea."),
            ),
        },
    )
}
