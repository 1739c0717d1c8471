"""What has the form of a secret, whoever wrote it."""

from __future__ import annotations

import re

STRUCK = "***"
"""What stands in its place."""

_PASSWORD = (
    r"(?:passw(?:or)?d|passphrase|pwd|(?:(?<![A-Za-z])pass|(?-i:(?<=[a-z])Pass))(?![A-Za-z])"
    r"|sql[_-]?alchemy[_-]?conn|result[_-]?backend|broker[_-]?url)"
)
_TOKEN = (
    r"(?:secret|token|credential|(?:api|access|private|fernet|signing|account|encryption)[_-]?key)"
    r"(?:s|[_-]?(?:key|value|hash|data|text|string))?"
)
_SETTING = (
    r"AIRFLOW__\w{0,80}(?:SECRET|KEY|PASSW|TOKEN|CONN|BACKEND|BROKER|CREDENTIAL)\w{0,80}|AIRFLOW_(?:CONN|VAR)_\w{1,200}"
)
SECRET_NAME = rf"\w{{0,80}}(?:{_SETTING}|(?i:{_PASSWORD}|{_TOKEN}))\w{{0,80}}"
_QUOTE = r"(?:\\{0,4}[\"'])?"
_END = rf"(?:[_-][A-Za-z0-9]{{1,40}}){{0,6}}{_QUOTE}[ \t]*"
"""Of a name, and the quote that may end it."""
_QUOTED = r"\\{1,4}[\"'][\s\S]{0,4000}?\\{1,4}[\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_VALUE = rf"(?:{_QUOTED}|(?!(?:None|null|true|false)\b)[^\s\"',;&)}}\]]+)"
_WORDS = (
    "a access algorithm an and at audience authentication authorization bad by cannot client connection context could "
    "decode decoding denied dial did does error eof expected expired failed failure for forbidden from get got had has "
    "have head http https if in incorrect insufficient invalid is issuer it key lookup malformed may missing must net "
    "no not of on operation or padding parse parsing patch permission please post put read received request requested "
    "response rpc see server should signature stat status that the this timed timeout tls to token too unable "
    "unauthorized unexpected unknown user using was were when while with write wrong x509"
)
_PROSE = rf"(?!(?:{'|'.join(_WORDS.split())}|[45]\d\d)(?:[ \t:,.]|$))"
"""`token: Signature has expired`: no secret, and what is wrong. Any other word may be one."""
_BASE64_LINE = r"(?=[\w+/=]*[A-Z])(?=[\w+/=]*[a-z])(?=[\w+/=]*\d)[A-Za-z0-9+/]{60,76}={0,2}"

FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", STRUCK),
        # The end of such a block whose begin is not there.
        (r"(?m)^(?:[A-Za-z0-9+/=]{1,76}\n){1,100}-----END [A-Z ]*PRIVATE KEY-----", STRUCK),
        # A line of such a block on its own: base64 of 64 characters, or of the 70 of OpenSSH, which no digest is.
        (rf"(?<![\w+/=-])(?![0-9a-f]+(?![\w+/=-])){_BASE64_LINE}(?![\w+/=.-])", STRUCK),
        (r"eyJ[\w-]{8,500}\.[\w-]{8,6000}\.[\w-]{8,1000}", STRUCK),
        # Up to the last @: a password may hold one, and a slash. A port with a path is none.
        (r"(?<=://)[^\s/@:\"'<>]{0,200}:(?!\d{1,5}/)[^\s\"'<>]{0,500}(?=@)", STRUCK),
        # A token in place of a user.
        (r"(?i)(\bhttps?://)[^\s/@\"'<>]{1,200}(?=@)", rf"\1{STRUCK}"),
        # Of a channel of conda's; a topic of a forum has a number.
        (r"(://[^\s\"'<>]{0,300}?/t/)[^\s/\"'<>]{1,200}(?![^\s/\"'<>]|/\d+(?:[\s/?#\"'<>]|$))", rf"\1{STRUCK}"),
        # Of a URL that is its own permission.
        (
            r"(?i)(\b(?:x-(?:amz|goog)-(?:signature|credential|security-token)|sig(?:nature)?)=)[^\s&\"'<>]+",
            rf"\1{STRUCK}",
        ),
        # A header's scheme is no secret.
        (rf"(?i)(authorization{_QUOTE}[ \t]*[:=][ \t]*{_QUOTE})(\w+[ \t]+)?[^\s\\\"',;}}\]]+", rf"\1\2{STRUCK}"),
        (r"(?i)\b(bearer[ \t]+)(?=[^\s\"',]{0,200}[\d._~+/=-])[\w.~+/=-]{8,}", rf"\1{STRUCK}"),
        # 32 bytes in base64 for URLs, as a Fernet key.
        (r"(?<![\w+/=-])[\w-]{43}=(?![\w=])", STRUCK),
        (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}", STRUCK),
        (r"\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{35}\b|\bhvs\.[\w-]{20,}", STRUCK),
        # Settings, connections and variables of Airflow.
        (rf"\b((?:{_SETTING}){_QUOTE}[ \t]*[=:][ \t]*)(?:\{{.{{0,4000}}\}}|{_QUOTED}|\S+)", rf"\1{STRUCK}"),
        # As Kubernetes writes a container's environment.
        (
            rf"((?i:name)[\"']?:[ \t]*[\"']?{SECRET_NAME}[\"']?[,\s]{{1,20}}[\"']?value[\"']?:[ \t]*){_VALUE}",
            rf"\1{STRUCK}",
        ),
        (rf"(?i)({_PASSWORD}{_END}(?::=|=>|[=:])[ \t]*){_VALUE}", rf"\1{STRUCK}"),
        (rf"(?i)({_TOKEN}{_END}(?::=|=>|=)[ \t]*){_VALUE}", rf"\1{STRUCK}"),
        (rf"(?i)({_TOKEN}{_END}:[ \t]*){_PROSE}{_VALUE}", rf"\1{STRUCK}"),
        (rf"(?i)(--[\w-]{{0,40}}(?:{_PASSWORD}|{_TOKEN})[\w-]{{0,40}}[ \t]+)(?!-)\S+", rf"\1{STRUCK}"),
    )
)

MAY_HIDE = re.compile(
    r"://|=|\n|eyJ|A[KS]IA|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AIza|hvs\.|[\w+/]{60}"
    r"|(?i:pass|pwd|secret|token|credential|key|conn|backend|broker|authorization|bearer|airflow_)"
)
"""In each text that has one of the forms: to find nothing of it takes no time, which to look for all of them does."""
