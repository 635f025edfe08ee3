import io
import json

from chalice.app import Chalice

from infra import site
from infra.local import server
from infra.local.server import Gateway, HttpRequest


def build_gateway() -> Gateway:
    app = Chalice(app_name="doors")
    app.route("/orders/{order_id}", methods=["GET"], name="one")(lambda order_id: {"order": order_id})
    app.route("/orders/search", methods=["GET"], name="search")(lambda: {"found": []})
    app.route("/orders/{order_id}/cancel", methods=["POST"], name="cancel")(lambda order_id: {"cancelled": order_id})
    app.route("/o/{token}", methods=["GET"], name="offer")(lambda token: {"offer": token})
    app.route("/echo", methods=["POST"], content_types=["*/*"], name="echo")(
        lambda: {
            "query": app.current_request.query_params.getlist("sku"),
            "body": list(app.current_request.raw_body),
        }
    )
    return Gateway(app)


def wsgi_environ(method: str = "GET", path: str = "/", body: bytes = b"", **more: str) -> dict:
    return {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(body)} | more


def serve(**said) -> tuple[str, dict, bytes]:
    heard = []
    body = b"".join(server.application(wsgi_environ(**said), lambda status, headers: heard.append((status, headers))))
    (status, headers) = heard[0]
    return status, dict(headers), body


def test_a_literal_path_goes_before_a_parameter_whatever_was_registered_first():
    gateway = build_gateway()

    assert gateway.call(HttpRequest("GET", "/api/orders/search")).json == {"found": []}
    assert gateway.call(HttpRequest("GET", "/api/orders/ord_1")).json == {"order": "ord_1"}
    assert gateway.call(HttpRequest("POST", "/api/orders/search/cancel")).json == {"cancelled": "search"}


def test_only_short_links_live_at_the_root():
    gateway = build_gateway()

    assert gateway.call(HttpRequest("GET", "/o/abc")).json == {"offer": "abc"}
    assert gateway.call(HttpRequest("GET", "/orders/ord_1")).status == 404


def test_the_body_arrives_byte_for_byte_and_repeated_query_words_all():
    said = build_gateway().call(HttpRequest("POST", "/api/echo", "sku=A&sku=B", {"content-type": "x/y"}, b"\xff\x00a"))

    assert said.json == {"query": ["A", "B"], "body": [255, 0, 97]}


def test_unknown_doors_and_methods_are_refused_as_problems():
    unknown = build_gateway().call(HttpRequest("GET", "/api/nothing"))
    wrong = build_gateway().call(HttpRequest("DELETE", "/api/orders/ord_1"))

    assert (unknown.status, unknown.json["code"], unknown.headers["Content-Type"]) == (
        404,
        "not_found",
        "application/problem+json",
    )
    assert (wrong.status, wrong.json["code"], wrong.headers["Allow"]) == (405, "method_not_allowed", "GET")


def test_ten_megabytes_are_taken_and_one_byte_more_is_not(monkeypatch):
    monkeypatch.setattr(server, "MAX_BODY_BYTES", 10)
    gateway = build_gateway()

    assert gateway.call(HttpRequest("POST", "/api/echo", "sku=A", {}, b"x" * 10)).status == 200
    assert gateway.call(HttpRequest("POST", "/api/echo", "sku=A", {}, b"x" * 11)).status == 413


def test_every_answer_carries_a_request_id_the_callers_own_if_he_sent_one(monkeypatch):
    monkeypatch.setattr(server, "gateway", build_gateway)

    _, made, _ = serve(path="/api/orders/ord_1")
    _, kept, _ = serve(path="/api/orders/ord_1", HTTP_X_REQUEST_ID="mine")

    assert len(made["X-Request-Id"]) == 36
    assert kept["X-Request-Id"] == "mine"


def test_the_site_serves_folders_by_their_index_and_nothing_outside_itself(tmp_path):
    (tmp_path / "site" / "desk").mkdir(parents=True)
    (tmp_path / "site" / "index.html").write_text("shop")
    (tmp_path / "site" / "desk" / "index.html").write_text("desk")
    (tmp_path / "secret").write_text("keys")
    root = tmp_path / "site"

    shop, desk = site.find_page("/", {}, root), site.find_page("/desk/", {}, root)

    assert (shop[0], shop[2], desk[0], desk[2]) == (200, b"shop", 200, b"desk")
    assert site.find_page("/desk", {}, root)[:2] == (301, {"Location": "/desk/"})
    assert site.find_page("/", {"if-none-match": shop[1]["ETag"]}, root)[0] == 304
    assert [site.find_page(path, {}, root) for path in ("/../secret", "//../secret", "/none", "/\0")] == [None] * 4


def test_a_products_page_is_a_file_beside_the_others_and_keeps_its_address(tmp_path):
    (tmp_path / "en" / "p").mkdir(parents=True)
    (tmp_path / "p").mkdir()
    (tmp_path / "en" / "p" / "TEA.html").write_text("tea")
    (tmp_path / "p" / "TEA.html").write_text("teh")
    (tmp_path / "p" / "TEA.html.html").write_text("a code that ends like a file")

    pages = [site.find_page(path, {}, tmp_path) for path in ("/p/TEA/", "/en/p/TEA/", "/p/TEA.html/")]

    assert [page[2] for page in pages] == [b"teh", b"tea", b"a code that ends like a file"]
    assert site.find_page("/p/TEA", {}, tmp_path)[:2] == (301, {"Location": "/p/TEA/"})
    assert [site.find_page(path, {}, tmp_path) for path in ("/p/", "/p/CUP/", "/p/CUP")] == [None] * 3


def test_in_a_bucket_an_address_with_a_slash_is_found_by_its_index():
    kept = ["p/TEA/index.html", "en/p/TEA.html/index.html", "desk/index.html", "404.html", "art/p/TEA.svg"]
    files = ["p/TEA.html", "en/p/TEA.html.html", "desk/index.html", "404.html", "art/p/TEA.svg"]

    assert list(map(site.path_to_bucket_key, files)) == kept


def test_a_page_that_is_not_there_says_so_in_its_readers_language_and_a_program_gets_a_problem(monkeypatch, tmp_path):
    (tmp_path / "en").mkdir()
    (tmp_path / "404.html").write_text("tidak ada")
    (tmp_path / "en" / "404.html").write_text("not there")
    monkeypatch.setattr(site, "ROOT", tmp_path)

    told = [serve(path=path, HTTP_ACCEPT="text/html,*/*") for path in ("/p/GONE/", "/en/p/GONE/")]
    status, headers, _ = serve(path="/p/GONE/", HTTP_ACCEPT="application/json")

    assert [(each[0], each[2]) for each in told] == [("404 Not Found", b"tidak ada"), ("404 Not Found", b"not there")]
    assert {each[1]["Content-Type"] for each in told} == {"text/html; charset=utf-8"}
    assert (status, headers["Content-Type"]) == ("404 Not Found", "application/problem+json")


def test_a_page_is_only_read_and_a_head_has_no_body(monkeypatch, tmp_path):
    monkeypatch.setattr(site, "ROOT", tmp_path)
    (tmp_path / "index.html").write_text("shop")

    post_status, _, _ = serve(method="POST", path="/")
    head_status, head_headers, head_body = serve(method="HEAD", path="/")

    assert post_status.startswith("405")
    assert (head_status, head_headers["Content-Length"], head_body) == ("200 OK", "4", b"")


def test_the_shop_itself_answers_about_its_health_and_its_doors(aws):
    from tests.client import call

    assert call("GET", "/api/health").json == {"status": "ok"}
    assert json.dumps(call("GET", "/api/openapi.json").json).startswith('{"openapi": "3.1.0"')
    assert "<code>GET /health</code>" in call("GET", "/api/docs").text
