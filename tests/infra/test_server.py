import io
import json

from chalice.app import Chalice

from infra import site
from infra.local import server
from infra.local.server import Gateway, HttpRequest


def build_gateway() -> Gateway:
    app = Chalice(app_name="endpoints")
    app.route("/orders/{order_id}", methods=["GET"], name="get_order")(lambda order_id: {"order": order_id})
    app.route("/orders/search", methods=["GET"], name="search")(lambda: {"items": []})
    app.route("/orders/{order_id}/cancel", methods=["POST"], name="cancel")(lambda order_id: {"cancelled": order_id})
    app.route("/o/{token}", methods=["GET"], name="offer")(lambda token: {"offer": token})
    app.route("/echo", methods=["POST"], content_types=["*/*"], name="echo")(
        lambda: {
            "query": app.current_request.query_params.getlist("sku"),
            "body": list(app.current_request.raw_body),
        }
    )
    app.route("/request-id", methods=["GET"], name="request_id")(
        lambda: {"request_id": app.current_request.context["requestId"]}
    )
    return Gateway(app)


def wsgi_environ(method: str = "GET", path: str = "/", body: bytes = b"", **extra: str) -> dict:
    return {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(body)} | extra


def serve(**request) -> tuple[str, dict, bytes]:
    started = []
    environ = wsgi_environ(**request)
    body = b"".join(server.application(environ, lambda status, headers: started.append((status, headers))))
    ((status, headers),) = started
    return status, dict(headers), body


def test_a_literal_path_takes_precedence_over_a_parameter():
    gateway = build_gateway()

    assert gateway.call(HttpRequest("GET", "/api/orders/search")).json == {"items": []}
    assert gateway.call(HttpRequest("GET", "/api/orders/ord_1")).json == {"order": "ord_1"}
    assert gateway.call(HttpRequest("POST", "/api/orders/search/cancel")).json == {"cancelled": "search"}


def test_only_short_links_are_outside_of_api():
    gateway = build_gateway()

    assert gateway.call(HttpRequest("GET", "/o/abc")).json == {"offer": "abc"}
    assert gateway.call(HttpRequest("GET", "/orders/ord_1")).status == 404


def test_the_body_and_repeated_query_parameters_arrive_unchanged():
    response = build_gateway().call(
        HttpRequest("POST", "/api/echo", "sku=A&sku=B", {"content-type": "x/y"}, b"\xff\x00a")
    )

    assert response.json == {"query": ["A", "B"], "body": [255, 0, 97]}


def test_unknown_endpoints_and_methods_are_refused_as_problems():
    unknown = build_gateway().call(HttpRequest("GET", "/api/nothing"))
    wrong = build_gateway().call(HttpRequest("DELETE", "/api/orders/ord_1"))

    assert (unknown.status, unknown.json["code"], unknown.headers["Content-Type"]) == (
        404,
        "not_found",
        "application/problem+json",
    )
    assert (wrong.status, wrong.json["code"], wrong.headers["Allow"]) == (405, "method_not_allowed", "GET")


def test_a_body_at_the_size_limit_is_accepted_and_one_byte_more_is_not(monkeypatch):
    monkeypatch.setattr(server, "MAX_BODY_BYTES", 10)
    gateway = build_gateway()

    assert gateway.call(HttpRequest("POST", "/api/echo", "sku=A", {}, b"x" * 10)).status == 200
    assert gateway.call(HttpRequest("POST", "/api/echo", "sku=A", {}, b"x" * 11)).status == 413


def test_every_response_has_a_request_id_which_is_the_callers_if_given(monkeypatch):
    monkeypatch.setattr(server, "gateway", build_gateway)

    _, generated, _ = serve(path="/api/orders/ord_1")
    _, own, _ = serve(path="/api/orders/ord_1", HTTP_X_REQUEST_ID="mine")

    assert len(generated["X-Request-Id"]) == 36
    assert own["X-Request-Id"] == "mine"


def test_the_request_id_of_a_response_is_the_one_in_the_request_context(monkeypatch):
    monkeypatch.setattr(server, "gateway", build_gateway)

    _, generated, generated_body = serve(path="/api/request-id")
    _, own, own_body = serve(path="/api/request-id", HTTP_X_REQUEST_ID="mine")

    assert json.loads(generated_body) == {"request_id": generated["X-Request-Id"]}
    assert json.loads(own_body) == {"request_id": own["X-Request-Id"]}


def test_the_site_serves_the_index_of_folders_and_nothing_outside_of_it(tmp_path):
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


def test_a_product_page_is_a_file_in_p_and_its_address_ends_in_a_slash(tmp_path):
    (tmp_path / "en" / "p").mkdir(parents=True)
    (tmp_path / "p").mkdir()
    (tmp_path / "en" / "p" / "TEA.html").write_text("tea")
    (tmp_path / "p" / "TEA.html").write_text("teh")
    (tmp_path / "p" / "TEA.html.html").write_text("a SKU that ends like a file name")

    pages = [site.find_page(path, {}, tmp_path) for path in ("/p/TEA/", "/en/p/TEA/", "/p/TEA.html/")]

    assert [page[2] for page in pages] == [b"teh", b"tea", b"a SKU that ends like a file name"]
    assert site.find_page("/p/TEA", {}, tmp_path)[:2] == (301, {"Location": "/p/TEA/"})
    assert [site.find_page(path, {}, tmp_path) for path in ("/p/", "/p/CUP/", "/p/CUP")] == [None] * 3


def test_in_a_bucket_an_address_with_a_slash_has_an_index_file():
    keys = ["p/TEA/index.html", "en/p/TEA.html/index.html", "desk/index.html", "404.html", "art/p/TEA.svg"]
    files = ["p/TEA.html", "en/p/TEA.html.html", "desk/index.html", "404.html", "art/p/TEA.svg"]

    assert list(map(site.path_to_bucket_key, files)) == keys


def test_a_missing_page_answers_a_404_page_in_its_language_or_a_problem_to_programs(monkeypatch, tmp_path):
    (tmp_path / "en").mkdir()
    (tmp_path / "404.html").write_text("tidak ada")
    (tmp_path / "en" / "404.html").write_text("not there")
    monkeypatch.setattr(site, "ROOT", tmp_path)

    pages = [serve(path=path, HTTP_ACCEPT="text/html,*/*") for path in ("/p/GONE/", "/en/p/GONE/")]
    status, headers, _ = serve(path="/p/GONE/", HTTP_ACCEPT="application/json")

    assert [(status, body) for status, _, body in pages] == [
        ("404 Not Found", b"tidak ada"),
        ("404 Not Found", b"not there"),
    ]
    assert {headers["Content-Type"] for _, headers, _ in pages} == {"text/html; charset=utf-8"}
    assert (status, headers["Content-Type"]) == ("404 Not Found", "application/problem+json")


def test_pages_refuse_post_and_answer_head_without_a_body(monkeypatch, tmp_path):
    monkeypatch.setattr(site, "ROOT", tmp_path)
    (tmp_path / "index.html").write_text("shop")

    post_status, _, _ = serve(method="POST", path="/")
    head_status, head_headers, head_body = serve(method="HEAD", path="/")

    assert post_status.startswith("405")
    assert (head_status, head_headers["Content-Length"], head_body) == ("200 OK", "4", b"")


def test_the_shop_reports_its_health_and_documents_its_endpoints(aws):
    from tests.client import call

    assert call("GET", "/api/health").json == {"status": "ok"}
    assert json.dumps(call("GET", "/api/openapi.json").json).startswith('{"openapi": "3.1.0"')
    assert "<code>GET /health</code>" in call("GET", "/api/docs").text
