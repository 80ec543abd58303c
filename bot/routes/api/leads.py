"""The warmest leads, with the reasons."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from bot.routes.api import examples
from bot.routes.api.blueprint import ApiBlueprint
from bot.routes.guards import access_with
from bot.schemas.people import AccessHeaders
from bot.schemas.users import LeadQuerySchema, LeadSchema, LeadStatisticsSchema
from bot.services import leads, people

blueprint = ApiBlueprint(
    "leads", __name__, url_prefix="/api/v1/leads", description="Leads by their score"
)


@blueprint.get("")
@blueprint.arguments(AccessHeaders, location="headers")
@blueprint.arguments(LeadQuerySchema, location="query")
@blueprint.response(200, LeadSchema(many=True), example=[examples.LEAD])
@blueprint.paginate(page_size=20, max_page_size=100)
def list_leads(
    headers: dict[str, str], wanted: dict[str, Any], pagination_parameters: PaginationParameters
) -> list[dict[str, Any]]:
    """Leads with a high score, the highest first, and why it is high."""
    page = pagination_parameters
    found, page.item_count = people.list_leads(
        wanted["min_score"], page.first_item, page.page_size, access_with(headers)
    )
    return [leads.describe(memory) for memory in found]


@blueprint.get("/statistics")
@blueprint.response(200, LeadStatisticsSchema, example=examples.LEAD_STATISTICS)
def get_statistics() -> dict[str, Any]:
    """Figures over all leads; intents are those of the last 30 days."""
    return leads.get_user_statistics()
