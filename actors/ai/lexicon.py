"""The words that the checks and the embedded answerer know, in English, Portuguese and Spanish, folded (see `text`).

A pattern ending in `*` stands for all words that begin with it. One concept's words count as one word when a question
is compared with an FAQ, across the languages; a claim's words may be used in an answer only if the business uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

_NEUTRAL = """
    take takes accept accepts offer offers method methods store shop need want get got does doing please tell
    aceita aceitam aceitar forma formas meio meios loja lojas oferecem preciso precisa
    passa passam passar manda mandar informa pasas pasa pasar dar dime send give know find
    acepta aceptan formas medio medios tienda tiendas local necesito ofrecen atencion atendimento atendem atienden
    """
"""They stand in questions about anything; and `atendimento` belongs to the hours as much as to the people."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP = _set(
    """
    a an and any are as at be been but by can could did do does for from had has have he her him his how i if in into is
    it its just like me my of on or our please she so some than that the their them then there these they this to too
    up us was we were what when which who will with would you your yours am let id im

    ao aos as ate com como da das de dela dele deles depois do dos e ela elas ele eles em entre era essa esse esta
    estao estou eu foi for ha isso isto ja la lhe mais mas me mesmo meu meus minha minhas muito na nas nem no nos nossa
    nosso num numa o os ou para pela pelas pelo pelos por pra pro qual quais quando que quem se sem ser seu seus so sao
    sobre sou sua suas tambem te tem tenho ter teu tua um uma umas uns vai vc vcs voce voces vou gostaria queria quero
    posso pode podem saber favor fazer faz fazem existe sera temos tens

    al algo algun alguna cual cuales cuando del desde donde el ella ellos en eres es eso esta estas este esto estos
    fue ha hay hasta hola la las le les lo los mas mi mis muy nada nos nosotros nuestra nuestro otra otro pero porque
    puedo puede pueden que quien quiero quisiera se si sin sobre son soy su sus tambien te tengo ti tiene tienen tu tus
    un una uno unos usted ustedes y ya yo hacer hacen
    """
    + _NEUTRAL
)

COURTESY = _set(
    """
    hello hi hey good morning afternoon evening thanks thank welcome ok okay yes no

    oi ola bom boa dia tarde noite obrigado obrigada obg valeu sim nao tudo bem beleza blz

    hola buenos buenas dias tardes noches gracias vale
    """
)
"""Words that only greet, thank or agree."""

TO_BOOK = _set(
    """
    book booking appointment reserve reservation

    agendar agendamento agende marcar marque reservar reserve

    cita turno agendarme reservarme
    """
)
"""Words with which people ask for an appointment."""

TO_CHANGE = _set(
    """
    reschedule rebook postpone

    remarcar remarque reagendar desmarcar desmarque adiar

    reprogramar aplazar anular
    """
)
"""Words with which they ask to move or to cancel the one that they have."""

POLITE = (
    _set(
        """
        assist assistance assistant contact contacting happy glad help helping here let moment more need pleasure
        question questions sorry sure today understand wait writing reaching anything else tell great day nice kind
        regards

        ajuda ajudar ajudo alegria alguma algum aqui atende assistente certo claro contato desculpe disposicao duvida
        duvidas entendi entendo feliz hoje momento pergunta perguntas prazer precisa precisar qualquer coisa sempre
        estamos estou otimo otima semana imagina nada dizer

        alegra algo aqui asistente ayuda ayudar ayudarle ayudarte claro consulta contacto disculpa disculpe duda dudas
        encantado entiendo estamos gusto hoy momento necesita necesitas pregunta placer siempre dia feliz
        """
    )
    | COURTESY
    | STOP
)
"""Words with which one says nothing about the business."""

THANKS = _set("thanks thank thx obrigado obrigada obg valeu gracias")

_CONCEPTS = {
    "hours": "horario* hora horas abre abrem abrir abertura aberto aberta abertos abertas abren abierto abierta "
    "abiertos fecha fecham fechar fechado fechada cierra cierran cerrado cerrada cerrados funcionamento expediente "
    "open opens opening close closes closing closed hour hours",
    "price": "preco* valor valores custa custam custar custo custos quanto quantos cuanto cuesta* cuestan precio* "
    "price* pricing cost costs fee fees tarifa* taxa taxas cobra cobram cobran charge",
    "place": "endereco* onde fica ficam localiza* address* located location ubica* direccion* queda quedan mapa map "
    "where",
    "payment": "pagamento* pagar pago pagos payment* pay paying pix cartao cartoes card cards tarjeta* credito credit "
    "debito debit boleto parcela* installment* cuotas efectivo dinheiro cash transferencia",
    "delivery": "entrega* delivery deliver delivers envio* envia* frete shipping ship ships despacho* domicilio",
    "booking": "agenda* marcar marcacao reserva* reservar book booking appointment* cita citas turno turnos schedule",
    "cancelling": "cancel* desmarcar remarcar remarcacao reagendar reprogramar reschedul*",
    "returns": "devoluc* devolver devolv* troca trocar trocas reembols* refund* return returns exchange* cambio "
    "cambios cambiar estorno",
    "warranty": "garantia* warrant* guarantee*",
    "parking": "estaciona* parking park",
    "contact": "telefone* telefono* phone email mail celular",
    "discount": "desconto* descuento* discount* promoc* coupon* cupom cupon*",
    "service": "servico* servicio* service services",
    "jobs": "vaga vagas emprego empleo trabalhe trabalho trabajo job jobs curriculo curriculum hiring",
    "duration": "demora demoram demorar tarda tardan prazo prazos plazo plazos",
    "pets": "pet pets cachorro* perro* dog dogs mascota* animal animais animales gato gatos cat cats",
    "invoice": "fiscal factura* invoice* recibo receipt*",
    "kids": "crianca* infantil kid kids child children nino ninos nina ninas menores",
}

_PHRASES = {
    "quanto tempo": "duration",
    "cuanto tiempo": "duration",
    "how long": "duration",
    "how much": "price",
    "que horas": "hours",
    "que hora": "hours",
    "what time": "hours",
    "business days": "duration",
    "nota fiscal": "invoice",
    "horario de atendimento": "hours",
}

_SPECIFICS = {
    "card": "cartao cartoes card cards tarjeta tarjetas credito credit debito debit",
    "cash": "dinheiro cash efectivo",
    "pix": "pix",
    "boleto": "boleto boletos",
    "instalments": "parcela* installment* instalment* cuotas",
    "cheque": "cheque* check",
}

WEAKER = {"hours": frozenset({"booking", "cancelling", "duration"}), "place": frozenset({"parking", "kids", "pets"})}
"""A concept that is not meant where one of the others is: "desmarcar meu horário" does not ask for opening hours."""

_CLAIMS = {
    "something free": "free gratis gratuit* complimentary brinde brindes regalo regalos freebie",
    "a discount": "desconto* descuento* discount* promoc* coupon* cupom cupon* voucher*",
    "a refund": "reembols* refund* estorn*",
    "a guarantee": "garant* guarantee* warrant*",
}


def concept(word: str) -> str | None:
    """The concept of a folded word, if it is one of ours."""
    return _concepts(word)


def specific(word: str) -> str | None:
    """A thing that an FAQ must name, in question or answer, to be about it: cards are not cash."""
    return _specifics(word)


def claim(word: str) -> str | None:
    """What a folded word promises, if anything."""
    return _claims(word)


def phrases() -> Mapping[str, str]:
    """Two or three words that mean a concept only together."""
    return _PHRASES


def _finder(patterns: Mapping[str, str]) -> Callable[[str], str | None]:
    pairs = [(pattern, meaning) for meaning, listed in patterns.items() for pattern in listed.split()]
    whole = {pattern: meaning for pattern, meaning in pairs if not pattern.endswith("*")}
    beginnings = [(pattern[:-1], meaning) for pattern, meaning in pairs if pattern.endswith("*")]

    @lru_cache(maxsize=8192)
    def find(word: str) -> str | None:
        return whole.get(word) or next((meaning for start, meaning in beginnings if word.startswith(start)), None)

    return find


_concepts, _specifics, _claims = _finder(_CONCEPTS), _finder(_SPECIFICS), _finder(_CLAIMS)
