"""Pages from plain facts: `build` knows no AWS; the command at the end reads the shop through `storefront.read`.

Assets live in a folder named by their own hash, so they may be cached for ever and modules may import each other by
relative paths. The old site is swapped out whole: a product taken off the web leaves no page behind.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storefront.art import art
from storefront.listing import Facts, art_path, is_shown, page_file
from storefront.pages import HERE, LANGUAGES, Pages, environment, read_words

MADE_BY_US = "site.json"
SPOKEN = {"words": "script", "desk": "desk"}  # what browsers say, a module for each language and table
NEAR = 4
PAGES = {"keranjang": "cart", "checkout": "checkout", "pesanan": "order", "tentang": "about"}


def build(products: Iterable[Facts], settings: Facts, out_dir: Path | str) -> Facts:
    """Returns what was made. The same facts give the same bytes."""
    out = Path(out_dir)
    refuse_what_is_not_ours(out)
    fresh = out.with_name(out.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    shown = sorted((product for product in products if is_shown(product)), key=lambda product: product["sku"])
    with uncollected():
        made = write_all(fresh, shown, settings)
    swap(fresh, out)
    return made


def write_all(out: Path, shown: list[Facts], settings: Facts) -> Facts:
    assets = lay_assets(out, settings)
    for language in LANGUAGES:
        paths = write_shop(out, Pages(language, settings, assets), shown)
    write_desk(out, settings, assets)
    write_art(out, shown)
    made = {"products": len(shown), "assets": assets, "built_at": settings.get("built_at", "")}
    write_for_machines(out, paths, settings, made)
    return made


@contextmanager
def uncollected() -> Iterator[None]:
    """All facts live as long as the build: looking through them for garbage, again and again, was a tenth of it."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def write_shop(out: Path, pages: Pages, products: list[Facts]) -> list[str]:
    """The paths of all that a search engine should find."""
    groups = categories([pages.listed(product) for product in products])

    def write(template: str, path: str, **facts: Any) -> None:
        put(out, pages.prefix + path, pages.page(template, path, **facts))

    write("home", "/", categories=groups, category=None)
    for group in groups:
        write("home", group["path"], categories=groups, category=group)
        for each, near in beside(group["listings"]):
            put(out, pages.prefix + page_file(each), pages.product(each, [other["card"] for other in near]))
    for folder, template in PAGES.items():
        write(template, f"/{folder}/")
    write("missing", "/404.html")
    return [group["path"] for group in groups] + [each["path"] for group in groups for each in group["listings"]]


def categories(listings: list[Facts]) -> list[Facts]:
    """In the order of their names; two spellings of one slug share a page."""
    found: dict[str, Facts] = {}
    for each in sorted(listings, key=lambda each: (each["category"], each["name"], each["sku"])):
        path = each["category_path"]
        found.setdefault(path, {"name": each["category"], "path": path, "listings": []})["listings"].append(each)
    return list(found.values())


def beside(listings: list[Facts]) -> Iterator[tuple[Facts, list[Facts]]]:
    """Each is shown beside the four before it, so a change of one concerns no more pages than that."""
    for place, each in enumerate(listings):
        yield each, [listings[other] for other in following(place, len(listings))]


def following(place: int, count: int, step: int = 1) -> list[int]:
    """The places of the next four in a category, around the corner; with -1 of the four before."""
    return [(place + step * far) % count for far in range(1, min(NEAR, count - 1) + 1)]


def write_desk(out: Path, settings: Facts, assets: str) -> None:
    template = environment("desk").get_template("index.html")
    put(out, "/desk/", template.render(shop=settings | {"assets": assets}, words=read_words("id")))


def write_art(out: Path, products: list[Facts]) -> None:
    for product in products:
        put(out, art_path(product), picture(product))
    put(out, "/favicon.svg", (HERE / "assets" / "mark.svg").read_text())
    put(out, "/art/shop.svg", art("shop", read_words("id")["shop_art"], "kopi"))


def picture(product: Facts) -> str:
    return art(product["sku"], product["name"], product.get("category") or "")


def write_for_machines(out: Path, paths: list[str], settings: Facts, made: Facts) -> None:
    base, map_of = settings["base_url"].rstrip("/"), environment("shop").get_template("sitemap.xml")
    put(out, "/sitemap.xml", map_of.render(base=base, paths=["/", "/tentang/", *paths], prefixes=LANGUAGES))
    put(out, "/robots.txt", f"User-agent: *\nDisallow: /api/\nDisallow: /desk/\nSitemap: {base}/sitemap.xml\n")
    put(out, f"/{MADE_BY_US}", json.dumps(made, sort_keys=True) + "\n")


def lay_assets(out: Path, settings: Facts) -> str:
    """Returns the folder's address, `/assets/<hash>`."""
    made = {f"{name}.{code}.js": words_module(table, code) for code in LANGUAGES for name, table in SPOKEN.items()}
    made["settings.js"] = settings_module(settings)
    kept = {file.relative_to(HERE / "assets").as_posix(): file.read_text() for file in asset_files()}
    files = dict(sorted((made | kept).items()))
    digest = hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in files.items()).encode()).hexdigest()[:12]
    for name, text in files.items():
        put(out, f"/assets/{digest}/{name}", text)
    return f"/assets/{digest}"


def asset_files() -> list[Path]:
    return [file for file in (HERE / "assets").rglob("*") if file.suffix in (".js", ".css", ".svg", ".md")]


def words_module(table: str, language: str) -> str:
    words = read_words(language)[table] | {"language": language, "prefix": LANGUAGES[language]}
    return module(words)


def settings_module(settings: Facts) -> str:
    """What browsers need to know of the shop: its currency, country and zone."""
    return module({name: settings[name] for name in ("currency", "country", "zone")})


def module(facts: Facts) -> str:
    return "export default " + json.dumps(facts, ensure_ascii=False, sort_keys=True) + ";\n"


def put(out: Path, path: str, text: str) -> None:
    file = f"{out}/{path.lstrip('/')}" + ("index.html" if path.endswith("/") else "")
    try:
        written(file, text.encode())
    except FileNotFoundError:
        os.makedirs(os.path.dirname(file))
        written(file, text.encode())


def written(file: str, content: bytes) -> None:
    with open(file, "wb", buffering=0) as opened:
        opened.write(content)


def refuse_what_is_not_ours(out: Path) -> None:
    """A mistyped --out must not cost anybody a folder."""
    if out.exists() and any(out.iterdir()) and not (out / MADE_BY_US).exists():
        raise SystemExit(f"{out} holds files that this command did not make; name another folder.")


def swap(fresh: Path, out: Path) -> None:
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def main() -> None:
    from storefront import read  # the only road to AWS, taken by the command alone

    asked = argparse.ArgumentParser(
        prog="python -m storefront.build", description="Build the static shop and the desk."
    )
    asked.add_argument("--out", type=Path, default=Path("build/site"))
    out = asked.parse_args().out
    made = build(read.products(), read.settings(), out)
    print(f"{made['products']} products in {out}")


if __name__ == "__main__":
    main()
