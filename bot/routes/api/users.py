"""What is remembered of one person."""

from typing import Any

from flask_smorest.error_handler import ErrorSchema

from bot.routes.api.blueprint import ApiBlueprint
from bot.schemas.users import UserSchema
from bot.services import leads

blueprint = ApiBlueprint(
    "users", __name__, url_prefix="/api/v1/users", description="What is remembered of leads"
)


@blueprint.get("/<user_id>")
@blueprint.response(200, UserSchema)
@blueprint.alt_response(404, schema=ErrorSchema, description="Nobody is known under this id")
def get_user(user_id: str) -> dict[str, Any]:
    """One person's memory."""
    return leads.describe(leads.get_memory(user_id))
