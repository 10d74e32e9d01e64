"""Text from anywhere, as a person may be shown it. A leaf: it imports nothing of ours."""
# ruff: noqa: RUF001, RUF002 (these quotation marks are meant)

import re

_MARKDOWN = re.compile(r"[\\`*_\[\]<>()|&~@#!$]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_HARMLESS = (
    (re.compile(r"<"), "‹"),
    (re.compile(r">"), "›"),
    (re.compile(r"\|"), "¦"),
    (re.compile(r"`"), "'"),
    (re.compile(r"\]\("), "] ("),
    (re.compile(r"(https?|javascript):", re.IGNORECASE), r"\1[:]"),
    (re.compile(r"\bwww\.", re.IGNORECASE), "www[.]"),
    (re.compile(r"@(?=everyone|here|channel)", re.IGNORECASE), "@ "),
)


def printable(text: str) -> str:
    """Text for a terminal, a log or a message: what a terminal would obey and what nobody would see is spelled out.

    Lines and tabs stay; letters of any script do.

    >>> printable("a\\x1b[2J\\u202eb")
    'a\\\\x1b[2J\\\\u202eb'
    """
    if text.isprintable():
        return text
    return "".join(letter if letter in "\n\t" or letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def as_markdown(text: str) -> str:
    """Text as Markdown that shows just this text, in one line: no link, no HTML, no other cell of a table.

    >>> as_markdown("[a](http://b) <i>|")
    '\\\\[a\\\\]\\\\(http\\\\://b\\\\) \\\\<i\\\\>\\\\|'
    """
    return _MARKDOWN.sub(r"\\\g<0>", printable(text).replace("\n", " ").replace("\t", " "))


def harmless(text: str) -> str:
    """Text for a message to any service: some take it as HTML, some as Markdown, and both as text.

    >>> harmless("<b> [a](http://b) | @everyone")
    '‹b› [a] (http[:]//b) ¦ @ everyone'
    """
    text = printable(text)
    for what, instead in _HARMLESS:
        text = what.sub(instead, text)
    return text
