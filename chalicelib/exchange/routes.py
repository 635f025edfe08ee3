"""Doors for folders of CSV: in with a dry run and an error report, out again as the same files."""

from __future__ import annotations

import io
import zipfile
from typing import Annotated, Any

from pydantic import Field

from chalicelib.exchange import bring, take
from chalicelib.exchange.model import FILES
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Answer, Call, Query, Routes

doors = Routes(__name__)
MOST_SENT = 4_000_000  # base64 makes a third more of it, and a function takes 6 MB
MOST_UNPACKED = 20_000_000  # a zip of zeros must not fill the function's memory
SENT = {
    "text/csv": {
        "schema": {
            "type": "string",
            "description": "One file in UTF-8, its columns named in its first row; say ?file=",
        },
        "example": "sku,name,price\nTEH-009,Teh Hijau,9000\n",
    },
    "application/zip": {
        "schema": {
            "type": "string",
            "format": "binary",
            "description": "Several files, "
            + ", ".join(f"{name}.csv" for name in FILES)
            + f"; packed at most {MOST_SENT} bytes, unpacked {MOST_UNPACKED}. Without ?file=",
        }
    },
}


class ImportQuery(Query):
    """`file` names the one file that the body is, when it is no zip."""

    dry_run: bool = False
    file: Annotated[str, Field(max_length=20, json_schema_extra={"enum": ["", *FILES], "examples": ["products"]})] = ""


class ExportQuery(Query):
    day: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    to: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None


@doors.post("/imports", who={"owner"}, query=ImportQuery, most_bytes=MOST_SENT, files=SENT)
def import_folder(call: Call) -> dict[str, Any]:
    """Bring in a zip of CSV files, or one file named by ?file=; with dry_run=true only say what is wrong."""
    asked: ImportQuery = call.query
    folder = {asked.file: text_of(call.raw)} if asked.file else unzipped(call.raw)
    return bring.bring(folder, call.principal, asked.dry_run).as_json()


@doors.get("/exports/{file}", who={"owner"}, query=ExportQuery, kind="text/csv")
def export_file(call: Call, file: str) -> Answer:
    """Give out one file as CSV: products.csv, stock.csv, customers.csv, orders.csv for ?day= to ?to=, and so on."""
    if not file.endswith(".csv"):
        raise Invalid(("file", "ends in .csv"))
    asked: ExportQuery = call.query
    days = (asked.day, asked.to or asked.day) if asked.day else None
    said = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{file}"'}
    return Answer(take.take(file.removesuffix(".csv"), days), 200, said)


def unzipped(raw: bytes) -> dict[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Invalid(("", f"unpacks to more than {MOST_UNPACKED} bytes; send fewer files at once"))
            files = [name for name in archive.namelist() if name.endswith(".csv")]
            return {name.rsplit("/", 1)[-1].removesuffix(".csv"): text_of(archive.read(name)) for name in files}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise Invalid(("", "is no zip file; for a single CSV say which with ?file=products")) from error


def text_of(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(("", f"is not UTF-8 at byte {error.start}")) from error
