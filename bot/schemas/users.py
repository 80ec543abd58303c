"""A lead's memory as the API shows it."""

from marshmallow import Schema, fields, validate


class ScoreReasonSchema(Schema):
    """One part of a lead's score."""

    signal = fields.Str()
    reason = fields.Str(metadata={"description": "In Spanish, for the school's staff"})
    points = fields.Float(metadata={"description": "Left at the last message"})
    at = fields.AwareDateTime(metadata={"description": "When the signal was given last"})
    message_sid = fields.Str(metadata={"description": "By which message"})


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
    score_today = fields.Int(
        metadata={"description": "What is left of lead_score since the last message"}
    )
    score_reasons = fields.Nested(
        ScoreReasonSchema,
        many=True,
        metadata={"description": "What lead_score is made of, the weightiest first"},
    )


class LeadQuerySchema(Schema):
    """Which leads are wanted."""

    min_score = fields.Int(load_default=60, validate=validate.Range(0, 100))


class LeadSchema(Schema):
    """A lead in a list: who it is, how warm, and why."""

    user_id = fields.Str()
    name = fields.Str(allow_none=True)
    role = fields.Str(allow_none=True)
    lead_score = fields.Int(metadata={"description": "0 to 100, as of the last message"})
    score_today = fields.Int(
        metadata={"description": "What is left of lead_score since the last message"}
    )
    score_reasons = fields.Nested(ScoreReasonSchema, many=True)
    stage = fields.Str(allow_none=True)
    current_course = fields.Str(allow_none=True)
    interaction_count = fields.Int()
    last_interaction_at = fields.AwareDateTime(allow_none=True)
    opted_out = fields.Bool()


class ScoreStepSchema(Schema):
    """How many leads have a score in a range."""

    low = fields.Int(data_key="from", attribute="from")
    high = fields.Int(data_key="to", attribute="to")
    leads = fields.Int()


class LeadStatisticsSchema(Schema):
    """Figures over all leads."""

    leads = fields.Int()
    active = fields.Dict(
        keys=fields.Str(),
        values=fields.Int(),
        metadata={"description": "How many wrote in the last 1, 7 and 30 days"},
    )
    scores = fields.Nested(ScoreStepSchema, many=True)
    messages_per_lead = fields.Dict(
        keys=fields.Str(),
        values=fields.Float(),
        metadata={"description": "The mean, and how many leads wrote how many messages"},
    )
    intents = fields.Dict(
        keys=fields.Str(),
        values=fields.Int(),
        metadata={"description": "Replies of the last 30 days by intent"},
    )
    stages = fields.Dict(keys=fields.Str(), values=fields.Int())
