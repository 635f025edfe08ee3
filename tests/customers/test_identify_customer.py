from dataclasses import replace

from chalicelib.customers import find
from chalicelib.kit.auth import ANYONE, Principal
from tests.customers.build import CASHIER, EMAIL, PHONE, a_customer, a_saved_customer, identify_orderer


def test_staff_identify_a_customer_that_staff_registered(aws):
    first = identify_orderer(CASHIER, phone=PHONE)

    assert identify_orderer(replace(CASHIER, role="salesman"), phone="0812 5298 1234") == first


def test_staff_identify_a_customer_by_email(aws):
    a_saved_customer(a_customer(email=EMAIL))

    assert identify_orderer(CASHIER, phone="081299990000", email=EMAIL.upper()) == "cus_sari"


def test_the_phone_decides_when_phone_and_email_belong_to_two_customers(aws):
    a_saved_customer(a_customer("cus_phone"))
    a_saved_customer(a_customer("cus_mail", phone="", email=EMAIL))

    assert identify_orderer(CASHIER, phone=PHONE, email=EMAIL) == "cus_phone"


def test_a_guest_is_never_identified_by_an_unverified_number(aws):
    a_saved_customer(a_customer())

    guest, again = identify_orderer(ANYONE, phone=PHONE), identify_orderer(ANYONE, phone=PHONE)

    assert len({"cus_sari", guest, again}) == 3
    assert find.load_customer(guest).is_verified is False


def test_a_marketplace_order_identifies_no_existing_customer(aws):
    a_saved_customer(a_customer())

    assert identify_orderer(Principal("channel", "channel-toko"), phone=PHONE) != "cus_sari"


def test_a_guest_does_not_claim_the_number_they_gave(aws):
    guest = identify_orderer(ANYONE, phone=PHONE)

    at_the_counter = identify_orderer(CASHIER, phone=PHONE)

    assert at_the_counter != guest
    assert identify_orderer(CASHIER, phone=PHONE) == at_the_counter


def test_no_customer_is_created_without_phone_or_email(aws):
    assert identify_orderer(CASHIER, name="Sari") == ""


def test_staff_list_every_customer_with_a_number(aws):
    a_saved_customer(a_customer())
    guest = identify_orderer(ANYONE, name="Not Sari", phone=PHONE)

    assert {customer.id for customer in find.list_by_phone("0812-5298-1234")} == {"cus_sari", guest}
    assert find.list_by_phone("0812-0000-0000") == []


def test_a_new_customer_of_a_guest_order_is_one_row(aws):
    identify_orderer(ANYONE, phone=PHONE, email=EMAIL)

    table = aws.resource("dynamodb").Table("test-customers")
    assert len(table.scan()["Items"]) == 1
