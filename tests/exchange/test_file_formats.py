"""Files as spreadsheets save them: numbers, dates, separators, headers and encodings are recognized or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.client import call
from tests.exchange.test_import_and_export import zip_folder
from tests.shop import open_shop, token

DATA = Path(__file__).parents[3] / "shared" / "data" / "imports"
needs_import_data = pytest.mark.skipif(not DATA.exists(), reason=f"needs the folders in {DATA}")
HOW_TO_WRITE = "write 2026-10-31T14:05:00+07:00 or, day first, 31/10/2026 14.05"
ADVICE = "say which with ?numbers=id (1.250,50) or ?numbers=en (1,250.50)"


def import_file(file: str, text: str | bytes, **query: str) -> Any:
    return call("POST", "/api/imports", text, query={"file": file} | query, token=token("owner-ratna"))


def import_data_folder(name: str, **query: str) -> Any:
    folder = {path.stem: path.read_bytes() for path in (DATA / name).glob("*.csv")}
    return call("POST", "/api/imports", zip_folder(folder), query=query, token=token("owner-ratna"))


def errors_of(response: Any) -> list[tuple[str, int, str]]:
    return [(error["file"], error["row"], error["column"]) for error in response.json["errors"]]


def price_of(sku: str) -> Any:
    listing = call("GET", f"/api/catalog/products/{sku}", token=token("owner-ratna"))
    return listing.json["price"]["amount"] if listing.status == 200 else None


def open_shop_with_currency(monkeypatch: pytest.MonkeyPatch, currency: str) -> None:
    open_shop()
    monkeypatch.setenv("SATUKANAL_CURRENCY", currency)


@pytest.mark.parametrize(
    ("prices", "amounts", "convention"),
    [
        (("12.500", "9.750"), (12_500, 9_750), "id"),
        (("1.250.000", "8000"), (1_250_000, 8_000), "id"),
        (("1,250,000", "12,500"), (1_250_000, 12_500), "en"),
        (("1250000", "12500"), (1_250_000, 12_500), None),
    ],
)
def test_rupiah_are_read_by_the_convention_of_the_file(
    aws: Any, prices: tuple[str, ...], amounts: tuple[int, ...], convention: str | None
) -> None:
    open_shop()

    response = import_file("products", f'sku,name,price\nA-1,Kopi,"{prices[0]}"\nA-2,Teh,"{prices[1]}"\n')

    assert (response.json["errors"], response.json["changed"]) == ([], {"products": 2})
    assert (price_of("A-1"), price_of("A-2")) == amounts
    assert response.json["formats"]["products.csv"].get("numbers") == convention


def test_two_conventions_in_a_file_refuse_it_and_name_both_rows(aws: Any) -> None:
    open_shop()

    response = import_file("products", 'sku,name,price\nA-1,Kopi,"12,500"\nA-2,Teh,9.750\nA-3,Gula,15000\n')

    assert errors_of(response) == [("products.csv", 2, "price"), ("products.csv", 3, "price")]
    assert response.json["errors"][0]["reason"] == (
        f"12,500 is written differently from 9.750 in row 3: correct the file, or {ADVICE}"
    )
    assert response.json["changed"] == {"products": 0}
    assert [price_of(sku) for sku in ("A-1", "A-2", "A-3")] == [None, None, None]


def test_an_amount_that_can_be_read_in_two_ways_refuses_the_file(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop_with_currency(monkeypatch, "USD")
    text = "sku,name,price\nA-1,Coffee,12.500\nA-2,Tea,9\n"

    refused = import_file("products", text, dry_run="true")
    as_id = import_file("products", text, numbers="id")
    as_id_price = price_of("A-1")
    as_en = import_file("products", text, numbers="en")

    assert errors_of(refused) == [("products.csv", 2, "price")]
    assert refused.json["errors"][0]["reason"] == f"12.500 can be 12500 or 12.500: {ADVICE}"
    assert (as_id.json["errors"], as_id_price) == ([], 1_250_000)
    assert (as_en.json["errors"], price_of("A-1")) == ([], 1_250)


def test_another_row_decides_how_an_ambiguous_amount_is_read(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop_with_currency(monkeypatch, "USD")

    response = import_file("products", 'sku,name,price\nA-1,Coffee,12.500\nA-2,Tea,"9,75"\n')

    assert (response.json["errors"], price_of("A-1"), price_of("A-2")) == ([], 1_250_000, 975)


@pytest.mark.parametrize(
    ("currency", "price", "reason"),
    [
        ("IDR", "12500.00", "12500.00 has decimals, and IDR has none"),
        ("IDR", "1,5", "'1,5' is not a number"),
        ("IDR", "Rp12.500", "'Rp12.500' is not a number"),
        ("IDR", "1e3", "'1e3' is not a number"),
        ("USD", "12.3456", "12.3456 has more decimals than the 2 of USD"),
    ],
)
def test_an_amount_is_never_rounded(
    aws: Any, monkeypatch: pytest.MonkeyPatch, currency: str, price: str, reason: str
) -> None:
    open_shop_with_currency(monkeypatch, currency)

    response = import_file("products", f'sku,name,price\nA-1,Kopi,"{price}"\n')

    assert errors_of(response) == [("products.csv", 2, "price")]
    assert response.json["errors"][0]["reason"] == reason
    assert price_of("A-1") is None


def test_a_stated_convention_is_required_of_every_cell(aws: Any) -> None:
    open_shop()

    response = import_file("products", "sku,name,price\nA-1,Kopi,12.500\nA-2,Teh,9750\n", numbers="en")

    assert errors_of(response) == [("products.csv", 2, "price")]
    assert (price_of("A-1"), price_of("A-2")) == (None, 9_750)


def test_limits_and_quantities_follow_the_same_convention(aws: Any) -> None:
    open_shop()
    folder = {
        "products": 'sku,name,price,tax_rate,weight_grams\nA-1,Kopi,12.500,"0,12",1.500\n',
        "stock": "sku,location,on_hand\nA-1,wh-surabaya,2.000\n",
        "customers": 'id,name,credit_limit,opening_receivable,lat,lon\ncus-a,Toko,500.000,250.000,"-7,25",112.75\n',
    }

    response = call("POST", "/api/imports", zip_folder(folder), token=token("owner-ratna"))

    assert response.json["errors"] == []
    customers = call("GET", "/api/exports/customers.csv", token=token("owner-ratna")).text
    product = call("GET", "/api/catalog/products/A-1", token=token("owner-ratna")).json
    stock = call("GET", "/api/exports/stock.csv", token=token("owner-ratna")).text
    assert "cus-a,Toko,,,,,,,ID,-7.25,112.75,500000,0," in customers.splitlines()
    assert (product["tax_rate"], product["weight_grams"]) == ("0.12", 1_500)
    assert "A-1,wh-surabaya,2000,0,0" in stock.splitlines()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separator_header_case_and_empty_trailing_columns_do_not_matter(aws: Any, separator: str) -> None:
    open_shop()
    rows = [("SKU", " Name", "Price", "", ""), ("A-1", "Kopi, Teh; Gula\tJawa", "12500", "", "")]
    text = "\ufeff" + "\n".join(separator.join(f'"{cell}"' if cell else "" for cell in row) for row in rows)

    response = import_file("products", text.encode())

    assert (response.json["errors"], response.json["changed"]) == ([], {"products": 1})
    assert response.json["formats"] == {"products.csv": {"separator": separator}}
    assert price_of("A-1") == 12_500


def test_a_row_with_a_cell_beyond_the_header_is_reported(aws: Any) -> None:
    open_shop()

    response = import_file("products", "sku,name,price,,\nA-1,Kopi,12500,,\nA-2,Teh,9000,extra,\n")

    assert errors_of(response) == [("products.csv", 3, "")]
    assert (price_of("A-1"), price_of("A-2")) == (12_500, None)


def order_folder(*dates: str) -> dict[str, str]:
    return {
        "products": "sku,name,price\nA-1,Kopi,12500\n",
        "stock": "sku,location,on_hand\nA-1,wh-surabaya,100\n",
        "orders": "ref,placed_at,channel\n" + "".join(f"R-{n},{date},phone\n" for n, date in enumerate(dates)),
        "order_lines": "ref,sku,quantity,unit_price\n" + "".join(f"R-{n},A-1,1,10\n" for n in range(len(dates))),
    }


def import_orders(*dates: str, **query: str) -> Any:
    return call("POST", "/api/imports", zip_folder(order_folder(*dates)), query=query, token=token("owner-ratna"))


def placed_on(day: str) -> list[str]:
    orders = call("GET", "/api/orders", query={"day": day}, token=token("owner-ratna")).json["items"]
    return sorted(order["placed_at"] for order in orders)


def test_dates_with_the_day_first_are_in_the_zone_of_the_shop(aws: Any) -> None:
    open_shop()

    response = import_orders("31/10/2025 14.05", "03/10/2025 07:30:15", "2/10/2025")

    assert (response.json["errors"], response.json["changed"]["orders"]) == ([], 3)
    assert response.json["formats"]["orders.csv"]["dates"] == "id"
    assert placed_on("2025-10-31") == ["2025-10-31T07:05:00.000Z"]
    assert placed_on("2025-10-03") == ["2025-10-03T00:30:15.000Z"]
    assert placed_on("2025-10-02") == ["2025-10-01T17:00:00.000Z"]


def test_a_date_that_can_be_read_in_two_ways_refuses_the_file(aws: Any) -> None:
    open_shop()

    refused = import_orders("03/04/2025")
    stated = import_orders("03/04/2025", dates="id")

    assert errors_of(refused)[:1] == [("orders.csv", 2, "placed_at")]
    assert refused.json["errors"][0]["reason"].startswith("03/04/2025 can be 2025-04-03 or 2025-03-04: ")
    assert (stated.json["errors"], placed_on("2025-04-03")) == ([], ["2025-04-02T17:00:00.000Z"])


@pytest.mark.parametrize(
    ("date", "reason"),
    [
        ("10/31/2026", " has the month first, which is not understood: "),
        ("31/02/2026", " is not a date: "),
        ("46326.58", " is a spreadsheet's number of a day: format the column as a date, or "),
        ("31 Oktober 2026", " is not a date: "),
        ("2026-10-31 14:05", " has no time zone: "),
    ],
)
def test_a_date_that_is_not_understood_is_refused_in_words(aws: Any, date: str, reason: str) -> None:
    open_shop()

    response = import_orders(date)

    assert response.json["errors"][0]["column"] == "placed_at"
    assert response.json["errors"][0]["reason"] == f"{date}{reason}{HOW_TO_WRITE}"
    assert response.json["changed"]["orders"] == 0


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("sku,name,price\nA-1,Café,12500\n".encode("latin-1"), "Windows-1252 (Latin-1)"),
        ("sku,name,price\nA-1,Kopi,12500\n".encode("utf-16"), "UTF-16"),
        ("sku,name,price\nA-1,Kopi,12500\n".encode("utf-16-le"), "UTF-16"),
        ("sku,name,price\nA-1,Kopi,12500\n".encode("utf-32"), "UTF-32"),
    ],
)
def test_another_encoding_is_refused_by_name(aws: Any, raw: bytes, encoding: str) -> None:
    open_shop()

    single, zipped = (
        import_file("products", raw),
        call("POST", "/api/imports", zip_folder({"products": raw}), token=token("owner-ratna")),
    )

    for response in (single, zipped):
        assert (response.status, response.json["code"]) == (422, "not_utf8")
        assert response.json["encoding"] == encoding
        assert response.json["errors"][0]["field"] == "products.csv"
    assert price_of("A-1") is None


@pytest.mark.parametrize("name", ["stock.csv.csv", "prices.csv"])
def test_an_unknown_file_is_refused_under_the_name_it_has(aws: Any, name: str) -> None:
    open_shop()

    exported = call("GET", f"/api/exports/{name}", token=token("owner-ratna"))
    imported = import_file(name, "sku,name,price\n")

    for response in (exported, imported):
        assert (response.status, response.json["code"]) == (422, "unknown_file")
        assert f"There is no file {name};" in response.json["detail"]


def test_file_names_in_a_zip_may_be_in_capitals(aws: Any) -> None:
    open_shop()
    buffer = zip_folder({"Data/PRODUCTS": "sku,name,price\nA-1,Kopi,12500\n"})

    assert call("POST", "/api/imports", buffer, token=token("owner-ratna")).json["changed"] == {"products": 1}


def test_a_zip_without_csv_files_is_refused(aws: Any) -> None:
    open_shop()

    response = call("POST", "/api/imports", zip_folder({}), token=token("owner-ratna"))

    assert (response.status, response.json["errors"]) == (422, [{"field": "", "says": "has no CSV file in it"}])


@needs_import_data
@pytest.mark.data
def test_products_and_customers_saved_by_a_spreadsheet_in_indonesian_are_understood(aws: Any) -> None:
    open_shop()

    response = import_data_folder("excel-id")

    assert [error for error in response.json["errors"] if error["file"] in ("products.csv", "customers.csv")] == []
    assert [price_of(f"XL-00{number}") for number in (1, 2, 3)] == [12_500, 1_250_000, 8_000]
    exported = call("GET", "/api/exports/products.csv", token=token("owner-ratna")).text.splitlines()
    assert "XL-001,Kopi bubuk 200 g,12500,Kopi,,0012345678905,9750,IDR,0.11,,0,0" in exported
    customers = [call("GET", f"/api/customers/XL-C{n}", token=token("owner-ratna")).json for n in (1, 2)]
    assert [customer["phone"] for customer in customers] == ["+6281252981001", "+6281252981002"]
    exported = call("GET", "/api/exports/customers.csv", token=token("owner-ratna")).text
    assert [row.split(",")[11] for row in exported.splitlines()[-2:]] == ["500000", "1000000"]


@needs_import_data
@pytest.mark.data
@pytest.mark.parametrize(
    ("folder", "rows"), [("mixed", [2, 3]), ("twice", [3]), ("letters", [2, 3, 4]), ("ambiguous", [])]
)
def test_a_data_folder_leads_to_what_its_readme_says(aws: Any, folder: str, rows: list[int]) -> None:
    open_shop()

    response = import_data_folder(folder)

    assert sorted(error["row"] for error in response.json["errors"]) == rows
    assert set(response.json["changed"].values()) == ({2} if folder == "ambiguous" else {0})


@needs_import_data
@pytest.mark.data
@pytest.mark.parametrize(("folder", "encoding"), [("latin1", "Windows-1252 (Latin-1)"), ("utf16", "UTF-16")])
def test_a_data_folder_in_another_encoding_is_refused_by_name(aws: Any, folder: str, encoding: str) -> None:
    open_shop()

    response = import_data_folder(folder)

    assert (response.status, response.json["encoding"]) == (422, encoding)
