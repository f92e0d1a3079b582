# SPDX-License-Identifier: GPL-2.0
"""What the files of a driver say about the memory that it maps: where its address goes, and who frees it."""
import collections
import re

import promises
from facts import File, MAPS, aliases, blank
from inserts import Inserts
from vma import Vmas

# These free no vmalloc memory, whatever the names look like that they are given.
OTHERS = re.compile(r"kfree|kfree_sensitive|vunmap|iounmap|(?:__)?free_pages?\w*|dma_\w*free\w*|\w*pool_free|\w*_release_\w+|release_\w+|\w*_irq\w*")

# These make memory that is not vmalloc memory of these files.
MAKERS = re.compile(r"\w*alloc\w*|\w*ioremap\w*|\w*memremap\w*|vm_map_ram|kmap\w*|\w*_to_virt|__va|page_address|\w*get_free_pages?|"
                    r"\w*memdup\w*|\w*vmap\w*")


class Driver(Vmas, Inserts):
    """What is known of some files."""

    def __init__(self, root, names, origin, others=()):
        """@origin says at which line of the file as it came something was. @others are files that can
        know what these know."""
        self.others = others
        self.by = collections.defaultdict(list)
        self.files, self.parameters, other_names = {}, {}, {}
        texts = {name: (root / name).read_text(encoding="utf-8", errors="surrogateescape") for name in names}
        for text in texts.values():
            other_names |= aliases(text)
        for name in names:
            self.files[name] = File(name, texts[name], other_names)
            self.parameters |= self.files[name].parameters
            for fact in self.files[name].facts:
                fact = fact._replace(line=origin(name, fact.at))
                self.by[fact.kind, None].append(fact)
                self.by[fact.kind, fact.function].append(fact)
        self.globals = {name for file in self.files.values() for name, everywhere in file.variables.items() if everywhere}
        self.called_by_name = collections.defaultdict(list)
        for call in self.of("invoke"):
            self.called_by_name[call.words[0]].append(call)
        self.structs = collections.defaultdict(set)
        for file in self.files.values():
            for kind, *rest in (value for flow in file.flows for value in flow):
                if kind == ".":
                    self.structs[rest[0]].add((".", *rest))
        self.next, self.origins = collections.defaultdict(set), collections.defaultdict(set)
        for file in self.files.values():
            for value, target in file.flows:
                for begin in self.places(value):
                    for end in self.places(target):
                        self.next[begin].add(end)
                        self.origins[end].add(begin)

    def of(self, kind, function=None):
        return self.by[kind, function or None]

    def is_variable(self, file, name):
        """Is this a variable of the file?"""
        return name in self.files[file].variables

    # Where a value goes, by the names of variables and members. A member whose struct does not show is that of any struct.

    def bound_to(self, member):
        return {bound.words[3] for bound in self.of("bound") if bound.words[2] == member and bound.words[3] in self.parameters}

    def places(self, value):
        """The names that a value of facts.py stands for."""
        kind, *rest = value
        if kind == "local":
            file, function, name = rest
            if name in self.parameters.get(function, ()):
                return [(function, name)]
            if name in self.files[file].variables:
                return [("" if self.files[file].variables[name] else file, name)]
            return [("", name)] if name in self.globals else [(function or file, name)] if name != "NULL" else []
        if kind == "argument":
            name, number, method = rest
            return [(function, parameters[number]) for function in (self.bound_to(name) if method else (name,))
                    for parameters in [self.parameters.get(function, ())] if number < len(parameters)]
        if kind == ".":
            return [value] if rest[1] else self.structs[rest[0]] | {value}
        if kind == "callback":
            return [(rest[0], parameter) for parameter in self.parameters.get(rest[0], ())]
        if kind == "method":
            return [("return", function) for function in self.bound_to(rest[0])]
        return [value]

    def reached(self, alloc, stored=True):
        """All names that can have the address of this memory; or those that have it before it is @stored."""
        found, todo = set(), [("alloc", alloc.file, alloc.start)]
        while todo:
            name = todo.pop()
            if name not in found and (stored or name[0] not in ("", ".")):
                found.add(name)
                todo += self.next[name]
        return found

    def stranger(self, site):
        """A function of the kernel other than the allocators of vmalloc memory that can have made what this maps, or None."""
        found, todo = set(), [place for value in site.values for place in self.places(value)]
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self.origins[name]
        return next((name[1] for name in sorted(found, key=str) if name[0] == "return" and name[1] not in self.parameters and
                     MAKERS.fullmatch(name[1])), None)

    def is_in(self, fact, names):
        """Can the argument of a fact be one of these names?"""
        return any(place in names for value in fact.values for place in self.places(value))

    # What becomes an area.

    def memories(self, sites):
        """The allocations whose memory these sites map, and the names that have its address."""
        found = {}
        for alloc in self.of("alloc"):
            names = self.reached(alloc)
            if any(self.is_in(site, names) for site in sites):
                found[alloc] = names
        return found

    def marked(self, allocs):
        """Memory that is not marked for userspace is mapped by nobody, if some is."""
        return [alloc for alloc in allocs if promises.for_userspace(*alloc.words)] or allocs

    def unmarked(self, allocs):
        """An allocation, if remap_vmalloc_range() refuses the memory of all of these, or if there are none, of these files."""
        allocs = allocs or self.of("alloc")
        return allocs[0] if allocs and not any(promises.for_userspace(*alloc.words) for alloc in allocs) else None

    def named(self, fact):
        """Is a function called by its own name, and not by that of a macro?"""
        return self.files[fact.file].text.startswith(fact.words[0].partition("(")[0], fact.start)

    def no_area(self, alloc, names):
        """Why this memory does not become an area, or None."""
        place = f"{alloc.words[0]}() ({alloc.file}:{alloc.line})"
        _, refused = promises.area(*alloc.words)
        if refused:
            return f"{place} {refused}"
        if not self.named(alloc):
            return f"{place} is called by another name"
        if odd := next(iter(self.of("odd")), None):
            return f"{odd.file}:{odd.line}: {odd.words[0]}"
        for kind, function, *_ in sorted(self.reached(alloc, stored=False), key=str):
            if kind == "return" and self.others_call(function):
                return f"{place} is called by {function}(), which other files can call"
        if other := next((page for page in self.of("page") if page.function not in MAPS and self.near(page) and
                          self.is_in(page, names)), None):
            return f"{other.file}:{other.line} maps it, too, but not as an area"
        return self.not_freed(names) or self.reserved() or self.zapped(self.files[alloc.file])

    def others_call(self, function):
        """Can a function that returns memory be called elsewhere?"""
        members = {bound.words[2] for bound in self.of("bound") if bound.words[3] == function}
        return any(function in file.exported for file in self.files.values()) or not any(
            self.called_by_name[name] for name in {function} | members)

    def not_freed(self, names):
        """Why these files do not show who frees it, or that another function does."""
        freed = bool(self.of("loose"))
        for free in self.of("free"):
            if free.words[0] in self.parameters or OTHERS.fullmatch(free.words[0]) or not self.is_in(free, names):
                continue
            if not self.named(free):
                return f"{free.file}:{free.line} frees it by another name of {free.words[0]}()"
            if free.words[0] != "vfree":
                return f"{free.file}:{free.line} frees it by {free.words[0]}" + ("" if "(" in free.words[0] else "()")
            freed = True
        if loose := next((loose for loose in self.of("loose") if loose.words[0] == "kvfree"), None):
            return f"{loose.file}:{loose.line} takes the address of kvfree()"
        return self.freed_elsewhere(names) if freed else "these files do not free it"

    def freed_elsewhere(self, names):
        """Another file that frees a member or a variable of the same name, or None."""
        members = {name for kind, name, *_ in names if kind in ("", ".")}
        for path in self.others:
            text = blank(path.read_text(encoding="utf-8", errors="surrogateescape"))[0]
            for free in re.finditer(r"\b(?<!void )k?vfree(?:_atomic)?\s*\(([^();]*)\)", text):
                if members & set(re.findall(r"\w+", free[1])[-1:]):
                    return f"{path.name}:{text.count(chr(10), 0, free.start()) + 1} frees {free[1].strip()}, and is none of these files"
        return None

    def reserved(self):
        """Where pages of vmalloc memory are marked, or None."""
        for fact in self.of("reserved"):
            if self.of("page", fact.function):
                return f"{fact.words[0]}() ({fact.file}:{fact.line}) marks its pages: drop that first"
        return None

    def releases(self, allocs):
        """The calls of vfree() that free this memory, and those of which these files do not show that they free another."""
        mapped = {name for names in allocs.values() for name in names}
        others = set()
        for alloc in self.of("alloc"):
            if alloc not in allocs:
                others |= self.reached(alloc)
        frees = [free for free in self.of("free") if free.words[0] == "vfree" and self.named(free) and
                 (self.is_in(free, mapped) or not self.is_in(free, others))]
        return frees + [loose for loose in self.of("loose") if loose.words[0] == "vfree"]
