"""Every blueprint with its guard, in one list."""

from flask import Blueprint, Flask

from bot.extensions import api as rest
from bot.models.access import Scope
from bot.routes import health, simulator, whatsapp
from bot.routes.api import courses, leads, users
from bot.routes.guards import Guard, anyone, api_key, signed_by_twilio, simulator_is_on

GUARDED: list[tuple[Blueprint, Guard]] = [
    (whatsapp.blueprint, signed_by_twilio),
    (health.blueprint, anyone),
    (simulator.blueprint, simulator_is_on),
    (courses.blueprint, api_key(read=Scope.COURSES_READ, write=Scope.COURSES_WRITE)),
    (leads.blueprint, api_key(read=Scope.LEADS_READ, write=Scope.ADMIN)),
    (users.blueprint, api_key(read=Scope.USERS_READ, write=Scope.USERS_WRITE)),
]


def init_app(app: Flask) -> None:
    """Register every blueprint behind its guard."""
    for blueprint, guard in GUARDED:
        app.before_request_funcs.setdefault(blueprint.name, []).append(guard)
        if blueprint.url_prefix and blueprint.url_prefix.startswith("/api"):
            rest.register_blueprint(blueprint)
        else:
            app.register_blueprint(blueprint)
