# SPDX-License-Identifier: GPL-2.0
"""Loops and fault handlers that map memory become calls of remap_vmalloc_range*(), in a copy of a driver's files."""
import difflib
import os
import pathlib
import re
import tempfile

from driver import Driver
from facts import own_headers, spatch
import flow
from words import bare, shown, split

HERE = pathlib.Path(__file__).resolve().parent
INSERTS = re.compile(r"vmalloc_to_p(age|fn)")
KERNEL_HEADER = re.compile(r"^#\s*include <([^>]+)>", re.MULTILINE)
LOOPS = re.compile(r"(?=.*\bvmalloc_to_p(?:age|fn)\b).*\b(?:vm_insert_page|remap_pfn_range)\b", re.DOTALL)
# A failure that ends a loop, which is no longer there.
LEAVES_LOOP = re.compile(r"\bremap_vmalloc_range_partial\([^;]*(?:;\s*if\s*\([^;]*)?\)\s*(?:\{(?:[^{}]*;)?\s*)?(?:break|continue);")
# What it may test: that there is no page, or that it is beyond the end.
TESTS = re.compile(r"! \w+(?: -> page)?|\w+(?: -> page)? == NULL|(?:\w+ -> pgoff|\w*off\w*) >=? .*|(?:un)?likely \( ! \w+(?: -> page)? \)")
OFFSET = re.compile(r"(?:\( )?\w+ -> pgoff(?: \))? (?:<< PAGE_SHIFT|\* PAGE_SIZE)")


def split_text(text):
    """The arguments of a call."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


class Forms:
    """Files of a driver, and a copy of them."""

    def __init__(self, root, names):
        self.root, self.names = root, names
        self.kept = {}       # files whose loops and handlers stay, and why all of them do, or None
        self.folder = tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR"))
        self.work = pathlib.Path(self.folder.name)
        self.before = {name: self.read(root, name) for name in names}
        self.others = self.elsewhere()

    def elsewhere(self):
        """Files that were not given, and that can know what these know: files next to them with the same headers, and the kernel's
        headers."""
        given = {self.root / name for name in self.names}
        headers = {header for text in self.before.values() for header in own_headers(text)}
        found = [path for folder in sorted({path.parent for path in given}) for path in sorted(folder.glob("*.[ch]"))
                 if path not in given and not path.name.endswith(".mod.c") and own_headers(self.read(folder, path.name)) & headers]
        return found + [path for name in sorted({name for text in self.before.values() for name in KERNEL_HEADER.findall(text)})
                        if (path := pathlib.Path(os.environ["PORT_INCLUDE"], name)).is_file()]

    @staticmethod
    def read(root, name):
        return (root / name).read_text(encoding="utf-8", errors="surrogateescape")

    def write(self, name, text):
        (self.work / name).write_text(text, encoding="utf-8", errors="surrogateescape")

    def patch(self, patch, names, *options):
        if names:
            spatch(patch, [str(self.work / name) for name in names], "--no-show-diff", "--in-place", *options)

    def fresh(self):
        for name, text in self.before.items():
            (self.work / name).parent.mkdir(parents=True, exist_ok=True)
            self.write(name, text)

    def driver(self):
        changes = {name: self.changes(name) for name in self.names}
        return Driver(self.work, self.names, lambda name, line: self.origin(changes[name], line), self.others)

    # Loops and fault handlers.

    def loops(self):
        names = []
        for name, text in self.before.items():
            if LOOPS.match(text) and name not in self.kept:
                if reason := Driver(self.work, [name], lambda _, line: line).mixed():
                    self.kept[name] = reason
                else:
                    names.append(name)
        self.patch(HERE / "loop.cocci", names)
        for name in names:
            text = self.single(name, self.read(self.work, name))
            if re.search(r"\bport_", text) or LEAVES_LOOP.search(text):
                self.write(name, self.before[name])
            else:
                self.write(name, text)
                self.keep_lines(name)

    def single(self, name, text):
        """A page that is inserted in no loop is a part of its own."""
        driver = Driver(self.work, [name], lambda _, line: line)
        for call in driver.of("invoke"):
            if call.words[0] == "port_insert" and (
                    call.token is None or flow.loop(driver.files[name], call.token) is not None or driver.called_in_loop(call.function) or
                    any(re.search(rf"\b{call.function}\s*\(", other) for file, other in self.before.items() if file != name)):
                return text
        for match in reversed(list(re.finditer(r"\bport_insert\(", text))):
            depth = 1
            for at in range(match.end(), len(text)):
                depth += (text[at] == "(") - (text[at] == ")")
                if not depth:
                    break
            vma, user, kernel = (part.strip() for part in split_text(text[match.end():at]))
            kernel = kernel if re.fullmatch(r"\w+", kernel) else f"({kernel})"
            text = text[:match.start()] + f"remap_vmalloc_range_partial({vma}, {user}, (void *){kernel}, 0, PAGE_SIZE)" + text[at + 1:]
        return text

    def handlers(self, driver):
        """Replace what can be, and say of each other handler why not."""
        reasons = {}
        for page in driver.of("page"):
            if page.file in self.kept or not any(insert.words[0] == "vmf->page" for insert in driver.of("insert", page.function)):
                continue
            before = self.read(self.work, page.file)
            table, address, kind, reason = self.handler(driver, page)
            if not reason:
                self.patch(HERE / "fault.cocci", [page.file], "-D", kind, "-D", f"handler={page.function}", "-D",
                           f"table={table}", "-D", f"outer={address.partition('.')[0]}", "-D", f"address={address.rpartition('.')[2]}")
                if re.search(rf"\b({page.function}|{table})\b", self.read(self.work, page.file)):
                    reason = self.not_set(driver, table) if self.read(self.work, page.file).count("remap_vmalloc_range") == before.count(
                        "remap_vmalloc_range") else f"{page.function}() has several heads, or something else names it: remove it first"
                    self.write(page.file, before)
            if reason:
                reasons[page.file, page.function] = reason
        return reasons

    def handler(self, driver, page):
        """The vm_operations_struct, the member or variable and which of them it is, or a reason."""
        tables = [bound for bound in driver.of("bound") if bound.words[3] == page.function]
        bound = next((bound for bound in tables if (bound.words[0], bound.words[2]) == ("vm_operations_struct", "fault")), None)
        if not bound:
            for call in driver.called_by_name[page.function]:
                if fault := next((bound for bound in driver.of("bound") if bound.words[2:] == ("fault", call.function)), None):
                    return None, None, None, (f"the fault handler is {call.function}() ({fault.file}:{fault.line}), which calls "
                                              f"{page.function}() among others")
            other = f", but .{tables[0].words[2]} of struct {tables[0].words[0]} ({tables[0].file}:{tables[0].line})" if tables else ""
            return None, None, None, f"the fault handler is in no vm_operations_struct of this file{other}"
        table = bound.words[1]
        if other := next((other for other in driver.of("bound") if other.words[1] == table and other.words[2] != "fault"), None):
            return None, None, None, f"{table} has .{other.words[2]}, too ({other.file}:{other.line})"
        for call in driver.of("invoke", page.function):
            if call.words[0] == "if":
                if not TESTS.fullmatch(bare(call.words[1])):
                    return None, None, None, f"the fault handler tests {shown(call.words[1])}, too"
            elif not driver.harmless(call.words[0]):
                return None, None, None, f"the fault handler calls {call.words[0]}(), too"
        for copy in driver.of("copy", page.function):
            if not re.fullmatch(r"\w+|\w+ -> page", copy.words[0]) or driver.is_variable(copy.file, copy.words[0]):
                return None, None, None, f"the fault handler changes {shown(copy.words[0])}, too"
        terms = split(bare(page.words[1]), "+")
        if len(terms) != 2 or not self.is_offset(driver, page, terms[1]):
            return None, None, None, f"the fault handler does not look up an address plus the offset, but {shown(page.words[1])}"
        address = bare(terms[0])
        if driver.is_variable(page.file, address):
            return table, address, "of_variable", None
        if any(bare(copy.words[0]) == address and bare(copy.words[1]).endswith("-> vm_private_data")
               for copy in driver.of("copy", page.function)):
            return table, address, "of_private", None
        match = re.fullmatch(r"(\w+) -> (?:(\w+) \. )?(\w+)", address)
        if match and any(bare(copy.words[0]) == match[1] and copy.words[1].endswith("vm_private_data")
                         for copy in driver.of("copy", page.function)):
            return (table, f"{match[2]}.{match[3]}", "of_nested", None) if match[2] else (table, match[3], "of_member", None)
        return None, None, None, f"{shown(address)} does not come from vm_private_data alone"

    @staticmethod
    def not_set(driver, table):
        """Why a vm_operations_struct stays."""
        for ops in driver.of("ops"):
            if bare(ops.words[0]) == f"& {table}" and driver.files[ops.file].types.get(ops.function, {}).get(
                    ops.words[1].split()[0]) == "vm_area_desc":
                return f"{ops.file}:{ops.line} sets {table} for .mmap_prepare: call vmremap_area_mmap_prepare() there"
        return f"{table} is not simply set where the memory is mapped"

    @staticmethod
    def is_offset(driver, page, term):
        """Local variables stand for what they are set to."""
        text = bare(term)
        values = {copy.words[0]: bare(copy.words[1]) for copy in driver.of("copy", page.function)}
        for _ in range(2):
            text = re.sub(r"\w+", lambda match: values.get(match[0], match[0]), text, count=1)
        return bool(OFFSET.fullmatch(text))

    # Where something was in the files as they came.

    def hunks(self, name):
        """The lines of a file as it came and now, and what is equal and what is not."""
        before, now = self.before[name].split("\n"), self.read(self.work, name).split("\n")
        if before == now:
            return before, now, [("equal", 0, len(before), 0, len(now))]
        return before, now, difflib.SequenceMatcher(None, before, now, autojunk=False).get_opcodes()

    def keep_lines(self, name):
        """Take back what Coccinelle has only wrapped."""
        before, now, hunks = self.hunks(name)
        lines = []
        for _, i1, i2, j1, j2 in hunks:
            old, new = before[i1:i2], now[j1:j2]
            lines += old if "".join("".join(old).split()) == "".join("".join(new).split()) else new
        self.write(name, "\n".join(lines))

    def changes(self, name):
        before, _, hunks = self.hunks(name)
        changes = []
        for tag, i1, i2, j1, j2 in hunks:
            inserts = [i for i in range(i1, i2) if INSERTS.search(before[i])] if tag != "equal" else []
            changes.append((tag, (inserts or [i1])[0], j1, j2, bool(inserts)))
        return changes

    @staticmethod
    def origin(changes, line):
        for tag, before, start, end, _ in changes:
            if start < line <= end:
                return before + 1 + (line - 1 - start if tag == "equal" else 0)
        return line

    @staticmethod
    def instead_of(changes, site):
        """What a call of remap_vmalloc_range*() replaced, or None."""
        if not any(tag != "equal" and start < site.at <= end for tag, _, start, end, _ in changes):
            return None
        if not site.words[0].endswith("partial"):
            return "a fault handler"
        return "a page" if site.words[2] == "PAGE_SIZE" else "a loop"
