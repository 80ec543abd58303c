"""The course API's shapes, for writing."""

import re
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from bot.schemas.storable import storable

_LABEL, _TITLE, _ADDRESS, _TEXT = 100, 500, 2_000, 20_000
_SMALLINT, _INTEGER, _BIGINT = (2**bits - 1 for bits in (15, 31, 63))
_AT_MOST = validate.Length(max=200)
# Spelled out, because \s is not the same to Python and to those who read the API's description.
_VISIBLE = r"[^\u0000-\u0020\u007f-\u00a0\u2000-\u200f\u2028-\u202f\u3000\ufeff]"
_NO_BLANK = r"[^\u0000-\u0020\u007f-\u00a0]"


class _Input(Schema):
    class Meta:
        unknown = RAISE


class _WholeNumber(fields.Int):
    """JSON has no integers of its own: 8.0 is the number 8, while "8" is a text."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int):
            raise ValidationError("Not a valid integer.")
        return super()._validated(value)


def _text(longest: int, **options: Any) -> fields.Str:
    return fields.Str(
        validate=[validate.Length(max=longest), storable],
        metadata={"pattern": r"^[^\u0000]*$"},
        **options,
    )


def _optional_text(longest: int) -> fields.Str:
    return _text(longest, allow_none=True)


def _filled_text(longest: int, *, required: bool = True) -> fields.Str:
    filled = validate.Regexp(re.compile(f".*{_VISIBLE}", re.DOTALL), error="Must not be blank.")
    return fields.Str(
        required=required,
        validate=[filled, validate.Length(max=longest), storable],
        metadata={"pattern": rf"^[^\u0000]*{_VISIBLE}[^\u0000]*$"},
    )


def _whole_number(most: int) -> _WholeNumber:
    return _WholeNumber(allow_none=True, validate=validate.Range(0, most))


def _address(**options: Any) -> fields.Str:
    begin = "Must be an address that begins with https:// or http://, without blanks."
    form = f"[Hh][Tt][Tt][Pp][Ss]?://(?![/?#]){_NO_BLANK}+"
    return fields.Str(
        validate=[
            validate.Regexp(rf"{form}\Z", error=begin),
            validate.Length(max=_ADDRESS),
            storable,
        ],
        metadata={"pattern": f"^{form}$"},
        **options,
    )


def _local_time() -> fields.NaiveDateTime:
    return fields.NaiveDateTime(
        allow_none=True,
        metadata={
            "format": "date-time-local",
            "description": "The school's local time: 2026-03-02 or 2026-03-02T18:30:00",
        },
        error_messages={
            "invalid": "Must be a date, with or without a time: 2026-03-02T18:30:00.",
            "invalid_awareness": "Must be the school's local time, without an offset.",
        },
    )


class NewActivitySchema(_Input):
    """A subtopic or exercise; without a number it takes its place in the list."""

    id_activity = fields.UUID()
    item_session = _WholeNumber(validate=validate.Range(0, _INTEGER))
    item_type = _filled_text(_LABEL)
    title_item = _filled_text(_TITLE)


class NewElementSchema(_Input):
    """A video or document; ``id_activity_fk`` names an activity of the same session."""

    id_element = fields.UUID()
    id_activity_fk = fields.UUID(allow_none=True)
    item_type = _filled_text(_LABEL)
    url_test = _address(required=True)
    description_url = _text(_TEXT, load_default="")


class NewSessionSchema(_Input):
    """One class; without a number it takes its place in the list."""

    id_session = fields.UUID()
    session_index = _WholeNumber(validate=validate.Range(0, _SMALLINT))
    title = _optional_text(_TITLE)
    objective = _optional_text(_TEXT)
    duration_minutes = _whole_number(_BIGINT)
    scheduled_at = _local_time()
    activities = fields.Nested(NewActivitySchema(many=True), validate=_AT_MOST)
    elements = fields.Nested(NewElementSchema(many=True), validate=_AT_MOST)

    @validates_schema
    def _elements_name_activities(self, session: dict[str, Any], **_: Any) -> None:
        known = {item.get("id_activity") for item in session.get("activities", [])} | {None}
        for element in session.get("elements", []):
            if element.get("id_activity_fk") not in known:
                raise ValidationError("id_activity_fk must be of this session.", "elements")


class NewBonusSchema(_Input):
    """Something that comes with a course."""

    content = _filled_text(_TEXT)
    type_bond = _filled_text(_LABEL)
    emisor = _filled_text(_TITLE)


class CourseChangeSchema(_Input):
    """The columns to change; those that are not given stay as they are, null empties one."""

    name = _filled_text(_TITLE, required=False)
    short_description = _optional_text(_TEXT)
    long_descrption = _optional_text(_TEXT)
    session_count = _whole_number(_SMALLINT)
    total_duration_min = _whole_number(_BIGINT)
    price = _optional_text(_LABEL)
    currency = fields.Str(
        allow_none=True,
        validate=validate.Regexp(r"[A-Za-z]{3}\Z", error="Must be three letters, such as USD."),
        metadata={"pattern": "^[A-Za-z]{3}$"},
    )
    course_url = _address(allow_none=True)
    purchase_url = _address(allow_none=True)
    # Indexed whole, and PostgreSQL indexes no value beyond 2,704 bytes.
    level = _optional_text(_LABEL)
    language = _optional_text(_LABEL)
    audience_category = _optional_text(_LABEL)
    status = _optional_text(_LABEL)
    start_date = _local_time()
    end_date = _local_time()
    roi = _optional_text(_TEXT)
    modality = _filled_text(_LABEL, required=False)


class NewCourseSchema(CourseChangeSchema):
    """A course; its id is made when none is given."""

    id_course = fields.UUID()
    name = _filled_text(_TITLE)
    modality = _filled_text(_LABEL)
    sessions = fields.Nested(NewSessionSchema(many=True), validate=_AT_MOST)
    bonuses = fields.Nested(NewBonusSchema(many=True), validate=_AT_MOST)
