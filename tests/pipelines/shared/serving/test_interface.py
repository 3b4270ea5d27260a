"""The interface of our own: what is there, and answers over HTTP as `predict` gives them."""

from pipelines.shared.command_line import terminal


def test_what_is_there_is_listed_with_its_verdict_and_its_report(client, trained):
    [row] = client.get("/api/artifacts").json()
    assert (row["name"], row["task"], row["version"], row["versions"]) == ("words", "sentiment", 1, [1])
    assert row["verdict"] == str(trained.verdict) and row["winner"] == trained.verdict.winner
    assert row["metrics"] and row["metrics"].items() <= terminal.plain(trained.metrics).items()
    assert client.get(row["report"]).text == (trained.path / "report" / "index.html").read_text("utf-8")
    assert client.get(row["page"]).status_code == client.get("/").status_code == 200


def test_predict_answers_as_predict_does(client, trained):
    card = client.get("/api/artifacts/words").json()
    texts = ["", "not bad at all", *card["examples"]]
    answered = client.post("/api/artifacts/words:predict", json={"inputs": texts, "threshold": 0.9, "explain": True})
    assert answered.json() == {"answers": terminal.plain(trained.predict(texts, threshold=0.9, explain=True))}
    assert client.post("/api/artifacts/words:predict", json={"inputs": []}).json() == {"answers": []}


def test_other_verbs_answer_as_the_artifact_does(client, trained):
    near = client.post("/api/artifacts/words:nearest", json={"word": "good", "count": 3})
    assert near.json() == {"words": terminal.plain(trained.nearest("good", count=3))}
    gates = client.post("/api/artifacts/words:gates", json={"text": "not bad"}).json()
    assert gates["words"] == ["not", "bad"]
    assert gates["rows"] == terminal.plain(list(trained.gates("not bad").rows()))
