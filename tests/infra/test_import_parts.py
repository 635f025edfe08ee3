"""A big folder is imported in parts, with a report as if it were imported at once."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from chalicelib.exchange.model import CellFormats
from infra.replay.import_parts import ImportPart, split_folder

IDR, USD = CellFormats("IDR", "Asia/Jakarta"), CellFormats("USD", "Asia/Jakarta")


def write_folder(folder: Path, **files: list[str]) -> Path:
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def data_rows(text: str) -> list[str]:
    return text.splitlines()[1:]


def test_a_small_folder_is_one_part(tmp_path):
    folder = write_folder(
        tmp_path, products=["sku,name,price", 'A,"Tea, black",5'], staff=["id,name,role", "o,O,owner"]
    )

    (only,) = split_folder(folder, IDR)

    assert only.files == {name: (folder / f"{name}.csv").read_text() for name in ("products", "staff")}


def test_an_order_and_its_lines_are_in_the_same_part(tmp_path):
    orders = [f"O{number},2026-01-01T00:00:00Z,web" for number in range(40)]
    lines = [f"O{number},A,{units},1" for units in (1, 2) for number in range(40)]
    folder = write_folder(
        tmp_path, orders=["ref,placed_at,channel", *orders], order_lines=["ref,sku,quantity,unit_price", *lines]
    )

    _, *parts = split_folder(folder, IDR, max_bytes=500)

    assert len(parts) > 3
    for part in parts:
        refs = {row.partition(",")[0] for row in data_rows(part.files["orders"])}
        assert {row.partition(",")[0] for row in data_rows(part.files["order_lines"])} == refs
    assert sorted(row for part in parts for row in data_rows(part.files["orders"])) == sorted(orders)
    assert sorted(row for part in parts for row in data_rows(part.files["order_lines"])) == sorted(lines)


def test_an_error_in_a_part_has_the_row_number_of_the_file(tmp_path):
    folder = write_folder(tmp_path, postcodes=["postcode,country", *(f"{60000 + number},ID" for number in range(100))])

    _, *parts = split_folder(folder, IDR, max_bytes=300)
    errors = [
        error
        for part in parts
        for error in part.locate_errors([{"file": "postcodes.csv", "row": 2, "column": "", "reason": "?"}])
    ]

    numbers = [int(data_rows(part.files["postcodes"])[0][:5]) - 60000 + 2 for part in parts]
    assert [error["row"] for error in errors] == numbers
    assert parts[0].locate_errors([{"file": "postcodes.csv", "row": 1, "column": "x", "reason": "?"}])[0]["row"] == 1


def test_a_dry_run_of_a_part_includes_the_files_that_its_rows_refer_to(tmp_path):
    folder = write_folder(
        tmp_path,
        products=["sku,name,price", *(f"P{number},Tea,5" for number in range(60))],
        stock=["sku,location,on_hand", *(f"P{number},wh,5" for number in range(60))],
        locations=["id,kind,name", "wh,warehouse,W"],
    )

    last = split_folder(folder, IDR, max_bytes=400)[-1]

    assert set(zipfile.ZipFile(io.BytesIO(last.to_zip(dry=True))).namelist()) == {
        *("locations.csv", "products.csv", "stock.csv"),
    }
    assert zipfile.ZipFile(io.BytesIO(last.to_zip(dry=False))).namelist() == ["stock.csv"]
    assert (
        last.locate_errors([{"file": "products.csv", "row": 2, "column": "", "reason": "reported in its own part"}])
        == []
    )


def prices_of(parts: list[ImportPart]) -> list[str]:
    return [row.split(",")[2] for part in parts for row in data_rows(part.files["products"])]


def test_the_number_convention_is_that_of_the_whole_file(tmp_path):
    """Only the last row shows that a dot separates thousands: the others alone would be read as cents."""
    folder = write_folder(
        tmp_path, products=["SKU;Name;Price", *(f"P{number};Tea;{number}.500" for number in range(1, 60)), "Q;Tea;9,75"]
    )

    report, *parts = split_folder(folder, USD, max_bytes=300)

    assert prices_of(parts) == [*(f"{number}500" for number in range(1, 60)), "9.75"]
    assert {part.query["numbers"] for part in parts} == {"en"}
    assert report.report["formats"]["products.csv"] == {"separator": ";", "numbers": "id"}


def test_a_file_with_two_conventions_is_refused_as_a_whole_before_it_is_split(tmp_path):
    rows = [*(f'P{number},Tea,"1,{number:03}"' for number in range(60)), "Q,Tea,9.750"]
    folder = write_folder(tmp_path, products=["sku,name,price", *rows])

    (report,) = split_folder(folder, IDR, max_bytes=300)

    assert [(error["file"], error["row"]) for error in report.report["errors"]] == [
        ("products.csv", 2),
        ("products.csv", 62),
    ]
    assert (report.files, report.report["rows"]) == ({}, {"products": 61})


def test_a_key_is_repeated_across_parts(tmp_path):
    rows = [*(f"P{number},Tea,5" for number in range(60)), "P0,Coffee,6"]
    folder = write_folder(tmp_path, products=["sku,name,price", *rows])

    report, *parts = split_folder(folder, IDR, max_bytes=300)

    assert [error["row"] for error in report.report["errors"]] == [62]
    assert len(prices_of(parts)) == 59


def test_decimals_that_the_currency_does_not_have_reach_the_api_which_refuses_them(tmp_path):
    rows = [*(f"P{number};Tea;1.500" for number in range(60)), "Q;'=Tea;9.000,50"]
    folder = write_folder(tmp_path, products=["sku;name;price", *rows])

    _, *parts = split_folder(folder, IDR, max_bytes=300)

    assert data_rows(parts[-1].files["products"])[-1] == "Q,'=Tea,9000.50"
