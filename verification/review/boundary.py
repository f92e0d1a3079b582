# SPDX-License-Identifier: GPL-2.0
"""The public safe API, item by item: docs/boundary.md says of each what safe code can do to it and what prevents harm,
and of each safe method of the kernel's types that reach it what it can undo. What there is, rustdoc says.
"""
import re

import api
from model import digest, line_of

PAGE = "docs/boundary.md"
SECTION = re.compile(r"^### `([^`\n]+)`\n((?:(?!#).*\n)*)", re.M)
WORDS = 4
HOSTILE = "selftests/hostile/"
# What the language and rustc's checks of it keep by themselves, and what nothing keeps, which the contract lists.
KEPT = "type", "hole", "none"


def rows(body):
    """Of a table each row, with its keys and its other cells."""
    for line in re.findall(r"^\| (.*) \|$", body, flags=re.M):
        keys, *cells = (cell.strip() for cell in re.split(r"(?<!\\)\|", line))
        if not keys.startswith("---") and keys not in ("what", "methods", "hazard"):
            yield [key.strip("` ") for key in keys.split(",")], cells


def read(review, document, foreign):
    text = review.files.get(PAGE, "")
    parts = dict(re.findall(r"^## (\w+)[^\n]*\n((?:(?!## ).*\n)*)", text, flags=re.M))
    hazards = {kind: [key for keys, cells in rows(parts.get("Hazards", "")) if cells[0] == kind for key in keys]
               for kind in ("type", "trait", "function")}
    crate = api.Crate(document)
    wanted, used = public(crate)
    check(review, text, parts.get("Items", ""), {
        name: dict.fromkeys([*hazards[kind], *members]) for name, (kind, members) in wanted.items()}, check_row)
    used |= {target for name in used for target in foreign.reached(name)} if foreign else set()
    known = {name: found for name in used if (found := foreign.resolve(name))} if foreign else {}
    for name in sorted(used - known.keys() if foreign else ()):
        review.error(PAGE, 1, f"{name}, of which the API speaks, is not found in the crate kernel")
    named = set(re.findall(r"^### `([^`]+)`", parts.get("Foreign", ""), flags=re.M))
    if foreign:
        review.behind |= foreign.behind
        check(review, text, parts.get("Foreign", ""), {
            name: methods for name in {*known.values(), *named}
            if (methods := foreign.types.get(name))}, check_verdict)
    review.boundary, review.verdicts = (
        {match[1]: list(rows(match[2])) for match in SECTION.finditer(parts.get(part, ""))} for part in ("Items", "Foreign"))
    holes = set(re.findall(r"^- \*\*(.+?)\.\*\*", review.argument, re.M))
    on = {f"{name}, {', '.join(keys)}": holes.intersection(re.findall(r"\*([\w ]+)\*", cells[0]))
          for name, table in review.boundary.items() for keys, cells in table if "hole" in re.findall(r"\w+", cells[1])}
    for row, named in on.items():
        review.error(PAGE, 1, f"{row}: a hole, but none of the known ones", when=not named)
    for hole in sorted(holes.difference(*on.values())):
        review.error(PAGE, 1, f"the known hole '{hole}' is on no row")
    tried = {key for table in review.boundary.values() for keys, cells in table if HOSTILE in cells[-1] for key in keys}
    for hazard in sorted({key for every in hazards.values() for key in every} - tried):
        review.error(PAGE, 1, f"no driver of {HOSTILE} tries the hazard {hazard}")


def public(crate):
    """What safe code can name: of each item its kind and its members. And the kernel's types in what it says."""
    wanted, used = {}, set()
    for shown, item, about, line, member in crate.lines():
        if not shown:
            continue
        what = next(iter(item["inner"]))
        used |= crate.foreign(item["inner"])
        if about and "impl" not in (line + " ").split("<")[0].split(" "):
            kind, members = wanted.setdefault(about, ["trait" if "trait " in line.split("<")[0] else "type", []])
        elif not about and what not in ("use", "module"):
            wanted[item["name"]] = ["function", []]
    for shown, item, about, line, member in crate.lines():
        if shown and about in wanted and member and item["name"] and not re.match(r"\d+\. ", member) and (
                line.startswith("impl") or wanted[about][0] == "trait") and not member.startswith("type ") | (" const " in f" {member}"
                                                                                             and "fn " not in member):
            wanted[about][1].append(item["name"])
    return {name: (kind, sorted(set(members))) for name, (kind, members) in wanted.items()}, used


def check(review, text, part, wanted, check_cells):
    found = {match[1]: match for match in SECTION.finditer(part)}
    at = text.find(part)
    for name in sorted(wanted.keys() - found.keys()):
        review.error(PAGE, line_of(text, max(at, 0)), f"{name} has no section: it has {', '.join(wanted[name])}")
    for name, match in found.items():
        where = PAGE, line_of(text, at + match.start())
        review.error(*where, f"{name} is no public item, and no type of the kernel that one speaks of",
                     when=name not in wanted)
        said = [key for keys, _ in rows(match[2]) for key in keys]
        # Who takes one, each row says by name.
        own = [key for key in wanted.get(name, ()) if not key.startswith("taken by ")]
        every = f"all {digest(' '.join(own))}"
        review.behind[every] = own
        for key in wanted.get(name, ()):
            review.error(*where, f"{name}: no row for {key}, or for '{every}'",
                         when=key not in said and (key not in own or every not in said))
        for key in said:
            review.error(*where, f"{name} has no {key}" + f", but '{every}'" * key.startswith("all "),
                         when=name in wanted and key not in wanted[name] and key != every)
            review.error(*where, f"{name} has {key} twice", when=said.count(key) > 1)
        for keys, cells in rows(match[2]):
            check_cells(review, where, f"{name}: {', '.join(keys)}", cells)


def check_row(review, where, what, cells):
    if len(cells) != 3:
        review.error(*where, f"{what}: not what prevents harm, what keeps it, and what shows it")
        return
    reason, kept, shown = cells
    check_verdict(review, where, what, [reason])
    names = re.findall(r"\w+", kept)
    review.error(*where, f"{what}: nothing keeps it", when=not names)
    review.known(*where, [name for name in names if name not in KEPT])
    paths = re.findall(r"`([^`]+)`", shown)
    review.error(*where, f"{what}: nothing shows it", when=not paths)
    for path in paths:
        file, _, test = path.partition(":")
        review.error(*where, f"{what}: there is no {path}", when=file not in review.files or test not in review.files[file])


def check_verdict(review, where, what, cells):
    review.error(*where, f"{what}: not one reason", when=len(cells) != 1 or len(cells[0].split()) < WORDS)
