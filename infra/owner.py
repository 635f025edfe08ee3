"""Creates the owner of a shop that has none: `python -m infra.owner --owner-phone +62… --owner-email …`.

infra.deploy runs it with the settings of the stage. The owner gets an invitation and signs in at the desk with a code.
"""

from __future__ import annotations

from typing import Annotated

import typer

from chalicelib.kit.email_addresses import normalize_email
from chalicelib.kit.phone_numbers import normalize_phone
from chalicelib.places.find import load_staff
from chalicelib.places.model import Staff
from chalicelib.sessions.invite import invite

ACTOR = "deployment"


def create_owner(phone: str, email: str, name: str = "Owner") -> bool:
    """Create the owner and send the invitation. Returns False if there is an active owner already."""
    if any(person.is_active_owner for person in load_staff().values()):
        return False
    invite(Staff("owner", name, "owner", phone, email), ACTOR)
    return True


def main(
    owner_phone: Annotated[str, typer.Option(help="phone number with which the owner signs in")] = "",
    owner_email: Annotated[str, typer.Option(help="e-mail address with which the owner signs in")] = "",
    owner_name: Annotated[str, typer.Option(help="shown at the desk")] = "Owner",
) -> None:
    phone, email = normalize_phone(owner_phone) or "", normalize_email(owner_email) or ""
    if (owner_phone and not phone) or (owner_email and not email) or not (phone or email):
        raise typer.BadParameter("give a valid --owner-phone or --owner-email")
    created = create_owner(phone, email, owner_name)
    print("owner created; an invitation is on its way" if created else "there is an owner already; nothing changed")


if __name__ == "__main__":
    typer.run(main)
