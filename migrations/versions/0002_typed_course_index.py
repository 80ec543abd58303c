"""Index each course in one typed row: what it says, what it costs, when it runs.

The school's tables are free text. ``course_search`` holds what can be read from them, kept up by
triggers; sessions and activities count too, so their tables have triggers as well. Statement-level
triggers index a batch of rows in one go. ``catalogue_changes`` gets a row for each statement that
changes the catalogue: a reader compares it with what it saw last, and as the row is committed with
the change, no change is missed.
"""

from importlib import import_module

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PLAIN = r"""
CREATE FUNCTION brenda_plain(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trim(lower(regexp_replace(
    normalize(replace(replace(value, U&'\00A0', ' '), U&'\202F', ' '), NFD),
    '[\u0300-\u036f]', '', 'g'
)))
"""

# The Spanish stemmer knows "automatización" but not "automatizacion", while unaccented text parts
# singular from plural. So texts come here plain, and the accent of "-ión" is put back. Nor does
# it know the plural of borrowed words ("prompts", "chatbots"): an -s after a consonant goes.
WORDS = r"""
CREATE FUNCTION brenda_words(plain text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(plain, '[^a-z0-9 ]+', ' ', 'g')
"""

LEXEMES = r"""
CREATE FUNCTION brenda_lexemes(plain text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN plain <> '' THEN to_tsvector('spanish', regexp_replace(
    regexp_replace(brenda_words(plain), 'ion\M', 'ión', 'g'),
    '([bcdfgklmnprtvw])s\M', '\1', 'g'
)) ELSE '' END
"""

ORNAMENTS = r" \t\r\n\u00a0\u202f$€£₡:*!¡\u2600-\u27bf\ufe0f\U0001f300-\U0001faff"
FREE = "gratis|gratuit[oa]|free|sin (costo|coste|cargo)"
BESIDE_A_NUMBER = (
    r"usd|mxn|cop|clp|ars|pen|eur|brl|uyu|pyg|bob|gtq|crc|hnl|nio|dop|gbp|cad"
    r"|us\$|u\$[sd]|mx\$|r\$|s/\.?|bs\.?|m\.?n\.?|pesos?|dolares|dolar|dollars?|dl?ls"
    r"|euros?|soles|sol|reales|quetzales|colones|lempiras|cordobas|guaranies|bolivianos"
    r"|mexicanos|colombianos|argentinos|chilenos|uruguayos|dominicanos|americanos"
    r"|precio|costo|inversion|total|pago unico|\(?iva incluido\)?"
)

# Reads what bot/services/money.py reads; tests/stores/test_courses.py holds the two together.
AMOUNT = r"""
CREATE FUNCTION brenda_amount(price text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    bare text;
    digits text;
BEGIN
    IF price ~ '^\$?[0-9]{1,9}$' THEN
        RETURN ltrim(price, '$')::numeric;
    ELSIF length(price) > 60 THEN
        RETURN NULL;
    END IF;
    bare := brenda_plain(price);
    IF bare ~ '^[{ornaments}]*({free})[{ornaments}.]*$' THEN
        RETURN 0;
    END IF;
    bare := regexp_replace(bare, '{beside}', '$', 'g');
    digits := substring(
        bare, '^[{ornaments}]*([0-9]+([.,'' \u00a0\u202f][0-9]+)*)([.,]-)?[{ornaments}.,]*$'
    );
    IF digits IS NULL OR length(digits) > 18 THEN
        RETURN NULL;
    END IF;
    digits := regexp_replace(digits, '['' \u00a0\u202f]', ' ', 'g');
    IF digits ~ '^([1-9]\d?( \d{3})+|[1-9]\d{2}( \d{3})* 000)([.,]\d{1,2})?$' THEN
        digits := replace(digits, ' ', '');
    END IF;
    IF digits ~ '^[1-9]\d{0,2}([.]\d{3})+(,\d{1,2})?$|^\d+,\d{1,2}$' THEN
        RETURN replace(replace(digits, '.', ''), ',', '.')::numeric;
    ELSIF digits ~ '^[1-9]\d{0,2}(,\d{3})+([.]\d+)?$|^\d+([.]\d+)?$' THEN
        RETURN replace(digits, ',', '')::numeric;
    END IF;
    RETURN NULL;
END
$$
"""
AMOUNT = AMOUNT.replace("{free}", FREE).replace("{beside}", BESIDE_A_NUMBER)
AMOUNT = AMOUNT.replace("{ornaments}", ORNAMENTS)

# Nobody searches beyond the first pages of a text, and a tsvector ends at 1 MB.
LONGEST_TEXT = 50_000

# Rows are locked before they are read, in one order: of two writers of one course the second
# waits, and then reads what the first has committed.
INDEX_COURSES = f"""
CREATE FUNCTION brenda_index_courses(ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS $$
BEGIN
    PERFORM FROM course_search WHERE id_course = ANY (ids) ORDER BY id_course FOR UPDATE;
    DELETE FROM course_search WHERE id_course = ANY (ids)
        AND id_course NOT IN (SELECT id_course FROM ai_courses WHERE id_course = ANY (ids));
    INSERT INTO course_search (
        id_course, title, document, words, level, modality, language, audience, status, currency,
        amount, starts, ends, created
    )
    SELECT course.id_course, title,
        setweight(title, 'A')
            || setweight(brenda_lexemes(plain.descriptions), 'B')
            || setweight(brenda_lexemes(plain.audience), 'C')
            || setweight(brenda_lexemes(plain.outline), 'D'),
        strip(to_tsvector(
            'simple', brenda_words(concat_ws(' ', plain.name, plain.audience, plain.outline))
        )),
        brenda_plain(level), brenda_plain(modality), brenda_plain(language), plain.audience,
        brenda_plain(status), brenda_plain(currency), prices.amount,
        start_date, end_date, created_at
    FROM ai_courses AS course
    LEFT JOIN (
        -- Reading a price costs something, and many courses have the same one.
        SELECT price, brenda_amount(price) AS amount
        FROM (SELECT DISTINCT price FROM ai_courses WHERE id_course = ANY (ids)) AS one
    ) AS prices ON prices.price = course.price
    LEFT JOIN (
        SELECT id_course_fk, string_agg(title, ' ') AS titles
        FROM (
            SELECT id_course_fk, title FROM ai_course_session WHERE id_course_fk = ANY (ids)
            UNION ALL
            SELECT id_course_fk, title_item FROM ai_tema_activity WHERE id_course_fk = ANY (ids)
        ) AS named
        GROUP BY id_course_fk
    ) AS outlines ON outlines.id_course_fk = course.id_course
    CROSS JOIN LATERAL (
        SELECT brenda_plain(left(name, {LONGEST_TEXT})) AS name,
            brenda_plain(left(concat_ws(' ', short_description, long_descrption), {LONGEST_TEXT}))
                AS descriptions,
            brenda_plain(left(audience_category, {LONGEST_TEXT})) AS audience,
            brenda_plain(left(titles, {LONGEST_TEXT})) AS outline
        OFFSET 0
    ) AS plain
    CROSS JOIN LATERAL (SELECT brenda_lexemes(plain.name) AS title OFFSET 0) AS named
    WHERE course.id_course = ANY (ids)
    ON CONFLICT (id_course) DO UPDATE SET
        title = excluded.title, document = excluded.document, words = excluded.words,
        level = excluded.level, modality = excluded.modality, language = excluded.language,
        audience = excluded.audience, status = excluded.status, currency = excluded.currency,
        amount = excluded.amount, starts = excluded.starts, ends = excluded.ends,
        created = excluded.created;
END
$$
"""

# The tools that write courses may own none of our tables, hence SECURITY DEFINER; the fixed search
# path keeps them from slipping another table under it.
NOTE_CHANGE = """
CREATE FUNCTION brenda_note_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    ids uuid[];
    former_ids uuid[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        IF TG_TABLE_NAME = 'ai_courses' THEN
            DELETE FROM course_search;
        ELSE
            PERFORM brenda_index_courses(array_agg(id_course)) FROM course_search;
        END IF;
    ELSE
        EXECUTE format('SELECT array_agg(DISTINCT %I) FROM changed', TG_ARGV[0]) INTO ids;
        IF TG_OP = 'UPDATE' THEN
            EXECUTE format('SELECT array_agg(DISTINCT %I) FROM former', TG_ARGV[0])
            INTO former_ids;
            ids := ids || former_ids;
        END IF;
        IF ids IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM brenda_index_courses(ids);
    END IF;
    INSERT INTO catalogue_changes DEFAULT VALUES;
    RETURN NULL;
END
$$
"""

COURSE_COLUMN = {
    "ai_courses": "id_course",
    "ai_course_session": "id_course_fk",
    "ai_tema_activity": "id_course_fk",
    "bond": "id_courses_fk",
}
# Whatever belongs to a course is looked for by the course, or the session, that it belongs to.
REFERENCES = (
    ("ai_course_session", "id_course_fk"),
    ("ai_tema_activity", "id_course_fk"),
    ("ai_tema_activity", "id_session_fk"),
    ("bond", "id_courses_fk"),
    ("elements_url", "id_session_fk"),
)
TRANSITIONS = {
    "INSERT": "REFERENCING NEW TABLE AS changed",
    "UPDATE": "REFERENCING OLD TABLE AS former NEW TABLE AS changed",
    "DELETE": "REFERENCING OLD TABLE AS changed",
    "TRUNCATE": "",
}


def upgrade() -> None:
    op.execute("DROP TRIGGER brenda_index_course ON ai_courses")
    op.execute("DROP TRIGGER brenda_empty_course_index ON ai_courses")
    op.execute("DROP FUNCTION brenda_index_course()")
    op.execute("DROP FUNCTION brenda_course_document(ai_courses)")
    op.execute("DROP FUNCTION brenda_fold(text)")
    op.drop_table("course_search")
    _make_course_search()
    _index_references()
    _make_journals()
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for statement in (PLAIN, WORDS, LEXEMES, AMOUNT, INDEX_COURSES, NOTE_CHANGE):
        op.execute(statement.replace("{schema}", schema))
    op.execute("SELECT brenda_index_courses(array_agg(id_course)) FROM ai_courses")
    for table, column in COURSE_COLUMN.items():
        for event, transitions in TRANSITIONS.items():
            op.execute(
                f"CREATE TRIGGER brenda_note_{event.lower()} AFTER {event} ON {table} "
                f"{transitions} FOR EACH STATEMENT EXECUTE FUNCTION brenda_note_change('{column}')"
            )


def _make_course_search() -> None:
    op.create_table(
        "course_search",
        # No foreign key: it would keep other tools from truncating ai_courses.
        sa.Column("id_course", sa.Uuid, primary_key=True),
        sa.Column("title", pg.TSVECTOR, nullable=False),
        sa.Column("document", pg.TSVECTOR, nullable=False),
        sa.Column("words", pg.TSVECTOR, nullable=False),
        *(
            sa.Column(name, sa.Text)
            for name in ("level", "modality", "language", "audience", "status", "currency")
        ),
        sa.Column("amount", sa.Numeric),
        sa.Column("starts", sa.DateTime),
        sa.Column("ends", sa.DateTime),
        sa.Column("created", sa.DateTime(timezone=True)),
    )
    # Filters read many rows and no document: documents are kept beside the rows.
    op.execute("ALTER TABLE course_search SET (toast_tuple_target = 256)")
    for column in ("document", "words"):
        op.execute(f"ALTER TABLE course_search ALTER COLUMN {column} SET STORAGE EXTERNAL")
    for column in ("title", "document"):
        op.create_index(
            f"ix_course_search_{column}", "course_search", [column], postgresql_using="gin"
        )
    # Levels and modalities are few: reading a third of an index costs more than it saves.
    for column in ("language", "amount", "starts"):
        op.create_index(f"ix_course_search_{column}", "course_search", [column])


def _index_references() -> None:
    existing = {
        index["name"]
        for table, _ in REFERENCES
        for index in sa.inspect(op.get_bind()).get_indexes(table)
    }
    for table, column in REFERENCES:
        name = f"ix_{table}_{column}"
        if name not in existing:
            op.create_index(name, table, [column])
            op.execute(f"INSERT INTO schema_ledger VALUES ('index', '{name}')")


def _make_journals() -> None:
    op.create_table(
        "catalogue_changes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("id_course", sa.Uuid, nullable=False),
        sa.Column("changes", pg.JSONB, nullable=False),
    )
    op.create_index("ix_audit_entries_id_course_id", "audit_entries", ["id_course", "id"])
    # The course that a reply was about, from which popularity is counted.
    op.add_column("messages", sa.Column("id_course", sa.Uuid))
    op.create_index(
        "ix_messages_created_at",
        "messages",
        ["created_at"],
        postgresql_include=["id_course", "user_id"],
        postgresql_where=sa.text("id_course IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_created_at", "messages")
    op.drop_column("messages", "id_course")
    for table in COURSE_COLUMN:
        for event in TRANSITIONS:
            op.execute(f"DROP TRIGGER brenda_note_{event.lower()} ON {table}")
    for function in ("note_change()", "index_courses(uuid[])"):
        op.execute(f"DROP FUNCTION brenda_{function}")
    for function in ("amount", "lexemes", "words", "plain"):
        op.execute(f"DROP FUNCTION brenda_{function}(text)")
    for table in ("audit_entries", "catalogue_changes", "course_search"):
        op.drop_table(table)
    _drop_reference_indexes()
    import_module("migrations.versions.0001_adopt_or_create").make_search()


def _drop_reference_indexes() -> None:
    made = op.get_bind().execute(sa.text("SELECT name FROM schema_ledger WHERE kind = 'index'"))
    ours = {f"ix_{table}_{column}" for table, column in REFERENCES} & set(made.scalars())
    for name in sorted(ours):
        op.execute(f"DROP INDEX IF EXISTS {name}")
        op.execute(f"DELETE FROM schema_ledger WHERE name = '{name}'")
