"""What a test process is told of its stage; importing it sets the environment, so it is imported before the shop."""

from __future__ import annotations

import os

from chalicelib.kit.packages import TOPICS  # reads nothing from the environment

# Table names are read when a row's class is made, so all of this comes before the first import of the shop.
os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.pop("AWS_PROFILE", None)
for left_over in [name for name in os.environ if name.startswith("SATUKANAL_")]:
    del os.environ[left_over]
os.environ |= {
    "SATUKANAL_PREFIX": "test",
    "SATUKANAL_SECRETS": "an-old-signing-key-of-thirty-two-characters,the-signing-key-of-these-tests-is-long-enough",
    "SATUKANAL_BASE_URL": "https://shop.test",
    "SATUKANAL_LOG_LEVEL": "ERROR",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "ap-southeast-3",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # or moto does not find its own streams
    "AWS_EC2_METADATA_DISABLED": "true",
}
for name in TOPICS:
    os.environ[f"SATUKANAL_TOPIC_{name.upper()}"] = f"arn:aws:sns:ap-southeast-3:123456789012:test-{name}"
