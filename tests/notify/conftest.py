from __future__ import annotations

from typing import Any

import pytest

from chalicelib.notify import transports


@pytest.fixture
def sns_and_ses(aws: Any) -> Any:
    """SNS and SES of this test alone. The sender's address is verified with SES, as on a deployed stage."""
    aws.client("ses").verify_email_identity(EmailAddress=transports.sender_address())
    return aws
