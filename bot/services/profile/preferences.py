"""The writer's own level and the modality they prefer."""

import re
from collections.abc import Iterator

from bot.services.profile.cues import is_place, pattern, words
from bot.services.profile.reading import Reading, Sentence

_LEVELS = ("avanzado", "intermedio", "principiante")
_MODALITIES = {"online": "online", "presencial": "presencial", "hibrido": "híbrido"}
_OWN, _WANTED, _BARE, _NOT = 3, 2, 1, 0


def find_level(reading: Reading) -> tuple[str | None, bool]:
    """Return the writer's level and whether they said it; what they are beats what they want."""
    stated = _stated_level(reading)
    found = [(stance, level) for stance, level in (*stated, *_level_words(reading)) if stance]
    if found:
        return max(found, key=lambda each: each[0])[1], True
    for level in _LEVELS:
        for cue in reading.matches("level", f"{level}_shows"):
            if not reading.is_unreal(cue.start()):
                return level, False
    return None, True


def _stated_level(reading: Reading) -> Iterator[tuple[int, str]]:
    for level in _LEVELS:
        for cue in reading.matches("level", f"{level}_said"):
            sentence = reading.sentence_at(cue.start())
            if sentence.asks and pattern("level", "of_course").search(
                reading.plain, sentence.start, cue.start()
            ):
                continue
            if not reading.is_unreal(cue.start()) and not reading.is_denied(cue.start()):
                yield _OWN, level


def _level_words(reading: Reading) -> Iterator[tuple[int, str]]:
    for sentence in reading.sentences:
        for level in _LEVELS:
            for hit in pattern("level", level).finditer(
                reading.plain, sentence.start, sentence.end
            ):
                yield _stance(reading, "level", sentence, hit), level


def find_modality(reading: Reading) -> str | None:
    """Return the modality the writer prefers; a question or a rejection is no preference."""
    for sentence in reading.sentences:
        hits = [
            (kind, hit)
            for kind in _MODALITIES
            for hit in pattern("modality", kind).finditer(
                reading.plain, sentence.start, sentence.end
            )
        ]
        kept = {
            kind: stance
            for kind, hit in hits
            if (stance := _stance(reading, "modality", sentence, hit))
        }
        if kept and (chosen := _chosen(reading, sentence, kept)):
            return chosen
    return None


def _chosen(reading: Reading, sentence: Sentence, kept: dict[str, int]) -> str | None:
    whole = reading.plain[sentence.start : sentence.end]
    if "hibrido" in kept:
        return "híbrido"
    if len(kept) == 1:
        return _MODALITIES[next(iter(kept))]
    return "híbrido" if pattern("modality", "both").search(whole) else None


def _stance(reading: Reading, section: str, sentence: Sentence, hit: re.Match[str]) -> int:
    """Return how far the level or modality at `hit` is the writer's own; 0 for not at all."""
    before = reading.plain[sentence.start : hit.start()]
    after = reading.plain[hit.end() : sentence.end]
    if _is_rejected(section, before, after) or reading.is_unreal(hit.start()):
        return _NOT
    nearest = _nearest(section, before)
    if sentence.asks and nearest != _OWN:
        strong = pattern(section, "strong").search(before)
        return _WANTED if strong and nearest == _WANTED else _NOT
    if nearest is not None:
        return nearest
    if pattern(section, "own_after", r"^[\s,]*(?:{})(?!\w)").search(after):
        return _WANTED
    return _BARE if _is_bare(reading, sentence, hit, section) else _NOT


def _is_rejected(section: str, before: str, after: str) -> bool:
    if pattern(section, "asking").search(before):
        return True
    left = re.split(r"[,:;]|(?<!no )\b(?:pero|sino|porque|prefiero|quiero|mejor)\b", before)[-1]
    compared = pattern(section, "compared", r"(?:{}) (?:lo |la |el |algo )?$").search(before)
    return bool(
        compared
        or pattern(section, "rejected_before", r"(?<!\w)(?:{})\s+(?:lo |la |el )?$").search(left)
        or pattern(section, "rejected_after", r"^[\s,]+(?:{})(?!\w)").search(after)
    )


def _nearest(section: str, before: str) -> int | None:
    """Return whose the last cue in `before` says it is, or None without a cue."""
    last: dict[int, int] = {}
    for stance, key in ((_NOT, "of_course"), (_WANTED, "wanted"), (_OWN, "own")):
        for cue in pattern(section, key).finditer(before):
            last[stance] = cue.end()
    return max(last, key=lambda stance: (last[stance], stance)) if last else None


def _is_bare(reading: Reading, sentence: Sentence, hit: re.Match[str], section: str) -> bool:
    for start, end in reading.segments(sentence):
        if start <= hit.start() < end:
            rest = reading.plain[start : hit.start()] + " " + reading.plain[hit.end() : end]
            left = [word for word in re.findall(r"\w+", rest) if not is_place(word)]
            return all(word in words(section, "filler") for word in left)
    return False
