from datetime import timedelta

import pytest

from chalicelib.customers import find, verification_code
from chalicelib.customers.merge import merge, unmerge
from chalicelib.customers.model import (
    AskedTooOften,
    MergedElsewhere,
    NothingToVerify,
    NotMerged,
    NotVerified,
    SamePerson,
    VerificationRequested,
    WrongCode,
)
from chalicelib.customers.verify import confirm_code, request_code, verify_by_staff
from chalicelib.kit import clock, journal
from chalicelib.kit.auth import ANYONE
from tests.customers.build import (
    CASHIER,
    EMAIL,
    NOON,
    PHONE,
    a_customer,
    a_saved_customer,
    identify_orderer,
    list_event_kinds,
    set_clock,
)


@pytest.fixture(autouse=True)
def at_noon(aws):
    set_clock(NOON)


def a_guest(phone: str = PHONE, email: str = "") -> str:
    return identify_orderer(ANYONE, phone=phone, email=email)


def find_sent_code(customer_id: str, kind: str = "phone") -> str | None:
    """Return the digits that notify would send for the last code request in the journal, or None."""
    requests = [entry for entry in journal.history(f"customer#{customer_id}") if entry.kind == "VerificationRequested"]
    event = journal.row_to_entry(requests[-1]).event
    assert isinstance(event, VerificationRequested)
    sent = verification_code.find_code_to_send(event, clock.now())
    return sent[1] if sent else None


def a_wrong_code(correct: str) -> str:
    return f"{(int(correct) + 1) % 1_000_000:06d}"


def verify_identity(customer_id: str, kind: str = "phone") -> None:
    request_code(customer_id, kind)
    confirm_code(customer_id, kind, find_sent_code(customer_id, kind))


def test_a_correct_code_verifies_the_number():
    guest = a_guest()

    verify_identity(guest)

    assert find.load_customer(guest).to_json()["verified"] == ["phone"]
    assert list_event_kinds(guest) == ["VerificationRequested", "IdentityVerified"]
    assert identify_orderer(CASHIER, phone=PHONE) == guest


def test_the_code_is_six_digits_and_is_neither_stored_nor_journaled(aws):
    guest = a_guest()
    request_code(guest, "phone")

    digits = find_sent_code(guest)
    everything = [aws.resource("dynamodb").Table(f"test-{name}").scan()["Items"] for name in ("customers", "journal")]

    assert len(digits) == 6
    assert digits.isascii()
    assert digits.isdigit()
    assert digits not in str(everything)
    assert PHONE not in str(everything[1])


def test_each_verification_derives_its_own_stable_code():
    assert verification_code.derive_code("ask_1") == verification_code.derive_code("ask_1")
    assert len({verification_code.derive_code(f"ask_{number}") for number in range(100)}) > 98


def test_a_second_click_sends_no_second_code():
    guest = a_guest()
    request_code(guest, "phone")
    first = find_sent_code(guest)

    set_clock(NOON + timedelta(seconds=59))
    request_code(guest, "phone")

    assert list_event_kinds(guest) == ["VerificationRequested"]
    assert find_sent_code(guest) == first


def test_requesting_again_later_replaces_the_code():
    guest = a_guest()
    request_code(guest, "phone")
    first = find_sent_code(guest)
    set_clock(NOON + timedelta(seconds=60))
    request_code(guest, "phone")

    with pytest.raises(WrongCode):
        confirm_code(guest, "phone", first)

    confirm_code(guest, "phone", find_sent_code(guest))
    assert find.load_customer(guest).is_verified


def test_after_five_wrong_codes_none_is_accepted():
    guest = a_guest()
    request_code(guest, "phone")
    correct = find_sent_code(guest)
    for _ in range(5):
        with pytest.raises(WrongCode):
            confirm_code(guest, "phone", a_wrong_code(correct))

    with pytest.raises(WrongCode):
        confirm_code(guest, "phone", correct)

    assert list_event_kinds(guest) == ["VerificationRequested"] + 5 * ["WrongCodeGiven"]
    assert find.load_customer(guest).is_verified is False


def test_the_correct_code_is_accepted_at_the_fifth_try():
    guest = a_guest()
    request_code(guest, "phone")
    correct = find_sent_code(guest)
    for _ in range(4):
        with pytest.raises(WrongCode):
            confirm_code(guest, "phone", a_wrong_code(correct))

    confirm_code(guest, "phone", correct)

    assert find.load_customer(guest).is_verified


def test_a_code_is_valid_for_ten_minutes():
    guest = a_guest()
    request_code(guest, "phone")
    correct = find_sent_code(guest)
    set_clock(NOON + timedelta(minutes=10))

    with pytest.raises(WrongCode):
        confirm_code(guest, "phone", correct)

    assert find_sent_code(guest) is None
    assert find.load_customer(guest).is_verified is False


def test_wrong_expired_exhausted_and_unrequested_codes_get_the_same_answer():
    unrequested, expired, exhausted, wrong = (a_guest(f"+628125298123{n}") for n in range(4))
    request_code(expired, "phone")
    set_clock(NOON + timedelta(minutes=11))
    for customer_id in (exhausted, wrong):
        request_code(customer_id, "phone")
    for _ in range(5):
        with pytest.raises(WrongCode):
            confirm_code(exhausted, "phone", a_wrong_code(find_sent_code(exhausted)))

    answers = set()
    for customer_id in (unrequested, expired, exhausted, wrong):
        with pytest.raises(WrongCode) as refusal:
            confirm_code(customer_id, "phone", a_wrong_code(find_sent_code(wrong)))
        answers.add((refusal.value.code, refusal.value.detail, str(refusal.value.facts)))

    assert len(answers) == 1


def test_confirming_the_same_code_twice_succeeds():
    guest = a_guest()
    request_code(guest, "phone")
    correct = find_sent_code(guest)

    confirm_code(guest, "phone", correct)
    confirm_code(guest, "phone", correct)

    assert list_event_kinds(guest) == ["VerificationRequested", "IdentityVerified"]


def test_a_number_gets_at_most_five_codes_a_day_across_customers():
    guests = [a_guest() for _ in range(6)]
    for guest in guests[:5]:
        request_code(guest, "phone")

    with pytest.raises(AskedTooOften):
        request_code(guests[5], "phone")
    assert list_event_kinds(guests[5]) == []

    set_clock(NOON + timedelta(days=1))
    request_code(guests[5], "phone")
    assert list_event_kinds(guests[5]) == ["VerificationRequested"]


def test_a_stranger_who_requests_codes_for_a_number_does_not_lock_its_owner_out():
    for _ in range(5):
        request_code(a_guest(), "phone", "network of a stranger")
    with pytest.raises(AskedTooOften):
        request_code(a_guest(), "phone", "network of a stranger")

    owner = a_guest()
    request_code(owner, "phone", "network of the owner")
    confirm_code(owner, "phone", find_sent_code(owner))

    assert find.load_customer(owner).is_verified


def test_all_callers_together_get_forty_codes_a_day_for_one_number():
    for number in range(40):
        request_code(a_guest(), "phone", f"network {number}")

    with pytest.raises(AskedTooOften):
        request_code(a_guest(), "phone", "another network")


def test_requesting_a_code_without_contact_details_sends_nothing():
    guest = a_guest()

    request_code(guest, "email")

    assert list_event_kinds(guest) == []


def test_verification_takes_over_only_the_unverified_number_of_another_customer():
    noted_by_staff = a_saved_customer(a_customer())
    guest = a_guest()

    verify_identity(guest)

    assert identify_orderer(CASHIER, phone=PHONE) == guest
    assert find.load_customer("cus_sari") == noted_by_staff
    assert find.merged_ids(guest) == [guest]


def test_two_customers_who_verify_the_same_number_are_merged():
    a_saved_customer(a_customer())
    verify_by_staff(CASHIER, "cus_sari", "phone")
    guest = a_guest(email=EMAIL)

    verify_identity(guest)

    assert find.resolve_merged(guest).id == "cus_sari"
    assert find.merged_ids("cus_sari") == ["cus_sari", guest]
    assert identify_orderer(CASHIER, phone=PHONE) == "cus_sari"
    assert list_event_kinds(guest)[-1] == list_event_kinds("cus_sari")[-1] == "CustomersMerged"


def test_a_merged_guest_is_found_by_a_later_verified_email():
    a_saved_customer(a_customer())
    verify_by_staff(CASHIER, "cus_sari", "phone")
    guest = a_guest(email=EMAIL)
    verify_identity(guest)

    verify_identity(guest, "email")

    assert identify_orderer(CASHIER, phone="+6281299990000", email=EMAIL) == "cus_sari"


def test_staff_can_verify_an_identity():
    a_saved_customer(a_customer())

    customer = verify_by_staff(CASHIER, "cus_sari", "phone")

    assert customer.to_json()["verified"] == ["phone"]
    assert [entry.actor for entry in journal.history("customer#cus_sari")] == ["owner-ani", "cashier-rina"]
    with pytest.raises(NothingToVerify):
        verify_by_staff(CASHIER, "cus_sari", "email")


def a_counter_and_a_web_customer() -> tuple[str, str]:
    """Return the ids of one person's two customers: by phone at the counter and by e-mail on the web."""
    return identify_orderer(CASHIER, phone=PHONE), identify_orderer(ANYONE, email=EMAIL)


def test_counter_and_web_customers_merge_only_when_both_are_verified():
    counter, web = a_counter_and_a_web_customer()

    with pytest.raises(NotVerified) as refusal:
        merge(web, into=counter, actor="agent-tari")
    assert refusal.value.facts["customers"] == [web, counter]

    verify_identity(web, "email")
    with pytest.raises(NotVerified) as refusal:
        merge(web, into=counter, actor="agent-tari")
    assert refusal.value.facts["customers"] == [counter]
    assert find.merged_ids(counter) == [counter]

    verify_by_staff(CASHIER, counter, "phone")
    merge(web, into=counter, actor="agent-tari")

    assert find.resolve_merged(web).id == counter
    assert identify_orderer(CASHIER, phone="+6281299990000", email=EMAIL) == counter


def two_verified_customers() -> tuple[str, str]:
    counter, web = a_counter_and_a_web_customer()
    verify_by_staff(CASHIER, counter, "phone")
    verify_by_staff(CASHIER, web, "email")
    return counter, web


def test_unmerging_restores_both_customers():
    counter, web = two_verified_customers()
    before = find.load_customer(counter).to_json(), find.load_customer(web).to_json()
    merge(web, into=counter, actor="agent-tari")

    unmerge(web, actor="owner-ani")

    assert (find.load_customer(counter).to_json(), find.load_customer(web).to_json()) == before
    assert find.merged_ids(counter) == [counter]
    assert identify_orderer(CASHIER, email=EMAIL, phone="+6281299990000") == web
    assert list_event_kinds(web)[-2:] == list_event_kinds(counter)[-2:] == ["CustomersMerged", "CustomersUnmerged"]


def test_unmerging_twice_answers_the_same():
    counter, web = two_verified_customers()
    merge(web, into=counter, actor="agent-tari")
    first = unmerge(web, actor="owner-ani")

    again = unmerge(web, actor="owner-ani")

    assert again.to_json() == first.to_json()
    assert list_event_kinds(web).count("CustomersUnmerged") == list_event_kinds(counter).count("CustomersUnmerged") == 1


def test_the_surviving_customer_of_a_merge_cannot_be_unmerged():
    counter, web = two_verified_customers()
    merge(web, into=counter, actor="agent-tari")
    unmerge(web, actor="owner-ani")

    with pytest.raises(NotMerged):
        unmerge(counter, actor="owner-ani")


def test_merging_twice_is_a_no_op():
    counter, web = two_verified_customers()
    merge(web, into=counter, actor="agent-tari")

    merge(web, into=counter, actor="agent-tari")

    assert list_event_kinds(web).count("CustomersMerged") == 1


def test_chained_and_circular_merges_are_refused():
    counter, web = two_verified_customers()
    a_saved_customer(a_customer("cus_third", phone="+6281299990000"))
    verify_by_staff(CASHIER, "cus_third", "phone")
    merge(web, into=counter, actor="agent-tari")

    for source, target, error in [
        (counter, web, MergedElsewhere),
        (web, "cus_third", MergedElsewhere),
        ("cus_third", web, MergedElsewhere),
        (counter, "cus_third", MergedElsewhere),
        (counter, counter, SamePerson),
    ]:
        with pytest.raises(error):
            merge(source, into=target, actor="agent-tari")

    assert find.merged_ids(counter) == [counter, web]
    assert find.merged_ids("cus_third") == ["cus_third"]


def test_unmerging_an_unmerged_customer_is_refused():
    a_saved_customer(a_customer())

    with pytest.raises(NotMerged):
        unmerge("cus_sari", actor="owner-ani")
