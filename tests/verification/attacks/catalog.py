"""Every attack there is to think of, and the tests that show it does not work here; or why it has no subject yet.

Three lists: the ten rows of OWASP's API list of 2023, the attacks on a shop, and the kinds of holes that other shops
really had.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """`tests` as pytest names them, below tests/; without any, `because` says why."""

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
    "only_whom_the_table_lists_is_let_through",
    "every_door_has_a_row_and_every_row_a_door",
)
FORGED = tests_in(
    "verification/endpoints/test_forged",
    "a_token_we_do_not_honor_opens_no_door",
    "only_a_bearer_token_says_who_is_calling",
    "what_he_may_do_is_what_the_staff_list_says_not_his_token",
)
GENERATED_REQUESTS = tests_in(
    "verification/endpoints/test_hostile",
    "no_request_finds_a_bug_or_slips_through",
    "every_door_is_knocked_at",
    "a_door_that_asks_nothing_refuses_whatever_is_said_in_its_query",
)
ORDER_ACCESS = attack_tests(
    "idor",
    "an_order_is_not_told_to_whoever_knows_its_id",
    "the_token_of_one_order_opens_no_other",
    "a_payment_of_another_order_is_not_reached_through_ones_own",
    "nothing_inside_an_order_shows_its_token",
    "the_number_that_people_see_opens_nothing",
    "ids_cannot_be_counted_through",
)
OBJECT_ACCESS = attack_tests(
    "idor",
    "an_offer_is_shown_to_the_invited_alone",
    "a_claim_link_speaks_for_one_salesman_and_one_offer",
    "a_warehouse_moves_its_own_parcels_and_no_others",
    "a_cashier_looks_into_her_own_drawer",
    "a_notice_is_acknowledged_by_whom_it_is_for",
    "a_van_is_moved_by_its_own_salesman",
    "a_marketplace_sees_the_orders_of_its_own_key",
    "two_marketplaces_may_use_one_reference",
    "a_cursor_of_one_list_opens_no_other",
)
REVOCATION = attack_tests(
    "keys",
    "a_stolen_key_is_dead_once_it_is_taken_away",
    "a_newer_link_ends_the_older",
    "signing_somebody_out_ends_his_tokens",
    "a_link_ends_with_its_time",
)
TOKENS = attack_tests(
    "keys",
    "every_letter_of_an_orders_token_counts",
    "every_letter_of_a_staff_token_counts",
    "what_was_signed_for_one_purpose_is_good_for_no_other",
    "a_staff_token_in_an_address_is_none",
)
TOKEN_SECRECY = attack_tests(
    "keys", "tokens_are_shown_where_they_are_given_and_nowhere_else", "no_token_is_kept_as_it_is"
) + tests_in("verification/endpoints/test_answers", "no_answer_to_staff_shows_the_token_of_a_customer")
PRICES = attack_tests(
    "prices",
    "no_field_of_ours_is_taken_from_a_body",
    "a_shopper_brings_no_price",
    "the_price_is_that_of_the_list_whatever_the_quote_said",
    "a_marketplace_agrees_prices_and_an_agent_does_not",
)
NEGATIVE = attack_tests(
    "prices",
    "a_negative_quantity_makes_nothing_cheaper",
    "a_negative_amount_pays_nothing",
    "tenders_that_cancel_each_other_out_are_refused",
) + attack_tests("csv", "a_number_in_a_file_is_written_in_plain_digits", "a_price_in_a_file_is_written_in_plain_digits")
NUMBERS = tests_in("verification/endpoints/test_bad_input", "what_is_no_number_is_refused_by_the_name_of_its_field")
LIMITS = attack_tests(
    "limits",
    "one_more_than_a_limit_is_refused_by_the_name_of_its_field",
    "a_limit_itself_is_no_complaint",
    "a_body_of_one_byte_too_many_is_not_even_parsed",
    "a_deep_body_is_refused_before_it_costs_anything",
    "an_order_of_forty_goods_fits_and_one_of_forty_one_does_not",
    "two_hundred_lines_of_one_thing_are_read_and_one_more_is_not",
    "a_page_is_at_most_a_hundred_long",
    "many_skus_are_not_asked_for_at_once",
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
    "a_caller_who_says_he_is_another_is_counted_as_himself",
    "codes_are_counted_by_who_asks_for_whatever_number",
    "links_sent_anew_and_calls_asked_for_stay_inside_the_budgets",
) + tests_in(
    "notify/test_budget", "a_number_outside_the_allowed_countries_gets_no_sms", "a_budget_of_zero_sends_no_sms"
)
COUPONS = attack_tests(
    "races",
    "a_coupon_for_one_is_used_by_one_of_those_who_come_at_once",
    "a_coupon_that_was_used_up_leaves_no_order_behind",
    "a_good_order_stays_good_when_a_late_one_is_refused",
)
UNITS = attack_tests(
    "races",
    "the_last_unit_goes_to_one_of_two",
    "of_many_buyers_of_one_unit_one_gets_it",
    "two_lines_of_one_sku_are_checked_together",
    "lines_of_one_sku_that_differ_in_letters_are_two_goods",
    "an_order_over_two_warehouses_takes_from_both_or_from_none",
    "one_of_two_salesmen_and_a_warehouse_gets_the_work",
    "a_key_used_twice_at_once_makes_one_order",
)
SSRF = attack_tests(
    "ssrf",
    "nothing_that_runs_on_aws_knows_how_to_fetch",
    "no_body_and_no_query_asks_for_an_address",
    "an_address_in_any_field_is_text",
    "a_reference_that_names_a_kept_picture_is_only_a_reference",
)
HEADERS = attack_tests(
    "headers",
    "no_header_that_names_a_host_comes_back",
    "no_other_site_may_read_an_answer",
    "links_in_messages_are_ours_whatever_the_request_said",
    "a_short_link_leads_nowhere_but_into_the_shop",
    "a_bug_tells_a_stranger_nothing",
    "a_page_runs_no_script_but_its_own_files",
)
SECURITY_HEADERS = attack_tests(
    "headers", "every_answer_is_locked_down", "pages_and_their_parts_are_locked_down_too"
) + tests_in("verification/endpoints/test_answers", "no_cache_keeps_an_answer_and_no_header_comes_back")
INVENTORY = tests_in(
    "verification/endpoints/test_openapi", "the_document_tells_of_every_door_and_of_no_other", "the_document_is_openapi"
) + attack_tests(
    "headers", "no_view_is_registered_past_the_doors", "another_spelling_of_an_address_is_no_way_around_a_door"
)
EXTERNAL_DATA = attack_tests(
    "foreign_data",
    "what_a_marketplace_agreed_must_be_money_of_ours",
    "a_marketplaces_reference_buys_once",
    "a_marketplaces_key_opens_its_own_channel_and_no_other",
    "money_that_a_marketplace_holds_is_not_ours_until_somebody_says_so",
    "a_row_of_an_older_system_is_checked_like_a_strangers",
    "a_file_that_is_none_is_reported_and_changes_nothing",
    "news_of_a_kind_that_nobody_knows_is_left_alone",
)
MARKUP = attack_tests(
    "xss",
    "a_claim_page_stays_what_it_is_whatever_a_stranger_wrote",
    "what_goods_are_called_is_text_on_a_claim_page",
    "a_fact_in_a_message_is_never_a_template",
    "a_message_about_an_order_repeats_nothing_that_a_stranger_wrote",
    "every_page_of_the_shop_stays_what_it_is_whatever_goods_are_called",
    "pictures_and_maps_of_the_shop_are_still_well_made",
) + attack_tests(
    "xss_browser",
    "a_screen_of_staff_stays_what_it_is_whatever_a_stranger_wrote",
    "a_customers_own_page_stays_what_it_is",
)
FORMULAS = attack_tests(
    "csv",
    "no_cell_of_any_file_is_run",
    "a_line_break_within_a_cell_begins_no_row_of_its_own",
    "a_formula_written_by_a_stranger_reaches_no_export",
    "a_formula_written_by_staff_reaches_no_export",
    "every_file_that_can_be_taken_is_written_by_the_one_writer",
)
LOG_PRIVACY = attack_tests(
    "logs",
    "orders_of_every_channel_leave_no_person_in_the_logs",
    "a_whole_life_of_an_order_leaves_no_person_in_the_logs",
    "a_refusal_leaves_no_person_in_the_logs",
    "what_stands_in_an_address_is_not_logged",
    "a_bug_says_where_it_is_and_not_whom_it_met",
    "a_message_that_did_not_go_out_is_logged_by_its_event",
    "only_fields_of_the_list_are_ever_logged",
) + attack_tests(
    "listener_logs", "a_listener_that_breaks_says_where_and_not_whom_it_met", "every_listener_stands_at_such_a_door"
)
ENUMERATION = attack_tests(
    "enumeration",
    "an_unknown_order_answers_like_somebody_elses",
    "an_unknown_payment_answers_like_somebody_elses",
    "placing_an_order_does_not_tell_whether_a_phone_is_known",
    "asking_for_a_code_says_the_same_whether_one_is_due_or_not",
    "a_wrong_code_an_old_one_and_none_asked_for_answer_alike",
    "a_code_is_guessed_five_times_and_then_the_right_one_is_wrong_too",
)
ENUMS = attack_tests(
    "enums",
    "a_channel_is_one_of_seven",
    "a_word_of_a_query_is_one_of_a_few",
    "a_language_is_one_of_two",
    "a_word_of_a_body_is_one_of_a_few",
)
NO_GATEWAY = "no card gateway is connected, so nothing comes back from one: transfers are confirmed by staff"

OWASP = [
    Attack("API1", "somebody else's object by its id", ORDER_ACCESS + OBJECT_ACCESS + MATRIX),
    Attack("API2", "being taken for somebody else", FORGED + TOKENS + REVOCATION),
    Attack(
        "API3",
        "fields that are not the caller's to write, or to read",
        PRICES + attack_tests("prices", "a_customer_is_told_no_cost_and_nothing_of_the_house"),
    ),
    Attack("API4", "asking for too much", LIMITS + PUMPING),
    Attack(
        "API5",
        "doors of another role",
        MATRIX + attack_tests("headers", "a_header_does_not_change_the_method") + FORGED,
    ),
    Attack("API6", "a flow of business used by machines", PUMPING + COUPONS + UNITS),
    Attack("API7", "making us fetch an address", SSRF),
    Attack("API8", "what was left open", HEADERS + SECURITY_HEADERS),
    Attack("API9", "doors that nobody remembers", INVENTORY + MATRIX),
    Attack("API10", "believing other systems", EXTERNAL_DATA),
]

ATTACKS = [
    Attack("1", "reading or moving another's order, by id, token or nested id", ORDER_ACCESS + OBJECT_ACCESS + MATRIX),
    Attack("2", "a guest's order without its token", ORDER_ACCESS[:2] + TOKENS[:1] + TOKEN_SECRECY),
    Attack("3", "forged, expired and revoked tokens of staff", FORGED),
    Attack("4", "price, total or status in a body", PRICES),
    Attack("5", "numbers that are none, or less than nothing", NUMBERS + NEGATIVE),
    Attack("6", "bodies without end", LIMITS + GENERATED_REQUESTS + BATCHES),
    Attack("7", "SMS pumping, floods of codes", PUMPING),
    Attack("8", "a shopper at the doors of staff", MATRIX + FORGED),
    Attack("9", "races for coupons and last units", COUPONS + UNITS),
    Attack("10", "server-side requests", SSRF),
    Attack("11", "hosts, origins, errors that say too much", HEADERS),
    Attack("12", "forgotten doors", INVENTORY),
    Attack("13", "trusting a gateway's word", not_applicable=NO_GATEWAY),
    Attack("14", "forged or replayed webhooks", not_applicable="there is no door for webhooks yet"),
    Attack("15", "markup and templates in what people write", MARKUP),
    Attack("16", "formulas in exports", FORMULAS),
    Attack("17", "persons and keys in logs", LOG_PRIVACY),
    Attack("18", "counting out orders and people", ENUMERATION),
    Attack("19", "fraud with returns", not_applicable="there are no returns yet, and no refunds beyond the books"),
    Attack(
        "20",
        "fraud by staff",
        tests_in("verification/endpoints/test_bad_orders", "an_agent_sets_no_price_either")
        + attack_tests("staff", "a_cash_sale_that_is_done_is_not_voided_at_the_door")
        + tests_in("orders/test_model", "completed_and_cancelled_are_final_and_shipped_goods_cannot_be_cancelled")
        + attack_tests("idor", "a_cashier_looks_into_her_own_drawer")
        + tests_in(
            "verification/simulator/test_invariants",
            "a_full_day_violates_nothing",
            "each_invariant_alone_sees_the_wrong_it_is_for",
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
        "Shopware CVE-2026-48016, Mercato: the neighbor forgot to ask",
        attack_tests("idor", "a_codes_order_must_be_ones_own")
        + attack_tests(
            "headers", "every_door_says_who_may_come_in", "another_spelling_of_an_address_is_no_way_around_a_door"
        ),
    ),
    Attack(
        "webhook forgery",
        "iPaymu CVE-2026-0656, CCAvenue, Eurobank: a key empty by default, or never looked at",
        attack_tests("keys", "a_key_that_is_empty_or_short_stops_the_house")
        + attack_tests(
            "foreign_data",
            "what_comes_as_a_marketplaces_without_its_key_moves_nothing",
            "an_old_key_of_a_marketplace_is_none",
            "a_marketplaces_reference_buys_once",
        ),
    ),
    Attack(
        "payment not bound",
        "Sylius Mollie CVE-2026-68500, SUMIT CVE-2026-111957, PayPal plugin CVE-2026-92400",
        attack_tests(
            "foreign_data",
            "money_that_a_marketplace_holds_is_not_ours_until_somebody_says_so",
            "a_marketplaces_reference_buys_once",
            "a_marketplaces_key_opens_its_own_channel_and_no_other",
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
    Attack("webhook before order", "statamic-cargo#190", not_applicable="there is no door for webhooks yet"),
    Attack("cached for others", "WooPayments CVE-2026-1710", SECURITY_HEADERS),
    Attack("SMS pumping", "36 billion messages in 2023", PUMPING),
    Attack("CSV injection", "CWE-1236", FORMULAS),
]
TABLES = {
    "OWASP API 2023": OWASP,
    "attacks on a shop": ATTACKS,
    "what other shops really had": KNOWN_VULNERABILITIES,
}
