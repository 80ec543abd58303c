"""What troubles the writer at work."""

import re

from bot.services import spanish
from bot.services.profile.cues import pattern
from bot.services.profile.reading import Found, Reading
from bot.services.profile.subjects import values

_SPAN_END = re.compile(r"[.?!;:()\n¿|]|,(?! (?:el|la|los|las) (?!verdad))|\s[-–—]\s|$")
_PRONOUN = re.compile(r"(?:^|\s)l[oa]s?\s+$")
_LONGEST_ITEM = 110


def find_pain_points(reading: Reading) -> tuple[str, ...]:
    """Return the spans after a cue, before one, or the clauses that are a complaint."""
    found = [
        *_after_cues(reading),
        *_before_cues(reading),
        *_clauses(reading),
        *_marked(reading),
    ]
    kept: list[Found] = []
    for item in found:
        apart = all(item.end <= other.start or other.end <= item.start for other in kept)
        if apart and _is_trouble(item):
            kept.append(item)
    return values(kept)


def _is_trouble(item: Found) -> bool:
    bare = spanish.strip_accents(item.value)
    barred = pattern("pain_points", "never", r"^(?:{})(?!\w)").search(bare)
    return 2 < len(bare) <= _LONGEST_ITEM and not barred


def _after_cues(reading: Reading) -> list[Found]:
    found: list[Found] = []
    for cue in reading.matches("pain_points", "after"):
        if not reading.is_earnest(cue):
            continue
        start = reading.skip(cue.end(), " :")
        end = _span_end(reading, start)
        place = start
        for joint in pattern("pain_points", "list_joints", r"\s+(?:{})(?!\w)\s*").finditer(
            reading.plain, start, end
        ):
            if " " in reading.plain[place : joint.start()].strip():
                found += _trimmed(reading, place, joint.start())
                place = joint.end()
        found += _trimmed(reading, place, end)
    return found


def _span_end(reading: Reading, start: int, stops: str = "stops") -> int:
    ending = _SPAN_END.search(reading.plain, start)
    end = ending.start() if ending else len(reading.plain)
    stop = pattern("pain_points", stops, r"(?:^|\s)(?:{})(?!\w)").search(reading.plain, start, end)
    return stop.start() if stop else end


def _before_cues(reading: Reading) -> list[Found]:
    found: list[Found] = []
    for cue in reading.matches("pain_points", "before"):
        start = _clause_start(reading, cue.start())
        denied = re.search(r"(?<!\w)(?:no|ya no|nunca)\s+$", reading.plain[start : cue.start()])
        if not denied and not reading.is_unreal(cue.start(), cue.end()):
            spans = _trimmed(reading, start, cue.start())
            # The cue belongs to the clause, so no other complaint may begin in it.
            found += [span._replace(end=cue.end()) for span in spans]
    return found


def _clauses(reading: Reading) -> list[Found]:
    found: list[Found] = []
    for cue in reading.matches("pain_points", "clause"):
        if reading.sentence_at(cue.start()).asks or reading.is_unreal(cue.start(), cue.end()):
            continue
        start = _with_subject(reading, cue.start())
        found += _trimmed(reading, start, _span_end(reading, cue.end(), "clause_stops"))
    return found


def _with_subject(reading: Reading, start: int) -> int:
    """Return where "los pedidos" of "los pedidos los paso a mano" begins, or `start`.

    "Llegan pedidos y los paso a mano" tells what is meant by "los" in front of it too.
    """
    clause = _clause_start(reading, start)
    before = reading.plain[clause:start]
    return clause if _is_phrase(before) or _PRONOUN.search(before) else start


def _is_phrase(words_before: str) -> bool:
    """Whether a piece of a clause only names something: "las planeaciones", "llevar cuentas"."""
    if pattern("pain_points", "acts").search(words_before):
        return False
    return pattern("pain_points", "phrase", r"^\W*(?:{})").match(words_before) is not None


def _marked(reading: Reading) -> list[Found]:
    """Find the clauses that are a complaint for a word anywhere in them."""
    found: list[Found] = []
    for cue in reading.matches("pain_points", "marks"):
        start = _clause_start(reading, cue.start())
        of_staff = pattern("pain_points", "staff", r"\W*(?:{})(?!\w)").match(reading.plain, start)
        earnest = reading.is_earnest(cue) or (of_staff and not reading.is_denied(cue.start()))
        if reading.sentence_at(start).asks or not earnest:
            continue
        end = _span_end(reading, cue.end(), "clause_stops")
        clause = reading.plain[start:end]
        beside = f"{reading.plain[start : cue.start()]} {reading.plain[cue.end() : end]}"
        told = _tells_of_a_task(beside, 1) or _tells_of_a_task(cue.group(), 2)
        if told and not pattern("pain_points", "calm").search(clause):
            found += _trimmed(reading, start, end)
    return found


def _tells_of_a_task(words_said: str, least: int) -> bool:
    """Whether `words_said` has at least `least` words that name something."""
    telling = pattern("pain_points", "vague", r"(?<!\w)(?!(?:{})(?!\w))[^\W\d]{4,}")
    return len(telling.findall(words_said)) >= least


def _trimmed(reading: Reading, start: int, end: int) -> list[Found]:
    leading = pattern("pain_points", "leading", r"[\s¿¡\"'«,]*(?:{})(?=\s)")
    while front := leading.match(reading.plain, start, end):
        start = front.end()
    value = reading.text[start:end].strip(" ¿¡\"'«»,.").lower()
    return [Found(value, start, end)] if value else []


def _clause_start(reading: Reading, end: int) -> int:
    start = reading.sentence_at(end).start
    for joint in pattern("pain_points", "joints", r"[,:(]|\s(?:{})\s").finditer(
        reading.plain, start, end
    ):
        if not _goes_on(reading, start, joint, end):
            start = joint.end()
    return start


def _goes_on(reading: Reading, start: int, joint: re.Match[str], end: int) -> bool:
    """Whether "y" joins two subjects of one complaint, or goes on about the first."""
    if joint.group().strip() not in {"y", "and"}:
        return False
    back = pattern("pain_points", "points_back", r"\s*(?:{})(?!\w)")
    both = (reading.plain[start : joint.start()], reading.plain[joint.end() : end])
    return back.match(reading.plain, joint.end()) is not None or all(map(_is_phrase, both))
