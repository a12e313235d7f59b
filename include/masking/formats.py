"""Secrets that are known by their form: prefixes of issuers, keys in files, addresses, headers."""

import re

from cca.masking.judge import is_encoded, is_random, looks_secret
from cca.masking.rules import MASK, Pattern, Rule, prefixed

_SIGNS = r"[A-Za-z0-9_-]"


# A variable, a placeholder or a mask where an address has its password.
_STANDS_FOR = re.compile(r"[$%{<\[•*]|(?:password|passwd|pass|pwd|secret|token)$", re.IGNORECASE)


def _if_random(found: re.Match[str]) -> str:
    """`sk-` begins keys and also words such as sk-learn: only letters with digits are a key."""
    return MASK if is_random(found[0]) or any(map(str.isdigit, found[0][8:])) else found[0]


def _last_if_secret(found: re.Match[str]) -> str:
    """Masks the last group where it looks like a secret."""
    value = found[found.re.groups]
    before = found[0][: len(found[0]) - len(value)]
    return before + MASK if looks_secret(value) or is_encoded(value) else found[0]


def _password_in_address(found: re.Match[str]) -> str:
    stands_for = re.match(
        r"[$%{<\[•*]|(?:password|passwd|pass|pwd|secret|token)$", found[2], re.IGNORECASE
    )
    return found[0] if stands_for else f"{found[1]}{MASK}@"


_MODELS = (
    prefixed("sk-ant-", rf"{_SIGNS}{{16,}}"),
    Rule(("sk-",), Pattern(rf"(?<![A-Za-z0-9])sk-{_SIGNS}{{16,}}"), _if_random, True),
    prefixed("gsk_ xai- r8_ csk- pplx-", r"[A-Za-z0-9]{24,}"),
    prefixed("hf_ api_org_", r"[A-Za-z0-9]{20,}"),
    prefixed("lsv2_pt_ lsv2_sk_", r"[a-f0-9]{32}_[a-f0-9]{10}", hints="lsv2_"),
    prefixed("pk-lf-", r"[a-f0-9-]{36}"),
    prefixed("nvapi-", rf"{_SIGNS}{{40,}}"),
    prefixed("tvly-", rf"{_SIGNS}{{20,}}"),
    prefixed("fc-", r"[a-f0-9]{32}\b"),
)

_CODE_HOSTS = (
    prefixed("ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{16,}"),
    prefixed("github_pat_", r"\w{20,}"),
    prefixed(
        "glpat- gldt- glrt- glft- glcbt- glptt- glimt- glagent- gloas- glsoat- glffct-",
        r"[\w.-]{16,}",
    ),
    prefixed("GR1348941", r"[\w-]{20}"),
    prefixed("ATBB ATCTT3", r"[A-Za-z0-9_=.-]{24,}"),
    prefixed("ATATT3", r"[\w=-]{30,}"),
    prefixed("npm_ pypi-", r"[\w-]{20,}"),
    prefixed("rubygems_", r"[a-f0-9]{40,}"),
    prefixed("dckr_pat_ dckr_oat_", rf"{_SIGNS}{{20,}}"),
    prefixed("oy2", r"[a-z0-9]{43}\b"),
    prefixed("cio", r"[A-Za-z0-9]{32}\b", hints="cargo token crates"),
    prefixed("AKCp", r"[A-Za-z0-9]{60,}"),
    prefixed("CLOJARS_", r"[a-f0-9]{60}"),
    prefixed("sgp_", r"(?:[a-f0-9]{16}_)?[a-f0-9]{40}|sgp_local_[a-f0-9]{40}"),
    prefixed("CCIPAT_", r"[A-Za-z0-9_]{20,}"),
    prefixed("bkua_ bkct_", r"[a-f0-9]{40}"),
    prefixed("squ_ sqp_ sqa_", r"[a-f0-9]{40}"),
    prefixed("sntrys_ sntryu_", r"[A-Za-z0-9_=+/-]{32,}"),
    prefixed("snyk_uat. snyk_sat.", r"[\w.-]{24,}", hints="snyk_"),
    prefixed("figd_", rf"{_SIGNS}{{20,}}"),
    prefixed("PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    prefixed("PMAT-", r"[A-Z0-9]{26}"),
)

_CLOUDS = (
    prefixed("AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}\b"),
    prefixed("ABSK", r"[A-Za-z0-9+/]{80,}={0,2}"),
    prefixed("AIza", r"[\w-]{30,}"),
    prefixed("GOCSPX- ya29.", r"[\w.-]{20,}"),
    prefixed("1//0", r"[\w-]{40,}"),
    prefixed("LTAI", r"[A-Za-z0-9]{16,26}\b"),
    prefixed("AKID", r"[A-Za-z0-9]{28,32}\b"),
    Rule(("q~",), Pattern(r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}")),
    Rule(
        ("accountkey=", "sharedaccesskey=", "sharedsecret="),
        Pattern(r"((?:Account|SharedAccess)Key=|SharedSecret=)[A-Za-z0-9+/=]{20,}", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    # A signed address: who has it may do what it names.
    Rule(
        ("sig=", "signature=", "security-token="),
        Pattern(
            r"([?&](?:sig|X-(?:Amz|Goog)-(?:Signature|Security-Token)|Signature)=)[\w%+/=-]{20,}",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    prefixed("dop_v1_ doo_v1_ dor_v1_", r"[a-f0-9]{32,}"),
    prefixed("dapi", r"[a-f0-9]{32}(?:-\d)?\b"),
    prefixed("hvs. hvb. hvr.", r"[\w-]{20,}"),
    Rule(("atlasv1.",), Pattern(r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}")),
    prefixed("pul-", r"[a-f0-9]{40}"),
    prefixed("dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[\w.-]{32,}", hints="dp."),
    prefixed("dt0c01. dt0s01.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    prefixed("glsa_ glc_", r"[A-Za-z0-9+/_]{32,}={0,2}"),
    prefixed("NRAK- NRJS- NRII- NRIQ- NRRA-", r"[\w-]{19,}"),
    prefixed("pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w=.-]{32,}", hints="pscale_"),
    prefixed("sbp_ sb_secret_", rf"{_SIGNS}{{20,}}"),
    prefixed("nfp_", r"[A-Za-z0-9]{36,}"),
    prefixed("vcp_ vck_ vercel_blob_rw_", rf"{_SIGNS}{{24,}}"),
    prefixed("rnd_", r"[A-Za-z0-9]{24,}"),
    prefixed("HRKU-", r"[A-Za-z0-9_-]{36,}"),
    prefixed("fo1_ fm1_ fm2_ fm1r_ fm1a_", r"[A-Za-z0-9+/=_-]{43,}"),
    prefixed("v1.0-", r"[a-f0-9]{24}-[a-f0-9]{146}"),
    prefixed("cfut_ cfat_ cfk_", rf"{_SIGNS}{{40,}}"),
    prefixed("tskey-", r"[a-z]+-[A-Za-z0-9]{10,}(?:-[A-Za-z0-9]{10,})?"),
    prefixed("ops_eyJ", r"[\w=+/-]{100,}"),
    prefixed("A3-", r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"),
    prefixed("age-secret-key-1 AGE-SECRET-KEY-1", r"[A-Za-z0-9]{20,}"),
    prefixed("pnu_ pnb_", r"[A-Za-z0-9]{36}"),
    prefixed("napi_", r"[a-z0-9]{40,}"),
)

_WEBHOOKS = (
    "hooks.slack.com",
    "discord.com/api/webhooks",
    "discordapp.com/api/webhooks",
    "hooks.zapier.com",
    "webhook.office.com",
)
_SERVICES = (
    Rule(
        ("k_live_", "k_test_", "k_prod_"),
        Pattern(r"(?<![A-Za-z0-9])[srp]k_(?:live|test|prod)_[A-Za-z0-9]{10,}"),
    ),
    prefixed("whsec_", r"[A-Za-z0-9+/=]{16,}"),
    prefixed("sq0atp- sq0csp- EAAA", r"[\w-]{22,}"),
    Rule(("access_token$",), Pattern(r"access_token\$(?:production|sandbox)\$\w{10,}\$\w{32}")),
    prefixed("FLWSECK_TEST- FLWSECK-", r"[a-h0-9]{12,}(?:-X)?", hints="flwseck"),
    Rule(("xox", "xapp-", "xoxe."), Pattern(r"\b(?:xox[abceoprs]|xapp|xoxe\.xox[bp])-[\w-]{10,}")),
    Rule(
        (
            "hooks.slack.com",
            "discord.com/api/webhooks",
            "discordapp.com/api/webhooks",
            "hooks.zapier.com",
            "webhook.office.com",
        ),
        Pattern(
            r"(hooks\.slack\.com/(?:services|workflows|triggers)/"
            r"|discord(?:app)?\.com/api/webhooks/\d+/|hooks\.zapier\.com/hooks/catch/"
            r"|webhook\.office\.com/webhookb2/)[\w/+@-]{20,}"
        ),
        rf"\1{MASK}",
    ),
    Rule(
        ("discord", "bot ", "token"),
        Pattern(r"(?<![\w.-])[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,38}(?![\w.-])"),
    ),
    Rule((":aa",), Pattern(r"\b\d{8,10}:AA[\w-]{32,}")),
    Rule(("sg.",), Pattern(r"\bSG\.[\w-]{16,}\.[\w-]{16,}")),
    prefixed("xkeysib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    prefixed("key-", r"[a-f0-9]{32}\b"),
    Rule(
        tuple(f"-us{digit}" for digit in range(1, 10)),
        Pattern(r"(?<![a-f0-9])[a-f0-9]{32}-us\d{1,2}\b"),
    ),
    Rule(("twilio",), Pattern(r"(?<![A-Za-z0-9])SK[a-f0-9]{32}\b")),
    prefixed("shpat_ shpss_ shpca_ shppa_", r"[a-fA-F0-9]{24,}"),
    prefixed("shippo_live_ shippo_test_", r"[a-f0-9]{40}", hints="shippo_"),
    prefixed("EZAK EZTK", r"[A-Za-z0-9]{54}"),
    prefixed("lin_api_ lin_oauth_ ntn_", r"[A-Za-z0-9]{20,}"),
    prefixed("secret_", r"[A-Za-z0-9]{43}\b"),
    Rule(
        ("airtable", "token", "api_key", "bearer "),
        Pattern(r"(?<![A-Za-z0-9])pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ),
    prefixed("CFPAT-", rf"{_SIGNS}{{40,}}"),
    prefixed("phx_ phs_", r"[A-Za-z0-9]{32,}"),
    prefixed("rdme_", r"[a-z0-9]{60,}"),
    prefixed("tfp_", r"[\w.=-]{50,}"),
    prefixed("duffel_test_ duffel_live_", r"[\w=-]{40,}", hints="duffel_"),
    prefixed("fio-u-", r"[\w=-]{60,}"),
    prefixed("ico-", r"[A-Za-z0-9]{32}\b"),
    prefixed("sk.eyJ pk.eyJ", r"[\w-]{20,}\.[\w-]{20,}"),
    prefixed("y0_ AQVN", r"[\w-]{35,}"),
    prefixed("re_", r"[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}", hints="resend token api_key bearer"),
    prefixed("jina_", r"[A-Za-z0-9]{40,}"),
    prefixed("e2b_", r"[a-f0-9]{40}"),
    prefixed("ctx7sk-", r"[a-f0-9-]{36}"),
)

_KEYS = (
    Rule(("eyj",), Pattern(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*")),
    # A token that is encrypted has five parts.
    Rule(("eyj",), Pattern(r"eyJ[\w-]{8,}\.[\w-]*\.[\w-]{8,}\.[\w-]{16,}\.[\w-]{16,}")),
    Rule(
        ("private key",),
        Pattern(
            r"-----BEGIN[ A-Z]*PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END[ A-Z]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
            re.DOTALL,
        ),
    ),
    Rule(
        ("private-lines",),
        Pattern(r"(Private-Lines: \d+\s+)[A-Za-z0-9+/=\s]{40,}"),
        rf"\1{MASK}\n",
    ),
    # Hashes of passwords, as in /etc/shadow and .htpasswd.
    Rule(
        ("$2a$", "$2b$", "$2y$", "$2x$", "$6$", "$5$", "$1$", "$y$", "$apr1$", "$argon2", "$7$"),
        Pattern(
            r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$(?:[1567y]|apr1)\$[^\s:$]{1,40}\$[./A-Za-z0-9]{20,}"
            r"(?:\$[./A-Za-z0-9]{20,})?|\$argon2(?:id|i|d)\$[\w=,$+/.-]{30,}"
        ),
    ),
)

_PLACES = (
    Rule(
        ("curl", "wget", "https "),
        Pattern(
            r"(\b(?:curl|wget|https?)\b[^\n|;&]*?\s(?:-u|--user|--proxy-user|-a)[ =]?[\"']?"
            r"[^\s:\"'$]+:)([^\s\"'$]{4,})"
        ),
        rf"\1{MASK}",
    ),
    Rule(
        ("bearer ", "basic ", "authorization"),
        Pattern(
            r"(\b(?:bearer|basic|authorization[\"']?\s*[:=]\s*[\"']?token) +)"
            r"([a-z0-9._~+/=-]{12,})",
            re.IGNORECASE,
        ),
        _last_if_secret,
    ),
    Rule(
        ("authorization",),
        Pattern(r"(authorization[\"']?[ \t]*[:=][ \t]*[\"']?)([\w.~+/=-]{16,})", re.IGNORECASE),
        _last_if_secret,
    ),
    Rule(
        ("cookie",),
        Pattern(
            r"((?:set-)?cookie[\"']?: *[\"']?(?:[^\n=;]+=[^\n;]*; *)*?"
            r"[\w.-]*(?:sess|sid|auth|jwt|csrf)[\w.-]*=)([^\s;\"']{16,})",
            re.IGNORECASE,
        ),
        _last_if_secret,
    ),
    Rule(("://",), Pattern(r"(://[^\s:/@\"'`]*:)([^\s@/\"'`]+)@"), _password_in_address),
    Rule(
        ("_authtoken=", "_auth=", "_password="),
        Pattern(r"(:_(?:authToken|auth|password)=)([^\s$]{8,})", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    Rule(
        ("password", "identified by"),
        Pattern(
            r"(\blogin\s+\S+\s+password[ \t]+"
            r"|\b(?:identified by|(?:encrypted )?password)[ \t]+['\"])"
            r"([^\s'\"]{6,})",
            re.IGNORECASE,
        ),
        _last_if_secret,
    ),
    Rule(("sshpass",), Pattern(r"(\bsshpass +-p *[\"']?)([^\s\"'$]{4,})"), rf"\1{MASK}"),
    Rule(
        ("mysql",),
        Pattern(r"(\bmysql(?:dump|admin)?\b[^\n|;&]*? -p[\"']?)([^\s\"'$]{4,})"),
        rf"\1{MASK}",
    ),
)

RULES = (*_MODELS, *_CODE_HOSTS, *_CLOUDS, *_SERVICES, *_KEYS, *_PLACES)
