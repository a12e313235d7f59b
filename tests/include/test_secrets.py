import pytest

from include.secrets import MASK, mask_secrets


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-" + "aB3_-x" * 12,
        "ghp_" + "a1B2" * 9,
        "github_pat_11AAAAAAA0" + "x" * 30,
        "AKIA" + "IOSFODNN7EXAMPLE",
        "xoxb-" + "123456789012-abcdefABCDEF",
        "AIza" + "SyA" + "b" * 32,
        "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "c2lnbmF0dXJl",
    ],
)
def test_a_token_is_masked_and_its_neighbours_stay(secret):
    assert mask_secrets(f"use {secret} here") == f"use {MASK} here"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abcdef0123456789", f"Authorization: Bearer {MASK}"),
        ("password=hunter22 and more", f"password={MASK} and more"),
        ('{"api_key": "abc def"}', f'{{"api_key": {MASK}}}'),
        ("export DB_PASSWORD='s3cr3t!'", f"export DB_PASSWORD={MASK}"),
        ("mongodb://me:pa55@host/db", f"mongodb://me:{MASK}@host/db"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", MASK),
    ],
)
def test_a_named_secret_keeps_its_name(text, masked):
    assert mask_secrets(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "the token count was 1200; passwords are hard",
        "sk-learn and ghp files, AKIA is a prefix",
        "https://example.org:8080/path@home",
        "max_tokens limit reached: see the secret garden",
    ],
)
def test_prose_is_left_alone(text):
    assert mask_secrets(text) == text
