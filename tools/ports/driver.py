# SPDX-License-Identifier: GPL-2.0
"""What the files of a driver say about the memory that it maps: who allocates it, who frees it, and who else has a say."""
import collections
import re

import promises
from facts import File, MAPS, blank, living, renamed, typedefs
from inserts import Inserts
from vma import Vmas
from words import balanced, bare, base, element, member, shown, split

# Who is given the address of these can change which memory they hold.
CHANGERS = re.compile(r"swap|.*xchg.*|WRITE_ONCE|smp_store_release|rcu_.*assign_pointer|rcu_replace_pointer|.*realloc.*")
OWN = {"list_head", "hlist_node", "rb_node", "kref", "mutex", "work_struct", "device", "cdev", "rcu_head", "completion"}

Source = collections.namedtuple("Source", "name args file at line function wrapped")
# A member, with its struct or, if that does not show, its file; or a variable, with = and, if it is static, its file.
Memory = collections.namedtuple("Memory", "holder address")


def is_member(memory):
    return not memory.holder.startswith("=")



class Driver(Vmas, Inserts):
    """What is known of some files."""

    def __init__(self, root, names, dma32, origin):
        """@origin says at which line of the file as it came something was."""
        self.dma32 = dma32
        self.facts = collections.defaultdict(list)
        self.members = collections.defaultdict(set)
        self.by = collections.defaultdict(list)
        self.files, self.parameters, self.inside, self.tagless, aliases = {}, {}, {}, set(), {}
        texts = {name: (root / name).read_text(encoding="utf-8", errors="surrogateescape") for name in names}
        for text in texts.values():
            aliases |= renamed(living(text)) if "define" in text else {}
            if "typedef" in text:
                found, tagless = typedefs(blank(living(text))[0])
                aliases |= found
                self.tagless |= tagless
        for name in names:
            self.files[name] = File(name, texts[name], aliases)
            self.parameters |= self.files[name].parameters
            self.inside |= self.files[name].inside
            for address, holders in self.files[name].members.items():
                self.members[address] |= holders
            for fact in self.files[name].facts:
                fact = fact._replace(line=origin(name, fact.at))
                self.facts[fact.kind].append(fact)
                self.by[fact.kind, fact.function].append(fact)
        self.left = collections.defaultdict(list)
        for copy in self.facts["copy"]:
            self.left[(element(bare(copy.words[0]))[0].split() or [""])[-1]].append(copy)
        self.called_by_name = collections.defaultdict(list)
        for call in self.facts["invoke"]:
            self.called_by_name[call.words[0]].append(call)
        self.assigned()
        self.given_to = {}
        # Structs that are found by a list, or by the address of a member, are the driver's own, and no memory that is mapped.
        self.embedding = {struct for (struct, _), inner in self.inside.items() if inner in OWN}
        self.wrappers = {}
        for fact in self.facts["wrapper"]:
            # Of two definitions, of which one is for machines without an MMU, the other.
            if fact.words[0] in promises.KNOWN and not (fact.function in self.wrappers and
                                                        promises.for_userspace(*self.wrappers[fact.function].words)):
                self.wrappers[fact.function] = fact
        for fact in self.facts["returned"]:
            if source := self.allocated_before(fact, bare(fact.words[0])):
                self.wrappers.setdefault(fact.function, fact._replace(
                    words=(source.name, source.args), file=source.file, at=source.at, line=source.line))

    def assigned(self):
        """Callbacks that a statement sets are bound, too."""
        for copy in self.facts["copy"]:
            function = bare(copy.words[1]).removeprefix("& ")
            if function in self.parameters and (name := member(copy.words[0])):
                struct = self.struct_of(copy, copy.words[0].rsplit(None, 2)[0])
                self.facts["bound"].append(copy._replace(kind="bound", words=(struct, copy.words[0].split()[0], name, function)))

    def struct_of(self, fact, text):
        """The struct that a chain of members is, or points to, or None."""
        struct, names = self.files[fact.file].type_of(fact.function, text)
        for name in names:
            struct = self.inside.get((struct, name))
        return struct

    def of(self, kind, function=None):
        return self.by[kind, function] if function else self.facts[kind]

    def is_variable(self, file, name):
        """Is this a variable of the file?"""
        return name in self.files[file].variables

    def scope(self, file, name):
        return "=" if self.files[file].variables[name] else f"={file}"

    def structs(self, address):
        """The structs with a member of this name."""
        return self.members[address]

    def holder(self, fact, text, name):
        """The struct of a member, or if that does not show, the file."""
        if struct := self.struct_of(fact, text.rsplit(None, 2)[0]):
            return struct
        holders = self.structs(name)
        return next(iter(holders)) if len(holders) == 1 else fact.file

    def memory(self, fact, expression, depth=4):
        """The members and variables that this expression can be."""
        text = base(expression)
        found = set()
        if name := member(text):
            if name == "vm_private_data":
                for copy in self.of("copy", fact.function):
                    if depth and copy.file == fact.file and copy.words[0] == text:
                        found |= self.memory(copy, copy.words[1], depth - 1)
            return found or {Memory(self.holder(fact, text, name), name)}
        if not re.fullmatch(r"\w+", text):
            return found
        if self.is_variable(fact.file, text):
            return {Memory(self.scope(fact.file, text), text)}
        for copy in self.left[text]:
            if depth and (copy.file, copy.function) == (fact.file, fact.function) and bare(copy.words[0]) == text and \
                    base(copy.words[1]) != text:
                found |= self.memory(copy, copy.words[1], depth - 1)
        for arg, call in self.arguments(fact.function, text):
            if depth and not found:
                found |= self.memory(call, arg, depth - 1)
        return found

    def arguments(self, function, parameter):
        """What callers of a function pass on as this parameter."""
        parameters = self.parameters.get(function, ())
        if parameter not in parameters:
            return []
        at = parameters.index(parameter)
        calls = [(split(call.words[1], ","), call) for call in self.called_by_name[function]]
        return [(args[at], call) for args, call in calls if len(args) > at]

    def origins(self, site):
        """The memories that a place maps. One that is always a copy of another stands for that."""
        return sorted({self.origin(memory) for memory in self.memory(site, site.words[1])})

    def origin(self, memory, depth=3):
        sources, _ = self.sources(memory)
        others = set()
        for copy in () if sources else self.given(memory):
            more = self.memory(copy, copy.words[1])
            if not more or bare(copy.words[0]).startswith(("{", ",")):
                return memory
            others |= more
        others.discard(memory)
        return self.origin(others.pop(), depth - 1) if len(others) == 1 and depth else memory

    def given(self, memory):
        """What gives it an address."""
        return [copy for copy in self.left[memory.address] if bare(copy.words[1]) != "NULL" and (
            re.fullmatch(rf"[{{,] \. {memory.address}", copy.words[0]) or self.same(memory, copy, copy.words[0]))]

    def same(self, memory, fact, expression):
        """Can this expression be that memory?"""
        text = bare(expression)
        if name := member(text):
            return name == memory.address and self.alike(memory, Memory(self.holder(fact, text, name), name), fact.file)
        return text == memory.address and self.is_variable(fact.file, text) and memory.holder == self.scope(fact.file, text)

    def alike(self, one, other, file):
        """Can these be the same? A member of which only a file is known can be of any struct that this file knows."""
        if one.address != other.address or not is_member(one) or not is_member(other):
            return one == other
        return one.holder == other.holder or file in (one.holder, other.holder) and (
            one.holder not in self.files or one.holder == file)

    def source(self, fact, name, args):
        if name in promises.KNOWN:
            return Source(name, args, fact.file, fact.at, fact.line, fact.function, None)
        if inner := self.wrappers.get(name):
            return Source(inner.words[0], inner.words[1], inner.file, inner.at, inner.line, inner.function, name)
        return None

    def sources(self, memory):
        """Who allocates it, and the first place that gives it an address that nobody is seen to allocate."""
        found, strange = [], None
        for copy in self.given(memory):
            source = self.called(copy, copy.words[1])
            if not source and not self.is_variable(copy.file, bare(copy.words[1])):
                source = self.allocated_before(copy, bare(copy.words[1]))
            if source and not copy.words[0].startswith(("{", ",")):
                found.append(source)
            else:
                strange = strange or copy
        return found, strange

    def called(self, fact, expression):
        match = re.fullmatch(r"(\w+) \( (.*) \)", bare(expression))
        return self.source(fact, match[1], match[2]) if match and balanced(match[2]) else None

    def allocated_before(self, copy, variable):
        """What the last allocation into this local variable was."""
        last = None
        for alloc in self.left[variable.split()[-1]] if variable else ():
            if (alloc.file, alloc.function) == (copy.file, copy.function) and alloc.at < copy.at and bare(alloc.words[0]) == variable:
                last = self.called(alloc, alloc.words[1])
        return last

    def frees(self, memory):
        return [free for free in self.of("free") if self.same(memory, free, free.words[1])]

    def frees_parameter(self, function, depth=4):
        """The numbers of the parameters that this function or macro frees."""
        found = set()
        for number, parameter in enumerate(self.parameters.get(function, ())):
            if any(parameter in free.words[1].split() for free in self.of("free", function)):
                found.add(number)
            for call in self.of("invoke", function) if depth else ():
                args = [bare(arg) for arg in split(call.words[1], ",")]
                if parameter in args and call.words[0] != function and \
                        args.index(parameter) in self.frees_parameter(call.words[0], depth - 1):
                    found.add(number)
        return found

    def escapes(self, memory):
        """Why somebody else can free or change what this holds, or None."""
        for call in self.of("invoke"):
            args = [bare(arg) for arg in split(call.words[1], ",")]
            for number, arg in enumerate(args):
                place = f"{call.file}:{call.line}"
                if self.same(memory, call, arg.removeprefix("& ")) and arg.startswith("& "):
                    return f"{place} takes the address of {shown(memory.address)}"
                if not self.same(memory, call, base(arg)):
                    continue
                if CHANGERS.fullmatch(call.words[0]) and (number == 0 or call.words[0] == "swap"):
                    return f"{place} changes {shown(memory.address)} by {call.words[0]}()"
                if number in self.frees_parameter(call.words[0]) or (
                        call.words[0] not in self.parameters and "free" in call.words[0] and
                        not any((free.at, free.file) == (call.at, call.file) for free in self.of("free", call.function))):
                    return f"{place} frees it by {call.words[0]}()"
                if other := next((word for word in args if word.removeprefix("& ") in self.parameters and
                                  self.frees_parameter(word.removeprefix("& "))), None):
                    return f"{place} has it freed by {other.removeprefix('& ')}()"
        if loose := next((loose for loose in self.of("loose") if memory.address in self.files[loose.file].words), None):
            return f"{loose.file}:{loose.line} takes the address of {loose.words[0]}()"
        for copy in self.of("copy"):
            if bare(copy.words[1]).startswith("& ") and self.same(memory, copy, bare(copy.words[1])[2:]):
                return f"{copy.file}:{copy.line} takes the address of {shown(memory.address)}"
        for free in self.of("free"):
            text = bare(free.words[1])
            if free.function in self.parameters and not re.search(r"\w \(|^\*", text):
                continue
            if memory.address in text.split() or re.search(r"\w \(|^\*", text):
                return f"{free.file}:{free.line} frees {shown(text)}, which may be the same"
        return None

    def freed_otherwise(self, memory, sources):
        """A place that frees the same memory by another name."""
        others = {base(copy.words[0]) for copy in self.of("copy") if self.same(memory, copy, base(copy.words[1]))}
        for copy in self.given(memory):
            # The same local variable is kept elsewhere, too.
            if re.fullmatch(r"\w+", text := bare(copy.words[1])):
                others |= {base(other.words[0]) for other in self.of("copy", copy.function)
                           if other.file == copy.file and bare(other.words[1]) == text and not self.same(memory, other, other.words[0])}
        others = {member(other) or other.split()[0] for other in others if not re.fullmatch(r"\w+", other)}
        if memory.holder == "=":
            others.add(memory.address)
        for free in sorted(self.of("free"), key=lambda free: free.file not in {source.file for source in sources}):
            text = base(free.words[1])
            if (member(text) or text.split()[0]) in others and not self.same(memory, free, free.words[1]):
                return free
        for free in self.of("free"):
            text = bare(free.words[1])
            if self.same(memory, free, text) or not re.fullmatch(r"\w+", text):
                continue
            for copy in self.of("copy", free.function):
                if bare(copy.words[0]) == text and copy.file == free.file and copy.at < free.at and (
                        self.same(memory, copy, copy.words[1]) or
                        any((source.file, source.line) == (copy.file, copy.line) for source in sources)):
                    return free
        return None

    def unshown(self, memory):
        """A place that frees what can be this memory, as far as these files show."""
        return next((free for free in self.of("free") if not self.same(memory, free, free.words[1]) and
                     not self.is_other(memory, free, free.words[1])), None)

    def is_other(self, memory, fact, expression, depth=4):
        """Do these files show that an expression is never this memory?"""
        text, indexed = element(bare(expression))
        if self.same(memory, fact, text) or not depth:
            return False
        struct = self.struct_of(fact, text)
        if struct and struct in self.embedding and struct not in self.becomes(memory):
            return True
        if name := member(text):
            own = Memory(self.holder(fact, text, name), name)
            copies = [copy for copy in self.left[name] for left, at in [element(bare(copy.words[0]))]
                      if at == indexed and (self.same(own, copy, left) or re.fullmatch(rf"[{{,] \. {name}", left))]
        elif re.fullmatch(r"\w+", text):
            everywhere = self.is_variable(fact.file, text)
            copies = [copy for copy in self.left[text] if (everywhere or copy.function == fact.function)
                      and element(bare(copy.words[0])) == (text, indexed) and (everywhere or copy.file == fact.file)]
            if not copies and text in self.parameters.get(fact.function, ()):
                at = self.parameters[fact.function].index(text)
                calls = self.called_by_name[fact.function]
                return bool(calls) and all(self.is_other(memory, call, split(call.words[1], ",")[at], depth - 1) for call in calls)
        else:
            return False
        return bool(copies) and all(self.is_new(copy.words[1]) or self.is_other(memory, copy, copy.words[1], depth - 1)
                                    for copy in copies)

    def becomes(self, memory):
        """The structs that this memory is given to, as far as these files show."""
        if memory not in self.given_to:
            found = {self.inside.get((memory.holder, memory.address))}
            for copy in self.of("copy"):
                if self.same(memory, copy, copy.words[0]):
                    found.add(self.struct_of(copy, bare(copy.words[1])))
                elif any(self.alike(memory, other, copy.file) for other in self.memory(copy, copy.words[1])):
                    found.add(self.struct_of(copy, bare(copy.words[0])))
            for call in self.of("invoke"):
                types = next((file.types[call.words[0]] for file in self.files.values() if call.words[0] in file.types), {})
                for arg, parameter in zip(split(call.words[1], ","), self.parameters.get(call.words[0], ())):
                    if parameter in types and any(self.alike(memory, other, call.file) for other in self.memory(call, arg)):
                        found.add(types[parameter])
            self.given_to[memory] = found
        return self.given_to[memory]

    def is_new(self, expression):
        """Is this NULL, or what an allocator returns?"""
        match = re.match(r"(\w+) \(", bare(expression))
        return bare(expression) == "NULL" or bool(match) and (
            match[1] in self.wrappers or match[1] not in self.parameters and promises.allocates(match[1]))

    def resets(self, memory):
        return [copy for copy in self.left[memory.address] if bare(copy.words[1]) == "NULL" and self.same(memory, copy, copy.words[0])]

    def maps_pages(self, memory):
        """A place that looks pages of this memory up and maps them otherwise."""
        return next((page for page in self.of("page") if page.function not in MAPS and self.near(page) and
                     any(self.alike(memory, other, page.file) for other in self.memory(page, page.words[1]))), None)

    def no_area(self, memory):
        """Why this memory does not become an area, or None."""
        name = memory.address
        sources, strange = self.sources(memory)
        if not sources:
            return f"{strange.file}:{strange.line} gives {name} an address that these files do not allocate" if strange else \
                f"these files do not allocate {name}"
        if strange:
            return f"{strange.file}:{strange.line} gives {name} another address"
        for source in sources:
            place = f"{source.name}() ({source.file}:{source.line})"
            _, refused = promises.area(source.name, source.args, self.dma32)
            if refused:
                return f"{place} {refused}"
            if source.wrapped:
                return f"{place} is called by {source.wrapped}(), which others can call"
        if len({source.name for source in sources}) > 1:
            return f"{name} comes from several allocators: {', '.join(sorted(source.name for source in sources))}"
        if len({frozenset(promises.area(source.name, source.args, self.dma32)[0]) for source in sources}) > 1:
            return f"{name} is charged to a memory cgroup in some places, and not in others"
        if reserved := self.reserved():
            return reserved
        if escaped := self.escapes(memory):
            return escaped
        return self.not_freed(memory, sources) or self.no_member(memory) or self.zapped()

    def not_freed(self, memory, sources):
        """Why these files do not show who frees it, and that nobody else does."""
        frees = self.frees(memory)
        if other := self.freed_otherwise(memory, sources):
            return f"{other.file}:{other.line} frees it as {shown(other.words[1])}"
        if not frees:
            return f"these files do not free {memory.address}"
        if odd := next((free for free in frees if free.words[0] not in ("vfree", "kvfree")), None):
            return f"{odd.file}:{odd.line} frees it by {odd.words[0]}()"
        if other := self.unshown(memory):
            return f"{other.file}:{other.line} frees {shown(bare(other.words[1]))}, and these files do not show that it is another memory"
        if other := self.maps_pages(memory):
            return f"{other.file}:{other.line} maps it, too, but not as an area"
        return None

    def no_member(self, memory):
        """Why the struct that holds the address cannot hold an area, too."""
        if not is_member(memory):
            return None
        if memory.holder not in self.structs(memory.address) or memory.holder in self.tagless:
            return f"these files do not define a struct with a tag that {memory.address} is a member of"
        if other := next((order for order in self.of("order") if order.words[0] == memory.holder), None):
            return f"{other.file}:{other.line} initialises struct {memory.holder} in the order of its members"
        if other := self.exchanged(memory.holder):
            return f"{other.file}:{other.line} needs struct {memory.holder} to keep its size, for {other.words[0]}()"
        return None

    def reserved(self):
        """Where pages of vmalloc memory are marked, or None."""
        for fact in self.of("reserved"):
            if self.of("page", fact.function):
                return f"{fact.words[0]}() ({fact.file}:{fact.line}) marks its pages: drop that first"
        return None

    def incomplete(self, known):
        """What the memories are that these files do not show to come from an allocator."""
        for memory in known:
            sources, strange = self.sources(memory)
            if strange:
                return f"{strange.file}:{strange.line} gives {memory.address} an address that is not shown to come from vmalloc_user()"
            if not sources:
                return f"these files do not allocate {memory.address}, which must come from vmalloc_user()"
        return "these files do not show what is mapped, which must come from vmalloc_user()"

    def unmarked(self, site, known):
        """The allocations of these memories that the kernel has not marked for userspace, the closest first, whether others
        are marked, and whether these files show all."""
        origins = [self.sources(memory) for memory in known]
        found = [source for sources, _ in origins for source in sources]
        complete = bool(found) and all(sources and not strange for sources, strange in origins)
        if any(is_member(memory) and memory.holder not in self.structs(memory.address) and self.frees(memory) for memory in known):
            # The struct does not show, but whoever frees it here is likely to allocate it here.
            found += [Source(*fact.words, fact.file, fact.at, fact.line, fact.function, None) for fact in self.of("wrapper")
                      if fact.words[0] in promises.KNOWN]
        bad = {source for source in found if not promises.for_userspace(source.name, source.args)}
        marked = len(bad) < len(set(found))
        return sorted(bad, key=lambda source: (source.file != site.file, source.at > site.at, -source.at)), marked, complete
