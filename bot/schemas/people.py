"""A person's data as the API shows, exports and corrects it."""

from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from bot.models.leads import STAGES
from bot.schemas.storable import storable
from bot.schemas.users import UserSchema

_LONGEST_KEY, _LONGEST_REASON, _LONGEST_FACT, _MOST = 40, 500, 255, 50


class AccessHeaders(Schema):
    """Why somebody looks at a person's data; it is noted in the audit."""

    class Meta:
        unknown = EXCLUDE

    reason = fields.Str(
        data_key="X-Reason",
        load_default="",
        validate=validate.Length(max=_LONGEST_REASON),
        metadata={"description": "Why: it is noted in the audit", "example": "asked for by mail"},
    )


class MessageQuerySchema(Schema):
    """Which page of a history is wanted."""

    before = fields.Str(
        load_default=None,
        validate=validate.Length(max=_LONGEST_KEY),
        metadata={"description": "The key of the message that the last page ended with"},
    )
    limit = fields.Int(load_default=50, validate=validate.Range(1, 200))


class ExportQuerySchema(Schema):
    """How a copy is wanted."""

    format = fields.Str(load_default="json", validate=validate.OneOf(("json", "text")))


class MessageSchema(Schema):
    """One message of a person, or a reply."""

    key = fields.Str(metadata={"description": "Where it stands in the history"})
    user_id = fields.Str(metadata={"description": "The id under which it was written"})
    direction = fields.Str(validate=validate.OneOf(("inbound", "outbound")))
    kind = fields.Str()
    body = fields.Str()
    at = fields.AwareDateTime(metadata={"description": "When the person's message came"})
    message_sid = fields.Str(allow_none=True)
    reply_to = fields.Str(
        allow_none=True, metadata={"description": "The message_sid that a reply answers"}
    )
    intent = fields.Str(allow_none=True)
    confidence = fields.Float(allow_none=True)
    source = fields.Str(allow_none=True)
    level = fields.Str(allow_none=True)
    id_course = fields.UUID(allow_none=True)


class AuditLineSchema(Schema):
    """Who had to do with a person's data."""

    at = fields.AwareDateTime()
    actor = fields.Str()
    action = fields.Str()
    person = fields.Str(allow_none=True)
    user_id = fields.Str(allow_none=True)
    reason = fields.Str()
    details = fields.Dict()


class ExportedMessageSchema(MessageSchema):
    """A message as a copy has it, with all that is kept beside it."""

    class Meta:
        exclude = ("key",)

    score_signals = fields.Dict(allow_none=True)
    model_calls = fields.Raw(allow_none=True)
    cost_usd = fields.Float(allow_none=True)


class PersonExportSchema(Schema):
    """All that is kept of a person."""

    exported_at = fields.AwareDateTime()
    user_ids = fields.List(fields.Str())
    memory = fields.Nested(UserSchema)
    messages = fields.Nested(ExportedMessageSchema, many=True)
    audit = fields.Nested(AuditLineSchema, many=True)


def _fact() -> fields.Str:
    return fields.Str(
        allow_none=True,
        validate=[validate.Length(1, _LONGEST_FACT), storable],
        metadata={"pattern": r"^[^\u0000]*$"},
    )


def _facts() -> fields.List[str]:
    return fields.List(
        fields.Str(
            validate=[validate.Length(1, _LONGEST_FACT), storable],
            metadata={"pattern": r"^[^\u0000]*$"},
        ),
        validate=validate.Length(max=_MOST),
    )


class _YesOrNo(fields.Bool):
    """JSON has its own words for it: 0 and "no" are none of them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not a valid boolean.")
        return value


class PersonChangeSchema(Schema):
    """Facts to correct."""

    class Meta:
        unknown = RAISE

    name = _fact()
    role = _fact()
    company = _fact()
    email = fields.Email(allow_none=True, validate=[validate.Length(max=_LONGEST_FACT), storable])
    level = _fact()
    modality = _fact()
    budget = fields.Float(allow_none=True, validate=validate.Range(0, 1e9))
    currency = fields.Str(allow_none=True, validate=validate.Regexp(r"^[A-Z]{3}$"))
    interests = _facts()
    pain_points = _facts()
    stage = fields.Str(validate=validate.OneOf(STAGES))
    opted_out = _YesOrNo(metadata={"description": "Whether nobody may write"})
