import pytest

from cca.masking import MASK, mask_secrets, mask_value

# Made up, in the shapes the issuers document; written in two parts so that no scanner objects.
TOKENS = [
    "sk-" + "ant-api03-" + "aB3_-x" * 12,
    "sk-" + "proj-" + "Ab1" * 16,
    "sk_live" + "_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "rk_test" + "_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "whsec" + "_" + "aB3x" * 8,
    "ghp" + "_" + "a1B2" * 9,
    "ghs" + "_" + "a1B2" * 9,
    "github" + "_pat_11AAAAAAA0" + "x" * 30,
    "glpat" + "-" + "x1Y2z3" * 4,
    "npm" + "_" + "aB3d" * 9,
    "pypi" + "-" + "AgEIcHlwaS5vcmc" + "x" * 20,
    "hf" + "_" + "aBcDeFgH" * 4,
    "AKIA" + "IOSFODNN7EXAMPLE",
    "AIza" + "SyA" + "b" * 32,
    "GOCSPX" + "-" + "aB3_" * 7,
    "ya29" + ".a0" + "aB3_" * 10,
    "xoxb" + "-" + "123456789012-abcdefABCDEF",
    "xapp" + "-" + "1-A0123456789-abcdef0123",
    "SG" + "." + "aB3d" * 5 + "." + "aB3d" * 10,
    "dop" + "_v1_" + "0a1b" * 16,
    "shpat" + "_" + "0a1b2c3d" * 4,
    "dapi" + "0a1b2c3d" * 4,
    "hvs" + "." + "CAESI" + "aB3d" * 8,
    "lin" + "_api_" + "aB3d" * 10,
    "ntn" + "_" + "123456789" + "aB3d" * 8,
    "ATATT3" + "xFfGF0" + "aB3_" * 10,
    "AGE-SECRET-KEY-1" + "QYPT" * 12,
    "123456789" + ":AA" + "aB3_" * 8 + "x",
    "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "c2lnbmF0dXJl",
]


@pytest.mark.parametrize("secret", TOKENS)
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
        ("AccountKey=" + "aB3d" * 8 + "==;x", f"AccountKey={MASK};x"),
        (
            "https://hooks.slack.com/services/" + "T0/B0/aB3daB3daB3daB3d",
            f"https://hooks.slack.com/services/{MASK}",
        ),
        ("curl -u me:pa55word https://x", f"curl -u me:{MASK} https://x"),
        ("API_KEY: abcdefgh", f"API_KEY: {MASK}"),
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


def test_a_values_key_can_name_a_secret_that_shows_no_other_sign():
    value = {"password": "hunter2", "nested": [{"apiKey": "abc", "max_tokens": 5}], "note": "ok"}
    assert mask_value(value) == {
        "password": MASK,
        "nested": [{"apiKey": MASK, "max_tokens": 5}],
        "note": "ok",
    }


@pytest.mark.parametrize("secret", TOKENS)
def test_a_masked_value_holds_no_token_at_any_depth(secret):
    masked = mask_value({"message": {"content": [{"type": "text", "text": f"use {secret}"}]}})
    assert secret not in str(masked)
