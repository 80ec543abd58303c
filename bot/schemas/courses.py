"""The course API's shapes, for reading."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from bot.schemas.storable import storable
from bot.services.catalogue import SORT_KEYS

_PRICE = validate.Range(0, 10**12)
# apispec writes the limits of a decimal as texts; these are numbers.
_PRICE_LIMITS = {"minimum": 0, "maximum": 10**12}
_LOCAL = {"format": "date-time-local"}
_STORABLE = {"pattern": r"^[^\u0000]*$"}


class CourseSchema(Schema):
    """A course, with the columns of ``ai_courses``; prices and levels as the school wrote them."""

    id_course = fields.UUID(required=True)
    name = fields.Str(allow_none=True)
    short_description = fields.Str(allow_none=True)
    long_descrption = fields.Str(allow_none=True)
    created_at = fields.AwareDateTime()
    session_count = fields.Int(allow_none=True)
    total_duration_min = fields.Int(allow_none=True)
    price = fields.Str(allow_none=True)
    currency = fields.Str(allow_none=True)
    course_url = fields.Str(allow_none=True)
    purchase_url = fields.Str(allow_none=True)
    level = fields.Str(allow_none=True)
    language = fields.Str(allow_none=True)
    audience_category = fields.Str(allow_none=True)
    status = fields.Str(allow_none=True)
    start_date = fields.NaiveDateTime(allow_none=True, metadata=_LOCAL)
    end_date = fields.NaiveDateTime(allow_none=True, metadata=_LOCAL)
    roi = fields.Str(allow_none=True)
    modality = fields.Str()


class ActivitySchema(Schema):
    """A subtopic or exercise of a session."""

    id_activity = fields.UUID()
    item_session = fields.Int()
    item_type = fields.Str()
    title_item = fields.Str()


class ElementSchema(Schema):
    """A video or document of a session."""

    id_element = fields.UUID()
    id_activity_fk = fields.UUID(allow_none=True)
    item_type = fields.Str()
    url_test = fields.Str()
    description_url = fields.Str()


class SessionSchema(Schema):
    """One class of a course."""

    id_session = fields.UUID()
    session_index = fields.Int(allow_none=True)
    title = fields.Str(allow_none=True)
    objective = fields.Str(allow_none=True)
    duration_minutes = fields.Int(allow_none=True)
    scheduled_at = fields.NaiveDateTime(allow_none=True, metadata=_LOCAL)
    activities = fields.Nested(ActivitySchema(many=True))
    elements = fields.Nested(ElementSchema(many=True))


class BonusSchema(Schema):
    """Something that comes with a course."""

    id_bond = fields.Int()
    content = fields.Str()
    type_bond = fields.Str()
    emisor = fields.Str()


class CompleteCourseSchema(CourseSchema):
    """A course with everything that belongs to it."""

    sessions = fields.Nested(SessionSchema(many=True))
    bonuses = fields.Nested(BonusSchema(many=True))


class CourseQuerySchema(Schema):
    """Filters of the course list; each narrows it."""

    level = fields.Str(
        validate=storable,
        metadata=_STORABLE | {"description": "Any spelling: intermedio, Intermediate …"},
    )
    modality = fields.Str(
        validate=storable, metadata=_STORABLE | {"description": "Any spelling: online, In-person …"}
    )
    status = fields.Str(validate=storable, metadata=_STORABLE)
    language = fields.Str(validate=storable, metadata=_STORABLE)
    audience = fields.Str(
        validate=storable, metadata=_STORABLE | {"description": "The course's audience_category"}
    )
    currency = fields.Str(
        validate=storable, metadata=_STORABLE | {"description": "ISO 4217, such as USD"}
    )
    min_price = fields.Decimal(validate=_PRICE, allow_nan=False, metadata=_PRICE_LIMITS)
    max_price = fields.Decimal(validate=_PRICE, allow_nan=False, metadata=_PRICE_LIMITS)
    q = fields.Str(metadata={"description": "Words to find, in any inflection"})
    sort = fields.Str(load_default="name", validate=validate.OneOf(SORT_KEYS))

    @validates_schema
    def _prices_are_in_order(self, wanted: dict[str, Any], **_: Any) -> None:
        if wanted.get("min_price", 0) > wanted.get("max_price", wanted.get("min_price", 0)):
            raise ValidationError("Must not be above max_price.", "min_price")


class SearchQuerySchema(Schema):
    """A text search."""

    q = fields.Str(required=True, validate=validate.Length(min=1, max=500))
    limit = fields.Int(load_default=10, validate=validate.Range(1, 100))


class FoundCourseSchema(Schema):
    """A course and its rank; higher fits better."""

    course = fields.Nested(CourseSchema)
    score = fields.Float()


class RecommendationQuerySchema(Schema):
    """Whom to recommend to; a ``user_id`` fills in what is not given."""

    interests = fields.Str(load_default="", metadata={"description": "Separated by commas"})
    level = fields.Str(validate=storable)
    modality = fields.Str(validate=storable)
    user_id = fields.Str(validate=validate.Length(max=255))
    limit = fields.Int(load_default=3, validate=validate.Range(1, 20))


class RecommendationSchema(FoundCourseSchema):
    """A recommended course with its reasons, in Spanish."""

    reasons = fields.List(fields.Str())


class PriceRangeSchema(Schema):
    """The readable prices on offer in one currency."""

    currency = fields.Str(allow_none=True)
    lowest = fields.Decimal(as_string=True, metadata={"type": "string"})
    highest = fields.Decimal(as_string=True, metadata={"type": "string"})


class StatisticsSchema(Schema):
    """Figures of the catalogue; a missing value counts under the empty text."""

    total = fields.Int()
    by_level = fields.Dict(keys=fields.Str(), values=fields.Int())
    by_modality = fields.Dict(keys=fields.Str(), values=fields.Int())
    by_status = fields.Dict(keys=fields.Str(), values=fields.Int())
    by_audience = fields.Dict(keys=fields.Str(), values=fields.Int())
    prices = fields.Nested(PriceRangeSchema(many=True))


class OptionsSchema(Schema):
    """The values present in the catalogue, for filters."""

    levels = fields.List(fields.Str())
    modalities = fields.List(fields.Str())
    languages = fields.List(fields.Str())
    audiences = fields.List(fields.Str())
