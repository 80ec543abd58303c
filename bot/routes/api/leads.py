"""The warmest leads, with the reasons."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from bot.routes.api import examples
from bot.routes.api.blueprint import ApiBlueprint
from bot.schemas.users import LeadQuerySchema, LeadSchema
from bot.services import leads

blueprint = ApiBlueprint(
    "leads", __name__, url_prefix="/api/v1/leads", description="Leads by their score"
)


@blueprint.get("")
@blueprint.arguments(LeadQuerySchema, location="query")
@blueprint.response(200, LeadSchema(many=True), example=[examples.LEAD])
@blueprint.paginate(page_size=20, max_page_size=100)
def list_leads(
    wanted: dict[str, Any], pagination_parameters: PaginationParameters
) -> list[dict[str, Any]]:
    """Leads with a high score, the highest first, and why it is high."""
    page = pagination_parameters
    found, page.item_count = leads.high_scores(wanted["min_score"], page.first_item, page.page_size)
    return [leads.describe(memory) for memory in found]
