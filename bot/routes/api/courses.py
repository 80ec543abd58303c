"""The course API."""

from typing import Any
from uuid import UUID

from flask_smorest.error_handler import ErrorSchema
from flask_smorest.pagination import PaginationParameters

from bot.models.catalogue import Course
from bot.routes.api.blueprint import ApiBlueprint
from bot.schemas.courses import (
    CompleteCourseSchema,
    CourseQuerySchema,
    CourseSchema,
    FoundCourseSchema,
    OptionsSchema,
    RecommendationQuerySchema,
    RecommendationSchema,
    SearchQuerySchema,
    StatisticsSchema,
)
from bot.services import catalogue, courses, leads
from bot.services.catalogue import Recommendation

blueprint = ApiBlueprint(
    "courses", __name__, url_prefix="/api/v1/courses", description="The school's catalogue"
)


@blueprint.get("")
@blueprint.arguments(CourseQuerySchema, location="query")
@blueprint.response(200, CourseSchema(many=True))
@blueprint.paginate(page_size=20, max_page_size=100)
def list_courses(
    wanted: dict[str, Any], pagination_parameters: PaginationParameters
) -> list[Course]:
    """Courses, filtered and sorted."""
    sort = wanted.pop("sort")
    page = pagination_parameters
    found, page.item_count = courses.list_courses(wanted, sort, page.first_item, page.page_size)
    return found


@blueprint.get("/<uuid:id_course>")
@blueprint.etag
@blueprint.response(200, CompleteCourseSchema)
@blueprint.alt_response(404, schema=ErrorSchema, description="No such course")
def get_course(id_course: UUID) -> Course:
    """One course with its sessions, activities, elements and bonuses."""
    return courses.get_complete(id_course)


@blueprint.get("/search")
@blueprint.arguments(SearchQuerySchema, location="query")
@blueprint.response(200, FoundCourseSchema(many=True))
def search_courses(wanted: dict[str, Any]) -> list[Recommendation]:
    """Courses on offer that match the text, best first."""
    return catalogue.search(wanted["q"], wanted["limit"])


@blueprint.get("/recommendations")
@blueprint.arguments(RecommendationQuerySchema, location="query")
@blueprint.response(200, RecommendationSchema(many=True))
@blueprint.alt_response(404, schema=ErrorSchema, description="Nobody is known under user_id")
def recommend_courses(wanted: dict[str, Any]) -> list[Recommendation]:
    """Courses that fit a person, best first, with the reasons."""
    return leads.recommend_courses(**wanted)


@blueprint.get("/statistics")
@blueprint.response(200, StatisticsSchema)
def get_statistics() -> dict[str, Any]:
    """Figures of the whole catalogue."""
    return courses.statistics()


@blueprint.get("/options")
@blueprint.response(200, OptionsSchema)
def get_options() -> dict[str, list[str]]:
    """The values that the filters can take."""
    return courses.options()
