"""What the audit says of billing's events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell
from plixa.actors.sayings import Told, told

TELLS: Mapping[str, Tell] = {
    "billing.checkout_begun": Told("began to buy a plan", "começou a assinar um plano", "empezó a contratar un plan"),
    "billing.checkout_opened": None,
    "billing.checkout_closed": None,
    "billing.customer_kept": None,
    "billing.customer_forgotten": None,
    "billing.limits_compared": None,
    "billing.nudged": None,
    "billing.subscription_seen": None,
    "licence.granted": lambda e: told(
        "gave the workspace the plan {plan}, as Plixa's staff",
        "deu à empresa o plano {plan}, como equipe da Plixa",
        "dio a la empresa el plan {plan}, como equipo de Plixa",
        plan=e.plan,
    ),
    "licence.revoked": Told(
        "took back a plan that was given, as Plixa's staff",
        "retirou um plano concedido, como equipe da Plixa",
        "retiró un plan concedido, como equipo de Plixa",
    ),
}
