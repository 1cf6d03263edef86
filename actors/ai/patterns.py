"""Turns of phrase that mean something whatever the business: orders to a model, the wish for a person, things "done".

All are matched against folded text (see `text.fold`): lower case, no accents, English, Portuguese and Spanish at once.
"""

from __future__ import annotations

import re

_NEAR = r"\b[^.!?\n]{0,40}\b"  # in the same sentence, not far
_RULES = r"(?:instruc\w*|instruct\w*|rules?|regras?|reglas?|prompts?|diretri\w*|directri\w*|guidelines?|directives?)"
_DROP = (
    r"(?:ignor\w*|disregard\w*|forget|desconsider\w*|esquec(?:a|er|am)|olvid(?:a|e|ar|ate|en)|overrid\w*|bypass\w*|"
    r"descart\w*)"
)
_SHOW = (
    r"(?:reveal|show|print|repeat|output|display|tell|give|mostr\w*|revel\w*|repit\w*|repet\w*|imprim\w*|diga|dime|"
    r"muestra\w*|exib\w*)"
)
_YOURS = r"(?:your|suas?|seus?|tus?|the (?:above|previous))"
_TAG = r"(?:system|assistant|developer|instructions?|knowledge|dialogue|context|tools?)"
_OTHERS = r"(?:other|all|every|outros?|otros?|todos)"
_PEOPLE = r"(?:customers?|clients?|clientes|users?|usuarios)"
_DATA = (
    r"(?:data|phones?|numbers?|names?|e-?mails?|address\w*|messages?|dados|telefones?|numeros?|nomes?|enderecos?|"
    r"mensagens|datos|telefonos?|nombres?|mensajes)"
)

_ORDERS: dict[str, list[str]] = {
    "tells the model to drop its instructions": [rf"\b{_DROP}{_NEAR}{_RULES}\b"],
    "imitates a message of the system": [
        rf"</?\s*{_TAG}\b[^<>\n]*>",
        r"<\|[\w ]{2,30}\|>",
        r"\[/?(?:inst|system)\]",
        r"(?m:^[^\S\n]*(?:#{1,4}[^\S\n]*)?(?:system|assistant|developer)(?: (?:prompt|message))?\s*:)",
        r"\bsystem (?:override|message)\b",
    ],
    "imitates a call of a tool": [
        r"\b(?:send_reply|hand_off|tool_calls?|function_call)\b",
        r"\"(?:tool|function)\"\s*:",
    ],
    "asks for the instructions": [rf"\b{_SHOW}{_NEAR}(?:system prompt|prompt|{_YOURS}(?: \w+)? {_RULES})\b"],
    "gives the model another part to play": [
        r"\byou are now (?:an?|in|my|the|dan|free)\b",
        r"\bpretend (?:to be|you are|that you)\b",
        r"\bact as (?:an?|my|the|if)\b",
        r"\b(?:voce agora e|a partir de agora voce|finja (?:ser|que)|aja como)\b",
        r"\b(?:ahora eres|actua como|finge (?:ser|que))\b",
        r"\bjailbreak|\b(?:developer|dan|debug) mode\b|\bmodo (?:desenvolvedor|desarrollador)\b",
    ],
    "asks for other people's data": [
        rf"\b{_OTHERS}\b[^.!?\n]{{0,20}}\b{_PEOPLE}\b[^.!?\n]{{0,40}}\b{_DATA}\b",
        rf"\b{_DATA} (?:of|from|de|dos|de los) (?:the |os |los )?(?:{_OTHERS} (?:os |los )?){{1,2}}{_PEOPLE}\b",
    ],
}
INJECTIONS = {does: re.compile("|".join(orders)) for does, orders in _ORDERS.items()}
"""By what they do, in words that follow "the message"."""

_A_PERSON = r"(?:human|person|someone|somebody|agent|representative|operator|manager|staff|people)"
_UMA_PESSOA = r"(?:atendentes?|humano|humana|pessoa|alguem|operador\w*|gerente|responsavel|vendedor\w*|consultor\w*)"
_UNA_PERSONA = r"(?:persona|humano|humana|alguien|agente|asesor\w*|operador\w*|encargad\w*|gerente|representante)"
_SPAN = r"\b[^.!?\n]{0,25}\b"

FOR_A_PERSON = re.compile(
    "|".join(
        [
            rf"\b(?:talk|speak|chat|connect(?: me)?|transfer(?: me)?|put me|pass me){_SPAN}{_A_PERSON}\b",
            rf"\b(?:falar?|convers(?:ar|o)|atendid[oa]|transfer\w*|passar?|chamar?|me liga){_SPAN}{_UMA_PESSOA}\b",
            r"\b(?:quero|queria|preciso|cade|tem)\b[^.!?\n]{0,15}\b(?:atendente|(?:atendimento|ser) humano|humano)\b",
            rf"\b(?:habl(?:ar|o)|comuni[cq]\w*|transf\w*|pasame|atiend\w*|contactar){_SPAN}{_UNA_PERSONA}\b",
            r"\b(?:quiero|necesito|quisiera)\b[^.!?\n]{0,15}\b(?:asesor\w*|agente|humano|operador\w*)\b",
            r"\b(?:real|live|actual) (?:person|human|agent)\b|\bhuman (?:agent|being|please|support|help)\b",
            r"^\W*(?:atendentes?|humano|human|agente?|asesora?|operator|operadora?|representative)"
            r"(?: (?:please|por favor|pls))?\W*$",
        ]
    )
)
NEGATED = re.compile(r"\b(?:nao|no|not|never|don't|dont|sem|sin|without|nunca)\b[^.,;!?\n]{0,20}$")
"""Before the wish for a person: that none is wanted."""

MACHINERY = re.compile(
    "|".join(
        [
            r"\b(?:send_reply|hand_off|not_grounded|asked_for_person|system prompt)\b",
            r"</?(?:knowledge|context|dialogue|text)>|\bfaq:\d|\{\s*\"|<\||\[/?inst\]",
        ]
    )
)
"""What belongs to the prompt and never into an answer."""

_DID = r"(?:booked|cancell?ed|refunded|scheduled|rescheduled|changed|confirmed|processed|registered|reserved|deleted)"
_FEITO = r"(?:agendad|confirmad|cancelad|aprovad|aprobad|reembolsad|estornad|reservad|apagad|borrad)[oa]"
DONE = re.compile(
    "|".join(
        [
            rf"\b(?:i|we)(?:'ve| have)? (?:just )?(?:{_DID}|sent|updated)\b",
            rf"\b(?:your|the) \w+ (?:has been|was|is) (?:now )?(?:{_DID}|approved)\b",
            r"\b(?:agendei|marquei|cancelei|remarquei|reembolsei|estornei|enviei|confirmei|registrei|alterei|reservei)\b",
            r"\b(?:agendamos|cancelamos|estornamos|reembolsamos|reservamos|confirmamos) (?:[oa] )?(?:seu|sua)\b",
            rf"\b(?:seu|sua|o|a) \w+ (?:ja )?(?:foi|esta) {_FEITO}\b",
            r"\b(?:he|hemos) (?:agendado|cancelado|reservado|reembolsado|enviado|confirmado|registrado|cambiado|"
            r"borrado)\b",
            rf"\b(?:su|tu|el|la) \w+ (?:ya )?(?:ha sido|fue|esta) {_FEITO}\b",
        ]
    )
)
"""That something has been done, booked, paid back: an answer is words, it does nothing."""
