"""``flask catalog list`` and ``show``: courses on the terminal as a lead reads them."""

import pytest
from flask import Flask

EXCEL = "4e51ba56-3df8-5907-82e9-d7f014cef077"


def run(app: Flask, *arguments: str):
    return app.test_cli_runner().invoke(args=["catalog", *arguments])


@pytest.mark.parametrize(
    ("options", "there", "not_there"),
    [
        ((), "Excel y Finanzas con IA", "None"),
        (("--level", "Advanced"), "Machine Learning Aplicado", "Excel y Finanzas"),
        (("--modality", "In-person"), "Diseño Gráfico", "Excel y Finanzas"),
        (("--level", "avanzado", "--modality", "online"), "Copilotos", "Machine Learning"),
        (("--keyword", "exel finanzas"), "Excel y Finanzas con IA", "Machine Learning"),
        (("--keyword", "guitarra"), "no encontré cursos", "1."),
    ],
)
def test_a_list_holds_what_is_asked_for(
    options: tuple[str, ...], there: str, not_there: str, app: Flask
) -> None:
    done = run(app, "list", "--limit", "50", *options)
    assert done.exit_code == 0
    assert there in done.output
    assert not_there not in done.output


def test_a_course_is_shown_with_its_sessions_and_briefly_without(app: Flask) -> None:
    whole, brief = run(app, "show", EXCEL), run(app, "show", EXCEL, "--short")
    assert "Lo que verás" in whole.output
    assert "Precio: $149 USD" in brief.output
    assert "Lo que verás" not in brief.output


def test_an_unknown_course_is_told_in_one_line(app: Flask) -> None:
    done = run(app, "show", "00000000-0000-0000-0000-000000000000")
    assert done.exit_code == 1
    assert "There is no course" in done.output
