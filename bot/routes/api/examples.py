"""What the API's description shows as examples of bodies."""

from http import HTTPStatus
from typing import Any

_ID = "e7a7c4a9-a357-59d0-9e84-9722f56f4cb8"
_CONTENT: dict[str, Any] = {
    "name": "Automatización con IA para Marketing",
    "short_description": "Aprende a automatizar campañas y análisis de datos",
    "long_descrption": "Programa práctico para equipos de marketing que ya manejan campañas.",
    "session_count": 8,
    "total_duration_min": 960,
    "price": "299",
    "currency": "USD",
    "course_url": "https://example.com/cursos/automatizacion-ia-marketing",
    "purchase_url": "https://example.com/inscripcion/automatizacion-ia-marketing",
    "level": "intermedio",
    "language": "Español",
    "audience_category": "Marketing",
    "status": "active",
    "start_date": "2027-01-12T19:00:00",
    "end_date": "2027-03-02T21:00:00",
    "roi": "Entre 6 y 10 horas semanales liberadas",
    "modality": "online",
}
_SESSION: dict[str, Any] = {
    "session_index": 1,
    "title": "Mapa de procesos de marketing",
    "objective": "Identificar qué tareas conviene automatizar primero",
    "duration_minutes": 120,
    "scheduled_at": "2027-01-12T19:00:00",
}
_ACTIVITY: dict[str, Any] = {
    "item_session": 1,
    "item_type": "subtema",
    "title_item": "Matriz de esfuerzo e impacto",
}
_ELEMENT: dict[str, Any] = {
    "item_type": "video",
    "url_test": "https://example.com/recursos/bienvenida.mp4",
    "description_url": "Video de bienvenida y recorrido por el temario",
}
_BONUS: dict[str, Any] = {
    "content": "Paquete de 12 plantillas de flujos de marketing",
    "type_bond": "plantilla",
    "emisor": "Aprende y Aplica IA",
}

COURSE: dict[str, Any] = {"id_course": _ID, "created_at": "2026-11-02T15:04:05+00:00", **_CONTENT}
COMPLETE_COURSE: dict[str, Any] = {
    **COURSE,
    "sessions": [
        {
            "id_session": "32b8e30d-f3b1-5b94-bec0-e622ee2adcf2",
            **_SESSION,
            "activities": [{"id_activity": "ca794ea5-27d3-57cb-8476-9f7d5a6f23ba", **_ACTIVITY}],
            "elements": [
                {
                    "id_element": "bc8ad142-dd8d-511c-8bc2-e1ecdcbea0c4",
                    "id_activity_fk": None,
                    **_ELEMENT,
                }
            ],
        }
    ],
    "bonuses": [{"id_bond": 1, **_BONUS}],
}
NEW_COURSE: dict[str, Any] = {
    **_CONTENT,
    "sessions": [{**_SESSION, "activities": [_ACTIVITY], "elements": [_ELEMENT]}],
    "bonuses": [_BONUS],
}
COURSE_CHANGE: dict[str, Any] = {"price": "349", "start_date": "2027-02-09", "roi": None}
PAGINATION = {
    "total": 24,
    "total_pages": 2,
    "first_page": 1,
    "last_page": 2,
    "page": 1,
    "next_page": 2,
}
FOUND = [{"course": COURSE, "score": 0.42}]
RECOMMENDED = [{**FOUND[0], "reasons": ["te interesa marketing", "va con tu nivel (intermedio)"]}]
STATISTICS: dict[str, Any] = {
    "total": 24,
    "by_level": {"avanzado": 5, "intermedio": 10, "principiante": 9},
    "by_modality": {"híbrido": 4, "online": 15, "presencial": 5},
    "by_status": {"active": 22, "archived": 2},
    "by_audience": {"Finanzas": 6, "Marketing": 18},
    "prices": [{"currency": "USD", "lowest": "99", "highest": "499"}],
}
OPTIONS: dict[str, Any] = {
    "levels": ["avanzado", "intermedio", "principiante"],
    "modalities": ["híbrido", "online", "presencial"],
    "languages": ["Español"],
    "audiences": ["Finanzas", "Marketing"],
}
USER: dict[str, Any] = {
    "user_id": "5215512345678",
    "name": "María",
    "role": "gerente de marketing",
    "interests": ["marketing"],
    "pain_points": ["reportes manuales"],
    "lead_score": 45,
    "interaction_count": 3,
    "first_interaction_at": "2026-11-02T15:04:05+00:00",
    "last_interaction_at": "2026-11-02T15:09:41+00:00",
    "message_history": [
        {"role": "user", "content": "¿Cuánto cuesta?", "timestamp": "2026-11-02T15:09:41+00:00"}
    ],
    "additional_data": {"level": "intermedio", "stage": "considering"},
    "company": None,
    "email": None,
    "level": "intermedio",
    "modality": None,
    "budget": 300.0,
    "currency": "USD",
    "stage": "considering",
    "current_course": "Automatización con IA para Marketing",
    "opted_out": False,
    "score_today": 44,
    "score_reasons": [
        {
            "signal": "intent:PRICE_INQUIRY",
            "reason": "preguntó el precio",
            "points": 10.0,
            "at": "2026-11-02T15:09:41+00:00",
            "message_sid": "SM0123456789abcdef0123456789abcdef",
        }
    ],
}
USER_CHANGE: dict[str, Any] = {"name": "María Fernanda", "level": None}
MESSAGE: dict[str, Any] = {
    "key": "1793631781000000.42",
    "user_id": "5215512345678",
    "direction": "inbound",
    "kind": "text",
    "body": "¿Cuánto cuesta?",
    "at": "2026-11-02T15:09:41+00:00",
    "message_sid": "SM0123456789abcdef0123456789abcdef",
    "reply_to": None,
    "intent": None,
    "confidence": None,
    "source": None,
    "level": None,
    "id_course": None,
}
EXPORT: dict[str, Any] = {
    "exported_at": "2026-11-24T12:00:00+00:00",
    "user_ids": ["5215512345678", "525512345678"],
    "memory": USER,
    "messages": [{name: value for name, value in MESSAGE.items() if name != "key"}],
    "audit": [
        {
            "at": "2026-11-24T12:00:00+00:00",
            "actor": "api key 3 (reports)",
            "action": "exported",
            "person": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "user_id": "5215512345678",
            "reason": "asked for by mail",
            "details": {},
        }
    ],
}
LEAD_STATISTICS: dict[str, Any] = {
    "leads": 1200,
    "active": {"1": 40, "7": 210, "30": 700},
    "scores": [{"from": 0, "to": 19, "leads": 800}, {"from": 80, "to": 100, "leads": 30}],
    "messages_per_lead": {"mean": 4.2, "1": 500, "2-5": 400, "6-20": 250, "21+": 50},
    "intents": {"EXPLORATION": 900, "PRICE_INQUIRY": 310},
    "stages": {"new": 300, "exploring": 500, "buying": 60},
}
LEAD: dict[str, Any] = {
    name: USER[name]
    for name in (
        "user_id",
        "name",
        "role",
        "lead_score",
        "score_today",
        "score_reasons",
        "stage",
        "current_course",
        "interaction_count",
        "last_interaction_at",
        "opted_out",
    )
}


def problem(status: int, message: str) -> dict[str, Any]:
    """The body of an error answer."""
    body = {"code": status, "status": HTTPStatus(status).phrase, "message": message}
    return body | ({"errors": {"price": ["Not a valid string."]}} if status == 422 else {})
