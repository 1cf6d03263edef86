"""The timeline's sentences (`explain.py`) in Portuguese and in Spanish, and those that decisions say of themselves."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.sayings import Catalogue

SAID: Catalogue = {
    "The conversation began.": ("A conversa começou.", "La conversación empezó."),
    "The customer sent {kind}.": ("O cliente enviou {kind}.", "El cliente envió {kind}."),
    "What could not be read at first is {kind}.": (
        "O que não pôde ser lido no início é {kind}.",
        "Lo que al principio no se pudo leer es {kind}.",
    ),
    "{who} sent {kind}, not through Plixa.": (
        "{who} enviou {kind}, sem passar pelo Plixa.",
        "{who} envió {kind}, sin pasar por Plixa.",
    ),
    "{who} sent {kind}{because}.": ("{who} enviou {kind}{because}.", "{who} envió {kind}{because}."),
    "{who} left a note.": ("{who} deixou uma nota.", "{who} dejó una nota."),
    "It is on its way to WhatsApp (attempt {attempt}).": (
        "Está a caminho do WhatsApp (tentativa {attempt}).",
        "Va camino a WhatsApp (intento {attempt}).",
    ),
    "It is on its way to WhatsApp.": ("Está a caminho do WhatsApp.", "Va camino a WhatsApp."),
    "Its options go out as numbers in the text.": (
        "As opções saem como números no texto.",
        "Las opciones salen como números en el texto.",
    ),
    "It went out.": ("Saiu.", "Salió."),
    "Its echo shows that it went out.": ("O eco mostra que saiu.", "El eco muestra que salió."),
    "The gateway was asked, and it had gone out.": (
        "O gateway foi consultado, e já tinha saído.",
        "Se consultó al gateway, y ya había salido.",
    ),
    "It did not go out ({why}) and is tried again at {when}.": (
        "Não saiu ({why}); nova tentativa em {when}.",
        "No salió ({why}); se intenta de nuevo el {when}.",
    ),
    "It did not go out: {why}": ("Não saiu: {why}", "No salió: {why}"),
    "It is not known whether it went out ({why}); the gateway is asked.": (
        "Não se sabe se saiu ({why}); o gateway é consultado.",
        "No se sabe si salió ({why}); se consulta al gateway.",
    ),
    "It stays unknown whether it went out.": ("Continua sem se saber se saiu.", "Sigue sin saberse si salió."),
    "WhatsApp reports it as {status}.": ("O WhatsApp informa: {status}.", "WhatsApp informa: {status}."),
    "It waits in the queue.": ("Espera na fila.", "Espera en la cola."),
    "It was resolved ({why}).": ("Foi resolvida ({why}).", "Se resolvió ({why})."),
    "It was opened again: our side wrote.": (
        "Foi reaberta: nosso lado escreveu.",
        "Se reabrió: escribió nuestra parte.",
    ),
    "It was opened again: the customer wrote.": (
        "Foi reaberta: o cliente escreveu.",
        "Se reabrió: el cliente escribió.",
    ),
    "It was opened again by a member.": ("Foi reaberta por alguém da equipe.", "La reabrió alguien del equipo."),
    "It was opened again: the one that was merged into it was open.": (
        "Foi reaberta: a que foi unida a ela estava aberta.",
        "Se reabrió: la que se unió a ella estaba abierta.",
    ),
    "It was merged into conversation {id}": (
        "Foi unida à conversa {id}",
        "Se unió a la conversación {id}",
    ),
    "Conversation {id} was merged into this one": (
        "A conversa {id} foi unida a esta",
        "La conversación {id} se unió a esta",
    ),
    "by {who}": ("por {who}", "por {who}"),
    "{merged}: they are one customer's.": (
        "{merged}: são do mesmo cliente.",
        "{merged}: son del mismo cliente.",
    ),
    "Scheduled messages that go out from here now: {n}.": (
        "Mensagens agendadas que agora saem daqui: {n}.",
        "Mensajes programados que ahora salen de aquí: {n}.",
    ),
    "Scheduled messages that do not go out, for the customer has written here: {n}.": (
        "Mensagens agendadas que não saem, pois o cliente escreveu aqui: {n}.",
        "Mensajes programados que no salen, porque el cliente escribió aquí: {n}.",
    ),
    "It counts as read for the whole team.": (
        "Conta como lida para toda a equipe.",
        "Cuenta como leída para todo el equipo.",
    ),
    "{who} has read it.": ("{who} leu.", "{who} la leyó."),
    "It sleeps until {when}.": ("Fica adiada até {when}.", "Queda pospuesta hasta el {when}."),
    "It woke up as planned.": ("Voltou como planejado.", "Volvió como estaba previsto."),
    "A member woke it.": ("Alguém da equipe a trouxe de volta.", "Alguien del equipo la trajo de vuelta."),
    "It woke up with the merge.": ("Voltou com a união.", "Volvió con la unión."),
    "It woke up: the customer wrote.": ("Voltou: o cliente escreveu.", "Volvió: el cliente escribió."),
    "It is the contact's first message: the greeting is planned for {when}.": (
        "É a primeira mensagem do contato: a saudação está prevista para {when}.",
        "Es el primer mensaje del contacto: el saludo está previsto para el {when}.",
    ),
    "The greeting went out.": ("A saudação saiu.", "El saludo salió."),
    "Nothing was said by itself: {why}": (
        "Nada foi dito automaticamente: {why}",
        "Nada se dijo automáticamente: {why}",
    ),
    "If the customer stays quiet until {when}, something answers by itself.": (
        "Se o cliente não escrever mais até {when}, algo responde automaticamente.",
        "Si el cliente no escribe más hasta el {when}, algo responde automáticamente.",
    ),
    "{who} answered by itself: {why}": (
        "{who} respondeu automaticamente: {why}",
        "{who} respondió automáticamente: {why}",
    ),
    "Flow “{name}” (version {version}): {why}": (
        "Fluxo “{name}” (versão {version}): {why}",
        "Flujo “{name}” (versión {version}): {why}",
    ),
    "The flow learnt “{key}” of the contact.": (
        "O fluxo soube “{key}” do contato.",
        "El flujo supo “{key}” del contacto.",
    ),
    "The AI began to draft an answer.": (
        "A IA começou a escrever uma resposta.",
        "La IA empezó a redactar una respuesta.",
    ),
    "The AI answered, resting on {sources} ({model}, {version}).": (
        "A IA respondeu, com base em {sources} ({model}, {version}).",
        "La IA respondió, basándose en {sources} ({model}, {version}).",
    ),
    "nothing": ("nada", "nada"),
    "The AI left it to the agenda: {action} ({model}, {version}).": (
        "A IA deixou para a agenda: {action} ({model}, {version}).",
        "La IA se lo dejó a la agenda: {action} ({model}, {version}).",
    ),
    "The agenda goes on with the customer from here.": (
        "A partir daqui a agenda segue com o cliente.",
        "Desde aquí la agenda sigue con el cliente.",
    ),
    "The AI left it to a person ({why}).": (
        "A IA deixou para uma pessoa ({why}).",
        "La IA se lo dejó a una persona ({why}).",
    ),
    "The AI's draft was thrown away: {why}": (
        "O rascunho da IA foi descartado: {why}",
        "El borrador de la IA se descartó: {why}",
    ),
    "The customer was told something of the business's own accord.": (
        "O cliente foi avisado por iniciativa da casa.",
        "Se avisó al cliente por iniciativa de la casa.",
    ),
    "The customer chose '{action}'.": ("O cliente escolheu '{action}'.", "El cliente eligió '{action}'."),
    "From here on a person leads ({why}).": (
        "A partir daqui uma pessoa conduz ({why}).",
        "Desde aquí la lleva una persona ({why}).",
    ),
    "The automation leads again.": ("A automação conduz de novo.", "La automatización la lleva de nuevo."),
    "Label “{label}” was attached ({why}).": (
        "A etiqueta “{label}” foi colocada ({why}).",
        "Se puso la etiqueta “{label}” ({why}).",
    ),
    "Label “{label}” was detached ({why}).": (
        "A etiqueta “{label}” foi retirada ({why}).",
        "Se quitó la etiqueta “{label}” ({why}).",
    ),
    "It belongs to no sector now ({why}).": (
        "Não é mais de nenhum setor ({why}).",
        "Ya no es de ningún sector ({why}).",
    ),
    "It belongs to sector “{sector}” now ({why}).": (
        "Agora é do setor “{sector}” ({why}).",
        "Ahora es del sector “{sector}” ({why}).",
    ),
    "The {clock} clock began: {span}, due {when}.": (
        "O prazo ({clock}) começou: {span}, até {when}.",
        "El plazo ({clock}) empezó: {span}, hasta {when}.",
    ),
    "The opening hours changed: the {clock} is due {when} now.": (
        "O horário de atendimento mudou: o prazo ({clock}) agora é {when}.",
        "El horario de atención cambió: el plazo ({clock}) ahora es {when}.",
    ),
    "The {clock} is due soon, {when}.": (
        "O prazo ({clock}) está perto do fim, {when}.",
        "El plazo ({clock}) termina pronto, {when}.",
    ),
    "The {clock} clock was met.": ("O prazo ({clock}) foi cumprido.", "El plazo ({clock}) se cumplió."),
    "The {clock} is late since {when}.": (
        "O prazo ({clock}) está vencido desde {when}.",
        "El plazo ({clock}) está vencido desde {when}.",
    ),
    "The {clock} clock stopped without a verdict: the conversation was resolved.": (
        "O prazo ({clock}) parou sem resultado: a conversa foi resolvida.",
        "El plazo ({clock}) se detuvo sin resultado: la conversación se resolvió.",
    ),
    "never, for want of opening hours": ("nunca, por falta de horário", "nunca, por falta de horario"),
    "first answer": ("primeira resposta", "primera respuesta"),
    "resolution": ("resolução", "resolución"),
    "%Y-%m-%d %H:%M": ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M"),
    "The customer was asked for a rating.": ("Foi pedida uma nota ao cliente.", "Se pidió una nota al cliente."),
    "The customer rated {rating} of 5.": ("O cliente deu nota {rating} de 5.", "El cliente dio un {rating} de 5."),
    "The customer added a comment to the rating.": (
        "O cliente comentou a nota.",
        "El cliente comentó la nota.",
    ),
    "The answer was no rating; the customer was asked once more.": (
        "A resposta não era uma nota; foi perguntado mais uma vez.",
        "La respuesta no era una nota; se preguntó una vez más.",
    ),
    "The survey is over: {why}": ("A pesquisa acabou: {why}", "La encuesta terminó: {why}"),
    "A message is to go out at {when}.": (
        "Uma mensagem deve sair em {when}.",
        "Un mensaje debe salir el {when}.",
    ),
    "The scheduled message: {why}": ("A mensagem agendada: {why}", "El mensaje programado: {why}"),
    "If the customer stays silent until {when}, it is resolved by itself.": (
        "Se o cliente não escrever até {when}, é resolvida automaticamente.",
        "Si el cliente no escribe hasta el {when}, se resuelve automáticamente.",
    ),
    "The business opened earlier than the customer was told.": (
        "A casa abriu antes do que foi dito ao cliente.",
        "La casa abrió antes de lo que se dijo al cliente.",
    ),
    "The business is closed: the flow waits until {when}.": (
        "A casa está fechada: o fluxo espera até {when}.",
        "La casa está cerrada: el flujo espera hasta el {when}.",
    ),
    "The customer knows that the business is closed.": (
        "O cliente sabe que a casa está fechada.",
        "El cliente sabe que la casa está cerrada.",
    ),
    "It is new: the rules are asked who gets it.": (
        "É nova: as regras dizem quem a recebe.",
        "Es nueva: las reglas dicen quién la recibe.",
    ),
    "{who} has one less: the queue is looked at.": (
        "{who} tem uma a menos: a fila é consultada.",
        "{who} tiene una menos: se mira la cola.",
    ),
    "It waits for somebody again: whoever is free is looked for.": (
        "Espera alguém de novo: procura-se quem está livre.",
        "Espera a alguien de nuevo: se busca a quien esté libre.",
    ),
    "{task} began.": ("{task}: começou.", "{task}: empezó."),
    "{task} failed: {why}.": ("{task}: falhou: {why}.", "{task}: falló: {why}."),
    "{task} is done.": ("{task}: feito.", "{task}: hecho."),
    "{task} is tried again at {when}.": (
        "{task}: nova tentativa em {when}.",
        "{task}: nuevo intento el {when}.",
    ),
    "It is nobody's now ({why}).": ("Agora não é de ninguém ({why}).", "Ahora no es de nadie ({why})."),
    "{who} looks after it now ({why}).": ("Agora {who} cuida dela ({why}).", "Ahora la atiende {who} ({why})."),
    "Considered: {others}.": ("Considerados: {others}.", "Considerados: {others}."),
    "{name} ({load} open)": ("{name} ({load} abertas)", "{name} ({load} abiertas)"),
    "{kind} with buttons": ("{kind} com botões", "{kind} con botones"),
    "{kind} with a list": ("{kind} com uma lista", "{kind} con una lista"),
    "the survey: {what}": ("a pesquisa: {what}", "la encuesta: {what}"),
}
"""What `explain.py` says by itself."""

NAMED: Catalogue = {
    "the customer": ("o cliente", "el cliente"),
    "the AI": ("a IA", "la IA"),
    "a flow": ("um fluxo", "un flujo"),
    "an integration": ("uma integração", "una integración"),
    "somebody on the phone": ("alguém no celular", "alguien en el teléfono"),
    "a member": ("alguém da equipe", "alguien del equipo"),
    "The call to the AI": ("A consulta à IA", "La consulta a la IA"),
    "Telling WhatsApp that it was read": ("Avisar o WhatsApp da leitura", "Avisar a WhatsApp de la lectura"),
    "Fetching the file": ("Buscar o arquivo", "Traer el archivo"),
    "Asking the rules": ("Consultar as regras", "Consultar las reglas"),
    "Looking at the queue": ("Olhar a fila", "Mirar la cola"),
    "Writing it to the contact": ("Anotar no contato", "Anotarlo en el contacto"),
    "Erasing the files": ("Apagar os arquivos", "Borrar los archivos"),
    "Erasing what was merged into it": ("Apagar o que foi unido a ela", "Borrar lo que se le unió"),
    "Something outside": ("Algo de fora", "Algo de fuera"),
    "The closed message": ("A mensagem de fechado", "El mensaje de cerrado"),
    "A flow": ("Um fluxo", "Un flujo"),
    "The AI": ("A IA", "La IA"),
    "The greeting": ("A saudação", "El saludo"),
    "the greeting": ("a saudação", "el saludo"),
    "it is closed": ("está fechado", "está cerrado"),
    "a person takes over": ("uma pessoa assume", "una persona se hace cargo"),
    "as scheduled": ("como agendado", "según lo programado"),
    "to remind them of an appointment": ("para lembrar de um horário", "para recordar una cita"),
    "about their appointment": ("sobre o horário marcado", "sobre su cita"),
    "a text": ("um texto", "un texto"),
    "a note": ("uma nota", "una nota"),
    "an audio message": ("um áudio", "un audio"),
    "an image": ("uma imagem", "una imagen"),
    "a video": ("um vídeo", "un video"),
    "a document": ("um documento", "un documento"),
    "a sticker": ("uma figurinha", "un sticker"),
    "a location": ("uma localização", "una ubicación"),
    "a contact": ("um contato", "un contacto"),
    "a reaction": ("uma reação", "una reacción"),
    "a system": ("um aviso do WhatsApp", "un aviso de WhatsApp"),
    "something": ("algo", "algo"),
    "pending": ("pendente", "pendiente"),
    "sent": ("enviada", "enviado"),
    "delivered": ("entregue", "entregado"),
    "read": ("lida", "leído"),
    "played": ("ouvida", "escuchado"),
    "failed": ("não saiu", "no salió"),
    "question": ("a pergunta", "la pregunta"),
    "question again": ("a pergunta de novo", "la pregunta de nuevo"),
    "follow up": ("o que faltou", "qué faltó"),
    "thank you": ("o agradecimento", "el agradecimiento"),
    "asked for person": ("pediu uma pessoa", "pidió una persona"),
    "not grounded": ("nada do que sabe responde com certeza", "nada de lo que sabe responde con certeza"),
    "unavailable": ("não estava disponível", "no estaba disponible"),
    "loop": ("outra máquina responde", "responde otra máquina"),
    "injection": ("a mensagem tenta dar ordens à IA", "el mensaje intenta dar órdenes a la IA"),
    "budget used up": ("o orçamento da IA acabou", "se acabó el presupuesto de la IA"),
    "Conversation broadcast progressed.": ("O envio em massa andou.", "La difusión avanzó."),
    "Conversation identified.": ("Soube-se de quem é o número.", "Se supo de quién es el número."),
    "Conversation renamed.": ("O contato tem outro nome.", "El contacto tiene otro nombre."),
    "Conversation annotated.": ("As anotações do contato mudaram.", "Cambiaron las notas del contacto."),
    "Conversation deleted.": ("A conversa foi apagada.", "La conversación se borró."),
    "Conversation detached.": ("A conversa não é mais deste contato.", "La conversación ya no es de este contacto."),
    "Conversation moved.": ("A conversa passou a outro contato.", "La conversación pasó a otro contacto."),
    "Message edited.": ("A mensagem foi editada.", "El mensaje se editó."),
    "Message deleted.": ("A mensagem foi apagada.", "El mensaje se borró."),
    "Message reacted.": ("Houve uma reação à mensagem.", "Hubo una reacción al mensaje."),
    "Media stored.": ("O arquivo está guardado.", "El archivo está guardado."),
    "Media lost.": ("O arquivo não pôde ser obtido.", "No se pudo obtener el archivo."),
}
"""What is named in such a sentence, and what happens so rarely that its event's name says it."""

_HANDED_OFF: Mapping[str, str] = {"cap": "budget used up"}


def handed_off(reason: str) -> str:
    """Why something was left to a person, as the catalogues name it. reason: a code, such as `not_grounded`."""
    return _HANDED_OFF.get(reason) or reason.replace("_", " ")


DECIDED: Catalogue = {
    "No active rule matches.": ("Nenhuma regra ativa se aplica.", "No se aplica ninguna regla activa."),
    "Nobody could take it: there are no members to choose from.": (
        "Ninguém pôde ficar com ela: não há membros para escolher.",
        "Nadie pudo tomarla: no hay miembros entre quienes elegir.",
    ),
    "Others have waited longer; whoever was free got the oldest of them.": (
        "Outras esperavam há mais tempo; quem estava livre recebeu a mais antiga.",
        "Otras esperaban desde antes; quien estaba libre recibió la más antigua.",
    ),
    "Its WhatsApp number was removed from the workspace.": (
        "O número de WhatsApp dela foi removido.",
        "Se quitó su número de WhatsApp.",
    ),
    "Its WhatsApp number was removed.": ("O número de WhatsApp foi removido.", "Se quitó el número de WhatsApp."),
    "The member was removed.": ("O membro foi removido.", "Se quitó al miembro."),
    "The label was deleted.": ("A etiqueta foi apagada.", "La etiqueta se borró."),
    "The sector was deleted.": ("O setor foi apagado.", "El sector se borró."),
    "What is opened again goes to the queue.": ("O que é reaberto vai para a fila.", "Lo que se reabre va a la cola."),
    "The conversation goes on.": ("A conversa continua.", "La conversación sigue."),
    "The conversation was resolved.": ("A conversa foi resolvida.", "La conversación se resolvió."),
    "Resolved.": ("Resolvida.", "Resuelta."),
    "The customer wrote on.": ("O cliente continuou escrevendo.", "El cliente siguió escribiendo."),
    "The customer wrote first.": ("O cliente escreveu antes.", "El cliente escribió antes."),
    "Its time has come.": ("Chegou a hora.", "Llegó la hora."),
    "Cancelled by a person.": ("Cancelada por uma pessoa.", "Cancelado por una persona."),
    "A scheduled message went out.": ("Uma mensagem agendada saiu.", "Salió un mensaje programado."),
    "A person answered.": ("Uma pessoa respondeu.", "Una persona respondió."),
    "A person took over.": ("Uma pessoa assumiu.", "Una persona se hizo cargo."),
    "A person started a flow.": ("Uma pessoa iniciou um fluxo.", "Una persona inició un flujo."),
    "The business is closed.": ("A casa está fechada.", "La casa está cerrada."),
    "The business has closed in the meantime.": ("A casa fechou nesse meio-tempo.", "La casa cerró entretanto."),
    "The business is closed and has no message for that.": (
        "A casa está fechada e não tem mensagem para isso.",
        "La casa está cerrada y no tiene mensaje para eso.",
    ),
    "The business is closed, which the customer was told already.": (
        "A casa está fechada, o que já foi dito ao cliente.",
        "La casa está cerrada, y ya se le dijo al cliente.",
    ),
    "The business is closed and is not known to open.": (
        "A casa está fechada, sem previsão de abrir.",
        "La casa está cerrada, sin fecha de apertura.",
    ),
    "It came outside the opening hours.": ("Chegou fora do horário.", "Llegó fuera del horario."),
    "Nothing that answers by itself is on any more.": (
        "Nada que responda automaticamente está ligado.",
        "Ya no hay nada encendido que responda automáticamente.",
    ),
    "The greeting was switched off in the meantime.": (
        "A saudação foi desligada nesse meio-tempo.",
        "El saludo se apagó entretanto.",
    ),
    "It is the contact's first message.": (
        "É a primeira mensagem do contato.",
        "Es el primer mensaje del contacto.",
    ),
    "It is the contact's first message, and the AI left it to a person.": (
        "É a primeira mensagem do contato, e a IA deixou para uma pessoa.",
        "Es el primer mensaje del contacto, y la IA se lo dejó a una persona.",
    ),
    "The AI left it to a person.": ("A IA deixou para uma pessoa.", "La IA se lo dejó a una persona."),
    "The AI left it to the agenda.": ("A IA deixou para a agenda.", "La IA se lo dejó a la agenda."),
    "The AI answered from what the business told it.": (
        "A IA respondeu com o que a casa lhe contou.",
        "La IA respondió con lo que la casa le contó.",
    ),
    "The AI was switched off in the meantime.": ("A IA foi desligada nesse meio-tempo.", "La IA se apagó entretanto."),
    "The customer found no time that suits, and asked for a person.": (
        "O cliente não achou horário que sirva e pediu uma pessoa.",
        "El cliente no encontró una hora que le sirva y pidió una persona.",
    ),
    "The customer is choosing a time.": ("O cliente escolhe um horário.", "El cliente elige una hora."),
    "The flow was deleted.": ("O fluxo foi apagado.", "El flujo se borró."),
    "The flow routed it.": ("O fluxo a encaminhou.", "El flujo la encaminó."),
    "The flow handed it over.": ("O fluxo a passou adiante.", "El flujo la pasó."),
    "The flow handed it over to a person.": (
        "O fluxo passou para uma pessoa.",
        "El flujo se la pasó a una persona.",
    ),
    "The survey is over.": ("A pesquisa acabou.", "La encuesta terminó."),
    "The customer would rather not rate.": ("O cliente prefere não dar nota.", "El cliente prefiere no dar una nota."),
    "It is no rating from 1 to 5, nor a request.": (
        "Não é uma nota de 1 a 5, nem um pedido.",
        "No es una nota del 1 al 5, ni un pedido.",
    ),
    "It does not read as a rating.": ("Não parece uma nota.", "No parece una nota."),
    "It is no text.": ("Não é um texto.", "No es un texto."),
    "It asks something.": ("Pergunta alguma coisa.", "Pregunta algo."),
    "The first text after a low rating is the comment.": (
        "O primeiro texto depois de uma nota baixa é o comentário.",
        "El primer texto después de una nota baja es el comentario.",
    ),
    "Whether it had gone out before was not known yet.": (
        "Ainda não se sabia se já tinha saído.",
        "Aún no se sabía si ya había salido.",
    ),
    "It may have gone out, and could not be looked up: look at the phone before you send it again.": (
        "Pode ter saído, e não foi possível conferir: olhe no celular antes de enviar de novo.",
        "Puede haber salido, y no se pudo comprobar: mira el teléfono antes de enviarlo de nuevo.",
    ),
}
"""What decisions say of themselves, word for word; those with something filled in are quoted as they were."""

TIMELINE: Catalogue = {**SAID, **NAMED, **DECIDED}
