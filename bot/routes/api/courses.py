"""The course API."""

from typing import Any
from uuid import UUID

from flask import url_for
from flask_smorest.pagination import PaginationParameters

from bot.models.catalogue import Course
from bot.routes.api import examples
from bot.routes.api.blueprint import ApiBlueprint
from bot.routes.guards import caller
from bot.schemas.course_changes import CourseChangeSchema, NewCourseSchema
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
from bot.services import catalogue, leads
from bot.services.catalogue import FoundCourse, Recommendation, editing

_ONE = "/<uuid:id_course>"
_ID = [{"in": "path", "name": "id_course", "example": examples.COURSE["id_course"]}]
_NO_SUCH_COURSE = "There is no course with this id"
_LOCATION = {"Location": {"description": "The address of the course", "schema": {"type": "string"}}}

blueprint = ApiBlueprint(
    "courses", __name__, url_prefix="/api/v1/courses", description="The school's catalogue"
)


@blueprint.get("")
@blueprint.arguments(CourseQuerySchema, location="query")
@blueprint.response(200, CourseSchema(many=True), example=[examples.COURSE])
@blueprint.paginate(page_size=20, max_page_size=100)
def list_courses(
    wanted: dict[str, Any], pagination_parameters: PaginationParameters
) -> list[Course]:
    """Courses, filtered and sorted."""
    sort = wanted.pop("sort")
    page = pagination_parameters
    found, page.item_count = catalogue.list_courses(wanted, sort, page.first_item, page.page_size)
    return found


@blueprint.get(_ONE, parameters=_ID)
@blueprint.etag
@blueprint.response(200, CompleteCourseSchema, example=examples.COMPLETE_COURSE)
@blueprint.fails(404, _NO_SUCH_COURSE)
def get_course(id_course: UUID) -> Course:
    """One course with its sessions, activities, elements and bonuses."""
    return catalogue.get_course_complete_info(id_course)


@blueprint.post("")
@blueprint.etag
@blueprint.arguments(NewCourseSchema, example=examples.NEW_COURSE)
@blueprint.response(201, CompleteCourseSchema, example=examples.COMPLETE_COURSE, headers=_LOCATION)
@blueprint.fails(409, "The id is taken, or a course of this name and start is not archived")
def create_course(given: dict[str, Any]) -> tuple[Course, dict[str, str]]:
    """Add a course, with its sessions and bonuses."""
    course = editing.create_course(given, caller())
    return course, {"Location": url_for(".get_course", id_course=course.id_course)}


@blueprint.patch(_ONE, parameters=_ID)
@blueprint.etag
@blueprint.arguments(CourseChangeSchema, example=examples.COURSE_CHANGE)
@blueprint.response(200, CompleteCourseSchema, example=examples.COMPLETE_COURSE)
@blueprint.fails(404, _NO_SUCH_COURSE)
@blueprint.fails(409, "A course of this name and start is not archived")
def update_course(changes: dict[str, Any], id_course: UUID) -> Course:
    """Change the columns that are given."""
    return editing.update_course(id_course, changes, caller(), _refuse_when_stale)


@blueprint.delete(_ONE, parameters=_ID)
@blueprint.etag
@blueprint.response(204, description="The course is archived")
@blueprint.fails(404, _NO_SUCH_COURSE)
def archive_course(id_course: UUID) -> None:
    """Archive a course: it stays, and no lead is shown it any more."""
    editing.archive_course(id_course, caller(), _refuse_when_stale)


def _refuse_when_stale(course: Course) -> None:
    blueprint.check_etag(course, CompleteCourseSchema)


@blueprint.get("/search")
@blueprint.arguments(SearchQuerySchema, location="query")
@blueprint.response(200, FoundCourseSchema(many=True), example=examples.FOUND)
def search_courses(wanted: dict[str, Any]) -> list[FoundCourse]:
    """Courses on offer that match the text, best first."""
    return catalogue.search_courses_by_text(wanted["q"], wanted["limit"])


@blueprint.get("/recommendations")
@blueprint.arguments(RecommendationQuerySchema, location="query")
@blueprint.response(200, RecommendationSchema(many=True), example=examples.RECOMMENDED)
@blueprint.fails(404, "Nobody is known under user_id")
def recommend_courses(wanted: dict[str, Any]) -> list[Recommendation]:
    """Courses that fit a person, best first, with the reasons."""
    return leads.recommend_courses(**wanted)


@blueprint.get("/statistics")
@blueprint.response(200, StatisticsSchema, example=examples.STATISTICS)
def get_statistics() -> dict[str, Any]:
    """Figures of the whole catalogue."""
    return catalogue.get_course_statistics()


@blueprint.get("/options")
@blueprint.response(200, OptionsSchema, example=examples.OPTIONS)
def get_options() -> dict[str, list[str]]:
    """The values that the filters can take."""
    return catalogue.get_available_options()
