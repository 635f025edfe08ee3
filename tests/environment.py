"""Sets the environment variables of a test process when it is imported."""

from __future__ import annotations

import os

from chalicelib.kit.packages import TOPICS  # does not read the environment

# Row classes read their table names when they are defined, so this module is imported before those of chalicelib.
os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.pop("AWS_PROFILE", None)
for name in [name for name in os.environ if name.startswith("SATUKANAL_")]:
    del os.environ[name]
os.environ |= {
    "SATUKANAL_PREFIX": "test",
    "SATUKANAL_SECRETS": "an-old-signing-key-of-thirty-two-characters,the-signing-key-of-these-tests-is-long-enough",
    "SATUKANAL_BASE_URL": "https://shop.test",
    "SATUKANAL_LOG_LEVEL": "ERROR",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "ap-southeast-3",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # otherwise moto does not find its own streams
    "AWS_EC2_METADATA_DISABLED": "true",
}
for name in TOPICS:
    os.environ[f"SATUKANAL_TOPIC_{name.upper()}"] = f"arn:aws:sns:ap-southeast-3:123456789012:test-{name}"
