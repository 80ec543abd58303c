"""The estimate of tokens, against counts made with OpenAI's vocabulary ``o200k_base``."""

import json
from pathlib import Path

import pytest

from bot.services.answers.tokens import estimate

COUNTED = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "token_counts.jsonl").read_text().splitlines()
]
LONG = [row for row in COUNTED if row["tokens"] > 60]


def test_long_texts_are_never_taken_for_shorter_than_they_are() -> None:
    assert len(LONG) > 10
    assert all(estimate(row["text"]) >= row["tokens"] for row in LONG)


def test_nor_for_much_longer() -> None:
    said, counted = (sum(values) for values in zip(*_pairs(), strict=True))
    assert 1.0 <= said / counted <= 1.5


@pytest.mark.parametrize("text", ["", " ", "\n", "😀", "你好", "123456789", "a" * 50])
def test_any_text_has_an_estimate(text: str) -> None:
    assert estimate(text) >= (1 if text.strip() else 0)


def _pairs() -> list[tuple[int, int]]:
    return [(estimate(row["text"]), row["tokens"]) for row in COUNTED]
