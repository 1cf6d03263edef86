"""Letters to owners about their customers' money."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.clients.mail.kinds import LINK, TEXT, MailKind, Template
from plixa.http.clients.mail.templates.words import Letter

KIND = MailKind({"company": TEXT, "amount": TEXT, "appointment": TEXT, "url": LINK}, "url")
LETTERS: Mapping[str, Template] = {
    "payment_disputed": Template(
        KIND,
        {
            "en": Letter(
                subject="A customer's bank disputes a payment to {company}",
                preview="Answer it at Stripe in time, or the money is lost.",
                title="A payment is disputed",
                lines=(
                    "The bank of a customer asks for <b>{amount}</b> back, which was paid to <b>{company}</b> for "
                    "appointment {appointment}. Nothing can be refunded meanwhile.",
                    "Answer at Stripe, with what shows that the appointment was agreed. Whoever does not answer loses.",
                ),
                button="See the payments",
            ),
            "pt-BR": Letter(
                subject="O banco de um cliente contesta um pagamento a {company}",
                preview="Responda no Stripe a tempo, ou o dinheiro se perde.",
                title="Um pagamento foi contestado",
                lines=(
                    "O banco de um cliente pede de volta <b>{amount}</b>, pagos a <b>{company}</b> pelo agendamento "
                    "{appointment}. Enquanto isso, nada pode ser reembolsado.",
                    "Responda no Stripe com o que mostra que o agendamento foi combinado. Quem não responde, perde.",
                ),
                button="Ver os pagamentos",
            ),
            "es": Letter(
                subject="El banco de un cliente disputa un pago a {company}",
                preview="Responde en Stripe a tiempo, o se pierde el dinero.",
                title="Un pago está en disputa",
                lines=(
                    "El banco de un cliente pide de vuelta <b>{amount}</b>, pagados a <b>{company}</b> por la cita "
                    "{appointment}. Mientras tanto no se puede reembolsar nada.",
                    "Responde en Stripe con lo que muestre que la cita estaba acordada. Quien no responde, pierde.",
                ),
                button="Ver los pagos",
            ),
        },
    ),
    "payment_dispute_won": Template(
        KIND,
        {
            "en": Letter(
                subject="A dispute about a payment to {company} is over",
                preview="The money stays yours.",
                title="The money stays yours",
                lines=("The dispute about <b>{amount}</b> for appointment {appointment} was decided for you.",),
                button="See the payments",
            ),
            "pt-BR": Letter(
                subject="A contestação de um pagamento a {company} terminou",
                preview="O dinheiro continua seu.",
                title="O dinheiro continua seu",
                lines=("A contestação de <b>{amount}</b> do agendamento {appointment} foi decidida a seu favor.",),
                button="Ver os pagamentos",
            ),
            "es": Letter(
                subject="La disputa de un pago a {company} terminó",
                preview="El dinero sigue siendo tuyo.",
                title="El dinero sigue siendo tuyo",
                lines=("La disputa de <b>{amount}</b> por la cita {appointment} se decidió a tu favor.",),
                button="Ver los pagos",
            ),
        },
    ),
    "payment_dispute_lost": Template(
        KIND,
        {
            "en": Letter(
                subject="A dispute about a payment to {company} is lost",
                preview="The money went back to the customer.",
                title="The money went back",
                lines=(
                    "The dispute about <b>{amount}</b> for appointment {appointment} was decided for the customer. "
                    "The money is with them again.",
                ),
                button="See the payments",
            ),
            "pt-BR": Letter(
                subject="A contestação de um pagamento a {company} foi perdida",
                preview="O dinheiro voltou ao cliente.",
                title="O dinheiro voltou",
                lines=(
                    "A contestação de <b>{amount}</b> do agendamento {appointment} foi decidida a favor do cliente. "
                    "O dinheiro voltou a ele.",
                ),
                button="Ver os pagamentos",
            ),
            "es": Letter(
                subject="La disputa de un pago a {company} se perdió",
                preview="El dinero volvió al cliente.",
                title="El dinero volvió",
                lines=(
                    "La disputa de <b>{amount}</b> por la cita {appointment} se decidió a favor del cliente. "
                    "El dinero volvió a él.",
                ),
                button="Ver los pagos",
            ),
        },
    ),
    "payment_without_slot": Template(
        KIND,
        {
            "en": Letter(
                subject="Somebody paid {company} for an appointment that is gone",
                preview="Give the money back, or agree on another time.",
                title="Paid, but the appointment is gone",
                lines=(
                    "<b>{amount}</b> came in for appointment {appointment}, which could not be had any more. Nothing "
                    "was booked with it.",
                    "Give the money back, or agree on another time with the customer.",
                ),
                button="See the payments",
            ),
            "pt-BR": Letter(
                subject="Alguém pagou a {company} por um horário que não existe mais",
                preview="Devolva o dinheiro ou combine outro horário.",
                title="Pago, mas sem horário",
                lines=(
                    "<b>{amount}</b> entraram pelo agendamento {appointment}, que já não estava disponível. Nada foi "
                    "marcado com esse pagamento.",
                    "Devolva o dinheiro ou combine outro horário com o cliente.",
                ),
                button="Ver os pagamentos",
            ),
            "es": Letter(
                subject="Alguien pagó a {company} por una cita que ya no existe",
                preview="Devuelve el dinero o acuerda otra hora.",
                title="Pagada, pero sin cita",
                lines=(
                    "Entraron <b>{amount}</b> por la cita {appointment}, que ya no estaba disponible. No se reservó "
                    "nada con ese pago.",
                    "Devuelve el dinero o acuerda otra hora con el cliente.",
                ),
                button="Ver los pagos",
            ),
        },
    ),
}
