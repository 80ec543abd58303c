"""The shape of the model's structured answer: told to OpenAI as a JSON schema, and checked."""

from typing import Literal

from openai.types.shared_params import ResponseFormatJSONSchema
from pydantic import BaseModel, ConfigDict, Field

from bot.clients.llm import Answer, Learnt
from bot.models.context import Question
from bot.models.model_calls import Usage
from bot.models.understanding import Intent

_Asked = Literal[
    "choice",
    "details",
    "syllabus",
    "enrol",
    "options",
    "cheaper",
    "shorter",
    "adviser",
    "need",
    "fact",
]
"""The kinds of :class:`Question` that a model may ask; it does not ask for consent or erasure."""


class _Strict(BaseModel):
    # Strict schemas want every property required and no other allowed:
    # https://platform.openai.com/docs/guides/structured-outputs
    model_config = ConfigDict(extra="forbid")


class _Facts(_Strict):
    name: str | None
    role: str | None
    company: str | None
    level: Literal["principiante", "intermedio", "avanzado"] | None
    modality: Literal["online", "presencial", "híbrido"] | None
    interests: list[str]
    pain_points: list[str]


class _Answer(_Strict):
    reply: str = Field(description="El mensaje de WhatsApp para la persona")
    question: _Asked | None = Field(
        description="Qué significaría un «sí» a la pregunta con la que termina el mensaje"
    )
    course_ids: list[str] = Field(description="Los id de los cursos que nombras, en su orden")
    intent: Intent = Field(description="Qué pide el último mensaje de la persona")
    facts: _Facts = Field(description="Lo que el último mensaje dice de la persona, tal cual")
    needs_person: bool = Field(description="Si hace falta que siga una persona del equipo")


RESPONSE_FORMAT: ResponseFormatJSONSchema = {
    "type": "json_schema",
    "json_schema": {"name": "answer", "strict": True, "schema": _Answer.model_json_schema()},
}


def read_answer(content: str, usage: Usage | None) -> Answer:
    """The answer that the model's text is.

    Raises:
        ValueError: when it is none.
    """
    read = _Answer.model_validate_json(content)
    facts = read.facts
    learnt = Learnt(
        name=facts.name,
        role=facts.role,
        company=facts.company,
        level=facts.level,
        modality=facts.modality,
        interests=tuple(facts.interests),
        pain_points=tuple(facts.pain_points),
    )
    return Answer(
        text=read.reply.strip(),
        intent=read.intent,
        question=Question(read.question) if read.question else None,
        course_ids=tuple(read.course_ids),
        learnt=learnt,
        needs_person=read.needs_person,
        usage=usage,
    )
