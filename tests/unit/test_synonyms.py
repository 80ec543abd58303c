"""Words that stand for one another: how the file is read, and what is in it."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.catalogue.synonyms import AKIN, SAME, SERVED, Synonyms, read, singular, synonyms
from bot.services.catalogue.words import Phrase, data_file, phrase, tokens


def said(text: str) -> Phrase:
    return phrase(tokens(text))


def weights(table: Synonyms, text: str) -> dict[str, float]:
    """What a text leads to, the words of each spelled as stems, and with which weight."""
    return {" ".join(way.phrase): way.weight for way in table.of(said(text))}


def leads(table: Synonyms, text: str) -> set[str]:
    return set(weights(table, text)) - {" ".join(said(text))}


def left_sides() -> list[str]:
    lines = data_file("synonyms.txt")
    sides = (line.partition("~")[0].partition(">")[0] for line in lines)
    return [item.strip() for side in sides for item in side.split("=")]


def test_words_of_one_meaning_lead_to_each_other() -> None:
    table = read(["gato = felino = minino"])
    assert leads(table, "gato") == {"felin", "minin"}
    assert leads(table, "minino") == {"gat", "felin"}


def test_who_is_served_by_a_subject_is_led_to_it_and_not_the_other_way_round() -> None:
    table = read(["pastor > oveja, perro"])
    assert leads(table, "pastor") == {"ovej", "perr"}
    assert leads(table, "oveja") == set()


def test_what_is_near_is_led_to_and_not_the_other_way_round() -> None:
    table = read(["gato ~ perro"])
    assert leads(table, "gato") == {"perr"}
    assert leads(table, "perro") == set()


def test_one_meaning_counts_most_then_what_serves_then_what_is_near() -> None:
    found = weights(read(["gato = felino > leche ~ perro"]), "gato")
    assert (found["felin"], found["lech"], found["perr"]) == (SAME, SERVED, AKIN)
    assert 1 > SAME > SERVED > AKIN > 0


def test_what_stands_first_counts_most() -> None:
    found = weights(read(["pastor > oveja, perro, gato"]), "pastor")
    assert found["ovej"] > found["perr"] > found["gat"] > AKIN


def test_what_leads_to_a_thing_leads_to_all_that_mean_the_same() -> None:
    table = read(["pastor > oveja", "oveja = borrego = cordero", "queso ~ cordero"])
    assert leads(table, "pastor") == {"ovej", "borreg", "corder"}
    assert leads(table, "queso") == {"corder", "ovej", "borreg"}


def test_it_goes_one_step_and_no_further() -> None:
    table = read(["a1 > b1", "b1 > c1"])
    assert leads(table, "a1") == {"b1"}


def test_two_lines_of_one_word_are_added_up() -> None:
    table = read(["gato = felino", "gato ~ perro"])
    assert leads(table, "gato") == {"felin", "perr"}


@pytest.mark.parametrize(
    "spelling", ["Analítica", "ANALITICA", "analíticas", "  analítica  ", "¡Analítica!"]
)
def test_accents_case_number_and_marks_do_not_matter(spelling: str) -> None:
    table = read(["analítica = análisis de datos"])
    assert leads(table, spelling) == {"analisis -de dat"}


@pytest.mark.parametrize("spelling", ["ceo", "CEOs", "ceos"])
def test_the_plural_of_a_borrowed_word_is_the_same_word(spelling: str) -> None:
    assert "liderazg" in leads(read(["CEO > liderazgo"]), spelling)


def test_a_phrase_leads_on_only_as_a_whole() -> None:
    table = read(["bases de datos = sql"])
    assert leads(table, "bases de datos") == {"sql"}
    assert leads(table, "bases") == leads(table, "datos") == set()
    assert leads(table, "sql") == {"bas -de dat"}


def test_the_longest_phrase_is_told() -> None:
    assert read(["a1 = la vuelta al mundo", "b1 = b2"]).longest == 4
    assert read([]).longest == 0


def test_every_word_of_the_file_is_understood() -> None:
    table = read(["jefe = líder > gestión de equipos ~ coaching"])
    assert table.words >= {"jefe", "lider", "gestion", "de", "equipos", "coaching"}


def test_what_nobody_wrote_down_leads_nowhere() -> None:
    assert read(["gato = felino"]).of(said("perro")) == ()
    assert read([]).of(()) == ()


@given(st.lists(st.text(), max_size=4))
def test_no_file_is_too_odd_to_read(lines: Sequence[str]) -> None:
    table = read(lines)
    assert all(0 < way.weight <= SAME for ways in table.alternatives.values() for way in ways)


def test_in_the_file_a_word_stands_on_the_left_of_one_line_only() -> None:
    places: Counter[Phrase] = Counter()
    for line in data_file("synonyms.txt"):
        side = line.partition("~")[0].partition(">")[0]
        places.update({singular(said(item)) for item in side.split("=")})
    assert {words: number for words, number in places.items() if number > 1} == {}


def test_in_the_file_no_item_is_empty() -> None:
    for line in data_file("synonyms.txt"):
        items = line.replace("~", ",").replace(">", ",").replace("=", ",").split(",")
        assert all(tokens(item) for item in items), line


def test_in_the_file_everything_on_the_left_leads_somewhere() -> None:
    assert [item for item in left_sides() if not leads(synonyms(), item)] == []


@pytest.mark.parametrize(
    ("word", "subject"),
    [
        ("ai", "ia"),
        ("inteligencia artificial", "ia"),
        ("abogada", "derecho"),
        ("contador", "contabilidad"),
        ("mercadotecnia", "marketing"),
        ("rrhh", "recursos humanos"),
        ("planillas", "excel"),
        ("hojas de cálculo", "excel"),
        ("chat gpt", "chatgpt"),
        ("cv", "búsqueda de empleo"),
        ("powerbi", "power bi"),
        ("community manager", "redes sociales"),
    ],
)
def test_the_file_leads_from_what_people_write_to_the_subject(word: str, subject: str) -> None:
    assert " ".join(said(subject)) in leads(synonyms(), word)
