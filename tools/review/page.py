# SPDX-License-Identifier: GPL-2.0
"""Write the review as pages for Sphinx: the argument, the unsafe places, the ABI, the kernel's part, each clause."""
import html
import re
import subprocess

TITLES = {"requires": "Required of the caller", "checks": "Checked by", "site": "Where it is checked",
          "meets": "Checked, though it holds there anyway, by", "guarantees": "Guaranteed by",
          "relies": "Relied on in Rust, with the reason why it holds", "breaks": "Tests that break it",
          "test": "Other tests that are about it", "proof": "Proofs", "kernel": "Assumed of the kernel"}
INTRODUCTION = """
A *clause* is a condition with a name. Below is the argument: if all clauses hold, there is no undefined behaviour. Each
name leads to its statement, and to every place where it is required, checked, relied on, tested or proved, with the
source.

1. Read the argument.
2. Follow one function from the top to the bottom: :ref:`Area::mmap <in-Area-mmap>`, and then what it calls.
3. Read the other :doc:`unsafe places <unsafe>`: there are no more.
4. See what is :doc:`assumed of the kernel <kernel>`, beside its source.
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
        symbols = dict.fromkeys(unsafe.symbol for unsafe in review.unsafe)
        pages = {
            "unsafe": heading("Unsafe Rust") + "\nAll there is: what each callee requires, and why it holds.\n" +
                      "".join(map(self.of_symbol, symbols)),
            "functions": heading("The C ABI") + "".join(map(self.of_function, sorted(review.abi, key=review.abi.get))),
            "kernel": heading("Assumed of the kernel") + "".join(map(self.of_kernel, clauses.values())),
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
        return (heading("The contract in the code") +
                (f"\n**Wrong**:\n{wrong}\n" if wrong else "\nNothing is missing.\n") + f"\n{summary}\n" +
                (f"{heading('What changed in the contract', 1)}\n::\n\n{changed}\n" if changes else "") +
                INTRODUCTION + "\n" + self.prose(self.review.argument) + "\n" + self.prose(self.review.preface))

    def of_symbol(self, symbol):
        """A function that is safe to call, or an impl, with all that is unsafe in it."""
        review, mine = self.review, [unsafe for unsafe in self.review.unsafe if unsafe.symbol == symbol]
        out = heading(symbol, 1, label(symbol)) + f"\n{mine[0].path}:{mine[0].line}\n" + self.source(
            mine[0].path, *(unsafe.line for unsafe in mine))
        for unsafe in mine:
            callees = [f":ref:`{c} <{label(c)}>`" if c in review.abi else f"``{c}``" for c in unsafe.callees]
            out += f"\nWhat {' and '.join(callees) or 'it calls'} requires, and why it holds:\n"
            for name in sorted(set(unsafe.reasons).union(*unsafe.required) & review.clauses.keys()):
                reason, said = unsafe.reasons.get(name, "**not discharged**"), review.clauses[name].statement
                out += f"\n{self.name(name)}\n   {self.inline(reason)}\n\n   That is: {self.inline(said)}\n"
        kind = symbol.split("::")[0].split(" ")[-1]
        if kind in review.invariants:
            out += f"\nThe invariants of {kind}, which the reasons name:\n\n{self.prose(review.invariants[kind])}\n"
        words = " ".join(reason for unsafe in mine for reason in unsafe.reasons.values())
        return out + self.spots({p.symbol: p for p in review.of("kernel") if f"`{p.symbol}`" in words}.values())

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

    def of_kernel(self, clause):
        return heading(self.name(clause.name), 1) + f"\n{self.inline(clause.notes.get('Assumes', '?'))}\n" + self.spots(
            self.review.of("kernel", clause.name))

    def of_clause(self, clause):
        steps = [step for step in re.split(r"\n(?=\d+\. )", self.review.argument) if f"`{clause.name}`" in step]
        notes = [("Kept by", words) for words in clause.kept] + [*clause.notes.items()]
        out = heading(clause.name, 0, clause.name) + f"\n{self.inline(clause.statement)}\n" + "".join(
            f"\n- **{what}**: {self.inline(words)}" for what, words in notes) + "\n"
        out += heading("Its part in the argument", 1) + "\n" + self.prose("\n".join(steps))
        for role, title in TITLES.items():
            places = self.review.of(role, clause.name)
            out += heading(f"{title} ({len(places)})", 1) + self.spots(places) if places else ""
        return out
