"""Tables in memory, of whichever library: a right result or one error that says what is wrong and what to do."""

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest
from conftest import TINY, reviews

import pipelines
from pipelines import settings
from pipelines.sentiment import data as labelled_texts
from pipelines.shared.data import provenance, sources, tables
from pipelines.translation import data as sentence_pairs

NAMES = ["text", "label"]
ROWS = {"text": ["good", "bad"], "label": [1, 0]}


def pandas_frame(columns):
    return pytest.importorskip("pandas").DataFrame(columns, index=range(7, 7 + len(next(iter(columns.values())))))


def polars_frame(columns):
    return pytest.importorskip("polars").DataFrame(columns, strict=False)


LIBRARIES = {
    "pandas": pandas_frame,
    "polars": polars_frame,
    "pyarrow": pa.table,
    "record batch": pa.record_batch,
    "lists": dict,
    "arrays": lambda columns: {name: np.array(values) for name, values in columns.items()},
    "series": lambda columns: dict(pandas_frame(columns).items()),
    "polars series": lambda columns: {column.name: column for column in polars_frame(columns)},
    "arrow arrays": lambda columns: {name: pa.array(values) for name, values in columns.items()},
}
each_library = pytest.mark.parametrize("library", LIBRARIES)
each_frame = pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])


def sentiment(**options):
    return settings.create(pipelines.sentiment.task.Config, options)


def translation(**options):
    return settings.create(pipelines.translation.task.Config, options)


@each_library
@pytest.mark.parametrize("count", [1, 2])
def test_any_table_is_columns(library, count):
    table = LIBRARIES[library]({"number": [5, 6][:count], **{name: values[:count] for name, values in ROWS.items()}})
    columns = sources.read(table, NAMES)
    assert columns == {name: values[:count] for name, values in ROWS.items()}
    assert [type(columns[name][0]) for name in NAMES] == [str, int]


@each_library
def test_a_table_without_rows(library):
    with pytest.raises(ValueError, match="data: expected rows of text, label, received none"):
        sources.read(LIBRARIES[library]({"text": [], "label": []}), NAMES)


@each_frame
def test_a_column_that_is_missing_names_the_near_one(library):
    table = LIBRARIES[library]({"Text": ["good"], "label": [1]})
    with pytest.raises(ValueError, match=r"data: no column 'text'; it has 'Text', 'label'. Did you mean 'Text'\? Give"):
        labelled_texts.load_examples(table, sentiment())
    expected = {"text": ["good"], "label": [1]}
    assert labelled_texts.load_examples(table, sentiment(text_column="Text")) == expected
    with pytest.raises(ValueError, match=r"predict: no column 'text'; it has 'Text', 'label'"):
        labelled_texts.read_inputs(table, sentiment())


def test_columns_of_one_name():
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"]), pa.array([1])], ["text", "text", "label"])
    with pytest.raises(ValueError, match="data: expected one column 'text', received 2; rename one"):
        sources.read(twice, NAMES)
    frame = pandas_frame({"text": ["a"], "label": [1]})[["label", "text", "label"]]
    with pytest.raises(ValueError, match="data: expected one column 'label', received 2; rename one"):
        sources.read(frame, NAMES)
    assert sources.read(frame, ["text"]) == {"text": ["a"]}


@each_frame
def test_gaps_are_left_out_and_said(library, caplog):
    table = LIBRARIES[library]({"text": ["a", None, "c", "d"], "label": ["x", "y", None, "x"]})
    assert labelled_texts.load_examples(table, sentiment()) == {"text": ["a", "d"], "label": ["x", "x"]}
    assert caplog.messages == ["2 of 4 rows have an empty text or label and are left out"]


def test_gaps_of_pandas(caplog):
    pd = pytest.importorskip("pandas")
    texts = ["a", None, "c", "d", "e", "f"]
    labels = {
        "Int64": pd.Series([1, 1, None, 0, None, 1], dtype="Int64"),
        "boolean": pd.Series([True, True, None, False, None, True], dtype="boolean"),
        "category": pd.Series(["x", "x", None, "y", None, "x"], dtype="category"),
        "string": pd.Series(["x", "x", pd.NA, "y", pd.NA, "x"], dtype="string"),
        "object": pd.Series([1, 1, pd.NaT, "0", pd.NA, 1], dtype=object),
        "NaN in objects": pd.Series([1, 1, float("nan"), "0", None, 1], dtype=object),
    }
    for kind, column in labels.items():
        frame = pd.DataFrame({"text": pd.Series(texts), "label": column}).set_index([pd.Index([3, 3, 1, 1, 0, 9])])
        expected = {"text": ["a", "d", "f"], "label": [column[0], column[3], column[5]]}
        for data in (frame, (frame.text, frame.label), {"text": frame["text"], "label": frame["label"]}):
            found = labelled_texts.load_examples(data, sentiment())
            assert found == expected, kind
            assert {type(label) for label in found["label"]} <= {int, bool, str}
    assert set(caplog.messages) == {"3 of 6 rows have an empty text or label and are left out"}


@each_frame
@pytest.mark.parametrize("labels", [[True, False], ["ja", "nein"], [2**62, -5]])
def test_labels_keep_their_type(library, labels):
    found = labelled_texts.load_examples(LIBRARIES[library]({"text": ["a", "b"], "label": labels}), sentiment())
    assert found["label"] == labels and [type(label) for label in found["label"]] == list(map(type, labels))


def test_labels_by_name_and_of_any_size():
    polars = pytest.importorskip("polars")
    for kind in (polars.Categorical, polars.Enum(["x", "y"])):
        frame = polars.DataFrame({"text": ["a", "b"], "label": polars.Series(["x", "y"], dtype=kind)})
        assert labelled_texts.load_examples(frame, sentiment())["label"] == ["x", "y"]
    huge = {"text": ["a", "b"], "label": np.array([10**30, 1], object)}
    assert labelled_texts.load_examples(huge, sentiment())["label"] == [10**30, 1]
    assert sources.read(pandas_frame(huge), NAMES)["label"] == [10**30, 1]
    encoded = pa.table({"text": pa.array(["a", "b", "a"]).dictionary_encode(), "label": pa.array([1, 2, 3], "uint8")})
    assert sources.read(encoded, NAMES) == {"text": ["a", "b", "a"], "label": [1, 2, 3]}


@pytest.mark.parametrize(
    ("labels", "received"),
    [
        ([1.0, 0.5], "float 0.5|float 1.0"),
        ([datetime.date(2020, 1, 1)] * 2, "date"),
        ([decimal.Decimal("1.5")] * 2, "Decimal"),
        ([[1], [2]], "list"),
    ],
)
@each_frame
def test_labels_that_are_none(library, labels, received):
    with pytest.raises(
        ValueError, match=f"data: .*example 1: expected a string or an integer as the label, .*({received})"
    ):
        labelled_texts.load_examples(LIBRARIES[library]({"text": ["a", "b"], "label": labels}), sentiment())


def test_objects_that_are_no_texts():
    frame = pandas_frame({"text": np.array(["a", 3, b"c"], object), "label": [1, 0, 1]})
    with pytest.raises(ValueError, match="data, example 2: expected a string as the text, received int 3"):
        labelled_texts.load_examples(frame, sentiment())
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"text": polars.Series([object(), 3], dtype=polars.Object), "label": [1, 0]})
    with pytest.raises(ValueError, match=r"data: 2 of 2 .*example 1: expected a string as the text, received object"):
        labelled_texts.load_examples(frame, sentiment())
    with pytest.raises(ValueError, match=r"data: 2 of 2 .*example 1: expected a string as the text, received complex"):
        labelled_texts.load_examples(pandas_frame({"text": np.array([1j, 2j]), "label": [1, 0]}), sentiment())


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        ({"text": ["a", "b"], "label": [1]}, ValueError, "lists of the same length, received 2 of text, 1 of label"),
        ({"text": "ab", "label": [1, 0]}, TypeError, "expected a list as text, received str 'ab'"),
        ({"text": ["a"], "label": 1}, TypeError, "expected a list as label, received int 1"),
        ({"text": ["a"], "label": np.array(1)}, TypeError, "expected a list as label, received ndarray"),
        ({"text": {0: "a"}, "label": {0: 1}}, TypeError, "expected a list as text, received dict {0: 'a'}"),
        ({"text": {"a"}, "label": [1]}, TypeError, "expected a list as text, received set"),
        ({"text": pa.table({"text": ["a"]}), "label": [1]}, TypeError, "expected a list as text, received Table"),
        ({}, ValueError, "data: no column 'text'; it has none"),
        ([{"text": "a"}] * 2, ValueError, "data: no column 'label'; it has 'text'"),
        (pa.array(["a"]), TypeError, "a DataFrame, a dictionary of columns, .* received StringArray"),
    ],
)
def test_wrong_tables(data, kind, message):
    with pytest.raises(kind, match=message) as raised:
        sources.read(data, NAMES)
    assert len(str(raised.value)) < 600


def test_columns_without_names_are_called_by_their_numbers():
    frame = pytest.importorskip("pandas").DataFrame([("Go.", "Ve."), ("Hi.", "Hola.")])
    assert tables.opened(frame)[0] == ["0", "1"]
    expected = {"source": ["Go.", "Hi."], "target": ["Ve.", "Hola."]}
    assert sentence_pairs.load_examples(frame, translation()) == expected
    found = labelled_texts.load_examples(frame, sentiment(text_column="0", label_column="1"))
    assert found["label"] == expected["target"]


@each_library
def test_pairs_of_sentences(library):
    table = LIBRARIES[library]({"spanish": ["Ve.", "Hola."], "english": ["Go.", "Hi."]})
    expected = {"source": ["Go.", "Hi."], "target": ["Ve.", "Hola."]}
    assert sentence_pairs.load_examples(table, translation(source="en")) == expected
    assert sentence_pairs.read_inputs(table, translation(source="en")) == expected["source"]
    with pytest.raises(ValueError, match=r"source: expected a column or a language of data, received 'fr'; it has"):
        sentence_pairs.load_examples(table, translation(source="fr"))


@each_frame
def test_pairs_with_gaps_and_several_references(library, caplog):
    references = [["Ve.", "Vete."], ["Hola."], None]
    table = LIBRARIES[library]({"source": ["Go.", "Hi.", "No."], "target": references})
    expected = {"source": ["Go.", "Go.", "Hi."], "target": ["Ve.", "Vete.", "Hola."]}
    assert sentence_pairs.load_examples(table, translation()) == expected
    assert caplog.messages == ["1 of 4 pairs have an empty source or target and are left out"]


def test_wrong_pairs_in_tables():
    with pytest.raises(ValueError, match="lists of the same length, received 2 of en, 1 of es"):
        sentence_pairs.load_examples({"en": ["a", "b"], "es": ["x"]}, translation())
    with pytest.raises(ValueError, match=r"expected two columns or languages, received 3 \('en', 'es', 'fr'\)"):
        sentence_pairs.load_examples(pa.table({name: ["a"] for name in ("en", "es", "fr")}), translation())
    with pytest.raises(ValueError, match="expected one column 'en', received 2"):
        twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], ["en", "en"])
        sentence_pairs.load_examples(twice, translation())
    with pytest.raises(ValueError, match="expected pairs of sentences, received none"):
        sentence_pairs.load_examples(
            pa.table({"en": pa.array([], "string"), "es": pa.array([], "string")}), translation()
        )


@each_frame
def test_inputs_to_predict(library):
    table = LIBRARIES[library]({"text": ["good", None], "source": ["Go.", None]})
    assert labelled_texts.read_inputs(table, sentiment()) == ["good", ""]
    assert sentence_pairs.read_inputs(table, translation()) == ["Go.", ""]
    column = table["text"]
    for read, config in ((labelled_texts.read_inputs, sentiment()), (sentence_pairs.read_inputs, translation())):
        assert read(column, config) == ["good", ""]
        assert read(column[:0], config) == []
        with pytest.raises(TypeError, match="predict, text 1: expected a string as the text, received int 1"):
            read(LIBRARIES[library]({"number": [1, 2]})["number"], config)
    assert sentence_pairs.read_inputs(LIBRARIES[library]({"sentence": ["Go."]}), translation()) == ["Go."]


def test_arrow_streams_of_other_libraries():
    table = pa.table(ROWS)

    class Relation:
        columns = table.column_names

        def __arrow_c_stream__(self, requested_schema=None):
            return table.__arrow_c_stream__(requested_schema)

    for stream in (Relation(), table.to_reader()):
        assert sources.read(stream, NAMES) == ROWS


def test_an_artifact_trained_on_a_table_is_that_of_the_lists(trained, tmp_path):
    texts, labels = reviews()
    table = pa.table({"stars": labels, "review": texts})
    columns = {"text_column": "review", "label_column": "stars"}
    artifact = pipelines.sentiment.train(table, directory=tmp_path, **columns, **TINY)
    assert artifact.facts["source"]["data"] == "in memory (Table)"
    assert artifact.facts["fingerprints"] == trained.facts["fingerprints"]
    assert artifact.metrics == pytest.approx(trained.metrics)
    assert artifact.evaluate(dict(stars=labels[:9], review=texts[:9])) == artifact.evaluate(table[:9])
    answers = artifact.predict(texts[:2])
    assert artifact.predict(table["review"][:2]) == answers
    assert artifact.predict(table[:2])["label"].to_pylist() == [answer["label"] for answer in answers]


def test_where_a_frame_came_from():
    assert provenance.described(pandas_frame(ROWS)) == "in memory (DataFrame)"
    assert provenance.described(ROWS) == "in memory (dict)"
