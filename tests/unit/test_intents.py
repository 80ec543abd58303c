"""What our own messages ask for: each label, the traps, and how sure the reading is."""

from collections import Counter
from pathlib import Path

import pytest

from bot.models.understanding import Guess, Intent
from bot.services.intents import classify
from bot.services.intents.examples import read_labelled
from bot.services.spanish import fold, mirror

EXAMPLES = read_labelled(Path(__file__).parent / "data" / "intent_examples.csv")
RIGHTS = {Intent.OPT_OUT, Intent.PRIVACY_REQUEST}


def test_every_intent_has_ten_examples_of_ours() -> None:
    per_intent = Counter(example.intent for example in EXAMPLES)
    assert {intent for intent in Intent if per_intent[intent] < 10} == set()


@pytest.mark.parametrize("intent", Intent)
def test_most_messages_of_each_intent_are_understood(intent: Intent) -> None:
    texts = [example.text for example in EXAMPLES if example.intent is intent]
    missed = [text for text in texts if classify(text).intent is not intent]
    assert len(missed) <= len(texts) * 0.1, missed


def test_nobody_is_unsubscribed_who_did_not_ask() -> None:
    wrong = [
        text
        for text, label in EXAMPLES
        if classify(text).intent in RIGHTS and classify(text).intent is not label
    ]
    assert wrong == []


COUNTRIES = [
    # Mexico
    ("qué onda, cuánto sale?", Intent.PRICE_INQUIRY),
    ("órale, pásame el link de pago", Intent.BUYING_SIGNALS),
    ("quiero cambiar de chamba", Intent.PROFESSION_CHANGE),
    # Argentina
    ("che, ¿cuánto sale el curso?", Intent.PRICE_INQUIRY),
    ("¿qué cursos tenés?", Intent.EXPLORATION),
    ("me quiero anotar", Intent.BUYING_SIGNALS),
    ("quiero cambiar de laburo", Intent.PROFESSION_CHANGE),
    # Colombia
    ("cuánto vale, parcero?", Intent.PRICE_INQUIRY),
    ("gracias parce", Intent.COURTESY),
    ("no me alcanza la plata", Intent.OBJECTION_PRICE),
    # Chile
    ("¿cuánto cuesta, weón?", Intent.PRICE_INQUIRY),
    ("no tengo plata po", Intent.OBJECTION_PRICE),
    # Peru
    ("qué precio tiene causa", Intent.PRICE_INQUIRY),
    ("que cursos tienen pe", Intent.EXPLORATION),
    # Spain
    ("¿cuánto vale el curso, tío?", Intent.PRICE_INQUIRY),
    ("me apunto", Intent.BUYING_SIGNALS),
]


@pytest.mark.parametrize(("text", "intent"), COUNTRIES)
def test_people_of_each_country_are_understood(text: str, intent: Intent) -> None:
    assert classify(text).intent is intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("cuanto cuezta", Intent.PRICE_INQUIRY),
        ("presio", Intent.PRICE_INQUIRY),
        ("kuanto kuesta", Intent.PRICE_INQUIRY),
        ("quiero inscrivirme", Intent.BUYING_SIGNALS),
        ("cuándo empiesa", Intent.COURSE_DETAILS),
        ("q cursos tienen?", Intent.EXPLORATION),
        ("qro ver los cursos", Intent.EXPLORATION),
        ("ola buenas", Intent.GREETING),
        ("grasias", Intent.COURTESY),
    ],
)
def test_a_misspelt_message_is_understood(text: str, intent: Intent) -> None:
    assert classify(text).intent is intent


@pytest.mark.parametrize(
    "text", ["¿Cuánto cuesta?", "¿Qué cursos tienen?", "No me escriban más", "¿Cuándo empieza?"]
)
def test_accents_case_and_marks_make_no_difference(text: str) -> None:
    plain = text.lower().translate(str.maketrans("áéíóú", "aeiou", "¿"))
    assert classify(plain).intent is classify(text).intent
    assert classify(text.upper()).intent is classify(text).intent


TRAPS = [
    ("quisiera saber el precio", Intent.PRICE_INQUIRY),
    ("quisiera saber si dan clases los domingos en la noche", Intent.COURSE_DETAILS),
    ("no gracias", Intent.COURTESY),
    ("No, muchas gracias", Intent.COURTESY),
    ("no me interesa, ya no me escriban", Intent.OPT_OUT),
    ("gracias pero no me manden más mensajes", Intent.OPT_OUT),
    ("quiero inscribirme pero antes borren mis datos viejos", Intent.PRIVACY_REQUEST),
    ("eres un robot?", Intent.GENERAL_QUESTION),
    ("eres un robot? quiero hablar con una persona", Intent.CONTACT_REQUEST),
    ("hola buenas tardes, cuánto cuesta?", Intent.PRICE_INQUIRY),
    ("gracias! y el temario?", Intent.COURSE_DETAILS),
    ("hola gracias", Intent.COURTESY),
    ("luego te aviso, gracias", Intent.OBJECTION_TIME),
    ("quiero pagar, pero que me llame un asesor", Intent.CONTACT_REQUEST),
    ("cuánto dura y qué precio tiene", Intent.PRICE_INQUIRY),
    ("por qué tan caro si es grabado?", Intent.OBJECTION_PRICE),
    ("me llamó la atención el taller de agentes", Intent.EXPLORATION),
    ("sesión 2", Intent.COURSE_DETAILS),
]


@pytest.mark.parametrize(("text", "intent"), TRAPS)
def test_a_trap_is_not_fallen_into(text: str, intent: Intent) -> None:
    assert classify(text).intent is intent


@pytest.mark.parametrize(
    "text", ["BAJA", "baja.", "Alto", "STOP", "stop!!", "CANCELAR", "cancelar"]
)
def test_an_opt_out_keyword_alone_is_enough(text: str) -> None:
    reading = classify(text)
    assert reading.intent is Intent.OPT_OUT
    assert reading.confidence > 0.9


@pytest.mark.parametrize(
    "text",
    [
        "la matrícula está baja este año",
        "hay un nivel más alto?",
        "quiero cancelar mis deudas primero",
        "no paro de escuchar de la ia",
        "me gustaría dar de alta a mi equipo",
    ],
)
def test_a_keyword_inside_a_sentence_is_no_opt_out(text: str) -> None:
    assert classify(text).intent is not Intent.OPT_OUT


@pytest.mark.parametrize("text", ["Experto en IA", "soy experto en IA", "quiero ser experto en IA"])
def test_an_expert_in_ai_is_no_request_for_a_person(text: str) -> None:
    assert classify(text).intent is not Intent.CONTACT_REQUEST


@pytest.mark.parametrize(
    "text",
    ["no acepto", "No acepto.", "no lo acepto", "No acepto los términos", "yo no acepto eso"],
)
def test_not_accepting_is_no_purchase(text: str) -> None:
    assert classify(text).intent is not Intent.BUYING_SIGNALS


def test_an_obstacle_that_only_frames_a_request_gives_way_to_it() -> None:
    reading = classify("salgo tarde del trabajo, qué cursos tienen en fin de semana?")
    assert reading.intent is Intent.EXPLORATION


def test_of_two_objections_the_first_stated_wins() -> None:
    assert classify("está carísimo y además no tengo tiempo").intent is Intent.OBJECTION_PRICE
    assert classify("no tengo tiempo y además está carísimo").intent is Intent.OBJECTION_TIME


@pytest.mark.parametrize("text", ["👍", "🙏🙏🙏", "❤️"])
def test_an_emoji_alone_is_courtesy(text: str) -> None:
    assert classify(text).intent is Intent.COURTESY


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_message_is_a_question_nobody_is_sure_of(text: str) -> None:
    reading = classify(text)
    assert reading.ranked == (Guess(Intent.GENERAL_QUESTION, 0.0),)
    assert reading.aspects == ()


def test_what_nothing_is_known_of_is_guessed_with_low_confidence() -> None:
    assert classify("ñandú verde").confidence < 0.6


def test_confidence_stays_between_zero_and_one_and_the_likeliest_comes_first() -> None:
    for text, _ in EXAMPLES:
        confidences = [guess.confidence for guess in classify(text).ranked]
        assert confidences == sorted(confidences, reverse=True)
        assert all(0 <= confidence <= 1 for confidence in confidences)


def test_the_intent_is_the_likeliest_and_no_intent_is_ranked_twice() -> None:
    for text, _ in EXAMPLES:
        reading = classify(text)
        assert (reading.intent, reading.confidence) == (
            reading.ranked[0].intent,
            reading.ranked[0].confidence,
        )
        assert len({guess.intent for guess in reading.ranked}) == len(reading.ranked)


def test_more_evidence_gives_more_confidence() -> None:
    weak, strong = classify("plástico"), classify("qué precio tiene y aceptan tarjeta de crédito?")
    assert strong.intent is Intent.PRICE_INQUIRY
    assert strong.confidence > weak.confidence


def test_what_is_asked_besides_is_read_too() -> None:
    reading = classify("cuánto dura y qué precio tiene")
    assert reading.asks(Intent.PRICE_INQUIRY) == ("price",)
    assert reading.asks(Intent.COURSE_DETAILS) == ("duration",)


@pytest.mark.parametrize("text", ["ok gracias " * 200, "jaja " * 400, "a" * 5000, "? " * 900])
def test_an_endless_message_is_read(text: str) -> None:
    assert classify(text).intent not in RIGHTS


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Holaaaa!!", "hola"),
        ("¿Q precio tiene, porfa?", "que precio tiene por favor"),
        ("  AÑO   Nuevo ", "ano nuevo"),
        ("Ana@Escuela.example", "ana@escuela.example"),
        ("son 4,500.00 o 1000?", "son 4,500.00 o 1000"),
        ("xq no", "porque no"),
        ("zoom y reembolso", "zoom y reembolso"),
        ("jajajaja", "jaja"),
        ("", ""),
    ],
)
def test_folding_leaves_one_plain_spelling(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["Ñandú", "¡Qué tál, José!", "İstanbul ß 👍", ""])
def test_the_mirror_of_a_text_is_as_long_as_the_text(text: str) -> None:
    assert len(mirror(text)) == len(text)
