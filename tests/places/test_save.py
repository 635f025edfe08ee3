from datetime import timedelta

import pytest

from chalicelib.kit import auth, db, journal
from chalicelib.kit.errors import Invalid, NotFound, NotSignedIn
from chalicelib.places import find
from chalicelib.places.model import Point, Postcode, UnknownPostcode
from chalicelib.places.save import save_location, save_postcodes
from chalicelib.sessions.authenticate import authenticate
from tests.places.build import (
    NOON,
    a_location,
    a_salesman,
    freeze_clock,
    save_locations,
    save_people,
    staff_token_claims,
)


def test_a_saved_location_is_loaded_unchanged(aws):
    van, store = a_location(), a_location("toko-darmo", "store", point=None, zone="Asia/Makassar", active=False)

    save_locations(van, store)

    assert find.load_locations() == {"van-budi": van, "toko-darmo": store}
    assert find.load_location("van-budi") == van


def test_saving_an_unchanged_location_writes_nothing(aws):
    van = a_location(point=Point(-7.24590001234, 112.7378))

    save_locations(van, van)

    entries = journal.history("location#van-budi")
    assert [(entry.kind, entry.actor) for entry in entries] == [("LocationSaved", "owner-ani")]


def test_each_change_of_a_location_is_journaled_in_a_chain(aws):
    save_locations(a_location(), a_location(active=False))

    first, second = journal.history("location#van-budi")
    assert (first.sk, second.sk) == (1, 2)
    assert second.previous == journal.hash_of(first)
    assert find.load_location("van-budi").active is False


def test_a_location_of_unknown_kind_is_refused_and_not_saved(aws):
    with pytest.raises(Invalid):
        save_location(a_location(kind="drone"), "owner-ani")

    assert find.load_locations() == {}
    assert journal.history("location#van-budi") == []


def test_an_unknown_location_is_not_found(aws):
    with pytest.raises(NotFound):
        find.load_location("nowhere")


def test_locations_are_cached_for_a_minute(aws):
    freeze_clock(NOON)
    save_locations(a_location())
    find.load_locations()
    in_another_process(lambda: save_locations(a_location(name="Renamed")))

    assert find.load_location("van-budi").name == "Van-Budi"

    freeze_clock(NOON + timedelta(seconds=60))
    assert find.load_location("van-budi").name == "Renamed"


def test_only_active_staff_are_listed_at_a_location(aws):
    save_people(
        a_salesman(), a_salesman("salesman-gone", active=False), a_salesman("salesman-wati", location="van-wati")
    )

    assert [staff.id for staff in find.list_staff_at("van-budi")] == ["salesman-budi"]


def test_a_token_grants_the_current_role(aws):
    budi = a_salesman()
    save_people(budi)
    claims = staff_token_claims(budi)

    save_people(a_salesman(role="cashier", location="toko-darmo"))

    assert authenticate(claims) == auth.Principal("cashier", "salesman-budi", "toko-darmo", "Budi")


def test_a_deactivated_member_is_signed_out_at_the_next_request(aws):
    freeze_clock(NOON)
    budi = a_salesman()
    save_people(budi)
    authenticate(staff_token_claims(budi))
    in_another_process(lambda: save_people(a_salesman(active=False)))

    with pytest.raises(NotSignedIn):
        authenticate(staff_token_claims(budi))


def test_a_token_of_an_unknown_member_is_refused(aws):
    with pytest.raises(NotSignedIn):
        authenticate(staff_token_claims(a_salesman("stranger")))


def test_a_reactivated_member_needs_a_new_token(aws):
    save_people(a_salesman(), a_salesman(active=False), a_salesman())

    assert find.load_staff()["salesman-budi"].version == 2
    with pytest.raises(NotSignedIn):
        authenticate(staff_token_claims(a_salesman(version=1)))
    assert authenticate(staff_token_claims(a_salesman(version=2))).id == "salesman-budi"


def test_saving_unchanged_staff_writes_nothing_and_keeps_tokens_valid(aws):
    save_people(a_salesman(version=3), a_salesman(version=1))

    assert find.load_staff()["salesman-budi"] == a_salesman(version=3)
    assert len(journal.history("staff#salesman-budi")) == 1


def test_the_journal_holds_no_personal_data(aws):
    save_people(a_salesman())

    (entry,) = journal.history("staff#salesman-budi")
    assert entry.body == (
        '{"staff":"salesman-budi","role":"salesman","location":"van-budi","active":true,"token_version":1}'
    )


def test_postcodes_beyond_one_transaction_are_saved_once(aws):
    rows = [Postcode(f"{60000 + n}", "Surabaya", -7.25, 112.75) for n in range(150)]

    assert save_postcodes("ID", rows) == 150
    assert save_postcodes("ID", rows) == 0

    assert [entry.body for entry in journal.history("postcodes#ID")] == [
        '{"country":"ID","count":98}',
        '{"country":"ID","count":52}',
        '{"country":"ID","count":0}',
    ]
    assert find.find_postcode_point("ID", "60149") == Point(-7.25, 112.75)


def test_the_later_of_two_rows_for_one_postcode_wins(aws):
    rows = [Postcode("60241", "first", -7.0, 112.0), Postcode(" 60 241", "second", -8.0, 113.0)]

    assert save_postcodes("id", rows) == 1

    assert find.find_postcode_point("ID", "60241") == Point(-8.0, 113.0)


def test_an_unknown_postcode_is_refused_only_in_loaded_countries(aws):
    save_postcodes("ID", [Postcode("60241")])

    find.check_postcode("ID", "60241")
    find.check_postcode("GB", "SW1A 1AA")
    with pytest.raises(UnknownPostcode) as refused:
        find.check_postcode("ID", "99999")

    assert refused.value.facts["postcode"] == "99999"
    assert find.find_postcode_point("ID", "60241") is None
    assert find.find_postcode_point("ID", "99999") is None


def test_an_interrupted_load_refuses_no_postcode_until_repeated(aws, monkeypatch):
    rows = [Postcode(f"{60000 + n}") for n in range(150)]
    whole_commit = db.commit
    monkeypatch.setattr(db, "commit", fail_after(1, whole_commit))
    with pytest.raises(OSError, match="gone"):
        save_postcodes("ID", rows)

    find.check_postcode("ID", "60149")

    monkeypatch.setattr(db, "commit", whole_commit)
    assert save_postcodes("ID", rows) == 52
    with pytest.raises(UnknownPostcode):
        find.check_postcode("ID", "99999")


def fail_after(commits, commit):
    remaining = iter(range(commits))

    def commit_or_fail(writes):
        if next(remaining, None) is None:
            raise OSError("gone")
        commit(writes)

    return commit_or_fail


def in_another_process(save):
    """Call `save` without an effect on the cache of this process."""
    cache = dict(find._cache)
    save()
    find._cache.update(cache)
