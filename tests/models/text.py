"""Models of words, letters and sentences."""

import keras
from keras import ops
from own_layers import AttentionPooling, LengthMask, SentenceAttention
from zoo import asked, ids, lengths, numbers, words

K = keras.layers


@asked(ids(50, None))
def film_reviews_bilstm():
    """Film reviews: ids, two bidirectional LSTMs"""
    return keras.Sequential([
        keras.Input([None], dtype="int32"),
        K.Embedding(50, 8),
        K.Bidirectional(K.LSTM(4, return_sequences=True)),
        K.Bidirectional(K.LSTM(4)),
        K.Dense(1, activation="sigmoid"),
    ])  # fmt: skip


@asked(ids(50, None, kind="float32"), streams=True)
def reviews_masked_gru():
    """Reviews of any length, padding masked by the Embedding"""
    return keras.Sequential([
        keras.Input([None]), K.Embedding(50, 8, mask_zero=True), K.GRU(5, dropout=0.2), K.Dense(3, "softmax"),
    ])  # fmt: skip


@asked(ids(50, None, kind="int64"))
def toxic_comments_two_poolings():
    """Comments with six labels: SpatialDropout1D, LSTM and GRU in both directions, mean and maximum over time"""
    comment = keras.Input([None], dtype="int64", name="comment")
    x = K.SpatialDropout1D(0.2)(K.Embedding(50, 6)(comment))
    x = K.Bidirectional(K.GRU(4, return_sequences=True))(K.Bidirectional(K.LSTM(4, return_sequences=True))(x))
    x = K.concatenate([K.GlobalAveragePooling1D()(x), K.GlobalMaxPooling1D()(x)])
    return keras.Model(comment, K.Dense(6, activation="sigmoid")(x))


@asked(ids(50, 40), steps=(40, 40))
def reviews_convolution_lstm():
    """Reviews cut to 40 words: Conv1D, MaxPooling1D, LSTM"""
    return keras.Sequential([
        keras.Input([40], dtype="int32"),
        K.Embedding(50, 6),
        K.Dropout(0.25),
        K.Conv1D(8, 5, activation="relu"),
        K.MaxPooling1D(4),
        K.LSTM(5),
        K.Dense(1, "sigmoid"),
    ])  # fmt: skip


@asked(ids(30, None), steps=(90, 130))
def letters_deep_convolution_gru():
    """Texts as letters: one_hot in a Lambda, Conv1D of kernel 7, three poolings, GRU; needs long texts"""
    return keras.Sequential([
        keras.Input([None], dtype="int32"),
        K.Lambda(lambda x: ops.one_hot(x, 30)),
        K.Conv1D(8, 7, activation="relu"),
        K.MaxPooling1D(3),
        K.Conv1D(8, 3, activation="relu"),
        K.MaxPooling1D(2),
        K.MaxPooling1D(2),
        K.GRU(4),
        K.Dense(2, "softmax"),
    ])  # fmt: skip


@asked(ids(50, None))
def named_entities():
    """Named entities: masked ids, a bidirectional LSTM, TimeDistributed(Dense) over open time"""
    return keras.Sequential([
        keras.Input([None], dtype="int32"),
        K.Embedding(50, 6, mask_zero=True),
        K.Bidirectional(K.LSTM(4, return_sequences=True, recurrent_dropout=0.1)),
        K.TimeDistributed(K.Dense(5, activation="softmax")),
    ])  # fmt: skip


@asked({"letters": ids(20, None, 7), "words": ids(50, None)})
def entities_words_and_letters():
    """A tagger of words and their letters: Embedding and LSTM inside TimeDistributed"""
    inputs = {"words": keras.Input([None], dtype="int32", name="words"),
              "letters": keras.Input([None, 7], dtype="int32", name="letters")}  # fmt: skip
    letters = K.TimeDistributed(K.Embedding(20, 3, mask_zero=True))(inputs["letters"])
    letters = K.TimeDistributed(K.LSTM(3))(letters)
    x = K.concatenate([K.Embedding(50, 4)(inputs["words"]), letters])
    x = K.Bidirectional(K.LSTM(4, return_sequences=True))(x)
    return keras.Model(inputs, K.Dense(4, activation="softmax", name="tags")(x))


@asked(ids(50, None, 8))
def documents_hierarchical_attention():
    """Documents: a model of a sentence inside TimeDistributed, attention of one's own over words and sentences"""
    sentence = keras.Input([8], dtype="int32")
    x = K.Bidirectional(K.GRU(3, return_sequences=True))(K.Embedding(50, 4)(sentence))
    encoder = keras.Model(sentence, SentenceAttention(5)(x), name="sentence")
    document = keras.Input([None, 8], dtype="int32", name="document")
    x = K.Bidirectional(K.GRU(3, return_sequences=True))(K.TimeDistributed(encoder)(document))
    return keras.Model(document, K.Dense(4, activation="softmax")(SentenceAttention(5)(x)))


@asked([ids(50, None), ids(50, None)])
def similar_questions_siamese():
    """Similar questions: one LSTM for both, exp of minus their distance in a Lambda"""
    left, right = (keras.Input([None], dtype="int32", name=name) for name in ("left", "right"))
    embedding, shared = K.Embedding(50, 6, mask_zero=True), K.LSTM(5)
    gap = K.Subtract()([shared(embedding(left)), shared(embedding(right))])
    likeness = K.Lambda(lambda x: ops.exp(-ops.sum(ops.abs(x), axis=1, keepdims=True)))(gap)
    return keras.Model([left, right], likeness)


@asked([ids(20, 12), ids(20, 5)], steps=(12, 12))
def stories_memory_network():
    """Questions on a story: Dot, softmax, Permute, LSTM (an end-to-end memory network)"""
    story, question = keras.Input([12], dtype="int32", name="story"), keras.Input([5], dtype="int32", name="question")
    asked_words = K.Embedding(20, 6)(question)
    match = K.Activation("softmax")(K.Dot(axes=(2, 2))([K.Embedding(20, 6)(story), asked_words]))
    response = K.Permute((2, 1))(K.Add()([match, K.Embedding(20, 5)(story)]))
    x = K.LSTM(5)(K.Concatenate()([response, asked_words]))
    return keras.Model([story, question], K.Dense(20, activation="softmax")(K.Dropout(0.3)(x)))


@asked([ids(50, None), lengths()])
def ids_and_lengths():
    """Ids and the length of each row; a layer of one's own makes the mask by ops.arange"""
    text, size = keras.Input([None], dtype="int32", name="ids"), keras.Input([], dtype="int32", name="lengths")
    there = LengthMask()([text, size])
    x = K.Bidirectional(K.LSTM(4, return_sequences=True))(K.Embedding(50, 6)(text), mask=there)
    return keras.Model([text, size], K.Dense(3)(K.GlobalAveragePooling1D()(x, mask=there)))


@asked(numbers(12, 10), steps=(12, 12))
def letters_one_hot_generation():
    """Text generation: twelve one-hot letters, LSTM, the next letter"""
    return keras.Sequential([keras.Input([12, 10]), K.LSTM(6), K.Dense(10, activation="softmax")])


@asked(ids(40, None), streams=True)
def language_model():
    """A language model: the next word at every step"""
    return keras.Sequential([
        keras.Input([None], dtype="int32"),
        K.Embedding(40, 6),
        K.LSTM(5, return_sequences=True),
        K.LSTM(6, return_sequences=True),
        K.Dense(40),
    ])  # fmt: skip


@asked(ids(40, 8), rows=(1, 1), steps=(8, 8), streams=True)
def generation_stateful():
    """Text generation with stateful=True and a batch of one"""
    return keras.Sequential([
        keras.Input(batch_shape=[1, None], dtype="int32"), K.Embedding(40, 6), K.GRU(5, stateful=True),
        K.Dense(40),
    ])  # fmt: skip


@asked({"category": ids(7), "text": ids(50, None)}, streams=True)
def text_and_category():
    """A text and the id of its category, one number a row"""
    inputs = {"text": keras.Input([None], dtype="int32", name="text"),
              "category": keras.Input([], dtype="int32", name="category")}  # fmt: skip
    text = K.GRU(4)(K.Embedding(50, 5, mask_zero=True)(inputs["text"]))
    return keras.Model(inputs, K.Dense(2)(K.concatenate([text, K.Embedding(7, 3)(inputs["category"])])))


@asked([ids(50, None, kind="float32"), numbers(4), ids(5, 1)])
def text_and_facts():
    """A text beside four numbers and a category of shape (1,)"""
    text, facts = keras.Input([None], name="text"), keras.Input([4], name="facts")
    shop = keras.Input([1], dtype="int32", name="shop")
    x = K.LSTM(4)(K.Embedding(50, 5)(text))
    x = K.concatenate([x, K.BatchNormalization()(facts), K.Flatten()(K.Embedding(5, 2)(shop))])
    return keras.Model([text, facts, shop], K.Dense(1)(K.Dense(4, activation="relu")(x)))


WORDS = ["the", "cat", "sat", "on", "a", "mat"]


@asked(
    words([" ".join(WORDS[:3]), "a mat", "the dog"], 1),
    refused="it looks up a vocabulary, for which LiteRT has no operations",
)
def raw_texts_vectorized():
    """Raw texts: TextVectorization in front of an LSTM"""
    vectorize = K.TextVectorization(20, output_sequence_length=6, vocabulary=WORDS)
    return keras.Sequential([keras.Input([1], dtype="string"), vectorize, K.Embedding(20, 4), K.LSTM(3), K.Dense(1)])


@asked(
    words([*WORDS, "dog"], None),
    refused="it looks up a vocabulary, for which LiteRT has no operations",
)
def words_looked_up():
    """Words as strings: StringLookup in front of a GRU"""
    lookup = K.StringLookup(vocabulary=WORDS)
    return keras.Sequential([keras.Input([None], dtype="string"), lookup, K.Embedding(8, 4), K.GRU(3), K.Dense(2)])


@asked(ids(90, None, kind="int64"))
def numbers_looked_up():
    """Numbers of goods: IntegerLookup in front of a GRU"""
    lookup = K.IntegerLookup(vocabulary=[3, 17, 40, 81])
    return keras.Sequential([keras.Input([None], dtype="int64"), lookup, K.Embedding(5, 4), K.GRU(3), K.Dense(2)])


@asked(ids(900, None), refused="it hashes, for which LiteRT has no operations")
def goods_hashed():
    """Numbers of goods of any size: Hashing in front of a GRU"""
    return keras.Sequential(
        [keras.Input([None], dtype="int32"), K.Hashing(12), K.Embedding(12, 4), K.GRU(3), K.Dense(2)]
    )


@asked(ids(50, None))
def self_attention_bilstm():
    """A bidirectional LSTM, Keras's Attention over it, masked"""
    text = keras.Input([None], dtype="int32", name="text")
    x = K.Bidirectional(K.LSTM(3, return_sequences=True))(K.Embedding(50, 5, mask_zero=True)(text))
    x = K.LayerNormalization()(x + K.Attention(use_scale=True)([x, x]))
    return keras.Model(text, K.Dense(2)(K.GlobalAveragePooling1D()(x)))


@asked(ids(50, None))
def heads_over_gru():
    """MultiHeadAttention and LayerNormalization over a GRU, open time"""
    text = keras.Input([None], dtype="int32", name="text")
    x = K.GRU(6, return_sequences=True)(K.Embedding(50, 6)(text))
    x = K.LayerNormalization(epsilon=1e-6)(K.Add()([x, K.MultiHeadAttention(2, 3)(x, x)]))
    return keras.Model(text, K.Dense(2)(K.GlobalMaxPooling1D()(K.Dense(6, activation="gelu")(x))))


@asked(ids(50, None))
def heads_looking_back():
    """MultiHeadAttention with use_causal_mask over a masked LSTM, the next word"""
    text = keras.Input([None], dtype="int32", name="text")
    x = K.LSTM(6, return_sequences=True)(K.Embedding(50, 6, mask_zero=True)(text))
    return keras.Model(text, K.Dense(50)(x + K.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)))


@asked(ids(50, None))
def attention_with_masks():
    """Attention of one's own that takes the Embedding's mask"""
    text = keras.Input([None], dtype="int32", name="text")
    x = K.Bidirectional(K.LSTM(3, return_sequences=True), merge_mode="ave")(K.Embedding(50, 5, mask_zero=True)(text))
    return keras.Model(text, K.Dense(2)(AttentionPooling()(x)))


@asked(ids(50, None), streams=True)
def intent_and_slots():
    """An assistant's intent and slots: a dictionary of two outputs"""
    text = keras.Input([None], dtype="int32", name="text")
    sequence, last = K.GRU(5, return_sequences=True, return_state=True)(K.Embedding(50, 5, mask_zero=True)(text))
    slots = K.TimeDistributed(K.Dense(4, activation="softmax"))(sequence)
    return keras.Model(text, {"intent": K.Dense(3, activation="softmax")(last), "slots": slots})
