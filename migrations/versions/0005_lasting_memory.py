"""What lasting memory needs beside ``user_memory``, which stays as other tools know it.

``lead_figures`` has a narrow row a lead, kept by a trigger whoever writes, so that figures over a
million leads need not read a million memories. ``person_aliases`` tells under which other ids a
person is known. ``erasures`` knows, by a keyed hash, who was erased. ``person_audit`` only grows.
"""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
FIGURES = """
    user_id, coalesce(lead_score, 0), coalesce(interaction_count, 0), last_interaction_at,
    left(additional_data ->> 'stage', 32)
"""

# SECURITY DEFINER, because other tools that write user_memory may not own our table; the fixed
# search path keeps them from slipping another table under it.
NOTE_LEAD = """
CREATE FUNCTION brenda_note_lead() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM lead_figures;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.user_id <> NEW.user_id) THEN
        DELETE FROM lead_figures WHERE user_id = OLD.user_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO lead_figures AS known
            (user_id, lead_score, interaction_count, last_interaction_at, stage)
        VALUES (
            NEW.user_id, coalesce(NEW.lead_score, 0), coalesce(NEW.interaction_count, 0),
            NEW.last_interaction_at, left(NEW.additional_data ->> 'stage', 32)
        )
        ON CONFLICT (user_id) DO UPDATE SET
            lead_score = excluded.lead_score, interaction_count = excluded.interaction_count,
            last_interaction_at = excluded.last_interaction_at, stage = excluded.stage;
    END IF;
    RETURN NULL;
END
$$
"""

KEEP_AUDIT = """
CREATE FUNCTION brenda_keep_audit() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'person_audit only grows: nothing in it is changed or deleted'
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""


def upgrade() -> None:
    _make_tables()
    _make_figures()
    _make_audit()
    op.create_index(
        "ix_messages_user_id_created_at_id", "messages", ["user_id", "created_at", "id"]
    )
    op.drop_index("ix_messages_user_id_id", "messages")
    op.create_index(
        "ix_messages_understood_at",
        "messages",
        ["created_at"],
        postgresql_include=["intent"],
        postgresql_where=sa.text("intent IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_understood_at", "messages")
    op.create_index("ix_messages_user_id_id", "messages", ["user_id", "id"])
    op.drop_index("ix_messages_user_id_created_at_id", "messages")
    for event in ("row", "truncate"):
        op.execute(f"DROP TRIGGER brenda_note_lead_{event} ON user_memory")
    for table in (
        "person_audit",
        "audit_subjects",
        "lead_figures",
        "person_aliases",
        "erasures",
        "installation_secrets",
        "encryption_keys",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION brenda_note_lead()")
    op.execute("DROP FUNCTION brenda_keep_audit()")


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=NOW, nullable=False)


def _make_tables() -> None:
    op.create_table(
        "person_aliases",
        sa.Column("alias", sa.String(255), primary_key=True),
        sa.Column("user_id", sa.String(255), nullable=False),
    )
    op.create_index("ix_person_aliases_user_id", "person_aliases", ["user_id"])
    op.create_table(
        "erasures",
        sa.Column("person", sa.String(64), primary_key=True),
        _moment("erased_at"),
        sa.Column("opted_out", sa.Boolean, server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "installation_secrets",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    made_up = sa.text("INSERT INTO installation_secrets VALUES ('pseudonyms', :value)")
    op.get_bind().execute(made_up, {"value": secrets.token_hex(32)})
    op.create_table(
        "encryption_keys",
        sa.Column("key_id", sa.String(8), primary_key=True),
        _moment("first_used_at"),
    )


def _make_figures() -> None:
    op.create_table(
        "lead_figures",
        sa.Column("user_id", sa.String(255), primary_key=True),
        sa.Column("lead_score", sa.Integer, nullable=False),
        sa.Column("interaction_count", sa.Integer, nullable=False),
        sa.Column("last_interaction_at", sa.DateTime(timezone=True)),
        sa.Column("stage", sa.String(32)),
    )
    op.execute(f"INSERT INTO lead_figures SELECT {FIGURES} FROM user_memory")
    op.create_index(
        "ix_lead_figures_lead_score", "lead_figures", [sa.text("lead_score DESC"), "user_id"]
    )
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(NOTE_LEAD.format(schema=schema))
    op.execute(
        "CREATE TRIGGER brenda_note_lead_row AFTER INSERT OR UPDATE OR DELETE ON user_memory "
        "FOR EACH ROW EXECUTE FUNCTION brenda_note_lead()"
    )
    op.execute(
        "CREATE TRIGGER brenda_note_lead_truncate AFTER TRUNCATE ON user_memory "
        "FOR EACH STATEMENT EXECUTE FUNCTION brenda_note_lead()"
    )


def _make_audit() -> None:
    op.create_table(
        "person_audit",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        _moment("at"),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("person", sa.String(64)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("details", pg.JSONB, nullable=False),
    )
    op.create_index("ix_person_audit_person_id", "person_audit", ["person", "id"])
    op.create_table(
        "audit_subjects",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.String(255), nullable=False),
    )
    op.execute(KEEP_AUDIT)
    op.execute(
        "CREATE TRIGGER brenda_keep_audit_row BEFORE UPDATE OR DELETE ON person_audit "
        "FOR EACH ROW EXECUTE FUNCTION brenda_keep_audit()"
    )
    op.execute(
        "CREATE TRIGGER brenda_keep_audit_truncate BEFORE TRUNCATE ON person_audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION brenda_keep_audit()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON person_audit FROM PUBLIC, CURRENT_USER")
