# SPDX-License-Identifier: GPL-2.0
"""What stands in a C file, as far as tools/ports/port has to know it, and how its expressions are read.

This reads tokens, not C: it knows functions, calls, assignments, designated initialisers and structs. Coccinelle would know
more, but takes minutes for a large file. What is changed, Coccinelle changes.
"""
import collections
import re
import subprocess

# @at is the line in the file that was read, and @line the one in the file as it came.
Fact = collections.namedtuple("Fact", "kind file at line function words")
TOKEN = re.compile(r"\w+|->|<<|>>|&&|\|\||\+\+|--|\.\.\.|[-+*/%&|^!<>=]=|\S")
BLANKED = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*",
                     re.DOTALL | re.MULTILINE)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?:\(([^)]*)\))?((?:[^\n\\]|\\.|\\\n)*)", re.MULTILINE)
TYPEDEF = re.compile(r"\btypedef\s+((?:const\s+)?struct)\s+(\w+)\s*(\{[^}]*\})?\s*(\**)\s*(\w+)\s*;")
MAPS = "remap_vmalloc_range", "remap_vmalloc_range_partial"
INSERTS = {"vm_insert_page", "vm_insert_pages", "vm_map_pages", "vm_map_pages_zero", "remap_pfn_range", "vmf_insert_page_mkwrite", "vmf_insert_pfn",
           "vmf_insert_mixed"}
CALLS = {"vmalloc_to_page": "page", "vmalloc_to_pfn": "page", "vfree": "free", "vfree_atomic": "free", "kvfree": "free",
         "vunmap": "free", "SetPageReserved": "reserved", "ClearPageReserved": "reserved"} | dict.fromkeys(INSERTS, "insert")
PAIRS = {"(": ")", "[": "]", "{": "}"}


def spatch(patch, files, *options):
    done = subprocess.run(["spatch", "--very-quiet", "--no-includes", *options, "--cocci-file", patch, *files], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"port: spatch {patch}: {done.stderr.strip()}")


def blank(text):
    """The text without comments and directives, and the directives alone."""
    def drop(match):
        return '""' if match[0][0] in "\"'" else "\n" * match[0].count("\n")

    return BLANKED.sub(drop, text), BLANKED.sub(lambda match: match[0] if match[0].lstrip()[0] == "#" else drop(match), text)


def typedefs(text):
    """What stands for a struct, or for a pointer to one."""
    return {match[5]: [match[1].split()[-1], match[2], *match[4]] for match in TYPEDEF.finditer(text)}


class File:
    """The facts of one file, its structs' members and its variables."""

    def __init__(self, name, text, aliases):
        self.name, self.facts, self.members, self.types, self.parameters = name, [], collections.defaultdict(set), {}, {}
        self.variables = {}     # and whether other files can name them
        text, directives = blank(text)
        self.tokens = [(word, number) for number, line in enumerate(text.split("\n"), 1) for match in TOKEN.finditer(line)
                       for word in aliases.get(match[0], (match[0],))]
        self.words = [word for word, _ in self.tokens]
        self.ends = self.pairs()
        self.begins = {end: begin for begin, end in self.ends.items()}
        start = at = 0
        while at < len(self.words):
            if self.words[at] == "{" and at in self.ends:
                before = self.words[start:at]
                self.block(start, at)
                at = self.ends[at]
                if before and before[-1] != ")":
                    at = self.find(";", at)
                start = at + 1
            elif self.words[at] == ";":
                self.variable(start, at)
                start = at + 1
            elif self.words[at] == "(":
                at = self.ends.get(at, at)
            at += 1
        for at, word in enumerate(self.words[:-4]):
            if word == "struct":
                self.order(at)
            if self.words[at + 1] != "(" and not self.words[at - 2].startswith("EXPORT_"):
                if word in MAPS:
                    self.fact("odd", at, "", f"{word}() is not called here, but its address is taken")
                elif CALLS.get(word) == "free":
                    self.fact("loose", at, "", word)
        for macro in MACRO.finditer(directives):
            self.macro(macro, directives.count("\n", 0, macro.start()) + 1)

    def macro(self, macro, line):
        """A macro is a function, too, but one in which nothing can be changed."""
        name, parameters, body = macro.groups()
        words = ["{", "return", *TOKEN.findall(body.replace("\\\n", " ").strip()), ";", "}"]
        inner = File.__new__(File)
        inner.name, inner.facts, inner.types, inner.parameters = self.name, [], {}, {}
        inner.tokens, inner.words = [(word, line) for word in words], words
        inner.ends = inner.pairs()
        inner.begins = {end: begin for begin, end in inner.ends.items()}
        if 0 in inner.ends:
            inner.body(name, {word.strip(): "vm_area_struct" for word in (parameters or "").split(",")}, 0)
        self.parameters[name] = [word.strip() for word in (parameters or "").split(",")]
        for fact in inner.facts:
            if fact.kind == "map":
                self.facts.append(fact._replace(kind="odd", words=(f"the macro {name} calls {fact.words[0]}()",)))
            elif fact.kind in ("ops", "free", "page", "insert", "wrapper", "invoke"):
                self.facts.append(fact)

    def pairs(self):
        ends, opened = {}, []
        for at, word in enumerate(self.words):
            if word in PAIRS:
                opened.append(at)
            elif opened and PAIRS[self.words[opened[-1]]] == word:
                ends[opened.pop()] = at
        return ends

    def find(self, word, at):
        while at < len(self.words) and self.words[at] != word:
            at += 1
        return at

    def fact(self, kind, at, function, *words):
        line = self.tokens[at][1]
        self.facts.append(Fact(kind, self.name, line, line, function, words))

    def variable(self, start, end):
        words = self.words[start:end]
        if "=" in words:
            words = words[:words.index("=")]
        array = "[" in words and words.index("[")
        if array and "struct" in words:
            self.types.setdefault("", {})[words[array - 1]] = words[words.index("struct") + 1]
        if len(words) > 1 and words[-1].isidentifier() and "(" not in words and words[0] not in ("typedef", "extern", "struct") or (
                words[:1] == ["struct"] and len(words) > 2 and words[-1].isidentifier()):
            self.variables[words[-1]] = "static" not in words
            if "struct" in words:
                self.types.setdefault("", {})[words[-1]] = words[words.index("struct") + 1]

    def block(self, start, at):
        """What begins at @start and has its body at @at."""
        before = self.words[start:at]
        if "=" in before and "struct" in before:
            head = before[:before.index("=")]
            self.initialiser(head[head.index("struct") + 1], [word for word in head if word.isidentifier()][-1], at)
        elif "struct" in before[:2] and "(" not in before and before[-1] != "struct":
            self.struct(before[-1], at)
        elif before[-2:] == ["typedef", "struct"]:
            self.struct("the typedef " + self.words[self.ends[at] + 1], at)
        elif "(" in before:
            self.function(before[before.index("(") - 1], start, at)

    def initialiser(self, struct, name, at):
        for dot in range(at, self.ends[at]):
            if self.words[dot] == "." and self.words[dot + 2] == "=" and self.words[dot - 1] in "{,":
                value = [word for word in self.words[dot + 3:dot + 5] if word != "&"][0]
                self.fact("bound", dot, name, struct, name, self.words[dot + 1], value)

    def order(self, at):
        """A struct at @at that is initialised without the names of its members."""
        struct, at = self.words[at + 1], at + 2
        if self.words[at].isidentifier():
            at += 1
            while self.words[at] == "[" and at in self.ends:
                at = self.ends[at] + 1
        if self.words[at] not in (")", "=") or self.words[at + 1] != "{" or at + 1 not in self.ends:
            return
        at += 1
        for inner in range(at, self.ends[at]):
            named = self.words[inner - 1] == "=" and self.words[inner - 2].isidentifier() and inner > at
            if self.words[inner] == "{" and not named and self.words[inner + 1] not in (".", "[", "{", "}", "0"):
                self.fact("order", inner, "", struct)

    def struct(self, struct, at):
        for end in range(at, self.ends[at]):
            if self.words[end] == ";":
                last = end - 1
                while self.words[last] == "]":
                    last = self.begins.get(last, last) - 1
                self.members[self.words[last]].add(struct)

    def function(self, name, start, at):
        types = {}
        bracket = start + self.words[start:at].index("(")
        self.parameters[name] = [part.split()[-1] for part in split(" ".join(self.words[bracket + 1:self.ends[bracket]]), ",") if part]
        for word in range(start, self.ends[at]):
            if self.words[word] == "struct" and self.words[word + 2] == "*":
                here = word + 3
                while here < self.ends[at] and self.words[here].isidentifier():
                    types[self.words[here]] = self.words[word + 1]
                    here = self.next_declared(here, self.ends[at])
        self.types[name] = types
        self.body(name, types, at)

    def body(self, name, types, at):
        for here in range(at, self.ends[at]):
            word, after = self.words[here], self.words[here + 1]
            if after == "(" and word.isidentifier() and here + 1 in self.ends:
                self.call(name, types, here, word)
            elif word == "=":
                self.assignment(name, types, here)
            elif word in ("+=", "-=", "++", "--"):
                self.assignment(name, types, here if self.words[here - 1] not in ";{}()," else self.until(here + 1))
            elif word == "return" and after != ";":
                value = self.until_end(here + 1)
                self.fact("returned", here, name, value)
                match = re.fullmatch(r"(\w+) \( (.*) \)", bare(value))
                if match and balanced(match[2]):
                    self.fact("wrapper", here, name, match[1], match[2])

    def next_declared(self, here, end):
        """After a declared name, the next one of the same declaration, or @end."""
        while here < end and self.words[here] not in (",", ";", ")"):
            here = self.ends.get(here, here) + 1
        return here + 2 if self.words[here:here + 2] == [",", "*"] else end

    def call(self, function, types, here, word):
        args = " ".join(self.words[here + 2:self.ends[here + 1]])
        parts = split(args, ",")
        if word in ("remap_vmalloc_range", "remap_vmalloc_range_partial"):
            self.fact("map", here, function, word, parts[1 if word == "remap_vmalloc_range" else 2])
        elif word in INSERTS:
            self.fact("insert", here, function, word, args)
        elif word in CALLS:
            self.fact(CALLS[word], here, function, word, args)
        if word.isidentifier():
            self.fact("invoke", here, function, word, args)
        if any(types.get(part) == "vm_area_struct" for part in parts):
            self.fact("method" if self.words[here - 1] in ("->", ".") else "call", here, function, word)

    def assignment(self, function, types, here):
        start = here - 1
        while True:
            while self.words[start] in ("]", ")") and start in self.begins:
                start = self.begins[start] - (self.words[start] == "]")
            if self.words[start - 1] not in ("->", "."):
                break
            start -= 2
        left = " ".join(self.words[start:here])
        self.fact("copy", here, function, left, self.until_end(here + 1) if self.words[here] == "=" else f"{left} + ?")
        if re.search(r"(->|\.) vm_ops$", left):
            self.fact("ops", here, function, self.until_end(here + 1), left)
        if left.endswith("-> page") and types.get(left.split()[0]) == "vm_fault":
            self.fact("insert", here, function, "vmf->page", "")

    def until(self, here):
        """The end of the name, or chain of members, that begins here."""
        while self.words[here + 1] in ("->", "."):
            here += 2
        return here + 1

    def until_end(self, here):
        start = here
        while here < len(self.words) and self.words[here] not in ",;)}]":
            here = self.ends.get(here, here) + 1
        return " ".join(self.words[start:here])


def split(text, separator):
    """Split where no bracket is open."""
    parts, depth = [[]], 0
    for word in text.split():
        depth += (word in "([{") - (word in ")]}")
        if word == separator and not depth:
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(part) for part in parts]


CAST = re.compile(r"\( (?:(?:const|struct|unsigned|signed|void|char|short|int|long|[us](?:8|16|32|64)|\w+_t|__user) ?)+"
                  r"(?:\w+ )?(?:\* ?)*\) (?=[\w(&*])")


def bare(text):
    """Without casts, and without brackets around all of it."""
    while True:
        before = text
        text = CAST.sub("", text, count=1) if CAST.match(text) else text
        if text.startswith("( ") and text.endswith(" )") and balanced(text[2:-2]):
            text = text[2:-2]
        if text == before:
            return text


def balanced(text):
    depth = 0
    for word in text.split():
        depth += (word == "(") - (word == ")")
        if depth < 0:
            return False
    return not depth


def base(text):
    """The address that an offset is added to."""
    while True:
        before, text = text, bare(split(bare(text), "+")[0])
        if text == before:
            return text


def member(text):
    """What follows the variable in a chain of members, as 'fix . smem_start', or None."""
    match = re.fullmatch(r"\w+(?: \[ [^]]* \])?(?: (?:->|\.) \w+)+", text)
    return re.split(r" (?:->|\.) ", text, maxsplit=1)[1].split(" -> ")[-1] if match else None


def element(text):
    """The array, and whether this is one of its elements."""
    array = re.sub(r" \[ [^]]*\]$", "", text)
    return array, array != text


def shown(text):
    """As one would write it."""
    text = re.sub(r" ?(->|\.|\[|\]) ?", r"\1", text)
    return re.sub(r"(?<=[(!&]) | (?=[,)])|(?<=\w) (?=\()", "", text)
