"""The words of the catalogue: how rare they are, and what a misspelt one was meant to be."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.catalogue.lexicon import Lexicon
from bot.services.catalogue.words import lexeme, phrase, tokens

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", max_size=20)


def lexicon_of(*words: str, aids: tuple[str, ...] = ()) -> Lexicon:
    """The lexicon of courses of which each is named by one word."""
    return counted(dict.fromkeys(words, 1), aids=aids)


def counted(words: Mapping[str, int], courses: int = 20, aids: tuple[str, ...] = ()) -> Lexicon:
    lexemes = {lexeme(word): number for word, number in words.items()}
    return Lexicon(courses, lexemes, words, set(lexemes), frozenset(aids))


def meant(word: str, *known: str, may_be_unfinished: bool = False) -> tuple[str, ...]:
    mended = lexicon_of(*known).mend(word, may_be_unfinished)
    return mended.words if mended else ()


# What it knows


@pytest.mark.parametrize("word", ["abogado", "abogada", "abogados", "abogadas"])
def test_a_word_is_known_in_every_inflection(word: str) -> None:
    assert lexicon_of("abogados").knows(word)


def test_a_word_that_is_only_an_aid_is_known_as_it_stands() -> None:
    lexicon = lexicon_of("ventas", aids=("hola",))
    assert lexicon.knows("hola")
    assert not lexicon.knows("adios")


def test_a_phrase_is_in_no_more_courses_than_its_rarest_word() -> None:
    lexicon = counted({"analisis": 7, "datos": 3})
    assert lexicon.number_of(phrase(tokens("análisis de datos"))) == 3
    assert lexicon.number_of(phrase(["datos"])) == 3
    assert lexicon.number_of(phrase(tokens("análisis de mercado"))) == 0
    assert lexicon.number_of(()) == 0


def test_a_phrase_is_in_names_when_all_of_its_words_are() -> None:
    lexicon = Lexicon(2, {"analisis": 1, "dat": 1, "bas": 1}, {}, {"analisis", "dat"})
    assert lexicon.is_in_names(phrase(tokens("análisis de datos")))
    assert not lexicon.is_in_names(phrase(tokens("bases de datos")))


def test_the_rarer_a_word_the_more_it_tells() -> None:
    lexicon = counted({}, courses=100)
    told = [lexicon.rarity(courses) for courses in (0, 1, 10, 50, 100)]
    assert told == sorted(told, reverse=True)
    assert told[-1] > 0
    assert counted({}, courses=0).rarity(0) > 0


def test_what_most_courses_have_tells_none_from_another_unless_there_are_few() -> None:
    many, few = counted({}, courses=24), counted({}, courses=3)
    assert [many.is_everywhere(number) for number in (24, 13, 12, 1)] == [True, True, False, False]
    assert not few.is_everywhere(3)


# What a misspelt word was meant to be


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("bentas", "ventas"),
        ("ventaz", "ventas"),
        ("fotoshop", "photoshop"),
        ("fotochop", "photoshop"),
        ("kanva", "canva"),
        ("dizeno", "diseno"),
        ("cosina", "cocina"),
        ("lojistica", "logistica"),
        ("liderasgo", "liderazgo"),
        ("marqueting", "marketing"),
        ("vlender", "blender"),
        ("wordpres", "wordpress"),
        ("piton", "python"),
    ],
)
def test_what_sounds_the_same_is_the_same(written: str, word: str) -> None:
    assert meant(written, word, "fotografia") == (word,)


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("exel", "excel"),
        ("ecxel", "excel"),
        ("mrketing", "marketing"),
        ("markketing", "marketing"),
        ("marjeting", "marketing"),
        ("marketign", "marketing"),
        ("vetnas", "ventas"),
        ("chatgtp", "chatgpt"),
        ("phyton", "python"),
        ("wasap", "whatsapp"),
        ("figam", "figma"),
        ("logitica", "logistica"),
    ],
)
def test_one_slip_is_mended(written: str, word: str) -> None:
    assert meant(written, word, "fotografia") == (word,)


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("automtizasion", "automatizacion"),
        ("atomatizasion", "automatizacion"),
        ("fotogrfa", "fotografia"),
        ("cibersgurdad", "ciberseguridad"),
        ("contavlidad", "contabilidad"),
        ("programasoin", "programacion"),
    ],
)
def test_two_slips_are_mended_in_a_long_word(written: str, word: str) -> None:
    assert meant(written, word, "ventas") == (word,)


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("utomatizacion", "automatizacion"),
        ("otografia", "fotografia"),
        ("iderazgo", "liderazgo"),
        ("inanzas", "finanzas"),
    ],
)
def test_the_first_letter_may_be_missing(written: str, word: str) -> None:
    assert meant(written, word, "ventas") == (word,)


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("sep", "seo"),
        ("exl", "excel"),
        ("maktin", "marketing"),
        ("kotogrefia", "fotografia"),
        ("xyzzy", "excel"),
        ("20266", "2026"),
    ],
)
def test_what_is_too_short_or_too_far_is_not_mended(written: str, word: str) -> None:
    assert meant(written, word) == ()


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("bocina", "cocina"),
        ("pintas", "ventas"),
        ("cuentas", "ventas"),
        ("ventanas", "ventas"),
        ("sentar", "sentir"),
        ("escalar", "escolar"),
        ("fianzas", "finanzas"),
        ("fotocopia", "fotografia"),
        ("receptor", "redactor"),
        ("casa", "caza"),
        ("valla", "vaya"),
        ("perro", "pero"),
        ("cartones", "camiones"),
        ("balones", "valores"),
    ],
)
def test_a_spanish_word_is_never_taken_for_another(written: str, word: str) -> None:
    assert meant(written, word) == ()
    assert meant(written, word, may_be_unfinished=True) == ()


@pytest.mark.parametrize(
    ("written", "word"),
    [("bosina", "cocina"), ("reacsion", "redaccion"), ("fotokopia", "fotografia")],
)
def test_a_slip_is_left_alone_where_plain_spanish_is_nearer(written: str, word: str) -> None:
    assert meant(written, word) == ()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("market", ("marketing",)),
        ("automat", ("automatizacion",)),
        ("ciberse", ("ciberseguridad",)),
        ("fotogr", ("fotografia", "fotografos")),
        ("foto", ()),
        ("fo", ()),
    ],
)
def test_a_beginning_stands_for_all_that_begin_with_it(written: str, words: tuple[str]) -> None:
    known = ("marketing", "automatizacion", "ciberseguridad", "fotografia", "fotografos")
    assert meant(written, *known) == words


@pytest.mark.parametrize(("written", "word"), [("ingle", "ingles"), ("conta", "contabilidad")])
def test_a_rare_spanish_word_is_a_beginning_only_where_it_may_be_unfinished(
    written: str, word: str
) -> None:
    assert meant(written, word) == ()
    assert meant(written, word, may_be_unfinished=True) == (word,)


@pytest.mark.parametrize(("written", "word"), [("arte", "artesania"), ("red", "redaccion")])
def test_a_common_spanish_word_is_never_a_beginning(written: str, word: str) -> None:
    assert meant(written, word, may_be_unfinished=True) == ()


def test_of_several_words_those_of_most_courses_come_first() -> None:
    lexicon = counted({"automatico": 1, "automatizar": 2, "automatizacion": 9})
    mended = lexicon.mend("automat")
    assert mended
    assert mended.words == ("automatizacion", "automatizar", "automatico")


def test_words_of_the_catalogue_come_before_those_that_are_only_understood() -> None:
    mended = lexicon_of("marketing", aids=("marketear",)).mend("marketin")
    assert mended
    assert mended.words == ("marketing",)


def test_a_word_that_is_only_understood_is_mended_too() -> None:
    mended = lexicon_of("ventas", aids=("mercadotecnia",)).mend("mercadotenia")
    assert mended
    assert mended.words == ("mercadotecnia",)


def test_the_surer_a_guess_the_higher_its_certainty() -> None:
    lexicon = lexicon_of("automatizacion")
    written = ("automatisasion", "automatizacio", "automtizasion")
    sure = [mended.certainty for word in written if (mended := lexicon.mend(word))]
    assert len(sure) == 3
    assert sure == sorted(sure, reverse=True)
    assert all(0 < certainty < 1 for certainty in sure)


@given(LETTERS)
def test_every_word_that_it_guesses_is_one_that_it_knows(word: str) -> None:
    lexicon = lexicon_of("marketing", "ventas", "excel", "n8n", "3d", aids=("contabilidad",))
    for may_be_unfinished in (False, True):
        mended = lexicon.mend(word, may_be_unfinished)
        assert mended == lexicon.mend(word, may_be_unfinished)
        assert mended is None or all(lexicon.knows(each) for each in mended.words)


@given(LETTERS)
def test_an_empty_catalogue_guesses_nothing(word: str) -> None:
    assert lexicon_of().mend(word) is None
    assert lexicon_of().mend(word, may_be_unfinished=True) is None
