"""Create the schema, adopting the course tables and the memory that are already there.

Production databases were made by hand and hold data. Whatever exists is left as it is; what
is missing is made and noted in ``schema_ledger``, so that the way back removes only that.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NOW = sa.text("now()")
UUID_KEY = {"primary_key": True, "server_default": sa.text("gen_random_uuid()")}


def _created_at(nullable: bool = False) -> sa.Column:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=nullable
    )


def _reference(column: str, target: str, nullable: bool) -> sa.Column:
    return sa.Column(column, sa.Uuid, sa.ForeignKey(target), nullable=nullable)


ADOPTABLE = {
    "ai_courses": lambda: [
        sa.Column("id_course", sa.Uuid, **UUID_KEY),
        sa.Column("name", sa.String),
        sa.Column("short_description", sa.String),
        sa.Column("long_descrption", sa.String),
        _created_at(),
        sa.Column("session_count", sa.SmallInteger),
        sa.Column("total_duration_min", sa.BigInteger),
        sa.Column("price", sa.String),
        sa.Column("currency", sa.String),
        sa.Column("course_url", sa.String),
        sa.Column("purchase_url", sa.String),
        sa.Column("level", sa.String),
        sa.Column("language", sa.String),
        sa.Column("audience_category", sa.String),
        sa.Column("status", sa.String),
        sa.Column("start_date", sa.DateTime),
        sa.Column("end_date", sa.DateTime),
        sa.Column("roi", sa.String),
        sa.Column("modality", sa.String, nullable=False),
    ],
    "ai_course_session": lambda: [
        sa.Column("id_session", sa.Uuid, **UUID_KEY),
        _created_at(),
        sa.Column("session_index", sa.SmallInteger),
        sa.Column("title", sa.String),
        sa.Column("objective", sa.String),
        sa.Column("duration_minutes", sa.BigInteger),
        sa.Column("scheduled_at", sa.DateTime),
        _reference("id_course_fk", "ai_courses.id_course", nullable=True),
    ],
    "ai_tema_activity": lambda: [
        sa.Column("id_activity", sa.Uuid, **UUID_KEY),
        _created_at(),
        _reference("id_course_fk", "ai_courses.id_course", nullable=False),
        _reference("id_session_fk", "ai_course_session.id_session", nullable=False),
        sa.Column("item_session", sa.Integer, nullable=False),
        sa.Column("item_type", sa.Text, nullable=False),
        sa.Column("title_item", sa.String, nullable=False),
    ],
    "bond": lambda: [
        sa.Column("id_bond", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        _created_at(),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("type_bond", sa.String, nullable=False),
        _reference("id_courses_fk", "ai_courses.id_course", nullable=True),
        sa.Column("emisor", sa.String, nullable=False),
    ],
    "elements_url": lambda: [
        sa.Column("id_element", sa.Uuid, **UUID_KEY),
        _created_at(),
        _reference("id_session_fk", "ai_course_session.id_session", nullable=False),
        _reference("id_activity_fk", "ai_tema_activity.id_activity", nullable=True),
        sa.Column("item_type", sa.String, nullable=False),
        sa.Column("url_test", sa.String, nullable=False),
        sa.Column("description_url", sa.String, nullable=False),
    ],
    "user_memory": lambda: [
        sa.Column("user_id", sa.String(255), primary_key=True),
        sa.Column("name", sa.String(255)),
        sa.Column("role", sa.String(255)),
        sa.Column("interests", pg.ARRAY(sa.Text)),
        sa.Column("pain_points", pg.ARRAY(sa.Text)),
        sa.Column("lead_score", sa.Integer, server_default=sa.text("0")),
        sa.Column("interaction_count", sa.Integer, server_default=sa.text("0")),
        sa.Column("first_interaction_at", sa.DateTime(timezone=True)),
        sa.Column("last_interaction_at", sa.DateTime(timezone=True)),
        sa.Column("message_history", pg.JSONB, server_default=sa.text("'[]'::jsonb")),
        sa.Column("additional_data", pg.JSONB, server_default=sa.text("'{}'::jsonb")),
        _created_at(nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW),
    ],
}

INDEXES = {
    "idx_ai_courses_level": "ai_courses (level)",
    "idx_ai_courses_modality": "ai_courses (modality)",
    "idx_ai_courses_name_search": "ai_courses USING gin (to_tsvector('spanish', name))",
    "idx_user_memory_lead_score": "user_memory (lead_score)",
    "idx_user_memory_last_interaction": "user_memory (last_interaction_at)",
}

# The Spanish stemmer knows "automatización" but not "automatizacion", while unaccented text
# parts singular from plural. So accents go, and the one of "-ión" comes back. Nor does it know
# the plural of borrowed words ("prompts", "chatbots"): an -s after a consonant goes.
FOLD = r"""
CREATE FUNCTION brenda_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(
        regexp_replace(
            regexp_replace(
                normalize(lower(coalesce(value, '')), NFD), '[\u0300-\u036f]', '', 'g'
            ),
            'ion\M', 'ión', 'g'
        ),
        '([bcdfgklmnprtvw])s\M', '\1', 'g'
    )
$$
"""

# SECURITY DEFINER, because the tools that write courses may not own our table; the fixed
# search path keeps them from slipping another table under it. Temporary tables come first
# unless pg_temp is named, so it is named last.
INDEX_COURSE = """
CREATE FUNCTION brenda_index_course() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM course_search;
        RETURN NULL;
    END IF;
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        DELETE FROM course_search WHERE id_course = OLD.id_course;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        INSERT INTO course_search (id_course, document)
        VALUES (NEW.id_course, brenda_course_document(NEW));
    END IF;
    RETURN NULL;
END
$$
"""

COURSE_DOCUMENT = """
CREATE FUNCTION brenda_course_document(course ai_courses) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector('spanish', brenda_fold(course.name)), 'A')
        || setweight(to_tsvector('spanish', brenda_fold(course.short_description)), 'B')
        || setweight(to_tsvector('spanish', brenda_fold(course.audience_category)), 'B')
        || setweight(to_tsvector('spanish', brenda_fold(course.long_descrption)), 'C')
$$
"""


def upgrade() -> None:
    op.create_table(
        "schema_ledger",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(63), primary_key=True),
    )
    _make_what_is_missing()
    make_search()
    _make_own_tables()


def downgrade() -> None:
    op.drop_table("api_keys")
    op.drop_table("messages")
    op.execute("DROP TRIGGER brenda_index_course ON ai_courses")
    op.execute("DROP TRIGGER brenda_empty_course_index ON ai_courses")
    op.drop_table("course_search")
    for function in ("index_course()", "course_document(ai_courses)", "fold(text)"):
        op.execute(f"DROP FUNCTION brenda_{function}")
    made = op.get_bind().execute(sa.text("SELECT kind, name FROM schema_ledger")).all()
    for name in INDEXES:
        if ("index", name) in made:
            op.execute(f"DROP INDEX IF EXISTS {name}")
    for name in reversed(ADOPTABLE):
        if ("table", name) in made:
            op.drop_table(name)
    op.drop_table("schema_ledger")


def _make_what_is_missing() -> None:
    inspector = sa.inspect(op.get_bind())
    existing = set(inspector.get_table_names())
    indexes = {index["name"] for table in existing for index in inspector.get_indexes(table)}
    for name, columns in ADOPTABLE.items():
        if name not in existing:
            op.create_table(name, *columns())
            _note("table", name)
    for name, definition in INDEXES.items():
        if name not in indexes:
            op.execute(f"CREATE INDEX {name} ON {definition}")
            _note("index", name)


def make_search() -> None:
    op.create_table(
        "course_search",
        # No foreign key: it would keep other tools from truncating ai_courses.
        sa.Column("id_course", sa.Uuid, primary_key=True),
        sa.Column("document", pg.TSVECTOR, nullable=False),
    )
    op.create_index(
        "ix_course_search_document", "course_search", ["document"], postgresql_using="gin"
    )
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for statement in (FOLD, COURSE_DOCUMENT, INDEX_COURSE.format(schema=schema)):
        op.execute(statement)
    op.execute(
        "INSERT INTO course_search SELECT id_course, brenda_course_document(ai_courses) "
        "FROM ai_courses"
    )
    op.execute(
        "CREATE TRIGGER brenda_index_course AFTER INSERT OR UPDATE OR DELETE ON ai_courses "
        "FOR EACH ROW EXECUTE FUNCTION brenda_index_course()"
    )
    op.execute(
        "CREATE TRIGGER brenda_empty_course_index AFTER TRUNCATE ON ai_courses "
        "FOR EACH STATEMENT EXECUTE FUNCTION brenda_index_course()"
    )


def _make_own_tables() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("message_sid", sa.String(64), unique=True),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("in_reply_to", sa.BigInteger, sa.ForeignKey("messages.id"), unique=True),
        sa.Column("intent", sa.String(32)),
        sa.Column("confidence", sa.REAL),
        sa.Column("source", sa.String(16)),
        sa.Column("level", sa.String(16)),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        _created_at(),
    )
    op.create_index("ix_messages_user_id_id", "messages", ["user_id", "id"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("scopes", pg.ARRAY(sa.String), nullable=False),
        _created_at(),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )


def _note(kind: str, name: str) -> None:
    op.execute(f"INSERT INTO schema_ledger VALUES ('{kind}', '{name}')")
