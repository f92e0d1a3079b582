# SPDX-License-Identifier: GPL-2.0
"""Write the review: Markdown, and one HTML page that needs nothing else."""
import html as escape_of
import json
import pathlib
import re

TITLES = {"requires": "Required of the caller", "checks": "Checked by", "site": "Where it is checked",
          "meets": "Holds of itself in", "guarantees": "Guaranteed by", "relies": "Relied on in Rust",
          "test": "Tested", "proof": "Proved"}


def anchor(place):
    return f"{place.path}:{place.line}"


def markdown(review):
    out = ["# The contract in the code", ""]
    for clause in review.clauses.values():
        out += [f"## {clause.name}", "", clause.statement, ""]
        out += [f"- kept by {words}" for _, _, words in clause.kept]
        for role, title in TITLES.items():
            places = review.of(role, clause.name)
            if places:
                out += ["", f"### {title}", ""]
                out += sorted({f"- {p.symbol} {p.text}".rstrip() + f" ({p.where()})" for p in places})
        out.append("")
    out += ["# Unsafe Rust", ""]
    for unsafe in review.unsafe:
        out += [f"## {unsafe.symbol} ({unsafe.path}:{unsafe.line})", "",
                f"Calls {', '.join(unsafe.callees)}.", "", "| required | because |", "| --- | --- |"]
        out += [f"| {name} | {unsafe.reasons.get(name, 'MISSING')} |"
                for name in sorted(unsafe.required | unsafe.reasons.keys())]
        out.append("")
    if review.errors:
        out += ["# Wrong", ""] + [f"- {error}" for error in review.errors]
    return "\n".join(out).rstrip() + "\n"


def inline(text):
    """A line of Markdown as HTML; names of clauses become links."""
    text = escape_of.escape(text)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"(?<!\*)\*([^*]+)\*(?!\*)", r"<i>\1</i>", text)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def argument(text):
    """The soundness argument as HTML: headings, paragraphs and lists are all that it has."""
    out, item, kind = [], None, None
    for line in text.split("\n") + ["## "]:
        start = re.match(r"(\d+\.|-) (.*)", line)
        if start or not line.strip() or line.startswith("#"):
            if item:
                out.append(f"<{kind}>{inline(item)}</{kind}>")
            item, kind = (start[2], "li") if start else (None, None)
            if line.startswith("## ") and line != "## ":
                out.append(f"<h3>{inline(line[3:])}</h3>")
        elif item:
            item += " " + line.strip()
        else:
            item, kind = line.strip(), "p"
    return re.sub(r"((?:<li>.*?</li>\n?)+)", r"<ol>\1</ol>", "\n".join(out))


def html(review, files, changes):
    shown = {}
    places = []
    for place in review.places:
        places.append({"role": place.role, "clause": place.clause, "symbol": place.symbol, "text": place.text,
                       "path": place.path, "line": place.line})
        shown.setdefault(place.path, files.get(place.path, ""))
    data = {
        "titles": TITLES,
        "clauses": [{"name": c.name, "statement": inline(c.statement), "kept": [inline(w) for _, _, w in c.kept],
                     "how": sorted({h for h, _, _ in c.kept}), "errno": c.errno,
                     "notes": {k: inline(v) for k, v in c.notes.items()}} for c in review.clauses.values()],
        "places": places,
        "unsafe": [{"symbol": u.symbol, "path": u.path, "line": u.line, "callees": u.callees, "text": u.text,
                    "required": sorted(u.required), "reasons": u.reasons} for u in review.unsafe],
        "abi": sorted(review.abi),
        "through": {name: sorted(used) for name, used in review.through.items()},
        "invariants": {name: argument(text) for name, text in review.invariants.items()},
        "errors": review.errors,
        "files": {name: text for name, text in files.items() if name in shown or name.startswith(("c/", "rust/"))},
        "argument": argument(review.argument),
    }
    template = (pathlib.Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    return template.replace("@DATA@", json.dumps(data).replace("</", "<\\/"))
