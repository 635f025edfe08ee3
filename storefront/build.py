"""Pages from plain facts: `build` knows no AWS; the command at the end reads the shop through `storefront.read`.

Assets live in a folder named by their own hash, so they may be cached for ever and modules may import each other by
relative paths. The old site is swapped out whole: a product taken off the web leaves no page behind.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from storefront.art import art
from storefront.listing import Facts, is_shown, listing, path_part, slug

HERE = Path(__file__).parent
LANGUAGES = {"id": "", "en": "/en"}
MADE_BY_US = "site.json"
SPOKEN = {"words": "script", "desk": "desk"}  # what browsers say, a module for each language and table
PAGES = {"keranjang": "cart", "checkout": "checkout", "pesanan": "order", "tentang": "about"}


def build(products: Iterable[Facts], settings: Facts, out_dir: Path | str) -> Facts:
    """Returns what was made. The same facts give the same bytes."""
    out = Path(out_dir)
    refuse_what_is_not_ours(out)
    fresh = out.with_name(out.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    shown = sorted((product for product in products if is_shown(product)), key=lambda product: product["sku"])
    assets = lay_assets(fresh)
    for language in LANGUAGES:
        write_shop(fresh, language, shown, settings, assets)
    write_desk(fresh, settings, assets)
    write_art(fresh, shown)
    made = {"products": len(shown), "assets": assets, "built_at": settings.get("built_at", "")}
    write_for_machines(fresh, shown, settings, made)
    swap(fresh, out)
    return made


def write_shop(out: Path, language: str, products: list[Facts], settings: Facts, assets: str) -> None:
    words = read_words(language)
    listings = [listing(product, settings, words) for product in products]
    listings.sort(key=lambda each: (each["category"], each["name"], each["sku"]))
    write = page_writer(out, words, settings | {"assets": assets}, listings)
    write("home", "/", category=None)
    for category in categories(listings):
        write("home", category["path"], category=category)
    for each, near in beside(listings):
        write("product", each["path"], item=each, more=near)
    for folder, template in PAGES.items():
        write(template, f"/{folder}/")
    write("missing", "/404.html")


def beside(listings: list[Facts]) -> Iterator[tuple[Facts, list[Facts]]]:
    """Each with the first four others of its category, found without looking through all of them for each."""
    first: dict[str, list[Facts]] = {}
    for each in listings:
        first.setdefault(each["category"], []).append(each)
    for each in listings:
        yield each, [other for other in first[each["category"]][:5] if other is not each][:4]


def page_writer(out: Path, words: Facts, settings: Facts, listings: list[Facts]) -> Any:
    engine = environment("shop")
    shared = {"words": words, "shop": settings, "prefix": words["prefix"], "categories": categories(listings)}
    others = [code for code in LANGUAGES if code != words["language"]]

    def write(template: str, path: str, **facts: Any) -> None:
        text = engine.get_template(f"{template}.html").render(
            **shared, path=path, other_language=others[0], other_prefix=LANGUAGES[others[0]], **facts
        )
        put(out, words["prefix"] + path, text)

    return write


def categories(listings: list[Facts]) -> list[Facts]:
    """In the order of their names; two spellings of one slug share a page."""
    found: dict[str, Facts] = {}
    for each in listings:
        key = slug(each["category"])
        entry = found.setdefault(key, {"name": each["category"], "path": f"/k/{key}/", "listings": []})
        entry["listings"].append(each)
    return list(found.values())


def write_desk(out: Path, settings: Facts, assets: str) -> None:
    template = environment("desk").get_template("index.html")
    put(out, "/desk/", template.render(shop=settings | {"assets": assets}, words=read_words("id")))


def write_art(out: Path, products: list[Facts]) -> None:
    words = read_words("id")
    for product in products:
        put(out, listing_art_path(product), art(product["sku"], product["name"], product.get("category") or ""))
    put(out, "/favicon.svg", (HERE / "assets" / "mark.svg").read_text())
    put(out, "/art/shop.svg", art("shop", words["shop_art"], "kopi"))


def listing_art_path(product: Facts) -> str:
    return f"/art/{path_part(product['sku'])}.svg"


def write_for_machines(out: Path, products: list[Facts], settings: Facts, made: Facts) -> None:
    base = settings["base_url"].rstrip("/")
    engine = environment("shop")
    words = read_words("id")
    listings = [listing(product, settings, words) for product in products]
    paths = ["/", "/tentang/", *(c["path"] for c in categories(listings)), *(each["path"] for each in listings)]
    put(out, "/sitemap.xml", engine.get_template("sitemap.xml").render(base=base, paths=paths, prefixes=LANGUAGES))
    put(out, "/robots.txt", f"User-agent: *\nDisallow: /api/\nDisallow: /desk/\nSitemap: {base}/sitemap.xml\n")
    put(out, f"/{MADE_BY_US}", json.dumps(made, sort_keys=True) + "\n")


def lay_assets(out: Path) -> str:
    """Returns the folder's address, `/assets/<hash>`."""
    made = {f"{name}.{code}.js": words_module(table, code) for code in LANGUAGES for name, table in SPOKEN.items()}
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
    return "export default " + json.dumps(words, ensure_ascii=False, sort_keys=True) + ";\n"


def read_words(language: str) -> Facts:
    words: Facts = {"language": language, "prefix": LANGUAGES[language]}
    for file in sorted((HERE / "content" / language).glob("*.toml")):
        words |= tomllib.loads(file.read_text())
    return words


def environment(folder: str) -> Environment:
    loader = FileSystemLoader(HERE / "templates" / folder)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def put(out: Path, path: str, text: str) -> None:
    file = out / path.lstrip("/")
    if path.endswith("/"):
        file = file / "index.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


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
