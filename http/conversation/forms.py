"""The words of the panel's pages about how conversations go."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

OURS = Said("A sentence of ours", "Uma frase nossa", "Una frase nuestra")
UNLIMITED = Said("No limit", "Sem limite", "Sin límite")
NO_TARGET = Said("No target", "Sem meta", "Sin meta")
NEVER = Said("Never", "Nunca", "Nunca")
SAVED_REPLIES = Form(
    Said("Saved replies", "Respostas prontas", "Respuestas guardadas"),
    Said(
        "Texts that you write again and again. In the inbox, / offers them.",
        "Textos que você escreve sempre. Na caixa de entrada, / mostra todos.",
        "Textos que escribe una y otra vez. En la bandeja, / los ofrece.",
    ),
    "inbox",
    20,
    one=Said("New saved reply", "Nova resposta pronta", "Nueva respuesta guardada"),
    none=Said(
        "No saved reply yet. Write one for the question that you answer most often.",
        "Nenhuma resposta pronta. Escreva uma para a pergunta mais comum.",
        "Ninguna respuesta guardada. Escriba una para la pregunta más frecuente.",
    ),
    shows=("body",),
    fields={
        "label": Field(Said("Short name", "Nome curto", "Nombre corto")),
        "body": Field(
            Said("Text", "Texto", "Texto"),
            Said(
                "{{first_name}} becomes the customer's first name.",
                "{{first_name}} vira o primeiro nome do cliente.",
                "{{first_name}} se convierte en el nombre del cliente.",
            ),
        ),
    },
)
WELCOME = Form(
    Said("Welcome message", "Mensagem de boas-vindas", "Mensaje de bienvenida"),
    Said(
        "Goes out the first time that somebody writes; not if one of you answers first.",
        "Sai na primeira vez que alguém escreve; não se um de vocês responder antes.",
        "Sale la primera vez que alguien escribe; no si uno de ustedes responde antes.",
    ),
    "automation",
    10,
    fields={
        "enabled": Field(Said("Greet new contacts", "Saudar novos contatos", "Saludar a los contactos nuevos")),
        "message": Field(Said("Message", "Mensagem", "Mensaje")),
        "delay_seconds": Field(
            Said("Wait before it (seconds)", "Esperar antes (segundos)", "Esperar antes (segundos)")
        ),
    },
)
SLA = Form(
    Said("Reply targets", "Metas de resposta", "Metas de respuesta"),
    Said(
        "How long a customer should wait at most. The inbox counts down and shows what is late.",
        "Quanto um cliente deve esperar no máximo. A caixa de entrada conta o tempo e mostra atrasos.",
        "Cuánto debe esperar un cliente como máximo. La bandeja cuenta el tiempo y muestra lo atrasado.",
    ),
    "inbox",
    40,
    fields={
        "first_response_seconds": Field(
            Said("First answer within (minutes)", "Primeira resposta em (minutos)", "Primera respuesta en (minutos)"),
            blank=NO_TARGET,
            unit=60,
        ),
        "resolution_seconds": Field(
            Said("Resolved within (minutes)", "Resolvida em (minutos)", "Resuelta en (minutos)"),
            blank=NO_TARGET,
            unit=60,
        ),
    },
)
CSAT = Form(
    Said("Satisfaction survey", "Pesquisa de satisfação", "Encuesta de satisfacción"),
    Said(
        "After a conversation is resolved the customer is asked for a score from 1 to 5.",
        "Depois de resolvida a conversa, o cliente dá uma nota de 1 a 5.",
        "Cuando se resuelve una conversación, el cliente da una nota de 1 a 5.",
    ),
    "inbox",
    50,
    fields={
        "enabled": Field(Said("Ask for a score", "Pedir uma nota", "Pedir una nota")),
        "question": Field(Said("Question", "Pergunta", "Pregunta"), blank=OURS),
        "follow_up_enabled": Field(
            Said("Ask why after 3 or less", "Perguntar o motivo com 3 ou menos", "Preguntar el motivo con 3 o menos")
        ),
        "follow_up_question": Field(
            Said("Second question", "Segunda pergunta", "Segunda pregunta"),
            blank=OURS,
            when=("follow_up_enabled", (True,)),
        ),
        "thank_you": Field(Said("Thanks", "Agradecimento", "Agradecimiento"), blank=OURS),
        "visible_to_agents": Field(
            Said("Agents see the scores", "Atendentes veem as notas", "Los agentes ven las notas")
        ),
    },
)
INBOX = Form(
    Said("Inbox behaviour", "Comportamento da caixa", "Comportamiento de la bandeja"),
    Said(
        "What is closed, opened again and shared out by itself.",
        "O que se fecha, reabre e distribui sozinho.",
        "Lo que se cierra, se reabre y se reparte solo.",
    ),
    "inbox",
    60,
    fields={
        "quiet_seconds": Field(
            Said("Wait for more of a burst (seconds)", "Esperar o resto (segundos)", "Esperar el resto (segundos)"),
            Said(
                "People write in several messages. Nothing answers by itself before they pause for so long.",
                "As pessoas escrevem em várias mensagens. Nada responde sozinho antes desta pausa.",
                "La gente escribe en varios mensajes. Nada responde solo antes de esta pausa.",
            ),
        ),
        "auto_close_hours": Field(
            Said("Resolve after silence (hours)", "Resolver após silêncio (horas)", "Resolver tras silencio (horas)"),
            Said("Where your side wrote last.", "Quando a última mensagem é sua.", "Cuando el último mensaje es suyo."),
            blank=NEVER,
        ),
        "agent_capacity": Field(
            Said(
                "Open conversations a person, by rules",
                "Conversas abertas por pessoa, por regras",
                "Conversaciones abiertas por persona, por reglas",
            ),
            blank=UNLIMITED,
        ),
        "assign_only_online": Field(
            Said("Give only to who is here", "Dar só a quem está aqui", "Dar solo a quien está aquí"),
            Said(
                "Who does not have the panel open is passed over.",
                "Quem não está com o painel aberto é pulado.",
                "Quien no tiene el panel abierto se salta.",
            ),
        ),
        "reopen_to_assignee_hours": Field(
            Said(
                "Comes back to who had it, within (hours)",
                "Volta para quem atendeu, em até (horas)",
                "Vuelve a quien la tenía, en (horas)",
            ),
            Said("0: always to the queue.", "0: sempre para a fila.", "0: siempre a la cola."),
            blank=Said("Always", "Sempre", "Siempre"),
        ),
        "members_may_delete": Field(
            Said(
                "Everybody may delete conversations",
                "Todos podem apagar conversas",
                "Todos pueden borrar conversaciones",
            ),
            Said(
                "For good. Otherwise only the owner.",
                "Para sempre. Senão, só o dono.",
                "Para siempre. Si no, solo el dueño.",
            ),
        ),
    },
)
VIEWS = Form(
    Said("Saved views", "Visões salvas", "Vistas guardadas"),
    Said(
        "Filters of the inbox under a name. They are made where they are used, beside the list.",
        "Filtros da caixa de entrada com um nome. São criados ao lado da lista.",
        "Filtros de la bandeja con un nombre. Se crean junto a la lista.",
    ),
    "inbox",
    70,
    one=Said("New view", "Nova visão", "Nueva vista"),
)
FORMS: Mapping[str, Form] = {
    "saved_replies": SAVED_REPLIES,
    "welcome": WELCOME,
    "sla": SLA,
    "csat": CSAT,
    "inbox": INBOX,
    "views": VIEWS,
}
