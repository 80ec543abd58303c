"""What a message says about its writer: name, trade, e-mail, budget, needs.

Every value is cut out of the text itself, and a doubtful one is left out: the adviser may ask
again, but must not call a person by their dog's name. The cues and word lists are data, in
``bot/data/intents/profile.toml`` and the lists beside it.
"""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from bot.models.understanding import Facts
from bot.services import spanish

_DATA = Path(__file__).parents[1] / "data" / "intents"
_LONGEST = 1500
_TOKEN = re.compile(r"[^\W_][\w'’.-]*[^\W_.]|[^\W_]")
_EMAIL = re.compile(
    r"(?<![\w.+-])[a-z0-9][\w.+-]*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?![\w@-])"
)
_LIST_JOINT = re.compile(r"\s*,\s*(?:y\s+)?|\s+(?:y|e|and)\s+(?:tambien\s+)?")
# A comma ends a span, unless an article shows that a list goes on.
_SPAN_END = re.compile(r"[.?!;:()\n]|,(?! (?:el|la|los|las) (?!verdad))|\s-\s|$")
_BESIDE_NAME = re.compile(r"(?:\s*,?\s*\d+ anos)?\s*[,.(]?\s*(?:por aca|por aqui)?\W*(?:y )?")
_LONGEST_ROLE, _LONGEST_NAME, _LONGEST_ITEM = 7, 4, 60


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((_DATA / "profile.toml").read_text(encoding="utf-8"))


@cache
def _pattern(section: str, key: str, form: str = r"(?<!\w)(?:{})(?!\w)") -> re.Pattern[str]:
    """Return one alternation of the patterns under `section.key`, set in `form`."""
    found: list[str] = _table()[section][key] if section else _table()[key]
    return re.compile(form.format("|".join(found)))


def extract(text: str) -> Facts:
    """Return what `text` says about its writer; unsaid and doubtful fields stay empty.

    Name, company, role and the spans of ``interests`` and ``pain_points`` are pieces of the
    text. ``budget`` is a plain amount in ``currency`` (ISO 4217), or in no stated one.
    """
    text = unicodedata.normalize("NFC", text[:_LONGEST]).replace("’", "'")
    plain = spanish.mirror(text)
    if _pattern("", "distrust").search(plain):
        return Facts()
    name, after_name = _name(text, plain)
    role, after_role = _role(text, plain, after_name)
    budget, currency = _budget(plain)
    return Facts(
        name=name,
        role=role,
        company=_company(text, plain, after_role, name),
        email=_email(plain),
        level=_level(plain),
        modality=_modality(plain),
        budget=budget,
        currency=currency,
        interests=_interests(text, plain),
        pain_points=_pain_points(text, plain),
    )


def _name(text: str, plain: str) -> tuple[str | None, int | None]:
    """Return the writer's name and where it ends; a correction outranks a statement."""
    for cue in ("correction", "statement", "bare"):
        for match in _pattern("name", cue, r"(?<!\w)(?:{})(?!\w)\s*").finditer(plain):
            if cue != "correction" and _denied(plain, match.start()):
                continue
            if found := _name_at(text, plain, match.end(), trusting=cue == "statement"):
                return found
    return _name_by_position(text, plain)


def _denied(plain: str, start: int) -> bool:
    return (
        re.search(r"(?:(?<!\w)(?:no|ni|tampoco|si)|not)\s+(?:yo\s+)?$", plain[:start]) is not None
    )


_OPENING = re.compile(r"^\W*(?:(?:hola|buen[oa]s(?: dias| tardes| noches)?|buen dia)[\s,.!:]+)?")
_BY_POSITION = re.compile(
    r"\s*,\s*(?:tengo )?\d{2} anos|\s+(?:por aca|por aqui|de este lado)(?!\w)"
)
_SIGNATURE = re.compile(r"(?:^|[,.\n])\s*(?=(?:dra?|lic|ing|arq|mtr[oa]|prof)\.\s*\w)")


def _name_by_position(text: str, plain: str) -> tuple[str | None, int | None]:
    """Find a name that opens the message ("Andrés, 34 años") or signs it ("Lic. Ana Paz")."""
    opening = _OPENING.match(plain)
    start = opening.end() if opening else 0
    found = _name_at(text, plain, start, trusting=False)
    if found and _BY_POSITION.match(plain, found[1]):
        return found
    if re.search(r"(?<!\w)(?:soy|saludos)(?!\w)", plain):
        for match in _SIGNATURE.finditer(plain):
            if found := _name_at(text, plain, match.end(), trusting=False):
                return found
    return None, None


@cache
def _title() -> re.Pattern[str]:
    return re.compile(
        rf"(?:(?:{'|'.join(_table()['name']['titles'])})\b\.?\s*)+(?=[^\W\d])|[\s:,]+"
    )


def _name_at(text: str, plain: str, start: int, trusting: bool) -> tuple[str, int] | None:
    """Return the name that starts at `start`; `trusting` also takes unknown lower-case words."""
    while (title := _title().match(plain, start)) and title.end() > start:
        start = title.end()
    tokens = _name_tokens(text, plain, start, trusting)
    while tokens and tokens[-1].group().lower() in _table()["name"]["particles"]:
        tokens.pop()
    if not tokens:
        return None
    end = tokens[-1].end()
    return spanish.proper_case(text[start:end], _table()["name"]["particles"]), end


def _name_tokens(text: str, plain: str, start: int, trusting: bool) -> list[re.Match[str]]:
    tokens: list[re.Match[str]] = []
    position = start
    while len(tokens) <= _LONGEST_NAME and (token := _TOKEN.match(text, position)):
        if not _is_name_part(token, plain, first=not tokens, trusting=trusting, known=tokens):
            break
        tokens.append(token)
        gap = re.compile(r"[ ]+").match(text, token.end())
        if gap is None:
            break
        position = gap.end()
    return tokens


def _is_name_part(
    token: re.Match[str], plain: str, first: bool, trusting: bool, known: list[re.Match[str]]
) -> bool:
    word = plain[token.start() : token.end()].rstrip(".")
    if any(char.isdigit() for char in word):
        return False
    capital = token.group()[0].isupper()
    if not first and word in _table()["name"]["particles"]:
        following = _TOKEN.match(token.string, token.end() + 1)
        if following is None or not following.group()[0].isupper() or known[0].group().islower():
            return False
        return word != "de" or spanish.mirror(following.group()) not in spanish.word_list("places")
    names = spanish.word_list("given_names")
    if word in spanish.word_list("not_names") or _is_trade(word):
        return False
    if first:
        place = word in spanish.word_list("places")
        return word in names or (not place and len(word) > 1 and (capital or trusting))
    return (capital and known[0].group()[0].isupper()) or word in names


def _is_trade(word: str) -> bool:
    """Whether `word` opens an occupation, in its masculine, feminine or plural form."""
    forms = {word, re.sub("a$", "o", word), re.sub("([rnzs])a$", r"\1", word)}
    return bool(forms & spanish.word_list("trades")) or (
        _pattern("role", "endings", r"\w+(?:{})$").match(word) is not None
    )


def _role(text: str, plain: str, after_name: int | None) -> tuple[str | None, int | None]:
    """Return the occupation and where it ends: said outright, beside the name, or an area."""
    for match in _pattern("role", "cues", r"(?<!\w)(?:{})(?!\w)\s+").finditer(plain):
        if not _denied(plain, match.start()) and (found := _role_at(text, plain, match.end())):
            return found
    if after_name is not None:
        beside = _BESIDE_NAME.match(plain, after_name)
        if beside and (found := _role_at(text, plain, beside.end())):
            return found
    return _area(text, plain)


def _role_at(text: str, plain: str, start: int) -> tuple[str, int] | None:
    first = _TOKEN.match(plain, start)
    if first is None or not _is_trade(first.group()) or first.group() in _table()["role"]["never"]:
        return None
    end, position = first.end(), first.end()
    for _ in range(_LONGEST_ROLE):
        gap = re.compile(r"\.?[ ]+").match(plain, position)
        token = gap and _TOKEN.match(plain, gap.end())
        if not token or token.group() in _table()["role"]["stops"]:
            break
        if text[token.start()].isupper() and token.group() not in spanish.word_list(
            "areas", by_line=True
        ):
            break
        position = token.end()
        if token.group() not in {"de", "del", "la", "el", "los", "las", "un", "una"}:
            end = position
    return text[start:end].lower(), end


def _area(text: str, plain: str) -> tuple[str | None, int | None]:
    areas = sorted(spanish.word_list("areas", by_line=True), key=len, reverse=True)
    known = re.compile(rf"(?:{'|'.join(areas)})(?!\w)")
    for match in _pattern("role", "area_cues", r"(?<!\w)(?:{})(?!\w)\s+").finditer(plain):
        if not _denied(plain, match.start()) and (area := known.match(plain, match.end())):
            return text[area.start() : area.end()].lower(), area.end()
    return None, None


def _company(text: str, plain: str, after_role: int | None, name: str | None) -> str | None:
    """Return the writer's company: named after a cue, after their trade, or by its first word."""
    for match in _pattern("company", "cues", r"(?<!\w)(?:{})(?!\w)[\s,:]+").finditer(plain):
        if not _denied(plain, match.start()) and (found := _proper_noun(text, plain, match.end())):
            return found
    if after_role is not None:
        joint = _pattern("company", "after_role", r"[ ,]*(?:{})(?!\w)\s+(?:la |el )?").match(
            plain, after_role
        )
        if joint and (found := _proper_noun(text, plain, joint.end())):
            return found
    if name is None and after_role is None:
        return None
    for match in _pattern("company", "heads", r"(?:,|(?<!\w)en)\s+(?=(?:{})\s)").finditer(plain):
        if found := _proper_noun(text, plain, match.end()):
            return found
    return None


def _proper_noun(text: str, plain: str, start: int) -> str | None:
    tokens: list[re.Match[str]] = []
    token = _TOKEN.match(text, start)
    while token:
        word = plain[token.start() : token.end()]
        if not (token.group()[0].isupper() or (tokens and word in _table()["company"]["joins"])):
            break
        tokens.append(token)
        gap = re.compile(r"[ ]+(?:& )?").match(text, token.end())
        token = gap and _TOKEN.match(text, gap.end())
    while tokens and tokens[-1].group().islower():
        tokens.pop()
    no_company = spanish.word_list("places") | spanish.word_list("not_names")
    if not tokens or plain[tokens[0].start() : tokens[0].end()] in no_company:
        return None
    return text[start : tokens[-1].end()]


def _email(plain: str) -> str | None:
    """Return the first address the writer does not disown, in lower case."""
    disowned = _pattern("email", "disowned")
    for match in _EMAIL.finditer(plain):
        around = plain[max(0, match.start() - 45) : match.end() + 25]
        if not disowned.search(around.replace(match.group(), " ")):
            return match.group()
    return None


def _level(plain: str) -> str | None:
    for clause, _ in spanish.sentences(plain):
        if _pattern("level", "never").search(clause):
            continue
        for level in ("avanzado", "intermedio", "principiante"):
            if _pattern("level", level).search(clause):
                return level
    return None


_MODALITIES = {"online": "online", "presencial": "presencial", "hibrido": "híbrido"}


def _modality(plain: str) -> str | None:
    """Return the modality the writer prefers; a question or a rejection is no preference."""
    for clause, asks in spanish.sentences(plain):
        if _prefers(clause, asks) and (chosen := _chosen_modality(clause)):
            return chosen
    return None


def _prefers(clause: str, asks: bool) -> bool:
    if _pattern("modality", "asking").search(clause):
        return False
    first = min((hit.start() for hit in _modality_hits(clause)), default=None)
    if first is None:
        return False
    cue = _pattern("modality", "preference").search(clause)
    bare = not asks and first <= 5 and len(clause.split()) <= 8
    return bare or (cue is not None and not (asks and cue.start() > first))


def _modality_hits(clause: str) -> list[re.Match[str]]:
    return [hit for kind in _MODALITIES for hit in _pattern("modality", kind).finditer(clause)]


def _chosen_modality(clause: str) -> str | None:
    kept = {
        kind
        for kind in _MODALITIES
        if any(not _rejected(clause, hit) for hit in _pattern("modality", kind).finditer(clause))
    }
    if "hibrido" in kept or (len(kept) == 2 and re.search(r"\by\b", clause)):
        return "híbrido"
    return _MODALITIES[kept.pop()] if len(kept) == 1 else None


def _rejected(clause: str, hit: re.Match[str]) -> bool:
    before = _pattern("modality", "rejected_before", r"(?:^|[^\w])(?:{})\s+(?:lo |la )?$")
    after = _pattern("modality", "rejected_after", r"^\s+(?:{})(?!\w)")
    left = re.split(r"[,:]", clause[: hit.start()])[-1]
    return bool(before.search(left) or after.search(clause[hit.end() :]))


def _budget(plain: str) -> tuple[float | None, str | None]:
    """Return the amount the writer has or would pay, and its ISO 4217 code when stated."""
    for clause, _ in spanish.sentences(plain):
        for amount in spanish.amounts(clause):
            if _is_own_money(clause, amount):
                return amount.value, amount.currency
    return None, None


def _is_own_money(clause: str, amount: spanish.Amount) -> bool:
    before, after = clause[: amount.start], clause[amount.end :]
    if _pattern("budget", "never", r"(?<!\w)(?:{})[\s:]*$").search(before):
        return False
    if _pattern("budget", "not_money", r"^\s*(?:{})(?!\w)").search(after):
        return False
    if amount.is_money and _pattern("budget", "cues_after").search(after):
        return True
    key = "cues" if amount.is_money else "money_cues"
    return _pattern("budget", key).search(before) is not None


def _span(text: str, plain: str, section: str, start: int) -> str:
    """Return the lower-case text from `start` to the end of what it names."""
    ending = _SPAN_END.search(plain, start)
    end = ending.start() if ending else len(plain)
    stop = _pattern(section, "stops", r"(?:{})(?!\w)").search(plain, start, end)
    return text[start : stop.start() if stop else end].strip().lower()


def _trimmed(item: str, section: str) -> str:
    """Take articles and the like off the front of `item`, which is written as it was typed."""
    leading = _pattern(section, "leading", r"(?:{})\s+")
    item = item.strip(" ¿¡\"'«»,.")
    while match := leading.match(spanish.mirror(item)):
        item = item[match.end() :]
    return item


def _interests(text: str, plain: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for match in _pattern("interests", "cues", r"(?<!\w)(?:{})(?!\w)\s+").finditer(plain):
        if _denied(plain, match.start()):
            continue
        for item in _LIST_JOINT.split(_span(text, plain, "interests", match.end())):
            subject = _trimmed(item, "interests")
            if _is_subject(subject, "interests"):
                found.setdefault(subject)
    for match in _pattern("interests", "direct", r"(?<!\w)(?:{})\s+").finditer(plain):
        span = _span(text, plain, "interests", match.end())
        if not _denied(plain, match.start()) and _names_a_subject(span):
            items = [_trimmed(item, "interests") for item in _LIST_JOINT.split(span)]
            found.update(dict.fromkeys(item for item in items if _is_subject(item, "interests")))
    return _without_parts(list(found))


def _names_a_subject(span: str) -> bool:
    opening = " ".join(spanish.mirror(span).split()[:5])
    return _pattern("interests", "subjects").search(opening) is not None


def _is_subject(item: str, section: str) -> bool:
    barred = _pattern(section, "never", r"^(?:{})(?!\w)").search(spanish.strip_accents(item))
    return 1 < len(item) <= _LONGEST_ITEM and not barred


def _without_parts(items: list[str]) -> tuple[str, ...]:
    """Drop what another item already contains."""
    return tuple(
        item for item in items if not any(item != other and item in other for other in items)
    )


def _pain_points(text: str, plain: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for match in _pattern("pain_points", "after", r"(?<!\w)(?:{})(?!\w)\s+").finditer(plain):
        for item in _span(text, plain, "pain_points", match.end()).split(" y con "):
            found.setdefault(_trimmed(item, "pain_points"))
    for match in _pattern("pain_points", "before", r"\s+(?:{})(?!\w)").finditer(plain):
        found.setdefault(_trimmed(_clause_before(text, plain, match.start()), "pain_points"))
    for match in _pattern("pain_points", "clause", r"(?<!\w)(?:{})(?!\w)").finditer(plain):
        found.setdefault(match.group())
    return _without_parts([item for item in found if _is_subject(item, "pain_points")])


def _clause_before(text: str, plain: str, end: int) -> str:
    """Return the part of the clause that ends at `end`, in lower case."""
    opening = re.compile(r".*(?:[.,;:?!\n]\s*|\b(?:y|pero) (?=\w))", re.DOTALL).match(plain, 0, end)
    return text[opening.end() if opening else 0 : end].strip().lower()
