"""What a message says about its writer: name, trade, e-mail, budget, needs.

Every value is cut out of the text itself, and a doubtful one is left out: the adviser may ask
again, but must not call a person by their dog's name. The cues and word lists are data, in
``bot/data/intents/profile.toml`` and the lists beside it.
"""

from bot.models.understanding import Facts
from bot.services.profile.budgets import find_budget
from bot.services.profile.companies import find_company
from bot.services.profile.cues import pattern
from bot.services.profile.emails import find_email
from bot.services.profile.names import find_name
from bot.services.profile.preferences import find_level, find_modality
from bot.services.profile.reading import Found, read
from bot.services.profile.roles import find_role
from bot.services.profile.subjects import find_interests, find_refused, find_taken, values
from bot.services.profile.troubles import find_pain_points

__all__ = ["extract"]


def extract(text: str) -> Facts:
    """Return what `text` says about its writer; unsaid and doubtful fields stay empty.

    Name, company, role and the spans of ``interests`` and ``pain_points`` are pieces of the
    text. ``budget`` is a plain amount in ``currency`` (ISO 4217), or in no stated one.
    """
    reading = read(text)
    if pattern("context", "distrust").search(reading.plain):
        return Facts()
    name = find_name(reading)
    role = find_role(reading, name)
    budget, currency = find_budget(reading)
    level, is_level_said = find_level(reading)
    taken, refused = find_taken(reading), find_refused(reading)
    is_card = name is not None and not name.is_sure
    said = (("name", _is_sure(name)), ("role", _is_sure(role)), ("level", is_level_said))
    return Facts(
        name=name.value if name else None,
        role=role.value if role else None,
        company=find_company(reading, name, role),
        email=find_email(reading),
        level=level,
        modality=find_modality(reading),
        budget=budget,
        currency=currency,
        interests=find_interests(reading, (*taken, *refused, *([role] if role else [])), is_card),
        pain_points=find_pain_points(reading),
        taken=values(list(taken)),
        refused=values(list(refused)),
        unsure=frozenset(field for field, is_said in said if not is_said),
    )


def _is_sure(found: Found | None) -> bool:
    return found is None or found.is_sure
