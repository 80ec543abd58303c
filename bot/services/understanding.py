"""What an inbound message is understood to be: its meaning, its facts, and what consent says."""

from dataclasses import dataclass, field, replace

from bot.extensions import settings
from bot.models.context import Context
from bot.models.leads import LeadMemory
from bot.models.messages import InboundMessage, MessageKind, Turn
from bot.models.understanding import Facts, Intent, Reading, joined
from bot.services import consent, short_answers
from bot.services.intents import classify
from bot.services.meaning import Meaning, meaning_of
from bot.services.profile import extract

_LONGEST = 2000
_READ_AS_TEXT = frozenset(
    {
        MessageKind.TEXT,
        MessageKind.BUTTON,
        MessageKind.IMAGE,
        MessageKind.VIDEO,
        MessageKind.VOICE,
    }
)
_TEMPLATE_OF_KIND = {
    MessageKind.VOICE: "voice",
    MessageKind.IMAGE: "image",
    MessageKind.VIDEO: "video",
    MessageKind.DOCUMENT: "document",
    MessageKind.STICKER: "sticker",
    MessageKind.LOCATION: "location",
    MessageKind.CONTACT: "contact_card",
    MessageKind.REACTION: None,
}


_ALSO_MEANT = 0.2
_CLEAR = 0.75
_UNSURE = "clarify"
_ANSWERS_TO_CONSENT = (consent.Event.ACCEPTED, consent.Event.REFUSED)


@dataclass(frozen=True, slots=True)
class Understood:
    """``text`` is what is answered, ``template`` by which; without one nothing is sent.

    ``meaning`` is None for what is no text. ``step`` is what it makes of the consent.
    """

    text: str
    template: str | None
    meaning: Meaning | None = None
    facts: Facts = field(default_factory=Facts)
    context: Context = field(default_factory=Context)
    step: consent.Step = field(default_factory=consent.Step)
    stops_writing: bool = False
    needs_person: bool = False

    def taught(self, intent: Intent | None, learnt: Facts, needs_person: bool) -> "Understood":
        """The same with what the model made of the message, where the rules were not sure."""
        facts = joined(self.facts, learnt)
        taught = replace(self, facts=facts, needs_person=needs_person)
        if intent is None or self.meaning is None or self.template != _UNSURE:
            return taught
        return replace(taught, meaning=replace(self.meaning, intent=intent, options=()))

    def is_open_to(self, intent: Intent) -> bool:
        """Whether the rules are unsure enough to believe somebody else."""
        confidence = self.meaning.confidence if self.meaning else 1.0
        return confidence < _CLEAR and intent is not self.intent

    def read_as(self, intent: Intent) -> "Understood":
        """The same message, taken for ``intent`` and answered by its template."""
        meaning = Meaning(intent, _CLEAR, intent.lower())
        stops = intent is Intent.OPT_OUT
        return replace(self, meaning=meaning, template=meaning.template, stops_writing=stops)

    @property
    def intent(self) -> Intent | None:
        """What the message asks for, if it is one that asks."""
        return self.meaning.intent if self.meaning else None


def understand(turn: Turn) -> Understood:
    """Read the message of ``turn`` with what is known of its writer."""
    inbound, memory = turn.inbound, turn.memory
    context = Context.read(memory.additional_data.get("context"), inbound.received_at)
    text = inbound.body.strip()[:_LONGEST]
    if not _is_read(inbound, text, context):
        return _understand_no_text(inbound, text, memory, context)
    if memory.opted_out and short_answers.comes_back(text):
        back = consent.Step(consent.Event.OPTED_IN)
        return Understood(text, "opt_in", context=context, step=back)
    return _understand_text(text, memory, context)


def _understand_no_text(
    inbound: InboundMessage, text: str, memory: LeadMemory, context: Context
) -> Understood:
    template = _TEMPLATE_OF_KIND.get(inbound.kind, "unsupported")
    if template is None:
        return Understood(text, None, context=context)
    step = consent.step_unread(settings().consent_mode, memory, context)
    return Understood(text, step.template or template, context=context, step=step)


def _is_read(inbound: InboundMessage, text: str, context: Context) -> bool:
    """A reaction is read only as the answer to an open question."""
    if inbound.kind is MessageKind.REACTION:
        return bool(context.asked and text and short_answers.yes_or_no(text))
    return bool(text) and inbound.kind in _READ_AS_TEXT


def _understand_text(text: str, memory: LeadMemory, context: Context) -> Understood:
    reading = classify(text)
    mode = settings().consent_mode
    step = consent.step(mode, text, reading.intent, memory, context)
    if step.answers:
        text, reading = step.answers, classify(step.answers)
    facts = extract(text)
    meaning = meaning_of(text, reading, facts, context)
    template = step.template or meaning.template
    if step.before and not step.answers:
        template = "greeting"
    if step.event in _ANSWERS_TO_CONSENT and not step.answers:
        meaning = Meaning(Intent.COURTESY, 1.0, template)
    is_left = memory.opted_out and not step.event and _is_left_in_peace(meaning.intent, context)
    return Understood(
        text,
        None if is_left else template,
        meaning,
        facts if consent.may_be_noted(mode, memory, step) else Facts(),
        context,
        step,
        stops_writing=_stops_writing(meaning.intent, reading),
    )


def _stops_writing(intent: Intent, reading: Reading) -> bool:
    """Whoever asks for the erasure of data may ask in the same message to be left alone."""
    leaves = any(
        guess.intent is Intent.OPT_OUT and guess.confidence >= _ALSO_MEANT
        for guess in reading.ranked
    )
    return intent is Intent.OPT_OUT or (intent is Intent.PRIVACY_REQUEST and leaves)


def _is_left_in_peace(intent: Intent, context: Context) -> bool:
    """What somebody who left may say without being written to again.

    Whoever was answered since then is told once more that nobody will write.
    """
    again = intent is Intent.OPT_OUT and context.intent == Intent.OPT_OUT
    return again or intent is Intent.COURTESY
