"""What the model may say: figures, links and promises of the facts, and nothing else."""

import pytest

from bot.services.answers import is_borne_out

FACTS = (
    '[{"name": "Automatización con IA para Marketing", "sessions": "8", "price": "$4,500 MXN", '
    '"starts": "12 de enero de 2027", "duration": "16 horas", '
    '"purchase_url": "https://example.com/inscripcion/ia"}]'
)
TRUE = [
    "Son 8 sesiones y cuesta $4,500 MXN.",
    "Cuesta 4500 pesos, empieza el 12 de enero.",
    "Inscríbete aquí: https://example.com/inscripcion/ia.",
    "1. Automatización con IA para Marketing\n2. Otro curso",
    "*1. 📚 Automatización con IA*",
    "Dura 16 horas.",
    "¿Te gustaría saber más?",
]
FALSE = [
    "Cuesta $450 MXN.",
    "$50. ¡Aprovecha!",
    "- 15) dólares",
    "Cuesta $8,000.",
    "Cuesta 12.000 pesos.",
    "Cuesta $12 MXN.",
    "Tienes 8% de descuento.",
    "Es gratis.",
    "Te doy una beca.",
    "Te garantizo un empleo.",
    "Son los últimos lugares.",
    "Paga en evil-pagos.com/x",
    "Paga en https://evil.example/inscripcion/ia",
    "Son 9 sesiones.",
    "Empieza el 13 de enero.",
]


@pytest.mark.parametrize("reply", TRUE)
def test_what_the_facts_say_may_be_said(reply: str) -> None:
    assert is_borne_out(reply, FACTS)


@pytest.mark.parametrize("reply", FALSE)
def test_what_the_facts_do_not_say_is_refused(reply: str) -> None:
    assert not is_borne_out(reply, FACTS)
