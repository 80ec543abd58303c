"""What words promise without a figure: discounts, certificates, levels, things handed out."""

import re
from collections.abc import Iterator, Sequence

from bot.services.catalogue.words import lexeme
from bot.services.fact_gate.draft import Draft
from bot.services.fact_gate.given import LANGUAGE, LEVEL, MODALITY, texts
from bot.services.fact_gate.reading import lexemes, words
from bot.services.fact_gate.rules import Promise, rules
from bot.services.fact_gate.sources import Source
from bot.services.spanish import mirror, plain
from bot.services.vocabulary import LANGUAGES, LEVELS, MODALITIES

_CHOSEN = {LEVEL: LEVELS, MODALITY: MODALITIES, LANGUAGE: LANGUAGES}
_HYBRID = "hibrido"
_IN_PERSON = ("presencial", "en persona")
_OF_ALL_OF_IT = re.compile(r"(?:modalidad|\bes|cursos?|taller|%|mente)(?: \w+)?[ :*]*$")
_OF_A_PART = re.compile(
    r"\b(?:sesion(?:es)?|encuentros?|clases?|parte|demas|otr[ao]s|resto|dias?|solo|dos|tres|cuatro"
    r"|cinco|\d+)(?: \w+){0,3} $"
)
_LISTED = re.compile(r"(?:\s*\n\s*[^\w\s¿¡][^\n]*)+")
_LINKS = ("de", "para", "con")
_LEAST_LETTERS, _MOST_WORDS = 4, 2


def unfounded_promises(draft: Draft) -> Iterator[str]:
    """Promises that no fact makes."""
    for promise in rules().promises:
        for match in promise.told.finditer(draft.text.plain):
            if promise.is_absolute or not draft.text.is_denied(match.start(), len(match[0])):
                sources = (*draft.sources(*match.span()), draft.school)
                sentence = draft.sentence(match.start())
                if not any(_bears_out(each, promise, match[0], sentence) for each in sources):
                    yield f"{promise.name}: {match[0]}"


def _bears_out(source: Source, promise: Promise, told: str, sentence: str) -> bool:
    """Whether a fact promises the same; a condition of it has to be told as well."""
    if promise.level and plain(str(source.facts.get(LEVEL))) == promise.level:
        return True
    bearing = [
        text for each in texts(source.facts) if promise.borne_out.search(text := mirror(each))
    ]
    if not bearing or not promise.word_for_word:
        return bool(bearing)
    if not promise.has_conditions:
        return lexemes(told) <= source.lexemes
    conditions = (lexemes(fact) - lexemes(f"{told} curso") for fact in bearing)
    return any(each <= lexemes(sentence) for each in conditions)


def misnamed(draft: Draft) -> Iterator[str]:
    """Levels, modalities and languages that are not the course's."""
    for name in _CHOSEN:
        for match in rules().cues[f"says_{name}"].finditer(draft.text.plain):
            if not _is_so(name, match, draft) and not _is_no_claim(match, draft):
                yield f"{name}: {match[0].strip()}"


def _is_so(name: str, match: re.Match[str], draft: Draft) -> bool:
    word = _word(match)
    meant = next(
        (key for key, said in _CHOSEN[name].items() if any(word.startswith(each) for each in said)),
        word,
    )
    sources = draft.sources(*match.span())
    known = [plain(str(each.facts[name])) for each in sources if name in each.facts]
    if any(plain(meant) in fact or lexeme(word) in lexemes(fact) for fact in known):
        return True
    if _HYBRID in known:
        return _is_a_part_of_it(match, draft)
    return any(word in each.text for each in sources)


def _is_a_part_of_it(match: re.Match[str], draft: Draft) -> bool:
    """Of a hybrid course some sessions are online and some in person."""
    before = draft.text.plain[: match.start()]
    if _HYBRID in draft.text.plain or _OF_A_PART.search(before):
        return True
    return _word(match).startswith(_IN_PERSON) and not _OF_ALL_OF_IT.search(before)


def _is_no_claim(match: re.Match[str], draft: Draft) -> bool:
    sentence = draft.sentence(match.start()).rstrip()
    if sentence.endswith("?") or rules().cues["offers"].search(sentence):
        return True
    if draft.text.is_denied(match.start()) or _word(match) in draft.person.text:
        return True
    return bool(rules().cues["their_wish"].search(sentence)) and _word(match) in mirror(
        draft.given.message
    )


def _word(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group)


def unknown_goods(draft: Draft) -> Iterator[str]:
    """Something that is handed out, such as a template or a kit, and is not the course's."""
    for start, end in draft.text.sentences:
        cue = rules().cues["hands_out"].search(draft.text.plain, start, end)
        if cue and not draft.text.is_denied(cue.end()):
            told = words(draft.text.plain[cue.end() : _end_of_list(draft, end)])
            known = {
                lexeme(word)
                for source in (*draft.sources(*cue.span()), draft.school)
                for word in words(source.text)
            }
            yield from (f"bonus: {each}" for each in _unknown(told, known))


def _unknown(told: Sequence[str], known: set[str]) -> Iterator[str]:
    for place, word in enumerate(told):
        if word in rules().words["goods"]:
            goods = (word, *_of_what(told[place + 1 :]))
            if not {lexeme(each) for each in goods} <= known:
                yield " ".join(goods)


def _of_what(following: Sequence[str]) -> list[str]:
    """The words that say of what something is: "plantilla *de presupuesto*"."""
    if not following or following[0] not in _LINKS:
        return []
    return [word for word in following[1:4] if len(word) >= _LEAST_LETTERS][:_MOST_WORDS]


def _end_of_list(draft: Draft, end: int) -> int:
    """Where the list ends that a sentence with a colon announces; else its own end."""
    if not draft.text.plain[:end].rstrip(" *_\n").endswith(":"):
        return end
    listed = _LISTED.match(draft.text.plain, end)
    return listed.end() if listed else end
