from infra.local import phones


def test_links_in_a_message_can_be_clicked_and_nothing_else_becomes_markup():
    told = phones.linked("<b>Pesanan</b> http://127.0.0.1:8000/o/x?a=1&b=2 ambil & antar")

    assert told == (
        "&lt;b&gt;Pesanan&lt;/b&gt; <a href='http://127.0.0.1:8000/o/x?a=1&amp;b=2'>"
        "http://127.0.0.1:8000/o/x?a=1&amp;b=2</a> ambil &amp; antar"
    )
