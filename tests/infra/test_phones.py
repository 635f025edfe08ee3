from infra.local import phones
from storefront.pages import template


def test_links_in_a_message_are_clickable_and_other_text_is_escaped():
    text = "<b>Pesanan</b> http://127.0.0.1:8000/o/x?a=1&b=2 ambil & antar"
    phone = phones.Phone("+62811", "Budi <i>", [phones.split_links(text)])

    page = template("phones/index.html").render(phones=[phone])

    assert (
        '<p>&lt;b&gt;Pesanan&lt;/b&gt; <a href="http://127.0.0.1:8000/o/x?a=1&amp;b=2">'
        "http://127.0.0.1:8000/o/x?a=1&amp;b=2</a> ambil &amp; antar</p>"
    ) in page
    assert "<b>Budi &lt;i&gt;</b>" in page


def test_a_text_is_split_at_its_links_without_losing_any_of_it():
    for text in ("", "no link", "http://a/b", "see http://a/b and https://c/d?e=1 now"):
        parts = phones.split_links(text)

        assert "".join(part for part, _ in parts) == text
        assert [part for part, is_link in parts if is_link] == phones.LINK.findall(text)
