# SPDX-License-Identifier: GPL-2.0
"""What can catch a mutant: the proofs, the API snapshot, programs that must not compile, and the test programs."""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

import api
import changes
import modules
import prover
import rustc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def texts(folder, *suffixes):
    """The files of a folder, with their contents."""
    return {f"{folder}/{path.name}": path.read_text() for path in sorted((ROOT / folder).iterdir())
            if path.name.endswith(suffixes)}


def digest(*every):
    """A hash of texts without comments and blanks. Rust's doc comments count, because their examples are tests."""
    plain = [" ".join(re.sub(r"/\*.*?\*/|//(?![/!])[^\n]*", " ", text, flags=re.DOTALL).split()) for text in every]
    return hashlib.sha256("\0".join(plain).encode()).hexdigest()[:20]


# Seconds for a proof, because a mutated loop may not end.
prover.LIMIT = 120
# The code to mutate.
CODE = texts("c", ".c", ".h") | texts("rust", ".rs")


def put(changed):
    """Restore the code in this checkout, except for the changed files."""
    for path, text in (CODE | changed).items():
        if (ROOT / path).read_text() != text:
            (ROOT / path).write_text(text)


class Killer:
    """Tries mutants. All results depend on @depends; the result of a test also depends on its text in @tests. What has
    caught a mutant is the name of a test or anything else; details may follow after a colon.
    """

    workers = os.cpu_count()

    def __init__(self, name, suffixes, depends, tests):
        self.name, self.suffixes, self.all_tests = name, suffixes, tests
        code = [text for path, text in CODE.items() if path.endswith((".c", ".h", *suffixes))]
        self.base = digest(name, *depends, *code)

    def wanted(self, mutant):
        return mutant.path.endswith(self.suffixes)

    def tests(self, _mutant):
        """The tests to try on a mutant."""
        return self.all_tests

    def prepare(self):
        """Build what all mutants need, and check that the unchanged code passes."""

    def depends(self, mutant, by):
        """A result stays valid: if a test caught the mutant, until this test changes; otherwise, until any test does."""
        tests, test = self.tests(mutant), by.split(":")[0]
        return digest(tests[test]) if test in tests else digest(*tests.values())

    def phase(self, every, known):
        """Try the mutants that nothing has caught yet, and reuse the known results."""
        began = said = time.monotonic()
        left = [mutant for mutant in every if not mutant.by and self.wanted(mutant)]
        keys = {mutant: digest(self.base, mutant.path, mutant.text) for mutant in left}
        new = []
        for mutant in left:
            mutant.before = known.get(f"{self.name}: {mutant.name}", "")
            by, then = known.get(keys[mutant], ("", ""))
            if then == self.depends(mutant, by):
                mutant.by = by
            else:
                new.append(mutant)
        if new:
            self.prepare()
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            for tried, (mutant, by) in enumerate(zip(new, pool.map(self.killer, new)), 1):
                mutant.by = by
                known[keys[mutant]] = by, self.depends(mutant, by)
                known[f"{self.name}: {mutant.name}"] = by
                if time.monotonic() > said + 30:
                    said = time.monotonic()
                    print(f"{self.name}: {tried} of {len(new)} tried, {sum(bool(m.by) for m in new[:tried])} killed",
                          flush=True)
        print(f"{self.name}: {sum(bool(m.by) for m in left)} of {len(left)} killed in {time.monotonic() - began:.0f} s",
              flush=True)


class Proofs(Killer):
    """The proofs about the mutant's file, on small machines, which suffice to catch a mutant."""

    def __init__(self, name, source, cases):
        every = [prover.Proof(path.stem) for path in sorted((ROOT / "verification/proofs").glob("*.c"))]
        self.source, self.proofs = source, [proof for proof in every if ("Cases" in proof.head) == cases]
        depends = [(ROOT / "verification/proofs" / name).read_text() for name in ("prover.py", "proof.h")]
        super().__init__(name, (".c", ".h"), depends, texts("verification/proofs", ".c"))

    def about(self, mutant):
        about = [proof for proof in self.proofs if mutant.path in proof.head["Code"].split()]
        return sorted(about, key=lambda proof: not mutant.function.endswith(proof.name))

    wanted = about

    def tests(self, mutant):
        return {f"the proof {proof.name}": self.all_tests[f"verification/proofs/{proof.name}.c"]
                for proof in self.about(mutant)}

    def prepare(self):
        for path in {path for proof in self.proofs for path in proof.head["Code"].split()}:
            if by := self.killer(changes.Mutant(path, CODE[path], "", None, 0, 0, "")):
                sys.exit(f"{path} itself is refused by {by}")

    def killer(self, mutant):
        with tempfile.TemporaryDirectory() as folder:
            prover.flags_header(self.source, folder)
            changed = pathlib.Path(folder, pathlib.Path(mutant.path).name)
            changed.write_text(mutant.text)
            for proof in self.about(mutant):
                code = [str(changed) if path == mutant.path else path for path in proof.head["Code"].split()]
                small = [machine for machine in proof.machines if machine[1] == "12"]
                for machine in small[:1] if "Cases" in proof.head else small:
                    try:
                        program = prover.compiled(proof, machine, self.source, folder, code)
                    except subprocess.CalledProcessError:
                        return "the compiler"
                    try:
                        wrong = prover.hold(proof, program)[1]
                    except subprocess.TimeoutExpired:
                        wrong = "it does not end"
                    if wrong:
                        return f"the proof {proof.name}"
        return ""


class Api(Killer):
    """The snapshot of the API, without the hashes, and rustc, with the static assertions of the crate."""

    def __init__(self, name):
        self.snapshot = (ROOT / api.PATH).read_text().partition(f"# {modules.RESTS}\n")[0]
        super().__init__(name, (".rs",), texts("bindings", ".rs", ".h").values(), {"the snapshot of the API": self.snapshot})

    def prepare(self):
        put({})
        subprocess.run([ROOT / "tools/kmake"], stdout=subprocess.DEVNULL, check=True)
        self.build = rustc.Build(ROOT)  # pylint: disable=attribute-defined-outside-init
        if by := self.failing({}):
            sys.exit(f"mutants: unchanged, {by} differs")

    def failing(self, changed):
        files = {path: text for path, text in (CODE | texts("bindings", ".rs") | changed).items()}
        if any(self.build.errors(files)):
            return "the compiler"
        try:
            document = self.build.items(files)
        except rustc.Refused:
            return "the compiler"
        differs = any(api.difference(self.snapshot, api.snapshot(document, files)))
        return "the snapshot of the API" if differs else ""

    def killer(self, mutant):
        return self.failing({mutant.path: mutant.text})


class Checkout(Killer):
    """Tests that run in this checkout, one mutant after the other."""

    workers = 1

    def prepare(self):
        put({})
        if by := self.failing():
            sys.exit(f"mutants: unchanged, {by} fails")

    def killer(self, mutant):
        put({mutant.path: mutant.text})
        return self.failing()


class CompileFail(Checkout):
    """The programs that must not compile."""

    def __init__(self, name):
        bindings = texts("bindings", ".rs", ".h").values()
        super().__init__(name, (".rs",), bindings, texts("selftests/compile-fail", ".rs"))

    @staticmethod
    def failing():
        done = subprocess.run([ROOT / "selftests/compile-fail/run"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=False)
        if failed := re.search(r"^not ok \d+ (\w+)", done.stdout, flags=re.MULTILINE):
            return f"the programs that must not compile, {failed[1]}"
        return "the compiler" if done.returncode else ""


class Selftests(Checkout):
    """The test programs on the stock kernel, which has what UML lacks: huge pages, modules and memory failure; and the
    KUnit suites on the debug kernel, which reach code that programs do not."""

    phases = "selftests", "reuse", "rust", "hostile", "cost", "edu", "debug-kunit", "debug-rust"
    likely = None  # the command that caught this mutant in an earlier run, or the last one

    def __init__(self, name, argued):
        shared = texts("selftests", ".h")
        for folder in "selftests/module", "samples/c", "samples/rust", "samples/ring", "samples/ring/rust":
            shared |= texts(folder, ".c", ".h", ".rs")
        self.programs = {pathlib.Path(path).stem: text for path, text in texts("selftests", ".c").items()}
        tests = {f"the program {program}": text for program, text in self.programs.items()}
        for command, *folders in (("selftests/rust/run", "selftests/rust"), ("selftests/debug/run", "kunit"),
                                  ("selftests/hostile/run", "selftests/hostile"),
                                  ("selftests/edu/run", "samples/edu", "samples/edu/rust")):
            tests[f"the command {command}"] = self.programs.get(command.split("/")[1], "") + "".join(
                text for folder in folders for text in texts(folder, ".c", ".h", ".rs").values())
        super().__init__(name, (".c", ".h", ".rs"), shared.values(), tests)
        self.argued = argued
        lines = [line.split() for line in (ROOT / "tools/test-phases").read_text().splitlines() if line and line[0] != "#"]
        lines.sort(key=lambda line: int(line[1]))  # the shortest first
        self.commands = [command for name, _, _, *command in lines if name in self.phases]

    def wanted(self, mutant):
        return super().wanted(mutant) and mutant.name not in self.argued

    def killer(self, mutant):
        if ": " in mutant.before:
            self.likely = shlex.split(mutant.before.split(": ")[1])
        return super().killer(mutant)

    def failing(self):
        if subprocess.run(["make", "-s", "modules"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode:
            return "the compiler"
        for command in filter(None, (self.likely, *self.commands)):
            likely, by, failed = command, f"the command {command[0]}", ""
            # Three times as long as one program, or all programs, take.
            seconds = "100" if command is self.likely and command[-1] in self.programs else "300"
            with subprocess.Popen(["timeout", seconds, *command], cwd=ROOT, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True, errors="replace") as process:
                for line in process.stdout:
                    if line.startswith("not ok"):
                        failed = line.strip()
                        process.terminate()
                        break
                    begun = re.match(r"# (\w+)( of \S+)?$", line)
                    if begun and "selftests/run" in command and begun[1] in self.programs:
                        likely = [*command[:command.index("selftests/run") + 1], begun[1]]
                        by = f"the program {begun[1]}"
            if failed or process.returncode:
                self.likely = likely
                return f"{by}: {shlex.join(likely)}: {failed or process.returncode}"
        return ""
