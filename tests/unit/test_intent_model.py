"""The linear model: what it sees, how it learns, what it was taught, and what it may not do."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Unusable
from bot.models.understanding import Guess, Intent, Reading
from bot.services.intents import Reader, classify
from bot.services.intents.evaluation import evaluate, plot_confusion
from bot.services.intents.examples import (
    EXAMPLES,
    VALIDATION,
    Example,
    own_examples,
    read_labelled,
)
from bot.services.intents.features import features
from bot.services.intents.linear import INTENTS, MODEL_FILE, LinearModel, shipped_model
from bot.services.intents.rules import rule_book
from bot.services.intents.training import LEAST_MESSAGES, Trainer
from bot.services.patterns import padded
from bot.services.spanish import strip_accents

RIGHTS = {Intent.OPT_OUT, Intent.PRIVACY_REQUEST}
FEW = 12
TEXTS = [
    *("hola", "¿cuánto cuesta?", "cuanto cuezta", "me quiero anotar che", "no me escriban más"),
    *("", " ", "?", "👍🏽", "12345", "zzz", "\ud800", "excel " * 300),
]


def seen(text: str) -> set[int]:
    return features(text, padded(text))


def likely(model: LinearModel, text: str) -> list[float]:
    evidence = rule_book().scores(padded(text))
    return model.probabilities(seen(text), evidence).tolist()


def alike(one: LinearModel, other: LinearModel) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in LinearModel.__slots__
    )


def convinced(intent: Intent, probability: float) -> Reader:
    """A reader whose model knows nothing and thinks this of every message, and rather a hello."""
    rest = (1 - probability) / 2 / (len(INTENTS) - 2)
    thought = dict.fromkeys(INTENTS, rest)
    thought |= {Intent.GREETING: (1 - probability) / 2, intent: probability}
    ones = np.ones(len(INTENTS), dtype=np.float32)
    model = LinearModel(
        hashes=np.zeros(1, dtype=np.uint32),
        rarity=np.ones(1, dtype=np.float32),
        weights=np.zeros((1, len(INTENTS)), dtype=np.int8),
        scale=ones,
        rules=np.zeros((len(INTENTS), len(INTENTS)), dtype=np.float32),
        bias=np.log([thought[each] for each in INTENTS]).astype(np.float32),
        temperature=1.0,
    )
    return Reader(model, rule_book())


# What it sees


def test_the_features_of_a_message_are_the_same_in_every_process() -> None:
    """Their hashes stand in the model file; another way of naming them makes it worthless."""
    names = ("L0", "Fsi", "Zsi", "wsi", "c s", "csi", "ci ", "c si", "csi ")
    assert seen("Sí") == {zlib.crc32(name.encode()) for name in names}
    assert 1003233882 in seen("Sí")


@settings(deadline=None)
@given(st.text(max_size=300))
def test_the_same_text_has_the_same_features(text: str) -> None:
    found = seen(text)
    assert found == seen(text)
    assert all(0 <= each < 2**32 for each in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("¿Cuánto cuesta?", "cuanto cuesta ?"),
        ("HOLA", "hola"),
        ("Holaaaa", "hola"),
        ("q precio tiene", "que precio tiene"),
        ("x favor", "por favor"),
    ],
)
def test_spellings_of_one_thing_look_alike(one: str, other: str) -> None:
    assert seen(one) == seen(other)


@pytest.mark.parametrize(
    ("word", "typo"), [("cuesta", "cuezta"), ("inscribirme", "inscrivirme"), ("precio", "presio")]
)
def test_a_misspelt_word_shares_pieces_with_the_right_one(word: str, typo: str) -> None:
    assert len(seen(word) & seen(typo)) >= 3


def test_the_order_of_words_and_an_emoji_are_seen() -> None:
    assert seen("no sí") != seen("sí no")
    assert seen("gracias 🙏") - seen("gracias")


# How it learns


@pytest.fixture(scope="module")
def few() -> list[Example]:
    """A few examples of each intent."""
    kept: list[Example] = []
    for example in own_examples():
        if sum(each.intent is example.intent for each in kept) < FEW:
            kept.append(example)
    return kept


@pytest.fixture(scope="module")
def model(few: list[Example]) -> LinearModel:
    return Trainer(few).train()


def test_training_twice_gives_the_same_model(few: list[Example], model: LinearModel) -> None:
    assert alike(Trainer(few).train(), model)


def test_a_model_knows_what_it_has_learnt(few: list[Example], model: LinearModel) -> None:
    reader = Reader(model, rule_book())
    right = sum(reader.read(example.text).intent is example.intent for example in few)
    assert right / len(few) > 0.95


def test_a_model_knows_features_of_several_messages_only(
    few: list[Example], model: LinearModel
) -> None:
    counts = Counter(each for example in few for each in seen(example.text))
    often = sorted(each for each, count in counts.items() if count >= LEAST_MESSAGES)
    assert model.hashes.tolist() == often


def test_a_model_of_a_part_knows_only_that_part(few: list[Example]) -> None:
    trainer = Trainer(few)
    learnt, held_back = trainer.folds()[0]
    assert sorted([*learnt.tolist(), *held_back.tolist()]) == list(range(len(few)))
    part = Trainer([few[row] for row in learnt.tolist()]).train()
    assert alike(trainer.train(learnt), part)


def test_a_model_that_was_saved_predicts_the_same(model: LinearModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.npz")
    loaded = LinearModel.load(tmp_path / "model.npz")
    assert alike(loaded, model)
    for text in TEXTS:
        assert likely(loaded, text) == likely(model, text)


def test_the_same_model_makes_the_same_bytes(model: LinearModel, tmp_path: Path) -> None:
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    model.save(first)
    LinearModel.load(first).save(second)
    assert first.read_bytes() == second.read_bytes()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    with pytest.raises(OSError):
        LinearModel.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError):
        LinearModel.load(path)


def test_a_model_without_all_its_parts_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "model.npz", hashes=np.zeros(1))
    with pytest.raises(KeyError):
        LinearModel.load(tmp_path / "model.npz")


# What comes with the package


def test_the_shipped_model_knows_the_eighteen_intents() -> None:
    shipped = shipped_model()
    known = len(shipped.hashes)
    assert len(INTENTS) == 18
    assert shipped.weights.shape == (known, 18)
    assert shipped.rules.shape == (18, 18)
    assert shipped.scale.shape == shipped.bias.shape == (18,)
    assert shipped.rarity.shape == (known,)
    assert shipped.temperature > 0


def test_the_shipped_model_can_be_searched_and_is_small() -> None:
    shipped = shipped_model()
    assert (np.diff(shipped.hashes.astype(np.int64)) > 0).all()
    assert all(np.isfinite(part).all() for part in (shipped.rarity, shipped.rules, shipped.bias))
    assert (shipped.scale > 0).all()
    assert MODEL_FILE.stat().st_size < 4_000_000


@pytest.mark.parametrize("intent", Intent)
def test_the_shipped_model_has_learnt_its_examples(intent: Intent) -> None:
    texts = [example.text for example in own_examples() if example.intent is intent]
    right = sum(classify(text).intent is intent for text in texts)
    assert right / len(texts) > 0.95


@settings(deadline=None)
@given(st.text(max_size=300) | st.sampled_from(TEXTS))
def test_probabilities_sum_to_one(text: str) -> None:
    found = likely(shipped_model(), text)
    assert len(found) == 18
    assert all(0 <= each <= 1 for each in found)
    assert sum(found) == pytest.approx(1)


def test_a_message_without_a_known_feature_is_guessed_by_the_bias() -> None:
    shipped = shipped_model()
    nothing = shipped.probabilities(set(), {})
    assert nothing.sum() == pytest.approx(1)
    assert nothing.max() < 0.5


# What it was taught


def normalised(text: str) -> str:
    """Without accents, case and punctuation; a message of signs is its signs."""
    words = re.findall(r"\w+", strip_accents(text.lower()))
    return " ".join(words) or text.replace(" ", "")


def spellings(examples: Iterable[Example]) -> dict[str, set[Intent]]:
    found: dict[str, set[Intent]] = {}
    for example in examples:
        found.setdefault(normalised(example.text), set()).add(example.intent)
    return found


@pytest.mark.parametrize("intent", Intent)
def test_every_intent_has_many_examples_of_its_own(intent: Intent) -> None:
    own = [kinds for kinds in spellings(own_examples()).values() if kinds == {intent}]
    assert len(own) >= 150


def test_no_example_is_of_two_intents() -> None:
    found = spellings(own_examples())
    assert {text for text, intents in found.items() if len(intents) > 1} == set()


def test_each_file_of_examples_is_that_of_an_intent() -> None:
    names = {path.name for path in EXAMPLES.iterdir()}
    assert names == {f"{intent.lower()}.txt" for intent in Intent}


def test_what_is_judged_by_was_not_learnt() -> None:
    learnt, judged = spellings(own_examples()), spellings(read_labelled(VALIDATION))
    assert set(learnt) & set(judged) == set()


def test_every_intent_is_judged_by_messages_that_have_one_only() -> None:
    rows = read_labelled(VALIDATION)
    per_intent = Counter(row.intent for row in rows)
    assert {intent for intent in Intent if per_intent[intent] < 30} == set()
    assert all(len(intents) == 1 for intents in spellings(rows).values())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("text,label\nhola,GREETING\n", "columns text, intent"),
        ("", "columns text, intent"),
        ("text,intent\nhola\n", "Line 2"),
        ("text,intent\nhola,GREETING\nadiós,FAREWELL\n", "Line 3.*FAREWELL"),
    ],
)
def test_a_file_of_messages_that_cannot_be_used_says_why(
    content: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Unusable, match=problem):
        read_labelled(path)


def test_a_file_of_messages_may_come_from_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text('\ufefftext,intent,note\r\n"hola, ¿qué tal?", greeting ,x\r\n', "utf-8")
    assert read_labelled(path) == [Example("hola, ¿qué tal?", Intent.GREETING)]


# How well it does


def test_the_figures_of_an_evaluation_are_those_of_its_messages() -> None:
    examples = [
        Example("a", Intent.GREETING),
        Example("b", Intent.GREETING),
        Example("c", Intent.COURTESY),
        Example("d", Intent.COURTESY),
    ]
    said = {"a": Intent.GREETING, "b": Intent.COURTESY, "c": Intent.COURTESY, "d": Intent.COURTESY}
    result = evaluate(examples, lambda text: Reading((Guess(said[text], 1.0),)))
    greeting, courtesy = (result.score_of(each) for each in (Intent.GREETING, Intent.COURTESY))
    assert result.accuracy == 0.75
    assert (greeting.precision, greeting.recall, greeting.messages) == (1, 0.5, 2)
    assert (courtesy.precision, courtesy.recall) == (pytest.approx(2 / 3), 1)
    assert result.macro_f1 == pytest.approx((2 / 3 + 0.8) / 2)
    assert result.calibration_error == pytest.approx(0.25)
    assert result.confusion.sum() == 4
    assert result.confusion[INTENTS.index(Intent.GREETING), INTENTS.index(Intent.COURTESY)] == 1


def test_the_confusions_can_be_drawn(tmp_path: Path) -> None:
    examples = [Example("hola", Intent.GREETING), Example("gracias", Intent.COURTESY)]
    plot_confusion(evaluate(examples, classify), tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")


# The rights


@pytest.mark.parametrize("right", sorted(RIGHTS))
@pytest.mark.parametrize("text", ["florero azul", "excel", "hola"])
def test_without_a_rule_a_right_needs_to_be_very_likely(right: Intent, text: str) -> None:
    assert convinced(right, 0.7).read(text).intent is not right
    assert right not in {guess.intent for guess in convinced(right, 0.7).read(text).ranked}
    assert convinced(right, 0.9).read(text).intent is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("no me escriban más", Intent.OPT_OUT),
        ("BAJA", Intent.OPT_OUT),
        ("borren mis datos", Intent.PRIVACY_REQUEST),
    ],
)
def test_with_a_rule_a_right_wins_where_the_model_is_in_two_minds(text: str, right: Intent) -> None:
    assert convinced(right, 0.35).read(text).intent is right


def test_a_rule_of_one_right_makes_the_other_no_likelier() -> None:
    reading = convinced(Intent.PRIVACY_REQUEST, 0.7).read("no me escriban más")
    assert reading.intent is Intent.OPT_OUT


def test_no_right_is_read_without_a_rule_or_high_confidence() -> None:
    read = [(text, classify(text)) for text, _ in read_labelled(VALIDATION)]
    rights = [(text, reading) for text, reading in read if reading.intent in RIGHTS]
    assert rights
    for text, reading in rights:
        by_rule = rule_book().scores(padded(text)).get(reading.intent)
        assert by_rule or reading.confidence >= 0.8, text


# Whatever people send

HUGE = ("hola " * 20_000, "a" * 100_000, "😀" * 25_000, "1 " * 50_000, "¿?" * 50_000, "ñ" * 50_000)
ODD = (
    *("", " ", "\n\t", "\x00", "?", "¿?", "...", "\ud800", "\udfff hola \ud800", "precio\udc80"),
    *(
        "😀",
        "😀😀🔥",
        "👩‍💻",
        "👍🏽",
        "❤️",
        "\ufe0f",
        "\u200b",
        "\u202e",
        "İ",
        "ß",
        "你好",
        "Привет",
    ),
    *("0", "1", "12345", "5512345678", "3.14", "٣", "²", "½", "Ⅷ", "$", "%", "@", "#"),
    *("'; DROP TABLE messages; --", "<script>", "{{7*7}}", "%s", "\\", "á" * 1000, "e\u0301" * 500),
)


@pytest.mark.parametrize("text", [*HUGE, *ODD], ids=lambda text: ascii(text[:12]))
def test_no_message_is_too_odd_to_be_read(text: str) -> None:
    reading = classify(text)
    assert reading == classify(text)
    assert 1 <= len(reading.ranked) <= 3
    assert reading.intent not in RIGHTS
    confidences = [guess.confidence for guess in reading.ranked]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= each <= 1 for each in confidences)


@pytest.mark.parametrize("text", ["😀", "👍🏽", "❤️", "🔥" * 500, "👩‍💻", "🇲🇽"])
def test_signs_alone_are_a_courtesy(text: str) -> None:
    assert classify(text).intent is Intent.COURTESY
    assert classify(text).aspects == ()


@settings(deadline=None)
@given(st.text(max_size=400))
def test_every_message_is_read_and_read_alike_the_next_time(text: str) -> None:
    reading = classify(text)
    assert reading == classify(text)
    assert 0 <= reading.confidence <= 1
    assert len({guess.intent for guess in reading.ranked}) == len(reading.ranked)


def test_of_a_long_message_the_beginning_counts() -> None:
    beginning = "¿cuánto cuesta el curso? " + "bla " * 400
    assert classify(beginning + "borren mis datos").intent is classify(beginning).intent
