"""`make postcodes`: an import folder that says where each Indonesian postcode lies, about: `.local/postcodes/`.

The areas and their postcodes carry the codes of one authority, the coordinates those of another, so the two are joined
by the names of regency and district. Where a district's name is not found, its regency's coordinates stand in; where
neither is, the postcode is known and lies nowhere. A postcode of several districts is where most of its villages are.
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
    "commit 54c4f4003292c39e5033ccc3b4df886bafa42046).\nSay `make postcodes DATA=folder` where they lie."
)

# Regencies that have another name now than when their coordinates were written down.
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
    """A district of the villages that share a postcode."""

    district: str
    regency: str

    @property
    def name(self) -> str:
        return f"{self.district}, {title_case(self.regency)}"


@dataclass(frozen=True)
class Coordinates:
    """Coordinates by name: of regencies, and of districts within them."""

    regencies: dict[str, Point]
    districts: dict[tuple[str, str], Point]

    def find(self, area: Area) -> tuple[Point | None, str]:
        """With what was found by: district, regency or nothing."""
        regency = normalize_name(
            FORMER_NAMES.get(area.regency, area.regency).replace(" ADMINISTRASI ", " ")
        )  # Jakarta's cities
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
    found: Counter[str] = Counter()
    rows = list(postcode_rows(load_areas(folder), load_coordinates(folder), found))
    made = LOCAL / "postcodes"
    write_csv(made / "postcodes.csv", rows)
    console.print(
        f"{len(rows):,} postcodes in {made}: {found['district']:,} placed by their district's name, "
        f"{found['regency']:,} by their regency's, {found['nothing']:,} lie nowhere known.\n"
        f"`make import DATA={made}` brings them into the running shop; an Indonesian address with a postcode that is "
        "none of these is refused from then on.\nThe data is under the ODbL: say where it is from when you pass it on."
    )
    return 0


def postcode_rows(areas: dict[str, Counter[Area]], places: Coordinates, found: Counter[str]) -> Iterator[Row]:
    for postcode, counted in sorted(areas.items()):
        area = min(counted, key=lambda each: (-counted[each], each.name))
        point, by = places.find(area)
        found[by] += 1
        lat, lon = (f"{point[0]:.5f}", f"{point[1]:.5f}") if point else ("", "")
        yield {"postcode": postcode, "country": "ID", "area": area.name, "lat": lat, "lon": lon}


def load_areas(folder: Path) -> dict[str, Counter[Area]]:
    """For each postcode its districts, by how many villages they have in it."""
    regencies = {row["code"]: row["name"] for row in read_rows(folder / "regencies.csv")}
    districts = {
        row["code"]: Area(row["name"], regencies[row["regency_code"]]) for row in read_rows(folder / "districts.csv")
    }
    villages = {row["code"]: districts[row["district_code"]] for row in read_rows(folder / "villages.csv")}
    found: dict[str, Counter[Area]] = {}
    for row in read_rows(folder / "village_postcodes.csv"):
        if row["postcode"].strip() and row["village_code"] in villages:
            found.setdefault(row["postcode"].strip(), Counter())[villages[row["village_code"]]] += 1
    return found


def load_coordinates(folder: Path) -> Coordinates:
    regencies = json.loads((folder / "regencies_latlon.json").read_text(encoding="utf-8"))
    named = {each["id"]: normalize_name(each["name"]) for each in regencies}
    districts = json.loads((folder / "districts_latlon.json").read_text(encoding="utf-8"))
    return Coordinates(
        {normalize_name(each["name"]): parse_point(each) for each in regencies if has_point(each)},
        {
            (named[each["regency_id"]], normalize_name(each["name"])): parse_point(each)
            for each in districts
            if each["regency_id"] in named and has_point(each)
        },
    )


def has_point(each: dict[str, object]) -> bool:
    """Some have zeros where nobody looked it up; Indonesia lies nowhere near there."""
    return bool(each.get("latitude") and each.get("longitude"))


def parse_point(each: dict[str, float]) -> Point:
    return float(each["latitude"]), float(each["longitude"])


def normalize_name(name: str) -> str:
    """`Toba Samosir`, `TOBA-SAMOSIR` and `Tobasamosir` are one."""
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
