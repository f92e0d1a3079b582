# SPDX-License-Identifier: GPL-2.0
"""What the files of a driver say about the VMAs that it maps: which callbacks get them, and what else changes them."""
import re

import flow
from words import bare, shown

# The .mmap callbacks of these are called with vm_ops that their subsystem has set.
SUBSYSTEMS = {
    ("ib_device_ops", "mmap"): "ib_uverbs",
    ("ib_device", "mmap"): "ib_uverbs",
    ("drm_gem_object_funcs", "mmap"): "GEM",
    ("snd_pcm_ops", "mmap"): "ALSA",
    ("snd_malloc_ops", "mmap"): "ALSA",
    ("bpf_map_ops", "map_mmap"): "BPF",
}
# When these are called depends on the file that a mapping holds.
RELEASES = {("file_operations", "release"), ("v4l2_file_operations", "release"), ("proc_ops", "proc_release"),
            ("fb_ops", "fb_release"), ("vfio_device_ops", "close_device"), ("drm_driver", "postclose")}
# Where the kernel asks for an address that suits large pages, and by which member.
PLACES = {"file_operations": ("mmap", "get_unmapped_area"), "proc_ops": ("proc_mmap", "proc_get_unmapped_area")}
# What belongs to vmremap once an area is mapped.
OWNED = re.compile(r"(?:->|\.) vm_(?:pgoff|file)$")


class Vmas:
    """The part of a Driver that is about VMAs."""

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

    def below(self, names):
        """What the functions pass their VMA on to."""
        found = [call.words[0] for name in sorted(names) for call in self.of("call", name)]
        for name in found:
            found += [call.words[0] for call in self.of("call", name) if call.words[0] not in found]
        return found

    def ordered(self, first, then):
        """Can @then run after @first, in the same call of the function that both are in?"""
        if None in (first.token, then.token) or first.token > then.token:
            return first.token is None or then.token is None or flow.loop(self.files[then.file], then.token) is not None
        return flow.follows(self.files[first.file], first.token, then.token)

    def together(self, one, other):
        """Can one call of a function run both? They are in different functions, or no path excludes it."""
        if (one.file, one.function) != (other.file, other.function):
            return True
        first, then = sorted((one, other), key=lambda fact: fact.token or 0)
        return self.ordered(first, then)

    def owner(self, site):
        """Who else wants the VMA's vm_ops, or None."""
        names, callbacks = self.callers(site.function)
        for functions in names, self.below(names):
            for ops in self.of("ops"):
                # A VMA that a struct keeps can be any.
                if (ops.function in functions or ops.words[1].count("->") > 1) and bare(ops.words[0]) != "NULL" and \
                        self.together(ops, site):
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

    def with_callback(self, function, structs):
        """The other members of the tables that have the callback that maps, and this callback."""
        _, callbacks = self.callers(function)
        for bound in callbacks:
            if bound.words[0] in structs and bound.words[1] == bound.function and bound.token is not None:
                yield bound, {other.words[2]: other for other in self.of("bound") if other.file == bound.file and
                              other.words[:2] == bound.words[:2]}

    def placed(self, site):
        """The designators of .mmap next to which .get_unmapped_area is missing, and whether there is a place for it at all."""
        found = [(bound, others) for bound, others in self.with_callback(site.function, PLACES)
                 if bound.words[2] == PLACES[bound.words[0]][0]]
        return [bound for bound, others in found if PLACES[bound.words[0]][1] not in others], bool(found)

    def syncs(self, function):
        """Callbacks for msync(2) that come with the one that maps."""
        return [others["fsync"] for _, others in self.with_callback(function, {"file_operations"}) if "fsync" in others]

    def after(self, site):
        """What of the VMA is changed after it was mapped, or None."""
        names, _ = self.callers(site.function)
        for copy in self.of("copy"):
            if copy.function not in names or not OWNED.search(copy.words[0]) or self.files[copy.file].types.get(
                    copy.function, {}).get(copy.words[0].split()[0]) != "vm_area_struct":
                continue
            here = [call for kind in ("call", "method") for call in self.of(kind, copy.function)
                    if copy.file == call.file and copy.token and call.token and call.token < copy.token]
            here += [site] if (site.file, site.function) == (copy.file, copy.function) else []
            if any(self.ordered(call, copy) for call in here if call.token < copy.token):
                return f"{copy.file}:{copy.line} sets {shown(copy.words[0])} after it is mapped, which belongs to vmremap then"
        return None

    def zapped(self):
        """What takes mappings back from programs, or None. The mappings of an area are not in the driver's inode."""
        return next((f"{zap.words[0]}() ({zap.file}:{zap.line}) would not reach the mappings: vmremap_area_revoke() does"
                     for zap in self.of("zap")), None)
