"""A production database as people made it by hand, and ways to look at any database."""

from contextlib import closing

import psycopg2

COURSE_TABLES = """
CREATE TABLE ai_courses (
    id_course uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar, short_description varchar, long_descrption varchar,
    created_at timestamptz NOT NULL DEFAULT now(),
    session_count smallint, total_duration_min bigint, price varchar, currency varchar,
    course_url varchar, purchase_url varchar, level varchar, language varchar,
    audience_category varchar, status varchar, start_date timestamp, end_date timestamp,
    roi varchar, modality varchar NOT NULL
);
CREATE TABLE ai_course_session (
    id_session uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    session_index smallint, title varchar, objective varchar, duration_minutes bigint,
    scheduled_at timestamp, id_course_fk uuid REFERENCES ai_courses
);
CREATE TABLE ai_tema_activity (
    id_activity uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    id_course_fk uuid NOT NULL REFERENCES ai_courses,
    id_session_fk uuid NOT NULL REFERENCES ai_course_session,
    item_session integer NOT NULL, item_type text NOT NULL, title_item varchar NOT NULL
);
CREATE TABLE bond (
    id_bond bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    content text NOT NULL, type_bond varchar NOT NULL,
    id_courses_fk uuid REFERENCES ai_courses, emisor varchar NOT NULL
);
CREATE TABLE elements_url (
    id_element uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    id_session_fk uuid NOT NULL REFERENCES ai_course_session,
    id_activity_fk uuid REFERENCES ai_tema_activity,
    item_type varchar NOT NULL, url_test varchar NOT NULL, description_url varchar NOT NULL
);
"""

USER_MEMORY = """
CREATE TABLE user_memory (
    user_id varchar(255) PRIMARY KEY,
    name varchar(255), role varchar(255), interests text[], pain_points text[],
    lead_score integer DEFAULT 0, interaction_count integer DEFAULT 0,
    first_interaction_at timestamptz, last_interaction_at timestamptz,
    message_history jsonb DEFAULT '[]', additional_data jsonb DEFAULT '{}',
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now()
);
"""

MESSY_ROWS = """
INSERT INTO ai_courses (id_course, name, short_description, long_descrption, price, currency,
                        level, status, modality, start_date, end_date, session_count)
VALUES
    ('00000000-0000-4000-8000-000000000001', 'Automatización con IA', 'Ahorra horas', NULL,
     '$4,500.00', 'MXN', 'Intermediate', 'Active', 'Online', '2031-01-01', '2031-02-01', 4),
    ('00000000-0000-4000-8000-000000000002', NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, '', NULL, NULL, NULL),
    ('00000000-0000-4000-8000-000000000003', '  it''s %s \\ 100% «IA» 🎯 ', '', E'línea\nlínea',
     'consultar', 'pesos', 'básico ', 'active', 'híbrido', 'infinity', '0044-03-15 BC', -1);
INSERT INTO ai_course_session (id_session, title, id_course_fk) VALUES
    ('00000000-0000-4000-8000-000000000011', NULL, '00000000-0000-4000-8000-000000000001'),
    ('00000000-0000-4000-8000-000000000012', 'Huérfana', NULL);
INSERT INTO ai_tema_activity (id_activity, id_course_fk, id_session_fk, item_session, item_type,
                              title_item)
VALUES ('00000000-0000-4000-8000-000000000021', '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000011', 1, 'subtema', 'Prompts'),
       ('00000000-0000-4000-8000-000000000022', '00000000-0000-4000-8000-000000000002',
        '00000000-0000-4000-8000-000000000011', 1, 'ACTIVIDAD', '');
INSERT INTO bond (content, type_bond, id_courses_fk, emisor)
VALUES ('Plantillas', 'digital', '00000000-0000-4000-8000-000000000001', 'escuela'),
       ('', '', NULL, '');
INSERT INTO elements_url (id_session_fk, id_activity_fk, item_type, url_test, description_url)
VALUES ('00000000-0000-4000-8000-000000000011', NULL, 'video', 'https://example.com/1', 'Clase');
"""

LEADS = """
INSERT INTO user_memory (user_id, name, interests, lead_score, message_history, additional_data)
VALUES ('5215512345678', 'Ana', '{ia,NULL}', 40, '[{"role": "user", "content": "hola"}]',
        '{"stage": "sales_agent", "buying_signals": ["precio"], "nested": {"a": [1, null]}}'),
       ('549115550000', NULL, NULL, NULL, NULL, NULL);
"""

INDEXES = {
    "idx_ai_courses_level": "ON ai_courses(level)",
    "idx_ai_courses_modality": "ON ai_courses(modality)",
    "idx_ai_courses_name_search": "ON ai_courses USING gin(to_tsvector('spanish', name))",
    "idx_user_memory_lead_score": "ON user_memory(lead_score)",
    "idx_user_memory_last_interaction": "ON user_memory(last_interaction_at)",
}

_COLUMNS = """
SELECT c.relname, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attnotnull THEN 'not null' END,
           CASE a.attidentity WHEN 'a' THEN 'identity always' END,
           'default ' || pg_get_expr(d.adbin, d.adrelid))
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
_KEYS = """
SELECT c.relname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype IN ('p', 'f', 'u', 'c') AND c.relnamespace = 'public'::regnamespace
ORDER BY 1, 2
"""
_DEFINED_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def run_sql(url: str, statement: str, role: str | None = None) -> list[tuple]:
    """Run SQL as another tool would, on a connection of its own; rows if there are any."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        if role:
            cursor.execute(f"SET SESSION AUTHORIZATION {role}")
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def columns(url: str) -> dict[str, list[str]]:
    """Each table with its columns: name, type, nullability, identity and default."""
    return _grouped(run_sql(url, _COLUMNS))


def keys(url: str) -> dict[str, list[str]]:
    """Each table with the definitions of its keys."""
    return _grouped(run_sql(url, _KEYS))


def indexes(url: str) -> dict[str, str]:
    """Each index with its definition."""
    return dict(run_sql(url, _DEFINED_INDEXES))


def information_schema(url: str, *tables: str) -> list[tuple]:
    """Everything that the standard's catalogue says of the columns of ``tables``."""
    names = ", ".join(f"'{table}'" for table in tables)
    return run_sql(
        url,
        "SELECT * FROM information_schema.columns WHERE table_schema = 'public' "
        f"AND table_name IN ({names}) ORDER BY table_name, ordinal_position",
    )


def dump(url: str, *tables: str) -> dict[str, list[tuple]]:
    """All rows of ``tables`` in order, each with the transaction that wrote it."""
    return {
        table: run_sql(url, f"SELECT xmin::text, ctid::text, t::text FROM {table} t ORDER BY 3, 1")
        for table in tables
    }


def _grouped(rows: list[tuple]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, line in rows:
        groups.setdefault(name, []).append(line)
    return groups
