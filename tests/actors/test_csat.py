"""The satisfaction survey, and what customers answer to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from plixa.actors.ai.text import fold
from plixa.actors.conversation import csat
from plixa.actors.conversation.configs.csat import CsatConfig
from plixa.actors.conversation.csat import Asked, Taken, ask, expires_at, take, understand_rating, wording
from plixa.actors.conversation.rating import ARTICLES, BESIDE, NUMBERS, SPELT, VERDICTS, read

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

RATINGS = [
    ("gostei", 4), ("Gostei muito!", 5), ("não gostei", 2), ("me gustó mucho", 5), ("no me gustó", 2),
    # digits
    ("5", 5), ("1", 1), (" 3 ", 3), ("4.", 4), ("4!", 4), ("nota 5", 5), ("Nota: 4", 4), ("minha nota é 2", 2),
    ("eu dou 5", 5), ("dou nota 4", 4), ("I give it a 4", 4), ("my rating is 3", 3), ("le doy un 5", 5),
    ("4/5", 4), ("5 / 5", 5), ("4 de 5", 4), ("3 out of 5", 3), ("nota 4 de 5", 4), ("cuatro de cinco", 4),
    ("5 estrelas", 5), ("1 estrela", 1), ("4 stars!", 4), ("2 estrellas", 2), ("5 obrigado", 5),
    ("5, muito obrigada!", 5), ("4 thank you so much", 4), ("5 👍", 5), ("3 🙁", 3), ("5 5 5", 5),
    ("5, cinco estrelas", 5), ("5 ótimo", 5),
    # other spellings of digits
    ("5️⃣", 5), ("1️⃣", 1), ("５", 5), ("④", 4), ("٣", 3),
    # stars
    ("⭐", 1), ("⭐⭐⭐⭐", 4), ("⭐️⭐️⭐️⭐️⭐️", 5), ("★★★", 3), ("★★★☆☆", 3), ("☆☆", 2), ("⭐ ⭐ ⭐", 3),
    ("🌟🌟🌟🌟🌟", 5), ("5 ⭐", 5), ("5 ⭐⭐⭐⭐⭐", 5), ("⭐⭐⭐⭐⭐ excelente", 5),
    # words
    ("cinco", 5), ("Quatro", 4), ("três", 3), ("tres", 3), ("dois", 2), ("um", 1), ("uma estrela", 1),
    ("one star", 1), ("FOUR", 4), ("five stars", 5), ("cuatro", 4), ("dos estrellas", 2), ("nota cinco", 5),
    # verdicts
    ("Ótimo", 5), ("otimo!!!", 5), ("excelente atendimento, obrigado", 5), ("great", 5),
    ("Excellent service", 5), ("the service was great", 5), ("perfeito", 5), ("bom", 4), ("good", 4),
    ("bueno", 4), ("um bom atendimento", 4), ("bom, muito obrigado", 4), ("muito bom", 5),
    ("very good, thanks", 5), ("muy bien", 5), ("regular", 3), ("mais ou menos", 3),
    ("más o menos", 3), ("so so", 3), ("ruim", 2), ("bad", 2), ("malo", 2), ("não gostei", 2),
    ("mal servicio", 2), ("muito ruim", 1), ("very bad", 1), ("péssimo", 1), ("o atendimento foi péssimo", 1),
    ("terrible", 1), ("pésimo", 1), ("um ótimo atendimento", 5), ("5 bom", 5),
    ("excelente atendimento, parabéns", 5), ("adorei", 5), ("5 ok", 5),
    # a figure and a remark
    ("5. Tudo certo", 5), ("4 estrelas, demorou um pouco", 4), ("Nota 3 - demorou", 3), ("2\nfui mal recebido", 2),
    ("cinco! gente fina", 5), ("4/5, gostei da Maria", 4), ("5,Tudo certo", 5), ("５．Tudo certo", 5),
    ("4 (demorou um pouco)", 4), ("4 porque demorou", 4), ("2 pq fui mal recebido", 2), ("3 because it took long", 3),
    # how it was, as a sentence
    ("foi tudo ótimo", 5), ("tudo perfeito!", 5), ("todo excelente", 5), ("everything was great", 5),
    ("satisfeita", 4), ("muito satisfeito", 5), ("insatisfeito", 2), ("very satisfied", 5), ("muy satisfecho", 5),
    ("não gostei do atendimento", 2), ("ótimo atendimento, obrigada pela atenção", 5),
]  # fmt: skip
OTHER = [
    "não avaliar, quero um boleto", "sem pão", "não quero",
    "preciso de 2 pães", "quero marcar às 4", "my order 5 did not arrive", "às 4", "as 4 da tarde", "para 2",
    "at 5", "5 unidades", "4h", "5pm", "4 pm", "5:30 pode ser", "R$ 5", "$5", "5%", "#5", "5?", "bom?",
    "¿bueno?", "1234", "11999990000", "bom dia", "boa tarde", "Boa noite", "good morning", "buenos días",
    "tudo bem", "oi", "oi, tudo bom", "olá", "hola", "não foi bom", "not great", "no", "não", "4 ou 5", "2/3",
    "4/10", "mesa para 4", "quero 3", "pedido 4", "one more thing", "um momento", "uma pizza", "dois cafés",
    "top 10 produtos", "atendimento", "support", "service", "great, another thing", "ótimo, e o meu pedido",
    "agora não consigo pagar", "no service now", "", "   ",
    "o atendimento foi bom mas o pedido que eu fiz ontem até agora não chegou e quero saber quando chega",
    "5 " * 13, "bom " * 40, "5. quero marcar outra", "2, mas preciso do boleto", "1. Bolo\n2. Pão", "4, pode ser?",
    "2, às 15", "um, dois bolos", "bom, e o entregador",
    "4,5kg", "4.pode ser", "5:30", "nota fiscal", "2 (pães)?", "4 porque quero remarcar", "tudo",
]  # fmt: skip
UNCLEAR = [
    "10", "nota 10", "0", "6", "4.5", "4,5", "4 5", "⭐⭐⭐⭐⭐⭐", "3 ⭐⭐⭐⭐⭐", "obrigado", "Obrigada!",
    "ok obrigado", "thanks", "thank you very much", "muchas gracias", "👍", "😀🙏", "...", "bom ruim", "valeu",
    "-1", "nota -1", "\u22122", "ok", "Ok 👍", "okay", "dez", "zero", "Nota dez! Parabéns", "10. Tudo certo",
    "ten", "diez", "parabéns", "nota mil", "nota máxima", "minha nota", "muito obrigado pelo atendimento",
    "parabéns pelo atendimento", "thanks for the service", "gracias por la atención",
]  # fmt: skip
DECLINED = [
    "não, obrigado", "no thanks", "No, thank you!", "no gracias", "agora não", "not now", "não quero avaliar",
    "Prefiro não responder.", "sem nota", "no quiero calificar", "I don't want to rate",
]  # fmt: skip


def survey(**more: Any) -> Asked:
    return msgspec.structs.replace(ask(NOON, 3), **more)


def taken(asked: Asked, text: str | None, after: timedelta = MINUTE, *, follow_up: bool = True) -> Taken:
    return take(asked, text, NOON + after, follow_up=follow_up)


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.spec(106)
@pytest.mark.parametrize(("text", "rating"), RATINGS)
def test_a_rating_is_understood(text: str, rating: int) -> None:
    assert understand_rating(text) == rating


@pytest.mark.parametrize("text", OTHER)
def test_a_new_request_is_no_rating(text: str) -> None:
    assert read(text) is None
    assert understand_rating(text) is None


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_about_the_survey_but_no_rating_is_unclear(text: str) -> None:
    assert read(text) == "unclear"
    assert understand_rating(text) is None


@pytest.mark.parametrize("text", DECLINED)
def test_no_thanks_declines(text: str) -> None:
    assert read(text) == "declined"


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert read(text) in (1, 2, 3, 4, 5, "unclear", "declined", None)


KNOWN = sorted({*BESIDE, *VERDICTS, *NUMBERS, "4", "de", "/"})


@given(
    st.lists(st.sampled_from(KNOWN), max_size=8),
    st.sampled_from(["pedido", "quero", "às", "horas", "boleto"]),
    st.data(),
)
def test_one_unknown_word_makes_it_a_request(around: list[str], word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(around)))
    assert read(" ".join([*around[:place], word, *around[place:]])) is None


def test_every_word_is_written_as_it_is_looked_up() -> None:
    for word in (*KNOWN, *SPELT, *SPELT.values()):
        assert fold(word) == word
    assert ARTICLES.issubset(NUMBERS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4 estrelas, Demorou!", "Demorou!"), ("5", None), ("5, obrigado", None),
        ("5,Tudo Certo", "Tudo Certo"), ("4 (Demorou)", "Demorou"), ("4 PORQUE Demorou", "Demorou"),
    ],
)  # fmt: skip
def test_a_remark_beside_a_rating_is_its_comment(text: str, said: str | None) -> None:
    rated = taken(survey(), text)
    assert (rated.kind, rated.reply, rated.state.stage) == ("rated", "thank_you", "done")
    assert rated.state.comment == said


def test_a_sticker_is_asked_again_and_the_number_behind_it_is_taken() -> None:
    again = taken(survey(), "")
    assert (again.kind, again.reply) == ("asked_again", "question_again")
    assert taken(again.state, "5").state.rating == 5


def test_a_low_rating_that_says_why_is_not_asked_why() -> None:
    rated = taken(survey(), "2. Demorou demais")
    assert (rated.state.rating, rated.state.comment, rated.reply) == (2, "Demorou demais", "thank_you")


# -- the survey --------------------------------------------------------------------------------------------------------


@pytest.mark.spec(106)
@pytest.mark.spec(107)
@pytest.mark.parametrize("rating", [1, 2, 3])
def test_a_low_score_is_asked_for_a_comment_and_thanked_for_it(rating: int) -> None:
    rated = taken(survey(), str(rating))
    assert (rated.kind, rated.reply) == ("rated", "follow_up")
    assert (rated.state.stage, rated.state.rating, rated.state.episode) == ("comment", rating, 3)
    commented = taken(rated.state, " Demorou demais. ", 2 * MINUTE)
    assert (commented.kind, commented.reply) == ("commented", "thank_you")
    assert (commented.state.stage, commented.state.rating, commented.state.comment) == (
        "done",
        rating,
        "Demorou demais.",
    )


@pytest.mark.spec(107)
@pytest.mark.parametrize(("rating", "follow_up"), [(4, True), (5, True), (1, False), (3, False)])
def test_a_high_score_or_a_house_that_does_not_ask_ends_it(rating: int, follow_up: bool) -> None:
    rated = taken(survey(), str(rating), follow_up=follow_up)
    assert (rated.kind, rated.reply) == ("rated", "thank_you")
    assert (rated.state.stage, rated.state.rating) == ("done", rating)


def test_a_request_is_a_new_conversation_and_ends_the_survey() -> None:
    request = taken(survey(), "preciso de 2 pães")
    assert (request.kind, request.reply, request.state.stage) == ("not_ours", None, "done")
    assert taken(request.state, "5", 2 * MINUTE).kind == "not_ours"


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_unclear_is_asked_again_but_once(text: str) -> None:
    again = taken(survey(), text)
    assert (again.kind, again.reply, again.state.stage) == ("asked_again", "question_again", "rating")
    assert taken(again.state, "5").kind == "rated"
    assert taken(again.state, text).kind == "not_ours"


def test_who_would_rather_not_is_left_in_peace() -> None:
    declined = taken(survey(), "não, obrigado")
    assert (declined.kind, declined.reply, declined.state.stage) == ("declined", None, "done")


def test_what_is_no_text_is_a_new_conversation() -> None:
    assert taken(survey(), None).kind == "not_ours"
    assert taken(survey(stage="comment", rating=1, rated_at=NOON), None).kind == "not_ours"


def test_a_rating_is_waited_for_a_day() -> None:
    assert expires_at(survey()) == NOON + 24 * HOUR
    assert taken(survey(), "5", 24 * HOUR - MINUTE).kind == "rated"
    late = taken(survey(), "5", 24 * HOUR)
    assert (late.kind, late.state.stage, late.state.rating) == ("not_ours", "done", None)


def test_a_comment_is_waited_for_half_an_hour_and_the_rating_stays() -> None:
    rated = taken(survey(), "2", 5 * HOUR).state
    assert expires_at(rated) == NOON + 5 * HOUR + 30 * MINUTE
    assert taken(rated, "foi lento", 5 * HOUR + 29 * MINUTE).kind == "commented"
    late = taken(rated, "foi lento", 5 * HOUR + 30 * MINUTE)
    assert (late.kind, late.state.stage, late.state.rating, late.state.comment) == ("not_ours", "done", 2, None)
    assert expires_at(late.state) is None


@pytest.mark.parametrize("text", ["ruim", "péssimo atendimento", "preciso de mais atenção", "👎", "não", "a" * 400])
def test_any_text_after_a_low_score_is_the_comment(text: str) -> None:
    commented = taken(survey(stage="comment", rating=2, rated_at=NOON), text)
    assert (commented.kind, commented.state.comment) == ("commented", text)


@pytest.mark.parametrize("text", ["vocês abrem amanhã?", "？", "  "])
def test_a_question_after_a_low_score_is_a_new_conversation(text: str) -> None:
    asked = taken(survey(stage="comment", rating=2, rated_at=NOON), text)
    assert (asked.kind, asked.state.rating, asked.state.comment) == ("not_ours", 2, None)


@pytest.mark.parametrize("sign", ["❺", "➎", "⓹", "²", "５", "٥", "५", "𝟝", "㊄", "①"])
def test_no_sign_that_looks_like_a_figure_breaks_the_survey(sign: str) -> None:
    for text in (sign, f"nota {sign}", f"{sign}/5", f"4 de {sign}", sign * 3):
        read(text)


@pytest.mark.parametrize("figure", ["5", "５", "٥", "५", "𝟝"])
def test_a_figure_of_any_script_is_one(figure: str) -> None:
    assert understand_rating(figure) == 5


def test_another_number_corrects_the_rating() -> None:
    low = survey(stage="comment", rating=2, rated_at=NOON)
    better = taken(low, "5")
    assert (better.kind, better.reply, better.state.stage, better.state.rating) == ("rated", "thank_you", "done", 5)
    worse = taken(low, "1️⃣")
    assert (worse.kind, worse.reply, worse.state.stage, worse.state.rating) == ("rated", None, "comment", 1)


def test_a_comment_is_kept_within_bounds() -> None:
    commented = taken(survey(stage="comment", rating=2, rated_at=NOON), "a" * 5000)
    assert commented.state.comment == "a" * csat.MOST_COMMENT


def test_no_reason_quotes_the_customer() -> None:
    for text in ("meu cpf é 123", "10", "1"):
        assert text not in taken(survey(), text).why.replace("Rated 1", "").replace("from 1 to 5", "")


ANSWERS = st.lists(
    st.tuples(st.none() | st.sampled_from([*"0123456789", "oi?", "lento", "👍", "no thanks"]), st.integers(0, 900))
)


@given(ANSWERS, st.booleans())
def test_a_survey_only_goes_forward(answers: list[tuple[str | None, int]], follow_up: bool) -> None:
    stages, state, at = ("rating", "comment", "done"), ask(NOON), NOON
    for text, minutes in answers:
        at += minutes * MINUTE
        after = take(state, text, at, follow_up=follow_up)
        assert stages.index(after.state.stage) >= stages.index(state.stage)
        assert (after.state.asked_at, after.state.episode) == (state.asked_at, state.episode)
        assert state.rating is None or after.state.rating is not None
        assert after.state.comment is None or (after.state.rating or 9) <= csat.LOW
        assert after.kind != "not_ours" or after.reply is None
        assert state.stage != "done" or after == Taken("not_ours", state, "The survey is over.")
        state = after.state


# -- texts -------------------------------------------------------------------------------------------------------------


@pytest.mark.spec(109)
def test_the_house_has_its_own_words() -> None:
    own = CsatConfig(question="Nota?", follow_up_question="Por quê?", thank_you="Valeu!")
    keys: tuple[csat.TextKey, ...] = ("question", "follow_up", "thank_you")
    assert [wording(own, key, "en") for key in keys] == ["Nota?", "Por quê?", "Valeu!"]


@pytest.mark.spec(109)
def test_an_empty_closing_message_is_none_and_an_empty_question_is_the_default() -> None:
    own = CsatConfig(question=" ", thank_you="")
    assert wording(own, "thank_you", "en") is None
    assert wording(own, "question", "en") == csat.TEXTS["en"]["question"]


@pytest.mark.parametrize(
    ("locale", "as_"), [("en", "en"), ("pt-BR", "pt-BR"), ("pt", "pt-BR"), ("es", "es"), ("fr", "en")]
)
def test_every_locale_has_its_words(locale: str, as_: str) -> None:
    for key, text in csat.TEXTS[as_].items():
        assert wording(CsatConfig(), key, locale) == text
    assert csat.TEXTS[as_].keys() == csat.TEXTS["en"].keys()


@pytest.mark.parametrize("codec", [msgspec.json, msgspec.msgpack])
def test_surveys_can_be_stored(codec: Any) -> None:
    for outcome in (taken(survey(), "2"), taken(survey(), "10"), taken(survey(), "oi")):
        assert codec.decode(codec.encode(outcome), type=Taken) == outcome
