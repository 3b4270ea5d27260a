"""Which words BLEU counts, by language and script: against sacreBLEU told the tokenizer itself."""

import json
import logging
import pathlib
import urllib.error

import pytest
import sacrebleu
from conftest import TINY_TRANSLATION, pairs
from sacrebleu.tokenizers import tokenizer_ja_mecab, tokenizer_ko_mecab, tokenizer_spm

import pipelines
from pipelines import settings, translation
from pipelines.translation import bleu_tokenizers, preprocessor
from pipelines.translation import scores as translation_scores

# {language: (its tokenizer, translations, references)}
CORPORA = {
    "Chinese": ("zh", ["我喜欢你的小猫。", "他昨天去北京了。"], ["我喜欢你的小狗。", "他昨天从北京来了。"]),
    "Japanese": ("ja-mecab", ["猫が好きです。", "明日は雨が降ります。"], ["犬が好きです。", "明日は雪が降ります。"]),
    "Korean": (
        "ko-mecab",
        ["나는 학교에 갑니다.", "오늘은 날씨가 좋다."],
        ["나는 집에 갑니다.", "오늘은 날씨가 나쁘다."],
    ),
    "Thai": ("char", ["ฉันชอบกินข้าวผัด", "วันนี้อากาศดีมาก"], ["ฉันชอบกินข้าวต้ม", "วันนี้อากาศร้อนมาก"]),
    "Lao": ("char", ["ຂ້ອຍມັກກິນເຂົ້າ"], ["ຂ້ອຍມັກກິນປາ"]),
    "Khmer": ("char", ["ខ្ញុំស្រលាញ់ឆ្មា"], ["ខ្ញុំស្រលាញ់ឆ្កែ"]),
    "Burmese": ("char", ["ကျွန်တော်ထမင်းစားသည်"], ["ကျွန်တော်ငါးစားသည်"]),
    "Tibetan": ("char", ["བཀྲ་ཤིས་བདེ་ལེགས"], ["བཀྲ་ཤིས་ཀུན་ལེགས"]),
    "English": ("13a", ["The cat sat on the red mat."], ["The cat sat on the old mat."]),
    "German": ("13a", ["Der Hund läuft über die Straße."], ["Der Hund rennt über die Straße."]),
    "Arabic": ("13a", ["أحب القهوة ولا أحب الشاي هنا."], ["أحب القهوة ولا أحب الحليب هنا."]),
    "Hindi": ("13a", ["वह एक अच्छी किताब पढ़ रही है।"], ["वह एक नई किताब पढ़ रही है।"]),
    "Hebrew": ("13a", ["אני גר בבית לבן ליד הים."], ["אני גר בבית גדול ליד הים."]),
    "Greek": ("13a", ["Πού είναι το μεγάλο μουσείο της πόλης;"], ["Πού είναι το παλιό μουσείο της πόλης;"]),
    "Russian": ("13a", ["Я люблю кофе, а не чай с молоком."], ["Я люблю кофе, а не сок с молоком."]),
}
MECAB = {"ja-mecab": tokenizer_ja_mecab, "ko-mecab": tokenizer_ko_mecab}
FROZEN = pathlib.Path(__file__).parents[2] / "frozen" / "0.1.0"
by_language = pytest.mark.parametrize("language", CORPORA)


def config(**options):
    return settings.create(translation.Config, options)


@by_language
def test_bleu_is_sacrebleus_with_the_tokenizer_of_the_language(language):
    tokenize, translations, references = CORPORA[language]
    if tokenize in MECAB and MECAB[tokenize].MeCab is None:
        pytest.skip("without MeCab")
    assert bleu_tokenizers.chosen(references, config()) == tokenize
    expected = sacrebleu.corpus_bleu(translations, [references], tokenize=tokenize).score
    scores = translation_scores.judged(translations, [[text] for text in references], tokenize)
    assert 5 < expected < 95
    assert scores["sacrebleu"] == pytest.approx(expected)
    assert scores["bleu"] == pytest.approx(expected, abs=1e-6)
    assert scores["chrf"] == pytest.approx(sacrebleu.corpus_chrf(translations, [references]).score)
    signed = translation_scores.signatures(translations, [[text] for text in references], tokenize)["sacrebleu"]
    assert f"|tok:{tokenize}" in signed


@pytest.mark.parametrize("tokenize", ["13a", "intl", "zh", "char", "ja-mecab", "ko-mecab"])
def test_our_bleu_is_sacrebleus_with_all_tokenizers_on_mixed_texts(tokenize):
    if tokenize in MECAB and MECAB[tokenize].MeCab is None:
        pytest.skip("without MeCab")
    translations = [text for _, several, _ in CORPORA.values() for text in several] + [
        "",
        "😀 3,5 “so”  我 \u3000x",
        " a",
    ]
    references = [[text] for _, _, several in CORPORA.values() for text in several]
    references += [["nothing", ""], ["😀 3,5 “no”  我 \u3000x", "我"], ["a "]]
    streams = translation_scores.columns(references)
    expected = sacrebleu.corpus_bleu(translations, streams, tokenize=tokenize, force=True).score
    assert translation_scores.bleu(translations, references, tokenize, at_once=4) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("targets", "tokenize"),
    [
        (["The cat.", "我喜欢猫和狗。", "你好吗？"], "zh"),
        (["The cat sat on the mat and slept until the evening came.", "你好"], "13a"),
        (["请用 TensorFlow 训练这个模型"], "zh"),
        (["我们都知道这本书", "猫が好き", "中国的首都是北京，人口很多"], "zh"),
        (["東京都庁舎へ行く", "東京駅の前で待つ"], "ja-mecab"),
        (["ｶﾀｶﾅ ﾃﾞｽ"], "ja-mecab"),
        (["ＡＢＣ ｄｅｆ"], "13a"),
        (["😀🎉", "🎉"], "13a"),
        (["123", "!?"], "13a"),
        ([""], "13a"),
        ([], "13a"),
    ],
)
def test_most_words_decide_in_any_order(targets, tokenize):
    for ordered in (targets, targets[::-1]):
        assert bleu_tokenizers.OF_WRITING[bleu_tokenizers.writing_of(ordered)] == tokenize


@pytest.mark.parametrize(
    ("language", "targets", "tokenize"),
    [
        ("zh-TW", ["請用 PyTorch and NumPy and other libraries"], "zh"),
        ("Chinese", ["請用 PyTorch and NumPy and other libraries"], "zh"),
        ("jpn_Jpan", ["東京駅"], "ja-mecab"),
        ("ja", ["東京駅"], "ja-mecab"),
        ("kor", ["이 PyTorch and NumPy and other libraries"], "ko-mecab"),
        ("th", ["ดี PyTorch and NumPy and other libraries"], "char"),
        ("my", ["my own column of English"], "13a"),  # not Burmese
        ("zh", ["wo xihuan mao"], "13a"),
        ("en", ["我喜欢猫。"], "zh"),
        ("2", ["我喜欢猫。"], "zh"),
        (None, ["我喜欢猫。"], "zh"),
    ],
)
def test_a_named_language_decides_if_its_script_is_there(language, targets, tokenize):
    assert bleu_tokenizers.OF_WRITING[bleu_tokenizers.writing_of(targets, language)] == tokenize


@pytest.mark.parametrize("language", ["Japanese", "Korean"])
def test_without_mecab_characters_are_compared_and_one_line_says_what_to_install(language, monkeypatch, caplog):
    tokenize, _, references = CORPORA[language]
    monkeypatch.setattr(MECAB[tokenize], "MeCab", None)
    assert bleu_tokenizers.chosen(references, config()) == "char"
    (line,) = [record.getMessage() for record in caplog.records]
    install = f"pip install 'sacrebleu[{tokenize[:2]}]'"
    assert "characters (char)" in line and language in line and install in line and "\n" not in line
    caplog.clear()
    assert bleu_tokenizers.usable(tokenize) == "char"  # of an artifact from a machine that has it
    (line,) = [record.getMessage() for record in caplog.records]
    assert "characters (char)" in line and install in line
    with pytest.raises(
        ValueError, match=rf"^bleu_tokenize: '{tokenize}' needs MeCab .* pip install .*, or give another$"
    ):
        bleu_tokenizers.chosen(references, config(bleu_tokenize=tokenize))


def test_an_option_overrides_and_bad_ones_are_refused_in_one_line(monkeypatch):
    assert bleu_tokenizers.chosen(["我喜欢猫。"], config(bleu_tokenize="13a")) == "13a"
    assert bleu_tokenizers.chosen(["Not bad."], config(bleu_tokenize="intl")) == "intl"
    choices = "13a, intl, zh, char, ja-mecab, ko-mecab, flores101, flores200"
    with pytest.raises(ValueError, match=f"^bleu_tokenize: expected one of {choices} or none, received 'zhh'"):
        config(bleu_tokenize="zhh")
    assert set(choices.split(", ")) < set(sacrebleu.BLEU.TOKENIZERS)

    def offline(*_, **__):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(tokenizer_spm, "SACREBLEU_DIR", "/nowhere")
    monkeypatch.setattr(tokenizer_spm, "download_file", offline)
    with pytest.raises(
        ValueError, match=r"^bleu_tokenize: 'flores200' needs a model that .* \(.*no network.*\); go online"
    ):
        bleu_tokenizers.chosen(["Not bad."], config(bleu_tokenize="flores200"))


def chinese(count=60):
    """(English, Chinese) sentences; the Chinese ones are cut at nothing but the full stop."""
    animals = {"cat": "猫", "dog": "狗", "bird": "鸟", "horse": "马", "fish": "鱼"}
    colours = {"red": "红色", "white": "白色", "black": "黑色", "small": "小小"}
    verbs = {"sees": "看见", "likes": "喜欢", "hears": "听见"}
    rows = [
        (f"The {colour} {animal} {verb} me.", f"那只{colours[colour]}的{animals[animal]}{verbs[verb]}了我。")
        for animal in animals for colour in colours for verb in verbs
    ]  # fmt: skip
    return tuple(zip(*rows[:count], strict=True))


@pytest.fixture(scope="module")
def to_chinese(tmp_path_factory):
    options = {**TINY_TRANSLATION, "units": 24, "embedding_size": 24, "vocabulary_size": 100, "learning_rate": 0.02}
    place = {"directory": tmp_path_factory.mktemp("chinese"), "name": "tiny"}
    return pipelines.translation.train(chinese(), **place, **{**options, "epochs": 9, "length_ratio": 3.0})


def scored_by(artifact, split, count=None, **how):
    """{tokenizer: sacreBLEU of the artifact's translations of a split}"""
    sources, references = translation.task.data.grouped(artifact.splits[split])
    texts = [answer["translation"] for answer in artifact.predict(sources[:count], **how)]
    streams = translation_scores.columns(references[:count])
    return {
        name: sacrebleu.corpus_bleu(texts, streams, tokenize=name, force=True).score for name in ("zh", "13a", "char")
    }


@pytest.mark.slow
def test_a_training_to_chinese_is_watched_and_scored_by_chinese_words(to_chinese):
    best = max(to_chinese.history["val_bleu"])
    watched = scored_by(to_chinese, "valid", to_chinese.config.validation_sentences, method="greedy")
    assert best == pytest.approx(watched["zh"], abs=1e-4)
    assert best > 3 and abs(best - watched["13a"]) > 1  # so that the other would not pass
    final = scored_by(to_chinese, "test")
    assert to_chinese.metrics["sacrebleu"] == pytest.approx(final["zh"])
    assert to_chinese.metrics["bleu"] == pytest.approx(final["zh"], abs=1e-6)
    sources, references = translation.task.data.grouped(to_chinese.splits["test"])
    streams = translation_scores.columns(references)
    by_word = [to_chinese.baseline.translate(text) for text in sources]
    for name, texts in (("copy", sources), ("dictionary", by_word)):
        expected = sacrebleu.corpus_bleu(texts, streams, tokenize="zh", force=True).score
        assert to_chinese.metrics[f"baseline_{name}_sacrebleu"] == pytest.approx(expected)
    assert "|tok:zh|" in (to_chinese.path / "report" / "index.html").read_text("utf-8")


def test_an_artifact_remembers_and_evaluate_says_it(to_chinese, caplog):
    caplog.set_level(logging.INFO, logger="unroll")
    loaded = pipelines.translation.load("tiny", directory=to_chinese.path.parent)
    assert loaded.preprocessor.bleu_tokenize == "zh"
    # Nor do the examples evaluated change it.
    numbers = loaded.evaluate({"source": ["The cat."], "target": ["The cat sat on the mat."]})
    assert "|tok:zh|" in caplog.text and set(numbers) == set(to_chinese.metrics)
    assert loaded.evaluate(to_chinese.splits["test"])["sacrebleu"] == pytest.approx(to_chinese.metrics["sacrebleu"])


def test_artifacts_from_before_there_was_a_choice_keep_13a(to_chinese):
    state = json.loads(json.dumps(to_chinese.preprocessor.state()))
    del state["bleu_tokenize"]
    assert preprocessor.restore(state).bleu_tokenize == "13a"


def test_an_artifact_of_0_1_0_is_scored_as_it_was():
    expected = json.loads((FROZEN / "expected.json").read_text("utf-8"))["translation"]
    artifact = pipelines.translation.load("translation", directory=FROZEN)
    splits = translation.task.load_splits(tuple(expected["data"]), None, None, artifact.config)
    assert artifact.evaluate(splits["test"]) == pytest.approx(expected["metrics"])


def test_the_training_split_alone_decides_in_a_search_too():
    """`tune` prepares once with its settings, as `train` does."""
    sources, targets = pairs(40)
    prepared = preprocessor.prepare({"source": targets, "target": list(chinese(40)[1])}, config(vocabulary_size=200))
    assert prepared.bleu_tokenize == "zh"
    back = preprocessor.prepare({"source": list(chinese(40)[1]), "target": sources}, config(vocabulary_size=200))
    assert back.bleu_tokenize == "13a"
    with pytest.raises(ValueError, match="'bleu_tokenize' cannot be tuned"):
        translation.task.tune(chinese(), space={"bleu_tokenize": ["zh", "13a"]})
