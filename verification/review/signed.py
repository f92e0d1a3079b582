# SPDX-License-Identifier: GPL-2.0
"""Who has read which module of the crate: docs/sign-off.md. An entry is stale when what it covers has changed: the module,
the rows of docs/boundary.md that are about it, and the statements of the clauses that it names.
"""
import re

from model import digest

PAGE = "docs/sign-off.md"
ROW = re.compile(r"^\| `(rust/\w+\.rs)` \| `(\w+)` \| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", re.M)


# Modules in which a mistake harms most: what gives out references, what devices and the kernel call, handles, views.
FIRST = "rust/frozen.rs", "rust/dma.rs", "rust/fops.rs", "rust/handle.rs", "rust/view.rs"


def modules(review):
    place = {path: number - len(FIRST) for number, path in enumerate(FIRST)}
    return sorted((path for path, _ in review.texts("rust/", suffix=".rs")),
                  key=lambda path: (place.get(path, 0), risk(review, path), path))


def items(review, path):
    """Of the public items that a module defines, or adds functions to, the rows that are about it."""
    text = review.files[path]
    for name, table in review.boundary.items():
        defines = re.search(rf"^pub (?:struct|trait|fn) {name}\b", text, re.M)
        adds = re.search(rf"^ *impl\b[^\n]* {name}<", text, re.M)
        rows = [(keys, cells) for keys, cells in table
                if defines or adds and any(re.search(rf"\bfn {key}\b", text) for key in keys if key not in ("clone", "drop"))]
        if rows:
            yield name, rows


def risk(review, path):
    """How many holes and unsafe places a module has; in the order: FIRST, and then those with more holes."""
    holes = [cells for _, rows in items(review, path) for _, cells in rows if "hole" in re.findall(r"\w+", cells[1])]
    return -len(holes), -sum(unsafe.path == path for unsafe in review.unsafe)


def covered(review, path):
    """A hash of all that somebody who signs a module has read."""
    text = review.files[path]
    rows = [f"{name}: {rows}" for name, rows in sorted(items(review, path))]
    named = [review.clauses[name].statement for name in sorted(set(re.findall(r"`(\w+)`", text)) & review.clauses.keys())]
    return digest("\n".join([text, *rows, *named]))


def state(review):
    """Of each module who has signed it, and whether that still holds."""
    said = {path: (digest, commit, who.strip(), what.strip())
            for path, digest, commit, who, what in ROW.findall(review.files.get(PAGE, ""))}
    for path in modules(review):
        now = covered(review, path)
        digest, commit, who, what = said.get(path, ("", "", "", ""))
        yield path, now, ("nobody has signed it" if not digest else f"signed by {who} at {commit}: {what}" if digest == now
                          else f"changed since {who} signed it at {commit}: {what}")
