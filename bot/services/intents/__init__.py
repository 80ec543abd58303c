"""What a message asks for: one of 18 intents, decided by rules a person can read."""

import unicodedata

from bot.models.understanding import Guess, Intent
from bot.services.intents.rules import Evidence, RuleBook, rule_book
from bot.services.spanish import fold

__all__ = ["classify"]

_LONGEST = 1500
"""Characters read; a longer message has said what it wants by then."""
_CONTENDER = 0.6
"""Share of the best score with which an intent still takes part in the precedence."""
_DECISIVE = 3.5
"""Score from which precedence decides; below it the strongest evidence does."""
_SURE, _FLOOR, _STEP, _RIVALRY = 0.97, 0.3, 0.13, 0.1
_WORDLESS, _ON_TOPIC, _RESIDUAL = 0.8, 0.3, 0.2


def classify(text: str) -> Guess:
    """Return the intent of one message and a confidence from 0 to 1.

    The rules, their weights and the order of precedence are ``bot/data/intents/rules.toml``.
    Below 0.4 no rule matched: the intent is only the likelier of the two residual classes.
    """
    if not text.strip():
        return Guess(Intent.GENERAL_QUESTION, 0.0)
    padded = _padded(text[:_LONGEST])
    if not padded.strip(" ?"):
        return _wordless(text)
    book = rule_book()
    found = [evidence for rule in book.rules if (evidence := rule.weigh(padded))]
    return _decide(found, book) if found else _residual(padded, book)


def _padded(text: str) -> str:
    """Fold `text` but keep each question mark as a word of its own."""
    return f" {' ? '.join(fold(part) for part in text.split('?'))} ".replace("  ", " ")


def _wordless(text: str) -> Guess:
    if any(unicodedata.category(char) in {"So", "Sk"} for char in text):
        return Guess(Intent.COURTESY, _WORDLESS)
    return Guess(Intent.GENERAL_QUESTION, _RESIDUAL)


def _residual(padded: str, book: RuleBook) -> Guess:
    if book.on_topic.search(padded):
        return Guess(Intent.GENERAL_QUESTION, _ON_TOPIC)
    if book.question.search(padded):
        return Guess(Intent.GENERAL_QUESTION, _RESIDUAL)
    return Guess(Intent.OFF_TOPIC, _RESIDUAL)


def _decide(found: list[Evidence], book: RuleBook) -> Guess:
    """Pick the winner among `found`, which is in order of precedence and not empty."""
    best = max(evidence.score for evidence in found)
    share = _CONTENDER if best >= _DECISIVE else 1.0
    contenders = [
        each
        for each in found
        if each.score >= best * share or (each.intent in book.rights and each.score >= _DECISIVE)
    ]
    winner = _first_objection(_obstacle(contenders, book), book)
    return Guess(winner.intent, _confidence(winner, contenders))


def _obstacle(contenders: list[Evidence], book: RuleBook) -> list[Evidence]:
    """Drop obstacles that only frame the request stated after them (boundary rule 5)."""
    kept = [
        each
        for each in contenders
        if not any(
            other.intent in book.yields.get(each.intent, ()) and other.start > each.start
            for other in contenders
        )
    ]
    return kept or contenders


def _first_objection(contenders: list[Evidence], book: RuleBook) -> Evidence:
    """Return the first by precedence; of two objections, the one stated first."""
    first = contenders[0]
    if first.intent not in book.objections:
        return first
    return min(
        (each for each in contenders if each.intent in book.objections),
        key=lambda each: each.start,
    )


def _confidence(winner: Evidence, contenders: list[Evidence]) -> float:
    rivals = sum(each.score for each in contenders if each is not winner)
    sure = _FLOOR + _STEP * winner.score - (_RIVALRY if rivals >= winner.score else 0.0)
    return round(max(min(sure, _SURE), 0.4), 3)
