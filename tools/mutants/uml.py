# SPDX-License-Identifier: GPL-2.0
"""Run changed C code on UML: one kernel has all changes, each as a copy of its function, and its command line says
which is to be in effect.

There are two such kernels, for what is compiled in a module only is not in the other. They are as that of tools/kunit,
without its coverage. Of changes in Rust, each has a kernel of its own.
"""
import collections
import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import time

import c

# Seconds in which a kernel that does not hang says something. Half a second is the most, where nothing else runs.
SILENCE = 15
COMMAND_LINE = ["mem=1G", "console=tty", "kunit.enable=1", "kunit_shutdown=halt", "oops=panic", "panic_on_warn=1",
                "panic=-1"]
# All suites, in two boots: that of areas takes twice as long as all others, which notice most.
SUITES = "vmremap?[!a]*", "vmremap?a*"
REPORT = re.compile(r"\[ cut here \]|BUG: |Oops|WARNING: |Kernel panic|refcount_t: |Bad page")
# What makes of foreign.c, and of its tests, what they are in a module.
KERNELS = {
    "module": "CFLAGS_c/foreign.o := -DMODULE\nCFLAGS_kunit/foreign.o := -DCONFIG_VMREMAP_MODULE=1\n",
    "built in": "",
}
SWITCH = """
int vmremap_mutant;

static int __init vmremap_mutant_setup(char *value)
{
	return kstrtoint(value, 0, &vmremap_mutant);
}
early_param("vmremap_mutant", vmremap_mutant_setup);
"""


def parameters(head):
    names = head[head.index("(") + 1:head.rindex(")")]
    return ", ".join(re.search(r"(\w+)\s*$", name)[1] for name in names.split(",") if name.strip() != "void")


def with_mutants(text, mine):
    """All changes of one file in one text. Each is in a file of its own: so the compiler says whose an error is."""
    by_unit = collections.defaultdict(list)
    for mutant in mine:
        body = text[mutant.unit.start:mutant.start] + mutant.new + text[mutant.end:mutant.unit.end]
        by_unit[mutant.unit.start].append((mutant.number, body))
    out, at, tables, patches = "extern int vmremap_mutant;\n", 0, "", ""
    for unit in c.units(text):
        copies, switch = "", ""
        head = text[unit.head:unit.start - 2]
        for number, body in by_unit[unit.start]:
            place = f'\n#line 1 "mutant-{number}"\n'
            if unit.conditions is None:
                tables += f"{place}static typeof({unit.name}) {unit.name}__{number} ={body};\n"
                patches += f"\tcase {number}:\n\t\tmemcpy(&{unit.name}, &{unit.name}__{number}, " \
                           f"sizeof({unit.name}));\n\t\tbreak;\n"
                continue
            copy = re.sub(rf"\b{unit.name}\(", f"{unit.name}__{number}(", head, count=1)
            copies += f"{place}__maybe_unused {'' if head.startswith('static') else 'static '}{copy}{{\n{body}}}\n"
            switch += f"\tcase {number}:\n\t\treturn {unit.name}__{number}({parameters(head)});\n"
        if switch:
            out += (f'{text[at:unit.head]}{copies}\n#line 1 "{unit.name}"\n'
                    f"{head}{{\n\tswitch (vmremap_mutant) {{\n{switch}\t}}\n"
                    f"\t{{\n{text[unit.start:unit.end]}\t}}\n}}\n")
            at = text.index("}", unit.end) + 1
    if patches:
        patches = "\nstatic int __init vmremap_mutate_tables(void)\n{\n\tswitch (vmremap_mutant) {\n" + patches + \
                  "\t}\n\treturn 0;\n}\nearly_initcall(vmremap_mutate_tables);\n"
    return out + text[at:] + tables + patches


def write(path, text):
    """Write a file that may have other names, and leave it alone where it says that already."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
        os.unlink(path)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


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


class Uml:
    """The kernels, built in FOLDER/uml from a kernel tree that has this checkout's vmremap, whose code is @code."""

    def __init__(self, tree, folder, code, mutants):
        self.tree, self.folder, self.code, self.mutants = tree, folder, code, mutants
        self.refused, self.passes = set(), {}
        os.makedirs(folder, exist_ok=True)

    def generate(self, kernel):
        """Put the code with all mutants into the tree."""
        texts, tables = dict(self.code), set()
        for path, text in texts.items():
            mine = [m for m in self.mutants if m.path == path and m.number not in self.refused]
            tables |= {m.unit.name for m in mine if m.unit.conditions is None}
            texts[path] = with_mutants(text, mine) if mine else text
        texts["c/main.c"] = "#include <linux/init.h>\n#include <linux/kernel.h>\n" + texts["c/main.c"] + SWITCH
        texts["Kbuild"] += KERNELS[kernel]
        # The tables are written to.
        constant = rf"(?m)^((?:extern |static )?)const (struct (?:\w+ |\{{[^}}]*\}} )?(?:{'|'.join(tables) or '-'})\b)"
        for path, text in texts.items():
            write(f"{self.tree}/mm/vmremap/{path}", re.sub(constant, r"\1\2", text))

    def make(self, kernel):
        """Build the tree as it is. Returns what the compiler objects to."""
        done = subprocess.run(
            ["./tools/testing/kunit/kunit.py", "build", "--kunitconfig=mm/vmremap/kunit",
             f"--build_dir={self.folder}/uml", f"--jobs={os.cpu_count()}", "--kconfig_add=CONFIG_DEBUG_INFO_NONE=y"],
            cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            env=os.environ | {"MAKEFLAGS": "-k"})  # all objections at once
        if not done.returncode:
            shutil.copy(self.folder + "/uml/linux", self.program(kernel))
        return done.stdout if done.returncode else ""

    def prepare(self):
        """Build the kernels, each with all mutants that can be compiled, and see that they pass with none in effect."""
        for kernel in KERNELS:
            began = time.monotonic()
            self.generate(kernel)
            while objections := self.make(kernel):
                bad = set(map(int, re.findall(r"mutant-(\d+):\d+:\d+: error:", objections)))
                if not bad - self.refused:
                    raise SystemExit(f"{objections[-4000:]}\nmutants: the kernel cannot be built")
                self.refused |= bad
                self.generate(kernel)
            self.check(kernel)
            print(f"UML, {kernel}: {sum(n for (of, _), n in self.passes.items() if of == kernel)} suites pass, "
                  f"{time.monotonic() - began:.0f} s", flush=True)

    def check(self, kernel):
        """See that the suites pass."""
        for suites in SUITES:
            by, suite, passed = self.boot(kernel, suites)
            if by or not passed:
                raise SystemExit(f"mutants: unchanged, {suite} fails: {by or 'there are none'}")
            self.passes[kernel, suites] = passed

    def make_rust(self, copy):
        """Build a kernel with the Rust of a copy of this checkout, and its C, in which nothing is changed."""
        subprocess.run([copy.folder + "/tools/in-tree", "add", self.tree], check=True)
        return self.make("rust")

    def prepare_rust(self, copy):
        """The same for one kernel, in which Rust is not changed yet."""
        if objections := self.make_rust(copy):
            raise SystemExit(f"{objections[-4000:]}\nmutants: the kernel cannot be built")
        self.check("rust")

    def tried_rust(self, copy):
        """Build a kernel with one change, and run it. Returns what failed, and in which suite."""
        return ("the type checker", "") if self.make_rust(copy) else self.tried("rust")

    def program(self, kernel):
        return f"{self.folder}/linux-{kernel.replace(' ', '-')}"

    def tried(self, kernel, number=0, first=()):
        """Run a kernel with one change, the suites @first before all. Returns what failed, and in which suite."""
        for suites in *first, *SUITES:
            enough = self.passes.get((kernel, suites), 0)
            by, suite, passed = self.boot(kernel, suites, number, enough)
            if by or passed < enough:
                return by or "the kernel ends early", suite
        return "", ""

    def boot(self, kernel, suites, number=0, enough=0):
        """Run suites until the first failure. Returns what failed, the last suite, and how many passed."""
        process = subprocess.Popen(
            [self.program(kernel), *COMMAND_LINE, f"kunit.filter_glob={suites}", f"vmremap_mutant={number}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        suite, test, failed, passed = "boot", "", "", 0
        for line in said(process):
            if match := re.match(r"( +)# Subtest: (\S+)", line):
                suite, test = (match[2], "") if len(match[1]) == 4 else (suite, match[2] + ": ")
            elif match := re.match(r"\s+not ok \d+ (.*)", line):
                failed = test * (test != match[1].strip() + ": ") + match[1].strip()
            elif REPORT.search(line):
                failed = "report: " + line.strip()
            passed += bool(re.match(r"ok \d+ ", line))
            if failed or passed and passed == enough:
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
        return failed, suite, passed
