"""The intent rules on our own messages: each label, the traps, and the cost of a call."""

import csv
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.models.understanding import Intent
from bot.services.intents import classify
from bot.services.spanish import fold, mirror

EXAMPLES = [
    (row["text"], Intent(row["intent"]))
    for row in csv.DictReader(
        (Path(__file__).parent / "data" / "intent_examples.csv")
        .read_text(encoding="utf-8")
        .splitlines()
    )
]
RIGHTS = {Intent.OPT_OUT, Intent.PRIVACY_REQUEST}


def test_every_intent_has_ten_examples_of_ours():
    per_intent = Counter(intent for _, intent in EXAMPLES)
    assert {intent for intent in Intent if per_intent[intent] < 10} == set()


@pytest.mark.parametrize("intent", Intent)
def test_most_messages_of_each_intent_are_understood(intent):
    texts = [text for text, label in EXAMPLES if label is intent]
    missed = [text for text in texts if classify(text).intent is not intent]
    assert len(missed) <= len(texts) * 0.1, missed


def test_nobody_is_unsubscribed_who_did_not_ask():
    wrong = [
        text
        for text, label in EXAMPLES
        if classify(text).intent in RIGHTS and classify(text).intent is not label
    ]
    assert wrong == []


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
]


@pytest.mark.parametrize(("text", "intent"), TRAPS)
def test_a_trap_is_not_fallen_into(text, intent):
    assert classify(text).intent is intent


@pytest.mark.parametrize(
    "text", ["BAJA", "baja.", "Alto", "STOP", "stop!!", "CANCELAR", "cancelar"]
)
def test_an_opt_out_keyword_alone_is_enough(text):
    guess = classify(text)
    assert guess.intent is Intent.OPT_OUT
    assert guess.confidence > 0.9


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
def test_a_keyword_inside_a_sentence_is_no_opt_out(text):
    assert classify(text).intent is not Intent.OPT_OUT


def test_an_expert_in_ai_is_no_request_for_a_person():
    assert classify("Experto en IA").intent is not Intent.CONTACT_REQUEST


def test_not_accepting_is_no_purchase():
    assert classify("no acepto").intent is not Intent.BUYING_SIGNALS


def test_an_obstacle_that_only_frames_a_request_gives_way_to_it():
    guess = classify("salgo tarde del trabajo, qué cursos tienen en fin de semana?")
    assert guess.intent is Intent.EXPLORATION


def test_of_two_objections_the_first_stated_wins():
    assert classify("está carísimo y además no tengo tiempo").intent is Intent.OBJECTION_PRICE
    assert classify("no tengo tiempo y además está carísimo").intent is Intent.OBJECTION_TIME


@pytest.mark.parametrize("text", ["👍", "🙏🙏🙏", "❤️"])
def test_an_emoji_alone_is_courtesy(text):
    assert classify(text).intent is Intent.COURTESY


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_message_is_a_question_nobody_is_sure_of(text):
    guess = classify(text)
    assert (guess.intent, guess.confidence) == (Intent.GENERAL_QUESTION, 0.0)


@pytest.mark.parametrize(
    ("text", "intent"),
    [("estudiantes digital", Intent.GENERAL_QUESTION), ("ñandú verde", Intent.OFF_TOPIC)],
)
def test_what_no_rule_knows_is_guessed_with_low_confidence(text, intent):
    guess = classify(text)
    assert guess.intent is intent
    assert guess.confidence < 0.4


def test_confidence_stays_between_zero_and_one():
    assert all(0.0 <= classify(text).confidence <= 1.0 for text, _ in EXAMPLES)


def test_more_evidence_gives_more_confidence():
    weak = classify("tarjeta").confidence
    strong = classify("qué precio tiene y aceptan tarjeta de crédito?").confidence
    assert strong > weak


def test_a_call_costs_well_under_a_millisecond():
    classify("hola")
    started = time.process_time()
    for text, _ in EXAMPLES:
        classify(text)
    assert (time.process_time() - started) / len(EXAMPLES) < 0.002


@pytest.mark.parametrize("text", ["ok gracias " * 200, "jaja " * 400, "a" * 5000, "? " * 900])
def test_an_endless_message_does_not_stall_the_rules(text):
    started = time.process_time()
    classify(text)
    assert time.process_time() - started < 0.5


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
def test_folding_leaves_one_plain_spelling(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["Ñandú", "¡Qué tál, José!", "İstanbul ß 👍", ""])
def test_the_mirror_of_a_text_is_as_long_as_the_text(text):
    assert len(mirror(text)) == len(text)
