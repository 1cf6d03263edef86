"""The words of the panel's pages about what can be booked, and when."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

NAME = Said("Name", "Nome", "Nombre")
MINUTES = Said("Minutes", "Minutos", "Minutos")
IN_USE = Said("Can be booked", "Pode ser agendado", "Se puede reservar")
WHO = Said("Who does it", "Quem faz", "Quién lo hace")
SERVICES = Form(
    Said("Services", "Serviços", "Servicios"),
    Said(
        "What customers can book, how long it takes and who does it.",
        "O que os clientes podem agendar, quanto dura e quem faz.",
        "Lo que los clientes pueden reservar, cuánto dura y quién lo hace.",
    ),
    "agenda",
    10,
    one=Said("New service", "Novo serviço", "Nuevo servicio"),
    none=Said(
        "No service yet. Add one, and the agenda can be filled.",
        "Nenhum serviço. Inclua um para usar a agenda.",
        "Ningún servicio. Agregue uno para usar la agenda.",
    ),
    shows=("duration_minutes", "price_cents", "provider_ids"),
    fields={
        "name": Field(NAME),
        "duration_minutes": Field(Said("Length (minutes)", "Duração (minutos)", "Duración (minutos)")),
        "buffer_before_minutes": Field(
            Said("Pause before (minutes)", "Intervalo antes (minutos)", "Pausa antes (minutos)")
        ),
        "buffer_after_minutes": Field(
            Said("Pause after (minutes)", "Intervalo depois (minutos)", "Pausa después (minutos)")
        ),
        "price_cents": Field(
            Said("Price", "Preço", "Precio"), blank=Said("No price", "Sem preço", "Sin precio"), kind="money"
        ),
        "currency": Field(
            Said("Currency", "Moeda", "Moneda"), blank=Said("The workspace's", "A da empresa", "La de la empresa")
        ),
        "deposit_cents": Field(
            Said("Deposit", "Sinal", "Seña"), blank=Said("No deposit", "Sem sinal", "Sin seña"), kind="money"
        ),
        "deposit_refund_hours": Field(
            Said(
                "Deposit given back until (hours before)",
                "Sinal devolvido até (horas antes)",
                "Seña devuelta hasta (horas antes)",
            )
        ),
        "requires_approval": Field(
            Said("An owner approves it first", "O dono aprova antes", "El dueño lo aprueba antes")
        ),
        "provider_ids": Field(
            WHO,
            Said("Nobody chosen: nobody in particular.", "Ninguém: qualquer pessoa.", "Nadie: nadie en particular."),
        ),
        "resource_ids": Field(Said("What it needs", "Do que precisa", "Qué necesita")),
        "reminder_offsets": Field(
            Said("Reminders before (minutes)", "Lembretes antes (minutos)", "Recordatorios antes (minutos)"),
            Said("One a line.", "Um por linha.", "Uno por línea."),
            blank=Said("As the workspace says", "Como a empresa define", "Como diga la empresa"),
        ),
        "is_active": Field(IN_USE),
        "color": Field(Said("Colour", "Cor", "Color")),
        "description": Field(Said("Description", "Descrição", "Descripción")),
    },
)
RESOURCES = Form(
    Said("Rooms and equipment", "Salas e equipamentos", "Salas y equipos"),
    Said(
        "What services need besides a person.",
        "Do que os serviços precisam além de uma pessoa.",
        "Lo que los servicios necesitan además de una persona.",
    ),
    "agenda",
    20,
    one=Said("New resource", "Novo recurso", "Nuevo recurso"),
    none=Said(
        "Nothing yet. A chair, a room or a machine that is booked along.",
        "Nada ainda. Uma cadeira, sala ou máquina reservada junto.",
        "Nada aún. Una silla, una sala o una máquina que se reserva también.",
    ),
    shows=("capacity", "is_active"),
    fields={
        "name": Field(NAME),
        "capacity": Field(Said("How many there are", "Quantos há", "Cuántos hay")),
        "is_active": Field(IN_USE),
    },
)
FILTERS = Form(
    Said("Saved filters", "Filtros salvos", "Filtros guardados"),
    Said(
        "What you want to see of the calendar, under a name.",
        "O que você quer ver do calendário, com um nome.",
        "Lo que quiere ver del calendario, con un nombre.",
    ),
    "agenda",
    60,
    one=Said("New filter", "Novo filtro", "Nuevo filtro"),
    none=Said(
        "No filter yet. Without one you see everything.",
        "Nenhum filtro. Sem filtro você vê tudo.",
        "Ningún filtro. Sin filtro se ve todo.",
    ),
    shows=("provider_ids", "service_ids", "statuses"),
    fields={
        "name": Field(NAME),
        "provider_ids": Field(Said("People", "Pessoas", "Personas")),
        "service_ids": Field(Said("Services", "Serviços", "Servicios")),
        "statuses": Field(
            Said("States", "Estados", "Estados"),
            options={
                "pending": Said("Waits for approval", "Aguarda aprovação", "Espera aprobación"),
                "confirmed": Said("Booked", "Agendado", "Reservado"),
                "arrived": Said("Arrived", "Chegou", "Llegó"),
                "completed": Said("Done", "Concluído", "Terminado"),
                "no_show": Said("Did not come", "Não veio", "No vino"),
                "cancelled": Said("Cancelled", "Cancelado", "Cancelado"),
            },
        ),
    },
)
SCHEDULE = Form(
    Said("Base schedule", "Horário base", "Horario base"),
    Said(
        "When people can be booked who have no schedule of their own.",
        "Quando se agenda com quem não tem horário próprio.",
        "Cuándo se reserva con quien no tiene horario propio.",
    ),
    "agenda",
    30,
    fields={
        "timezone": Field(Said("Time zone", "Fuso horário", "Zona horaria"), kind="zone"),
        "rules": Field(Said("Open times", "Horários abertos", "Horarios abiertos")),
    },
)
REMINDERS = Form(
    Said("Reminders", "Lembretes", "Recordatorios"),
    Said(
        "Messages before an appointment. Customers can confirm, move or cancel from them.",
        "Mensagens antes do compromisso. O cliente confirma, remarca ou cancela nelas.",
        "Mensajes antes de la cita. El cliente confirma, cambia o cancela desde ellos.",
    ),
    "agenda",
    40,
    fields={
        "offsets": Field(
            Said("Before the start (minutes)", "Antes do início (minutos)", "Antes del inicio (minutos)"),
            Said("One a line.", "Um por linha.", "Uno por línea."),
            blank=Said("A day and two hours before", "Um dia e duas horas antes", "Un día y dos horas antes"),
        )
    },
)
BOOKING = Form(
    Said("Customers and changes", "Clientes e mudanças", "Clientes y cambios"),
    Said(
        "Until when customers may move or cancel by themselves (later a person decides), and what they are told.",
        "Até quando o cliente remarca ou cancela sozinho (depois, uma pessoa decide), e o que lhe é dito.",
        "Hasta cuándo el cliente cambia o cancela solo (después decide una persona), y qué se le dice.",
    ),
    "agenda",
    50,
    fields={
        "cancel_before_minutes": Field(
            Said("Minutes before the start", "Minutos antes do início", "Minutos antes del inicio")
        ),
        "tell_customers": Field(
            Said(
                "Tell customers what the team books, moves or cancels for them",
                "Avisar o cliente do que a equipe agenda, remarca ou cancela",
                "Avisar al cliente de lo que el equipo reserva, cambia o cancela",
            )
        ),
    },
)
FORMS: Mapping[str, Form] = {
    "services": SERVICES,
    "resources": RESOURCES,
    "calendar_filters": FILTERS,
    "base_schedule": SCHEDULE,
    "reminders": REMINDERS,
    "booking": BOOKING,
}
