"""What is a secret is masked, whatever its issuer; what only talks about secrets stays."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from cca.demo.generate import generate
from cca.masking import MASK, mask_secrets, mask_value
from cca.settings import PROJECT_DIR

HEX = "0a1b2c3d4e5f6789"
MIXED = "aB3dE6gH9jK2mN5p"
UUID = "3f2b8c1a-9d4e-4f6a-8b7c-0123abcd4567"

# Made up, in the shapes the issuers document; written in two parts so that no scanner objects.
TOKENS = {
    "Anthropic": "sk-" + "ant-api03-" + "aB3_-x" * 12,
    "Anthropic OAuth": "sk-" + "ant-oat01-" + MIXED * 4,
    "OpenAI project": "sk-" + "proj-" + "Ab1" * 16,
    "OpenAI service account": "sk-" + "svcacct-" + MIXED * 3,
    "OpenAI, old": "sk-" + MIXED * 3,
    "OpenRouter": "sk-" + "or-v1-" + HEX * 4,
    "Groq": "gsk" + "_" + MIXED * 3,
    "xAI": "xai" + "-" + MIXED * 5,
    "Replicate": "r8" + "_" + MIXED * 2 + "aB3dE",
    "Perplexity": "pplx" + "-" + MIXED * 3,
    "Cerebras": "csk" + "-" + "a1b2" * 12,
    "Hugging Face": "hf" + "_" + "aBcDeFgH" * 4,
    "LangSmith": "lsv2" + "_pt_" + HEX * 2 + "_" + HEX[:10],
    "Langfuse": "sk-" + "lf-" + UUID,
    "NVIDIA": "nvapi" + "-" + MIXED * 4,
    "Tavily": "tvly" + "-dev-" + MIXED * 2,
    "GitHub personal": "ghp" + "_" + "a1B2" * 9,
    "GitHub server": "ghs" + "_" + "a1B2" * 9,
    "GitHub OAuth": "gho" + "_" + "a1B2" * 9,
    "GitHub fine-grained": "github" + "_pat_11AAAAAAA0" + "x" * 30,
    "GitLab personal": "glpat" + "-" + "x1Y2z3" * 4,
    "GitLab deploy": "gldt" + "-" + "x1Y2z3" * 4,
    "GitLab runner": "glrt" + "-" + "x1Y2z3" * 4,
    "GitLab runner registration": "GR1348941" + "aB3dE6gH9jK2mN5pQ8sT",
    "GitLab feed": "glft" + "-" + "x1Y2z3" * 4,
    "Bitbucket": "ATBB" + MIXED * 2,
    "Atlassian": "ATATT3" + "xFfGF0" + "aB3_" * 10,
    "npm": "npm" + "_" + "aB3d" * 9,
    "PyPI": "pypi" + "-" + "AgEIcHlwaS5vcmc" + "x" * 20,
    "RubyGems": "rubygems" + "_" + HEX * 3,
    "Docker Hub": "dckr" + "_pat_" + "aB3dE6gH9jK2mN5pQ8sTu1vW3xY",
    "NuGet": "oy2" + "a1b2c3d4e5f" * 3 + "a1b2c3d4e5",
    "Artifactory": "AKCp" + MIXED * 4 + "aB3dE6gH9",
    "Clojars": "CLOJARS" + "_" + HEX * 3 + HEX[:12],
    "Sourcegraph": "sgp" + "_" + HEX + "_" + (HEX * 3)[:40],
    "CircleCI": "CCIPAT" + "_" + MIXED + "_" + HEX * 2,
    "Buildkite": "bkua" + "_" + (HEX * 3)[:40],
    "SonarQube": "squ" + "_" + (HEX * 3)[:40],
    "Sentry": "sntryu" + "_" + HEX * 4,
    "Figma": "figd" + "_" + MIXED * 2 + "-" + MIXED[:8],
    "Postman": "PMAK" + "-" + (HEX * 2)[:24] + "-" + (HEX * 3)[:34],
    "AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "AWS temporary key": "ASIA" + "IOSFODNN7EXAMPLE",
    "Google API": "AIza" + "SyA" + "b" * 32,
    "Google OAuth client": "GOCSPX" + "-" + "aB3_" * 7,
    "Google access": "ya29" + ".a0" + "aB3_" * 10,
    "Alibaba": "LTAI" + "5tAbCdEf1234GhIjKl56",
    "Tencent": "AKID" + "z8krbsJ5yKBZQpn74WFkmLPx3gnPhESA"[:32],
    "Azure client": "aB3" + "8Q~" + "aB3dE6gH9jK2mN5pQ8sTu1vW3xYz5aBc",
    "DigitalOcean": "dop" + "_v1_" + "0a1b" * 16,
    "Databricks": "dapi" + "0a1b2c3d" * 4,
    "Vault": "hvs" + "." + "CAESI" + "aB3d" * 8,
    "Terraform Cloud": "aB3dE6gH9jK2mN" + ".atlasv1." + MIXED * 4,
    "Pulumi": "pul" + "-" + (HEX * 3)[:40],
    "Doppler": "dp" + ".pt." + MIXED * 3,
    "Dynatrace": "dt0c01" + "." + "A1B2C3D4E5F6" * 2 + "." + "A1B2C3D4" * 8,
    "Grafana service account": "glsa" + "_" + MIXED * 2 + "_" + HEX[:8],
    "New Relic": "NRAK" + "-" + "A1B2C3D4E5F6G7H8I9J0K1L2M3N",
    "PlanetScale": "pscale" + "_tkn_" + MIXED * 3,
    "Supabase": "sbp" + "_" + (HEX * 3)[:40],
    "Netlify": "nfp" + "_" + "aB3d" * 10,
    "Vercel": "vcp" + "_" + MIXED * 3,
    "Heroku": "HRKU" + "-" + UUID,
    "Fly.io": "fm2" + "_" + MIXED * 4,
    "Tailscale": "tskey" + "-auth-" + "kAbC1dEf2G" + "-" + MIXED * 2,
    "age": "AGE-SECRET-KEY-1" + "QYPT" * 12,
    "Prefect": "pnu" + "_" + "aB3d" * 9,
    "Stripe": "sk_live" + "_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "Stripe restricted": "rk_test" + "_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "Stripe webhook": "whsec" + "_" + "aB3x" * 8,
    "Square": "sq0atp" + "-" + "aB3dE6gH9jK2mN5pQ8sTuv",
    "Slack bot": "xoxb" + "-" + "123456789012-abcdefABCDEF",
    "Slack app": "xapp" + "-" + "1-A0123456789-abcdef0123",
    "Telegram": "123456789" + ":AA" + "aB3_" * 8 + "x",
    "SendGrid": "SG" + "." + "aB3d" * 5 + "." + "aB3d" * 10,
    "Brevo": "xkeysib" + "-" + HEX * 4 + "-" + MIXED,
    "Mailgun": "key" + "-" + HEX * 2,
    "Mailchimp": HEX * 2 + "-us" + "12",
    "Shopify": "shpat" + "_" + "0a1b2c3d" * 4,
    "Linear": "lin" + "_api_" + "aB3d" * 10,
    "Notion": "ntn" + "_" + "123456789" + "aB3d" * 8,
    "Contentful": "CFPAT" + "-" + MIXED * 3,
    "PostHog": "phx" + "_" + MIXED * 3,
    "Typeform": "tfp" + "_" + MIXED * 4,
    "Mapbox": "sk" + ".eyJ1IjoiYWJjZGVmZ2hpamtsbW5vIn0" + "." + MIXED * 2,
    "JWT": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "c2lnbmF0dXJl",
    "bcrypt": "$2b$12$" + "aB3dE6gH9jK2mN5pQ8sTuv" + "aB3dE6gH9jK2mN5pQ8sTu1vW3xYz5aB",
    "shadow": "$6$" + "saltsalt" + "$" + MIXED * 5,
}


@pytest.mark.parametrize("issuer", TOKENS)
def test_a_token_is_masked_and_its_neighbours_stay(issuer: str) -> None:
    assert mask_secrets(f"use {TOKENS[issuer]} here") == f"use {MASK} here"


def test_there_are_sixty_formats_and_more() -> None:
    assert len(set(TOKENS.values())) == len(TOKENS) > 60


@pytest.mark.parametrize("issuer", TOKENS)
def test_a_token_is_masked_in_a_value_at_any_depth(issuer: str) -> None:
    masked = mask_value({"message": {"content": [{"type": "text", "text": TOKENS[issuer]}]}})
    assert TOKENS[issuer] not in str(masked)


DISCORD = "MTA" + "xMjM0NTY3ODkwMTIzNDU2Nw" + ".GaBcDe." + "aB3dE6gH9jK2mN5pQ8sTu1vW3xYz5a"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abcdef0123456789", f"Authorization: Bearer {MASK}"),
        ("Authorization: token abcdef0123456789", f"Authorization: token {MASK}"),
        ("authorization: Basic dXNlcjpwYXNzMTIz", f"authorization: Basic {MASK}"),
        ("x-api-key: aB3dE6gH9jK2", f"x-api-key: {MASK}"),
        ("Cookie: a=b; sessionid=a1b2c3d4e5f6a7b8c9", f"Cookie: a=b; sessionid={MASK}"),
        ("password=hunter22 and more", f"password={MASK} and more"),
        ("PASSWORD=hunter22\nUSER=me", f"PASSWORD={MASK}\nUSER=me"),
        ("  password: Tr0ub4dor&3\n  user: me", f"  password: {MASK}\n  user: me"),
        ('{"api_key": "aB3dE6gH9jK2"}', f'{{"api_key": "{MASK}"}}'),
        (r'{\"api_key\": \"aB3dE6gH9jK2\"}', rf'{{\"api_key\": \"{MASK}\"}}'),
        ("export DB_PASSWORD='s3cr3t!'", f"export DB_PASSWORD='{MASK}'"),
        ('os.environ["API_TOKEN"] = "aB3dE6gH9jK2"', f'os.environ["API_TOKEN"] = "{MASK}"'),
        ('client_secret = "8f7d6e5c4b3a29181716"', f'client_secret = "{MASK}"'),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY",
         f"aws_secret_access_key = {MASK}"),
        ("SECRET_KEY_BASE=3eb45fe1be6e4c1e8d7a9f", f"SECRET_KEY_BASE={MASK}"),
        (f"HEROKU_API_KEY={UUID}", f"HEROKU_API_KEY={MASK}"),
        ("mongodb://me:pa55@host/db", f"mongodb://me:{MASK}@host/db"),
        ("redis://:s3cretPass@cache:6379", f"redis://:{MASK}@cache:6379"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", MASK),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc\n-----END PGP PRIVATE KEY BLOCK-----\nx",
         f"{MASK}\nx"),
        ("AccountKey=" + "aB3d" * 8 + "==;x", f"AccountKey={MASK};x"),
        ("https://hooks.slack.com/services/" + "T0/B0/aB3daB3daB3daB3d",
         f"https://hooks.slack.com/services/{MASK}"),
        ("https://discord.com/api/webhooks/1234567890/" + MIXED * 4,
         f"https://discord.com/api/webhooks/1234567890/{MASK}"),
        (f"discord bot {DISCORD}", f"discord bot {MASK}"),
        ("curl -u me:pa55word https://x", f"curl -u me:{MASK} https://x"),
        ("curl -H 'X-Api-Key: aB3dE6gH9jK2' -u me:pa55word https://x",
         f"curl -H 'X-Api-Key: {MASK}' -u me:{MASK} https://x"),
        ("login --password hunter22 --user me", f"login --password {MASK} --user me"),
        ("tool --api-key aB3dE6gH9jK2 go", f"tool --api-key {MASK} go"),
        ("machine x login me password hunter22", f"machine x login me password {MASK}"),
        ("create user me identified by 'hunter22'", f"create user me identified by '{MASK}'"),
        ("<password>hunter22</password>", f"<password>{MASK}</password>"),
        ('<add key="ApiKey" value="aB3dE6gH9jK2"/>', f'<add key="ApiKey" value="{MASK}"/>'),
        ("//registry.npmjs.org/:_authToken=a1b2c3d4e5", f"//registry.npmjs.org/:_authToken={MASK}"),
        ("sshpass -p hunter22 ssh me@host", f"sshpass -p {MASK} ssh me@host"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=" + HEX * 4,
         f"https://b.s3.amazonaws.com/k?X-Amz-Signature={MASK}"),
    ],
)  # fmt: skip
def test_a_secret_in_its_place_keeps_what_is_around_it(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "the token count was 1200; passwords are hard",
        "sk-learn and ghp files, AKIA is a prefix",
        "https://example.org:8080/path@home",
        "max_tokens limit reached: see the secret garden",
        "task-list-with-many-long-words and desk-organisation-of-2026-plans",
        "secret = var.secret",
        "secret_id = module.secret.id",
        "{ secret = each.value, weight = 250 }",
        "cache miss for secret:877416",
        'const csrfToken = document.querySelector("meta[name=csrf]")',
        "<usage>total_tokens: 33894</usage>",
        "tokens = self.tokenizer.tokenize(text)",
        "Process a single token: Palacapa, visualize, convert to sound",
        "for token in tokens:\n    embedding42 = model(token)",
        "token:\n  hunter22",
        "{ clean_up_tokenization_spaces: true }",
        '"token_type": "Bearer", "expires_in": 3600',
        "password: str | None = None",
        "password: ${DB_PASSWORD}",
        "POSTGRES_PASSWORD: ${AIRFLOW_DB_PASSWORD:?run make env first}",
        "API_KEY=your-api-key-here",
        "API_KEY=<your key>",
        "token = os.environ['GITHUB_TOKEN']",
        "password = getpass.getpass()",
        "const secret2 = await getSecret(name1)",
        "if token == token2:",
        "secretName: my-app-credentials",
        "password=password",
        "token: {{ secrets.GITHUB_TOKEN }}",
        "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
        "basic functionality and Basic authentication, bearer authentication",
        "docker run -u 1000:1000 --user root:root image",
        "postgresql://user:password@localhost/db",
        "postgresql://$USER:$PASSWORD@localhost/db",
        "secret_path = '/run/secrets/db_password'",
        "token_file: config/token.json",
        "access_key_id and secret_access_key are settings",
        "access token: 2026-11-30T10:00:00Z",
        "private key: ~/.ssh/id_ed25519",
        'placeholder="Enter your password"',
        "password must hold 8 characters: letters1 and digits",
        "token_1 = token_2",
        "self.api_key = api_key",
        "auth_key: Optional[str]",
        "commit 3f2b8c1a9d4e4f6a8b7c0123abcd4567ef890123",
        "sha512-" + "aB3dE6gH9jK2mN5p" * 5 + "==",
    ],
)
def test_talk_and_code_about_secrets_is_left_alone(text: str) -> None:
    assert mask_secrets(text) == text


def test_a_values_key_can_name_a_secret_that_shows_no_other_sign() -> None:
    value = {"password": "hunter22", "nested": [{"apiKey": "aB3dE6gH", "max_tokens": 5}]}
    assert mask_value(value) == {
        "password": MASK,
        "nested": [{"apiKey": MASK, "max_tokens": 5}],
    }
    plain = {"password": "required", "token": "abc", "secret_name": "aB3dE6gH9", "note": "ok"}
    assert mask_value(plain) == plain


def test_letters_whose_small_form_is_longer_move_nothing() -> None:
    assert mask_secrets("İİİ password=hunter22 İ") == f"İİİ password={MASK} İ"


def test_half_a_surrogate_pair_hides_no_secret() -> None:
    assert mask_secrets("\ud83d password=hunter22") == f"\ud83d password={MASK}"


def test_masking_again_changes_nothing() -> None:
    text = " ".join(TOKENS.values()) + " password=hunter22 mongodb://me:pa55@h/"
    once = mask_secrets(text)
    assert mask_secrets(once) == once


def test_the_demo_holds_no_secret_and_none_is_found(tmp_path: Path) -> None:
    generate(tmp_path)
    entries, found = _found(tmp_path.rglob("*.jsonl"))
    assert entries > 5_000
    assert len(found) <= entries / 10_000, found


def test_real_transcripts_hold_no_secret_and_none_is_found(shared_transcripts: Path) -> None:
    entries, found = _found((shared_transcripts / "public").rglob("*.jsonl"))
    assert entries > 200
    assert not found


def test_this_repository_is_shown_as_it_is() -> None:
    """Source code that deals with passwords all the time; the exceptions look like real ones."""
    listed = subprocess.run(
        ["git", "ls-files", "include", "dashboards", "dags", "dbt", "plugins"],
        cwd=PROJECT_DIR, capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    if not listed:
        pytest.skip("no checkout of git")
    suffixes = {".py", ".sql", ".yml", ".yaml", ".js", ".html"}
    texts = [(PROJECT_DIR / name).read_text() for name in listed if Path(name).suffix in suffixes]
    assert not [line for text in texts for line in _changed(text)]


def _found(files: Iterator[Path]) -> tuple[int, list[str]]:
    entries, found = 0, []
    for path in files:
        for line in path.read_bytes().splitlines():
            try:
                entry = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            entries += 1
            found += [each for text in _texts(entry) for each in _changed(text)]
    return entries, found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _changed(text: str) -> list[str]:
    masked = mask_secrets(text)
    before = set(text.split("\n"))
    return [line for line in masked.split("\n") if MASK in line and line not in before]
