from datetime import timedelta

import pytest

from chalicelib.customers import code, find
from chalicelib.customers.merge import merge, unmerge
from chalicelib.customers.model import (
    AskedTooOften,
    MergedElsewhere,
    NothingToVerify,
    NotMerged,
    NotVerified,
    SamePerson,
    VerificationAsked,
    WrongCode,
)
from chalicelib.customers.verify import ask, confirm, vouch
from chalicelib.kit import clock, journal
from chalicelib.kit.auth import ANYONE
from tests.customers.build import CASHIER, EMAIL, NOON, PHONE, a_customer, it_is, kept, ordering, told


@pytest.fixture(autouse=True)
def noon(aws):
    it_is(NOON)


def a_guest(phone: str = PHONE, email: str = "") -> str:
    return ordering(ANYONE, phone=phone, email=email)


def code_sent(customer_id: str, kind: str = "phone") -> str | None:
    """What the notifier would send for the last ask in the journal."""
    asks = [entry for entry in journal.history(f"customer#{customer_id}") if entry.kind == "VerificationAsked"]
    event = journal.to_journal_entry(asks[-1]).event
    assert isinstance(event, VerificationAsked)
    sent = code.to_send(event, clock.now())
    return sent[1] if sent else None


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06d}"


def proven(customer_id: str, kind: str = "phone") -> None:
    ask(customer_id, kind)
    confirm(customer_id, kind, code_sent(customer_id, kind))


def test_a_code_that_comes_back_proves_the_number():
    guest = a_guest()

    proven(guest)

    assert find.customer(guest).as_json()["verified"] == ["phone"]
    assert told(guest) == ["VerificationAsked", "IdentityVerified"]
    assert ordering(CASHIER, phone=PHONE) == guest


def test_the_code_is_six_digits_and_is_neither_stored_nor_journaled(aws):
    guest = a_guest()
    ask(guest, "phone")

    digits = code_sent(guest)
    everything = [aws.resource("dynamodb").Table(f"test-{name}").scan()["Items"] for name in ("customers", "journal")]

    assert len(digits) == 6
    assert digits.isascii()
    assert digits.isdigit()
    assert digits not in str(everything)
    assert PHONE not in str(everything[1])


def test_each_ask_has_its_own_code_and_always_the_same():
    assert code.code_for("ask_1") == code.code_for("ask_1")
    assert len({code.code_for(f"ask_{n}") for n in range(100)}) > 98


def test_a_second_click_sends_no_second_code():
    guest = a_guest()
    ask(guest, "phone")
    first = code_sent(guest)

    it_is(NOON + timedelta(seconds=59))
    ask(guest, "phone")

    assert told(guest) == ["VerificationAsked"]
    assert code_sent(guest) == first


def test_asking_again_later_replaces_the_code():
    guest = a_guest()
    ask(guest, "phone")
    first = code_sent(guest)
    it_is(NOON + timedelta(seconds=60))
    ask(guest, "phone")

    with pytest.raises(WrongCode):
        confirm(guest, "phone", first)

    confirm(guest, "phone", code_sent(guest))
    assert find.customer(guest).is_verified


def test_the_fifth_wrong_code_is_the_last():
    guest = a_guest()
    ask(guest, "phone")
    right = code_sent(guest)
    for _ in range(5):
        with pytest.raises(WrongCode):
            confirm(guest, "phone", wrong(right))

    with pytest.raises(WrongCode):
        confirm(guest, "phone", right)

    assert told(guest) == ["VerificationAsked"] + 5 * ["WrongCodeGiven"]
    assert find.customer(guest).is_verified is False


def test_the_right_code_may_come_at_the_fifth_try():
    guest = a_guest()
    ask(guest, "phone")
    right = code_sent(guest)
    for _ in range(4):
        with pytest.raises(WrongCode):
            confirm(guest, "phone", wrong(right))

    confirm(guest, "phone", right)

    assert find.customer(guest).is_verified


def test_a_code_is_good_for_ten_minutes():
    guest = a_guest()
    ask(guest, "phone")
    right = code_sent(guest)
    it_is(NOON + timedelta(minutes=10))

    with pytest.raises(WrongCode):
        confirm(guest, "phone", right)

    assert code_sent(guest) is None
    assert find.customer(guest).is_verified is False


def test_wrong_late_used_up_and_never_asked_are_one_answer():
    never, late, used_up, mistaken = (a_guest(f"+628125298123{n}") for n in range(4))
    ask(late, "phone")
    it_is(NOON + timedelta(minutes=11))
    for customer_id in (used_up, mistaken):
        ask(customer_id, "phone")
    for _ in range(5):
        with pytest.raises(WrongCode):
            confirm(used_up, "phone", wrong(code_sent(used_up)))

    answers = set()
    for customer_id in (never, late, used_up, mistaken):
        with pytest.raises(WrongCode) as no:
            confirm(customer_id, "phone", wrong(code_sent(mistaken)))
        answers.add((no.value.code, no.value.detail, str(no.value.facts)))

    assert len(answers) == 1


def test_the_same_right_code_again_is_the_same_yes():
    guest = a_guest()
    ask(guest, "phone")
    right = code_sent(guest)

    confirm(guest, "phone", right)
    confirm(guest, "phone", right)

    assert told(guest) == ["VerificationAsked", "IdentityVerified"]


def test_a_number_gets_five_codes_a_day_whoever_asks():
    guests = [a_guest() for _ in range(6)]
    for guest in guests[:5]:
        ask(guest, "phone")

    with pytest.raises(AskedTooOften):
        ask(guests[5], "phone")
    assert told(guests[5]) == []

    it_is(NOON + timedelta(days=1))
    ask(guests[5], "phone")
    assert told(guests[5]) == ["VerificationAsked"]


def test_asking_for_what_was_never_given_sends_nothing_and_says_nothing():
    guest = a_guest()

    ask(guest, "email")

    assert told(guest) == []


def test_a_proof_takes_the_number_over_from_hearsay_and_nothing_else_of_that_customer():
    noted_by_staff = kept(a_customer())
    guest = a_guest()

    proven(guest)

    assert ordering(CASHIER, phone=PHONE) == guest
    assert find.customer("cus_sari") == noted_by_staff
    assert find.family(guest) == [guest]


def test_two_who_prove_the_same_number_are_one_person():
    kept(a_customer())
    vouch(CASHIER, "cus_sari", "phone")
    guest = a_guest(email=EMAIL)

    proven(guest)

    assert find.living(guest).id == "cus_sari"
    assert find.family("cus_sari") == ["cus_sari", guest]
    assert ordering(CASHIER, phone=PHONE) == "cus_sari"
    assert told(guest)[-1] == told("cus_sari")[-1] == "CustomersMerged"


def test_a_merged_guest_who_proves_his_mail_too_is_found_by_it():
    kept(a_customer())
    vouch(CASHIER, "cus_sari", "phone")
    guest = a_guest(email=EMAIL)
    proven(guest)

    proven(guest, "email")

    assert ordering(CASHIER, phone="+6281299990000", email=EMAIL) == "cus_sari"


def test_staff_may_vouch_for_what_they_have_seen():
    kept(a_customer())

    known = vouch(CASHIER, "cus_sari", "phone")

    assert known.as_json()["verified"] == ["phone"]
    assert [entry.actor for entry in journal.history("customer#cus_sari")] == ["owner-ani", "cashier-rina"]
    with pytest.raises(NothingToVerify):
        vouch(CASHIER, "cus_sari", "email")


def a_counter_and_a_web_customer() -> tuple[str, str]:
    """He bought by phone number at the counter and by e-mail on the web."""
    return ordering(CASHIER, phone=PHONE), ordering(ANYONE, email=EMAIL)


def test_counter_and_web_join_only_when_both_are_verified():
    counter, web = a_counter_and_a_web_customer()

    with pytest.raises(NotVerified) as no:
        merge(web, into=counter, actor="agent-tari")
    assert no.value.facts["customers"] == [web, counter]

    proven(web, "email")
    with pytest.raises(NotVerified) as no:
        merge(web, into=counter, actor="agent-tari")
    assert no.value.facts["customers"] == [counter]
    assert find.family(counter) == [counter]

    vouch(CASHIER, counter, "phone")
    merge(web, into=counter, actor="agent-tari")

    assert find.living(web).id == counter
    assert ordering(CASHIER, phone="+6281299990000", email=EMAIL) == counter


def two_verified() -> tuple[str, str]:
    counter, web = a_counter_and_a_web_customer()
    vouch(CASHIER, counter, "phone")
    vouch(CASHIER, web, "email")
    return counter, web


def test_a_merge_can_be_undone_and_leaves_both_as_they_were():
    counter, web = two_verified()
    before = find.customer(counter).as_json(), find.customer(web).as_json()
    merge(web, into=counter, actor="agent-tari")

    unmerge(web, actor="owner-ani")

    assert (find.customer(counter).as_json(), find.customer(web).as_json()) == before
    assert find.family(counter) == [counter]
    assert ordering(CASHIER, email=EMAIL, phone="+6281299990000") == web
    assert told(web)[-2:] == told(counter)[-2:] == ["CustomersMerged", "CustomersUnmerged"]


def test_parting_again_is_done_already_and_answers_the_same():
    counter, web = two_verified()
    merge(web, into=counter, actor="agent-tari")
    first = unmerge(web, actor="owner-ani")

    again = unmerge(web, actor="owner-ani")

    assert again.as_json() == first.as_json()
    assert told(web).count("CustomersUnmerged") == told(counter).count("CustomersUnmerged") == 1


def test_who_was_parted_from_another_was_not_merged_himself():
    counter, web = two_verified()
    merge(web, into=counter, actor="agent-tari")
    unmerge(web, actor="owner-ani")

    with pytest.raises(NotMerged):
        unmerge(counter, actor="owner-ani")


def test_merging_again_is_done_already():
    counter, web = two_verified()
    merge(web, into=counter, actor="agent-tari")

    merge(web, into=counter, actor="agent-tari")

    assert told(web).count("CustomersMerged") == 1


def test_chains_and_circles_of_merging_are_refused():
    counter, web = two_verified()
    kept(a_customer("cus_third", phone="+6281299990000"))
    vouch(CASHIER, "cus_third", "phone")
    merge(web, into=counter, actor="agent-tari")

    for leaving, staying, refusal in [
        (counter, web, MergedElsewhere),
        (web, "cus_third", MergedElsewhere),
        ("cus_third", web, MergedElsewhere),
        (counter, "cus_third", MergedElsewhere),
        (counter, counter, SamePerson),
    ]:
        with pytest.raises(refusal):
            merge(leaving, into=staying, actor="agent-tari")

    assert find.family(counter) == [counter, web]
    assert find.family("cus_third") == ["cus_third"]


def test_only_who_was_merged_can_be_parted():
    kept(a_customer())

    with pytest.raises(NotMerged):
        unmerge("cus_sari", actor="owner-ani")
