"""`make postcodes`: builds an import folder with approximate positions of Indonesian postcodes: `.local/postcodes/`.

The sources of postcodes and of coordinates use different area codes, so they are joined by the names of regency and
district. A district that is not found gets the position of its regency; if that is not found either, the postcode has
no position. A postcode of several districts gets the district with most of its villages.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parent.parent.parent
LOCAL = Path(os.environ.get("LOCAL") or ROOT / ".local")
DEFAULT_FOLDER = ROOT.parent / "shared" / "data" / "idn-area"
FILES = ("regencies.csv", "districts.csv", "villages.csv", "village_postcodes.csv")
COORDINATE_FILES = ("regencies_latlon.json", "districts_latlon.json")
COLUMNS = ("postcode", "country", "area", "lat", "lon")
SOURCE_HELP = (
    "The areas are npm idn-area-data 3.1.2 (ODbL), the postcodes github.com/cahyadsn/wilayah_kodepos (MIT, commit "
    "4fa8c592a581bf2fc4fb0a373010000c5bac6251),\nthe coordinates github.com/yusufsyaifudin/wilayah-indonesia (ODbL, "
    "commit 54c4f4003292c39e5033ccc3b4df886bafa42046).\nPut them in a folder and run `make postcodes DATA=folder`."
)

# Regencies renamed since their coordinates were recorded.
FORMER_NAMES = {
    "KABUPATEN TOBA": "KABUPATEN TOBA SAMOSIR",
    "KABUPATEN PASANGKAYU": "KABUPATEN MAMUJU UTARA",
    "KABUPATEN KEPULAUAN SIAU TAGULANDANG BIARO": "KABUPATEN SIAU TAGULANDANG BIARO",
    "KABUPATEN KEPULAUAN TANIMBAR": "KABUPATEN MALUKU TENGGARA BARAT",
    "KABUPATEN MAHAKAM ULU": "KABUPATEN MAHAKAM HULU",
}

Point = tuple[float, float]
Row = dict[str, str]


@dataclass(frozen=True)
class Area:
    """A district with its regency."""

    district: str
    regency: str

    @property
    def name(self) -> str:
        return f"{self.district}, {title_case(self.regency)}"


@dataclass(frozen=True)
class Coordinates:
    """Positions of regencies by normalized name, and of districts by normalized (regency, district)."""

    regencies: dict[str, Point]
    districts: dict[tuple[str, str], Point]

    def find(self, area: Area) -> tuple[Point | None, str]:
        """The position of an area, and what it was found by: district, regency or nothing."""
        name = FORMER_NAMES.get(area.regency, area.regency)
        regency = normalize_name(name.replace(" ADMINISTRASI ", " "))  # the cities of Jakarta
        if point := self.districts.get((regency, normalize_name(area.district))):
            return point, "district"
        if point := self.regencies.get(regency):
            return point, "regency"
        return None, "nothing"


def main() -> int:
    console = Console(highlight=False, soft_wrap=True)
    folder = Path(os.environ.get("DATA") or DEFAULT_FOLDER)
    if missing := [name for name in (*FILES, *COORDINATE_FILES) if not (folder / name).exists()]:
        console.print(f"There is no {missing[0]} in {folder}.\n{SOURCE_HELP}")
        return 1
    counts: Counter[str] = Counter()
    rows = list(postcode_rows(load_areas(folder), load_coordinates(folder), counts))
    target = LOCAL / "postcodes"
    write_csv(target / "postcodes.csv", rows)
    console.print(
        f"{len(rows):,} postcodes written to {target}: {counts['district']:,} with the position of their district, "
        f"{counts['regency']:,} of their regency, {counts['nothing']:,} without a position.\n"
        f"`make import DATA={target}` imports them into the running shop. After that, Indonesian addresses with an "
        "unknown postcode are refused.\nThe data is under the ODbL: name the sources when you distribute it."
    )
    return 0


def postcode_rows(areas: dict[str, Counter[Area]], places: Coordinates, counts: Counter[str]) -> Iterator[Row]:
    """The rows of postcodes.csv; `counts` gets the number of positions by their source."""
    for postcode, villages in sorted(areas.items()):
        area = min(villages, key=lambda candidate: (-villages[candidate], candidate.name))
        point, source = places.find(area)
        counts[source] += 1
        lat, lon = (f"{point[0]:.5f}", f"{point[1]:.5f}") if point else ("", "")
        yield {"postcode": postcode, "country": "ID", "area": area.name, "lat": lat, "lon": lon}


def load_areas(folder: Path) -> dict[str, Counter[Area]]:
    """The districts of each postcode, with the number of their villages in it."""
    regencies = {row["code"]: row["name"] for row in read_rows(folder / "regencies.csv")}
    districts = {
        row["code"]: Area(row["name"], regencies[row["regency_code"]]) for row in read_rows(folder / "districts.csv")
    }
    villages = {row["code"]: districts[row["district_code"]] for row in read_rows(folder / "villages.csv")}
    areas: dict[str, Counter[Area]] = {}
    for row in read_rows(folder / "village_postcodes.csv"):
        if row["postcode"].strip() and row["village_code"] in villages:
            areas.setdefault(row["postcode"].strip(), Counter())[villages[row["village_code"]]] += 1
    return areas


def load_coordinates(folder: Path) -> Coordinates:
    regencies = json.loads((folder / "regencies_latlon.json").read_text(encoding="utf-8"))
    names = {row["id"]: normalize_name(row["name"]) for row in regencies}
    districts = json.loads((folder / "districts_latlon.json").read_text(encoding="utf-8"))
    return Coordinates(
        {normalize_name(row["name"]): parse_point(row) for row in regencies if has_point(row)},
        {
            (names[row["regency_id"]], normalize_name(row["name"])): parse_point(row)
            for row in districts
            if row["regency_id"] in names and has_point(row)
        },
    )


def has_point(row: dict[str, object]) -> bool:
    """Whether the row has a position; unknown ones are zero."""
    return bool(row.get("latitude") and row.get("longitude"))


def parse_point(row: dict[str, float]) -> Point:
    return float(row["latitude"]), float(row["longitude"])


def normalize_name(name: str) -> str:
    """Equal for `Toba Samosir`, `TOBA-SAMOSIR` and `Tobasamosir`."""
    return "".join(letter for letter in name.upper() if letter.isalnum())


def title_case(regency: str) -> str:
    return " ".join(word.capitalize() for word in regency.split())


def read_rows(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        yield from csv.DictReader(opened)


def write_csv(file: Path, rows: Iterable[Row]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
