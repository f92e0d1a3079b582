# SPDX-License-Identifier: GPL-2.0
"""Take features out of C source: the definitions of some names, and the lines that use them.

A file is a list of items: each is a definition, declaration or preprocessor line, with the comment directly above it. Each edit
fails if its text is not in the file exactly once, so a change of the source that an edit does not know cannot pass unseen.
"""
import re
import textwrap

# Macros at the start of an item, which define their first argument or belong to it.
MACRO = re.compile(r"(?:static )?(EXPORT_SYMBOL_GPL|module_init|module_exit|TRACE_EVENT|KUNIT_ARRAY_PARAM(?:_DESC)?|"
                   r"KUNIT_DEFINE_ACTION_WRAPPER|kunit_test_suite|DEFINE_\w+|LIST_HEAD)\((\w+)")


class Item:
    def __init__(self, blank, comment, code):
        self.blank, self.comment, self.code = blank, comment, code
        self.names = names(code)

    def __str__(self):
        return "\n" * self.blank + self.comment + self.code


def plain(code):
    """The code without comments and literals, in which braces and names count."""
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', " ", code, flags=re.DOTALL)


def words(code):
    """The names that the code uses, without those of members."""
    return set(re.findall(r"(?<!->)(?<!\.)\b\w+", plain(code)))


def names(code):
    """What an item defines."""
    macro = MACRO.match(code)
    if macro:
        return {{"TRACE_EVENT": "trace_"}.get(macro[1], "") + macro[2] + ("_gen_params" if macro[1].startswith("KUNIT_ARRAY") else "")}
    if code.startswith("#"):
        return set(re.findall(r"^#define (\w+)", code))
    code = plain(code)
    found = set()
    tag = re.match(r"(?:static )?(?:const )?(?:struct|enum|union) (\w+)\s*\{", code)
    if tag:
        found.add(tag[1])
        if "enum " in code.split("{")[0]:
            found |= set(re.findall(r"^\t([A-Z]\w+),", code, flags=re.MULTILINE))
    # What a struct that is defined here is followed by.
    head = re.sub(r"^(\w+ )*struct(?: \w+)?\s*\{[^{}]*\}", " ", code)
    left = [word for word in re.findall(r"\w+", re.split(r"[(=\[;]", head)[0]) if not word.startswith("__")]
    return found | set(left[-1:] if not (tag and left[-1:] == [tag[1]]) else [])


def parse(text):
    lines = text.rstrip("\n").split("\n")
    items, at = [], 0
    while at < len(lines):
        blank, comment = False, ""
        while at < len(lines) and not lines[at]:
            blank, at = True, at + 1
        while at < len(lines) and lines[at].startswith(("/*", "//")):
            start = at
            while lines[start].startswith("/*") and "*/" not in lines[at]:
                at += 1
            at += 1
            comment += "\n".join(lines[start:at]) + "\n"
        start = at
        if at < len(lines) and lines[at].startswith("#"):
            while lines[at].endswith("\\"):
                at += 1
            at += 1
        else:
            while at < len(lines) and (lines[at] or start < at):
                at += 1
                code = plain("\n".join(lines[start:at]))
                if all(code.count(a) == code.count(b) for a, b in ("{}", "()")) and code.rstrip().endswith((";", "}")):
                    break
        items.append(Item(blank, comment, "".join(line + "\n" for line in lines[start:at])))
    return items


def join(items):
    return re.sub(r"\n{3,}", "\n\n", "".join(map(str, items))).lstrip("\n")


def drop(text, gone):
    """Without the definitions of these names."""
    kept, blank = [], False
    for item in parse(text):
        if item.names & gone:
            blank |= item.blank
            continue
        item.blank |= blank
        blank = False
        kept.append(item)
    return join(kept)


def collect(text):
    """Without static definitions that nothing in the file uses any more."""
    while True:
        items = parse(text)
        used = {}
        for item in items:
            for word in words(item.code):
                used[word] = used.get(word, 0) + 1
        unused = set()
        for item in items:
            generated = item.code.startswith("KUNIT_ARRAY_PARAM")
            if (generated or re.match(r"static (?!inline\b)|KUNIT_DEFINE_ACTION_WRAPPER", item.code)) and item.names and \
                    all(used.get(name, 0) <= (not generated) for name in item.names):
                unused |= item.names
        if not unused:
            return text
        text = drop(text, unused)


def entries(code):
    """The entries of an array with an initialiser: text of each, which may be more than one line."""
    lines = code.rstrip("\n").split("\n")
    groups = []
    for line in lines[1:-1]:
        if line.startswith("\t") and not line.startswith("\t ") and not line.startswith("\t\t"):
            groups.append(line)
        else:
            groups[-1] += "\n" + line
    return lines[0], groups, lines[-1]


def without_users(text, gone):
    """Without each entry of an array and each definition that uses one of these names, and without what uses that."""
    gone = set(gone)
    while True:
        kept, more = [], set()
        for item in parse(text):
            if not words(item.code) & gone or item.code.startswith("#include"):
                kept.append(item)
                continue
            before, array, after = item.code.partition("[] = {\n")
            if array and "(" not in before:
                head, body, tail = entries(array + after)
                item.code = "\n".join([before + head, *(entry for entry in body if not words(entry) & gone), tail]) + "\n"
                kept.append(item)
                continue
            more |= item.names
        text = join(kept)
        if not more - gone:
            return text
        gone |= more


def wrapped(text, width=99):
    """Fill each paragraph of a comment that an edit has left with a line that is too long."""
    result, lines = [], text.split("\n")
    while lines:
        line = lines.pop(0)
        start = re.match(r"(\t* \* +)(\* )?", line)
        if not start or len(line.expandtabs(8)) <= width + 1:
            result.append(line)
            continue
        indent = start[1] + " " * len(start[2] or "") # of the other lines of an entry of a list
        words = line[start.end():]
        while lines and re.match(re.escape(indent) + r"(?!(?:Context|Return):)[^*@%\s]", lines[0]):
            words += " " + lines.pop(0)[len(indent):]
        result += textwrap.wrap(words, width, initial_indent=start[0], subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(result)


def once(text, old, new):
    if text.count(old) != 1:
        raise ValueError(f"{text.count(old)} times in the file, not once:\n{old}")
    return text.replace(old, new)


def put(old, new):
    return lambda text: once(text, old, new)


def cut(*old):
    def function(text):
        for part in old:
            text = once(text, part, "")
        return text
    return function


def forget(*gone):
    """Drop definitions that other files have under the same name."""
    def function(text):
        lacking = set(gone) - {name for item in parse(text) for name in item.names}
        if lacking:
            raise ValueError(f"not in the file: {lacking}")
        return drop(text, set(gone))
    return function


def sub(pattern, new, count):
    def function(text):
        result, found = re.subn(pattern, new, text, flags=re.MULTILINE)
        if found != count:
            raise ValueError(f"{found} times in the file, not {count}: {pattern}")
        return result
    return function


def lines(code):
    """Lines without blank ones and comments: how c/ is counted."""
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
    code = re.sub(r"//.*", "", code)
    return sum(bool(line.strip()) for line in code.split("\n"))
