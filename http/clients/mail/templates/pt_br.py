"""Brazilian Portuguese."""

from __future__ import annotations

from plixa.http.clients.mail.templates.words import Catalogue, Letter, Unit, Words

WORDS = Words(
    greeting="Olá,",
    greeting_by_name="Olá, {name},",
    button_fallback="Se o botão não funcionar, abra este endereço:",
    footer="Plixa, atendimento ao cliente no WhatsApp. Este e-mail foi enviado automaticamente.",
    settings="Alterar ou parar este resumo",
    months=(
        "janeiro", "fevereiro", "março", "abril", "maio", "junho",
        "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
    ),
    first_day="1º",
    moment="{day} de {month} de {year}, {time} ({zone})",
    date="{day} de {month} de {year}",
    thousands=".",
    decimal=",",
    minute=Unit("minuto", "minutos"),
    hour=Unit("hora", "horas"),
    day=Unit("dia", "dias"),
    periods={"daily": "Resumo diário", "weekly": "Resumo semanal", "monthly": "Resumo mensal"},
    opened="Conversas abertas",
    resolved="Conversas resolvidas",
    messages_in="Mensagens recebidas",
    messages_out="Mensagens enviadas",
    first_response="Primeira resposta (mediana)",
    sla_breaches="Violações de SLA",
    csat="Satisfação dos clientes",
    csat_value="{average} de 5 ({answers})",
    csat_answers=Unit("{count} avaliação", "{count} avaliações"),
    busiest="Membros mais ativos",
    replies=Unit("{count} resposta", "{count} respostas"),
)  # fmt: skip

LETTERS = {
    "invitation": Letter(
        subject="{inviter} convidou você para {company}",
        preview="Entre para a equipe no Plixa.",
        title="Entre para {company}",
        lines=("<b>{inviter}</b> convidou você para atender os clientes de <b>{company}</b> no WhatsApp com o Plixa.",),
        button="Aceitar o convite",
        after=(
            "O convite é válido até {expires_at}.",
            "Se você não esperava este convite, ignore este e-mail. Nada acontece sem a sua aceitação.",
        ),
    ),
    "password_reset": Letter(
        subject="Redefina sua senha",
        preview="O link é válido por {minutes}.",
        title="Redefina sua senha",
        lines=("Recebemos um pedido de nova senha para sua conta no Plixa. Se foi você, escolha uma agora.",),
        button="Escolher uma nova senha",
        after=(
            "O link funciona uma única vez e é válido por {minutes}.",
            "Se não foi você, ignore este e-mail. Sua senha continua a mesma.",
        ),
    ),
    "email_verification": Letter(
        subject="Confirme seu endereço de e-mail",
        preview="É só um clique.",
        title="Confirme seu endereço de e-mail",
        lines=("Confirme que este endereço é seu, para que possamos falar com você sobre sua conta no Plixa.",),
        button="Confirmar este endereço",
        after=("Se você não se cadastrou no Plixa, ignore este e-mail.",),
    ),
    "email_changed": Letter(
        subject="Seu endereço de e-mail foi alterado",
        preview="Sua conta agora entra com outro endereço.",
        title="Seu endereço de e-mail foi alterado",
        lines=(
            "O endereço de e-mail da sua conta no Plixa foi alterado para <b>{new_email}</b> em {at}. "
            "A partir de agora, é com ele que você entra.",
            "Se foi você, não é preciso fazer nada. Se não foi, proteja sua conta agora mesmo.",
        ),
        button="Não fui eu",
    ),
    "password_changed": Letter(
        subject="Sua senha foi alterada",
        preview="Se não foi você, aja agora.",
        title="Sua senha foi alterada",
        lines=(
            "A senha da sua conta no Plixa foi alterada em {at}.",
            "Se foi você, não é preciso fazer nada. Se não foi, proteja sua conta agora mesmo.",
        ),
        button="Não fui eu",
    ),
    "two_factor_enabled": Letter(
        subject="A verificação em duas etapas foi ativada",
        preview="Agora também é preciso um código para entrar.",
        title="A verificação em duas etapas foi ativada",
        lines=(
            "Ela foi ativada na sua conta no Plixa em {at}. "
            "Para entrar, agora são precisos a sua senha e um código do seu aplicativo autenticador.",
            "Guarde seus códigos de recuperação em lugar seguro. Você precisa deles se perder o celular.",
            "Se não foi você, proteja sua conta agora mesmo.",
        ),
        button="Rever minha segurança",
    ),
    "two_factor_disabled": Letter(
        subject="A verificação em duas etapas foi desativada",
        preview="Agora basta a senha para entrar.",
        title="A verificação em duas etapas foi desativada",
        lines=(
            "Ela foi desativada na sua conta no Plixa em {at}. Agora basta a sua senha para entrar.",
            "Se não foi você, proteja sua conta agora mesmo.",
        ),
        button="Rever minha segurança",
    ),
    "deletion_scheduled": Letter(
        subject="{company} será excluído em {date}",
        preview="Ainda dá tempo de cancelar.",
        title="Seu espaço de trabalho será excluído",
        lines=(
            "O espaço de trabalho <b>{company}</b> será excluído em <b>{date}</b>, com todas as conversas, contatos, "
            "arquivos e configurações. Depois disso, ninguém poderá recuperá-los.",
            "Se é o que você quer, não é preciso fazer nada. Até lá, você pode mudar de ideia.",
        ),
        button="Cancelar a exclusão",
    ),
    "deletion_cancelled": Letter(
        subject="{company} não será excluído",
        preview="Seu espaço de trabalho continua como está.",
        title="A exclusão foi cancelada",
        lines=("O espaço de trabalho <b>{company}</b> não será excluído. Tudo continua lá.",),
    ),
    "deletion_done": Letter(
        subject="{company} foi excluído",
        preview="Este é o nosso último e-mail sobre este espaço de trabalho.",
        title="Seu espaço de trabalho foi excluído",
        lines=(
            "O espaço de trabalho <b>{company}</b> foi excluído, com todas as conversas, contatos, arquivos e "
            "configurações.",
            "Este é o nosso último e-mail sobre ele. Obrigado por ter trabalhado com o Plixa.",
        ),
    ),
    "daily_digest": Letter(
        subject="{company}: {period}, {range}",
        preview="{opened} abertas, {resolved} resolvidas",
        title="{period}",
        lines=("Os números de <b>{company}</b>: {range}.",),
        button="Abrir o Plixa",
    ),
    "trial_ending": Letter(
        subject="Seu período de teste termina em {ends_at}",
        preview="Escolha um plano para que tudo continue funcionando.",
        title="Seu período de teste está terminando",
        lines=(
            "O período de teste de <b>{company}</b> termina em <b>{ends_at}</b>. Depois disso, valem os limites do "
            "plano Starter: as respostas de IA, os disparos em massa e a API param até você escolher um plano.",
            "Nada é excluído. Suas conversas e seus contatos continuam onde estão.",
        ),
        button="Escolher um plano",
    ),
    "ticket_reply": Letter(
        subject="Há uma resposta para o chamado {ticket}",
        preview="Nossa equipe de suporte respondeu.",
        title="O chamado {ticket} tem uma resposta",
        lines=("Nossa equipe de suporte respondeu ao seu chamado <b>{ticket}</b>.",),
        button="Ler a resposta",
        after=("Responda por lá: ninguém lê o que é enviado para este endereço.",),
    ),
    "ticket_reply_by_mail": Letter(
        subject="Há uma resposta para o chamado {ticket}",
        preview="Nossa equipe de suporte respondeu.",
        title="O chamado {ticket} tem uma resposta",
        lines=("Nossa equipe de suporte respondeu ao seu chamado <b>{ticket}</b>.",),
        button="Ler a resposta",
        after=("Você também pode responder a este e-mail: o que escrever acima da citação entra no chamado.",),
    ),
    "licence_ending": Letter(
        subject="Seu plano em {company} termina em {ends_at}",
        preview="Depois disso vale a sua assinatura.",
        title="Seu plano concedido está terminando",
        lines=(
            "O plano que a Plixa concedeu a <b>{company}</b> termina em <b>{ends_at}</b>. Depois disso vale "
            "a sua assinatura, ou então os limites do plano Starter.",
            "Nada é apagado. Suas conversas e contatos continuam onde estão.",
        ),
        button="Ver os planos",
    ),
    "over_limits": Letter(
        subject="{company} usa mais do que o plano inclui",
        preview="Nada é apagado; nada novo pode ser adicionado.",
        title="Seu plano inclui menos do que você usa",
        lines=(
            "O plano de <b>{company}</b> mudou. Números de WhatsApp: <b>{numbers}</b>. Vagas: "
            "<b>{seats}</b> (em uso / incluídos).",
            "Tudo o que existe continua funcionando. Novos números e membros entram quando houver espaço.",
        ),
        button="Ver plano e uso",
    ),
    "payment_failed": Letter(
        subject="Um pagamento de {company} não foi aprovado",
        preview="Seu plano continua por enquanto. Verifique o cartão.",
        title="Um pagamento não foi aprovado",
        lines=(
            "O último pagamento do plano de <b>{company}</b> foi recusado. Tentaremos de novo nos próximos "
            "dias, e seu plano continua enquanto isso.",
            "Verifique o cartão para que nada pare.",
        ),
        button="Verificar o pagamento",
    ),
    "webhook_gone": Letter(
        subject="O seu webhook em {host} foi desligado",
        preview="Ele respondeu que não existe mais.",
        title="Um webhook foi desligado",
        lines=(
            "O servidor em <b>{host}</b> respondeu 410 à última entrega: não quer receber mais nada. "
            "Nada mais é enviado a ele.",
        ),
        button="Abrir os webhooks",
        after=("Quando ele voltar, ligue-o de novo. O que ele perdeu pode ser reenviado na mesma página.",),
    ),
    "webhook_failing": Letter(
        subject="O seu webhook em {host} foi desligado",
        preview="Nada pôde ser entregue durante cinco dias.",
        title="Um webhook foi desligado",
        lines=("Durante cinco dias, nada do que enviamos a <b>{host}</b> foi aceito. Nada mais é enviado a ele.",),
        button="Abrir os webhooks",
        after=("Quando ele funcionar, ligue-o de novo. O que ele perdeu pode ser reenviado na mesma página.",),
    ),
}

CATALOGUE = Catalogue("pt-BR", WORDS, LETTERS)
