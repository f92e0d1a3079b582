# SPDX-License-Identifier: GPL-2.0
"""Run changed C code on UML: one kernel has all changes, each as a copy of its function, and its command line says which
is to be in effect.

There are two such kernels, for what is compiled in a module only is not in the other. They are as that of tools/kunit,
without its coverage. Of changes in Rust, each has a kernel of its own.
"""
import collections
import os
import re
import shutil
import signal
import subprocess
import threading
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
    return [re.search(r"(\w+)\s*$", name)[1] for name in names.split(",") if name.strip() != "void"]


def with_mutants(text, numbered):
    """All changes of one file in one text, and which lines of that text are whose."""
    by_unit = collections.defaultdict(list)
    for number, mutant in numbered:
        by_unit[mutant.unit.start].append((number, mutant))
    tables = [unit for unit in c.units(text) if unit.conditions is None and unit.start in by_unit]
    out, at, owners, patches = "extern int vmremap_mutant;\n", 0, [], []

    def add(piece, owner=None):
        nonlocal out
        first = out.count("\n") + 1
        out += piece
        owners.append((first, out.count("\n") + 1, owner))

    for unit in c.units(text):
        mine = by_unit.get(unit.start, [])
        if not mine or unit.conditions is None:
            continue
        head = text[unit.head:unit.start - 2]
        call = ", ".join(parameters(head))
        add(text[at:unit.head])
        for number, mutant in mine:
            copy = re.sub(rf"\b{unit.name}\(", f"{unit.name}__{number}(", head, count=1)
            static = "" if head.startswith("static") else "static "
            body = text[unit.start:mutant.start] + mutant.new + text[mutant.end:unit.end]
            add(f"__maybe_unused {static}{copy}{{\n{body}}}\n", number)
        cases = "".join(f"\tcase {number}:\n\t\treturn {unit.name}__{number}({call});\n" for number, _ in mine)
        add(f"{head}{{\n\tswitch (vmremap_mutant) {{\n{cases}\t}}\n\t{{\n{text[unit.start:unit.end]}\t}}\n}}\n")
        at = text.index("}", unit.end) + 1
    add(text[at:])
    for unit in tables:
        for number, mutant in by_unit[unit.start]:
            body = text[unit.start:mutant.start] + mutant.new + text[mutant.end:unit.end]
            add(f"\nstatic typeof({unit.name}) {unit.name}__{number} ={body};\n", number)
            patches.append(f"\tcase {number}:\n\t\tmemcpy(&{unit.name}, &{unit.name}__{number}, "
                           f"sizeof({unit.name}));\n\t\tbreak;\n")
    if patches:
        add("\nstatic int __init vmremap_mutate_tables(void)\n{\n\tswitch (vmremap_mutant) {\n" + "".join(patches) +
            "\t}\n\treturn 0;\n}\nearly_initcall(vmremap_mutate_tables);\n")
    return writable(out, tables), owners


def writable(text, tables):
    """The same, where these tables can be written to."""
    for table in tables:
        text = re.sub(rf"^((?:extern |static )?)const (struct (?:\w+ |\{{[^}}]*\}} )?{table.name}\b)", r"\1\2", text,
                      flags=re.MULTILINE)
    return text


def write(path, text):
    """Write a file that may have other names, and leave it alone where it says that already."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
        os.unlink(path)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


class Uml:
    """The kernels, built in FOLDER/uml from a kernel tree that has this checkout's vmremap."""

    def __init__(self, root, tree, folder, numbered):
        self.root, self.tree, self.folder = root, tree, folder
        self.mutants = dict(numbered)
        self.refused = set()
        self.passes = {}

    def generate(self, kernel):
        """Put the code with all mutants into the tree, and remember which lines are whose."""
        self.owners = {}
        texts, tables = {}, []
        for name in sorted(os.listdir(self.root + "/c")):
            if name.endswith((".c", ".h")):
                with open(f"{self.root}/c/{name}", encoding="utf-8") as f:
                    texts["c/" + name] = f.read()
        for path in sorted({mutant.path for mutant in self.mutants.values()}):
            mine = [(n, m) for n, m in self.mutants.items() if m.path == path and n not in self.refused]
            starts = {m.unit.start for _, m in mine}
            tables += [u for u in c.units(texts[path]) if u.conditions is None and u.start in starts]
            texts[path], self.owners[path] = with_mutants(texts[path], mine)
        texts["c/main.c"] = "#include <linux/init.h>\n#include <linux/kernel.h>\n" + texts["c/main.c"] + SWITCH
        with open(self.root + "/Kbuild", encoding="utf-8") as f:
            texts["Kbuild"] = f.read() + KERNELS[kernel]
        for path, text in texts.items():
            write(f"{self.tree}/mm/vmremap/{path}", writable(text, tables) if path.endswith(".h") else text)

    def make(self, kernel):
        """Build the tree as it is. Returns what the compiler objects to."""
        done = subprocess.run(
            ["./tools/testing/kunit/kunit.py", "build", "--kunitconfig=mm/vmremap/kunit", f"--build_dir={self.folder}/uml",
             f"--jobs={os.cpu_count()}", "--kconfig_add=CONFIG_DEBUG_INFO_NONE=y"],
            cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            return done.stdout
        shutil.copyfile(self.folder + "/uml/linux", self.program(kernel))
        os.chmod(self.program(kernel), 0o755)
        return ""

    def build(self, kernel):
        """A kernel with all mutants that can be compiled."""
        self.generate(kernel)
        while objections := self.make(kernel):
            bad = {owner for path, line in re.findall(r"mm/vmremap/(c/\w+\.[ch]):(\d+):\d+: error:", objections)
                   for first, last, owner in self.owners.get(path, ()) if owner and first <= int(line) < last}
            if not bad - self.refused:
                raise SystemExit(f"{objections[-4000:]}\nmutants: the kernel cannot be built")
            self.refused |= bad
            self.generate(kernel)

    def prepare(self):
        """Build the kernels, and see that they pass with no change in effect."""
        os.makedirs(self.folder, exist_ok=True)
        for kernel in KERNELS:
            began = time.monotonic()
            self.build(kernel)
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

    def prepare_rust(self):
        """The same for one kernel, in which Rust is not changed yet."""
        if objections := self.make("rust"):
            raise SystemExit(f"{objections[-4000:]}\nmutants: the kernel cannot be built")
        self.check("rust")

    def tried_rust(self, mutant):
        """Build a kernel with one change, and run it. Returns what failed, and in which suite."""
        path = f"{self.tree}/mm/vmremap/{mutant.path}"
        with open(path, encoding="utf-8") as f:
            before = f.read()
        write(path, mutant.text)
        try:
            return ("the type checker", "") if self.make("rust") else self.tried("rust")
        finally:
            write(path, before)

    def program(self, kernel):
        return f"{self.folder}/linux-{kernel.replace(' ', '-')}"

    def tried(self, kernel, number=0):
        """Run a kernel with one change. Returns what failed, and in which suite."""
        by = suite = ""
        for suites in SUITES:
            if not by:
                by, suite, passed = self.boot(kernel, suites, number, self.passes[kernel, suites])
                if not by and passed < self.passes[kernel, suites]:
                    by = "the kernel ends early"
        return by, suite

    def boot(self, kernel, suites, number=0, enough=None):
        """Run suites until the first failure. Returns what failed, the last suite, and how many passed."""
        arguments = [self.program(kernel), *COMMAND_LINE, f"kunit.filter_glob={suites}", f"vmremap_mutant={number}"]
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
        suite, test, failed, passed = "boot", "", "", 0
        heard, hangs, done = time.monotonic(), False, threading.Event()

        def watch():
            nonlocal hangs
            while not done.wait(1):
                if time.monotonic() - heard > SILENCE:
                    hangs = True
                    os.killpg(process.pid, signal.SIGKILL)
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        for line in process.stdout:
            heard = time.monotonic()
            if match := re.match(r"( +)# Subtest: (\S+)", line):
                suite, test = (match[2], "") if len(match[1]) == 4 else (suite, match[2] + ": ")
            elif match := re.match(r"\s+not ok \d+ (.*)", line):
                failed = test * (test != match[1].strip() + ": ") + match[1].strip()
            elif REPORT.search(line):
                failed = "report: " + line.strip()
            elif re.match(r"ok \d+ ", line):
                passed += 1
            if failed or passed == enough:
                break
        done.set()
        watcher.join()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.stdout.close()
        process.wait()
        return failed or "it hangs" * hangs, suite, passed
