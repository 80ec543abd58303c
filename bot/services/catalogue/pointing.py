"""Which of the courses spoken of a message points at: "el segundo", "el otro", "el de 199"."""

from decimal import Decimal
from uuid import UUID

from bot.errors import StoreUnavailable
from bot.models.catalogue import Course
from bot.models.context import Context, Mention
from bot.models.understanding import Intent
from bot.services import money
from bot.services.catalogue.findings import Wanted
from bot.services.catalogue.recommendations import course_id
from bot.services.catalogue.search import find, read_query
from bot.services.catalogue.words import lexeme, tokens
from bot.stores.catalogue import CatalogueReader

ABOUT_ONE = frozenset(
    {
        Intent.COURSE_DETAILS,
        Intent.PRICE_INQUIRY,
        Intent.BUYING_SIGNALS,
        Intent.FREE_RESOURCES,
    }
)
"""What is asked of one course, and answered of the one at hand if none is named."""


def is_course_name(name: str) -> bool:
    """Whether some course has what ``name`` says in its name; asks nobody."""
    try:
        query = read_query(name)
    except StoreUnavailable:
        return False
    return query.answered and any(concept.is_named for concept in query.subject)


def spoken_of(wanted: Wanted, reader: CatalogueReader) -> list[Course]:
    """The courses of the last list, or the two last spoken of; none when there is no choice."""
    context = wanted.context
    two = (context.course, context.before)
    is_of_two = all(two) and wanted.reference.is_of_two
    mentions = context.shown if len(context.shown) > 1 and not is_of_two else two
    ids = [course_id(mention.id_course) for mention in mentions if mention]
    known = [each for each in ids if each]
    return reader.of_ids(known) if len(known) > 1 else []


def id_meant(wanted: Wanted, reader: CatalogueReader) -> UUID | None:
    """The one course that a message points at; None when it points at none."""
    reference, context = wanted.reference, wanted.context
    if reference.is_other:
        other = _the_other(context)
        return course_id(other.id_course) if other else None
    is_place = reference.place and "session" not in wanted.details
    if is_place and (mention := _at_place(reference.place or 0, context)):
        return course_id(mention.id_course)
    if reference.price is not None:
        return _id_of_price(reference.price, wanted, reader)
    if len(reference.names) == 1 and (named := id_named(reference.names[0], context, reader)):
        return named if _may_turn_to(named, wanted) else None
    if reference.is_same and context.course and wanted.intent is not Intent.AUTOMATION_NEED:
        return course_id(context.course.id_course)
    return None


def _at_place(place: int, context: Context) -> Mention | None:
    number = place if place < 0 else place - 1
    return context.shown[number] if context.shown and number < len(context.shown) else None


def _id_of_price(price: Decimal, wanted: Wanted, reader: CatalogueReader) -> UUID | None:
    of_price = (each for each in spoken_of(wanted, reader) if money.amount(each.price) == price)
    found = next(of_price, None)
    return found.id_course if found else None


def _may_turn_to(named: UUID, wanted: Wanted) -> bool:
    """Whoever explores is shown a list, unless the course was spoken of already."""
    mentions = (*wanted.context.shown, wanted.context.course, wanted.context.before)
    known = {each.id_course for each in mentions if each}
    return wanted.intent in ABOUT_ONE or str(named) in known


def _the_other(context: Context) -> Mention | None:
    """Of two courses, the one that is not under discussion."""
    current = context.course and context.course.id_course
    others = [mention for mention in context.shown if mention.id_course != current]
    return others[0] if len(others) == 1 else context.before


def _mention_of(name: str, context: Context) -> Mention | None:
    """The course spoken of that has every word of ``name`` in its name, if just one has."""
    wanted = {lexeme(word) for word in tokens(name)}
    known = (*context.shown, context.course, context.before)
    mentions = {each.id_course: each for each in known if each}
    fitting = [
        mention
        for mention in mentions.values()
        if wanted and wanted <= {lexeme(word) for word in tokens(mention.name)}
    ]
    return fitting[0] if len(fitting) == 1 else None


def id_named(name: str, context: Context, reader: CatalogueReader) -> UUID | None:
    """The course spoken of that has this name, else the best that is called so."""
    mention = _mention_of(name, context)
    if mention:
        return course_id(mention.id_course)
    matches = find(read_query(name), reader, 1) if is_course_name(name) else []
    return matches[0].course.id_course if matches else None
