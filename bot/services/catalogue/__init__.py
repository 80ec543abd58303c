"""The school's courses: found, recommended, listed, and shown in the chat."""

from bot.services.catalogue.cards import (
    card,
    format_course_for_chat,
    format_course_list_for_chat,
    format_detailed_course_for_chat,
    group_price,
)
from bot.services.catalogue.finding import find_for, is_taught
from bot.services.catalogue.findings import (
    ANSWERED_WITH_COURSES,
    COMPARED,
    Findings,
    Wanted,
)
from bot.services.catalogue.listing import (
    SORT_KEYS,
    CatalogueSummary,
    PriceRange,
    get_all_courses,
    get_available_options,
    get_course_catalog_summary,
    get_course_complete_info,
    get_course_statistics,
    get_courses_by_level,
    get_courses_by_modality,
    list_courses,
)
from bot.services.catalogue.pointing import is_course_name
from bot.services.catalogue.recommendations import (
    Recommendation,
    Wishes,
    get_recommended_courses,
    recommend_for,
    wishes_of,
)
from bot.services.catalogue.search import (
    FoundCourse,
    search_courses_by_keyword,
    search_courses_by_text,
)
from bot.services.catalogue.watch import start_watching, warm_up

__all__ = [
    "ANSWERED_WITH_COURSES",
    "COMPARED",
    "SORT_KEYS",
    "CatalogueSummary",
    "Findings",
    "FoundCourse",
    "PriceRange",
    "Recommendation",
    "Wanted",
    "Wishes",
    "card",
    "find_for",
    "format_course_for_chat",
    "format_course_list_for_chat",
    "format_detailed_course_for_chat",
    "get_all_courses",
    "get_available_options",
    "get_course_catalog_summary",
    "get_course_complete_info",
    "get_course_statistics",
    "get_courses_by_level",
    "get_courses_by_modality",
    "get_recommended_courses",
    "group_price",
    "is_course_name",
    "is_taught",
    "list_courses",
    "recommend_for",
    "search_courses_by_keyword",
    "search_courses_by_text",
    "start_watching",
    "warm_up",
    "wishes_of",
]
