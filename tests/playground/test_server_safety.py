"""The one door: what may pass it, and all that may not (tests S1 to S8)."""

from __future__ import annotations

import http.client
import json
import random
import socket
import time
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import psutil
import pytest
from playing import Page, need_page, start_server, stop_server
from starlette.routing import Route, WebSocketRoute
from walnet.playground.app import make_app
from walnet.playground.security import CONTENT_POLICY
from walnet.playground.sessions import MAX_SOCKETS, Sessions
from websockets.exceptions import ConnectionClosed, InvalidStatus

pytestmark = pytest.mark.timeout(300)

FOREIGN = ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"]


def routes() -> list[str]:
    """Every path that the application answers, with its parameters filled in."""
    return [
        route.path.format(name="index.js", kind="python")
        for route in make_app(Sessions()).routes
        if isinstance(route, Route)
    ]


def test_every_route_is_known_to_these_tests():
    sockets = [
        route.path
        for route in make_app(Sessions()).routes
        if isinstance(route, WebSocketRoute)
    ]
    assert sorted(routes()) == ["/", "/assets/index.js", "/export/python", "/upload"]
    assert sockets == ["/ws"]


@pytest.mark.parametrize("path", [*routes(), "/ws", "/nothing"])
def test_without_the_cookie_nothing_is_answered(server, path):
    status, _, body = server.request("GET", path, {"Origin": server.origin})
    assert status == 401
    assert b"walnet play" in body


@pytest.mark.parametrize("path", routes())
@pytest.mark.parametrize("origin", FOREIGN)
def test_foreign_origins_are_refused(server, path, origin):
    headers = {"Cookie": server.cookie, "Origin": origin}
    method = "POST" if path == "/upload" else "GET"
    assert server.request(method, path, headers)[0] == 403


def test_a_post_without_an_origin_is_refused(server):
    status, _, _ = server.request("POST", "/upload", {"Cookie": server.cookie}, b"x")
    assert status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "no-cors", ""])
def test_fetches_from_other_sites_are_refused(server, site):
    headers = {"Cookie": server.cookie, "Sec-Fetch-Site": site}
    assert server.request("GET", "/", headers)[0] == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil", "[::2]"]
)
@pytest.mark.parametrize("path", routes())
def test_other_hosts_are_refused(server, path, host):
    headers = {"Host": host, "Cookie": server.cookie, "Origin": f"http://{host}"}
    assert server.request("GET", path, headers)[0] in {400, 421}


def test_localhost_with_any_port_is_this_machine(server):
    headers = {"Host": f"localhost:{server.port}", "Cookie": server.cookie}
    assert server.request("GET", "/", headers)[0] == 200


@pytest.mark.parametrize("origin", [*FOREIGN, None])
def test_websockets_of_other_origins_are_refused_before_accept(server, origin):
    with pytest.raises(InvalidStatus) as refused:
        server.socket(origin=origin)
    assert refused.value.response.status_code == 403


def test_websockets_without_the_cookie_are_refused_before_accept(server):
    with pytest.raises(InvalidStatus) as refused:
        server.socket(Cookie="walnet=guess")
    assert refused.value.response.status_code == 403


def test_websockets_of_a_rebound_host_are_refused_before_accept(server):
    request = (
        "GET /ws HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n"
        f"Cookie: {server.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
        raw.sendall(request.encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X"])
@pytest.mark.parametrize("path", routes())
def test_only_known_methods_are_allowed(server, path, method):
    assert server.request(method, path, server.own())[0] in {400, 405}


def test_post_is_for_uploads_alone(server):
    assert server.request("POST", "/", server.own(), b"x")[0] == 405
    assert server.request("POST", "/export/python", server.own(), b"x")[0] == 405


def upload(server, page, body, **headers):
    own = server.own(
        **{
            "Content-Type": "application/octet-stream",
            "X-Walnet-Session": page.session,
            "X-Walnet-Name": "rows.csv",
        }
        | headers
    )
    status, _, answer = server.request("POST", "/upload", own, body)
    return status, json.loads(answer)["message"]


def test_an_upload_of_another_content_type_is_refused(server, page):
    status, _ = upload(server, page, b"a,b\n1,2\n", **{"Content-Type": "text/plain"})
    assert status == 415


def test_an_endless_upload_is_cut_off_while_it_comes(server, page):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.putrequest("POST", "/upload")
    own = server.own(**{"Transfer-Encoding": "chunked"})
    own |= {"Content-Type": "application/octet-stream"}
    own |= {"X-Walnet-Session": page.session}
    for name, value in own.items():
        connection.putheader(name, value)
    connection.endheaders()
    block = b"100000\r\n" + bytes(2**20) + b"\r\n"
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    sent = 0
    try:
        for _ in range(300):
            connection.send(block)
            sent += 1
    except OSError:
        pass  # it hung up, as it should
    assert sent < 200
    assert process.memory_info().rss - before < 250e6
    connection.close()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1,2\n3\n", "line 3"),
        (b"\x93\xffrubbish\x00", ""),
        (b"PAR1 and then nothing", ""),
        (b"\x1f\x8b\x08\x00rubbish", "gzip"),
    ],
)
def test_a_bad_table_gets_one_sentence_and_the_session_lives(server, page, body, said):
    status, message = upload(server, page, body)
    assert status == 422
    assert said in message
    assert "Traceback" not in message
    page.send(type="step")
    assert page.frame(lambda h: h["iteration"] == 1)


def test_a_message_that_is_too_long_closes_the_socket(server):
    with server.socket() as socket_:
        page = Page(socket_)
        page.socket.send("x" * 70_000)
        with pytest.raises(ConnectionClosed):
            list(page.socket)
        assert page.socket.close_code == 1009


NO_PARAMETER = '{"iteration": 3, "kind": "parameter", "value": 1, "index": 999999}'
HOSTILE = [
    "",
    "null",
    "[]",
    "{}",
    '{"type": "nothing"}',
    '{"type": "play", "speed": "fast"}',
    '{"type": "play", "speed": 1e999}',
    '{"type": "seek", "iteration": -1}',
    '{"type": "hello", "protocol": 99}',
    '{"type": "change", "kind": "parameter", "value": 1, "index": 999999}',
    '{"type": "change", "kind": "learning_rate", "value": -1}',
    '{"type": "export", "kind": "../../etc/passwd"}',
    '{"type": "surface", "kind": "parameters", "first": 5000}',
    '{"type": "set_state", "state": {"data": {"source": "/etc/passwd"}}}',
    '{"type": "set_state", "state": {"network": {"layers": [{"neurons": 1000000}]}}}',
    '{"type": "set_state", "state": {"unknown": 1}}',
    f'{{"type": "set_state", "state": {{"run": {{"events": [{NO_PARAMETER}]}}}}}}',
    "[" * 5_000,
    '{"type": "step", "type": "step", "unit": "year"}',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_bad_message_gets_one_sentence_and_the_session_lives(page, text):
    page.socket.send(text)
    said = page.hear("problem")["message"]
    assert 10 < len(said) < 400
    assert "Traceback" not in said
    page.send(type="step")
    assert page.frame(lambda h: h["iteration"] == 1)


def test_garbage_neither_grows_the_server_nor_stops_it(server):
    dice = random.Random(0)
    process = psutil.Process(server.process.pid)
    with server.socket() as socket_:
        page = Page(socket_)
        before = process.memory_info().rss
        for _ in range(120):
            size = dice.choice([0, 1, 100, 10_000, 60_000])
            garbage = dice.randbytes(size)
            socket_.send(garbage if dice.random() < 0.5 else garbage.hex()[:60_000])
        # Each was answered, and the session works on.
        for _ in range(120):
            assert "not understood" in page.hear("problem")["message"]
        page.send(type="step")
        assert page.frame(lambda h: h["iteration"] == 1)
    assert process.memory_info().rss - before < 20e6


def test_a_page_that_stops_reading_gets_no_queue_of_frames(server):
    with server.socket() as socket_:
        page = Page(socket_)
        page.frame()
        page.send(type="play")
        frames = 0
        with suppress(TimeoutError):
            while frames <= 1:
                frames += isinstance(page.socket.recv(timeout=1), bytes)
        # One was asked for; the rest waits for the page.
        assert frames <= 1


def test_there_is_room_for_so_many_sockets_only(server):
    with ExitStack() as sockets:
        for _ in range(MAX_SOCKETS):
            sockets.enter_context(server.socket())
        with pytest.raises(InvalidStatus):
            sockets.enter_context(server.socket())
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with server.socket() as socket_:
                assert Page(socket_).session
                return
        except InvalidStatus:
            time.sleep(0.2)
    pytest.fail("closed sockets were not given free")


def test_what_a_state_asks_for_is_bounded(page):
    state = page.welcome["state"]
    for key, part in (
        ("network", {"layers": [{"neurons": 33}]}),
        ("network", {"layers": [{"neurons": 4}] * 9}),
        ("data", {"size": 1_000_000}),
        ("data", {"points": [[0, 0, 0]] * 1_001}),
        ("training", {"learning_rate": 1e9}),
    ):
        page.send(type="set_state", state=state | {key: state[key] | part})
        assert "not understood" in page.hear("problem")["message"]


def test_a_link_to_a_far_iteration_does_not_block_the_session(page):
    state = page.welcome["state"]
    run = {"iteration": 2**50, "events": []}
    page.send(type="set_state", state=state | {"run": run})
    page.frame(lambda h: h["iteration"] > 100)
    page.send(type="pause")
    began = time.monotonic()
    page.hear("run")
    assert time.monotonic() - began < 5


def test_it_listens_on_this_machine_alone(server):
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(server.process.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


TRAVERSALS = [
    "/../pyproject.toml",
    "/assets/../../../../../etc/passwd",
    "/assets/%2e%2e/%2e%2e/app.py",
    "/assets/%252e%252e/app.py",
    "/assets/..%5c..%5capp.py",
    "/assets/..\\app.py",
    "/assets/C:/windows/win.ini",
    "/assets//etc/passwd",
    "//etc/passwd",
    "/assets/index.js%00.css",
    "/assets/%00",
    "/static/index.html",
    "/app.py",
    "/source.sha256",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_page(server, path):
    status, _, body = server.request("GET", path, {"Cookie": server.cookie})
    assert status in {400, 404}
    assert b"root:" not in body
    assert b"import" not in body


def test_an_export_of_another_kind_is_refused(server, page):
    own = {"Cookie": server.cookie, "X-Walnet-Session": page.session}
    status, _, body = server.request("GET", "/export/..%2f..%2fetc%2fpasswd", own)
    assert status in {404, 422}
    assert b"root:" not in body


@pytest.mark.parametrize("path", ["/", "/assets/index.js", "/nothing"])
def test_every_answer_carries_the_policy(server, path):
    _, headers, _ = server.request("GET", path, {"Cookie": server.cookie})
    policy = CONTENT_POLICY.format(socket=f"ws://{server.host}")
    assert headers["content-security-policy"] == policy
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_the_page_asks_for_nothing_from_outside(server):
    for path in ("/", "/assets/index.js", "/assets/index.css"):
        _, _, body = server.request("GET", path, {"Cookie": server.cookie})
        text = body.decode().replace("http://www.w3.org/", "")
        for word in text.replace('"', " ").replace("`", " ").replace("'", " ").split():
            if word.startswith(("http://", "https://")):
                # Svelte's error messages name its documentation; nothing else may.
                assert urlsplit(word).hostname in {"svelte.dev", None}, word


def test_the_token_works_once_and_never_again():
    need_page()
    server = start_server()
    try:
        path = "/" + server.url.split("/", 3)[3]
        guess = {"Sec-Fetch-Site": "cross-site"}
        assert server.request("GET", "/?token=guess", guess)[0] == 403
        # A link may be clicked in an editor or a terminal that is a page itself.
        status, headers, body = server.request("GET", path, guess)
        assert status == 200
        assert b'http-equiv="refresh" content="0; url=/"' in body
        assert headers["referrer-policy"] == "no-referrer"
        assert "HttpOnly" in headers["set-cookie"]
        assert "SameSite=Strict" in headers["set-cookie"]
        assert path.split("=")[1] not in headers["set-cookie"]
        again, _, sentence = server.request("GET", path)
        assert again == 403
        assert b"used before" in sentence
        cookie = headers["set-cookie"].split(";")[0]
        assert server.request("GET", path, {"Cookie": cookie})[0] == 200
        assert server.request("GET", "/?token=guess")[0] == 403
        foreign = {"Origin": "http://evil.example"}
        assert server.request("GET", path, foreign)[0] == 403
    finally:
        errors = stop_server(server)
    assert path.split("=")[1] not in errors


def test_no_process_shows_the_token_or_the_cookie(server):
    process = psutil.Process(server.process.pid)
    secrets = server.url.split("=")[1], server.cookie.split("=")[1]
    for each in [process, *process.children(recursive=True)]:
        shown = [*each.cmdline(), *each.environ().values()]
        assert [text for text in shown for secret in secrets if secret in text] == []
