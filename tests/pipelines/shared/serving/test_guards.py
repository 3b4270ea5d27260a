"""Who may ask: hosts, origins, tokens, sizes, encodings, and the headers of every answer."""

import json

import pytest
from servers import ADDRESS, linked, made

from pipelines.shared.serving import asking, guards, tokens

ASKED = {"inputs": ["not bad"]}
PREDICT = "/api/artifacts/words:predict"


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost", "[::1]:8501", "192.168.1.2"])
def test_own_hosts_and_addresses_may_be_asked(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "evil:x", ""])
def test_a_foreign_name_that_leads_here_is_refused(client, host):
    refused = client.get("/api/artifacts", headers={"Host": host})
    assert refused.status_code == 421 and refused.json()["error"].startswith("Host: expected localhost, 127.0.0.1")


def test_pages_of_others_may_ask_for_nothing(client):
    for headers in (
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Site": "same-site"},
    ):  # fmt: skip
        assert client.post(PREDICT, json=ASKED, headers=headers).status_code == 403, headers
    assert client.post(PREDICT, json=ASKED, headers={"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}).is_success
    script = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert client.get("/api/artifacts", headers=script).status_code == 403
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200
    preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert not any("access-control" in name for name in client.options(PREDICT, headers=preflight).headers)


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/artifacts", "/reports/words/index.html", "/static/home.js"])
def test_every_answer_says_what_a_browser_must_not_do(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "http:" not in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "'unsafe-inline'" not in policy.split("style-src")[0] and "server" not in headers


@pytest.mark.parametrize(
    "path",
    ["/reports/words/%2e%2e/model.keras", "/reports/words/..%2fmodel.keras", "/reports/words/..;/model.keras",
     "/reports/words//etc/passwd", "/reports/words/..%5cmodel.keras", "/reports/%2e%2e/index.html", "/static/%2e%2e/x",
     "/reports/words/%00", "/reports/words/index.html%00.png", "/static/../pages.py", "/reports/words/"],
)  # fmt: skip
def test_no_path_leads_out_of_a_report(client, path):
    answer = client.get(path)
    assert answer.status_code in (400, 404) and list(answer.json()) == ["error"]


def test_bodies_are_refused_by_size_encoding_and_form(trained, tmp_path):
    limits = asking.Limits(body=200)
    with made(linked(tmp_path, words=trained), limits=limits) as client:
        large = json.dumps({"inputs": ["a" * 300]}).encode()
        assert client.post(PREDICT, content=large).status_code == 413
        assert client.post(PREDICT, content=iter([large[:100], large[100:]])).status_code == 413  # in chunks
        assert client.post(PREDICT, content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}).status_code == 415
        assert client.get("/" + "a" * 3000).status_code == 414


def test_a_token_is_asked_for_in_a_header_or_once_in_the_address(trained, tmp_path):
    token = tokens.made()
    with made(linked(tmp_path, words=trained), token=tokens.Access(token)) as client:
        client.follow_redirects = False
        assert client.get("/healthz").status_code == 200
        for path in ("/", "/api/artifacts", "/metrics", "/openapi.json", "/static/home.js", "/nothing"):
            refused = client.get(path)
            assert refused.status_code == 401 and token not in refused.text, path
        assert client.get("/", headers={"Authorization": f"Bearer {token[:-1]}"}).status_code == 401
        assert client.get("/?token=wrong").status_code == client.post(f"{PREDICT}?token={token}").status_code == 401
        assert client.get("/", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        led = client.get(f"/artifacts/words?a=b&token={token}")
        assert (led.status_code, led.headers["location"]) == (303, "/artifacts/words?a=b")
        cookie = led.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and token not in cookie
        assert client.get("/api/artifacts").status_code == 200  # the client keeps the cookie


def test_a_token_in_an_address_leads_to_no_other_host():
    scope = {"path": "//evil.example", "query_string": b"token=x&b=%2F%0d"}
    assert guards.without_token(scope) == "/evil.example?b=%2F%0D"


@pytest.mark.parametrize("token", ["short", "with a blank in it", "ümläute-sind-keine"])
def test_a_token_that_is_none_is_refused(token):
    with pytest.raises(ValueError, match="token: expected 16 letters"):
        tokens.checked(token)
