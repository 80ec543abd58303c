"""The simulator as a person sees it."""

from playwright.sync_api import Page, expect

from tests.support.gunicorn import Gunicorn


def say(page: Page, text: str) -> None:
    answered = page.locator(".theirs, .note").count()
    page.get_by_label("Mensaje").fill(text)
    page.get_by_label("Enviar").click()
    expect(page.locator(".theirs, .note")).not_to_have_count(answered)


def test_a_chat_in_the_simulator_shows_courses_and_remembers_the_person(
    deployed: Gunicorn, page: Page
) -> None:
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(f"{deployed.url}/simulator")
    say(page, "hola, me llamo María")
    say(page, "¿qué cursos de marketing tienen?")
    expect(page.locator(".theirs strong", has_text="Automatización con IA").first).to_be_visible()
    say(page, "hola")
    expect(page.locator(".theirs").last).to_contain_text("María")
    assert all(url.startswith(deployed.url) for url in outside)


def test_two_people_in_the_simulator_have_two_memories(deployed: Gunicorn, page: Page) -> None:
    page.goto(f"{deployed.url}/simulator")
    say(page, "hola, me llamo María")
    page.get_by_label("Otra persona (número sin +)").fill("5491123456789")
    page.get_by_role("button", name="Agregar").click()
    expect(page.locator(".bubble")).to_have_count(0)
    say(page, "hola")
    expect(page.locator(".theirs").last).not_to_contain_text("María")


def test_what_a_person_types_is_shown_as_text_and_never_runs(
    deployed: Gunicorn, page: Page
) -> None:
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    page.goto(f"{deployed.url}/simulator")
    say(page, '<img src=x onerror=alert(1)> https://a.example/"onmouseover="alert(2)')
    expect(page.locator(".mine")).to_contain_text("<img src=x")
    assert page.locator(".bubble img, .bubble [onmouseover]").count() == 0
    assert not alerts


def test_the_swagger_page_draws_the_api_without_outside_requests(
    deployed: Gunicorn, page: Page
) -> None:
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(f"{deployed.url}/api/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    assert all(url.startswith((deployed.url, "data:")) for url in outside)
