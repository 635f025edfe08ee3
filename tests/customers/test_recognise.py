from dataclasses import replace

from chalicelib.customers import find
from chalicelib.kit.auth import ANYONE, Principal
from tests.customers.build import CASHIER, EMAIL, PHONE, a_customer, kept, ordering


def test_staff_find_again_whom_staff_wrote_down(aws):
    first = ordering(CASHIER, phone=PHONE)

    assert ordering(replace(CASHIER, role="salesman"), phone="0812 5298 1234") == first


def test_staff_find_a_customer_by_mail_too(aws):
    kept(a_customer(email=EMAIL))

    assert ordering(CASHIER, phone="081299990000", email=EMAIL.upper()) == "cus_sari"


def test_the_phone_decides_when_it_and_the_mail_are_two_peoples(aws):
    kept(a_customer("cus_phone"))
    kept(a_customer("cus_mail", phone="", email=EMAIL))

    assert ordering(CASHIER, phone=PHONE, email=EMAIL) == "cus_phone"


def test_a_guest_is_joined_to_nobody_whatever_number_he_gives(aws):
    kept(a_customer())

    guest, again = ordering(ANYONE, phone=PHONE), ordering(ANYONE, phone=PHONE)

    assert len({"cus_sari", guest, again}) == 3
    assert find.customer(guest).is_verified is False


def test_a_marketplace_speaks_for_nobody_either(aws):
    kept(a_customer())

    assert ordering(Principal("channel", "channel-toko"), phone=PHONE) != "cus_sari"


def test_a_guest_does_not_get_the_number_he_gave(aws):
    guest = ordering(ANYONE, phone=PHONE)

    at_the_counter = ordering(CASHIER, phone=PHONE)

    assert at_the_counter != guest
    assert ordering(CASHIER, phone=PHONE) == at_the_counter


def test_who_leaves_neither_phone_nor_mail_leaves_no_trace(aws):
    assert ordering(CASHIER, name="Sari") == ""


def test_staff_see_everyone_who_gave_a_number(aws):
    kept(a_customer())
    guest = ordering(ANYONE, name="Not Sari", phone=PHONE)

    assert {each.id for each in find.by_phone("0812-5298-1234")} == {"cus_sari", guest}
    assert find.by_phone("0812-0000-0000") == []


def test_a_new_customer_of_a_guest_order_is_one_row(aws):
    ordering(ANYONE, phone=PHONE, email=EMAIL)

    table = aws.resource("dynamodb").Table("test-customers")
    assert len(table.scan()["Items"]) == 1
