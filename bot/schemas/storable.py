"""Text that PostgreSQL can keep."""

import re

from marshmallow import ValidationError

# PostgreSQL stores no NUL and no lone surrogates, and neither means anything in a text.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> None:
    """A validator for marshmallow's fields.

    Raises:
        ValidationError: when ``text`` holds what no database row can hold.
    """
    if UNSTORABLE.search(text):
        raise ValidationError("Must not contain NUL or lone surrogates.")
