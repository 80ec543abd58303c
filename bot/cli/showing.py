"""``flask catalog list`` and ``flask catalog show``: courses as a lead reads them."""

from uuid import UUID

import click
from flask.cli import with_appcontext

from bot.cli.errors import told_plainly
from bot.models.catalogue import Course
from bot.services import catalogue


@click.command("list")
@click.option("--level", help="In any spelling: intermedio, Intermediate …")
@click.option("--modality", help="In any spelling: presencial, In-person …")
@click.option("--keyword", help="Words that a course on offer must have, all of them.")
@click.option("--limit", default=20, type=click.IntRange(1, 1000))
@with_appcontext
@told_plainly
def list_courses(level: str | None, modality: str | None, keyword: str | None, limit: int) -> None:
    """Show courses as Brenda lists them in the chat."""
    click.echo(catalogue.format_course_list_for_chat(_wanted(level, modality, keyword, limit)))


@click.command("show")
@click.argument("id_course", type=click.UUID)
@click.option("--short", is_flag=True, help="As in a list, without sessions and bonuses.")
@with_appcontext
@told_plainly
def show(id_course: UUID, short: bool) -> None:
    """Show the course ID_COURSE as Brenda writes it in the chat."""
    course = catalogue.get_course_complete_info(id_course)
    write = catalogue.format_course_for_chat if short else catalogue.format_detailed_course_for_chat
    click.echo(write(course))


def _wanted(
    level: str | None, modality: str | None, keyword: str | None, limit: int
) -> list[Course]:
    if keyword and (level or modality):
        raise click.UsageError("Give --keyword alone: write the level or modality into it.")
    if keyword:
        return catalogue.search_courses_by_keyword(keyword, limit)
    if level and modality:
        return catalogue.get_all_courses({"level": level, "modality": modality}, limit)
    if level:
        return catalogue.get_courses_by_level(level, limit)
    if modality:
        return catalogue.get_courses_by_modality(modality, limit)
    return catalogue.get_all_courses(limit=limit)
