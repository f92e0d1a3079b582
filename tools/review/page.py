# SPDX-License-Identifier: GPL-2.0
"""Write the review: Markdown, and one HTML page that needs nothing else.

By hand, because sites of many pages is what generators make, and a review is one file to send and to keep.
"""
import html as escape_of
import json
import pathlib
import re

TITLES = {"requires": "Required of the caller", "checks": "Checked by", "site": "Where it is checked",
          "meets": "Checked, though it holds there anyway, by", "guarantees": "Guaranteed by",
          "relies": "Relied on in Rust, with the reason why it holds", "breaks": "Tests that break it",
          "test": "Other tests that are about it", "proof": "Proofs", "kernel": "Assumed of the kernel"}
FOLDER = pathlib.Path(__file__).parent


def markdown(review):
    out = ["# The contract in the code", "", review.summary, ""]
    for clause in review.clauses.values():
        out += [f"## {clause.name}", "", clause.statement, ""]
        out += [f"- kept by {words}" for _, _, words in clause.kept]
        out += [f"- {what.lower()}: {words}" for what, words in clause.notes.items()]
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


def prose(text):
    """A part of the contract as HTML: headings, paragraphs and lists are all that it has."""
    out, item, kind = [], None, None
    for line in text.split("\n") + [""]:
        start = re.match(r"(\d+)\. (.*)|- (.*)", line)
        if start or not line.strip() or line.startswith("#"):
            if item:
                out.append(f"<{kind}>{inline(item)}</{kind.split()[0]}>")
            item, kind = (start[2] or start[3], f"li value={start[1]}" if start[1] else "li") if start else (None, None)
            if line.startswith("## "):
                out.append(f"<h3>{inline(line[3:])}</h3>")
        elif item:
            item += " " + line.strip()
        else:
            item, kind = line.strip(), "p"
    text = "\n".join(out)
    text = re.sub(r"((?:<li value.*?</li>\n?)+)", r"<ol>\1</ol>", text)
    return re.sub(r"((?:<li>.*?</li>\n?)+)", r"<ul>\1</ul>", text)


def html(review, files, changes):
    shown = {p.path for p in review.places}
    data = {
        "titles": TITLES,
        "clauses": [{"name": c.name, "statement": inline(c.statement), "kept": [inline(w) for _, _, w in c.kept],
                     "how": sorted({h for h, _, _ in c.kept}), "errno": c.errno, "line": c.line,
                     "notes": {k: inline(v) for k, v in c.notes.items()}} for c in review.clauses.values()],
        "places": [{"role": p.role, "clause": p.clause, "symbol": p.symbol, "text": p.text, "path": p.path,
                    "line": p.line} for p in review.places],
        "unsafe": [{"symbol": u.symbol, "path": u.path, "line": u.line, "end": u.end, "callees": u.callees,
                    "required": sorted(u.required), "reasons": u.reasons} for u in review.unsafe],
        "abi": sorted(review.abi, key=lambda name: review.abi[name][0]),
        "defined": review.defined,
        "through": {name: sorted(used) for name, used in review.through.items()},
        "about": {name: sorted(functions) for name, functions in review.through_tests.items()},
        "invariants": {name: prose(text) for name, text in review.invariants.items()},
        "errors": review.errors,
        "changes": changes,
        "summary": review.summary,
        "files": {name: text for name, text in files.items() if name in shown or name.startswith(("c/", "rust/"))},
        "kernel": review.kernel,
        "preface": prose(review.preface),
        "argument": prose(review.argument),
    }
    page = {"STYLE": "page.css", "SCRIPT": "page.js"}
    parts = {name: (FOLDER / file).read_text(encoding="utf-8") for name, file in page.items()}
    parts["DATA"] = json.dumps(data).replace("<", "\\u003c")
    template = (FOLDER / "page.html").read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda match: parts[match[1]], template)
