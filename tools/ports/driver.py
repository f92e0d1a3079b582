# SPDX-License-Identifier: GPL-2.0
"""What the files of a driver say about the memory that it maps: who allocates it, who frees it, and who else has a say."""
import collections
import re

import promises
from facts import File, MAPS, balanced, bare, base, blank, element, member, shown, split, typedefs

# Who is given the address of these can change which memory they hold.
CHANGERS = re.compile(r"swap|.*xchg.*|WRITE_ONCE|smp_store_release|rcu_.*assign_pointer|rcu_replace_pointer|.*realloc.*")
# The .mmap callbacks of these are called with vm_ops that their subsystem has set.
SUBSYSTEMS = {
    ("ib_device_ops", "mmap"): "ib_uverbs",
    ("drm_gem_object_funcs", "mmap"): "GEM",
    ("snd_pcm_ops", "mmap"): "ALSA",
    ("snd_malloc_ops", "mmap"): "ALSA",
    ("bpf_map_ops", "map_mmap"): "BPF",
}
# When these are called depends on the file that a mapping holds.
RELEASES = {("file_operations", "release"), ("v4l2_file_operations", "release"), ("proc_ops", "proc_release"),
            ("fb_ops", "fb_release"), ("vfio_device_ops", "close_device"), ("drm_driver", "postclose")}

Source = collections.namedtuple("Source", "name args file at line function wrapped")
# A member, with its struct or, if that does not show, its file, or a variable of a file.
Memory = collections.namedtuple("Memory", "holder address")
VARIABLE = ""


class Driver:
    """What is known of some files."""

    def __init__(self, root, names, dma32, origin):
        """@origin says at which line of the file as it came something was."""
        self.dma32 = dma32
        self.facts = collections.defaultdict(list)
        self.members = collections.defaultdict(set)
        self.by = collections.defaultdict(list)
        self.files, self.parameters, aliases = {}, {}, {}
        texts = {name: (root / name).read_text(encoding="utf-8", errors="surrogateescape") for name in names}
        for text in texts.values():
            aliases |= typedefs(blank(text)[0]) if "typedef" in text else {}
        for name in names:
            self.files[name] = File(name, texts[name], aliases)
            self.parameters |= self.files[name].parameters
            for address, holders in self.files[name].members.items():
                self.members[address] |= holders
            for fact in self.files[name].facts:
                fact = fact._replace(line=origin(name, fact.at))
                self.facts[fact.kind].append(fact)
                self.by[fact.kind, fact.function].append(fact)
        self.wrappers = {}
        for fact in self.facts["wrapper"]:
            # Of two definitions, of which one is for machines without an MMU, the other.
            if fact.words[0] in promises.KNOWN and not (fact.function in self.wrappers and
                                                        promises.for_userspace(*self.wrappers[fact.function].words)):
                self.wrappers[fact.function] = fact
        for fact in self.facts["returned"]:
            if source := self.allocated_before(fact, bare(fact.words[0])):
                self.wrappers.setdefault(fact.function, fact._replace(words=(source.name, source.args)))

    def of(self, kind, function=None):
        return self.by[kind, function] if function else self.facts[kind]

    def is_variable(self, file, name):
        """Is this a variable of the file?"""
        return name in self.files[file].variables

    def structs(self, address):
        """The structs with a member of this name."""
        return self.members[address]

    def holder(self, fact, text, name):
        """The struct of a member, or if that does not show, the file."""
        holders = self.structs(name)
        types = self.files[fact.file].types
        if match := re.fullmatch(r"(\w+)(?: \[ [^]]* \])? (?:->|\.) (\w+)", text):
            if holder := types.get(fact.function, {}).get(match[1]) or types.get("", {}).get(match[1]):
                return holder
        return next(iter(holders)) if len(holders) == 1 else fact.file

    def memory(self, fact, expression, depth=4):
        """The members and variables that this expression can be."""
        text = base(expression)
        found = set()
        if name := member(text):
            found.add(Memory(self.holder(fact, text, name), name))
        elif re.fullmatch(r"\w+", text):
            if self.is_variable(fact.file, text):
                return {Memory(VARIABLE, text)}
            for copy in self.of("copy", fact.function):
                if depth and copy.file == fact.file and bare(copy.words[0]) == text and base(copy.words[1]) != text:
                    found |= self.memory(copy, copy.words[1], depth - 1)
        return found

    def same(self, memory, fact, expression):
        """Can this expression be that memory?"""
        text = bare(expression)
        if name := member(text):
            return name == memory.address and self.alike(memory, Memory(self.holder(fact, text, name), name), fact.file)
        return memory.holder == VARIABLE and text == memory.address and self.is_variable(fact.file, text)

    def alike(self, one, other, file):
        """Can these be the same? A member of which only a file is known can be of any struct that this file knows."""
        if one.address != other.address or VARIABLE in (one.holder, other.holder):
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
        for copy in self.of("copy"):
            literal = re.fullmatch(rf"[{{,] \. {memory.address}", copy.words[0])
            if not (literal or self.same(memory, copy, copy.words[0])) or bare(copy.words[1]) == "NULL":
                continue
            source = self.called(copy, copy.words[1]) or self.allocated_before(copy, bare(copy.words[1]))
            if source and not literal:
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
        for alloc in self.of("copy", copy.function):
            if alloc.file == copy.file and alloc.at < copy.at and bare(alloc.words[0]) == variable:
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
        others = {member(other) or other.split()[0] for other in others if not re.fullmatch(r"\w+", other)}
        if memory.holder == VARIABLE and any(file.variables.get(memory.address) for file in self.files.values()):
            others.add(memory.address)
        for free in self.of("free"):
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
        if name := member(text):
            last = name.split()[-1]
            copies = [copy for copy in self.of("copy") for left, at in [element(bare(copy.words[0]))]
                      if left.split()[-2:] in (["->", last], [".", last]) and at == indexed]
        elif re.fullmatch(r"\w+", text):
            everywhere = self.is_variable(fact.file, text)
            copies = [copy for copy in self.of("copy", None if everywhere else fact.function)
                      if element(bare(copy.words[0])) == (text, indexed) and (everywhere or copy.file == fact.file)]
            if not copies and text in self.parameters.get(fact.function, ()):
                at = self.parameters[fact.function].index(text)
                calls = [call for call in self.of("invoke") if call.words[0] == fact.function]
                return bool(calls) and all(self.is_other(memory, call, split(call.words[1], ",")[at], depth - 1) for call in calls)
        else:
            return False
        return bool(copies) and all(self.is_new(copy.words[1]) or self.is_other(memory, copy, copy.words[1], depth - 1)
                                    for copy in copies)

    def is_new(self, expression):
        """Is this NULL, or what an allocator returns?"""
        match = re.match(r"(\w+) \(", bare(expression))
        return bare(expression) == "NULL" or bool(match) and (
            match[1] in self.wrappers or match[1] not in self.parameters and promises.allocates(match[1]))

    def resets(self, memory):
        return [copy for copy in self.of("copy") if bare(copy.words[1]) == "NULL" and self.same(memory, copy, copy.words[0])]

    def maps_pages(self, memory):
        """A place that looks pages of this memory up and maps them otherwise."""
        return next((page for page in self.of("page") if page.function not in MAPS and self.inserts_near(page) and
                     any(self.alike(memory, other, page.file) for other in self.memory(page, page.words[1]))), None)

    def callers(self, function):
        """Functions that pass a VMA on to this one, and the callbacks that it is."""
        names, callbacks, todo = set(), [], [function]
        while todo:
            name = todo.pop()
            if name in names:
                continue
            names.add(name)
            todo += [call.function for call in self.of("call") if call.words[0] == name]
            for bound in self.of("bound"):
                if bound.words[3] == name:
                    callbacks.append(bound)
                    todo += [call.function for call in self.of("method") if call.words[0] == bound.words[2]]
        return names, callbacks

    def owner(self, function):
        """Who else wants the VMA's vm_ops, or None."""
        names, callbacks = self.callers(function)
        below = [call.words[0] for name in names for call in self.of("call", name)]
        for name in below:
            below += [call.words[0] for call in self.of("call", name) if call.words[0] not in below]
        for functions in names, below:
            for ops in self.of("ops"):
                # A VMA that a struct keeps can be any.
                if (ops.function in functions or ops.words[1].count("->") > 1) and bare(ops.words[0]) != "NULL":
                    return f"{ops.file}:{ops.line} sets vm_ops ({shown(ops.words[0])})"
        for bound in callbacks:
            if subsystem := SUBSYSTEMS.get((bound.words[0], bound.words[2])):
                return (f"{subsystem} sets vm_ops before it calls {bound.words[3]}() ({bound.file}:{bound.line}), and an "
                        "area would get EBUSY")
        return None

    def releases(self, function):
        """Callbacks that come with the one that maps, for when the file is closed."""
        _, callbacks = self.callers(function)
        for bound in callbacks:
            for other in self.of("bound"):
                if other.file == bound.file and other.words[:2] == bound.words[:2] and (other.words[0], other.words[2]) in RELEASES:
                    yield other

    def area(self, site):
        if owner := self.owner(site.function):
            return owner
        known = self.memory(site, site.words[1])
        if not known:
            return f"what {shown(site.words[1])} holds does not show in these files"
        if len(known) > 1:
            return f"{shown(site.words[1])} can be one of several: {', '.join(sorted(each.address for each in known))}"
        memory = known.pop()
        name = shown(memory.address)
        sources, strange = self.sources(memory)
        if not sources:
            return f"{strange.file}:{strange.line} gives {name} an address that these files do not allocate" if strange else \
                f"these files do not allocate {name}"
        if strange:
            return f"{strange.file}:{strange.line} gives {name} another address"
        if len({source.name for source in sources}) > 1:
            return f"{name} comes from several allocators: {', '.join(sorted(source.name for source in sources))}"
        for source in sources:
            place = f"{source.name}() ({source.file}:{source.line})"
            _, refused = promises.area(source.name, source.args, self.dma32)
            if refused:
                return f"{place} {refused}"
            if source.wrapped:
                return f"{place} is called by {source.wrapped}(), which others can call"
        if " " in memory.address:
            return f"{name} is a member of a member"
        if reserved := self.reserved():
            return reserved
        if escaped := self.escapes(memory):
            return escaped
        frees = self.frees(memory)
        if other := self.freed_otherwise(memory, sources):
            return f"{other.file}:{other.line} frees it as {shown(other.words[1])}"
        if not frees:
            return f"these files do not free {name}"
        if odd := next((free for free in frees if free.words[0] not in ("vfree", "kvfree")), None):
            return f"{odd.file}:{odd.line} frees it by {odd.words[0]}()"
        if other := self.unshown(memory):
            return f"{other.file}:{other.line} frees {shown(bare(other.words[1]))}, and these files do not show that it is another memory"
        if other := self.maps_pages(memory):
            return f"{other.file}:{other.line} maps it, too, but not as an area"
        if other := next((order for order in self.of("order") if order.words[0] == memory.holder), None):
            return f"{other.file}:{other.line} initialises struct {memory.holder} in the order of its members"
        if memory.holder != VARIABLE and memory.holder not in self.structs(memory.address):
            return f"these files do not define a struct with a tag that {name} is a member of"
        return memory

    def inserts_near(self, page):
        """What may insert the page that is looked up: it is in the same function, one that it calls or that calls it, or is given
        the array that the page is kept in."""
        callers = {call.function for call in self.of("invoke") if call.words[0] == page.function}
        near = {page.function, *callers}
        near |= {call.words[0] for name in list(near) for call in self.of("invoke", name)}
        kept = {word for copy in self.of("copy", page.function) if copy.at == page.at and copy.file == page.file
                for word in [member(base(copy.words[0]).split(" [")[0])] if word}
        return [insert for insert in self.of("insert") if insert.function in near or kept & set(insert.words[1].split())]

    def reserved(self):
        """Where pages of vmalloc memory are marked, or None."""
        for fact in self.of("reserved"):
            if self.of("page", fact.function):
                return f"{fact.words[0]}() ({fact.file}:{fact.line}) marks its pages: drop that first"
        return None

    def unmarked(self, site):
        """The allocations of what is mapped that the kernel has not marked for userspace, the closest first, and whether these
        are all that there are."""
        known = self.memory(site, site.words[1])
        origins = [self.sources(memory) for memory in known]
        found = [source for sources, _ in origins for source in sources]
        complete = bool(found) and all(sources and not strange for sources, strange in origins)
        if any(memory.holder not in {VARIABLE, *self.structs(memory.address)} and self.frees(memory) for memory in known):
            # The struct does not show, but whoever frees it here is likely to allocate it here.
            found += [Source(*fact.words, fact.file, fact.at, fact.line, fact.function, None) for fact in self.of("wrapper")
                      if fact.words[0] in promises.KNOWN]
            if any(promises.for_userspace(source.name, source.args) for source in found):
                return [], True
        bad = {source for source in found if not promises.for_userspace(source.name, source.args)}
        return sorted(bad, key=lambda source: (source.file != site.file, source.at > site.at, -source.at)), complete
