"""Which courses people talk about, from the message log."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from bot.extensions import db
from bot.models.messages import Message


def leads_by_course(days: int, most: int) -> dict[UUID, int]:
    """How many leads were answered about each course in the last ``days``.

    At most ``most`` courses, those of many leads first.
    """
    leads = func.count(func.distinct(Message.user_id))
    query = (
        select(Message.id_course, leads)
        .where(Message.id_course.is_not(None))
        .where(Message.created_at > func.now() - timedelta(days=days))
        .group_by(Message.id_course)
        .order_by(leads.desc(), Message.id_course)
        .limit(most)
    )
    return {id_course: number for id_course, number in db.session.execute(query) if id_course}
