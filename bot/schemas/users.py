"""A lead's memory as the API shows it."""

from marshmallow import Schema, fields


class UserSchema(Schema):
    """The columns of ``user_memory`` and, beside them, the facts that have no column."""

    user_id = fields.Str()
    name = fields.Str(allow_none=True)
    role = fields.Str(allow_none=True)
    interests = fields.List(fields.Str())
    pain_points = fields.List(fields.Str())
    lead_score = fields.Int(metadata={"description": "0 to 100"})
    interaction_count = fields.Int()
    first_interaction_at = fields.AwareDateTime(allow_none=True)
    last_interaction_at = fields.AwareDateTime(allow_none=True)
    message_history = fields.List(
        fields.Raw(),
        metadata={"description": "Recent turns, newest last"},
    )
    additional_data = fields.Dict()
    company = fields.Str(allow_none=True)
    email = fields.Str(allow_none=True)
    level = fields.Str(allow_none=True)
    modality = fields.Str(allow_none=True)
    budget = fields.Float(allow_none=True)
    currency = fields.Str(allow_none=True)
    stage = fields.Str(allow_none=True)
    current_course = fields.Str(allow_none=True)
    opted_out = fields.Bool()
