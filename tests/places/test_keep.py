from datetime import timedelta

import pytest

from chalicelib.kit import auth, db, journal
from chalicelib.kit.errors import Invalid, NotFound, NotSignedIn
from chalicelib.places import find
from chalicelib.places.keep import keep_location, keep_postcodes
from chalicelib.places.model import Point, Postcode, UnknownPostcode
from tests.places.build import NOON, a_location, a_salesman, claims_of, hired, it_is, kept


def test_a_location_is_found_as_it_was_kept(aws):
    van, store = a_location(), a_location("toko-darmo", "store", point=None, zone="Asia/Makassar", active=False)

    kept(van, store)

    assert find.locations() == {"van-budi": van, "toko-darmo": store}
    assert find.location("van-budi") == van


def test_what_is_kept_already_is_not_written_again(aws):
    van = a_location(point=Point(-7.24590001234, 112.7378))

    kept(van, van)

    entries = journal.history("location#van-budi")
    assert [(entry.kind, entry.actor) for entry in entries] == [("LocationKept", "owner-ani")]


def test_each_change_of_a_location_is_journaled_in_a_chain(aws):
    kept(a_location(), a_location(active=False))

    first, second = journal.history("location#van-budi")
    assert (first.sk, second.sk) == (1, 2)
    assert second.previous == journal.hash_of(first)
    assert find.location("van-budi").active is False


def test_a_location_of_no_known_kind_is_refused_and_nothing_is_kept(aws):
    with pytest.raises(Invalid):
        keep_location(a_location(kind="drone"), "owner-ani")

    assert find.locations() == {}
    assert journal.history("location#van-budi") == []


def test_there_is_no_such_location(aws):
    with pytest.raises(NotFound):
        find.location("nowhere")


def test_locations_are_remembered_for_a_minute(aws):
    it_is(NOON)
    kept(a_location())
    find.locations()
    in_another_process(lambda: kept(a_location(name="Renamed")))

    assert find.location("van-budi").name == "Van-Budi"

    it_is(NOON + timedelta(seconds=60))
    assert find.location("van-budi").name == "Renamed"


def test_staff_at_a_location_are_the_active_ones(aws):
    hired(a_salesman(), a_salesman("salesman-gone", active=False), a_salesman("salesman-wati", location="van-wati"))

    assert [each.id for each in find.staff_at("van-budi")] == ["salesman-budi"]


def test_a_token_is_worth_what_the_staff_list_says_now(aws):
    budi = a_salesman()
    hired(budi)
    claims = claims_of(budi)

    hired(a_salesman(role="cashier", location="toko-darmo"))

    assert find.who_is(claims) == auth.Principal("cashier", "salesman-budi", "toko-darmo", "Budi")


def test_a_role_taken_away_is_gone_within_a_minute(aws):
    it_is(NOON)
    budi = a_salesman()
    hired(budi)
    find.who_is(claims_of(budi))
    in_another_process(lambda: hired(a_salesman(active=False)))

    it_is(NOON + timedelta(seconds=60))
    with pytest.raises(NotSignedIn):
        find.who_is(claims_of(budi))


def test_who_was_never_hired_is_nobody(aws):
    with pytest.raises(NotSignedIn):
        find.who_is(claims_of(a_salesman("stranger")))


def test_who_comes_back_needs_a_new_token(aws):
    hired(a_salesman(), a_salesman(active=False), a_salesman())

    assert find.staff()["salesman-budi"].version == 2
    with pytest.raises(NotSignedIn):
        find.who_is(claims_of(a_salesman(version=1)))
    assert find.who_is(claims_of(a_salesman(version=2))).id == "salesman-budi"


def test_keeping_staff_again_changes_nothing_and_signs_nobody_out(aws):
    hired(a_salesman(version=3), a_salesman(version=1))

    assert find.staff()["salesman-budi"] == a_salesman(version=3)
    assert len(journal.history("staff#salesman-budi")) == 1


def test_the_journal_names_no_person(aws):
    hired(a_salesman())

    (entry,) = journal.history("staff#salesman-budi")
    assert entry.body == (
        '{"staff":"salesman-budi","role":"salesman","location":"van-budi","active":true,"token_version":1}'
    )


def test_postcodes_beyond_one_transaction_are_kept_and_kept_again_without_a_write(aws):
    rows = [Postcode(f"{60000 + n}", "Surabaya", -7.25, 112.75) for n in range(150)]

    assert keep_postcodes("ID", rows) == 150
    assert keep_postcodes("ID", rows) == 0

    assert [entry.body for entry in journal.history("postcodes#ID")] == [
        '{"country":"ID","count":98}',
        '{"country":"ID","count":52}',
        '{"country":"ID","count":0}',
    ]
    assert find.whereabouts("ID", "60149") == Point(-7.25, 112.75)


def test_of_two_rows_for_one_postcode_the_later_counts(aws):
    rows = [Postcode("60241", "first", -7.0, 112.0), Postcode(" 60 241", "second", -8.0, 113.0)]

    assert keep_postcodes("id", rows) == 1

    assert find.whereabouts("ID", "60241") == Point(-8.0, 113.0)


def test_a_postcode_that_does_not_exist_is_refused_only_where_postcodes_are_loaded(aws):
    keep_postcodes("ID", [Postcode("60241")])

    find.check_postcode("ID", "60241")
    find.check_postcode("GB", "SW1A 1AA")
    with pytest.raises(UnknownPostcode) as no:
        find.check_postcode("ID", "99999")

    assert no.value.facts["postcode"] == "99999"
    assert find.whereabouts("ID", "60241") is None
    assert find.whereabouts("ID", "99999") is None


def test_a_load_that_broke_off_refuses_nobody_until_it_is_repeated(aws, monkeypatch):
    rows = [Postcode(f"{60000 + n}") for n in range(150)]
    whole_commit = db.commit
    monkeypatch.setattr(db, "commit", the_power_going_after(1, whole_commit))
    with pytest.raises(OSError, match="gone"):
        keep_postcodes("ID", rows)

    find.check_postcode("ID", "60149")

    monkeypatch.setattr(db, "commit", whole_commit)
    assert keep_postcodes("ID", rows) == 52
    with pytest.raises(UnknownPostcode):
        find.check_postcode("ID", "99999")


def the_power_going_after(commits, commit):
    left = iter(range(commits))

    def commit_or_fail(writes):
        if next(left, None) is None:
            raise OSError("gone")
        commit(writes)

    return commit_or_fail


def in_another_process(do):
    """What this process remembers stays as it was."""
    remembered = dict(find._memory)
    do()
    find._memory.update(remembered)
