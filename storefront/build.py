"""Build the static site from plain dicts: `build()`, and the command `python -m storefront.build`.

`build` uses no AWS; only the command loads the shop from the tables, with `storefront.load`.

Assets are written to a folder named by the hash of their contents: browsers may cache them for ever, and modules import
each other by relative paths. A build replaces the whole site, so pages of removed products are deleted.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chalicelib.kit import templates
from storefront import outputs
from storefront.listing import Facts, is_published
from storefront.manifest import SUMMARY, Manifest, create_manifest, manifest_file
from storefront.outputs import Output
from storefront.pages import HERE, Pages, template
from storefront.words import LANGUAGES, load_words

TEXT_TABLES = {"words": "script", "desk": "desk"}  # JavaScript module: its table in chalicelib/content
COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)  # only comments on their own lines
# Path: template. The paths are the same in every language.
STATIC_PAGES = {"keranjang": "cart", "checkout": "checkout", "pesanan": "order", "tentang": "about"}


def build(products: Iterable[Facts], settings: Facts, out_dir: Path | str) -> Facts:
    """Write the site to `out_dir` and return its summary: products, assets and built_at.

    The output is deterministic: equal arguments give equal bytes. Raises SystemExit if the folder holds other files.
    """
    out = Path(out_dir)
    check_output_folder(out)
    fresh = out.with_name(out.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    published = sorted((product for product in products if is_published(product)), key=lambda product: product["sku"])
    with without_gc(), create_manifest(manifest_file(fresh)) as manifest:
        summary = write_all(fresh, published, settings, manifest)
    replace_site(fresh, out)
    os.replace(manifest_file(fresh), manifest_file(out))
    return summary


def write_all(out: Path, products: list[Facts], settings: Facts, manifest: Manifest) -> Facts:
    """Write all files of the site, fill the manifest, and return the summary."""
    assets = write_assets(out, settings)
    summary = {"products": len(products), "assets": assets, "built_at": settings.get("built_at", "")}
    manifest.save_products(products)
    for language in LANGUAGES:
        write_shop(out, Pages(language, settings, assets), products, manifest)
    for product in products:
        write_output(out, outputs.placeholder_image(product))
    for output in build_shared_outputs(settings, assets):
        write_output(out, output)
    write_output(out, outputs.sitemap(manifest, settings))
    summary_file = outputs.summary(summary)
    write_output(out, summary_file)
    manifest.save_site(settings, summary_file[1].decode())
    return summary


@contextmanager
def without_gc() -> Iterator[None]:
    """Disable garbage collection during a build: it took 10 % of the time, and nothing is freed before the end."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def write_shop(out: Path, pages: Pages, products: list[Facts], manifest: Manifest) -> None:
    """Write the shop's pages in one language."""
    listings = {product["sku"]: pages.listing(product) for product in products}
    manifest.save_cards(pages.language, ((listing, pages.card(listing)) for listing in listings.values()))
    manifest.update_categories(pages.language, {listing.category_path for listing in listings.values()})
    categories = manifest.categories(pages.language)
    write_output(out, outputs.home_page(pages, categories))
    for category in categories:
        write_output(out, outputs.category_page(pages, category, categories))
        cards = manifest.cards(pages.language, category.path)
        for output in outputs.product_pages(pages, cards, listings.__getitem__):
            write_output(out, output)
    for folder, name in STATIC_PAGES.items():
        write_output(out, (f"{pages.prefix}/{folder}/index.html", pages.page(name, f"/{folder}/")))
    write_output(out, (f"{pages.prefix}/404.html", pages.page("not_found", "/404.html")))


def build_shared_outputs(settings: Facts, assets: str) -> Iterator[Output]:
    """Yield the files that depend on no product: the desk, the favicon and robots.txt."""
    words, base = load_words("id"), settings["base_url"].rstrip("/")
    desk = template("desk/index.html").render(shop=settings | {"assets": assets}, words=words)
    robots = f"User-agent: *\nDisallow: /api/\nDisallow: /desk/\nSitemap: {base}/sitemap.xml\n"
    yield "/desk/index.html", desk.encode()
    yield "/favicon.svg", (HERE / "assets" / "favicon.svg").read_bytes()
    yield "/robots.txt", robots.encode()


def write_assets(out: Path, settings: Facts) -> str:
    """Write all assets and return the path of their folder, `/assets/<hash>`."""
    files = {
        f"{name}.{code}.js": build_words_module(table, code)
        for code in LANGUAGES
        for name, table in TEXT_TABLES.items()
    }
    files["settings.js"] = build_settings_module(settings)
    files["common/tokens.css"] = (templates.FOLDER / "tokens.css").read_text()
    files |= {file.relative_to(HERE / "assets").as_posix(): read_asset(file) for file in list_asset_files()}
    files = dict(sorted(files.items()))
    digest = hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in files.items()).encode()).hexdigest()[:12]
    for name, text in files.items():
        write_output(out, (f"/assets/{digest}/{name}", text.encode()))
    return f"/assets/{digest}"


def list_asset_files() -> list[Path]:
    return [file for file in (HERE / "assets").rglob("*") if file.suffix in (".js", ".css", ".svg", ".md")]


def read_asset(file: Path) -> str:
    """Return the file's text; JavaScript without its comments, which are a third of it."""
    return COMMENT.sub("", file.read_text()) if file.suffix == ".js" else file.read_text()


def build_words_module(table: str, language: str) -> str:
    words = load_words(language)[table] | {"language": language, "prefix": LANGUAGES[language]}
    return to_js_module(words)


def build_settings_module(settings: Facts) -> str:
    """Return the JavaScript module with the shop's currency, country and time zone."""
    return to_js_module({name: settings[name] for name in ("currency", "country", "zone")})


def to_js_module(facts: Facts) -> str:
    return "export default " + json.dumps(facts, ensure_ascii=False, sort_keys=True) + ";\n"


def write_output(out: Path, output: Output) -> None:
    path, content = output
    file = f"{out}{path}"
    try:
        write_file(file, content)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(file))
        write_file(file, content)


def write_file(file: str, content: bytes) -> None:
    with open(file, "wb", buffering=0) as opened:
        opened.write(content)


def check_output_folder(out: Path) -> None:
    """Refuse to overwrite a folder that this command did not create."""
    if out.exists() and any(out.iterdir()) and not (out / SUMMARY).exists():
        raise SystemExit(f"{out} holds files that this command did not create; name another folder.")


def replace_site(fresh: Path, out: Path) -> None:
    """Rename the new site to `out` and delete the one that was there."""
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def main() -> None:
    from storefront import load  # imports AWS code, which `build` does without

    parser = argparse.ArgumentParser(
        prog="python -m storefront.build", description="Build the static shop and the desk."
    )
    parser.add_argument("--out", type=Path, default=Path("build/site"))
    out = parser.parse_args().out
    summary = build(load.load_products(), load.load_settings(), out)
    print(f"{summary['products']} products in {out}")


if __name__ == "__main__":
    main()
