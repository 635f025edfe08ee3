"""Postcodes get positions by area names, because the two sources use different area codes."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from infra.replay import postcodes
from infra.replay.postcodes import DEFAULT_FOLDER, Area, Coordinates

needs_area_data = pytest.mark.skipif(
    not (DEFAULT_FOLDER / "districts.csv").exists(), reason=f"needs the area data in {DEFAULT_FOLDER}"
)
TOWN = Coordinates({"KOTAA": (-7.0, 112.0)}, {("KOTAA", "SATU"): (-7.1, 112.1)})


def write_folder(folder: Path) -> Path:
    files = {
        "regencies.csv": "code,province_code,name\n11.01,11,KOTA A\n",
        "districts.csv": "code,regency_code,name\n11.01.01,11.01,Satu\n11.01.02,11.01,Dua\n",
        "villages.csv": "code,district_code,name\nv1,11.01.01,V\nv2,11.01.01,W\nv3,11.01.02,X\n",
        "village_postcodes.csv": "village_code,postcode\nv1,60001\nv2,60001\nv3,60001\nv3,60002\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    point = {"latitude": -7.0, "longitude": 112.0}
    (folder / "regencies_latlon.json").write_text(json.dumps([{"id": "99", "name": "KOTA A"} | point]))
    (folder / "districts_latlon.json").write_text(
        json.dumps([{"id": "1", "regency_id": "99", "name": "SATU", "latitude": -7.1, "longitude": 112.1}])
    )
    return folder


def test_a_postcode_gets_the_position_of_the_district_with_most_villages_or_of_its_regency(tmp_path):
    folder = write_folder(tmp_path)
    counts: Counter[str] = Counter()

    rows = list(postcodes.postcode_rows(postcodes.load_areas(folder), postcodes.load_coordinates(folder), counts))

    assert rows == [
        {"postcode": "60001", "country": "ID", "area": "Satu, Kota A", "lat": "-7.10000", "lon": "112.10000"},
        {"postcode": "60002", "country": "ID", "area": "Dua, Kota A", "lat": "-7.00000", "lon": "112.00000"},
    ]
    assert counts == {"district": 1, "regency": 1}


@pytest.mark.parametrize(
    ("area", "by"),
    [
        (Area("SA-TU", "Kota A"), "district"),
        (Area("Tiga", "KOTA ADMINISTRASI A"), "regency"),
        (Area("Satu", "Kota B"), "nothing"),
    ],
)
def test_spelling_does_not_matter_and_a_namesake_in_another_regency_is_not_used(area, by):
    assert TOWN.find(area)[1] == by


@needs_area_data
@pytest.mark.data
def test_every_indonesian_postcode_has_a_position(tmp_path, monkeypatch):
    monkeypatch.setattr(postcodes, "LOCAL", tmp_path)
    monkeypatch.delenv("DATA", raising=False)

    assert postcodes.main() == 0

    with (tmp_path / "postcodes" / "postcodes.csv").open() as opened:
        rows = {row["postcode"]: row for row in csv.DictReader(opened)}
    assert len(rows) == 10_629
    assert sum(not row["lat"] for row in rows.values()) == 0
    assert rows["60241"]["area"] == "Wonokromo, Kota Surabaya"
    assert (round(float(rows["60241"]["lat"]), 1), round(float(rows["60241"]["lon"]), 1)) == (-7.3, 112.7)
