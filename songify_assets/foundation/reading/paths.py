"""JSON paths: which of them cannot be, alone or beside each other."""

import re
from collections.abc import Iterable

_NAME = r'(?:"[^"*\[\].]+"|[^."*\[\]{},]+)'
_PATH = re.compile(rf"\$(?:\.{_NAME})+(?:\[\*\](?:(?:\.{_NAME})*|\{{{_NAME}(?:,{_NAME})*\}}))?")


def misplaced(paths: Iterable[str]) -> str | None:
    """A path that cannot be read, or one that runs through the value of another; None if all can be.

    >>> misplaced(["$.a.b", "$.c[*].d", "$.e[*]{f,g}"]), misplaced(["$.a[*].b[*].c"]), misplaced(["a"])
    (None, '$.a[*].b[*].c', 'a')
    >>> misplaced(["$.a", "$.a.b"]), misplaced(["$.a[*]", "$.a"]), misplaced(["$.a[*]", "$.a[*].b"])
    ('$.a.b', '$.a[*]', '$.a[*].b')
    """
    known = list(paths)
    if wrong := next((path for path in known if not _PATH.fullmatch(path)), None):
        return wrong
    through = ((path, value) for path in known for value in known if path != value and path.startswith(value))
    return next((path for path, value in through if path[len(value)] in ".[{"), None)
