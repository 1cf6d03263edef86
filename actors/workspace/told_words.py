"""What the audit calls roles and small resources within its sentences."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.sayings import Told

ROLES: Mapping[str, Told] = {
    "owner": Told("owner", "proprietário", "propietario"),
    "agent": Told("agent", "atendente", "agente"),
}
RESOURCES: Mapping[str, tuple[str, str]] = {
    "ai": ("IA", "IA"),
    "assignment_rules": ("regras de distribuição", "reglas de asignación"),
    "base_schedule": ("horário base da agenda", "horario base de la agenda"),
    "booking": ("agendamento pelos clientes", "reserva por los clientes"),
    "broadcasts": ("transmissões", "difusiones"),
    "business_hours": ("horário de atendimento", "horario de atención"),
    "calendar_filters": ("filtros do calendário", "filtros del calendario"),
    "closures": ("dias fechados", "días cerrados"),
    "csat": ("pesquisa de satisfação", "encuesta de satisfacción"),
    "custom_fields": ("campos personalizados", "campos personalizados"),
    "digest": ("resumo diário", "resumen diario"),
    "faqs": ("perguntas frequentes", "preguntas frecuentes"),
    "holidays": ("feriados", "feriados"),
    "inbox": ("conversas", "conversaciones"),
    "labels": ("etiquetas", "etiquetas"),
    "regional": ("idioma, fuso e moeda", "idioma, zona y moneda"),
    "reminders": ("lembretes", "recordatorios"),
    "resources": ("salas e equipamentos", "salas y equipos"),
    "saved_replies": ("respostas salvas", "respuestas guardadas"),
    "sectors": ("setores", "sectores"),
    "security": ("segurança", "seguridad"),
    "services": ("serviços", "servicios"),
    "sla": ("metas de atendimento", "metas de atención"),
    "views": ("visões salvas", "vistas guardadas"),
    "welcome": ("mensagem de boas-vindas", "mensaje de bienvenida"),
}
"""In Portuguese and Spanish. In English a resource is called by its name, and so is one that is not here."""


def called(resource: str) -> Told:
    """A small resource within a sentence."""
    name = resource.replace("_", " ")
    return Told(name, *RESOURCES.get(resource, (name, name)))
