# SPDX-License-Identifier: GPL-2.0
"""Say in reStructuredText what the pages of the review have in common: headings, names as links, prose, source."""
import functools
import html
import re
import subprocess

# What none of these pages checks.
UNCHECKED = """
- The tool checks that each argument is there and names its clause. It cannot judge whether the argument is right: you have to.
- The proofs and the model are about the C code. Nothing is proved about Rust.
- Only one configuration is compiled: that of Debian's kernel. The tool reads all other code only as text.
"""
# In the documentation of an item, what is about its use.
USE = re.compile(r"(?:^ *///.*\n)*^ */// # (?:Examples|Errors|Invariants)\n(?:^ *///.*\n)*", re.M)


def heading(text, level=0, label=""):
    return (f"\n.. _{label}:\n" if label else "") + f"\n{text}\n{'=-~'[level] * len(text)}\n"


def label(symbol):
    return "in-" + re.sub(r"\W+", "-", symbol)


def page_of(path):
    """The name of the page that has a file as it is."""
    return "file-" + re.sub(r"\W+", "-", path)


def fold(summary, text):
    """A line that unfolds."""
    return f"\n.. raw:: html\n\n   <details><summary>{summary}</summary>\n{text}\n.. raw:: html\n\n   </details>\n"


def quote(text):
    return re.sub(r"([*\\|_`\[\]<>])", r"\\\1", text)


def indented(words):
    """A part of a clause as Sphinx has it in a list: its own items, if it has some, are a list in that."""
    return re.sub(r"\n- ", "\n  - ", re.sub(r"(?:^|\n)(?=- )", "\n\n", words, count=1))


@functools.lru_cache(maxsize=None)
def converted(text):
    return subprocess.run(["pandoc", "--from=gfm", "--to=rst", "--wrap=preserve"], input=text, text=True, check=True,
                          stdout=subprocess.PIPE).stdout


class Text:
    """@shown: the files that have a page of their own."""

    def __init__(self, review):
        self.review, self.shown = review, []

    def name(self, name):
        """A clause, or a file that is there, as a link."""
        file, _, test = name.partition(":")
        if file in self.shown:
            return f":doc:`{name} <{page_of(file)}>`"
        return f":ref:`{name} <{name}>`" if name in self.review.clauses else f"``{name}``"

    def inline(self, text):
        """Markdown's words as Sphinx has them, the names of clauses as links."""
        return re.sub(r"`+([^`]+)`+", lambda match: rf"\ {self.name(match[1])}\ ", text)

    def prose(self, text):
        """What links lead to elsewhere is not on these pages."""
        return self.inline(converted(re.sub(r"\[([^]]+)\]\([^)]*\)|\[(`[^]]+`)\]", r"\1\2", text)))

    def code(self, path, first, text, lines=()):
        marks = ",".join(str(line - first + 1) for line in lines if 0 <= line - first <= text.count("\n"))
        code = "\n".join("   " + row for row in text.rstrip().split("\n"))
        return (f"\n.. code-block:: {'rust' if path.endswith('.rs') else 'c'}\n   :lineno-start: {first}\n" +
                (f"   :emphasize-lines: {marks}\n" if marks else "") + f"\n{code}\n")

    def source(self, path, *lines, marked=True):
        """What these lines are in, as the file has it, but for what documentation says of the use."""
        out, marks = "", lines if marked else ()
        for first, text in dict.fromkeys(self.review.part(path, line) for line in lines):
            use = USE.search(text)
            if use and "# Safety" not in use[0]:
                before, text = text[:use.start()], text[use.end():]
                out += self.code(path, first, before) if before.strip() else ""
                first += before.count("\n") + use[0].count("\n")
            out += self.code(path, first, text, marks)
        return out

    def spots(self, places):
        """Each place as a line that unfolds to its source."""
        return "".join(fold(f"<code>{html.escape(p.symbol)}</code> {html.escape(p.text)} <small>{p.path}:{p.line}</small>",
                            self.source(p.path, p.line)) for p in places)

    def rows(self, rows):
        """Of a public item what safe code can do, what prevents harm, and what shows that."""
        out = ""
        for keys, (reason, kept, shown) in rows:
            names = ", ".join(self.name(word) if word in self.review.clauses else f"**{word}**"
                              for word in re.findall(r"\w+", kept))
            out += f"\n{', '.join(f'``{key}``' for key in keys)}\n   {self.inline(reason)} Kept by {names}. {self.inline(shown)}\n"
        return out
