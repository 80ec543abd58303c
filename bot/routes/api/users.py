"""What is remembered of one person."""

from typing import Any

from bot.routes.api import examples
from bot.routes.api.blueprint import ApiBlueprint
from bot.schemas.users import UserSchema
from bot.services import leads

_ID = [
    {
        "in": "path",
        "name": "user_id",
        "description": "The E.164 number without +",
        "example": examples.USER["user_id"],
    }
]

blueprint = ApiBlueprint(
    "users", __name__, url_prefix="/api/v1/users", description="What is remembered of leads"
)


@blueprint.get("/<user_id>", parameters=_ID)
@blueprint.response(200, UserSchema, example=examples.USER)
@blueprint.fails(404, "Nobody is known under this id")
def get_user(user_id: str) -> dict[str, Any]:
    """One person's memory."""
    return leads.describe(leads.get_memory(user_id))
