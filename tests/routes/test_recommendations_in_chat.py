"""What a lead is shown and told of courses, message by message, through the signed webhook."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select

import bot
from bot.extensions import db
from bot.models.catalogue import Course
from bot.models.messages import Message
from bot.services import leads
from bot.services.spanish import plain
from tests.support.webhook import MARIA, Webhook

CATALOGUE = json.loads(
    (Path(bot.__file__).parent / "data" / "demo_catalog.json").read_text("utf-8")
)["courses"]
ON_OFFER = {course["name"]: course for course in CATALOGUE if course["status"] != "archived"}
MARKETING = "Automatización con IA para Marketing"
LAWYERS = "IA para Abogados"
EXCEL = "Excel y Finanzas con IA"
PROMPTS = "Prompts Profesionales: Fundamentos"
DATA = "Análisis de Datos con IA"
ANDRES = "573001234567"


def courses_in(reply: str) -> list[str]:
    """The demo's courses that a reply names, in its order."""
    named = (course["name"] for course in CATALOGUE if course["name"] in reply)
    return sorted(named, key=reply.index)


def is_refusal(reply: str) -> bool:
    """Whether a reply says that the school does not teach something."""
    return bool(re.search(r"\bno (?:tenemos|encontr[eé]|hay|contamos|damos)\b", reply))


@pytest.fixture
def chat(webhook: Webhook) -> "Chat":
    """One lead's conversation; the wording of its replies is the same in every run."""
    return Chat(webhook)


class Chat:
    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook
        self._numbers = count(1)

    def say(self, *texts: str, user_id: str = MARIA) -> str:
        """Send some messages; the reply to the last."""
        replies = [
            self._webhook.say(text, user_id, MessageSid=f"SM{next(self._numbers):032x}")
            for text in texts
        ]
        return replies[-1]

    def ask(self, text: str, times: int) -> Iterator[str]:
        """The replies to one question, in several wordings."""
        return (self.say(text) for _ in range(times))


def turned_to(app: Flask) -> str | None:
    """The course that the log of messages has for the last reply."""
    newest = (
        select(Course.name)
        .select_from(Message)
        .outerjoin(Course, Course.id_course == Message.id_course)
        .where(Message.direction == "outbound")
        .order_by(Message.id.desc())
        .limit(1)
    )
    with app.app_context():
        return db.session.scalar(newest)


# What fits a lead


@pytest.mark.parametrize(
    ("told", "fitting", "reasons"),
    [
        (
            ["me interesa el marketing", "soy principiante", "mi presupuesto es de 300 dólares"],
            MARKETING,
            ["porque te interesa marketing", "entra en tu presupuesto"],
        ),
        (
            ["me interesa la programación", "mi nivel es avanzado", "prefiero clases en línea"],
            "Desarrollo de Software con Copilotos de IA",
            [
                "porque te interesa programación",
                "va con tu nivel (avanzado)",
                "es online, como prefieres",
            ],
        ),
        (
            ["soy contadora", "pierdo horas conciliando facturas en excel"],
            EXCEL,
            ["va con tu trabajo (contadora)"],
        ),
    ],
    ids=["interest and budget", "interest, level and modality", "trade and trouble"],
)
def test_who_told_what_she_needs_is_shown_what_fits_and_told_why(
    told: list[str], fitting: str, reasons: list[str], chat: Chat
) -> None:
    chat.say(*told)
    replies = list(chat.ask("¿qué cursos me recomiendas?", times=6))
    assert {courses_in(reply)[0] for reply in replies} == {fitting}
    said = "\n".join(replies)
    assert [reason for reason in reasons if reason not in said] == []
    assert f"*{fitting}*: " in said


def test_who_told_nothing_is_shown_the_next_to_begin(chat: Chat) -> None:
    today = datetime.now(UTC).date().isoformat()
    ahead = [course for course in ON_OFFER.values() if course["start_date"] >= today]
    if len(ahead) < 3:
        pytest.skip("the demo courses have begun")
    expected = [course["name"] for course in sorted(ahead, key=lambda each: each["start_date"])]
    assert courses_in(chat.say("¿qué cursos tienen?")) == expected[:3]


def test_what_others_ask_for_is_shown_before_what_nobody_does(app: Flask, chat: Chat) -> None:
    asked_for = "Ética y Gobernanza de la IA"
    with app.app_context():
        found = db.session.scalar(select(Course.id_course).where(Course.name == asked_for))
        talk = {"direction": "outbound", "kind": "text", "body": "Claro", "id_course": found}
        db.session.execute(insert(Message), [talk | {"user_id": f"5200{n}"} for n in range(99)])
        db.session.commit()
    question = "¿qué cursos me recomiendas?"
    replies = [chat.say(question, user_id=f"52155000000{n:02}") for n in range(6)]
    assert courses_in(replies[0])[0] == asked_for
    assert any("es de los que más nos piden" in reply for reply in replies)


def test_the_team_is_given_a_leads_own_reasons(app: Flask, chat: Chat) -> None:
    chat.say("soy abogada y pierdo horas revisando contratos")
    with app.app_context():
        first = leads.recommend_courses(user_id=MARIA)[0]
    assert first.course.name == LAWYERS
    assert "va con tu trabajo (abogada)" in first.reasons
    assert all("te interesa" not in reason for reason in first.reasons)


def test_the_team_is_not_recommended_what_the_lead_refused(app: Flask, chat: Chat) -> None:
    chat.say("me interesa el marketing", "no creo que me sirva")
    with app.app_context():
        found = leads.recommend_courses(user_id=MARIA)
    assert found
    assert all(item.course.name != MARKETING for item in found)


# Others


@pytest.mark.parametrize(
    "question",
    [
        "otros cursos",
        "¿qué más tienen?",
        "¿tienen otros cursos?",
        "¿qué otras opciones hay?",
        "enséñame más opciones",
        "kiero ver otros cursos",
    ],
)
def test_who_asks_for_others_is_shown_none_that_were_shown(question: str, chat: Chat) -> None:
    shown = courses_in(chat.say("¿qué cursos tienen?"))
    others = courses_in(chat.say(question))
    assert others
    assert set(others).isdisjoint(shown)


def test_who_asks_for_others_again_and_again_sees_the_whole_catalogue_once(chat: Chat) -> None:
    seen = courses_in(chat.say("¿qué cursos tienen?"))
    for _ in range(6):
        more = courses_in(chat.say("otros cursos"))
        assert more
        assert set(more).isdisjoint(seen)
        seen += more
    assert set(seen) <= set(ON_OFFER)


def test_when_every_course_was_shown_there_is_still_an_answer(chat: Chat) -> None:
    chat.say("¿qué cursos tienen?")
    for reply in chat.ask("otros cursos", times=10):
        assert reply
        assert set(courses_in(reply)) <= set(ON_OFFER)


def test_the_second_is_the_second_of_the_list_that_was_shown_last(app: Flask, chat: Chat) -> None:
    chat.say("¿qué cursos tienen?")
    second = courses_in(chat.say("otros cursos"))[1]
    assert courses_in(chat.say("¿cuánto cuesta el segundo?"))[0] == second
    assert turned_to(app) == second


def test_there_being_no_other_of_a_subject_does_not_mean_that_it_is_not_taught(chat: Chat) -> None:
    assert LAWYERS in chat.say("¿tienen cursos para abogados?")
    for reply in chat.ask("¿tienen otros cursos para abogados?", times=3):
        assert reply
        assert not re.search(r"no (?:tenemos|encontr[eé]) un curso (?:de|para) abogados", reply)


# What a lead did not want


@pytest.mark.parametrize("objection", ["no creo que me sirva", "ese no me sirve"])
def test_a_course_that_is_of_no_use_to_her_does_not_come_back_by_itself(
    objection: str, chat: Chat
) -> None:
    assert courses_in(chat.say("me interesa el marketing"))[0] == MARKETING
    chat.say(objection)
    for question in ("¿qué cursos tienen?", "¿qué me recomiendas?", "otros cursos", "hola"):
        assert MARKETING not in chat.say(question)


def test_what_fills_the_list_is_not_what_she_refused(chat: Chat) -> None:
    first = courses_in(chat.say("¿qué cursos tienen?"))[0]
    chat.say(f"cuéntame del curso {first}", "no creo que me sirva")
    chat.say("me interesa la música", "me interesan las redes sociales")
    for reply in chat.ask("¿qué cursos me recomiendas?", times=3):
        assert len(courses_in(reply)) == 3
        assert first not in reply


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("cursos de marketing", MARKETING),
        ("cuéntame del curso de marketing", MARKETING),
        ("¿de qué trata el curso de Automatización con IA para Marketing?", "8"),
        ("¿cuánto cuesta el curso de marketing?", "$299 USD"),
    ],
)
def test_a_refused_course_is_found_when_it_is_named(
    question: str, answer: str, app: Flask, chat: Chat
) -> None:
    chat.say("me interesa el marketing", "no creo que me sirva", "¿qué cursos tienen?")
    reply = chat.say(question)
    assert courses_in(reply)[0] == MARKETING
    assert answer in reply
    assert not is_refusal(reply)
    assert turned_to(app) == MARKETING


def test_what_one_lead_refused_another_is_still_shown(chat: Chat) -> None:
    chat.say("me interesa el marketing", "no creo que me sirva")
    assert MARKETING in chat.say("me interesa el marketing", user_id=ANDRES)


def test_an_objection_before_any_course_was_looked_at_hides_none(chat: Chat) -> None:
    before = courses_in(chat.say("¿qué cursos tienen?", user_id=ANDRES))
    chat.say("no creo que me sirva")
    assert courses_in(chat.say("¿qué cursos tienen?")) == before


# What is not taught


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("¿tienen un curso de buceo?", "buceo"),
        ("¿dan clases de cocina?", "cocina"),
        ("quiero aprender repostería", "reposteria"),
        ("busco un curso de manejo de drones", "drones"),
    ],
)
def test_what_the_school_does_not_teach_is_said_and_something_else_offered(
    question: str, subject: str, app: Flask, chat: Chat
) -> None:
    reply = chat.say(question)
    assert is_refusal(reply)
    assert subject in plain(reply)
    assert 1 <= len(courses_in(reply)) <= 3
    assert turned_to(app) is None


def test_the_price_of_what_is_not_taught_is_not_that_of_another_course(chat: Chat) -> None:
    chat.say("cuéntame del curso de marketing")
    for subject in ("power bi", "guitarra"):
        reply = chat.say(f"¿cuánto cuesta el curso de {subject}?")
        assert is_refusal(reply) or "$" not in reply


@pytest.mark.parametrize(
    ("question", "closest"),
    [
        ("¿tienen curso de power bi?", DATA),
        ("¿tienen un curso de deep learning?", "Machine Learning Aplicado"),
        ("¿dan clases de zapier?", "Automatización sin Código con Make y n8n"),
    ],
)
def test_what_is_offered_instead_is_the_closest(question: str, closest: str, chat: Chat) -> None:
    reply = chat.say(question)
    assert closest in courses_in(reply)


def test_who_is_known_is_offered_what_fits_her_instead(chat: Chat) -> None:
    reply = chat.say("soy abogada", "¿tienen un curso de buceo?")
    assert is_refusal(reply)
    assert courses_in(reply)[0] == LAWYERS


def test_an_interest_that_is_not_taught_is_no_reason_for_what_is_shown_later(
    app: Flask, chat: Chat
) -> None:
    chat.say("me interesa el buceo")
    for reply in chat.ask("¿qué cursos tienen?", times=4):
        assert "porque te interesa" not in reply
        assert turned_to(app) is None


# As people write


@pytest.mark.parametrize(
    ("text", "course"),
    [
        ("ola kiero un curzo de exel", EXCEL),
        ("oigan y tienen algo de pyton??", "Python desde Cero con Asistentes de IA"),
        ("kiero aprender a aser videos", "Video y Animación con IA"),
        ("info curso automatisacion", "Automatización"),
        ("tenes algo d recursos umanos?", "IA para Recursos Humanos"),
        ("CURSO PA AVOGADOS", LAWYERS),
        ("me interesa el marqetin 🙏🙏", MARKETING),
        (
            "buenas tardes disculpe la molestia, una pregunta, ¿de casualidad tendrán algún "
            "cursito de chatbots para atender clientes? mil gracias 🙏",
            "Atención al Cliente con Chatbots e IA",
        ),
    ],
)
def test_a_course_is_found_however_people_write(text: str, course: str, chat: Chat) -> None:
    reply = chat.say(text)
    assert courses_in(reply)[0].startswith(course)
    assert not is_refusal(reply)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("cursos para principiantes", "level", "principiante"),
        ("¿tienen cursos avanzados?", "level", "avanzado"),
        ("algo de nivel intermedio", "level", "intermedio"),
        ("cursos desde cero", "level", "principiante"),
        ("¿tienen cursos presenciales?", "modality", "presencial"),
        ("cursos híbridos", "modality", "híbrido"),
    ],
)
def test_a_level_or_modality_in_the_message_is_what_all_of_them_have(
    text: str, field: str, value: str, chat: Chat
) -> None:
    shown = courses_in(chat.say(text))
    assert shown
    assert {ON_OFFER[name][field] for name in shown} == {value}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (
            "¿tienen algo avanzado de programación?",
            "Desarrollo de Software con Copilotos de IA",
        ),
        (
            "quiero un curso de programación para principiantes",
            "Python desde Cero con Asistentes de IA",
        ),
        ("busco un curso de diseño que sea presencial", "Diseño Gráfico con IA Generativa"),
    ],
)
def test_a_level_or_modality_beside_a_subject_decides_what_comes_first(
    text: str, first: str, chat: Chat
) -> None:
    assert courses_in(chat.say(text))[0] == first


# Which course the conversation turns to


def test_the_log_has_the_course_that_a_reply_turns_to(app: Flask, chat: Chat) -> None:
    for text, course in (
        ("hola", None),
        ("¿qué cursos tienen?", None),
        ("muéstrame opciones de ventas o de marketing", MARKETING),
        ("cuánto cuesta el segundo?", "Ventas con IA: Prospección y Cierre"),
        ("¿y cuántas sesiones tiene?", "Ventas con IA: Prospección y Cierre"),
        ("me quiero inscribir en el de excel", EXCEL),
        ("muchas gracias", None),
    ):
        chat.say(text)
        assert (text, turned_to(app)) == (text, course)


def test_only_replies_carry_a_course(app: Flask, chat: Chat) -> None:
    chat.say("cursos de marketing")
    with app.app_context():
        inbound = select(Message.id_course).where(Message.direction == "inbound")
        assert list(db.session.scalars(inbound)) == [None]


@pytest.mark.parametrize(
    "fact",
    [
        "mi presupuesto es de 300 dólares",
        "tengo un presupuesto de 300 dólares",
        "prefiero clases en línea",
    ],
)
def test_what_she_says_of_herself_does_not_turn_to_another_course(fact: str, chat: Chat) -> None:
    chat.say("me interesa el marketing")
    assert courses_in(chat.say(fact))[0] == MARKETING
    assert "$299 USD" in chat.say("¿cuánto cuesta?")
