"""What a package index shows: the README, whose links lead nowhere there.

A link to a file of the repository becomes its words and the file's path, which is in
the source archive. A link to the web stays, code stays, and a picture is left out.
"""

from __future__ import annotations

import re

PICTURE = re.compile(r"<img\b[^>]*>\n*|!\[[^]]*\]\([^)]*\)\n*")
LINK = re.compile(r"\[(?P<words>[^]]+)\]\((?!https?://)(?P<path>[^)#]+)[^)]*\)")
FENCE = re.compile(r"(^```.*?^```$)", re.M | re.S)
NOTE = "\nThe files named here are in the source archive of this release.\n"


def description(readme: str) -> str:
    """Returns the text for an index.

    Args:
        readme: The README, in Markdown.
    """
    pieces = FENCE.split(readme)
    pieces[::2] = [LINK.sub(_said, PICTURE.sub("", text)) for text in pieces[::2]]
    return "".join(pieces) + NOTE


def _said(link: re.Match[str]) -> str:
    path = f"`{link['path']}`"
    return path if link["words"] == link["path"] else f"{link['words']} ({path})"
