"""Keep with each reply what was asked of the language model, what became of it, and its cost."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("model_calls", pg.JSONB))
    op.add_column("messages", sa.Column("cost_usd", sa.Numeric(12, 8)))
    op.create_index(
        "ix_messages_spent_at",
        "messages",
        ["created_at"],
        postgresql_include=["cost_usd"],
        postgresql_where=sa.text("cost_usd IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_spent_at", "messages")
    op.drop_column("messages", "cost_usd")
    op.drop_column("messages", "model_calls")
