from storefront.generate_currencies import FILE, build_currencies_module


def test_the_browser_has_the_same_table_of_currencies() -> None:
    assert FILE.read_text() == build_currencies_module(), "run `python -m storefront.generate_currencies`"
