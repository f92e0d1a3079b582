# SPDX-License-Identifier: GPL-2.0
"""What stands in a C file, as far as tools/ports/port has to know it, and how its expressions are read.

This reads tokens, not C: it knows functions, calls, assignments, designated initialisers and structs. Coccinelle would know
more, but takes minutes for a large file. What is changed, Coccinelle changes.
"""
import collections
import re
import subprocess

import promises
from words import balanced, bare, split

# @at is the line in the file that was read, @line the one in the file as it came, and @token the place among the file's words, or
# None in a macro.
Fact = collections.namedtuple("Fact", "kind file at line function words token")
TOKEN = re.compile(r"\w+|->|<<|>>|&&|\|\||\+\+|--|\.\.\.|[-+*/%&|^!<>=]=|\S")
BLANKED = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*",
                     re.DOTALL | re.MULTILINE)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?:\(([^)]*)\))?((?:[^\n\\]|\\.|\\\n)*)", re.MULTILINE)
TYPEDEF = re.compile(r"\btypedef\s+(?:const\s+)?struct\b\s*(\w*)\s*")
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b((?:[^\n\\]|\\.|\\\n)*)", re.MULTILINE)
COMPARED = re.compile(r"\s*\(?\s*LINUX_VERSION_CODE\s*(<=?|>=?|==|!=)\s*KERNEL_VERSION\s*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)\s*\)?\s*")
# The oldest kernel that vmremap supports, and one that is newer than all.
SUPPORTED = (6, 12, 0), (99, 0, 0)
MAPS = "remap_vmalloc_range", "remap_vmalloc_range_partial"
INSERTS = {"vm_insert_page", "vm_insert_pages", "vm_map_pages", "vm_map_pages_zero", "remap_pfn_range", "io_remap_pfn_range",
           "vm_iomap_memory", "vm_insert_pfn", "vmf_insert_page_mkwrite", "vmf_insert_pfn", "vmf_insert_pfn_prot", "vmf_insert_mixed"}
ZAPS = "unmap_mapping_range", "unmap_mapping_pages", "zap_vma_ptes", "zap_vma_range", "zap_page_range_single", "zap_page_range"
CALLS = {"vmalloc_to_page": "page", "vmalloc_to_pfn": "page", "vfree": "free", "vfree_atomic": "free", "kvfree": "free",
         "vunmap": "free", "SetPageReserved": "reserved", "ClearPageReserved": "reserved"} | dict.fromkeys(INSERTS, "insert") | \
    dict.fromkeys(ZAPS, "zap")
RENAMED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\w+)[ \t]*$", re.MULTILINE)
NAMED = set(CALLS) | promises.KNOWN | set(MAPS)
PAIRS = {"(": ")", "[": "]", "{": "}"}


def spatch(patch, files, *options):
    done = subprocess.run(["spatch", "--very-quiet", "--no-includes", *options, "--cocci-file", patch, *files], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"port: spatch {patch}: {done.stderr.strip()}")


def blank(text):
    """The text without comments and directives, and the directives alone."""
    def drop(match):
        return ('""' if match[0][0] in "\"'" else "") + "\n" * match[0].count("\n")

    return BLANKED.sub(drop, text), BLANKED.sub(lambda match: match[0] if match[0].lstrip()[0] == "#" else drop(match), text)


def holds(condition):
    """Does a condition of the preprocessor hold on all kernels that vmremap supports, on none (False), or can this not be said?"""
    match = COMPARED.fullmatch(re.sub(r"/\*.*?\*/|//.*", "", condition, flags=re.DOTALL))
    if not match:
        return None
    version = tuple(int(number) for number in match.groups()[1:])
    found = {{"<": kernel < version, "<=": kernel <= version, ">": kernel > version, ">=": kernel >= version,
              "==": False, "!=": True}[match[1]] for kernel in SUPPORTED}
    return found.pop() if len(found) == 1 else None


def living(text):
    """The text without what only other kernels compile, but with all its lines."""
    out, at, dead = [], 0, []     # for each open condition: is this branch dead, and has an earlier one been taken?
    for match in CONDITION.finditer(text):
        part = text[at:match.start()]
        out.append("\n" * part.count("\n") if any(now for now, _ in dead) else part)
        word, condition = match.groups()
        value = holds(condition)
        if word.startswith("if"):
            dead.append((word == "if" and value is False, word == "if" and value is True))
        elif dead and word in ("elif", "else"):
            _, taken = dead.pop()
            dead.append((taken or word == "elif" and value is False, taken or word == "elif" and value is True))
        elif dead:
            dead.pop()
        out.append(match[0])
        at = match.end()
    part = text[at:]
    return "".join(out) + ("\n" * part.count("\n") if any(now for now, _ in dead) else part)


def closing(text, at):
    """Where the brace that is opened at @at is closed, or None."""
    depth = 0
    for brace in re.compile(r"[{}]").finditer(text, at):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    return None


def typedefs(text):
    """What stands for a struct, or for a pointer to one, and the names of structs that have no other."""
    found, tagless = {}, set()
    for match in TYPEDEF.finditer(text):
        end = match.end()
        if text[end:end + 1] == "{":
            end = (closing(text, end) or len(text)) + 1
        if name := re.compile(r"\s*(\**)\s*(\w+)\s*;").match(text, end):
            if not match[1] and not name[1]:
                tagless.add(name[2])
            if match[1] or not name[1]:
                found[name[2]] = ["struct", match[1] or name[2], *name[1]]
    return found, tagless


def renamed(text):
    """Macros that are only another name of a function."""
    return {match[1]: [match[2]] for match in RENAMED.finditer(text) if match[2] in NAMED}


class File:
    """The facts of one file, its structs' members and its variables."""

    def __init__(self, name, text, aliases):
        self.name, self.facts, self.members, self.types, self.parameters = name, [], collections.defaultdict(set), {}, {}
        self.variables = {}     # and whether other files can name them
        self.inside = {}        # the structs that members of structs are, or point to
        text, directives = blank(living(text))
        self.tokens = [(word, number) for number, line in enumerate(text.split("\n"), 1) for match in TOKEN.finditer(line)
                       for word in aliases.get(match[0], (match[0],))] + [(";", 0)] * 8
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
                elif CALLS.get(word) == "free" and self.words[at - 1] not in (".", "->", "*"):
                    self.fact("loose", at, "", word)
        for macro in MACRO.finditer(directives):
            self.macro(macro, directives.count("\n", 0, macro.start()) + 1)

    def macro(self, macro, line):
        """A macro is a function, too, but one in which nothing can be changed."""
        name, parameters, body = macro.groups()
        words = ["{", "return", *TOKEN.findall(body.replace("\\\n", " ").strip()), ";", "}"]
        inner = File.__new__(File)
        inner.name, inner.facts, inner.types, inner.parameters, inner.inside = self.name, [], {}, {}, {}
        inner.tokens, inner.words = [(word, line) for word in words], words
        inner.ends = inner.pairs()
        inner.begins = {end: begin for begin, end in inner.ends.items()}
        if 0 in inner.ends:
            inner.body(name, {word.strip(): "vm_area_struct" for word in (parameters or "").split(",")}, 0)
        self.parameters[name] = [word.strip() for word in (parameters or "").split(",")]
        for fact in inner.facts:
            if fact.kind == "map":
                self.facts.append(fact._replace(kind="odd", words=(f"the macro {name} calls {fact.words[0]}()",), token=None))
            elif fact.kind in ("ops", "free", "page", "insert", "wrapper", "invoke"):
                self.facts.append(fact._replace(token=None))
            elif fact.kind == "copy":
                self.facts.append(fact._replace(kind="changes", token=None))

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
        self.facts.append(Fact(kind, self.name, line, line, function, words, at))

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
        if "=" in before and "struct" in before[:before.index("=")]:
            head = before[:before.index("=")]
            self.initialiser(head[len(head) - head[::-1].index("struct")], [word for word in head if word.isidentifier()][-1], at)
        elif "struct" in before[:2] and "(" not in before and before[-1] != "struct":
            self.struct(before[-1], at)
        elif before[-2:] == ["typedef", "struct"]:
            after = self.ends[at] + 1
            self.struct(self.words[after + (self.words[after] == "struct")], at)
        elif "(" in before:
            self.function(before[before.index("(") - 1], start, at)

    def initialiser(self, struct, name, at):
        for dot in range(at, self.ends[at]):
            if self.words[dot] == "." and self.words[dot + 2] == "=" and self.words[dot - 1] in "{,":
                member = dot + 1
            elif self.words[dot].isidentifier() and self.words[dot + 1] == ":" and self.words[dot - 1] in "{,":
                member = dot
            else:
                continue
            value = self.words[member + 2 + (self.words[member + 2] == "&")]
            self.fact("bound", dot, name, struct, name, self.words[member], value)

    def type_of(self, function, text):
        """The struct that a chain of members is, or points to, or None."""
        names = re.sub(r" \[ [^]]* \]", "", text).replace(" -> ", " . ").split(" . ")
        return self.types.get(function, {}).get(names[0]) or self.types.get("", {}).get(names[0]), names[1:]

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
        """The members of a struct. What an anonymous struct or union in it has is its own; one with a name is another struct."""
        begin, here = at + 1, at + 1
        while here < self.ends[at]:
            if self.words[here] == "{" and here in self.ends:
                name = self.words[self.ends[here] + 1]
                if name == ";":
                    self.struct(struct, here)
                elif self.words[begin] in ("struct", "union", "const"):
                    inner = self.words[here - 1] if self.words[here - 2] in ("struct", "union") else f"{struct}.{name}"
                    self.inside[struct, name] = inner
                    self.struct(inner, here)
                here = self.ends[here]
            elif self.words[here] == ";":
                last = here - 1
                while self.words[last] == "]" and last in self.begins:
                    last = self.begins[last] - 1
                if last >= begin and self.words[last].isidentifier():
                    self.members[self.words[last]].add(struct)
                    if "struct" in self.words[begin:last - 1]:
                        self.inside.setdefault((struct, self.words[last]), self.words[self.words.index("struct", begin) + 1])
                begin = here + 1
            here += 1

    def function(self, name, start, at):
        types = {}
        bracket = start + self.words[start:at].index("(")
        if bracket in self.ends:
            self.parameters[name] = [part.split()[-1] for part in split(" ".join(self.words[bracket + 1:self.ends[bracket]]), ",") if part]
        for word in range(start, self.ends[at]):
            if self.words[word] == "struct" and (self.words[word + 2] == "*" or self.words[word + 2].isidentifier()):
                here = word + 2 + (self.words[word + 2] == "*")
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
            at = 1 if word == "remap_vmalloc_range" else 2
            self.fact("map", here, function, word, parts[at] if at < len(parts) else "", parts[-1])
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
