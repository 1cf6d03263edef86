"""Spanish."""

from __future__ import annotations

from plixa.http.clients.mail.templates.words import Catalogue, Letter, Unit, Words

WORDS = Words(
    greeting="Hola:",
    greeting_by_name="Hola, {name}:",
    button_fallback="Si el botón no funciona, abre esta dirección:",
    footer="Plixa, atención al cliente por WhatsApp. Este correo se envió automáticamente.",
    settings="Cambiar o detener este resumen",
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio",
        "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
    first_day="1",
    moment="{day} de {month} de {year}, {time} ({zone})",
    date="{day} de {month} de {year}",
    thousands="\N{NO-BREAK SPACE}",
    decimal=",",
    minute=Unit("minuto", "minutos"),
    hour=Unit("hora", "horas"),
    day=Unit("día", "días"),
    periods={"daily": "Resumen diario", "weekly": "Resumen semanal", "monthly": "Resumen mensual"},
    opened="Conversaciones abiertas",
    resolved="Conversaciones resueltas",
    messages_in="Mensajes recibidos",
    messages_out="Mensajes enviados",
    first_response="Primera respuesta (mediana)",
    sla_breaches="Incumplimientos de SLA",
    csat="Satisfacción de los clientes",
    csat_value="{average} de 5 ({answers})",
    csat_answers=Unit("{count} valoración", "{count} valoraciones"),
    busiest="Miembros más activos",
    replies=Unit("{count} respuesta", "{count} respuestas"),
)  # fmt: skip

LETTERS = {
    "invitation": Letter(
        subject="{inviter} te invitó a {company}",
        preview="Únete al equipo en Plixa.",
        title="Únete a {company}",
        lines=("<b>{inviter}</b> te invitó a atender a los clientes de <b>{company}</b> por WhatsApp con Plixa.",),
        button="Aceptar la invitación",
        after=(
            "La invitación es válida hasta el {expires_at}.",
            "Si no la esperabas, ignora este correo. No pasa nada si no la aceptas.",
        ),
    ),
    "password_reset": Letter(
        subject="Restablece tu contraseña",
        preview="El enlace es válido durante {minutes}.",
        title="Restablece tu contraseña",
        lines=("Recibimos una solicitud de nueva contraseña para tu cuenta de Plixa. Si fuiste tú, elígela ahora.",),
        button="Elegir una nueva contraseña",
        after=(
            "El enlace funciona una sola vez y es válido durante {minutes}.",
            "Si no fuiste tú, ignora este correo. Tu contraseña sigue siendo la misma.",
        ),
    ),
    "email_verification": Letter(
        subject="Confirma tu dirección de correo",
        preview="Es solo un clic.",
        title="Confirma tu dirección de correo",
        lines=("Confirma que esta dirección es tuya, para que podamos escribirte sobre tu cuenta de Plixa.",),
        button="Confirmar esta dirección",
        after=("Si no te registraste en Plixa, ignora este correo.",),
    ),
    "email_changed": Letter(
        subject="Se cambió tu dirección de correo",
        preview="Tu cuenta ahora entra con otra dirección.",
        title="Se cambió tu dirección de correo",
        lines=(
            "La dirección de correo de tu cuenta de Plixa se cambió a <b>{new_email}</b> el {at}. "
            "A partir de ahora entras con ella.",
            "Si fuiste tú, no tienes que hacer nada. Si no, protege tu cuenta ahora mismo.",
        ),
        button="No fui yo",
    ),
    "password_changed": Letter(
        subject="Se cambió tu contraseña",
        preview="Si no fuiste tú, actúa ahora.",
        title="Se cambió tu contraseña",
        lines=(
            "La contraseña de tu cuenta de Plixa se cambió el {at}.",
            "Si fuiste tú, no tienes que hacer nada. Si no, protege tu cuenta ahora mismo.",
        ),
        button="No fui yo",
    ),
    "two_factor_enabled": Letter(
        subject="La verificación en dos pasos está activada",
        preview="Ahora también hace falta un código para entrar.",
        title="La verificación en dos pasos está activada",
        lines=(
            "Se activó en tu cuenta de Plixa el {at}. "
            "Para entrar ahora hacen falta tu contraseña y un código de tu aplicación de autenticación.",
            "Guarda tus códigos de recuperación en un lugar seguro. Los necesitas si pierdes el teléfono.",
            "Si no fuiste tú, protege tu cuenta ahora mismo.",
        ),
        button="Revisar mi seguridad",
    ),
    "two_factor_disabled": Letter(
        subject="La verificación en dos pasos está desactivada",
        preview="Ahora basta la contraseña para entrar.",
        title="La verificación en dos pasos está desactivada",
        lines=(
            "Se desactivó en tu cuenta de Plixa el {at}. Ahora basta tu contraseña para entrar.",
            "Si no fuiste tú, protege tu cuenta ahora mismo.",
        ),
        button="Revisar mi seguridad",
    ),
    "deletion_scheduled": Letter(
        subject="{company} se eliminará el {date}",
        preview="Todavía puedes cancelarlo.",
        title="Tu espacio de trabajo se eliminará",
        lines=(
            "El espacio de trabajo <b>{company}</b> se eliminará el <b>{date}</b>, con todas sus conversaciones, "
            "contactos, archivos y configuración. Después, nadie podrá recuperarlos.",
            "Si es lo que quieres, no tienes que hacer nada. Hasta entonces puedes cambiar de opinión.",
        ),
        button="Cancelar la eliminación",
    ),
    "deletion_cancelled": Letter(
        subject="{company} no se eliminará",
        preview="Tu espacio de trabajo sigue como está.",
        title="Se canceló la eliminación",
        lines=("El espacio de trabajo <b>{company}</b> no se eliminará. Todo sigue ahí.",),
    ),
    "deletion_done": Letter(
        subject="{company} se eliminó",
        preview="Este es nuestro último correo sobre este espacio de trabajo.",
        title="Tu espacio de trabajo se eliminó",
        lines=(
            "El espacio de trabajo <b>{company}</b> se eliminó, con todas sus conversaciones, contactos, archivos y "
            "configuración.",
            "Este es nuestro último correo sobre él. Gracias por haber trabajado con Plixa.",
        ),
    ),
    "daily_digest": Letter(
        subject="{company}: {period}, {range}",
        preview="{opened} abiertas, {resolved} resueltas",
        title="{period}",
        lines=("Las cifras de <b>{company}</b>: {range}.",),
        button="Abrir Plixa",
    ),
    "trial_ending": Letter(
        subject="Tu período de prueba termina el {ends_at}",
        preview="Elige un plan para que todo siga funcionando.",
        title="Tu período de prueba está por terminar",
        lines=(
            "El período de prueba de <b>{company}</b> termina el <b>{ends_at}</b>. Después se aplican los límites del "
            "plan Starter: las respuestas de IA, los envíos masivos y la API se detienen hasta que elijas un plan.",
            "No se elimina nada. Tus conversaciones y contactos siguen donde están.",
        ),
        button="Elegir un plan",
    ),
    "ticket_reply": Letter(
        subject="Hay una respuesta para el ticket {ticket}",
        preview="Nuestro equipo de soporte respondió.",
        title="El ticket {ticket} tiene una respuesta",
        lines=("Nuestro equipo de soporte respondió a tu ticket <b>{ticket}</b>.",),
        button="Leer la respuesta",
        after=("Responde allí: nadie lee lo que se envía a esta dirección.",),
    ),
    "ticket_reply_by_mail": Letter(
        subject="Hay una respuesta para el ticket {ticket}",
        preview="Nuestro equipo de soporte respondió.",
        title="El ticket {ticket} tiene una respuesta",
        lines=("Nuestro equipo de soporte respondió a tu ticket <b>{ticket}</b>.",),
        button="Leer la respuesta",
        after=("También puedes responder a este correo: lo que escribas encima de la cita entra en el ticket.",),
    ),
    "licence_ending": Letter(
        subject="Tu plan en {company} termina el {ends_at}",
        preview="Después vale tu suscripción.",
        title="Tu plan concedido está por terminar",
        lines=(
            "El plan que Plixa concedió a <b>{company}</b> termina el <b>{ends_at}</b>. Después vale tu "
            "suscripción o, si no la hay, los límites del plan Starter.",
            "No se borra nada. Tus conversaciones y contactos siguen donde están.",
        ),
        button="Ver los planes",
    ),
    "over_limits": Letter(
        subject="{company} usa más de lo que incluye su plan",
        preview="No se borra nada; no se puede añadir nada nuevo.",
        title="Tu plan incluye menos de lo que usas",
        lines=(
            "El plan de <b>{company}</b> ha cambiado. Números de WhatsApp: <b>{numbers}</b>. Plazas: "
            "<b>{seats}</b> (en uso / incluidas).",
            "Todo lo que hay sigue funcionando. Se podrán añadir números y miembros cuando vuelva a haber lugar.",
        ),
        button="Ver plan y uso",
    ),
    "payment_failed": Letter(
        subject="Un pago de {company} no se completó",
        preview="Tu plan sigue por ahora. Revisa tu tarjeta.",
        title="Un pago no se completó",
        lines=(
            "El último pago del plan de <b>{company}</b> fue rechazado. Se intentará de nuevo en los "
            "próximos días y tu plan sigue mientras tanto.",
            "Revisa tu tarjeta para que nada se detenga.",
        ),
        button="Revisar el pago",
    ),
    "webhook_gone": Letter(
        subject="Tu webhook en {host} está desactivado",
        preview="Respondió que ya no existe.",
        title="Un webhook está desactivado",
        lines=(
            "El servidor en <b>{host}</b> respondió 410 a la última entrega: no quiere recibir nada más. "
            "Ya no se le envía nada.",
        ),
        button="Abrir los webhooks",
        after=("Cuando vuelva, actívalo de nuevo. Lo que se perdió se puede reenviar desde la misma página.",),
    ),
    "webhook_failing": Letter(
        subject="Tu webhook en {host} está desactivado",
        preview="Durante cinco días no se pudo entregar nada.",
        title="Un webhook está desactivado",
        lines=("Durante cinco días no se aceptó nada de lo que enviamos a <b>{host}</b>. Ya no se le envía nada.",),
        button="Abrir los webhooks",
        after=("Cuando funcione, actívalo de nuevo. Lo que se perdió se puede reenviar desde la misma página.",),
    ),
}

CATALOGUE = Catalogue("es", WORDS, LETTERS)
