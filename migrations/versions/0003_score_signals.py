"""Keep with each reply what its message did to the lead's score, and why."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("score_signals", pg.JSONB))


def downgrade() -> None:
    op.drop_column("messages", "score_signals")
