# SPDX-License-Identifier: GPL-2.0
"""Write the review as pages for Sphinx, in the order of risk: what changed, the public items, the modules, the ABI, the
kernel's part, each clause.
"""
import re

import modules
import signed
from text import UNCHECKED, Text, fold, heading, indented, label, page_of

TITLES = {"requires": "Required of the caller", "checks": "Checked by", "site": "Where it is checked",
          "meets": "Also checked, although it holds anyway, by", "guarantees": "Guaranteed by",
          "relies": "Relied on in Rust, with the reason why it holds", "breaks": "Tests that break it",
          "test": "Other tests that are about it", "proof": "Proofs", "kernel": "Assumed of the kernel"}
INTRODUCTION = """
What this page does not check
-----------------------------

{unchecked}- Functions without unsafe code are not checked here. Tests run them, the table of public items lists them, and the page of the
  module shows their source.

In 5 minutes
------------

Read {changed}the known holes at the end of this page. Then look at the table: it says which modules nobody has signed since
their last change. {compare}

{signed}

In 15 minutes
-------------

Go through the :doc:`public items <boundary>`, which are in the order of that table, the riskiest first. Ask of each row: could
safe code do anything worse than what the row says, and does the clause prevent that?

In 30 minutes
-------------

Read the :doc:`modules <unsafe>` in the same order: the code that establishes invariants, and each unsafe place with what its
callee asks for. Then read what is {trusted} :doc:`of the kernel <kernel>`. Sign in ``docs/sign-off.md``, or refuse and say why.

The soundness argument
----------------------

A *clause* is a condition with a name. If all clauses hold, there is no undefined behaviour. Each name is a link to the statement
of the clause, and to every place that requires, checks, relies on, tests or proves it, with the source.
"""
COMPARED = "Refuse a change of the API that its author does not mention."
COMPARE = "To see what has changed since a revision, the API first, run ``make review BASE=REV``."


def contents(names, option=""):
    lines = "".join(f"   {name}\n" for name in names)
    return f"\n.. toctree::\n{option}\n{lines}"


class Pages(Text):
    def write(self, summary, changes, folder):
        pages = self.pages(summary, changes)
        for name, text in pages.items():
            (folder / f"{name}.rst").write_text(text, encoding="utf-8")
        return pages

    def pages(self, summary, changes):
        """By name, the text of each."""
        review, clauses = self.review, self.review.clauses
        tests = {path for table in review.boundary.values() for _, cells in table
                 for path in re.findall(r"`([\w/-]+\.rs)\b", cells[2])}
        self.shown = [path for path, _ in review.texts("rust/", "bindings/", "kunit/", *tests, suffix=".rs")]
        items = {name: (path, said) for path, _, said in reversed([*signed.state(review)])
                 for name, rows in signed.items(review, path) if rows == review.boundary[name]}
        pages = {
            "boundary": heading("Public items") + "".join(self.of_item(name, *of) for name, of in reversed(items.items())) +
                        heading("What the crate kernel adds") + "".join(map(self.of_foreign, review.verdicts.items())),
            "unsafe": modules.write(self),
            "functions": heading("The C ABI") + "".join(map(self.of_function, sorted(review.abi, key=review.abi.get))),
            "kernel": heading("Assumed of the kernel") + "".join(self.of_kernel(clause, changes) for clause in clauses.values()),
            **{clause.name: self.of_clause(clause) for clause in sorted(clauses.values(), key=lambda c: not c.errno)},
            "files": heading("Whole files") + contents(map(page_of, self.shown))}
        return pages | {page_of(path): heading(path) + self.code(path, 1, review.files[path]) for path in self.shown} | {
            "index": self.index(summary, changes) + contents(pages, "   :hidden:\n")}

    def index(self, summary, changes):
        wrong = "".join(f"\n- ``{error}``" for error in self.review.errors)
        changed = "".join(f"\n   {change}" for change in changes)
        rows = [("Module", "Known holes", "Unsafe places", "Who has read it", "Hash to sign")] + [
            (f":ref:`{path} <{label(path)}>`", -holes, -unsafe, said, f"``{now}``")
            for path, now, said in signed.state(self.review) for holes, unsafe in [signed.risk(self.review, path)]]
        cells = "".join("\n   * - " + "\n     - ".join(map(str, row)) for row in rows)
        introduction = INTRODUCTION.format(
            unchecked=UNCHECKED.lstrip(), signed=f".. list-table::\n   :header-rows: 1\n{cells}",
            changed="what changed, above all in the API; " * bool(changes),
            compare=COMPARED if changes else COMPARE, trusted="newly trusted" if changes else "trusted")
        return (heading("The contract in the code") +
                (f"\n**Wrong**:\n{wrong}\n" if wrong else "\nThe review has found nothing wrong.\n") + f"\n{summary}\n" +
                (f"{heading('What changed', 1)}\n::\n\n{changed}\n" if changes else "") + introduction + "\n" +
                self.prose(self.review.argument) + "\n" + self.prose(self.review.preface))

    def of_item(self, name, path, said):
        head = heading(name, 1, label(f"item {name}")) + f"\nIn :ref:`{path} <{label(path)}>`: {said}.\n"
        return head + self.rows(self.review.boundary[name])

    def of_foreign(self, verdicts):
        """A type of the crate kernel, and of each of its safe methods why it undoes nothing."""
        name, rows = verdicts
        behind = {key: self.review.behind.get(key, ()) for keys, _ in rows for key in keys}
        return heading(name, 1) + "".join(
            f"\n{', '.join(f'``{key}``' for key in keys)}\n   {self.inline(cells[0])}\n" + "".join(
                fold(f"These {len(behind[key])}", f"\n{', '.join(f'``{one}``' for one in behind[key])}\n") for key in keys if behind[key])
            for keys, cells in rows)

    def of_function(self, name):
        """A function of the ABI with what it uses in its file, and for each clause of its contract what shows it."""
        review, bodies = self.review, self.review.bodies.get(name, [])
        users = dict.fromkeys(unsafe.symbol for unsafe in review.unsafe if name in unsafe.callees)
        out = heading(name, 1, label(name)) + self.source("c/vmremap.h", review.abi[name])
        out += "".join(f"\n{place.path}:{place.line}\n{self.source(place.path, place.line)}" for place in bodies[:1])
        out += self.spots(bodies[1:])
        if users:
            out += f"\nCalled from Rust by {', '.join(f':ref:`{user} <{label(user)}>`' for user in users)}.\n"
        for place in (p for p in review.places if p.symbol == name and p.path == "c/vmremap.h"):
            out += f"\n{TITLES[place.role].split(' by')[0]}: {self.name(place.clause)}\n"
            if place.role == "checks":
                sites = [p for p in review.of("site", place.clause) if p.symbol in review.through[name]]
                tests = [p for p in review.of("breaks", place.clause) if name in review.through_tests[p.symbol]]
                out += self.spots(sites + tests)
        return out

    def of_kernel(self, clause, changes):
        """With a revision to compare with, what is newly trusted; the source of that alone is shown."""
        places = [p for p in self.review.of("kernel", clause.name)
                  if any(f"{clause.name} rests on {p.symbol}," in change for change in changes)]
        said = f"\n{self.inline(indented(clause.notes.get('Assumes', '?')))}\n"
        return heading(self.name(clause.name), 1) + said + self.spots(places) if places or not changes else ""

    def of_clause(self, clause):
        steps = [re.sub(r"\A(\d+)\. ", r"**Point \1.** ", step) for step in re.split(r"\n(?=\d+\. |## )", self.review.argument)
                 if f"`{clause.name}`" in step]
        notes = [("Kept by", words) for words in clause.kept] + [*clause.notes.items()]
        out = heading(clause.name, 0, clause.name) + f"\n{self.inline(clause.statement)}\n" + "".join(
            f"\n- **{what}**: {self.inline(indented(words))}\n" for what, words in notes)
        out += heading("Its part in the argument", 1) + "".join(f"\n{self.prose(re.sub('^## .*', '', step))}" for step in steps)
        for role, title in TITLES.items():
            places = self.review.of(role, clause.name)
            out += heading(f"{title} ({len(places)})", 1) + self.spots(places) if places else ""
        return out
