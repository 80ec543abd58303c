"""Whole messages that answer a question, in six countries' Spanish, and what only sounds so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.short_answers import accepts, comes_back, refuses, yes_or_no

SKIN_TONES = ("", "🏻", "🏼", "🏽", "🏾", "🏿")


@pytest.mark.parametrize(
    "text",
    [
        *("sí", "si", "SÍ", "Sí!!", "síí", "siiii", "sip", "sí sí sí", "sí, por favor", "si porfa"),
        *("claro", "claro que sí", "por supuesto", "de acuerdo", "perfecto", "listo", "ok", "okey"),
        *("sí, me interesa", "me gustaría", "sí quiero", "sí gracias", "adelante", "confirmo"),
        *("cuéntame más", "está bien", "me parece bien", "así es", "obvio"),
        *("órale", "orale pues", "va", "sale", "sale y vale", "simón"),  # Mexico
        *("dale", "dale, contame más", "mostrame"),  # Argentina
        *("hágale", "de una", "listo, hágale"),  # Colombia
        *("sí po", "ya po", "bacán"),  # Chile
        *("vale", "vale, perfecto"),  # Spain
        *("dale pues", "dale, ya"),  # Peru
        *("yes", "sure!", "yes please", "of course"),
    ],
)
def test_a_yes_is_a_yes(text: str) -> None:
    assert yes_or_no(text) is True


@pytest.mark.parametrize(
    "text",
    [
        *("no", "No.", "NO", "nooo", "no no no", "nop", "nel", "no gracias", "No, gracias!"),
        *("para nada", "mejor no", "ahora no", "por ahora no", "todavía no", "aún no"),
        *("no me interesa", "no quiero", "no hace falta", "así está bien", "déjalo así"),
        *("ninguno", "olvídalo", "no thanks", "not now", "nope"),
    ],
)
def test_a_no_is_a_no(text: str) -> None:
    assert yes_or_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        *("quisiera saber el precio", "quiero saber el precio", "quisiera", "si tienen cursos"),
        *("sí, pero no ahora", "si no es mucho pedir", "sí, no", "no, sí quiero", "no sí"),
        *("no sé", "no se", "no hay", "no tengo tiempo", "nos vemos", "noche", "siempre"),
        *("sirve?", "clarísimo lo explicas", "va a llover", "dale el libro a tu hermano"),
        *("ok gracias", "perfecto, muchas gracias", "gracias", "de nada"),
        *("valencia", "saleroso", "el listo de la clase", "me interesa ventas", "2", "el 2"),
        *("no acepto", "Experto en IA", "sesión 2", "s", "n", "hola"),
    ],
)
def test_what_says_more_or_something_else_is_neither(text: str) -> None:
    assert yes_or_no(text) is None


@pytest.mark.parametrize("tone", SKIN_TONES)
@pytest.mark.parametrize(
    ("hand", "answer"), [("👍", True), ("👌", True), ("💪", True), ("👎", False)]
)
def test_a_hand_answers_in_every_skin_tone(hand: str, answer: bool, tone: str) -> None:
    assert yes_or_no(hand + tone) is answer
    assert yes_or_no((hand + tone) * 3) is answer
    assert yes_or_no(f"{hand}{tone} {hand}") is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [("✅", True), ("☑️", True), ("✔️", True), ("✔", True), ("👍✅", True), ("❌", False)],
)
def test_a_sign_answers_in_either_presentation(text: str, answer: bool) -> None:
    assert yes_or_no(text) is answer


@pytest.mark.parametrize(
    "text", ["😀", "❤️", "🙏", "🎉🎉", "👍👎", "✅❌", "👍😀", "🏽", "\ufe0f", "\u200d", "1️⃣"]
)
def test_other_signs_answer_nothing(text: str) -> None:
    assert yes_or_no(text) is None
    assert not accepts(text)
    assert not refuses(text)


# Consent


@pytest.mark.parametrize(
    "text",
    [
        *("acepto", "ACEPTO", "Acepto.", "sí acepto", "Sí, acepto", "aceptado", "acepto por favor"),
        *("acepto el aviso", "acepto el aviso de privacidad", "Acepto los términos y condiciones"),
        *("estoy de acuerdo", "autorizo", "sí autorizo", "doy mi consentimiento"),
        *("tienen mi permiso", "I accept", "i agree"),
    ],
)
def test_an_explicit_consent_is_one(text: str) -> None:
    assert accepts(text)
    assert not refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        *("no acepto", "No acepto.", "NO ACEPTO", "no lo acepto", "no acepto nada"),
        *("no acepto sus términos", "no acepto el aviso de privacidad", "no autorizo"),
        *("no estoy de acuerdo", "no doy mi consentimiento", "me niego", "rechazo"),
        *("I don't accept", "i do not agree"),
    ],
)
def test_an_explicit_refusal_is_one_and_never_a_yes(text: str) -> None:
    assert refuses(text)
    assert not accepts(text)
    assert yes_or_no(text) is not True


@pytest.mark.parametrize(
    "text",
    [
        *("sí", "ok", "dale", "👍", "✅", "claro", "quiero", "de acuerdo", "", "hola"),
        *("¿aceptan tarjeta?", "acepto tarjeta", "acepto pagar en cuotas", "acepto si es gratis"),
        *("¿qué acepto?", "no sé si acepto", "aceptaron mi pago", "quisiera saber el precio"),
    ],
)
def test_a_plain_yes_is_no_explicit_consent(text: str) -> None:
    assert not accepts(text)
    assert not refuses(text)


@pytest.mark.parametrize("text", ["no", "no gracias", "👎", "nel", "ahora no", "no quiero"])
def test_a_plain_no_is_no_refusal_of_consent(text: str) -> None:
    assert not refuses(text)


# Coming back


@pytest.mark.parametrize(
    "text", ["alta", "ALTA", "Alta.", "dar de alta", "quiero darme de alta", "START", "iniciar"]
)
def test_who_left_may_come_back(text: str) -> None:
    assert comes_back(text)


@pytest.mark.parametrize(
    "text",
    [
        *("me gustaría dar de alta a mi equipo", "la tarifa está alta", "de baja", "baja", "alto"),
        *("hola", "sí", "", "👍", "¿cuándo pueden iniciar?", "quiero una alta calidad"),
    ],
)
def test_a_word_inside_a_sentence_brings_nobody_back(text: str) -> None:
    assert not comes_back(text)


# Whatever people send


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\n", "?", "¿¡", "\x00", "\ud800", "👍\ud800", "12345", "5512345678"),
        *("por favor " * 300, "ok gracias " * 300, "s" * 5000 + "x", "? " * 900, "😀" * 1000),
    ],
)
def test_what_says_nothing_answers_nothing(text: str) -> None:
    assert yes_or_no(text) is None
    assert not any(says(text) for says in (accepts, refuses, comes_back))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_is_both_a_consent_and_a_refusal(text: str) -> None:
    assert not (accepts(text) and refuses(text))
    assert not (refuses(text) and yes_or_no(text))


@settings(deadline=None)
@given(st.sampled_from(["sí", "no", "acepto", "dale", "no gracias", "quisiera", "alta"]))
def test_case_and_marks_change_no_answer(text: str) -> None:
    for said in (text.upper(), f"¡{text}!", f"  {text}. ", text.replace("í", "i")):
        assert yes_or_no(said) is yes_or_no(text)
        assert accepts(said) is accepts(text)
        assert comes_back(said) is comes_back(text)
