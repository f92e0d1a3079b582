# SPDX-License-Identifier: GPL-2.0
"""What stands in a C file, as far as tools/ports/port has to know it.

This reads tokens, not C: it knows functions, calls, assignments and designated initialisers. Coccinelle would know more, but
takes minutes for a large file. It rewrites loops and fault handlers; names are changed where these facts say.
"""
import collections
import re
import subprocess

import promises
from words import split

# @at is the line in the file that was read, @line the one in the file as it came, @token the place among the file's words, or
# None in a macro, @start the place in the text, and @values what the argument that matters can be: see File.values().
Fact = collections.namedtuple("Fact", "kind file at line function words token start values")
TOKEN = re.compile(r"\w+|->|<<|>>|&&|\|\||\+\+|--|\.\.\.|[-+*/%&|^!<>=]=|\S")
BLANKED = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*",
                     re.DOTALL | re.MULTILINE)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?:\(([^)]*)\))?((?:[^\n\\]|\\.|\\\n)*)", re.MULTILINE)
TYPEDEF = re.compile(r"\btypedef\s+(?:const\s+)?struct\s+(\w+)\s*(\**)\s*(\w+)\s*;")
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b((?:[^\n\\]|\\.|\\\n)*)", re.MULTILINE)
COMPARED = re.compile(r"\s*\(?\s*LINUX_VERSION_CODE\s*(<=?|>=?|==|!=)\s*KERNEL_VERSION\s*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)\s*\)?\s*")
# The oldest kernel that vmremap supports, and one that is newer than all.
SUPPORTED = (6, 12, 0), (99, 0, 0)
MAPS = "remap_vmalloc_range", "remap_vmalloc_range_partial"
INSERTS = {"vm_insert_page", "vm_insert_pages", "vm_map_pages", "vm_map_pages_zero", "remap_pfn_range", "io_remap_pfn_range",
           "vm_iomap_memory", "vm_insert_pfn", "vmf_insert_page_mkwrite", "vmf_insert_pfn", "vmf_insert_pfn_prot", "vmf_insert_mixed"}
ZAPS = "unmap_mapping_range", "unmap_mapping_pages", "zap_vma_ptes", "zap_vma_range", "zap_page_range_single", "zap_page_range"
CALLS = {"vmalloc_to_page": "page", "vmalloc_to_pfn": "page", "SetPageReserved": "reserved", "ClearPageReserved": "reserved"} | \
    dict.fromkeys(INSERTS, "insert") | dict.fromkeys(ZAPS, "zap")
RENAMED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\w+)[ \t]*$", re.MULTILINE)
NAMED = set(CALLS) | promises.KNOWN | set(MAPS) | {"vfree", "kvfree"}
PAIRS = {"(": ")", "[": "]", "{": "}"}
# Calls whose result is their argument, and calls that store one argument where the other is.
SAME = re.compile(r"READ_ONCE|smp_load_acquire|rcu_(?:dereference|access_pointer)\w*|(?:un)?likely|PTR_ALIGN\w*|no_free_ptr|untagged_addr")
STORES = re.compile(r"swap|\w*xchg\w*|WRITE_ONCE|smp_store_release|rcu_\w*assign_pointer|rcu_replace_pointer")
OPERATORS = {"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", ">", "&&", "||", "==", "!=", "<=", ">=", ","}


def spatch(patch, files, *options):
    done = subprocess.run(["spatch", "--very-quiet", "--no-includes", *options, "--cocci-file", patch, *files], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"port: spatch {patch}: {done.stderr.strip()}")


def spaces(text):
    return re.sub(r"[^\n]", " ", text)


def blank(text):
    """The text without comments and directives, and the directives alone: each in the place that it has."""
    def drop(match):
        return ('""' if match[0][0] in "\"'" else "") + spaces(match[0][2 if match[0][0] in "\"'" else 0:])

    return BLANKED.sub(drop, text), BLANKED.sub(lambda match: match[0] if match[0].lstrip()[0] == "#" else drop(match), text)


def own_headers(text):
    return set(re.findall(r'^#\s*include "([^"]+)"', text, re.MULTILINE))


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
    """The text with blanks in place of what only other kernels compile."""
    out, at, dead = [], 0, []     # for each open condition: is this branch dead, and has an earlier one been taken?
    for match in CONDITION.finditer(text):
        part = text[at:match.start()]
        out.append(spaces(part) if any(now for now, _ in dead) else part)
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
    return "".join(out) + (spaces(part) if any(now for now, _ in dead) else part)


def aliases(text):
    """Other names of structs and functions, by typedefs and macros."""
    text = living(text)
    return {match[3]: ["struct", match[1], *match[2]] for match in TYPEDEF.finditer(blank(text)[0])} | \
        {match[1]: [match[2]] for match in RENAMED.finditer(text) if match[2] in NAMED}


class File:
    """The facts of one file, and which values its expressions have.

    A value is ("alloc", file, start) for an allocation; (".", name, struct) for a member, of a struct or of None that is known;
    ("local", file, function, name) for another name; ("return", name) for what a function returns; ("method", name) for what a
    member's function returns; ("argument", name, number, method) for what is passed to one; ("callback", name) for all that is."""

    def __init__(self, name, text, names):
        self.name, self.text, self.facts, self.types, self.parameters, self.flows = name, text, [], {}, {}, []
        self.variables = {}     # and whether other files can name them
        self.headers = own_headers(text)
        self.exported = set(re.findall(r"\bEXPORT_SYMBOL\w*\s*\(\s*(\w+)", text))
        text, directives = blank(living(text))
        self.tokens = self.tokenize(text, names)
        self.index()
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
            if self.words[at + 1] != "(" and not self.words[at - 2].startswith("EXPORT_") and self.words[at - 1] not in (".", "->"):
                if word in MAPS:
                    self.fact("odd", at, "", f"{word}() is not called here, but its address is taken")
                elif word in ("vfree", "kvfree") and self.words[at - 2] != "__free":
                    self.fact("loose", at, "", word)
        for macro in MACRO.finditer(directives):
            self.macro(macro, directives.count("\n", 0, macro.start()))

    @staticmethod
    def tokenize(text, names, line=1, start=0):
        tokens, seen = [], 0
        for match in TOKEN.finditer(text):
            line += text.count("\n", seen, match.start())
            seen = match.start()
            tokens += [(word, line, start + seen) for word in names.get(match[0], (match[0],))]
        return tokens + [(";", 0, 0)] * 8

    def index(self):
        self.words = [token[0] for token in self.tokens]
        self.ends, opened = {}, []
        for at, word in enumerate(self.words):
            if word in PAIRS:
                opened.append(at)
            elif opened and PAIRS[self.words[opened[-1]]] == word:
                self.ends[opened.pop()] = at
        self.begins = {end: begin for begin, end in self.ends.items()}

    def macro(self, macro, line):
        """A macro is a function, too, but its body is no block of the file."""
        name, parameters, body = macro.groups()
        body = body.replace("\\\n", "  ")
        inner = File.__new__(File)
        inner.name, inner.facts, inner.types, inner.parameters, inner.flows = self.name, [], {}, {}, self.flows
        inner.tokens = [("{", line + 1, 0), ("return", line + 1, 0)] + self.tokenize(body, {}, line + 1, macro.start(3))[:-8] + \
            [(";", line + 1, 0), ("}", line + 1, 0)] + [(";", 0, 0)] * 8
        inner.index()
        self.parameters[name] = [word.strip() for word in (parameters or "").split(",")]
        if 0 in inner.ends:
            inner.body(name, dict.fromkeys(self.parameters[name], "vm_area_struct"), 0, inner.ends[0])
        for fact in inner.facts:
            if fact.kind == "map":
                fact = fact._replace(kind="odd", words=(f"the macro {name} calls {fact.words[0]}()",))
            self.facts.append(fact._replace(token=None))

    def find(self, word, at):
        while at < len(self.words) and self.words[at] != word:
            at += 1
        return at

    def fact(self, kind, at, function, *words, values=()):
        _, line, start = self.tokens[at]
        self.facts.append(Fact(kind, self.name, line, line, function, words, at, start, tuple(values)))

    def variable(self, start, end):
        words = self.words[start:end]
        if "=" in words:
            self.body("", {}, start, end)
            words = words[:words.index("=")]
        if "[" in words:
            words = words[:words.index("[")]
        if len(words) > 1 and words[-1].isidentifier() and "(" not in words and words[0] not in ("typedef", "extern"):
            self.variables[words[-1]] = "static" not in words
            if "struct" in words:
                self.types.setdefault("", {})[words[-1]] = words[words.index("struct") + 1]

    def block(self, start, at):
        """What begins at @start and has its body at @at."""
        before = self.words[start:at]
        if "=" in before:
            self.variable(start, self.ends[at] + 1)
            name = next(iter(self.variables), "") and list(self.variables)[-1]
            if "struct" in before:
                self.initialiser(before[len(before) - before[::-1].index("struct")], name, at)
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

    def function(self, name, start, at):
        types = {}
        bracket = start + self.words[start:at].index("(")
        if bracket in self.ends:
            self.parameters[name] = [re.sub(r" \[.*|.*\( \* (\w+) \).*", r"\1", part).split()[-1]
                                     for part in split(" ".join(self.words[bracket + 1:self.ends[bracket]]), ",") if part]
        for word in range(start, self.ends[at]):
            if self.words[word] == "struct" and (self.words[word + 2] == "*" or self.words[word + 2].isidentifier()):
                here = word + 2 + (self.words[word + 2] == "*")
                while here < self.ends[at] and self.words[here].isidentifier():
                    types[self.words[here]] = self.words[word + 1]
                    here = self.next_declared(here, self.ends[at])
        self.types[name] = types
        self.body(name, types, at, self.ends[at])

    def body(self, name, types, begin, end):
        for here in range(begin, end):
            word, after = self.words[here], self.words[here + 1]
            if after == "(" and word.isidentifier() and here + 1 in self.ends:
                self.call(name, types, here, word)
            elif word == "=":
                self.assignment(name, types, here)
            elif word in ("+=", "-=", "++", "--"):
                self.assignment(name, types, here if self.words[here - 1] not in ";{}()," else self.until(here + 1))
            elif word == "return" and after != ";":
                self.flow(name, here + 1, self.until_end(here + 1), ("return", name))

    def next_declared(self, here, end):
        """After a declared name, the next one of the same declaration, or @end."""
        while here < end and self.words[here] not in (",", ";", ")"):
            here = self.ends.get(here, here) + 1
        return here + 2 if self.words[here:here + 2] == [",", "*"] else end

    def arguments(self, here):
        """Where the arguments of a call begin and end."""
        found, begin, at = [], here + 2, here + 2
        while begin < self.ends[here + 1]:
            if at == self.ends[here + 1] or self.words[at] == ",":
                found.append((begin, at))
                begin = at + 1
            at = self.ends.get(at, at) + 1
        return found

    def call(self, function, types, here, word):
        parts = self.arguments(here)
        texts = [" ".join(self.words[begin:end]) for begin, end in parts]
        args = " , ".join(texts)
        values = [self.values(function, begin, end) for begin, end in parts]
        method = self.words[here - 1] in ("->", ".")
        for number, (begin, end) in enumerate(parts):
            for value in values[number]:
                self.flows.append((value, ("argument", word, number, method)))
                if self.words[begin] == "&":
                    self.flows.append((("argument", word, number, method), value))
            # A callback gets what is given next to it.
            name = texts[number].removeprefix("& ")
            if name.isidentifier():
                self.flows += [(value, ("callback", name)) for other in values[:number] + values[number + 1:] for value in other]
        if STORES.fullmatch(word) and len(values) > 1:
            self.flows += [(value, other) for value in values[1] for other in values[0]]
            self.flows += [(value, other) for value in values[0] for other in values[1]] if word == "swap" else []
        if word in MAPS and parts:
            at = MAPS.index(word) + 1
            self.fact("map", here, function, word, texts[at] if at < len(texts) else "", texts[-1], texts[0],
                      values=values[at] if at < len(values) else ())
        elif method:
            pass
        elif word in promises.KNOWN:
            self.fact("alloc", here, function, word, args)
        elif word == "__free":
            self.fact("free", here, function, f"__free({texts[0]})", values=[("local", self.name, function, self.words[here - 1])])
        elif "free" in word or "release" in word:
            self.fact("free", here, function, word, values=[value for part in values for value in part])
        elif word in CALLS:
            self.fact(CALLS[word], here, function, word, args, values=values[0] if values else ())
        self.fact("invoke", here, function, word, args)
        if any(types.get(text) == "vm_area_struct" for text in texts):
            self.fact("method" if method else "call", here, function, word)

    def assignment(self, function, types, here):
        end = here
        if self.words[here - 1] == ")" and self.words[self.begins.get(here - 1, 0) - 1] == "__free":
            end = self.begins[here - 1] - 1
        start = end - 1
        while True:
            while self.words[start] in ("]", ")") and start in self.begins:
                start = self.begins[start] - (self.words[start] == "]")
            if self.words[start - 1] not in ("->", "."):
                break
            start -= 2
        left = " ".join(self.words[start:end])
        if self.words[here] == "=":
            designated = self.words[here - 2] == "." and self.words[here - 3] in "{,"
            for target in [(".", self.words[here - 1], None)] if designated else self.values(function, start, end):
                self.flow(function, here + 1, self.until_end(here + 1), target)
            value = self.words[here + 1 + (self.words[here + 1] == "&")]
            if function and re.search(r"(?:->|\.) \w+$", left) and value.isidentifier():
                struct = self.types.get("", {}) | types
                self.fact("bound", here, function, struct.get(left.split()[0]), left.split()[0], self.words[here - 1], value)
        right = " ".join(self.words[here + 1:self.until_end(here + 1)]) if self.words[here] == "=" else f"{left} + ?"
        self.fact("copy", here, function, left, right)
        if re.search(r"(->|\.) vm_ops$", left):
            self.fact("ops", here, function, right, left)
        if left.endswith("-> page") and types.get(left.split()[0]) == "vm_fault":
            self.fact("insert", here, function, "vmf->page", "")

    def flow(self, function, begin, end, target):
        """@target gets the value of an expression."""
        if self.words[begin] == "{" and begin in self.ends:
            for at in range(begin + 1, self.ends[begin]):
                if self.words[at - 1] in "{,":
                    self.flow(function, at, self.until_end(at), target)
            return
        for value in self.values(function, begin, end):
            self.flows.append((value, target))
            if self.words[begin] == "&":
                self.flows.append((target, value))

    def values(self, function, begin, end):
        """What an expression can be. An offset that is added, and an operator before it, do not matter."""
        while begin < end and self.words[begin] in ("&", "*", "-", "!", "~", "++", "--"):
            begin += 1
        at = begin
        while at < end:
            word = self.words[at]
            if word == "=":
                return self.values(function, at + 1, end)
            if word == "?":
                colon = at
                while colon < end and self.words[colon] != ":":
                    colon = self.ends.get(colon, colon) + 1
                return self.values(function, at + 1, colon) + self.values(function, colon + 1, end)
            if word in OPERATORS and at > begin and "?" not in self.words[at:end]:
                return self.values(function, begin, at)
            at = self.ends.get(at, at) + 1
        if begin >= end:
            return []
        if self.words[begin] == "(" and begin in self.ends:
            close = self.ends[begin]
            if close + 1 >= end:
                return self.values(function, begin + 1, close)
            if self.words[close + 1] not in ("->", ".", "["):
                return self.values(function, close + 1, end)
        last = end - 1
        while self.words[last] == "]" and last in self.begins:
            last = self.begins[last] - 1
        if self.words[last] == ")" and last in self.begins:
            name = self.begins[last] - 1
            if name < begin:
                return self.values(function, self.begins[last] + 1, last)
            if self.words[name - 1] in ("->", ".") and name > begin:
                return [("method", self.words[name])]
            if self.words[name] in promises.KNOWN:
                return [("alloc", self.name, self.tokens[name][2])]
            if SAME.fullmatch(self.words[name]) or STORES.fullmatch(self.words[name]):
                first = self.arguments(name)
                return self.values(function, *first[0]) if first else []
            return [("return", self.words[name])]
        if not self.words[last].isidentifier():
            return []
        if last > begin and self.words[last - 1] in ("->", "."):
            known = self.types.get("", {}) | self.types.get(function, {})
            return [(".", self.words[last], known.get(self.words[begin]) if last == begin + 2 else None)]
        return [("local", self.name, function, self.words[last])] if not self.words[last].isdigit() else []

    def until(self, here):
        """The end of the name, or chain of members, that begins here."""
        while self.words[here + 1] in ("->", "."):
            here += 2
        return here + 1

    def until_end(self, here):
        while here < len(self.words) and self.words[here] not in ",;)}]":
            here = self.ends.get(here, here) + 1
        return here
