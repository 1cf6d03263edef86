"""What `view.py` says of appointments, in Portuguese and in Spanish."""

from __future__ import annotations

from plixa.actors.sayings import Catalogue

TIMELINE: Catalogue = {
    "{who} moved it from {was} to {to}{with_whom}.": (
        "{who} mudou de {was} para {to}{with_whom}.",
        "{who} la movió de {was} a {to}{with_whom}.",
    ),
    "Changed: {fields}.": ("Mudou: {fields}.", "Cambió: {fields}."),
    "the contact": ("o contato", "el contacto"),
    "the conversation": ("a conversa", "la conversación"),
    "the notes": ("as anotações", "las notas"),
    "The customer wants it; it is held while they pay.": (
        "O cliente quer; fica reservado enquanto paga.",
        "El cliente la quiere; queda reservada mientras paga.",
    ),
    "The customer says that they will come.": ("O cliente diz que vem.", "El cliente dice que vendrá."),
    "What was owed is paid.": ("O que se devia está pago.", "Lo que se debía está pagado."),
    "It was paid, but cannot be had: {why}. A person decides.": (
        "Foi pago, mas não está mais disponível: {why}. Uma pessoa decide.",
        "Se pagó, pero ya no está disponible: {why}. Decide una persona.",
    ),
    "The customer is reminded of it and of {n} more of that day.": (
        "O cliente é lembrado dele e de mais {n} do mesmo dia.",
        "Se recuerda al cliente esta y {n} más de ese día.",
    ),
    "The customer is reminded of it.": ("O cliente é lembrado.", "Se lo recuerda al cliente."),
    "It is held for somebody on the waitlist until {clock} UTC.": (
        "Fica reservado para alguém da lista de espera até {clock} UTC.",
        "Queda reservada para alguien de la lista de espera hasta las {clock} UTC.",
    ),
    "{n} who joined before could not have it.": (
        "{n} que entraram antes não podiam ficar com ele.",
        "{n} que se apuntaron antes no podían tomarla.",
    ),
    "Whoever it was held for does not want it, or did not answer in time.": (
        "Quem o tinha reservado não quer, ou não respondeu a tempo.",
        "Quien la tenía reservada no la quiere, o no respondió a tiempo.",
    ),
    "The customer has a voucher or a code to pay with: it is held until {until} UTC.": (
        "O cliente tem um boleto ou um código para pagar: fica reservado até {until} UTC.",
        "El cliente tiene un cupón o un código para pagar: queda reservado hasta {until} UTC.",
    ),
    "Something changed.": ("Algo mudou.", "Algo cambió."),
    "Asked for {by} for {when}{with_whom}.": (
        "Pedido {by} para {when}{with_whom}.",
        "Pedida {by} para {when}{with_whom}.",
    ),
    "Booked {by} for {when}{with_whom}.": (
        "Marcado {by} para {when}{with_whom}.",
        "Reservada {by} para {when}{with_whom}.",
    ),
    "nobody else": ("mais ninguém", "nadie más"),
    "They were chosen among all who do it: {minutes} minutes were booked of theirs that day; also free: {free}.": (
        "A escolha foi entre todos que atendem: tinha {minutes} minutos marcados nesse dia; também livres: {free}.",
        "Se eligió entre todos los que lo hacen: tenía {minutes} minutos reservados ese día; también libres: {free}.",
    ),
    " and ": (" e ", " y "),
    "That is {what}.": ("Isso é {what}.", "Eso es {what}."),
    "{who} cancelled it": ("{who} cancelou", "{who} la canceló"),
    "What was owed for it is paid.": ("O que se devia por ele está pago.", "Lo que se debía por ella está pagado."),
    "It holds, though it is not paid yet.": (
        "Está valendo, embora ainda não pago.",
        "Vale, aunque aún no está pagada.",
    ),
    "The customer wants what was held for them.": (
        "O cliente quer o que estava reservado.",
        "El cliente quiere lo que estaba reservado.",
    ),
    "It was paid after it had been given up, and was still free: it holds again.": (
        "Foi pago depois de desistido, e ainda estava livre: vale de novo.",
        "Se pagó después de darla por perdida, y aún estaba libre: vale de nuevo.",
    ),
    "The request was approved.": ("O pedido foi aprovado.", "La solicitud se aprobó."),
    "Taken back: it has not taken place yet.": ("Desfeito: ainda não aconteceu.", "Deshecho: aún no tuvo lugar."),
    "Taken back: the customer is not there yet.": (
        "Desfeito: o cliente ainda não chegou.",
        "Deshecho: el cliente aún no llegó.",
    ),
    "Taken back: they did come, or still may.": (
        "Desfeito: o cliente veio, ou ainda pode vir.",
        "Deshecho: el cliente vino, o aún puede venir.",
    ),
    " with {name}": (" com {name}", " con {name}"),
    "a former member": ("um antigo membro", "un antiguo miembro"),
    "%d %b %Y %H:%M": ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M"),
    "somebody of the team": ("alguém da equipe", "alguien del equipo"),
    "the customer": ("o cliente", "el cliente"),
    "by somebody of the team": ("por alguém da equipe", "por alguien del equipo"),
    "by the AI, for the customer": ("pela IA, para o cliente", "por la IA, para el cliente"),
    "in a flow, by the customer": ("num fluxo, pelo cliente", "en un flujo, por el cliente"),
    "by the customer": ("pelo cliente", "por el cliente"),
    "by an integration": ("por uma integração", "por una integración"),
    "The customer is there.": ("O cliente chegou.", "El cliente llegó."),
    "It took place.": ("Aconteceu.", "Tuvo lugar."),
    "The customer did not come.": ("O cliente não veio.", "El cliente no vino."),
    "The request was declined": ("O pedido foi recusado", "La solicitud se rechazó"),
    "Nobody approved the request in time": (
        "Ninguém aprovou o pedido a tempo",
        "Nadie aprobó la solicitud a tiempo",
    ),
    "It was not paid in time": ("Não foi pago a tempo", "No se pagó a tiempo"),
    ", with all that follow": (", com todos os seguintes", ", con todas las siguientes"),
    ", with the whole series": (", com a série inteira", ", con toda la serie"),
    "outside of the provider's hours": ("fora do horário de quem atende", "fuera del horario de quien atiende"),
    "at shorter notice than customers may": (
        "com menos antecedência do que os clientes podem",
        "con menos antelación de la que pueden los clientes",
    ),
}
