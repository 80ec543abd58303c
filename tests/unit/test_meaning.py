"""What "sí", "2", "el otro" and whole messages mean where a conversation stands."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models.context import COURSE_LASTS, LIST_LASTS, QUESTION_LASTS, Context, Mention, Question
from bot.models.understanding import Facts, Guess, Intent, Reading
from bot.services.intents import classify
from bot.services.meaning import UNSURE, Meaning, meaning_of
from bot.services.references import LAST, Reference
from tests.support.apps import AppMaker

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
SALES = Mention("c0ffee00-0000-4000-8000-000000000001", "Ventas con IA: Prospección y Cierre")
EXCEL = Mention("c0ffee00-0000-4000-8000-000000000002", "Excel y Finanzas con IA")
MARKETING = Mention("c0ffee00-0000-4000-8000-000000000003", "Automatización con IA para Marketing")
SHOWN = (SALES, EXCEL, MARKETING)

NEW = Context()
LIST = Context(
    at=NOW, asked=Question.CHOICE, shown=SHOWN, topic="cursos", intent=Intent.EXPLORATION
)
COURSE = Context(
    at=NOW,
    asked=Question.ENROL,
    shown=SHOWN,
    course=SALES,
    before=EXCEL,
    intent=Intent.COURSE_DETAILS,
)
PRICES = replace(COURSE, asked=None, intent=Intent.PRICE_INQUIRY)
CLARIFY = Context(
    at=NOW, asked=Question.CLARIFY, options=(Intent.PRICE_INQUIRY, Intent.CONTACT_REQUEST)
)
ERASE = Context(at=NOW, asked=Question.ERASE, intent=Intent.PRIVACY_REQUEST)
SESSION = Context(at=NOW, course=SALES, details=("session",), intent=Intent.COURSE_DETAILS)


@pytest.fixture(scope="module")
def app(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app with the demo catalogue, which tells what is the name of a course."""
    maker = AppMaker(tmp_path_factory.mktemp("meaning"))
    yield maker(DATABASE_URL=shared_url)
    maker.close()


@pytest.fixture(autouse=True)
def school(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def meant(text: str, context: Context = NEW, facts: Facts | None = None) -> Meaning:
    return meaning_of(text, classify(text), facts or Facts(), context)


def read_as(text: str, *guesses: tuple[Intent, float], context: Context = NEW) -> Meaning:
    """What ``text`` means when the classifier says just this of it."""
    reading = Reading(tuple(Guess(intent, confidence) for intent, confidence in guesses))
    return meaning_of(text, reading, Facts(), context)


# A number


@pytest.mark.parametrize("text", ["2", "el 2", "opción 2 por favor", "2.", "la 2"])
def test_a_number_chooses_from_the_list(text: str) -> None:
    meaning = meant(text, LIST)
    assert (meaning.intent, meaning.template) == (Intent.COURSE_DETAILS, "course_details")
    assert meaning.reference == Reference(place=2)


def test_a_number_goes_on_with_what_was_asked_of_courses() -> None:
    assert meant("2", PRICES).intent is Intent.PRICE_INQUIRY
    buying = replace(PRICES, intent=Intent.BUYING_SIGNALS)
    assert meant("2", buying).intent is Intent.BUYING_SIGNALS


@pytest.mark.parametrize("context", [NEW, LIST, COURSE])
def test_a_number_that_is_not_on_the_list_chooses_nothing(context: Context) -> None:
    assert meant("7", context).reference.place is None


@pytest.mark.parametrize(
    ("text", "intent"), [("1", Intent.PRICE_INQUIRY), ("2", Intent.CONTACT_REQUEST)]
)
def test_a_number_chooses_from_what_was_offered(text: str, intent: Intent) -> None:
    meaning = meant(text, replace(CLARIFY, shown=SHOWN))
    assert (meaning.intent, meaning.template) == (intent, intent.lower())
    assert meaning.reference == Reference()


def test_a_number_that_was_not_offered_chooses_nothing() -> None:
    assert meant("3", replace(CLARIFY, shown=SHOWN)).reference.place is None


# A yes and a no

AGREED = [
    (Question.DETAILS, Intent.COURSE_DETAILS, "course_details"),
    (Question.SYLLABUS, Intent.COURSE_DETAILS, "course_details"),
    (Question.ENROL, Intent.BUYING_SIGNALS, "buying_signals"),
    (Question.OPTIONS, Intent.EXPLORATION, "exploration"),
    (Question.CHEAPER, Intent.EXPLORATION, "exploration"),
    (Question.SHORTER, Intent.EXPLORATION, "exploration"),
    (Question.ADVISER, Intent.CONTACT_REQUEST, "contact_request"),
    (Question.NEED, Intent.COURTESY, "tell_me"),
    (Question.FACT, Intent.COURTESY, "tell_me"),
    (Question.CHOICE, Intent.COURSE_DETAILS, "which"),
    (Question.ERASE, Intent.PRIVACY_REQUEST, "erased"),
]


@pytest.mark.parametrize(("asked", "intent", "template"), AGREED)
@pytest.mark.parametrize("text", ["sí", "Sí!!", "dale", "órale pues", "sí po", "hágale", "vale"])
def test_a_yes_agrees_to_what_was_asked(
    text: str, asked: Question, intent: Intent, template: str
) -> None:
    meaning = meant(text, replace(COURSE, asked=asked))
    assert (meaning.intent, meaning.template) == (intent, template)
    assert meaning.confidence == 1
    assert not meaning.declines


@pytest.mark.parametrize("text", ["👍", "👍🏻", "👍🏽", "👍🏿👍🏿", "✅"])
def test_a_thumb_is_answered_as_a_yes_and_noted_as_what_it_is(text: str) -> None:
    meaning = meant(text, COURSE)
    assert (meaning.intent, meaning.template) == (Intent.BUYING_SIGNALS, "buying_signals")
    assert meaning.noted_as is Intent.COURTESY
    assert meaning.reference == Reference(is_same=True)


def test_a_yes_to_something_else_than_this_course_says_what() -> None:
    syllabus = meant("sí", replace(COURSE, asked=Question.SYLLABUS))
    assert syllabus.asks(Intent.COURSE_DETAILS) == ("syllabus",)
    cheaper = meant("sí", replace(COURSE, asked=Question.CHEAPER))
    assert cheaper.reference == Reference(most="cheapest", is_relative=True)
    shorter = meant("sí", replace(COURSE, asked=Question.SHORTER))
    assert shorter.reference == Reference(most="shortest", is_relative=True)


def test_a_yes_to_a_list_of_one_chooses_it() -> None:
    meaning = meant("sí", replace(LIST, shown=(EXCEL,)))
    assert meaning.template == "course_details"
    assert meaning.reference == Reference(place=1)


def test_a_yes_to_what_was_offered_takes_the_first() -> None:
    assert meant("sí", CLARIFY).intent is Intent.PRICE_INQUIRY


@pytest.mark.parametrize("asked", [asked for asked in Question if asked is not Question.ERASE])
@pytest.mark.parametrize("text", ["no", "No, gracias", "nel", "por ahora no", "👎🏾"])
def test_a_no_declines(text: str, asked: Question) -> None:
    meaning = meant(text, replace(COURSE, asked=asked))
    assert (meaning.intent, meaning.template) == (Intent.COURTESY, "declined")
    assert meaning.declines


@pytest.mark.parametrize("text", ["sí", "no", "👍", "dale"])
def test_without_a_question_a_yes_or_no_agrees_to_nothing(text: str) -> None:
    meaning = meant(text, replace(COURSE, asked=None))
    assert not meaning.declines
    assert not meaning.forgets
    assert meaning.intent is not Intent.BUYING_SIGNALS


@pytest.mark.parametrize("context", [LIST, COURSE, CLARIFY, ERASE])
@pytest.mark.parametrize("text", ["quisiera saber el precio", "si tienen, ¿cuánto cuesta?"])
def test_what_only_sounds_like_a_yes_is_none(text: str, context: Context) -> None:
    meaning = meant(text, context)
    assert meaning.intent is Intent.PRICE_INQUIRY
    assert not meaning.forgets


@pytest.mark.parametrize("text", ["ok, gracias", "muchas gracias", "perfecto, gracias"])
def test_thanks_end_a_conversation_and_buy_nothing(text: str) -> None:
    assert meant(text, COURSE).intent is Intent.COURTESY
    assert meant(text, COURSE).template == "courtesy"


# Erasing


@pytest.mark.parametrize("text", ["borren mis datos", "quiero que eliminen mi información"])
def test_an_erasure_is_to_be_confirmed(text: str) -> None:
    meaning = meant(text)
    assert (meaning.intent, meaning.template) == (Intent.PRIVACY_REQUEST, "erase_confirm")
    assert not meaning.forgets


@pytest.mark.parametrize(
    ("text", "forgets", "template"),
    [
        ("sí", True, "erased"),
        ("confirmo", True, "erased"),
        ("sí, bórralos", True, "erased"),
        ("👍🏼", True, "erased"),
        ("no", False, "erase_kept"),
        ("mejor no", False, "erase_kept"),
        ("no los borres", False, "erase_kept"),
    ],
)
def test_only_a_yes_to_the_question_erases(text: str, forgets: bool, template: str) -> None:
    meaning = meant(text, ERASE)
    assert (meaning.forgets, meaning.template) == (forgets, template)
    assert meaning.intent is Intent.PRIVACY_REQUEST
    assert not meant(text, COURSE).forgets


@pytest.mark.parametrize("text", ["¿cuánto cuesta?", "gracias", "2", "sí pero no todo", "no sé"])
def test_anything_else_erases_nothing(text: str) -> None:
    assert not meant(text, ERASE).forgets


def test_a_question_about_the_data_goes_on_with_them() -> None:
    about_data = Context(at=NOW, intent=Intent.PRIVACY_REQUEST)
    assert meant("¿y con quién los comparten?", about_data).intent is Intent.PRIVACY_REQUEST


# Pointing at a course


@pytest.mark.parametrize(
    ("text", "place"),
    [("el segundo", 2), ("el primero me interesa", 1), ("sí, el segundo", 2), ("el último", LAST)],
)
def test_a_place_chooses_from_the_list(text: str, place: int) -> None:
    meaning = meant(text, LIST)
    assert (meaning.intent, meaning.template) == (Intent.COURSE_DETAILS, "course_details")
    assert meaning.reference.place == place


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("¿cuánto cuesta el segundo?", Intent.PRICE_INQUIRY),
        ("¿cuándo empieza el segundo?", Intent.COURSE_DETAILS),
        ("me quiero inscribir en el segundo", Intent.BUYING_SIGNALS),
    ],
)
def test_what_is_asked_of_the_second_is_asked_of_it(text: str, intent: Intent) -> None:
    meaning = meant(text, LIST)
    assert meaning.intent is intent
    assert meaning.reference.place == 2


@pytest.mark.parametrize("text", ["el de excel", "¿y el de excel?", "el otro", "¿y el otro?"])
def test_another_course_is_asked_the_same(text: str) -> None:
    assert meant(text, COURSE).intent is Intent.COURSE_DETAILS
    assert meant(text, PRICES).intent is Intent.PRICE_INQUIRY


def test_another_course_is_asked_for_the_same_details() -> None:
    asked = replace(COURSE, details=("start", "schedule"))
    assert meant("¿y el de excel?", asked).asks(Intent.COURSE_DETAILS) == ("start", "schedule")
    assert meant("¿y el de excel?", COURSE).asks(Intent.COURSE_DETAILS) == ()


def test_one_course_named_at_once_is_told_about() -> None:
    meaning = meant("cuéntame del de liderazgo")
    assert meaning.intent is Intent.COURSE_DETAILS
    assert meaning.reference.names == ("liderazgo",)


def test_a_price_names_the_course_that_costs_it() -> None:
    assert meant("el de $249", LIST).reference.price == Decimal(249)


@pytest.mark.parametrize("context", [NEW, LIST, COURSE])
@pytest.mark.parametrize(
    "text", ["soy el primero de mi familia", "soy la primera en estudiar de mi familia"]
)
def test_the_first_of_a_family_chooses_no_course(text: str, context: Context) -> None:
    assert meant(text, context).reference.place is None


@pytest.mark.parametrize("context", [NEW, LIST, COURSE])
def test_a_session_is_no_course(context: Context) -> None:
    meaning = meant("sesión 2", context)
    assert meaning.intent is Intent.COURSE_DETAILS
    assert meaning.asks(Intent.COURSE_DETAILS) == ("session",)
    assert meaning.reference.place is None


@pytest.mark.parametrize("text", ["¿y en la 7?", "¿y la última?"])
def test_after_a_session_a_number_is_another_session(text: str) -> None:
    meaning = meant(text, SESSION)
    assert meaning.intent is Intent.COURSE_DETAILS
    assert meaning.asks(Intent.COURSE_DETAILS) == ("session",)


def test_something_of_the_course_at_hand_is_asked_of_it() -> None:
    assert meant("¿tiene algo en persona?", COURSE).intent is Intent.COURSE_DETAILS


# Whole messages


@pytest.mark.parametrize("context", [NEW, LIST, COURSE])
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("¿cuánto cuesta?", Intent.PRICE_INQUIRY),
        ("cuánto dura y qué precio tiene", Intent.PRICE_INQUIRY),
        ("¿qué cursos tenés?", Intent.EXPLORATION),
        ("me quiero anotar", Intent.BUYING_SIGNALS),
        ("pásame con un asesor", Intent.CONTACT_REQUEST),
        ("no me escriban más", Intent.OPT_OUT),
        ("muchas gracias", Intent.COURTESY),
        ("pierdo horas haciendo reportes", Intent.AUTOMATION_NEED),
    ],
)
def test_a_clear_message_means_the_same_wherever_it_stands(
    text: str, intent: Intent, context: Context
) -> None:
    meaning = meant(text, context)
    assert (meaning.intent, meaning.template) == (intent, intent.lower())
    assert meaning.options == ()


@pytest.mark.parametrize("context", [NEW, LIST, COURSE])
def test_an_expert_in_ai_wants_no_person(context: Context) -> None:
    assert meant("Experto en IA", context).intent is not Intent.CONTACT_REQUEST


def test_a_bare_subject_answers_what_is_looked_for() -> None:
    asked = Context(at=NOW, asked=Question.NEED)
    guesses = ((Intent.OFF_TOPIC, 0.6), (Intent.EXPLORATION, 0.3))
    assert read_as("excel", *guesses, context=asked).intent is Intent.EXPLORATION
    assert read_as("excel", *guesses).intent is Intent.OFF_TOPIC
    assert read_as("guitarra", *guesses, context=asked).intent is Intent.OFF_TOPIC


def test_a_request_beats_the_greeting_before_it() -> None:
    guesses = ((Intent.GREETING, 0.6), (Intent.COURTESY, 0.3), (Intent.PRICE_INQUIRY, 0.1))
    assert read_as("hola, ¿en cuánto?", *guesses).intent is Intent.PRICE_INQUIRY
    assert read_as("hola, excel", *guesses).intent is Intent.PRICE_INQUIRY
    assert read_as("hola", *guesses).intent is Intent.GREETING
    assert read_as("hola, ¿qué tal?", (Intent.GREETING, 0.95)).intent is Intent.GREETING


def test_a_trouble_that_is_told_is_heard_where_nothing_else_is_sure() -> None:
    told = Facts(pain_points=("hacer reportes",))
    vague = Reading((Guess(Intent.OFF_TOPIC, 0.5), Guess(Intent.GREETING, 0.2)))
    sure = Reading((Guess(Intent.OFF_TOPIC, 0.9), Guess(Intent.GREETING, 0.05)))
    text = "los reportes me quitan el sueño"
    assert meaning_of(text, vague, told, NEW).intent is Intent.AUTOMATION_NEED
    assert meaning_of(text, sure, told, NEW).intent is Intent.OFF_TOPIC
    assert meaning_of(text, vague, Facts(), NEW).intent is Intent.OFF_TOPIC


# When it is not sure what was meant

THREE = (
    (Intent.OBJECTION_TRUST, 0.3),
    (Intent.COURTESY, 0.25),
    (Intent.FREE_RESOURCES, 0.2),
)


def test_what_may_have_been_meant_is_offered() -> None:
    meaning = read_as("zutano y mengano", *THREE)
    assert meaning.template == "clarify"
    assert meaning.options == (Intent.OBJECTION_TRUST, Intent.FREE_RESOURCES)


def test_nothing_is_offered_where_it_is_sure_enough() -> None:
    sure = ((Intent.OBJECTION_TRUST, UNSURE), *THREE[1:])
    assert read_as("zutano y mengano", *sure).template == "objection_trust"


def test_nothing_is_offered_where_there_is_only_one_thing() -> None:
    assert read_as("zutano y mengano", *THREE[:2]).template == "objection_trust"


@pytest.mark.parametrize("text", ["el segundo zutano", "excel zutano", "ese zutano"])
def test_nothing_is_offered_where_a_course_or_subject_is_named(text: str) -> None:
    assert read_as(text, *THREE).template == "objection_trust"


# Old contexts


@pytest.mark.parametrize("text", ["sí", "no", "👍🏽", "dale"])
def test_a_question_of_the_day_before_is_not_answered(text: str) -> None:
    old = Context.read(COURSE.as_json(), NOW + QUESTION_LASTS * 1.1)
    meaning = meant(text, old)
    assert meaning.intent is not Intent.BUYING_SIGNALS
    assert not meaning.declines


def test_an_erasure_asked_for_yesterday_is_not_confirmed_today() -> None:
    assert meant("sí", ERASE).forgets
    assert not meant("sí", Context.read(ERASE.as_json(), NOW + QUESTION_LASTS * 1.1)).forgets


def test_a_list_is_chosen_from_for_a_week() -> None:
    within, after = (Context.read(LIST.as_json(), NOW + LIST_LASTS * age) for age in (0.9, 1.1))
    assert meant("2", within).reference.place == 2
    assert meant("2", after).reference.place is None


def test_a_course_is_under_discussion_for_a_month() -> None:
    within, after = (Context.read(COURSE.as_json(), NOW + COURSE_LASTS * age) for age in (0.9, 1.1))
    assert (within.course, after.course) == (SALES, None)
    assert meant("¿cuánto cuesta?", after).intent is Intent.PRICE_INQUIRY


# Whatever people send


@pytest.mark.parametrize("context", [NEW, LIST, COURSE, CLARIFY, ERASE, SESSION])
@pytest.mark.parametrize(
    "text",
    [
        *(
            " ",
            "?",
            "...",
            "\x00",
            "\ud800",
            "😀🔥",
            "🏽",
            "٣",
            "²",
            "12345",
            "0",
            "👍👎",
        ),
        *("'; DROP TABLE ai_courses; --", "excel " * 300, "el de " * 300, "a" * 2000, "? " * 900),
    ],
)
def test_no_text_is_too_odd_to_mean_something(text: str, context: Context) -> None:
    meaning = meant(text, context)
    assert not meaning.forgets
    assert meaning.template


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from([NEW, LIST, COURSE, CLARIFY, ERASE, SESSION]))
def test_every_text_means_something_and_the_same_the_next_time(text: str, context: Context) -> None:
    meaning = meant(text, context)
    assert meaning == meant(text, context)
    assert 0 <= meaning.confidence <= 1
    assert len(meaning.options) in {0, 2}
