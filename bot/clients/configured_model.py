"""Which language model an app has: OpenAI's with a key, else none."""

from flask import Flask

from bot.clients.llm import LanguageModel, NullModel
from bot.clients.timed_calls import TimedCalls
from config import Config


def init_app(app: Flask, config: Config) -> None:
    """Give ``app`` the configured model, or the null one."""
    model: LanguageModel = NullModel()
    if config.openai_api_key:
        from bot.clients.openai_model import OpenAIModel

        model = OpenAIModel(config, TimedCalls(2 * config.web_threads, "openai"))
    app.extensions["language_model"] = model
