# SPDX-License-Identifier: GPL-2.0
"""Write the review as pages for Sphinx, in the order of risk: what changed, the public items, the unsafe places, the ABI,
the kernel's part, each clause.
"""
import html
import re
import subprocess

import signed

TITLES = {"requires": "Required of the caller", "checks": "Checked by", "site": "Where it is checked",
          "meets": "Checked, though it holds there anyway, by", "guarantees": "Guaranteed by",
          "relies": "Relied on in Rust, with the reason why it holds", "breaks": "Tests that break it",
          "test": "Other tests that are about it", "proof": "Proofs", "kernel": "Assumed of the kernel"}
INTRODUCTION = """
What this page does not check
-----------------------------

- No argument is judged. A reason is there, and names what it is about; whether it follows, only you can see.
- Safe code is seen through the table of public items alone. A function that is wrong and has nothing unsafe in it is seen by
  tests, not here.
- No proof is about Rust. The proofs and the model are about C.
- One configuration is compiled, that of Debian's kernel. What it leaves out is read as text.

In 5 minutes
------------

Read what changed, above all in the API; the known holes; and which modules nobody has signed as they are now. Refuse a change
of the API that its author does not speak of.

{signed}

In 15 minutes
-------------

Go through the :doc:`public items <boundary>` of the modules that are not signed, those first that have a hole. Of each row ask
whether safe code could do worse than what it says, and whether the clause keeps that.

In 30 minutes
-------------

Read the :doc:`unsafe places <unsafe>` of these modules: each shows what its callees ask for, point by point, and the reason
that is given. Then what is :doc:`newly trusted of the kernel <kernel>`. Sign in ``docs/sign-off.md``, or refuse and say why.

The soundness argument
----------------------

A *clause* is a condition with a name. If all clauses hold, there is no undefined behaviour. Each name leads to its statement,
and to every place where it is required, checked, relied on, tested or proved, with the source.
"""


def heading(text, level=0, label=""):
    return (f"\n.. _{label}:\n" if label else "") + f"\n{text}\n{'=-~'[level] * len(text)}\n"


def label(symbol):
    return "in-" + re.sub(r"\W+", "-", symbol)


class Pages:
    def __init__(self, review):
        self.review = review

    def write(self, summary, changes, folder):
        review, clauses = self.review, self.review.clauses
        symbols = dict.fromkeys((unsafe.path, unsafe.symbol) for unsafe in review.unsafe)
        pages = {
            "boundary": heading("Public items") + "".join(map(self.of_item, sorted(review.boundary, key=self.risk))),
            "unsafe": heading("Unsafe Rust") + "\nAll there is: what each callee requires, and why it holds.\n" +
                      "".join(self.of_symbol(*symbol) for symbol in symbols),
            "functions": heading("The C ABI") + "".join(map(self.of_function, sorted(review.abi, key=review.abi.get))),
            "kernel": heading("Assumed of the kernel") + "".join(self.of_kernel(clause, changes) for clause in clauses.values()),
            **{clause.name: self.of_clause(clause) for clause in sorted(clauses.values(), key=lambda c: not c.errno)}}
        contents = "\n".join(f"   {name}" for name in pages)
        pages["index"] = self.index(summary, changes) + f"\n.. toctree::\n   :hidden:\n\n{contents}\n"
        for name, text in pages.items():
            (folder / f"{name}.rst").write_text(text, encoding="utf-8")

    def name(self, name):
        return f":ref:`{name} <{name}>`" if name in self.review.clauses else f"``{name}``"

    def inline(self, text):
        """Markdown's words as Sphinx has them, the names of clauses as links."""
        return re.sub(r"`+([^`]+)`+", lambda match: rf"\ {self.name(match[1])}\ ", text)

    def prose(self, text):
        done = subprocess.run(["pandoc", "--from=gfm", "--to=rst", "--wrap=preserve"], input=text, text=True,
                              check=True, stdout=subprocess.PIPE)
        return self.inline(done.stdout)

    def source(self, path, *lines):
        """What these lines are in, as the file has it."""
        out = ""
        for first, text in dict.fromkeys(self.review.part(path, line) for line in lines):
            marks = ",".join(str(line - first + 1) for line in lines if 0 <= line - first <= text.count("\n"))
            code = "\n".join("   " + row for row in text.rstrip().split("\n"))
            out += (f"\n.. code-block:: {'rust' if path.endswith('.rs') else 'c'}\n   :lineno-start: {first}\n"
                    f"   :emphasize-lines: {marks}\n\n{code}\n")
        return out

    def spots(self, places):
        """Each place as a line that unfolds to its source."""
        return "".join(f"\n.. raw:: html\n\n   <details><summary><code>{html.escape(p.symbol)}</code> "
                       f"{html.escape(p.text)} <small>{p.path}:{p.line}</small></summary>\n"
                       f"{self.source(p.path, p.line)}\n.. raw:: html\n\n   </details>\n" for p in places)

    def index(self, summary, changes):
        wrong = "".join(f"\n- ``{error}``" for error in self.review.errors)
        changed = "".join(f"\n   {change}" for change in changes)
        states = "".join(f"\n   * - ``{path}``\n     - {said}\n     - ``{now}``" for path, now, said in
                         signed.state(self.review))
        table = f"\n.. list-table:: Modules: who has read them, and the hash to sign\n\n{states.lstrip(chr(10))}\n"
        return (heading("The contract in the code") +
                (f"\n**Wrong**:\n{wrong}\n" if wrong else "\nNothing is missing that this looks for.\n") + f"\n{summary}\n" +
                (f"{heading('What changed', 1)}\n::\n\n{changed}\n" if changes else "") +
                INTRODUCTION.format(signed=table) + "\n" + self.prose(self.review.argument) + "\n" +
                self.prose(self.review.preface))

    def risk(self, name):
        """The items first that have a hole, then those with most to go wrong."""
        kept = [cells[1] for _, cells in self.review.boundary[name]]
        return -kept.count("hole"), -len(kept), name

    def of_item(self, name):
        out = heading(name, 1, label("item-" + name))
        for keys, (reason, kept, shown) in self.review.boundary[name]:
            names = ", ".join(self.name(word) if word in self.review.clauses else f"**{word}**"
                              for word in re.findall(r"\w+", kept))
            out += f"\n{', '.join(f'``{key}``' for key in keys)}\n   {self.inline(reason)} Kept by {names}. {self.inline(shown)}\n"
        return out

    def of_symbol(self, path, symbol):
        """A function that is safe to call, or an impl, with all that is unsafe in it."""
        review = self.review
        mine = [unsafe for unsafe in review.unsafe if (unsafe.path, unsafe.symbol) == (path, symbol)]
        out = heading(symbol, 1, label(symbol)) + f"\n{mine[0].path}:{mine[0].line}\n" + self.source(
            mine[0].path, *(unsafe.line for unsafe in mine))
        for unsafe in mine:
            callees = [f":ref:`{c} <{label(c)}>`" if c in review.abi else f"``{c}``" for c in unsafe.callees]
            out += f"\nWhat {' and '.join(callees) or 'it calls'} requires, and why it holds:\n"
            for name in sorted(set(unsafe.reasons).union(*unsafe.required) & review.clauses.keys()):
                reason, said = unsafe.reasons.get(name, "**not discharged**"), review.clauses[name].statement
                out += f"\n{self.name(name)}\n   {self.inline(reason)}\n\n   That is: {self.inline(said)}\n"
            out += self.asked(unsafe)
        kind = symbol.split("::")[0].split(" ")[-1]
        if kind in review.invariants:
            out += f"\nThe invariants of {kind}, which the reasons name:\n\n{self.prose(review.invariants[kind])}\n"
        words = " ".join(reason for unsafe in mine for reason in unsafe.reasons.values())
        return out + self.spots({p.symbol: p for p in review.of("kernel") if f"`{p.symbol}`" in words}.values())

    def asked(self, unsafe):
        """What foreign callees ask for, in their own words."""
        return "".join(f"\n``{callee}`` asks that\n\n" + "".join(
            f"- {self.quote(obligation)} {self.inline(clause)}\n" for obligation, clause in self.review.obligations[callee])
                       for callee in unsafe.callees if callee in self.review.obligations)

    def indented(self, words):
        """A part of a clause as Sphinx has it in a list: its own items, if it has some, are a list in that."""
        return re.sub(r"\n- ", "\n  - ", re.sub(r"(?:^|\n)(?=- )", "\n\n", words, count=1))

    def quote(self, text):
        return re.sub(r"([*\\|_`\[\]<>])", r"\\\1", text)

    def of_function(self, name):
        """A function of the ABI, and for each clause of its contract what shows it."""
        review, (path, line) = self.review, self.review.defined.get(name, ("c/vmremap.h", self.review.abi[name]))
        users = dict.fromkeys(unsafe.symbol for unsafe in review.unsafe if name in unsafe.callees)
        out = heading(name, 1, label(name)) + self.source("c/vmremap.h", review.abi[name]) + \
            f"\n{path}:{line}\n" + self.source(path, line)
        if users:
            out += f"\nCalled from Rust by {', '.join(f':ref:`{user} <{label(user)}>`' for user in users)}.\n"
        for place in (p for p in review.places if p.symbol == name and p.path == "c/vmremap.h"):
            clause, title = review.clauses[place.clause], TITLES[place.role].split(" by")[0]
            out += f"\n{title}: {self.name(clause.name)}\n   {self.inline(clause.statement)}\n"
            if place.role == "guarantees":
                out += "".join(f"\n   Kept by {self.inline(words)}.\n" for words in clause.kept)
            if place.role == "checks":
                sites = [p for p in review.of("site", clause.name) if p.symbol in review.through[name]]
                tests = [p for p in review.of("breaks", clause.name) if name in review.through_tests[p.symbol]]
                out += self.spots(sites + tests)
        return out

    def of_kernel(self, clause, changes):
        """With a revision to compare with, what is newly trusted; the source of that alone is shown."""
        places = [p for p in self.review.of("kernel", clause.name)
                  if any(f"{clause.name} rests on {p.symbol}," in change for change in changes)]
        said = f"\n{self.inline(self.indented(clause.notes.get('Assumes', '?')))}\n"
        return heading(self.name(clause.name), 1) + said + self.spots(places) if places or not changes else ""

    def of_clause(self, clause):
        steps = [step for step in re.split(r"\n(?=\d+\. )", self.review.argument) if f"`{clause.name}`" in step]
        notes = [("Kept by", words) for words in clause.kept] + [*clause.notes.items()]
        out = heading(clause.name, 0, clause.name) + f"\n{self.inline(clause.statement)}\n" + "".join(
            f"\n- **{what}**: {self.inline(self.indented(words))}\n" for what, words in notes)
        out += heading("Its part in the argument", 1) + "\n" + self.prose("\n".join(steps))
        for role, title in TITLES.items():
            places = self.review.of(role, clause.name)
            out += heading(f"{title} ({len(places)})", 1) + self.spots(places) if places else ""
        return out
