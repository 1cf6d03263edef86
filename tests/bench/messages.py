"""The messages that the load consists of: the contract's own text message, from as many customers as wanted.

Every text ends with `ref ` and 19 digits: the nanosecond (of the machine's monotonic clock) at which it was due to be
sent. Whoever reads it anywhere on this machine knows how old it is.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "evolution" / "messages-upsert.text-conversation.json"
MARK = b"ref "
NAMES = ("Ana Beatriz", "João Pedro", "Márcia", "Luiz Otávio", "Fernanda Souza", "Zé", "Carolina", "Rafael Lima")
TEXTS = (
    "Olá, bom dia! Vocês entregam no sábado?",
    "oi",
    "Preciso trocar o produto que chegou ontem, veio com a cor errada 😕",
    "Qual o prazo para Curitiba?",
    "Ok, obrigada!",
    "Segue o número do pedido: 48213-7. O boleto venceu na sexta e ainda não consegui emitir a segunda via.",
    "Pode me ligar depois das 18h?",
    "👍",
)
_PHONE, _LID, _KEY = "5511900004431", "118273645500731", "AC571E3647C4289DA6DA8090DD20EEBD"


def phone_of(customer: int) -> str:
    """A Brazilian mobile number."""
    return f"551196{customer:07d}"


def lid_of(customer: int) -> str:
    """The same customer's hidden id."""
    return f"1182{customer:011d}"


class Messages:
    """Makes webhook bodies. `seed`: up to 16 hexadecimal digits that no other series on this database has."""

    def __init__(self, instance: str, customers: int, seed: str) -> None:
        self._template = _template(instance)
        self._who = [_customer(each) for each in range(customers)]
        self._texts = [text.encode() for text in TEXTS]
        self._seed = seed.upper().rjust(16, "0").encode()
        self._number = 0

    def next(self, due: int) -> bytes:
        """The next body, due at this nanosecond: each customer in turn, each with a fresh key id."""
        self._number += 1
        phone, lid, name = self._who[self._number % len(self._who)]
        text = self._texts[self._number % len(self._texts)]
        key = b"%b%016X" % (self._seed, self._number)
        return self._template % (phone, lid, key, name, text, MARK, due, time.time())


def _customer(number: int) -> tuple[bytes, bytes, bytes]:
    return phone_of(number).encode(), lid_of(number).encode(), NAMES[number % len(NAMES)].encode()


def _template(instance: str) -> bytes:
    body = json.loads(FIXTURE.read_text())
    data, body["instance"] = body["data"], instance
    places = {"pushName": data["pushName"], "text": data["message"]["conversation"]}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace("%", "%%")
    for found, place in (
        (_PHONE, "%b"),
        (_LID, "%b"),
        (_KEY, "%b"),
        (places["pushName"], "%b"),
        (places["text"], "%b %b%019d"),
        (str(data["messageTimestamp"]), "%d"),
    ):
        text = text.replace(found, place, 1)
    return text.encode()
