"""Replies are cut where a reader would pause, and never through a word or an emoji."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.services.replies import clean, split

WHOLE_EMOJI = (
    "👩‍👩‍👧‍👦",  # joined by zero-width joiners
    "🧑🏽‍💻",  # a skin tone and a joiner
    "👍🏿",
    "❤️",  # a variation selector
    "🗓️",
    "1️⃣",  # a keycap
    "🇲🇽",
    "🇦🇷",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",  # tags
    "🎯",
)
LONGEST_EMOJI_UNITS = 14

words = st.text("abcñáéíóúü", min_size=1, max_size=30)
spaces = st.sampled_from([" ", "\n", "\n\n", ". ", "! ", "? "])
readable_texts = st.lists(st.one_of(words, spaces, st.sampled_from(WHOLE_EMOJI))).map("".join)
limits = st.integers(min_value=LONGEST_EMOJI_UNITS, max_value=80)


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def without_space(text: str) -> str:
    return "".join(text.split())


def is_made_of_whole_characters(text: str) -> bool:
    emoji = "|".join(re.escape(one) for one in WHOLE_EMOJI)
    return re.fullmatch(f"(?:{emoji}|[a-zñáéíóúü.!?]|\\s)*", text) is not None


@given(st.text(), st.integers(min_value=2, max_value=100))
@example("🎯" * 5, 2)
@example("a\u0301" * 9, 3)
def test_every_part_fits_the_limit_counted_in_utf16_units(text: str, limit: int) -> None:
    assert all(0 < utf16_units(part) <= limit for part in split(text, limit))


@given(st.text(), st.integers(min_value=2, max_value=100))
def test_nothing_but_white_space_is_lost_at_the_cuts(text: str, limit: int) -> None:
    assert without_space("".join(split(text, limit))) == without_space(text)


@given(st.text(), st.integers(min_value=2, max_value=100))
def test_no_part_begins_or_ends_with_white_space(text: str, limit: int) -> None:
    assert all(part == part.strip() for part in split(text, limit))


@given(readable_texts, limits)
@example("🇲🇽🇦🇷" * 20, 14)
@example("👩‍👩‍👧‍👦" * 20, 15)
@example("hola 🗓️ " * 20, 17)
def test_no_emoji_is_broken(text: str, limit: int) -> None:
    assert all(is_made_of_whole_characters(part) for part in split(text, limit))


@given(st.lists(words, min_size=1), st.integers(min_value=30, max_value=80))
def test_no_word_that_fits_is_broken(some_words: list[str], limit: int) -> None:
    parts = split(" ".join(some_words), limit)
    assert " ".join(parts).split() == some_words


@given(readable_texts, limits)
def test_what_was_split_is_not_split_again(text: str, limit: int) -> None:
    assert all(split(part, limit) == [part] for part in split(text, limit))


@pytest.mark.parametrize("text", ["", " ", "\n\n\t"])
def test_an_empty_text_has_no_parts(text: str) -> None:
    assert split(text) == []


def test_a_text_that_fits_stays_whole() -> None:
    text = "¡Hola! 👋\n\n¿Qué te gustaría aprender?"
    assert split(text) == [text]


def test_a_text_of_exactly_the_limit_stays_whole_and_one_unit_more_does_not() -> None:
    assert len(split("a" * 1598 + "🎯")) == 1
    assert len(split("a" * 1599 + "🎯")) == 2


def test_paragraph_ends_come_before_sentence_ends() -> None:
    assert split("Uno dos.\n\nTres. Cuatro cinco", 20) == ["Uno dos.", "Tres. Cuatro cinco"]


def test_sentence_ends_come_before_spaces() -> None:
    assert split("Uno dos. Tres cuatro cinco", 20) == ["Uno dos.", "Tres cuatro cinco"]


def test_line_ends_count_as_sentence_ends() -> None:
    assert split("Nivel básico\nModalidad en línea", 22) == ["Nivel básico", "Modalidad en línea"]


def test_the_number_of_a_list_is_not_a_sentence_end() -> None:
    assert split("Mira esto\n*1. Curso de prueba*", 22) == ["Mira esto", "*1. Curso de prueba*"]


def test_an_emoji_after_a_sentence_stays_with_it() -> None:
    assert split("¡Qué bueno! 🎯 Mira esto de aquí", 18) == ["¡Qué bueno! 🎯", "Mira esto de aquí"]


def test_a_word_longer_than_the_limit_is_cut_only_after_the_space_before_it() -> None:
    assert split("hola " + "x" * 25, 10) == ["hola", "x" * 10, "x" * 10, "x" * 5]


def test_an_emoji_longer_than_the_limit_still_respects_the_limit() -> None:
    assert all(utf16_units(part) <= 4 for part in split("👩‍👩‍👧‍👦", 4))


def test_an_accent_is_not_parted_from_its_letter() -> None:
    assert split("a\u0301" * 3, 3) == ["a\u0301"] * 3


def test_a_limit_that_no_emoji_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        split("hola", 1)


@pytest.mark.parametrize(
    "forbidden", ["\x00", "\x08", "\x0b", "\x1f", "\ud83d", "\ufffe", "\uffff"]
)
def test_cleaning_drops_what_xml_forbids(forbidden: str) -> None:
    assert clean(f"ho{forbidden}la") == "hola"


@pytest.mark.parametrize("text", ["¡Sí!\n\t¿ñ?\r\n", *WHOLE_EMOJI, "\ue000", "\ufffd"])
def test_cleaning_keeps_what_xml_allows(text: str) -> None:
    assert clean(text) == text
