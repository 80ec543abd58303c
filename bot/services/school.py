"""What is configured of the school, for replies to speak of."""

from bot.extensions import settings
from bot.services.replies import Situation


def school() -> Situation:
    """A situation in which nothing is known but the school."""
    config = settings()
    return Situation(
        school=config.school_name,
        adviser_contact=config.adviser_contact or None,
        adviser_hours=config.adviser_hours or None,
        school_address=config.school_address or None,
        privacy_url=config.privacy_url or None,
        retention_days=config.retention_days or None,
    )
