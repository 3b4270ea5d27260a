"""Task pipelines for sequence data: raw data in; a trained, evaluated, exported model out.

    import pipelines
    artifact = pipelines.sentiment.train()            # the built-in sample
    artifact.predict(["not bad at all"])

Importing this package is free: each module is loaded, and TensorFlow with it, at its first use.
"""

import importlib
import pathlib

TASKS = ("sentiment", "translation", "music")
_MODULES = {
    path.stem: f"pipelines.{path.stem}"
    for path in pathlib.Path(__file__).parent.glob("[!_]*")
    if path.suffix in ("", ".py")
}
# Until the next commits: where modules that are looked up here were moved to.
_MODULES |= {
    "answer_files": "pipelines.shared.storage.answer_files",
    "apart": "pipelines.shared.storage.apart",
    "artifacts": "pipelines.shared.artifacts.layout",
    "baselines": "pipelines.sentiment.baselines",
    "batching": "pipelines.shared.batches.bucketing",
    "check_rows": "pipelines.shared.checks.rows",
    "checksums": "pipelines.shared.checks.checksums",
    "classification": "pipelines.shared.metrics.classification",
    "command_line": "pipelines.shared.command_line.program",
    "comparison": "pipelines.shared.export.comparison",
    "convert": "pipelines.shared.export.conversion",
    "dictionary": "pipelines.translation.baselines",
    "disk": "pipelines.shared.storage.disk",
    "drawn_inputs": "pipelines.shared.export.drawn_inputs",
    "event_steps": "pipelines.music.forms.event_steps",
    "export": "pipelines.shared.export.formats",
    "file_commands": "pipelines.shared.command_line.file_commands",
    "files": "pipelines.shared.data.files",
    "fitting": "pipelines.shared.training.fitting",
    "fixed_sizes": "pipelines.shared.export.fixed_sizes",
    "golden_answers": "pipelines.shared.export.golden_answers",
    "keras_classes": "pipelines.shared.foreign.keras_classes",
    "keras_export": "pipelines.shared.export.keras_models",
    "keras_files": "pipelines.shared.foreign.keras_files",
    "labelled_texts": "pipelines.sentiment.data",
    "likelihood": "pipelines.shared.metrics.likelihood",
    "listing": "pipelines.shared.artifacts.listing",
    "loaded_checks": "pipelines.shared.checks.loaded_checks",
    "locks": "pipelines.shared.storage.locks",
    "mobile_files": "pipelines.shared.export.mobile_files",
    "music_baselines": "pipelines.music.baselines",
    "music_command": "pipelines.music.command",
    "music_drawing": "pipelines.music.tunes.sampling",
    "music_events": "pipelines.music.forms.events",
    "music_exports": "pipelines.music.signatures",
    "music_files": "pipelines.music.reading.files",
    "music_generation": "pipelines.music.tunes.generation",
    "music_inputs": "pipelines.music.tunes.beginnings",
    "music_measures": "pipelines.music.tunes.measures",
    "music_pieces": "pipelines.music.data",
    "music_report": "pipelines.music.report",
    "music_sample": "pipelines.music.sample",
    "music_scores": "pipelines.music.scores",
    "music_tunes": "pipelines.music.answers",
    "pair_rows": "pipelines.translation.pair_rows",
    "paired_batches": "pipelines.shared.batches.pairing",
    "piano_roll": "pipelines.music.forms.piano_roll",
    "piano_roll_steps": "pipelines.music.forms.piano_roll_steps",
    "pieces": "pipelines.music.reading.pieces",
    "plain_json": "pipelines.shared.storage.plain_json",
    "provenance": "pipelines.shared.data.provenance",
    "pure_operations": "pipelines.shared.foreign.pure_operations",
    "quantized_scores": "pipelines.shared.export.quantized_scores",
    "report": "pipelines.shared.report.pages",
    "report_style": "pipelines.shared.report.style",
    "roll_files": "pipelines.music.reading.roll_files",
    "saved_model_files": "pipelines.shared.foreign.saved_model_files",
    "saved_model_graphs": "pipelines.shared.foreign.saved_model_graphs",
    "saved_models": "pipelines.shared.foreign.saved_models",
    "score_files": "pipelines.music.reading.score_files",
    "scratch": "pipelines.shared.storage.scratch",
    "sentence_pairs": "pipelines.translation.data",
    "sentiment_sample": "pipelines.sentiment.sample",
    "serving_files": "pipelines.shared.export.serving_files",
    "shown": "pipelines.shared.messages",
    "sources": "pipelines.shared.data.sources",
    "streaming": "pipelines.shared.export.streaming",
    "subword_dropout": "pipelines.shared.text.subword_dropout",
    "subwords": "pipelines.shared.text.subwords",
    "succession": "pipelines.shared.artifacts.succession",
    "terminal": "pipelines.shared.command_line.terminal",
    "text": "pipelines.shared.text.tokenization",
    "text_classification": "pipelines.sentiment.text_classification",
    "tflite_checks": "pipelines.shared.checks.tflite_checks",
    "tflite_files": "pipelines.shared.export.tflite_files",
    "tflite_translator": "pipelines.translation.tflite_scores",
    "translation_answers": "pipelines.translation.answers",
    "translation_command": "pipelines.translation.command",
    "translation_exports": "pipelines.translation.signatures",
    "translation_grammar": "pipelines.translation.grammar.sentences",
    "translation_report": "pipelines.translation.report",
    "translation_sample": "pipelines.translation.sample",
    "translation_scores": "pipelines.translation.scores",
    "translation_words": "pipelines.translation.grammar.words",
    "translator": "pipelines.translation.decoding",
    "trials": "pipelines.shared.training.trials",
    "tunes": "pipelines.music.tunes.files",
    "tuning": "pipelines.shared.training.tuning",
    "verification": "pipelines.shared.checks.verification",
    "version_commands": "pipelines.shared.command_line.version_commands",
    "versions": "pipelines.shared.artifacts.versions",
    "weight_files": "pipelines.shared.foreign.weight_files",
    "word_attention": "pipelines.translation.word_attention",
}
_FUNCTIONS = {"export_keras": "keras_export", "fix_sizes": "fixed_sizes", "verify": "verification"}  # name: its module

__all__ = ["TASKS", *_FUNCTIONS, *_MODULES]


def __getattr__(name):
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(_MODULES[_FUNCTIONS[name]]), name)
    if name not in _MODULES:
        raise AttributeError(f"module 'pipelines' has no attribute {name!r}; the tasks are: {', '.join(TASKS)}")
    return importlib.import_module(_MODULES[name])


def __dir__():
    return __all__
