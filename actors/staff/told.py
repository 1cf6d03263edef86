"""What is told of staff's stays and of suspensions: in the audit of the workspace."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell
from plixa.actors.sayings import Told, told

MODES: Mapping[str, Told] = {
    "read": Told("read", "ler", "leer"),
    "write": Told("write", "escrever", "escribir"),
}

AREAS: Mapping[str, tuple[str, str]] = {
    "AI configuration": ("configuração da IA", "configuración de la IA"),
    "API tokens": ("tokens da API", "tokens de la API"),
    "Account": ("conta", "cuenta"),
    "Admin — Authentication": ("acesso da equipe da Plixa", "acceso del equipo de Plixa"),
    "Admin — Email campaigns": ("campanhas de e-mail", "campañas de correo"),
    "Admin — Knowledge base": ("artigos de ajuda", "artículos de ayuda"),
    "Admin — Support": ("atendimento da Plixa", "soporte de Plixa"),
    "Admin — Tenants": ("dados da empresa", "datos de la empresa"),
    "Audit": ("auditoria", "auditoría"),
    "Authentication": ("acesso", "acceso"),
    "Auto-assignment": ("distribuição automática", "asignación automática"),
    "Billing": ("plano e faturas", "plan y facturas"),
    "Broadcasts": ("transmissões", "difusiones"),
    "Business hours": ("horário de atendimento", "horario de atención"),
    "CSAT": ("pesquisa de satisfação", "encuesta de satisfacción"),
    "Contacts": ("contatos", "contactos"),
    "Contacts (custom fields)": ("campos dos contatos", "campos de los contactos"),
    "Conversations": ("conversas", "conversaciones"),
    "Daily digest": ("resumo diário", "resumen diario"),
    "Dashboard": ("painel do dia", "panel del día"),
    "Endpoints": ("horário de atendimento", "horario de atención"),
    "Flows": ("fluxos", "flujos"),
    "Inbox": ("caixa de entrada", "bandeja de entrada"),
    "Knowledge base": ("artigos de ajuda", "artículos de ayuda"),
    "Labels": ("etiquetas", "etiquetas"),
    "Live": ("eventos ao vivo", "eventos en vivo"),
    "Messages API": ("envio de mensagens", "envío de mensajes"),
    "Onboarding": ("primeiros passos", "primeros pasos"),
    "Payments (Stripe Connect)": ("pagamentos", "pagos"),
    "Phone instances": ("números de WhatsApp", "números de WhatsApp"),
    "Push notifications": ("notificações", "notificaciones"),
    "Reports": ("relatórios", "informes"),
    "SLA targets": ("metas de atendimento", "metas de atención"),
    "Saved replies": ("respostas salvas", "respuestas guardadas"),
    "Scheduling — appointments": ("agendamentos", "citas"),
    "Scheduling — base schedule": ("horário base da agenda", "horario base de la agenda"),
    "Scheduling — calendar sync": ("sincronização de calendários", "sincronización de calendarios"),
    "Scheduling — holidays": ("feriados da agenda", "feriados de la agenda"),
    "Scheduling — provider availability": ("horários da equipe", "horarios del equipo"),
    "Scheduling — reminders": ("lembretes", "recordatorios"),
    "Scheduling — resources": ("salas e equipamentos", "salas y equipos"),
    "Scheduling — saved filters": ("filtros do calendário", "filtros del calendario"),
    "Scheduling — services": ("serviços", "servicios"),
    "Scheduling — waitlist": ("lista de espera", "lista de espera"),
    "Scheduling — workspace closures": ("dias fechados", "días cerrados"),
    "Sectors": ("setores", "sectores"),
    "Security": ("segurança", "seguridad"),
    "Support": ("pedidos de ajuda", "pedidos de ayuda"),
    "Team": ("equipe", "equipo"),
    "Two-factor authentication": ("verificação em duas etapas", "verificación en dos pasos"),
    "Waitlist": ("lista de interessados", "lista de interesados"),
    "Webhooks": ("webhooks", "webhooks"),
    "Webhooks (outbound)": ("webhooks", "webhooks"),
    "Welcome message": ("mensagem de boas-vindas", "mensaje de bienvenida"),
    "Workspace configuration": ("configurações da empresa", "configuración de la empresa"),
}
"""What the parts of the API are called in Portuguese and Spanish; in English a look is called by what was looked at."""

TELLS: Mapping[str, Tell] = {
    "staff.looked": lambda e: told(
        "had a look, as Plixa's staff: {what}",
        "deu uma olhada, como equipe da Plixa: {what}",
        "echó un vistazo, como equipo de Plixa: {what}",
        what=Told(e.what, *AREAS.get(e.area, (e.what, e.what))),
    ),
    "staff.stepped_in": lambda e: told(
        "stepped in as member {who}, as Plixa's staff, to {mode}: {reason}",
        "entrou como o membro {who}, como equipe da Plixa, para {mode}: {reason}",
        "entró como el miembro {who}, como equipo de Plixa, para {mode}: {reason}",
        who=e.user_id,
        mode=MODES[e.mode],
        reason=e.reason,
    ),
    "staff.stepped_out": Told(
        "left the workspace, as Plixa's staff",
        "saiu da empresa, como equipe da Plixa",
        "salió de la empresa, como equipo de Plixa",
    ),
    "workspace.reactivated": Told(
        "made the workspace active again, as Plixa's staff",
        "reativou a empresa, como equipe da Plixa",
        "reactivó la empresa, como equipo de Plixa",
    ),
    "workspace.resumed": lambda e: told(
        "let go of {n} messages that were too old to be sent",
        "desistiu de {n} mensagens antigas demais para enviar",
        "descartó {n} mensajes demasiado antiguos para enviar",
        n=len(e.dropped),
    ),
    "workspace.suspended": lambda e: told(
        "suspended the workspace, as Plixa's staff: {reason}",
        "suspendeu a empresa, como equipe da Plixa: {reason}",
        "suspendió la empresa, como equipo de Plixa: {reason}",
        reason=e.reason,
    ),
}
