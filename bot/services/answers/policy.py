"""Which messages the model may answer; the others are answered by templates, at no cost."""

from bot.extensions import settings
from bot.models.leads import LeadMemory
from bot.models.understanding import Intent
from bot.services import consent
from bot.services.understanding import Understood
from config import Config, ConfigError

_UNSURE = "clarify"
_PLAIN = frozenset({"price"})


def check(config: Config) -> None:
    """Refuse a policy that names what is no intent.

    Raises:
        ConfigError: naming it.
    """
    unknown = config.openai_intents - set(Intent)
    if unknown:
        raise ConfigError(
            f"OPENAI_INTENTS: there is no {', '.join(sorted(unknown))}; docs/INTENTS.md lists them."
        )


def may_be_asked(memory: LeadMemory, understood: Understood) -> bool:
    """Whether the message is one for the model, if there is one, and its writer agreed to that."""
    if not settings().openai_api_key:
        return False
    if understood.step.template or understood.meaning is None or memory.opted_out:
        return False
    return _is_for_the_model(understood) and _has_agreed(memory, understood)


def _is_for_the_model(understood: Understood) -> bool:
    meaning = understood.meaning
    allowed = settings().openai_intents
    if meaning is None:
        return False
    if understood.template == _UNSURE:
        return not allowed.isdisjoint(meaning.options)
    is_own_template = understood.template == meaning.intent.lower()
    return is_own_template and meaning.intent in allowed and not _is_plain_price(understood)


def _is_plain_price(understood: Understood) -> bool:
    """Nothing but the price is asked: there is one true answer, and a template has it."""
    meaning = understood.meaning
    if meaning is None or meaning.intent is not Intent.PRICE_INQUIRY:
        return False
    asked = {aspect.name for aspect in meaning.aspects}
    return asked <= _PLAIN and not meaning.reference.compares and not meaning.reference.most


def _has_agreed(memory: LeadMemory, understood: Understood) -> bool:
    if understood.step.event is consent.Event.ACCEPTED:
        return True
    return consent.may_reach_model(settings().consent_mode, memory)
