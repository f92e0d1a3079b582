# SPDX-License-Identifier: GPL-2.0
"""What each patch of the series adds to mm/vmremap, as the edits that take it out again.

The whole tree is c/ after the edits in UPSTREAM. A tree without a feature is the tree with it, after the feature's edits. So
c/ is the only source, and what stands here is only what differs: the names that go, and the lines that used them.
"""
from derive import cut, forget, put, sub

HEADER = "vmremap.h"


class Feature:
    """name: that of the patch. files: go. names: of definitions that go from all files. edits: what else changes, by file.
    words: no file of an earlier tree contains any of these. tests: KUnit suites that go, besides those of files.
    test_edits: as edits, in kunit/."""
    def __init__(self, name, files=(), names=(), edits=None, words=(), tests=(), test_edits=None):
        self.name, self.files, self.names, self.edits, self.words = name, files, set(names), edits or {}, words
        self.tests, self.test_edits = tests, test_edits or {}


# What a module outside of the tree needs, or an older kernel.
UPSTREAM = {
    HEADER: [
        sub(r" \* The Contract sections name(.|\n)*? is violated:\n \*\n",
            " * A request that cannot be granted is refused with an errno that tells why:\n *\n", 1),
        sub(r"^( \*\t%-E\w+)\s+(?:\w+)\s+(.*)$", r"\1\t\2", 10),
        cut(" *\t\t\t\tis NULL or an ERR_PTR()\n"),
        put("or it is\n *\t\t\t\tprivate and writable, and made by vmremap_area_mmap() or\n"
            " *\t\t\t\tvmremap_area_mmap_prepare()\n",
            "or it is\n *\t\t\tprivate and writable, and made by vmremap_area_mmap() or\n"
            " *\t\t\tvmremap_area_mmap_prepare()\n"),
        put("in no live vmalloc allocation, or the area\n",
            "in no live vmalloc allocation, or the area is NULL or an\n *\t\t\tERR_PTR()\n"),
        sub(r" \* If several clauses do not hold,(.|\n)*?(?=\*/)", " * If there are several reasons, do not rely on which one the errno tells.\n ", 1),
        sub(r"\bVMREMAP_H\b", "_LINUX_VMREMAP_H", 3),
        cut('#if __has_include("vmremap_compat.h")\n#include "vmremap_compat.h"\n#endif\n\n'),
        put("VMREMAP_POPULATE\t0x8U", "VMREMAP_POPULATE\t0x10U"),
        put("VMREMAP_REVOCABLE\t0x10U", "VMREMAP_REVOCABLE\t0x8U"),
        forget("vmremap_area_set_name", "vmremap_area_on_revoke", "vmremap_area_off_revoke", "notifier_block", "VMREMAP_DMA32",
               "VMREMAP_NAME_MAX"),
        put("VMREMAP_REVOCABLE | VMREMAP_DMA32)", "VMREMAP_REVOCABLE)"),
        cut(" As a module,\n * vmremap maps other vmalloc memory only to a whole VMA, see vmremap_range_partial().",
            " Then\n * takes the lock of the notifiers of vmremap_area_on_revoke(), and the locks that these take.",
            ", except that of the notifiers",
            " *\n * This function needs Linux 7.1: older kernels do not call vm_ops.mapped.\n"),
        put("If the range is not the whole of @vma, PMDs also need Linux 6.15\n"
            " * or newer, and /sys/kernel/mm/transparent_hugepage/enabled must allow huge pages.\n"
            " *\n"
            " * If vmremap is a module, it can map vmalloc memory outside of areas to whole VMAs only, because\n"
            " * the kernel does not export remap_vmalloc_range_partial().\n",
            "If the range is not the whole of @vma,\n"
            " * /sys/kernel/mm/transparent_hugepage/enabled must also allow huge pages.\n"),
        cut(" * * %-EOPNOTSUPP - @kaddr is not in an area, the range is not the whole of @vma, and vmremap is a\n"
            " *   module\n"),
        put(" * The drop-in replacement for remap_vmalloc_range(). @addr may lie in the middle of the\n"
            " * allocation. A range past the end of the allocation is always refused. remap_vmalloc_range()\n"
            " * may map it, because it takes @addr for the start of the allocation.\n",
            " * The drop-in replacement for remap_vmalloc_range(). @addr may lie in the middle of the\n"
            " * allocation.\n"),
    ],
    "main.c": None,
    "cache.c": [
        cut("#include <linux/xarray.h>\n"),
        put("#include <linux/log2.h>\n", "#include <linux/log2.h>\n#include <linux/pagemap.h>\n"),
        sub(r"/\* Like __filemap_add_folio\(\)(.|\n)*?\n}\n",
            "static int add(struct address_space *mapping, struct folio *folio, pgoff_t index)\n{\n\tint err;\n\n"
            "\tfolio_mark_uptodate(folio);\n"
            "\t/* NUMA balancing skips dirty folios of files. It must skip these: they cannot migrate. */\n"
            "\tfolio_set_dirty(folio);\n\t__folio_set_locked(folio);\n"
            "\terr = __filemap_add_folio(mapping, folio, index, GFP_KERNEL, NULL);\n"
            "\tfolio_unlock(folio);\n\treturn err;\n}\n", 1),
    ],
    "area.c": [
        put("vmremap_max_order(VMREMAP_MAX_ORDER, flags)", "VMREMAP_MAX_ORDER"),
        forget("vmremap_area_set_name"),
        cut("\tkfree(area->name);\n", "\tBLOCKING_INIT_NOTIFIER_HEAD(&area->on_revoke);\n",
            "\tarea->mapping.dontcopy = flags & VMREMAP_DONTCOPY;\n"),
        sub(r"/\* Like GFP_VMALLOC32 (.|\n)*?#endif\n\n", "", 1),
        put("GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN", "GFP_KERNEL | __GFP_HIGHMEM | __GFP_ZERO | __GFP_NOWARN"),
        cut("\tgfp |= flags & VMREMAP_DMA32 ? GFP_BELOW_4G : __GFP_HIGHMEM;\n"),
    ],
    "area.h": [
        cut("#include <linux/notifier.h>\n", " * @dontcopy: a child must not inherit the mapping\n", "\tbool dontcopy;\n",
            " * @name: name that /proc/PID/maps shows, or NULL\n", "\tconst char *name;\n",
            " * @on_revoke: notifiers that are called when the area has been revoked\n", "\tstruct blocking_notifier_head on_revoke;\n",
            " * @VMREMAP_CACHED: nobody has the area, see idle.c\n", "\tVMREMAP_CACHED,\n"),
        forget("vmremap_index_walk"),
    ],
    "index.c": [
        forget("vmremap_index_walk"),
        cut("#include <linux/export.h>\n"),
    ],
    "mapping.c": [
        cut("#include <linux/module.h>\n", "\t.owner = THIS_MODULE,\n", " * @name: name of the file, or NULL\n"),
        put(" *   VMAs, or if the area has a name. Its page cache", " *   VMAs. Its page cache"),
        put("\t/* If vmremap_end_copy() has taken the vm_ops of a child's copy, no .close will follow. */\n"
            "\tif (mapping && !(mapping->dontcopy && vmremap_end_copy(vma)) && mapping->vm_ops->open)\n",
            "\tif (mapping && mapping->vm_ops->open)\n"),
        put("struct vmremap_mapping *mapping, const char *name,\n", "struct vmremap_mapping *mapping,\n"),
        put('name ?: "[vmremap]"', '"[vmremap]"'),
        put("if (!area->name && !concerns(driver, vm_ops))", "if (!concerns(driver, vm_ops))"),
        put("vmremap_mapping_open(mapping, area->name, vm_ops, driver)", "vmremap_mapping_open(mapping, vm_ops, driver)"),
    ],
    "revoke.c": [
        forget("vmremap_area_on_revoke", "vmremap_area_off_revoke"),
        cut("\t\tblocking_notifier_call_chain(&area->on_revoke, 0, area);\n"),
        put("It pairs with those of vmremap_insert_begin()\n"
            "\t\t * and vmremap_area_on_revoke(): each stores something before its barrier, and reads\n"
            "\t\t * the state after it.\n",
            "It pairs with that of vmremap_insert_begin(),\n"
            "\t\t * which counts an inserting task before its barrier, and reads the state after it.\n"),
    ],
    "check.h": [
        put(" * The checked clauses of docs/contract.md, and the checks of numbers and flags.\n"
            " * These are pure: they depend on their arguments alone, and return a clause.\n",
            " * The reasons for which a request is refused, and the checks of numbers and flags. These are\n"
            " * pure: they depend on their arguments alone, and return a reason.\n"),
    ],
    "cover.c": [
        put("\telse if (!vmremap_fault_has_marker(vmf))\n", "\telse\n"),
    ],
    "fault.c": [
        cut('#include "../out-of-tree/compat/quirks.h"\n'),
        put("or it maps just one page: for a private copy, or\n\t\t * if vmremap_maps_one_page() is true. Otherwise insert the page below.",
            "or it maps a private copy. Otherwise insert\n\t\t * the page below."),
        put("if (vmremap_fault_copies(vmf) || vmremap_maps_one_page(vmf) ||\n\t\t    likely(!vmremap_cache_failed(folio))) {\n",
            "if (vmremap_fault_copies(vmf) || likely(!vmremap_cache_failed(folio))) {\n"),
    ],
    "vma.c": [
        put("/* Like vma_dummy_vm_ops, which the kernel does not export. */\n",
            "/* Unlike vma_dummy_vm_ops, these mark a VMA as taken: see vmremap_has_owner(). */\n"),
    ],
    "vma.h": [
        cut('#include "../out-of-tree/compat/quirks.h"\n'),
        put("struct vmremap_mapping *mapping, const char *name,\n", "struct vmremap_mapping *mapping,\n"),
    ],
    "foreign.c": [
        cut("/* Unlike vmremap_no_vm_ops, these do not mark a VMA as taken, so that another part can follow. */\n"
            "static const struct vm_operations_struct empty_vm_ops = {};\n\n"),
        put("&empty_vm_ops", "&vma_dummy_vm_ops"),
        forget("mapped", "leaves_area", "remap"),
        sub(r"\tenum vmremap_clause clause = VMREMAP_HOLDS;\n\tint err;\n(.|\n)*?\telse if \(vma->vm_flags & VM_PFNMAP",
            "\tconst struct vm_struct *memory = find_vm_area((void *)req->kaddr);\n"
            "\tenum vmremap_clause clause;\n"
            "\tint err;\n\n"
            "\tif (!memory)\n"
            "\t\tclause = VMREMAP_AREA_VALID;\n"
            "\telse\n"
            "\t\tclause = vmremap_check_in_area(req, (unsigned long)memory->addr,\n"
            "\t\t\t\t\t       get_vm_area_size(memory) >> PAGE_SHIFT);\n"
            "\tif (!clause && !(memory->flags & (VM_USERMAP | VM_DMA_COHERENT)))\n"
            "\t\tclause = VMREMAP_AREA_SHAREABLE;\n"
            "\tif (!clause && (vma->vm_flags & VM_PFNMAP", 1),
        put("vmremap_is_own(vma->vm_ops))\n", "vmremap_is_own(vma->vm_ops)))\n"),
        put("\terr = remap(vma, req);\n",
            "\terr = remap_vmalloc_range_partial(vma, req->uaddr, (void *)req->kaddr, req->pgoff,\n"
            "\t\t\t\t\t  req->size);\n"),
        sub(r"\tif \(err != -EINVAL\)\n(.|\n)*\}\n",
            "\t/* A page of it must not be mapped. */\n"
            "\treturn err == -EINVAL ? vmremap_reject(VMREMAP_AREA_SHAREABLE, req) : err;\n}\n", 1),
    ],
    "mmap_prepare.c": [
        put(" * map all pages. On some kernels, .mapped must then drop the reference on the file.\n", " * map all pages.\n"),
        put("\tif (!vma || vma->vm_ops != &prepared_vm_ops) {\n"
            "\t\tif (vmremap_nested_leaves_file)\n"
            "\t\t\tfput((struct file *)file);\n"
            "\t} else if (vmremap_mapping_of(file)) {\n"
            "\t\tvmremap_prefault(vma);\n"
            "\t}\n",
            "\tif (vma && vma->vm_ops == &prepared_vm_ops && vmremap_mapping_of(file))\n"
            "\t\tvmremap_prefault(vma);\n"),
    ],
    "idle.c": [
        put(" * memory, because setting these up costs more than mapping an area. The refs of a cached area\n"
            " * are 0, so that a lookup in the index does not return it. A cached area holds no reference on\n"
            " * the module, so that the module can be unloaded.\n",
            " * memory, because setting these up costs more than mapping an area. The refs of a cached area\n"
            " * are 0, so that a lookup in the index does not return it.\n"),
        cut("#include <linux/module.h>\n", "\tWRITE_ONCE(area->state, VMREMAP_CACHED);\n"),
        sub(r"\t/\*\n\t \* A cached area holds no reference on this module(.|\n)*?module_put\(THIS_MODULE\);\n", "", 1),
        cut("\t__module_get(THIS_MODULE);\n\tarea->state"),
        put("\t\treturn NULL;\n\n = VMREMAP_OPEN;\n", "\t\treturn NULL;\n\n\tarea->state = VMREMAP_OPEN;\n"),
        sub(r"/\*\*\n \* vmremap_idle_end - free(.|\n)*\Z",
            "#if IS_ENABLED(CONFIG_VMREMAP_KUNIT_TEST)\n"
            "/* Free all cached areas, while nobody allocates or puts areas. */\n"
            "void vmremap_idle_end(void)\n{\n"
            "\tunsigned int slot;\n\n"
            "\t/* A lookup under RCU with a stale pointer may hold a file for a moment. */\n"
            "\tsynchronize_rcu();\n"
            "\tfor (slot = 0; slot < IDLE_AREAS; slot++)\n"
            "\t\tif (idle[slot]) {\n"
            "\t\t\t__fput_sync(idle[slot]->file);\n"
            "\t\t\tidle[slot] = NULL;\n"
            "\t\t}\n}\n#endif\n", 1),
        put("may take a short-lived one, see vmremap_idle_end(). Refuses", "may take a short-lived one. Refuses"),
        put("it has a name or a notifier, its memory is charged", "its memory is charged"),
        cut(" area->name ||", "area->on_revoke.head || ", "(area->flags ^ flags) & VMREMAP_DMA32 ||\n\t    "),
        put("unsigned long pages, unsigned int flags)\n{\n\tstruct folio *folio;\n\n\tif (!area",
            "unsigned long pages)\n{\n\tstruct folio *folio;\n\n\tif (!area"),
        put("IDLE_AREAS], pages, flags))", "IDLE_AREAS], pages))"),
        cut("; an area whose %VMREMAP_DMA32 differs is not taken"),
    ],
    "pieces.c": [
        cut("\tpieces->mapping.dontcopy |= !!(area->flags & VMREMAP_DONTCOPY);\n"),
        put("vmremap_mapping_open(&pieces->mapping, NULL, ", "vmremap_mapping_open(&pieces->mapping, "),
        put("if (vmremap_fault_copies(vmf) || vmremap_fault_has_marker(vmf))", "if (vmremap_fault_copies(vmf))"),
        put(" * refused and the driver ignores that, every access to the VMA has to raise SIGBUS, and upstream\n"
            " * exports no function that zaps the entries of a VMA that is being set up.\n",
            " * refused and the driver ignores that, every access to the VMA has to raise SIGBUS.\n"),
    ],
}

IDLE = Feature("idle", ["idle.c"], words=["idle", "cached"], test_edits={
    "device.c": [cut("\t/* Cached areas may have blocks of another order. */\n\tvmremap_idle_end();\n", "\tvmremap_idle_end();\n")],
}, edits={
    HEADER: [
        cut(" A few small areas are cached instead, and are zeroed before\n * vmremap_area_alloc() reuses them."),
    ],
    "area.c": [
        put("area = vmremap_idle_take(PFN_UP(size), flags) ?: make(PFN_UP(size), flags);", "area = make(PFN_UP(size), flags);"),
        cut("\t/* If not NULL, this is now the area to free: the same, or an older one from the cache. */\n"
            "\tarea = vmremap_idle_keep(area);\n\tif (!area)\n\t\treturn;\n"),
    ],
    "area.h": [
        put("that drivers hold; 0 while the area is cached, see idle.c\n", "that drivers hold\n"),
        put(" * Once the area is in the index, only @refs, @state, @inserting and the members from @node on\n"
            " * change. @size, @flags and @mapping.dontcopy change, too, but only while @refs is 0.\n",
            " * Once the area is in the index, only @refs, @state, @inserting and @by_address change.\n"),
    ],
})

PIECES = Feature("pieces", ["pieces.c"], ["vmremap_range_partial", "vmremap_check_in_vma"], words=["piece", "partial"],
                 tests=["partial.c"], test_edits={
    "foreign.c": [
        forget("request_is_checked_first", "a_part"),
        cut("\tKUNIT_CASE(request_is_checked_first),\n", "\tKUNIT_CASE(a_part),\n",
            " * @offset: for vmremap_range_partial(): offset in the VMA\n"
            " * @size: for vmremap_range_partial(): bytes to map; 0 calls vmremap_range()\n",
            "\tunsigned long offset;\n\tunsigned long size;\n",
            "\t\t\t\t/* The size that does not end at a page still takes all pages. */\n"
            "\t\t\t\trange->size = pages & 1 ? pages * PAGE_SIZE - 1 : 0;\n",
            "\trange->size = 2 * PAGE_SIZE - 1;\n", "\trange->size = size - 1;\n"),
        put("\tif (!range->size)\n"
            "\t\treturn vmremap_range(vma, range->kaddr, range->pgoff);\n"
            "\treturn vmremap_range_partial(vma, vma->vm_start + range->offset,\n"
            "\t\t\t\t     range->kaddr, range->pgoff, range->size);\n",
            "\treturn vmremap_range(vma, range->kaddr, range->pgoff);\n"),
        put("/* vmremap_range() and vmremap_range_partial() on plain vmalloc memory. */", "/* vmremap_range() on plain vmalloc memory. */"),
    ],
    "mmap.c": [
        cut("\tKUNIT_EXPECT_EQ(test, vmremap_range_partial(NULL, 0, NULL, 0, 0), -EBUSY);\n"),
        sub(r"\t+ +vmremap_range_partial\(vma, vma->vm_start, dev->area->addr, 0,\n\t+ +PAGE_SIZE\) != -EBUSY \|\|\n", "", 2),
    ],
}, edits={
    HEADER: [
        cut(" vmremap_range_partial() maps to a part of a VMA.",
            " A VMA into which\n * vmremap_range_partial() has mapped parts holds its references until the whole VMA is unmapped."),
        cut(" *\t%-ERANGE\tthe range leaves the VMA\n", " *\t%-ENODATA\tthe size is 0\n"),
        put(" Only vmremap_range() and\n * vmremap_range_partial() make mappings that are private and writable, and only of areas that are\n"
            " * neither %VMREMAP_REVOCABLE nor %VMREMAP_RDONLY.\n",
            " Only vmremap_range() makes\n * mappings that are private and writable, and only of areas that are neither %VMREMAP_REVOCABLE\n"
            " * nor %VMREMAP_RDONLY.\n"),
        put("in four cases: for a mapping with\n"
            " * PROT_NONE; for a part of a VMA that vmremap_range_partial() maps; for a %VMREMAP_REVOCABLE area\n"
            " * in an .mmap callback",
            "in three cases: for a mapping with\n * PROT_NONE; for a %VMREMAP_REVOCABLE area in an .mmap callback"),
        put(" * Such an area has three restrictions: no function maps it private and writable;\n"
            " * vmremap_range_partial() refuses to map it to only a part of a VMA; and in an .mmap callback\n"
            " * %VMREMAP_POPULATE has no effect, because revoke cannot find the VMA yet.\n",
            " * Such an area has two restrictions: no function maps it private and writable; and in an .mmap\n"
            " * callback %VMREMAP_POPULATE has no effect, because revoke cannot find the VMA yet.\n"),
        put("vmremap_range() and vmremap_range_partial() find the area", "vmremap_range() finds the area"),
        put("while vmremap_range() or vmremap_range_partial() runs", "while vmremap_range() runs"),
    ],
    "area.h": [
        put("the area, or NULL if the file is that of a VMA of pieces\n", "the area\n"),
    ],
    "mapping.c": [
        put("There are three kinds:", "There are two kinds:"),
        cut(" * * A file for the pieces of a VMA, see pieces.c.\n"),
        put("struct file *vmremap_mapping_open(struct vmremap_mapping *mapping,\n\t\t\t\t  const",
            "static struct file *mapping_open(struct vmremap_mapping *mapping,\n\t\t\t\t const"),
        sub("vmremap_mapping_open", "mapping_open", 3),
    ],
    "check.h": [cut("\tVMREMAP_RANGE_IN_VMA,\n")],
    "reject.c": [cut('\t[VMREMAP_RANGE_IN_VMA] = { "RangeInVma", -ERANGE },\n')],
    "foreign.c": [
        put("and that stays in @vma", "for the whole of @vma"),
        put("Return: as vmremap_range_partial()", "Return: as vmremap_range()"),
        put("\terr = remap_vmalloc_range_partial(vma, req->uaddr, (void *)req->kaddr, req->pgoff,\n"
            "\t\t\t\t\t  req->size);\n", "\terr = remap_vmalloc_range(vma, (void *)req->kaddr, req->pgoff);\n"),
    ],
    "mmap.c": [
        put(" * that are mapped, and the pieces, belong to the VMA's file: if the callback fails, the kernel\n * puts that",
            " * that are mapped belong to the VMA's file: if the callback fails, the kernel puts that"),
        put("\tenum vmremap_clause clause = vmremap_check_request(req) ?:\n"
            "\t\t\t\t     vmremap_check_in_vma(req, vma->vm_start, vma->vm_end);\n",
            "\tenum vmremap_clause clause = vmremap_check_request(req);\n"),
        put("\tif (PAGE_ALIGN(req->size) == vma->vm_end - vma->vm_start)\n"
            "\t\treturn vmremap_cover(area, vma, req, VMREMAP_PRIVATE_COPIES);\n"
            "\treturn vmremap_map_piece(area, vma, req);\n",
            "\treturn vmremap_cover(area, vma, req, VMREMAP_PRIVATE_COPIES);\n"),
        put(" * @req: any request\n", " * @req: a request for the whole of @vma\n"),
        put("Return: as vmremap_range_partial()", "Return: as vmremap_range()"),
        put("\treturn vmremap_range_partial(vma, vma ? vma->vm_start : 0, addr, pgoff,\n"
            "\t\t\t\t     vma ? vma->vm_end - vma->vm_start : 0);\n",
            "\tstruct vmremap_request req = { .kaddr = (unsigned long)addr, .pgoff = pgoff };\n"
            "\tint err;\n\n"
            "\tif (!vma)\n"
            "\t\treturn vmremap_reject(VMREMAP_VMA_INIT, &req);\n"
            "\treq.uaddr = vma->vm_start;\n"
            "\treq.size = vma->vm_end - vma->vm_start;\n"
            "\terr = map_range(vma, &req);\n"
            "\treturn err ? take_back(vma, err) : 0;\n"),
    ],
    "revoke.c": [
        cut(" vmremap\n * never maps a revocable area to only a part of a VMA, because step 3 would not find that VMA: it\n"
            " * would be in the i_mmap of another file."),
    ],
    "cover.c": [put("vmremap_check_vma(vma, NULL)", "vmremap_check_vma(vma)")],
    "vma.c": [
        cut(" * @ours: vm_ops that an earlier call of vmremap may have set, or NULL\n"),
        put("vmremap_check_vma(const struct vm_area_struct *vma,\n"
            "\t\t\t\t      const struct vm_operations_struct *ours)\n", "vmremap_check_vma(const struct vm_area_struct *vma)\n"),
        put("\t    vma->vm_flags & VM_PFNMAP || (vma->vm_ops != ours && vmremap_has_owner(vma->vm_ops)))\n",
            "\t    vma->vm_flags & VM_PFNMAP || vmremap_has_owner(vma->vm_ops))\n"),
    ],
    "vma.h": [
        put(" * VMAs that are being set up, and the ways to map: a whole VMA on one area, a piece of an area, and\n"
            " * plain vmalloc memory.\n",
            " * VMAs that are being set up, and the ways to map: a VMA on one area, and plain vmalloc memory.\n"),
        forget("vmremap_mapping_open"),
        put("vmremap_area_vm_ops, vmremap_pieces_vm_ops;\n", "vmremap_area_vm_ops;\n"),
        put("ops == &vmremap_pieces_vm_ops ||\n\t       ops", "ops"),
        put("vmremap_check_vma(const struct vm_area_struct *vma,\n"
            "\t\t\t\t      const struct vm_operations_struct *ours);\n", "vmremap_check_vma(const struct vm_area_struct *vma);\n"),
    ],
})

DMA = Feature("dma", ["dma.c"], ["sg_table"], words=["sg_table", "dma_map"])

TRACE = Feature("trace", ["trace.h"], ["CREATE_TRACE_POINTS"], words=["trace_", "tracepoint", "trace.h"], test_edits={
    "reject.c": [cut("\tconst struct vmremap_request req = {};\n"), put("vmremap_reject(c->clause, &req)", "vmremap_reject(c->clause)")],
    "revoke.c": [forget("is_traced", "taken"), cut('#include "../c/trace.h"\n', "\tKUNIT_CASE(is_traced),\n")],
}, edits={
    "reject.c": [
        put('#include "trace.h"\n', '#include "check.h"\n'),
        cut("\tconst char *name;\n"),
        put("static const struct {\n\tint err;\n} clauses[] = {\n", "static const int clauses[] = {\n"),
        sub(r"= \{ \"\w+\", (-E\w+) \},$", r"= \1,", 9),
        cut("\ttrace_vmremap_reject(clauses[clause].name, req, clauses[clause].err);\n"),
        put("\treturn clauses[clause].err;\n", "\treturn clauses[clause];\n"),
        put(" * vmremap_reject - report that a clause does not hold\n", " * vmremap_reject - the errno of a clause that does not hold\n"),
        put("int vmremap_reject(enum vmremap_clause clause, const struct vmremap_request *req)\n",
            "int vmremap_reject(enum vmremap_clause clause)\n"),
        cut(" * @req: the request that is refused\n"),
    ],
    "check.h": [
        put("int vmremap_reject(enum vmremap_clause clause, const struct vmremap_request *req);\n",
            "int vmremap_reject(enum vmremap_clause clause);\n"),
        put("/* reject.c; not pure, because it emits a tracepoint. */\n", "/* reject.c */\n"),
        put("reject.c has their names and errnos.", "reject.c has their errnos."),
    ],
    "revoke.c": [
        cut('#include "trace.h"\n', '\ttrace_vmremap_take("freeze", area, err);\n', '\ttrace_vmremap_take("thaw", area, err);\n',
            '\ttrace_vmremap_take("revoke", area, err);\n'),
        put("\tint err = check(area) ?: vmremap_freeze(area, WAITS);\n\n\treturn err;\n",
            "\treturn check(area) ?: vmremap_freeze(area, WAITS);\n"),
        put("\tint err = check(area) ?: vmremap_thaw(area, VMREMAP_FROZEN);\n\n"
            "\tWARN_ONCE(err, \"vmremap: thawed an area that is not frozen\\n\");\n",
            "\tWARN_ONCE(check(area) ?: vmremap_thaw(area, VMREMAP_FROZEN),\n"
            "\t\t  \"vmremap: thawed an area that is not frozen\\n\");\n"),
    ],
    "area.c": [
        cut("\tstruct vmremap_request req = { .size = size };\n"),
        put("vmremap_reject(clause, &req)", "vmremap_reject(clause)"),
    ],
    "cover.c": [put("vmremap_reject(clause, req)", "vmremap_reject(clause)")],
    "foreign.c": [sub(r"vmremap_reject\((\w+), req\)", r"vmremap_reject(\1)", 2)],
    "mmap.c": [sub(r"vmremap_reject\((\w+), &?req\)", r"vmremap_reject(\1)", 5)],
    "mmap_prepare.c": [sub(r"vmremap_reject\((\w+), &?req\)", r"vmremap_reject(\1)", 2)],
})

AROUND = Feature("around", words=["map_pmds", "AROUND"], edits={
    "fault.c": [
        forget("AROUND_PMDS", "map_pmds"),
        put(" * address. If a PMD entry maps the address, fill some neighbouring PMD entries, too. When", " * address. When"),
        put("\tvm_fault_t ret;\n\n\t/*\n\t * With has_hwpoisoned,", "\n\t/*\n\t * With has_hwpoisoned,"),
        sub(r"\tret = filemap_map_pages(.*\n)(.|\n)*?\treturn ret;\n", r"\treturn filemap_map_pages\1", 1),
    ],
})

PREFAULT = Feature("prefault", names=["VMREMAP_POPULATE", "vmremap_prefault", "VMREMAP_COVER_VM_OPS",
                                      "vmremap_cover_map_pages", "vmremap_cover_fault"],
                   words=["populate", "POPULATE", "prefault", "CHEAP"], test_edits={
    "mmap.c": [
        put("HOOK_MMAP, SZ_64K, VMREMAP_POPULATE);", "HOOK_MMAP, SZ_64K, 0);"),
        put("\tstruct test_device *dev = device_with_area(test, HOOK_MMAP, SZ_64K,\n\t\t\t\t\t\t   VMREMAP_POPULATE);\n\n"
            "\tdev->map = map_twice;\n",
            "\tstruct test_device *dev = device_with_area(test, HOOK_MMAP, SZ_64K, 0);\n\n\tdev->map = map_twice;\n"),
    ],
}, edits={
    HEADER: [
        put("VMREMAP_ACCOUNT | VMREMAP_POPULATE | \\\n\t VMREMAP_REVOCABLE)", "VMREMAP_ACCOUNT | VMREMAP_REVOCABLE)"),
        put(" * Such an area has two restrictions: no function maps it private and writable; and in an .mmap\n"
            " * callback %VMREMAP_POPULATE has no effect, because revoke cannot find the VMA yet.\n",
            " * No function maps such an area private and writable.\n"),
    ],
    "cover.c": [
        put("\tVMREMAP_COVER_VM_OPS\n", "\t.open = vmremap_vma_open,\n\t.close = vmremap_vma_close,\n"
            "\t.map_pages = vmremap_cover_map_pages,\n\t.fault = vmremap_cover_fault,\n"),
        put("\n\t/* The VMA is in i_mmap only after this callback, so revoke could not find these entries. */\n"
            "\tif (!(area->flags & VMREMAP_REVOCABLE))\n\t\tvmremap_prefault(vma);\n", ""),
        sub(r"\bvmremap_cover_(map_pages|fault)\b", r"cover_\1", 7),
        sub(r"^vm_fault_t cover_", "static vm_fault_t cover_", 2),
    ],
    "fault.c": [
        forget("CHEAP_PAGES", "populate", "insert"),
        cut(" At\n\t * setup, insert() ignores the result, because there is no fault to repeat."),
        put(" * address. When a VMA is\n * set up, fill the PTE tables that get only a few entries: a few entries cost less than a fault.\n"
            " * If the area is VMREMAP_POPULATE, also fault in all other pages at setup.\n", " * address.\n"),
        put(" * @vmf: the fault; for a VMA that is being set up, only .vma and .address are set\n", " * @vmf: the fault\n"),
        put("\tif (vmf->pmd && pmd_leaf(pmdp_get_lockless(vmf->pmd)))\n", "\tif (pmd_leaf(pmdp_get_lockless(vmf->pmd)))\n"),
        put("as vm_operations_struct.fault, or mmap lock held for write. May", "as vm_operations_struct.fault. May"),
    ],
    "revoke.c": [
        put("A VMA that is not in i_mmap yet has no entry: see\n"
            " * vmremap_cover() and vma_mapped() in mmap_prepare.c. A VMA that has left i_mmap has no entry any\n",
            "A VMA that is not in i_mmap yet has no\n * entry. A VMA that has left i_mmap has no entry any\n"),
    ],
    "mmap_prepare.c": [
        forget("vma_mapped", "prepared_vm_ops"),
        sub(r"prepared_vm_ops", "vmremap_area_vm_ops", 2),
        cut("#include <linux/sched.h>\n", '#include "span.h"\n'),
    ],
})

ADDRESS = Feature("address", names=["vmremap_alloc", "vmremap_free"], words=["by_address"], edits={
    "area.h": [
        cut(" * @by_address: vmremap_alloc() has returned its address, and vmremap_free() was not called yet\n", "\tint by_address;\n"),
        put("@refs, @state, @inserting and @by_address change.\n", "@refs, @state and @inserting change.\n"),
    ],
})

CHAIN = Feature("chain", ["mapping.c"], ["vmremap_mapping", "vmremap_mapping_of", "vmremap_counts"],
                words=["vmremap_mapping", "mapping.c", ".fsync,"], tests=["driver.c"], edits={
    HEADER: [
        put("vm_file is now a file of vmremap, and vm_pgoff an", "vm_file is now the area's file, and vm_pgoff an"),
        put("sets them for a dma-buf. vm_private_data is still the driver's. The VMA keeps\n"
            " * @area alive until it is unmapped, even if the driver is gone by then. Pages that MADV_DONTNEED\n"
            " * or a zap has unmapped are faulted in again.\n",
            "sets them for a dma-buf. The VMA keeps @area alive until it is unmapped, even\n"
            " * if the driver is gone by then. Pages that MADV_DONTNEED or a zap has unmapped are faulted in\n"
            " * again.\n"),
        sub(r" \*\n \* If the driver has set vm_ops with \.open(.|\n)*?remap_vmalloc_range\(\) does\.\n", "", 1),
        sub(r"or has vm_ops with another callback than(.|\n)*?NULL before the call\n",
            "or has vm_ops, for example because an earlier\n *   call has mapped @vma. In this case the call undoes the earlier mapping, and the callback must\n"
            " *   return an error\n", 1),
        sub(r" \* \* %-ENOMEM, %-ENFILE - if the mapping needs(.|\n)*?was reached\n(?= \*/)", "", 1),
        put("the function puts a file\n * reference into @desc, and the kernel leaks this reference if the callback fails afterwards. The\n"
            " * file can hold references on the area's file and on the driver's file.\n",
            "the function puts a\n * reference on the area's file into @desc, and the kernel leaks this reference if the callback\n"
            " * fails afterwards.\n"),
        put("An .mmap_prepare callback. May sleep.", "An .mmap_prepare callback. Does not sleep."),
        sub(r"a set \.action, or vm_ops with another callback than(.|\n)*?may have set them\. If",
            "a set .action, or vm_ops; or that an earlier call on @desc has succeeded. If", 1),
        put(" * * %-EBUSY, %-ENODEV, %-EACCES, %-ENOMEM, %-ENFILE - as from vmremap_area_mmap(). But a private\n"
            " *   writable mapping is refused only if the area is %VMREMAP_REVOCABLE or %VMREMAP_RDONLY; and\n"
            " *   memory that is not in an area is refused with %-EBUSY only if @vma is NULL, has VM_PFNMAP, or\n"
            " *   already maps an area\n"
            " * * %-ENOMEM - also if @addr is not in an area, and",
            " * * %-EBUSY, %-ENODEV, %-EACCES - as from vmremap_area_mmap(). But a private\n"
            " *   writable mapping is refused only if the area is %VMREMAP_REVOCABLE or %VMREMAP_RDONLY; and\n"
            " *   memory that is not in an area is refused with %-EBUSY only if @vma is NULL, has VM_PFNMAP, or\n"
            " *   already maps an area\n"
            " * * %-ENOMEM - @addr is not in an area, and"),
    ],
    "area.c": [
        put("static void release(struct vmremap_mapping *mapping)\n{\n\tstruct vmremap_area *area = mapping->area;\n",
            "static int release(struct inode *inode, struct file *file)\n{\n\tstruct vmremap_area *area = file->private_data;\n"),
        put("\tkfree(area);\n}\n",
            "\tkfree(area);\n\treturn 0;\n}\n\n"
            "static const struct file_operations area_fops = {\n"
            "\t.release = release,\n"
            "\t/* msync(2) has nothing to write back. */\n"
            "\t.fsync = noop_fsync,\n};\n\n"
            "/**\n"
            " * vmremap_area_of_file - which area does a file belong to?\n"
            " * @file: any file\n"
            " *\n"
            " * Return: the area, which stays while @file does, or NULL.\n"
            " */\n"
            "struct vmremap_area *vmremap_area_of_file(const struct file *file)\n{\n"
            "\treturn file->f_op == &area_fops ? file->private_data : NULL;\n}\n"),
        put("&vmremap_mapping_fops, &area->mapping,\n\t\t\t\t\t       O_RDWR, NULL);\n", "&area_fops, area, O_RDWR, NULL);\n"),
        cut("\tarea->mapping = (struct vmremap_mapping){ area, release, .vm_ops = &vmremap_no_vm_ops };\n"),
        put('#include "revoke.h"\n#include "span.h"\n#include "vma.h"\n', '#include "area.h"\n#include "revoke.h"\n'),
    ],
    "area.h": [
        cut(" * @mapping: private_data of @file\n", "\tstruct vmremap_mapping mapping;\n"),
        put("enum vmremap_clause vmremap_check_area(",
            "struct vmremap_area *vmremap_area_of_file(const struct file *file);\nenum vmremap_clause vmremap_check_area("),
    ],
    "cover.c": [
        cut("#include <linux/file.h>\n\n", "\tstruct file *file;\n", "\tfput(file);\n",
            "\t.open = vmremap_vma_open,\n\t.close = vmremap_vma_close,\n"),
        put("vm_file is the area's file, or a file with the same page cache, see\n"
            " * mapping.c. This file keeps the area alive. vm_pgoff is",
            "vm_file is the area's file, which\n * keeps the area alive. vm_pgoff is"),
        sub(r"\tfile = vmremap_mapping_file\((.|\n)*?PTR_ERR\(file\);\n", "", 1),
        put("vma_set_file(vma, file)", "vma_set_file(vma, area->file)"),
    ],
    "mmap_prepare.c": [
        cut("\tstruct file *file;\n"),
        put(" ||\n\t\t\t(desc->vm_file != desc->file && vmremap_counts(desc->vm_ops))))\n", "))\n"),
        sub(r"\tfile = vmremap_mapping_file\((.|\n)*?\tdesc->vm_file = file;\n", "\tdesc->vm_file = get_file(area->file);\n", 1),
    ],
    "span.h": [
        cut("\tstruct vmremap_mapping *mapping = vmremap_mapping_of(vma->vm_file);\n\n"),
        put("mapping ? mapping->area : NULL", "vmremap_area_of_file(vma->vm_file)"),
    ],
    "vma.c": [
        put(" * The kernel's default vm_ops are empty. A driver that only counts VMAs sets .open and .close, and\n"
            " * leaves it to vmremap to map pages.\n", " * The kernel's default vm_ops are empty.\n"),
        sub(r"\t__auto_type rest = (.|\n)*?\treturn .*\n",
            "\treturn ops && (ops == &vmremap_no_vm_ops || memchr_inv(ops, 0, sizeof(*ops)));\n", 1),
    ],
})

MAPPED = Feature("mapped", names=["vmremap_area_is_mapped"])

FREEZE = Feature("freeze", names=["vmremap_area_freeze", "vmremap_area_thaw", "vmremap_area_is_sole_reference", "vmremap_freeze",
                                  "vmremap_thaw", "vmremap_pinned", "vmremap_wait_thawed"],
                 words=["freeze", "froze", "thaw", "FROZEN", "sole"], test_edits={
    "revoke.c": [
        forget("waits", "faulter"),
        cut("\tKUNIT_EXPECT_EQ(test, -ENODEV, vmremap_area_freeze(dev->area));\n\tKUNIT_EXPECT_EQ(test, map_again(test, dev), -ENODEV);\n",
            "\tKUNIT_EXPECT_EQ(test, -EOPNOTSUPP, vmremap_area_freeze(area));\n"),
        put("\tfor (i = 0; i < ARRAY_SIZE(none); i++) {\n"
            "\t\tKUNIT_EXPECT_EQ(test, -EFAULT, vmremap_area_revoke(none[i]));\n"
            "\t\tKUNIT_EXPECT_EQ(test, -EFAULT, vmremap_area_freeze(none[i]));\n\t}\n",
            "\tfor (i = 0; i < ARRAY_SIZE(none); i++)\n"
            "\t\tKUNIT_EXPECT_EQ(test, -EFAULT, vmremap_area_revoke(none[i]));\n"),
        put("/* Revoke and freeze. A program", "/* Revoke. A program"),
    ],
}, edits={
    HEADER: [
        put("Unless the area is frozen, programs", "Programs"),
        put(" * Allow vmremap_area_revoke() and vmremap_area_freeze() to take the memory back from programs.\n",
            " * Allow vmremap_area_revoke() to take the memory back from programs.\n"),
    ],
    "area.c": [
        cut("\t/* Faults in remaining VMAs may wait, and no driver has a reference to thaw the area. */\n\tvmremap_thaw(area, VMREMAP_FROZEN);\n",
            '#include "revoke.h"\n'),
        put("\tif (IS_ERR_OR_NULL(area) || !refcount_dec_and_test(&area->refs))\n\t\treturn;\n\tfput(area->file);\n",
            "\tif (!IS_ERR_OR_NULL(area) && refcount_dec_and_test(&area->refs))\n\t\tfput(area->file);\n"),
    ],
    "area.h": [
        cut(" * @VMREMAP_FREEZING: not now: vmremap_freeze() is removing the entries. From this state on, an\n *\taccess waits\n"
            " * @VMREMAP_FROZEN: not now\n", "\tVMREMAP_FREEZING,\n\tVMREMAP_FROZEN,\n"),
    ],
    "cover.c": [
        put("\t\treturn vmremap_wait_thawed(span.area, vmf);\n", "\t\treturn VM_FAULT_SIGBUS;\n"),
    ],
    "fault.c": [
        put("Revoke and freeze first change the state, then wait for that lock,\n * and unmap",
            "Revoke first changes the state, then waits for that lock, and\n * unmaps"),
        put("so that revoke and freeze wait for it", "so that revoke waits for it"),
        put("\t * If the area was revoked or frozen meanwhile, return VM_FAULT_NOPAGE: the access faults\n"
            "\t * again, and then waits or fails.\n",
            "\t * If the area was revoked meanwhile, return VM_FAULT_NOPAGE: the access faults again, and\n\t * then fails.\n"),
    ],
    "revoke.c": [
        forget("WAITS", "wait_state"),
        cut("\t\twake_up_var(&area->state);\n", "#include <linux/sched/signal.h>\n"),
        put(" * Take an area's memory back from programs: revoke it for ever, or freeze it for a while. Both\n"
            " * work like truncation:\n",
            " * Take an area's memory back from programs. This works like truncation:\n"),
        cut(" * 5. For freeze only: wait until no page is pinned.\n"),
        cut(": step 5 waits for this flush"),
    ],
})

REVOKE = Feature("revoke", ["revoke.c", "revoke.h"], ["VMREMAP_REVOCABLE", "vmremap_area_revoke", "vmremap_state"],
                 words=["revoke", "REVO", "inserting"], edits={
    HEADER: [
        put("VMREMAP_ACCOUNT | VMREMAP_REVOCABLE)", "VMREMAP_ACCOUNT)"),
        cut(" *\t%-ENODEV\tthe area was revoked\n", " * * %-ENODEV - @area is revoked\n"),
        put("are neither %VMREMAP_REVOCABLE\n * nor %VMREMAP_RDONLY", "are not\n * %VMREMAP_RDONLY"),
        cut(": even after a revoke, through\n * a pinned page"),
        put(" * * %-EBUSY, %-ENODEV, %-EACCES -", " * * %-EBUSY, %-EACCES -"),
        put("%VMREMAP_REVOCABLE or %VMREMAP_RDONLY", "%VMREMAP_RDONLY"),
    ],
    "area.h": [
        cut(" * @state: whether page table entries may be inserted, see revoke.c\n"
            " * @inserting: number of tasks that are inserting page table entries, if it is VMREMAP_REVOCABLE\n",
            "\tenum vmremap_state state;\n\tatomic_t inserting;\n", "#include <linux/atomic.h>\n"),
        put("only @refs, @state and @inserting change.\n", "only @refs changes.\n"),
    ],
    "check.h": [cut("\tVMREMAP_NOT_REVOKED,\n")],
    "reject.c": [cut("\t[VMREMAP_NOT_REVOKED] = -ENODEV,\n")],
    "cover.c": [
        cut('#include "revoke.h"\n', "\tvmremap_insert_end(span.area);\n\treturn ret;\n", "\tvmremap_insert_end(span.area);\n",
            "\tif (!vmremap_insert_begin(span.area))\n\t\treturn VM_FAULT_SIGBUS;\n",
            "\tvm_fault_t ret;\n",
            "\t/* Copies are only made of areas that are not revocable, so the state is open. */\n"),
        put("(VM_MIXEDMAP | VM_PFNMAP) ||\n\t    !vmremap_insert_begin(span.area))\n", "(VM_MIXEDMAP | VM_PFNMAP))\n"),
        put("\tret = vmremap_map_around(vmf, &span);\n}\n", "\treturn vmremap_map_around(vmf, &span);\n}\n"),
    ],
    "fault.c": [
        cut('#include "revoke.h"\n'),
        sub(r"\t/\*\n\t \* If the area was revoked meanwhile(.|\n)*?\tfolio_unlock\(folio\);\n",
            "\t/*\n\t * finish_fault() may map a whole folio, with poisoned pages. So use it only if no page of\n"
            "\t * the folio is poisoned, or it maps a private copy. Otherwise insert the page below.\n\t */\n"
            "\tif (vmremap_fault_copies(vmf) || likely(!vmremap_cache_failed(folio))) {\n"
            "\t\tfolio_get(folio);\n\t\tvmf->page = page;\n\t\treturn VM_FAULT_LOCKED;\n\t}\n"
            "\tret = vmremap_insert_page(vmf, span);\n\tfolio_unlock(folio);\n", 1),
        put("\tvm_fault_t ret = VM_FAULT_NOPAGE;\n\tstruct folio *folio;\n", "\tstruct folio *folio;\n\tvm_fault_t ret;\n"),
        cut(" Call it between\n * vmremap_insert_begin() and vmremap_insert_end(), so that revoke waits for it."),
        sub(r" If the area is\n \* %VMREMAP_REVOCABLE, hold the folio's lock, or call vmremap_insert_begin\(\) before\.", "", 1),
        put(" * The kernel maps or copies the page, and then unlocks the folio. This function checks the area's\n"
            " * state under the folio's lock. Revoke first changes the state, then waits for that lock, and\n * unmaps.\n",
            " * The kernel maps or copies the page, and then unlocks the folio.\n"),
    ],
    "policy.c": [
        put("\t/* A write to a private mapping makes a copy, which revoke could not take back. */\n"
            "\tif (!(*vm_flags & VM_MAYSHARE) &&\n"
            "\t    (private == VMREMAP_PRIVATE_RDONLY || area_flags & VMREMAP_REVOCABLE))\n",
            "\tif (!(*vm_flags & VM_MAYSHARE) && private == VMREMAP_PRIVATE_RDONLY)\n"),
    ],
    "vma.c": [
        cut("\tif (READ_ONCE(area->state) == VMREMAP_REVOKED)\n\t\treturn VMREMAP_NOT_REVOKED;\n"),
        put("Return: %VMREMAP_NOT_REVOKED, %VMREMAP_POLICY_HELD or", "Return: %VMREMAP_POLICY_HELD or"),
    ],
})

RANGE = Feature("range", ["foreign.c", "index.c"], ["vmremap_range", "vmremap_private"],
                words=["vmremap_range", "index_add", "PRIVATE_", "foreign"], edits={
    HEADER: [
        put(" * To share memory, allocate an *area*, or go on using vmalloc_user(). An area is refcounted\n"
            " * memory, whose flags restrict how it can be mapped. vmremap_area_mmap() maps an area.\n"
            " * vmremap_range() maps an area by its address, and it also maps other vmalloc memory. It takes the\n"
            " * arguments of remap_vmalloc_range().\n",
            " * An *area* is refcounted memory that vmremap allocates; its flags restrict how it can be mapped.\n"),
        cut(" *\t%-EADDRNOTAVAIL\tan address is not page aligned\n", " *\t%-EPERM\tthe allocation was not made for userspace\n"),
        put(" *\t%-EFAULT\tthe address is in no live vmalloc allocation, or the area is NULL or an\n *\t\t\tERR_PTR()\n",
            " *\t%-EFAULT\tthe area is NULL or an ERR_PTR()\n"),
        put("the range leaves the area or the allocation\n", "the range leaves the area\n"),
        put(" Only vmremap_range() makes\n * mappings that are private and writable, and only of areas that are not\n * %VMREMAP_RDONLY.\n",
            " None is both private and\n * writable.\n"),
        put("or against the flags; or it is\n *\t\t\tprivate and writable, and made by vmremap_area_mmap() or\n"
            " *\t\t\tvmremap_area_mmap_prepare()\n",
            "or against the flags, or\n *\t\t\tprivate and writable\n"),
    ],
    "area.c": [
        cut("\tvmremap_index_remove(area);\n"),
        put("\tif (!area->addr)\n\t\treturn -ENOMEM;\n\tvmremap_index_add(area);\n\treturn 0;\n", "\treturn area->addr ? 0 : -ENOMEM;\n"),
        cut("\t/* Publish: a lookup in the index fails until refs is not zero. */\n"),
        put("\trefcount_set_release(&area->refs, 1);\n", "\trefcount_set(&area->refs, 1);\n"),
    ],
    "area.h": [
        cut("\tstruct rb_node node;\n", " * @node: node in the tree of index.c\n", "#include <linux/rbtree.h>\n",
            "DEFINE_FREE(vmremap_area, struct vmremap_area *, vmremap_area_put(_T));\n\n", "#include <linux/cleanup.h>\n"),
        put(" * Once the area is in the index, only @refs changes.\n", " * Once vmremap_area_alloc() has returned, only @refs changes.\n"),
    ],
    "check.h": [
        cut("\tVMREMAP_AREA_SHAREABLE,\n"),
        put("enum vmremap_clause vmremap_policy(unsigned int area_flags, enum vmremap_private private,\n"
            "\t\t\t\t   bool read_implies_exec, vm_flags_t *vm_flags);\n",
            "enum vmremap_clause vmremap_policy(unsigned int area_flags, bool read_implies_exec,\n"
            "\t\t\t\t   vm_flags_t *vm_flags);\n"),
    ],
    "reject.c": [cut("\t[VMREMAP_AREA_SHAREABLE] = -EPERM,\n")],
    "cover.c": [
        cut(" * @private: what a private mapping may do\n", "\tif (vmremap_fault_copies(vmf))\n\t\treturn vmremap_give_locked(vmf, &span);\n"),
        put("\t\t  const struct vmremap_request *req, enum vmremap_private private)\n",
            "\t\t  const struct vmremap_request *req)\n"),
        put("vmremap_check_use(area, private, &vm_flags)", "vmremap_check_use(area, &vm_flags)"),
    ],
    "fault.c": [
        cut(", or it maps a private copy"),
        put("\tif (vmremap_fault_copies(vmf) || likely(!vmremap_cache_failed(folio))) {\n",
            "\tif (likely(!vmremap_cache_failed(folio))) {\n"),
        put(" * The kernel maps or copies the page, and then unlocks the folio.\n", " * The kernel maps the page, and then unlocks the folio.\n"),
    ],
    "span.h": [forget("vmremap_fault_copies")],
    "mmap.c": [
        forget("map_range"),
        put("vmremap_cover(area, vma, &req, VMREMAP_PRIVATE_RDONLY)", "vmremap_cover(area, vma, &req)"),
    ],
    "mmap_prepare.c": [put("vmremap_check_use(area, VMREMAP_PRIVATE_RDONLY, &vm_flags)", "vmremap_check_use(area, &vm_flags)")],
    "policy.c": [
        cut(" * @private: what a private mapping may do\n"),
        put("enum vmremap_clause vmremap_policy(unsigned int area_flags, enum vmremap_private private,\n"
            "\t\t\t\t   bool read_implies_exec, vm_flags_t *vm_flags)\n",
            "enum vmremap_clause vmremap_policy(unsigned int area_flags, bool read_implies_exec,\n"
            "\t\t\t\t   vm_flags_t *vm_flags)\n"),
        put("\tif (!(*vm_flags & VM_MAYSHARE) && private == VMREMAP_PRIVATE_RDONLY)\n",
            "\t/* A write would silently go to a copy, and not to the area. */\n\tif (!(*vm_flags & VM_MAYSHARE))\n"),
    ],
    "vma.c": [
        cut(" * @private: what a private mapping may do\n"),
        put("\t\t\t\t      enum vmremap_private private, vm_flags_t *vm_flags)\n", "\t\t\t\t      vm_flags_t *vm_flags)\n"),
        put("\treturn vmremap_policy(area->flags, private,\n\t\t\t      current->personality & READ_IMPLIES_EXEC, vm_flags);\n",
            "\treturn vmremap_policy(area->flags, current->personality & READ_IMPLIES_EXEC, vm_flags);\n"),
    ],
    "vma.h": [
        put(" * VMAs that are being set up, and the ways to map: a VMA on one area, and plain vmalloc memory.\n",
            " * VMAs that are being set up.\n"),
        put("\t\t\t\t      enum vmremap_private private, vm_flags_t *vm_flags);\n", "\t\t\t\t      vm_flags_t *vm_flags);\n"),
        put("\t\t  const struct vmremap_request *req, enum vmremap_private private);\n",
            "\t\t  const struct vmremap_request *req);\n"),
    ],
})

PREPARE = Feature("prepare", ["mmap_prepare.c", "placement.c"], words=["prepare", "placement", "get_unmapped"], names=["vm_area_desc"])

MMAP = Feature("mmap", ["mmap.c", "cover.c", "fault.c", "span.h", "vma.c", "vma.h", "policy.c"],
               ["vmremap_check_area", "vmremap_area_of_file", "vmremap_area_index", "VMREMAP_RDONLY", "VMREMAP_DONTCOPY",
                "vmremap_policy", "vmremap_check_in_area"], edits={
    HEADER: [
        put("VMREMAP_FLAGS \\\n\t(VMREMAP_RDONLY | VMREMAP_DONTCOPY | VMREMAP_ACCOUNT)", "VMREMAP_FLAGS VMREMAP_ACCOUNT"),
    ],
})

# In the order of the series.
FEATURES = [MMAP, PREPARE, RANGE, REVOKE, FREEZE, CHAIN, ADDRESS, MAPPED, PREFAULT, AROUND, TRACE, DMA, PIECES, IDLE]


UPSTREAM_TESTS = {
    "driver.c": [
        forget("revoked"),
        put("its mappings: by its vm_ops, by .fsync, and about a revoke. */", "its mappings: by its vm_ops, and by .fsync. */"),
        cut("#include <linux/notifier.h>\n", "#include <linux/string.h>\n"),
    ],
    "index.c": [forget("walk", "look_at", "walks_by_address"), cut("\tKUNIT_CASE(walks_by_address),\n")],
    "idle.c": [cut("#include <linux/notifier.h>\n"), put("~(VMREMAP_ACCOUNT | VMREMAP_DMA32)", "~VMREMAP_ACCOUNT")],
    "device.c": [
        put("\trcu_barrier();\n\treturn", "\trcu_barrier();\n\t/* Each CPU keeps lists of pages that were freed. */\n"
            "\tdrain_all_pages(NULL);\n\treturn"),
        put('#include "device.h"\n', '#include "../../page_alloc.h"\n#include "device.h"\n'),
    ],
    "foreign.c": [sub(r"\tif \(IS_MODULE\(CONFIG_VMREMAP\)\) \{\n\t\tKUNIT_EXPECT_EQ\(test, uaddr, -EOPNOTSUPP\);\n\t\treturn;\n\t\}\n", "", 2)],
}

# The sample is the C half of samples/, without the rings, with .mmap_prepare alone. Its program speaks kselftest's TAP.
SAMPLE = {
    "vmremap_sample.c": [
        forget("sample_echo", "sample_mmap"),
        cut("\tcase VMREMAP_SAMPLE_ECHO:\n"
            "\t\tscoped_cond_guard(mutex_intr, return -EINTR, &sample->lock)\n"
            "\t\t\tret = sample_echo(sample);\n"
            "\t\treturn ret;\n",
            '#ifdef VMREMAP_SAMPLE_MMAP\n#define SAMPLE_NAME "vmremap-sample-c-mmap"\n#else\n',
            "#ifdef VMREMAP_SAMPLE_MMAP\n\t.mmap = sample_mmap,\n#else\n"),
        put('#define SAMPLE_NAME "vmremap-sample-c"\n#endif\n', '#define SAMPLE_NAME "vmremap-sample"\n'),
        put("\t.mmap_prepare = sample_mmap_prepare,\n#endif\n", "\t.mmap_prepare = sample_mmap_prepare,\n"),
        sub(r"#ifdef VMREMAP_SAMPLE_MMAP\n\n?#else\n(static int sample_mmap_prepare(.|\n)*?\n)#endif\n", r"\1", 1),
        sub("vmremap-sample-c/", "vmremap-sample/", 1),
        sub("vmremap-sample-c", "vmremap-sample", 2),
        put(" * vmremap C sample: a device that", " * A device that"),
        put("(demo.c has a complete one)", "(tools/testing/selftests/mm/vmremap.c is a complete one)"),
    ],
    "vmremap_sample.h": [
        forget("VMREMAP_SAMPLE_MESSAGES", "vmremap_sample_ring", "vmremap_sample_rings", "VMREMAP_SAMPLE_ECHO"),
        put(" * The interface between the sample drivers and programs.\n"
            " *\n"
            " * /dev/vmremap-sample-c, and /dev/vmremap-sample-rust if the kernel supports Rust, have\n"
            " * two regions to map:", " * The interface between the sample driver and programs.\n"
            " *\n"
            " * /dev/vmremap-sample has two regions to map:"),
    ],
    "program": [
        forget("clause"),
        put(" * demo - share memory with the vmremap sample drivers, and print what happens.\n"
            " *\n"
            " * usage: demo [DEVICE]...\n"
            " *\n"
            " * Map each DEVICE, by default /dev/vmremap-sample-c, and read and write its memory.\n"
            " * If there are several, also copy data from one driver to the next and back. The\n"
            " * exit status is 0 if each step has the expected result.\n",
            " * Share memory with the sample driver of vmremap through two open files: read and write\n"
            " * it, copy it from one to the other, and unplug the device.\n"),
        put('#include "../demo.h"\n#include "../vmremap_sample.h"\n\n#define DEFAULT_DEVICE "/dev/vmremap-sample-c"\n',
            '#include "kselftest.h"\n#include "../../../../samples/vmremap/vmremap_sample.h"\n\n'
            '#define DEVICE "/dev/vmremap-sample"\n\n'
            'static bool check(bool ok, const char *what)\n{\n\tksft_test_result(ok, "%s\\n", what);\n\treturn ok;\n}\n\n'
            "@helpers@"),
        put("#include <fcntl.h>\n", "#include <fcntl.h>\n#include <setjmp.h>\n#include <signal.h>\n#include <stdbool.h>\n"),
        cut("#include <sys/utsname.h>\n"),
        put(': %s (clause %s)\\n",\n\t       strerror(err), clause(err));', ': %s\\n",\n\t       strerror(err));'),
        put(': %s (clause %s)\\n", strerror(errno), clause(errno));', ': %s\\n", strerror(errno));'),
        # The name is longer by a tab, so the next lines are, too.
        sub(r'printf\("(?:  |\\n)((?:.|\n)*?\);\n)', lambda found: 'ksft_print_msg("' + found[1].replace("\n\t", "\n\t\t"), 19),
        sub(r"^int main\((.|\n)*\Z", """int main(void)
{
	struct device devices[2] = {};

	ksft_print_header();
	if (access(DEVICE, F_OK))
		ksft_exit_skip("there is no %s: load vmremap_sample\\\\n", DEVICE);

	if (device_show(&devices[0], DEVICE, 1000) && device_show(&devices[1], DEVICE, 2000)) {
		driver_to_driver(&devices[0], &devices[1], 77);
		driver_to_driver(&devices[1], &devices[0], 99);
		unplugged(&devices[0]);
	}
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
""", 1),
    ],
}

SAMPLE_WITHOUT_FREEZE = {
    "vmremap_sample.c": [
        forget("sample_verify"),
        cut("\tstruct vmremap_sample_verify verify;\n",
            "\tcase VMREMAP_SAMPLE_VERIFY:\n"
            "\t\tif (copy_from_user(&verify, argp, sizeof(verify)))\n"
            "\t\t\treturn -EFAULT;\n"
            "\t\tscoped_cond_guard(mutex_intr, return -EINTR, &sample->lock)\n"
            "\t\t\tret = sample_verify(sample, &verify);\n"
            "\t\tif (!ret && copy_to_user(argp, &verify, sizeof(verify)))\n"
            "\t\t\treturn -EFAULT;\n"
            "\t\treturn ret;\n"),
    ],
    "vmremap_sample.h": [forget("vmremap_sample_verify", "VMREMAP_SAMPLE_VERIFY")],
    "program": [forget("verified"), cut("\tverified(dev, seed + 1);\n")],
}
