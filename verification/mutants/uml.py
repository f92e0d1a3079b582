# SPDX-License-Identifier: GPL-2.0
"""The KUnit suites, on UML, whose kernels are as that of tools/kunit, without its coverage."""
import contextlib
import itertools
import os
import re
import select
import signal
import subprocess
import sys
import time

from killers import CODE, Killer, ROOT, put, texts

COMMAND_LINE = ["mem=1G", "console=tty", "kunit.enable=1", "kunit_shutdown=halt", "oops=panic", "panic_on_warn=1",
                "panic=-1"]
# Seconds in which a kernel that does not hang says something. Half a second is the most, where nothing else runs.
SILENCE = 15
# All suites, in two boots: that of areas takes twice as long as all others, which notice most.
SUITES = "vmremap?[!a]*", "vmremap?a*"
FAILURE = re.compile(r"\s+not ok |.*(\[ cut here \]|BUG: |Oops|WARNING: |Kernel panic|refcount_t: |Bad page)")
# What makes of foreign.c, and of its tests, what they are in a module.
MODULE = "CFLAGS_c/foreign.o=-DMODULE", "CFLAGS_kunit/foreign.o=-DCONFIG_VMREMAP_MODULE=1"
# Which change is in effect says the command line.
SWITCH = """#include <linux/moduleparam.h>
int vmremap_mutant;
core_param(vmremap_mutant, vmremap_mutant, int, 0);
"""


def with_mutants(text, mine):
    """All changes of one file in one text: a function has a copy for each, in a file of its own, so that the compiler
    says whose an error is."""
    out, at = "extern int vmremap_mutant;\n", 0
    for unit, of_unit in itertools.groupby(mine, lambda mutant: mutant.unit):
        head, copies, switch = text[unit.start:unit.inside - 1], "", ""
        arguments = ", ".join(name for name in re.findall(r"(\w+)[,)]", head) if name != "void")
        for mutant in of_unit:
            name = f"{unit.name}__{mutant.number}"
            body = text[unit.inside:mutant.start] + mutant.new + text[mutant.end:unit.last]
            static = "" if head.startswith("static") else "static "
            copies += f'\n#line 1 "mutant-{mutant.number}"\n__maybe_unused {static}' + \
                re.sub(rf"\b{unit.name}\(", name + "(", head, count=1) + f"{{{body}}}\n"
            switch += f"\tcase {mutant.number}:\n\t\treturn {name}({arguments});\n"
        out += (f'{text[at:unit.start]}{copies}\n#line 1 "{unit.name}"\n'
                f"{head}{{\n\tswitch (vmremap_mutant) {{\n{switch}\t}}\n\t{{{text[unit.inside:unit.last]}}}\n")
        at = unit.last
    return out + text[at:]


def said(process):
    """What a kernel says, line by line, until it ends or hangs."""
    rest = b""
    while select.select([process.stdout], [], [], SILENCE)[0]:
        piece = os.read(process.stdout.fileno(), 1 << 16)
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
    yield "BUG: it hangs"


class Suites(Killer):
    """The suites in one kernel that has all changes of functions, and foreign.c as it is in a module."""

    title, options = "with all changes", [f"--make_options={option}" for option in MODULE]

    def __init__(self, name, suffixes, source, folder, tree, every):
        kunit = texts("kunit", ".c", ".h", ".rs", ".mk", ".kunitconfig")
        files = {path: text for path, text in kunit.items() if '"vmremap-' in text or path.endswith(".rs")}
        tests = {test: text for path, text in files.items() for test in re.findall(r'"(vmremap-\w+)"', text) or [path]}
        shared = texts("bindings", ".rs", ".h") | texts(".", "Kbuild") | texts("verification/mutants", "uml.py") | kunit
        shared = [text for path, text in shared.items() if path not in files]
        super().__init__(name, suffixes, [source, *shared], tests)
        self.folder, self.tree, self.every = folder, tree, every
        self.refused, self.passes = set(), {}
        self.likely = SUITES[0]  # what noticed the last change, and notices its neighbours

    def wanted(self, mutant):
        """Functions, but for what is not compiled on UML."""
        return super().wanted(mutant) and mutant.unit.kind == "function" and \
            "!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)" not in CODE[mutant.path][mutant.unit.inside:mutant.unit.last]

    def build(self, changed):
        """Build the kernel with code that is changed. Returns what the compiler objects to."""
        put(changed)
        subprocess.run([ROOT / "tools/in-tree", "add", self.tree], check=True)
        done = subprocess.run(
            ["./tools/testing/kunit/kunit.py", "build", "--kunitconfig=mm/vmremap/kunit",
             f"--build_dir={self.folder}/uml", f"--jobs={os.cpu_count()}", "--kconfig_add=CONFIG_DEBUG_INFO_NONE=y",
             *self.options], cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            env=os.environ | {"MAKEFLAGS": "-k"})  # all objections at once
        return done.stdout if done.returncode else ""

    def changed(self):
        """The code with all changes that can be compiled."""
        mine = [mutant for mutant in self.every if self.wanted(mutant) and mutant.number not in self.refused]
        code = {path: with_mutants(CODE[path], of_file)
                for path, of_file in itertools.groupby(mine, lambda mutant: mutant.path)}
        return code | {"c/main.c": CODE["c/main.c"] + SWITCH}

    def prepare(self):
        """Build it, and see that the suites pass with no change in effect."""
        began = time.monotonic()
        while objections := self.build(self.changed()):
            bad = set(map(int, re.findall(r"mutant-(\d+):\d+:\d+: error:", objections)))
            if not bad - self.refused:
                sys.exit(f"{objections[-4000:]}\nmutants: the kernel cannot be built")
            self.refused |= bad
        for suites in SUITES:
            failed, suite, self.passes[suites] = self.boot(suites)
            if failed or not self.passes[suites]:
                sys.exit(f"mutants: unchanged, {suite} fails")
        print(f"UML, {self.title}: {sum(self.passes.values())} suites pass, {time.monotonic() - began:.0f} s",
              flush=True)

    def killer(self, mutant):
        if mutant.number in self.refused:
            return "the compiler"
        for suites in dict.fromkeys((self.likely, *SUITES)):
            failed, suite, passed = self.boot(suites, mutant.number)
            if failed or passed < self.passes.get(suites, 1):
                self.likely = suite if suite in self.all_tests else self.likely
                return f"{suite}: {failed or 'the kernel ends early'}"
        return ""

    def boot(self, suites, number=0):
        """Run suites until the first failure. Returns what failed, the last suite, and how many passed."""
        process = subprocess.Popen(
            [self.folder + "/uml/linux", *COMMAND_LINE, f"kunit.filter_glob={suites}", f"vmremap_mutant={number}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        suite, failed, passed = "boot", "", 0
        for line in said(process):
            if match := re.match(r" {4}# Subtest: (\S+)", line):
                suite = match[1]
            failed = line.strip() if FAILURE.match(line) else ""
            passed += line.startswith("ok ")
            if failed or passed == self.passes.get(suites, 1 if number else None):
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
        return failed, suite, passed


class OneByOne(Suites):
    """The suites in a kernel for each change: of Rust, of a table, and of what is other in a module, here built in."""

    title, options, workers = "with nothing changed", [], 1

    def wanted(self, mutant):
        return mutant.path.endswith(self.suffixes) and (
            not mutant.unit or mutant.unit.kind == "table" or bool(re.search(r"\bMODULE\b", CODE[mutant.path])))

    def changed(self):
        return {}

    def killer(self, mutant):
        return "the compiler" if self.build({mutant.path: mutant.text}) else super().killer(mutant)
