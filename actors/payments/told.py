"""What the audit says of payments' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell
from plixa.actors.sayings import Told

TELLS: Mapping[str, Tell] = {
    "payments.account_kept": Told(
        "connected the account that is paid",
        "conectou a conta que recebe os pagamentos",
        "conectó la cuenta que recibe los pagos",
    ),
    "payments.account_seen": None,
    "payments.account_lost": Told(
        "disconnected the account that is paid",
        "desconectou a conta que recebe os pagamentos",
        "desconectó la cuenta que recibe los pagos",
    ),
    "payment.asked": Told("asked for a deposit", "pediu um sinal", "pidió una seña"),
    "payment.page_begun": None,
    "payment.page_opened": None,
    "payment.page_closed": None,
    "payment.slot": None,
    "payment.refund_asked": Told("gave a payment back", "devolveu um pagamento", "devolvió un pago"),
    "payment.closed": Told("called a payment off", "cancelou um pagamento", "canceló un pago"),
    "payment.looked": None,
}
