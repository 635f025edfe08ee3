"""The catalog of attacks: which tests show that each attack fails, or why it does not apply.

Three tables: the OWASP API Security Top 10 of 2023, attacks on a shop, and vulnerabilities found in other shops.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """`tests` are pytest ids below tests/; an attack without tests states in `not_applicable` why it has none."""

    key: str
    description: str
    tests: tuple[str, ...] = ()
    not_applicable: str = ""


def tests_in(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{file}.py::test_{name}" for name in names)


def attack_tests(file: str, *names: str) -> tuple[str, ...]:
    return tests_in(f"verification/attacks/test_{file}", *names)


MATRIX = tests_in(
    "verification/endpoints/test_matrix",
    "only_listed_principals_are_allowed",
    "every_endpoint_has_a_row_and_every_row_an_endpoint",
)
FORGED = tests_in(
    "verification/endpoints/test_forged",
    "an_invalid_token_is_refused_by_every_endpoint",
    "only_a_bearer_token_authenticates",
    "the_role_is_taken_from_the_staff_list_not_the_token",
)
GENERATED_REQUESTS = tests_in(
    "verification/endpoints/test_generated_requests",
    "no_generated_request_causes_a_bug_or_is_wrongly_accepted",
    "every_endpoint_is_covered",
    "an_endpoint_without_input_refuses_any_query",
)
ORDER_ACCESS = attack_tests(
    "idor",
    "the_id_of_an_order_gives_no_access",
    "the_token_of_one_order_gives_no_access_to_another",
    "an_order_token_gives_no_access_to_payments_of_another_order",
    "no_part_of_an_order_reveals_its_token",
    "the_order_number_gives_no_access",
    "ids_cannot_be_enumerated",
)
OBJECT_ACCESS = attack_tests(
    "idor",
    "an_offer_is_shown_only_to_invited_staff",
    "a_claim_link_is_valid_for_one_salesman_and_one_offer",
    "a_warehouse_moves_only_its_own_parcels",
    "a_cashier_sees_only_her_own_shift",
    "a_notice_is_acknowledged_only_by_its_recipient",
    "a_van_is_moved_only_by_its_own_salesman",
    "a_marketplace_sees_only_its_own_orders",
    "two_marketplaces_may_use_one_reference",
    "a_cursor_of_one_list_is_invalid_for_another",
)
REVOCATION = attack_tests(
    "keys",
    "a_token_is_invalid_once_its_signing_key_is_removed",
    "a_newer_link_revokes_the_older",
    "signing_staff_out_revokes_their_tokens",
    "an_order_link_expires",
)
TOKENS = attack_tests(
    "keys",
    "every_letter_of_an_orders_token_counts",
    "every_letter_of_a_staff_token_counts",
    "a_token_signed_for_one_purpose_is_invalid_for_others",
    "a_staff_token_in_the_query_is_ignored",
)
TOKEN_SECRECY = attack_tests(
    "keys", "tokens_appear_only_in_the_answers_that_issue_them", "no_token_is_stored_in_plain_text"
) + tests_in("verification/endpoints/test_answers", "no_answer_to_staff_shows_the_token_of_a_customer")
PRICES = attack_tests(
    "prices",
    "no_stored_field_is_accepted_in_a_body",
    "a_shopper_cannot_set_a_price",
    "an_order_uses_the_current_price_list_not_the_quote",
    "a_marketplace_agrees_prices_and_an_agent_does_not",
)
NEGATIVE = attack_tests(
    "prices",
    "a_negative_quantity_is_refused",
    "a_negative_amount_is_refused",
    "tenders_that_cancel_each_other_out_are_refused",
) + attack_tests("csv", "a_number_in_a_file_is_written_in_plain_digits", "a_price_in_a_file_is_written_in_plain_digits")
NUMBERS = tests_in("verification/endpoints/test_bad_input", "an_invalid_number_is_refused_by_field_name")
LIMITS = attack_tests(
    "limits",
    "a_value_over_a_limit_is_refused_by_field_name",
    "a_value_at_a_limit_is_accepted",
    "a_body_of_one_byte_too_many_is_not_even_parsed",
    "a_deep_body_is_refused_before_it_costs_anything",
    "an_order_has_at_most_forty_products",
    "an_order_has_at_most_two_hundred_lines",
    "a_page_is_at_most_a_hundred_long",
    "too_many_skus_at_once_are_refused",
    "a_zip_that_unpacks_to_more_than_memory_holds_is_not_unpacked",
    "a_number_of_a_million_digits_is_refused_at_once",
)
BATCHES = tests_in(
    "notify/test_stream",
    "a_batch_is_filled_to_its_limit_and_not_one_byte_more",
    "an_entry_that_fills_a_batch_is_sent_alone_and_blocks_no_other",
)
PUMPING = attack_tests(
    "sms",
    "a_budget_of_three_sends_two_of_two_and_three_of_three_and_three_of_four",
    "a_hundred_thousand_forged_requests_cost_exactly_the_budget",
    "a_forged_forwarded_header_does_not_change_the_caller",
    "codes_are_counted_per_caller_over_all_numbers",
    "renewed_links_and_requested_calls_stay_inside_the_budgets",
) + tests_in(
    "notify/test_budget", "a_number_outside_the_allowed_countries_gets_no_sms", "a_budget_of_zero_sends_no_sms"
)
COUPONS = attack_tests(
    "races",
    "a_single_use_coupon_is_used_once_by_concurrent_buyers",
    "a_spent_coupon_creates_no_order",
    "a_good_order_stays_good_when_a_late_one_is_refused",
)
UNITS = attack_tests(
    "races",
    "the_last_unit_is_sold_to_one_of_two_buyers",
    "of_many_buyers_of_one_unit_one_gets_it",
    "two_lines_of_one_sku_are_checked_together",
    "another_spelling_of_a_sku_is_unknown",
    "an_order_over_two_warehouses_takes_from_both_or_from_none",
    "one_of_two_salesmen_and_a_warehouse_gets_the_work",
    "a_key_used_twice_at_once_makes_one_order",
)
SSRF = attack_tests(
    "ssrf",
    "no_deployed_module_imports_an_http_client",
    "no_body_and_no_query_takes_a_url",
    "a_url_in_any_field_is_never_fetched",
    "a_reference_that_looks_like_a_stored_picture_is_refused",
)
HEADERS = attack_tests(
    "headers",
    "no_host_header_is_reflected",
    "no_answer_allows_cross_origin_reads",
    "links_in_messages_ignore_host_headers",
    "a_short_link_redirects_only_within_the_shop",
    "an_internal_error_reveals_nothing",
    "pages_allow_scripts_only_from_their_own_files",
)
SECURITY_HEADERS = attack_tests(
    "headers", "every_answer_has_security_headers", "static_files_have_security_headers_too"
) + tests_in("verification/endpoints/test_answers", "answers_are_not_cached_and_reflect_no_header")
INVENTORY = tests_in(
    "verification/endpoints/test_openapi",
    "the_document_lists_exactly_the_registered_endpoints",
    "the_document_is_openapi",
) + attack_tests(
    "headers", "every_chalice_route_is_an_endpoint", "another_spelling_of_a_path_does_not_bypass_access_control"
)
EXTERNAL_DATA = attack_tests(
    "external_data",
    "an_agreed_price_must_be_valid_money_in_our_currency",
    "a_marketplaces_reference_buys_once",
    "a_marketplace_key_is_valid_for_its_own_channel_only",
    "a_marketplace_order_is_unpaid_until_staff_confirm_it",
    "an_imported_row_is_validated",
    "an_invalid_file_is_reported_and_changes_nothing",
    "an_event_of_unknown_kind_is_ignored",
)
MARKUP = attack_tests(
    "xss",
    "customer_texts_do_not_change_the_structure_of_a_claim_page",
    "product_names_do_not_change_the_structure_of_a_claim_page",
    "a_fact_in_a_message_is_never_a_template",
    "a_message_about_an_order_contains_no_customer_text",
    "product_names_do_not_change_the_structure_of_shop_pages",
    "images_and_sitemap_stay_well_formed",
) + attack_tests(
    "xss_browser",
    "customer_texts_do_not_change_the_structure_of_a_staff_screen",
    "texts_do_not_change_the_structure_of_the_order_page",
)
FORMULAS = attack_tests(
    "csv",
    "no_cell_of_any_file_is_a_formula",
    "a_line_break_within_a_cell_starts_no_row",
    "a_formula_written_by_a_stranger_reaches_no_export",
    "a_formula_written_by_staff_reaches_no_export",
    "every_export_is_csv_with_a_file_name",
)
LOG_PRIVACY = attack_tests(
    "logs",
    "orders_of_every_channel_log_no_personal_data",
    "a_whole_order_life_logs_no_personal_data",
    "a_refusal_logs_no_personal_data",
    "path_and_query_values_are_not_logged",
    "an_internal_error_logs_where_and_no_personal_data",
    "an_undelivered_message_is_logged_by_its_event",
    "only_allowed_fields_are_logged",
) + attack_tests(
    "handler_logs", "a_failing_handler_logs_where_and_no_personal_data", "every_handler_module_uses_event_handlers"
)
ENUMERATION = attack_tests(
    "enumeration",
    "an_unknown_order_answers_like_a_foreign_order",
    "an_unknown_payment_answers_like_a_foreign_payment",
    "placing_an_order_does_not_reveal_whether_a_phone_is_known",
    "requesting_a_code_answers_the_same_whether_one_is_sent_or_not",
    "wrong_old_and_unrequested_codes_answer_alike",
    "after_five_wrong_guesses_the_right_code_is_refused_too",
)
ENUMS = attack_tests(
    "enums",
    "a_channel_is_one_of_seven",
    "a_query_enum_takes_only_its_values",
    "a_language_is_one_of_two",
    "a_body_enum_takes_only_its_values",
)
NO_GATEWAY = "no card gateway is connected, so nothing comes back from one: transfers are confirmed by staff"

OWASP = [
    Attack("API1", "broken object level authorization", ORDER_ACCESS + OBJECT_ACCESS + MATRIX),
    Attack("API2", "broken authentication", FORGED + TOKENS + REVOCATION),
    Attack(
        "API3",
        "broken object property level authorization",
        PRICES + attack_tests("prices", "a_customer_sees_no_cost_and_no_internal_field"),
    ),
    Attack("API4", "unrestricted resource consumption", LIMITS + PUMPING),
    Attack(
        "API5",
        "broken function level authorization",
        MATRIX + attack_tests("headers", "a_header_does_not_change_the_method") + FORGED,
    ),
    Attack("API6", "unrestricted access to sensitive business flows", PUMPING + COUPONS + UNITS),
    Attack("API7", "server-side request forgery", SSRF),
    Attack("API8", "security misconfiguration", HEADERS + SECURITY_HEADERS),
    Attack("API9", "improper inventory management", INVENTORY + MATRIX),
    Attack("API10", "unsafe consumption of APIs", EXTERNAL_DATA),
]

ATTACKS = [
    Attack(
        "1",
        "reading or changing another customer's order by id, token or nested id",
        ORDER_ACCESS + OBJECT_ACCESS + MATRIX,
    ),
    Attack("2", "a guest's order without its token", ORDER_ACCESS[:2] + TOKENS[:1] + TOKEN_SECRECY),
    Attack("3", "forged, expired and revoked staff tokens", FORGED),
    Attack("4", "price, total or status in a body", PRICES),
    Attack("5", "invalid and negative numbers", NUMBERS + NEGATIVE),
    Attack("6", "oversized and deeply nested bodies", LIMITS + GENERATED_REQUESTS + BATCHES),
    Attack("7", "SMS pumping, floods of verification codes", PUMPING),
    Attack("8", "a shopper calling staff endpoints", MATRIX + FORGED),
    Attack("9", "races for coupons and last units", COUPONS + UNITS),
    Attack("10", "server-side request forgery", SSRF),
    Attack("11", "forged hosts and origins, revealing errors", HEADERS),
    Attack("12", "forgotten endpoints", INVENTORY),
    Attack("13", "forged payment notifications of a gateway", not_applicable=NO_GATEWAY),
    Attack("14", "forged or replayed webhooks", not_applicable="there is no webhook endpoint yet"),
    Attack("15", "markup and templates in free text", MARKUP),
    Attack("16", "formulas in exports", FORMULAS),
    Attack("17", "personal data and keys in logs", LOG_PRIVACY),
    Attack("18", "enumeration of orders and customers", ENUMERATION),
    Attack("19", "fraud with returns", not_applicable="there are no returns yet, and refunds are paid by hand"),
    Attack(
        "20",
        "fraud by staff",
        tests_in("verification/endpoints/test_bad_orders", "an_agent_cannot_set_a_price")
        + attack_tests("staff", "a_completed_cash_sale_cannot_be_voided")
        + tests_in("orders/test_model", "completed_and_cancelled_are_final_and_shipped_goods_cannot_be_cancelled")
        + attack_tests("idor", "a_cashier_sees_only_her_own_shift")
        + tests_in(
            "verification/simulator/test_invariants",
            "a_full_day_violates_nothing",
            "each_corruption_violates_exactly_its_invariant",
        ),
    ),
    Attack("21", "private pages in caches", SECURITY_HEADERS),
]

KNOWN_VULNERABILITIES = [
    Attack(
        "order IDOR", "Saleor CVE-2026-24136, Spree CVE-2026-25757, Sylius CVE-2024-40633 and nine more", ORDER_ACCESS
    ),
    Attack(
        "adjacent endpoint",
        "Shopware CVE-2026-48016, Mercato: a neighboring endpoint without a check",
        attack_tests("idor", "a_code_is_requested_only_for_ones_own_order")
        + attack_tests(
            "headers",
            "every_endpoint_declares_who_may_call_it",
            "another_spelling_of_a_path_does_not_bypass_access_control",
        ),
    ),
    Attack(
        "webhook forgery",
        "iPaymu CVE-2026-0656, CCAvenue, Eurobank: a key empty by default or never checked",
        attack_tests("keys", "an_empty_or_short_signing_key_is_refused")
        + attack_tests(
            "external_data",
            "a_marketplace_order_without_a_valid_key_changes_nothing",
            "an_expired_marketplace_key_is_refused",
            "a_marketplaces_reference_buys_once",
        ),
    ),
    Attack(
        "payment not bound",
        "Sylius Mollie CVE-2026-68500, SUMIT CVE-2026-111957, PayPal plugin CVE-2026-92400",
        attack_tests(
            "external_data",
            "a_marketplace_order_is_unpaid_until_staff_confirm_it",
            "a_marketplaces_reference_buys_once",
            "a_marketplace_key_is_valid_for_its_own_channel_only",
        ),
    ),
    Attack("price tampering", "Magento CVE-2021-36030, Cezerin2#269, ecommerce-template CVE-2026-115450", PRICES),
    Attack("negative quantity", "Vvveb CVE-2026-44826, Print Shop Pro, ECW-Shop CVE-2005-2623", NEGATIVE),
    Attack("coupon race", "Sylius CVE-2026-31824, Shopper CVE-2026-47741, Saleor#15855", COUPONS),
    Attack("gift card spent twice", "nopCommerce CVE-2024-58248", not_applicable="there are no gift cards"),
    Attack("oversell", "Saleor#543, Vendure#3508, Medusa#16502", UNITS),
    Attack("stored XSS to staff", "PrestaShop CVE-2026-44212, Saleor CVE-2026-22849, Bagisto GHSA-5j4h", MARKUP),
    Attack("account enumeration", "Saleor CVE-2026-39851, Shopware CVE-2026-31888", ENUMERATION),
    Attack("resource exhaustion", "Saleor CVE-2026-33756, CVE-2026-35401", LIMITS),
    Attack("session or key theft", "Adobe CVE-2025-54236, CosmicSting", REVOCATION + TOKENS + TOKEN_SECRECY),
    Attack("injection by an enum", "Vendure CVE-2026-40887", ENUMS),
    Attack("webhook before order", "statamic-cargo#190", not_applicable="there is no webhook endpoint yet"),
    Attack("cached for others", "WooPayments CVE-2026-1710", SECURITY_HEADERS),
    Attack("SMS pumping", "36 billion messages in 2023", PUMPING),
    Attack("CSV injection", "CWE-1236", FORMULAS),
]
TABLES = {
    "OWASP API 2023": OWASP,
    "attacks on a shop": ATTACKS,
    "known vulnerabilities of other shops": KNOWN_VULNERABILITIES,
}
