"""`make import` explains what it refuses and lists every bad row."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from chalicelib.exchange.model import CellFormats
from infra.demo import day
from infra.local.running_shop import RunningShop
from infra.replay import history, import_folder


@pytest.mark.parametrize(("encoding", "name"), [("latin-1", "Windows-1252 (Latin-1)"), ("utf-16", "UTF-16")])
def test_a_file_in_another_encoding_is_refused_by_name(tmp_path, monkeypatch, capsys, encoding, name):
    (tmp_path / "Products.CSV").write_bytes("sku,name,price\nA-1,Café hitam,12500\n".encode(encoding))
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setattr(import_folder, "connect", lambda: SimpleNamespace(owner_client=None))

    assert import_folder.main() == 1

    output = " ".join(capsys.readouterr().out.split())
    assert "Products.CSV: is not UTF-8" in output
    assert name in output


def test_every_bad_row_and_refused_order_is_printed():
    errors = [{"file": "products.csv", "row": row, "column": "price", "reason": "is empty"} for row in range(2, 1002)]
    refused = [{"ref": f"R-{n}", "code": "not_published", "detail": "Not sold."} for n in range(300)]
    report = {
        "dry_run": True,
        "formats": {"products.csv": {"separator": ",", "numbers": "id"}},
        "rows": {"products": 1000},
        "changed": {"products": 0},
        "errors": errors,
        "warnings": [],
        "refused": refused,
        "skipped": [],
    }
    console = Console(file=io.StringIO(), width=120)

    import_folder.print_report(report, console)

    output = console.file.getvalue()
    assert output.count("is empty") == 1000
    assert output.count("not_published") == 300
    assert "products.csv: numbers are read as 1.250,50 (NUMBERS=id)" in output
    assert "All rows are valid" not in output


@pytest.mark.parametrize(
    ("text", "reason"), [("12500.00", "12500.00 has decimals, and IDR has none"), ("12,5", "'12,5' is not a number")]
)
def test_a_replay_refuses_rupiah_with_decimals(tmp_path, text, reason):
    (tmp_path / "orders.csv").write_text("ref,placed_at,channel\nA,2026-01-01T00:00:00Z,web\n")
    (tmp_path / "order_lines.csv").write_text(f'ref,sku,quantity,unit_price\nA,TEA,1,"{text}"\n')

    loaded = history.load_history(tmp_path, CellFormats("IDR", "Asia/Jakarta"))

    refused = [{"ref": "A", "code": "unreadable", "detail": f"unit_price {reason}"}]
    assert (loaded.orders, loaded.refused) == ([], refused)


@pytest.mark.parametrize("command", [import_folder, day])
def test_a_shop_without_an_owner_is_explained(tmp_path, monkeypatch, capsys, command):
    (tmp_path / "products.csv").write_text("sku,name,price\n")
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setattr(command, "connect", lambda: RunningShop("http://127.0.0.1:1", {}))

    assert command.main() == 1

    assert "No owner of the shop" in capsys.readouterr().out
