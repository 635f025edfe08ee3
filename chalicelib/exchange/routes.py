"""Endpoints for the import and export of CSV files."""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.exchange import export_csv, import_csv
from chalicelib.exchange.model import FILES
from chalicelib.exchange.tables import decode_text
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import ApiResponse, Call, Query, Routes

endpoints = Routes(__name__)
MAX_UPLOAD_BYTES = 4_000_000  # base64 adds a third, and a Lambda request is limited to 6 MB
MAX_UNPACKED_BYTES = 20_000_000  # a zip of zeros must not fill the function's memory
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets read UTF-8 as the encoding of their country
REQUEST_CONTENT = {
    "text/csv": {
        "schema": {
            "type": "string",
            "description": "One file in UTF-8 with a header row; name it with ?file=",
        },
        "example": "sku,name,price\nTEH-009,Teh Hijau,9000\n",
    },
    "application/zip": {
        "schema": {
            "type": "string",
            "format": "binary",
            "description": "Several files, "
            + ", ".join(f"{name}.csv" for name in FILES)
            + f"; packed at most {MAX_UPLOAD_BYTES} bytes, unpacked {MAX_UNPACKED_BYTES}. Without ?file=",
        }
    },
}


class ImportQuery(Query):
    """`file` names the file in the body if that is CSV text and not a zip.

    `historical` says that all orders were sold in an earlier system: they are complete and paid, and cause no work,
    stock movement, credit or message. The column of this name says it for one order.
    `numbers` and `dates` say how the files write them (`id`: 1.250,50 and 31/10/2026; `en`: 1,250.50), where the files
    do not show it themselves. A report lists 2,500 items of each kind; `start` (from its `next`) lists the following
    ones."""

    dry_run: bool = False
    historical: bool = False
    file: Annotated[str, Field(max_length=20, json_schema_extra={"enum": ["", *FILES], "examples": ["products"]})] = ""
    numbers: Literal["", "id", "en"] = ""
    dates: Literal["", "id"] = ""
    start: Annotated[int, Field(ge=0, le=10**7)] = 0


class ExportQuery(Query):
    """`day` and `to` are the first and last day of exported orders: today, if there is none.

    With `numbers=id` semicolons separate the columns and decimals follow a comma."""

    day: date | None = None
    to: date | None = None
    numbers: Literal["", "id", "en"] = ""


@endpoints.post("/imports", query=ImportQuery, max_bytes=MAX_UPLOAD_BYTES, request_content=REQUEST_CONTENT)
def import_folder(call: Call) -> dict[str, Any]:
    """Import a zip of CSV files, or one file named by ?file=. With dry_run=true only report the errors."""
    query: ImportQuery = call.query
    if query.file and query.file not in FILES:
        raise import_csv.build_unknown_file(query.file)
    folder = {query.file: decode_text(f"{query.file}.csv", call.raw)} if query.file else unzip(call.raw)
    options = import_csv.ImportOptions(query.dry_run, query.historical, query.numbers, query.dates, query.start)
    return import_csv.import_folder(folder, call.principal, options).to_json()


@endpoints.get("/exports/{file}", query=ExportQuery, media_type="text/csv")
def export_file(call: Call, file: str) -> ApiResponse:
    """Export one file as CSV: products.csv, stock.csv, customers.csv, orders.csv of ?day= to ?to=, and so on."""
    if not file.endswith(".csv"):
        raise Invalid(("file", "must end in .csv"))
    query: ExportQuery = call.query
    if query.to and not query.day:
        raise Invalid(("day", "is missing: with to it is the first day"))
    days = (query.day, query.to or query.day) if query.day else None
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{file}"'}
    text = export_csv.export_file(file.removesuffix(".csv"), days, query.numbers)
    return ApiResponse(BYTE_ORDER_MARK + text, 200, headers)


def unzip(raw: bytes) -> dict[str, str]:
    """Return the text of each CSV file by its name without `.csv`. Raises Invalid, also if two have the same name."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise Invalid(("", f"unpacks to more than {MAX_UNPACKED_BYTES} bytes; send fewer files at once"))
            return {name: decode_text(f"{name}.csv", archive.read(path)) for name, path in _list_files(archive).items()}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise Invalid(("", "is not a zip file; name a single CSV file with ?file=products")) from error


def _list_files(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the paths of the CSV files by name. Hidden files, such as those that macOS adds, are left out."""
    paths: dict[str, str] = {}
    for path in archive.namelist():
        name = path.rsplit("/", 1)[-1].lower()
        if not name.endswith(".csv") or name.startswith("."):
            continue
        if name in paths:
            raise Invalid((name, "is in the zip more than once"))
        paths[name] = path
    if not paths:
        raise Invalid(("", "has no CSV file in it"))
    return {name.removesuffix(".csv"): path for name, path in paths.items()}
