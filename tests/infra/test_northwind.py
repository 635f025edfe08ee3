"""The Northwind data: rows with unquoted commas are repaired and counted, and never dropped or misread."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from chalicelib.exchange import model as exchange
from chalicelib.exchange.model import CellFormats
from chalicelib.places.model import Point, distance_meters
from infra.replay import northwind
from infra.replay.northwind import DEFAULT_FOLDER, Northwind
from infra.replay.repair_csv import CannotRepair, join_around, join_at, read_table

needs_northwind_data = pytest.mark.skipif(
    not (DEFAULT_FOLDER / "orders.csv").exists(), reason=f"needs the Northwind data in {DEFAULT_FOLDER}"
)


@pytest.fixture(scope="module")
def data() -> Northwind:
    return northwind.load_northwind(DEFAULT_FOLDER)


def write_csv(folder: Path, *lines: str) -> Path:
    file = folder / "some.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_an_address_split_by_its_commas_is_joined_by_position_from_both_ends(tmp_path):
    file = write_csv(tmp_path, "id,address,city,zip", "1,Rua do Paço, 67, fundos,Rio,054", "2,Obere Str. 57,Berlin,122")

    table = read_table(file, join_at(1))

    assert [row["address"] for row in table.rows] == ["Rua do Paço, 67, fundos", "Obere Str. 57"]
    assert [row["zip"] for row in table.rows] == ["054", "122"]
    assert table.repaired == [2]


def test_a_known_title_tells_a_name_with_a_comma_from_an_address_with_one(tmp_path):
    file = write_csv(
        tmp_path, "id,name,title,address,zip", "7,Pavlova, Ltd.,Owner,74 Rose St.,3058", "8,Leka,Owner,5, A,1"
    )

    table = read_table(file, join_around(2, "Owner".__eq__, before=1, after=3))

    assert [(row["name"], row["address"]) for row in table.rows] == [("Pavlova, Ltd.", "74 Rose St."), ("Leka", "5, A")]


@pytest.mark.parametrize("line", ["1,a,b,Chief,c,d", "1,a"])
def test_a_row_that_cannot_be_repaired_stops_the_reading_with_its_line_number(tmp_path, line):
    file = write_csv(tmp_path, "id,name,title,address", line)

    with pytest.raises(CannotRepair, match=r"some\.csv line 2"):
        read_table(file, join_around(2, "Owner".__eq__, before=1, after=3))


@needs_northwind_data
@pytest.mark.data
def test_every_row_of_northwind_is_read_and_repaired_rows_are_counted(data):
    counts = {name: len(table.rows) for name, table in data.tables.items()}

    assert counts == {
        "categories": 8,
        "customers": 91,
        "employees": 9,
        "order-details": 2155,
        "orders": 830,
        "products": 77,
        "suppliers": 29,
    }
    assert data.repaired == {"orders": 176, "customers": 24, "suppliers": 9}


@needs_northwind_data
@pytest.mark.data
def test_no_repaired_row_is_misread(data):
    """Countries and phones have their format in every row, and orders ship to the country of their customer."""
    customers = {row["customerID"]: row for row in data.rows("customers")}
    suppliers = {row["supplierID"]: row for row in data.rows("suppliers")}
    abroad = [row for row in data.rows("orders") if row["shipCountry"] != customers[row["customerID"]]["country"]]
    with_comma = {row["orderID"]: row for row in data.rows("orders") if ", " in row["shipAddress"]}

    assert {row["country"] for row in (*customers.values(), *suppliers.values())} <= set(northwind.COUNTRIES)
    assert all(row["shipCountry"] in northwind.COUNTRIES for row in data.rows("orders"))
    assert abroad == []
    assert all(any(letter.isdigit() for letter in row["phone"]) for row in customers.values())
    assert suppliers["7"]["companyName"] == "Pavlova, Ltd."
    assert suppliers["20"]["address"] == "471 Serangoon Loop, Suite #402"
    assert suppliers["24"]["companyName"] == "G'day, Mate"
    assert customers["BOLID"]["address"] == "C/ Araquil, 67"
    assert with_comma["10250"]["shipCity"] == "Rio de Janeiro"


@needs_northwind_data
@pytest.mark.data
def test_the_sum_of_northwinds_lines_is_known(data):
    assert northwind.net_minor(data) == 126_579_329
    assert sum(data.units_sold.values()) == 51_317


@needs_northwind_data
@pytest.mark.data
@pytest.mark.parametrize("build_folder", [northwind.build_original_replay, northwind.build_web_replay])
def test_the_shop_can_import_both_folders(data, build_folder, tmp_path):
    northwind.write_folder(tmp_path, build_folder(data), {})

    for name, rows in build_folder(data).items():
        parsed = exchange.parse_csv(name, (tmp_path / f"{name}.csv").read_text(), CellFormats("USD", "Asia/Jakarta"))
        assert (len(parsed.rows), parsed.errors) == (len(rows), [])


@needs_northwind_data
@pytest.mark.data
def test_the_warehouse_never_lacks_units_that_are_on_a_van(data):
    loads, home = northwind.van_loads(data), northwind.unload_after(data)
    before = {row["orderID"] for row in data.orders[:home]}
    sold = northwind.units_by_product(row for row in data.rows("order-details") if row["orderID"] in before)

    for sku, left in data.in_stock.items():
        loaded = sum(load.get(sku, 0) for load in loads.values())
        assert sold.get(sku, 0) <= left + data.units_sold[sku] - loaded


@needs_northwind_data
@pytest.mark.data
def test_every_generated_home_is_in_town_with_a_van_nearby(data):
    files = northwind.build_web_replay(data)
    homes = [Point(row["lat"], row["lon"]) for row in files["customers"]]
    vans = [Point(row["lat"], row["lon"]) for row in files["locations"] if row["kind"] == "van"]

    near = [home for home in homes if any(distance_meters(home, van) <= 10_000 for van in vans)]

    assert all(distance_meters(home, Point(*northwind.CENTER)) <= 10_000 for home in homes)
    assert (len(homes), len(near), len(vans)) == (91, 91, 9)


@needs_northwind_data
@pytest.mark.data
def test_the_data_has_the_documented_checksums():
    for name in ("orders", "order-details"):
        assert hashlib.sha256((DEFAULT_FOLDER / f"{name}.csv").read_bytes()).hexdigest() in northwind.SOURCE_HELP
