"""What is kept of one person: to see, to copy, to correct, to erase."""

from typing import Any

from flask import Response

from bot.models.message_log import LoggedMessage
from bot.routes.api import examples
from bot.routes.api.blueprint import ApiBlueprint
from bot.routes.guards import access_with
from bot.schemas.people import (
    AccessHeaders,
    ExportQuerySchema,
    MessageQuerySchema,
    MessageSchema,
    PersonChangeSchema,
    PersonExportSchema,
)
from bot.schemas.users import UserSchema
from bot.services import people

_ID = [
    {
        "in": "path",
        "name": "user_id",
        "description": "The E.164 number without +, or the id of a person without a number",
        "example": examples.USER["user_id"],
    }
]
_NOBODY = "Nobody is known under this id"
_NEXT = {
    "X-Next-Before": {
        "description": "What `before` is for the next page; absent on the last one",
        "schema": {"type": "string"},
        "example": examples.MESSAGE["key"],
    }
}

blueprint = ApiBlueprint(
    "users", __name__, url_prefix="/api/v1/users", description="What is remembered of leads"
)


@blueprint.get("/<user_id>", parameters=_ID)
@blueprint.arguments(AccessHeaders, location="headers")
@blueprint.response(200, UserSchema, example=examples.USER)
@blueprint.fails(404, _NOBODY)
def get_user(headers: dict[str, str], user_id: str) -> dict[str, Any]:
    """One person's memory."""
    return people.show(user_id, access_with(headers))


@blueprint.get("/<user_id>/messages", parameters=_ID)
@blueprint.arguments(AccessHeaders, location="headers")
@blueprint.arguments(MessageQuerySchema, location="query")
@blueprint.response(200, MessageSchema(many=True), example=[examples.MESSAGE], headers=_NEXT)
@blueprint.fails(404, _NOBODY)
def list_messages(
    headers: dict[str, str], wanted: dict[str, Any], user_id: str
) -> tuple[list[LoggedMessage], dict[str, str]]:
    """A person's messages and the replies to them, the newest first, a page at a time."""
    page = people.messages(user_id, wanted["before"], wanted["limit"], access_with(headers))
    return list(page.messages), {"X-Next-Before": page.next_key} if page.next_key else {}


@blueprint.get("/<user_id>/export", parameters=_ID)
@blueprint.arguments(AccessHeaders, location="headers")
@blueprint.arguments(ExportQuerySchema, location="query")
@blueprint.response(200, PersonExportSchema, example=examples.EXPORT)
@blueprint.doc(responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
@blueprint.fails(404, _NOBODY)
def export_user(
    headers: dict[str, str], wanted: dict[str, Any], user_id: str
) -> dict[str, Any] | Response:
    """A copy of all that is kept of a person, as JSON or, with `format=text`, to be read."""
    exported = people.export(user_id, access_with(headers))
    if wanted["format"] == "text":
        return Response(people.export_as_text(exported), mimetype="text/plain")
    return exported


@blueprint.patch("/<user_id>", parameters=_ID)
@blueprint.arguments(AccessHeaders, location="headers")
@blueprint.arguments(PersonChangeSchema, example=examples.USER_CHANGE)
@blueprint.response(200, UserSchema, example=examples.USER)
@blueprint.fails(404, _NOBODY)
def correct_user(headers: dict[str, str], changes: dict[str, Any], user_id: str) -> dict[str, Any]:
    """Correct facts about a person; null takes one away, what is not given stays."""
    return people.correct(user_id, changes, access_with(headers))


@blueprint.delete("/<user_id>", parameters=_ID)
@blueprint.arguments(AccessHeaders, location="headers")
@blueprint.response(204, description="Nothing is kept of the person any more")
@blueprint.fails(404, _NOBODY)
def forget_user(headers: dict[str, str], user_id: str) -> None:
    """Erase a person everywhere, for good."""
    people.forget(user_id, access_with(headers))
