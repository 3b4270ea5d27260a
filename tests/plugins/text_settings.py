"""Settings of a text classifier for tests that make its parts by hand, where `train` would choose them by the data."""

PLAIN = {
    "tokens": "word", "vocabulary_size": 20_000, "max_length": 400, "cell": "lstm", "units": 64, "embedding_size": 64,
    "dropout": 0.3, "word_dropout": 0.0, "pooling": "max", "ngrams": 0, "batch_size": 64, "learning_rate": 2e-3,
    "schedule": "constant", "epochs": 10, "patience": 3,
}  # fmt: skip
