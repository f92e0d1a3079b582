# SPDX-License-Identifier: GPL-2.0
"""Who has read which module of the crate: docs/sign-off.md. An entry is stale when what it covers has changed: the module,
the rows of docs/boundary.md of the items that it defines, and the statements of the clauses that it names.
"""
import hashlib
import re

PAGE = "docs/sign-off.md"
ROW = re.compile(r"^\| `(rust/\w+\.rs)` \| `(\w+)` \| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", re.M)


def modules(review):
    return [path for path, _ in review.texts("rust/", suffix=".rs")]


def covered(review, path):
    """A hash of all that somebody who signs a module has read."""
    text = review.files[path]
    rows = [f"{name}: {table}" for name, table in sorted(review.boundary.items())
            if re.search(rf"\b(?:struct|trait|fn) {name}\b", text)]
    named = [review.clauses[name].statement for name in sorted(set(re.findall(r"`(\w+)`", text)) & review.clauses.keys())]
    return hashlib.sha256("\n".join([text, *rows, *named]).encode()).hexdigest()[:12]


def state(review):
    """Of each module who has signed it, and whether that still holds."""
    said = {path: (digest, commit, who.strip(), what.strip())
            for path, digest, commit, who, what in ROW.findall(review.files.get(PAGE, ""))}
    for path in modules(review):
        now = covered(review, path)
        digest, commit, who, what = said.get(path, ("", "", "", ""))
        yield path, now, ("nobody has signed it" if not digest else f"signed by {who} at {commit}: {what}" if digest == now
                          else f"changed since {who} signed it at {commit}: {what}")
