"""What is said where no model is asked: in English, Portuguese and Spanish, courteous and without any fact."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.ai.values import language

_PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "greeting": "Hello{name}! How can we help you today?",
        "thanks": "You are welcome{name}! We are here if you need anything else.",
        "hours": "Our opening hours:\n{text}",
        "services": "Our services:\n{text}",
        "suggest_check": "Thank you for your message{name}! Let me check that for you, one moment please.",
        "suggest_more": "Hello{name}! Could you tell me a little more, so that I can help you?",
        "suggest_person": "Thank you for your patience{name}. I will get back to you with an answer as soon as I can.",
        "suggest_hello": "Hello{name}! How can I help you today?",
        "suggest_welcome": "You are welcome{name}! Is there anything else I can do for you?",
        "suggest_bye": "It was a pleasure{name}. Have a great day!",
        "label": "This summary was made without a language model.",
        "counts": "The customer wrote {theirs}, and the business wrote {ours}.",
        "one": "one message",
        "many": "{count} messages",
        "first": "The customer first wrote: “{text}”.",
        "last": "The customer's latest message says: “{text}”.",
        "answer": "The business's latest answer says: “{text}”.",
        "waiting": "The customer is waiting for an answer.",
        "answered": "The last word was the business's.",
        "empty": "Nothing has been written yet.",
        "missing_what": "What does your business offer, and to whom?",
        "missing_hours": "On which days and at what times are you open?",
        "missing_place": "Where are you, or do you work only online?",
        "missing_price": "What do your most wanted products or services cost?",
        "missing_payment": "Which means of payment do you take?",
        "missing_delivery": "Do you deliver, where to, at what price and how fast?",
        "missing_booking": "How does one book, change or cancel an appointment?",
        "missing_returns": "What are your rules for exchanges, returns and refunds?",
        "missing_contact": "How else can one reach you, and what should always be left to a person?",
        "no_flow": "Without a language model only ready-made flows can be built: a reception menu, a form that asks "
        "for name and e-mail, or one in which the AI answers first. Ask for one of these, or build the flow "
        "in the editor.",
        "no_edit": "Without a language model a flow that is there cannot be changed by words; it stays as it is. "
        "Change it in the editor, or ask for a new one: “create a reception menu”.",
        "flow": "Built from the ready-made flow “{text}”, without a language model; please adapt its texts.",
    },
    "pt": {
        "greeting": "Olá{name}! Como podemos ajudar hoje?",
        "thanks": "De nada{name}! Estamos aqui se precisar de mais alguma coisa.",
        "hours": "Nosso horário de atendimento:\n{text}",
        "services": "Nossos serviços:\n{text}",
        "suggest_check": "Obrigado pela mensagem{name}! Vou verificar para você, um momento, por favor.",
        "suggest_more": "Olá{name}! Pode me contar um pouco mais, para que eu possa ajudar?",
        "suggest_person": "Obrigado pela paciência{name}. Volto com uma resposta assim que possível.",
        "suggest_hello": "Olá{name}! Como posso ajudar hoje?",
        "suggest_welcome": "De nada{name}! Posso ajudar em mais alguma coisa?",
        "suggest_bye": "Foi um prazer{name}. Tenha um ótimo dia!",
        "label": "Este resumo foi feito sem modelo de linguagem.",
        "counts": "O cliente escreveu {theirs}, e a equipe escreveu {ours}.",
        "one": "uma mensagem",
        "many": "{count} mensagens",
        "first": "O cliente escreveu primeiro: “{text}”.",
        "last": "A última mensagem do cliente diz: “{text}”.",
        "answer": "A última resposta da equipe diz: “{text}”.",
        "waiting": "O cliente espera uma resposta.",
        "answered": "A última palavra foi da equipe.",
        "empty": "Ainda não há nenhuma mensagem.",
        "missing_what": "O que sua empresa oferece, e para quem?",
        "missing_hours": "Em que dias e horários vocês abrem?",
        "missing_place": "Onde vocês ficam, ou atendem só pela internet?",
        "missing_price": "Quanto custam os produtos ou serviços mais procurados?",
        "missing_payment": "Quais formas de pagamento vocês aceitam?",
        "missing_delivery": "Vocês entregam? Onde, por quanto e em quanto tempo?",
        "missing_booking": "Como se marca, muda ou cancela um horário?",
        "missing_returns": "Quais são as regras de troca, devolução e reembolso?",
        "missing_contact": "Por onde mais se fala com vocês, e o que deve ficar sempre com uma pessoa?",
        "no_flow": "Sem modelo de linguagem só é possível montar fluxos prontos: um menu de recepção, um formulário "
        "que pede nome e e-mail, ou um em que a IA responde primeiro. Peça um deles, ou monte o "
        "fluxo no editor.",
        "no_edit": "Sem modelo de linguagem não é possível mudar um fluxo por palavras; ele fica como está. "
        "Mude-o no editor, ou peça um novo: “crie um menu de recepção”.",
        "flow": "Montado a partir do fluxo pronto “{text}”, sem modelo de linguagem; adapte os textos.",
    },
    "es": {
        "greeting": "¡Hola{name}! ¿Cómo podemos ayudarte hoy?",
        "thanks": "¡De nada{name}! Estamos aquí si necesitas algo más.",
        "hours": "Nuestro horario de atención:\n{text}",
        "services": "Nuestros servicios:\n{text}",
        "suggest_check": "¡Gracias por tu mensaje{name}! Lo verifico, un momento, por favor.",
        "suggest_more": "¡Hola{name}! ¿Puedes contarme un poco más, para poder ayudarte?",
        "suggest_person": "Gracias por la paciencia{name}. Te respondo en cuanto pueda.",
        "suggest_hello": "¡Hola{name}! ¿Cómo puedo ayudarte hoy?",
        "suggest_welcome": "¡De nada{name}! ¿Puedo ayudarte en algo más?",
        "suggest_bye": "Fue un placer{name}. ¡Que tengas un buen día!",
        "label": "Este resumen se hizo sin modelo de lenguaje.",
        "counts": "El cliente escribió {theirs}, y el equipo escribió {ours}.",
        "one": "un mensaje",
        "many": "{count} mensajes",
        "first": "El cliente escribió primero: “{text}”.",
        "last": "El último mensaje del cliente dice: “{text}”.",
        "answer": "La última respuesta del equipo dice: “{text}”.",
        "waiting": "El cliente espera una respuesta.",
        "answered": "La última palabra fue del equipo.",
        "empty": "Todavía no hay mensajes.",
        "missing_what": "¿Qué ofrece tu empresa, y a quién?",
        "missing_hours": "¿Qué días y en qué horario abren?",
        "missing_place": "¿Dónde están, o atienden solo por internet?",
        "missing_price": "¿Cuánto cuestan los productos o servicios más pedidos?",
        "missing_payment": "¿Qué formas de pago aceptan?",
        "missing_delivery": "¿Hacen envíos? ¿A dónde, a qué precio y en cuánto tiempo?",
        "missing_booking": "¿Cómo se reserva, cambia o cancela una cita?",
        "missing_returns": "¿Cuáles son las reglas de cambios, devoluciones y reembolsos?",
        "missing_contact": "¿Por dónde más se los contacta, y qué debe quedar siempre para una persona?",
        "no_flow": "Sin modelo de lenguaje solo se pueden armar flujos listos: un menú de recepción, un formulario "
        "que pide nombre y correo, o uno en el que la IA responde primero. Pide uno de ellos, o arma el "
        "flujo en el editor.",
        "no_edit": "Sin modelo de lenguaje no se puede cambiar un flujo con palabras; queda como está. "
        "Cámbialo en el editor, o pide uno nuevo: “crea un menú de recepción”.",
        "flow": "Armado a partir del flujo listo “{text}”, sin modelo de lenguaje; adapta los textos.",
    },
}


def say(key: str, locale: str, **values: str) -> str:
    """A phrase in the locale's language. name: goes in with a comma before it; empty for nobody."""
    name = values.pop("name", "")
    return _PHRASES[language(locale)][key].format(name=f", {name}" if name else "", **values)
