/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vmremap - share vmalloc memory with programs through mmap(2).
 *
 * To share memory, allocate an *area*, or go on using vmalloc_user(). An area is refcounted
 * memory, whose flags restrict how it can be mapped. vmremap_area_mmap() maps an area.
 * vmremap_range() maps an area by its address, and it also maps other vmalloc memory. It takes the
 * arguments of remap_vmalloc_range(). vmremap_range_partial() maps to a part of a VMA. As a module,
 * vmremap maps other vmalloc memory only to a whole VMA, see vmremap_range_partial().
 *
 * The Contract sections name *clauses*, which docs/contract.md defines. The clauses below are
 * checked at run time. A function tests the clauses that its Contract section lists after
 * *checks*. If one of these does not hold, the function returns the errno below, and emits the
 * tracepoint vmremap:vmremap_reject, which names the clause. If a function also returns this errno
 * for another cause, its Return section says so. A function that does not list a clause may return
 * the same errno, but without the tracepoint. Each row tells how its clause is violated:
 *
 *	%-EADDRNOTAVAIL	AddrAligned	an address is not page aligned
 *	%-ENODATA	SizeNonZero	the size is 0
 *	%-EOVERFLOW	RangeNoWrap	pgoff in bytes, the rounded size, or an end address wraps
 *	%-ERANGE	RangeInVma	the range leaves the VMA
 *	%-EFAULT	AreaValid	the address is in no live vmalloc allocation, or the area
 *				is NULL or an ERR_PTR()
 *	%-EINVAL	RangeInArea	the range leaves the area or the allocation
 *	%-EPERM		AreaShareable	the allocation was not made for userspace
 *	%-EBUSY		VmaInit		the VMA is NULL, or already set up for something else
 *	%-ENODEV	NotRevoked	the area was revoked
 *	%-EACCES	PolicyHeld	the mapping is executable or against the flags; or it is
 *				private and writable, and made by vmremap_area_mmap() or
 *				vmremap_area_mmap_prepare()
 *
 * If several clauses do not hold, the function returns the errno of one of them: do not rely
 * on which. All other clauses are requirements or guarantees, without an errno:
 *
 *	VmaUntouched		nobody else changes a VMA that vmremap has mapped
 *	ReferenceHeld		the caller has a reference on the area during the call
 *	ReferenceOwned		the caller owns a reference, which it must drop once
 *	AreaOutlives		an area lives as long as somebody has a reference on it
 *	DeviceTurn		a device accesses the memory only while the device owns it, and
 *				never after the caller has dropped its reference
 *	ZeroedBeforeShare	programs see only bytes that were zeroed or written for them
 *	DriverOutlives		the driver's file stays open while a mapping can call driver code
 *	PagesOutlive		a page that is mapped or pinned is not freed
 *	RightPage		each user address maps the page that was requested
 *	NoUserAccess		no page table of a program maps the memory
 *	SoleReference		no other reference on the area exists
 *	AnyThread		several tasks may call the function at the same time. Functions
 *				that map do not list it: they allow this for different VMAs only
 *	AllOrNothing		an error leaves no reference and no mapping behind
 *
 * In a Contract section, these words are followed by clauses:
 *
 * * *requires*: the caller must ensure them.
 * * *checks*: the function tests them. A (2) means that it tests a clause at two places.
 * * *meets*: the function itself makes sure that they hold, and then calls shared code that
 *   checks them. So this check cannot fail.
 * * *guarantees*: the function ensures them if it succeeds. AllOrNothing holds if it fails, and
 *   AnyThread always.
 *
 * VmaInit is both required and checked, because a function can test only a part of it.
 */
#ifndef VMREMAP_H
#define VMREMAP_H

#include <linux/compiler.h>
#include <linux/types.h>

#if __has_include("vmremap_compat.h")
#include "vmremap_compat.h"
#endif

struct file;
struct notifier_block;
struct sg_table;
struct vm_area_desc;
struct vm_area_struct;
struct vmremap_area;

/*
 * Flags of an area. Whatever they are, no mapping of an area is executable, none can be
 * enlarged by mremap(2), and none is dumped into a core file. Only vmremap_range() and
 * vmremap_range_partial() make mappings that are private and writable, and only of areas that are
 * neither %VMREMAP_REVOCABLE nor %VMREMAP_RDONLY.
 */

/* Userspace may only read: PROT_WRITE is refused, mprotect() cannot add it. */
#define VMREMAP_RDONLY		0x1U
/* A child made by fork() does not inherit the mapping. */
#define VMREMAP_DONTCOPY	0x2U
/*
 * Charge the pages to the memory cgroup of the task that allocates. Without this flag, no
 * cgroup is charged. In both cases, /proc/meminfo counts the pages in Cached, because they are
 * the page cache of the area's own file.
 */
#define VMREMAP_ACCOUNT		0x4U
/*
 * Map every page at mmap time. If memory for page tables is short, faults map the rest, as with
 * MAP_POPULATE. The flag has no effect, and faults map all pages, in four cases: for a mapping with
 * PROT_NONE; for a part of a VMA that vmremap_range_partial() maps; for a %VMREMAP_REVOCABLE area
 * in an .mmap callback; and if another driver's .mmap calls your .mmap_prepare. In this last case
 * vm_ops.mapped, which would map the pages, cannot find the VMA.
 */
#define VMREMAP_POPULATE	0x8U

/*
 * Allow vmremap_area_revoke() and vmremap_area_freeze() to take the memory back from programs.
 * Such an area has three restrictions: no function maps it private and writable;
 * vmremap_range_partial() refuses to map it to only a part of a VMA; and in an .mmap callback
 * %VMREMAP_POPULATE has no effect, because revoke cannot find the VMA yet.
 */
#define VMREMAP_REVOCABLE	0x10U

/* Allocate memory below 4 GiB only, as vmalloc_32() does, for a device that reaches no more. */
#define VMREMAP_DMA32		0x20U

/* Longest name of an area, in bytes without the NUL: /proc/PID/maps of Linux 6.12 shows no more. */
#define VMREMAP_NAME_MAX	52

#define VMREMAP_FLAGS \
	(VMREMAP_RDONLY | VMREMAP_DONTCOPY | VMREMAP_ACCOUNT | VMREMAP_POPULATE | \
	 VMREMAP_REVOCABLE | VMREMAP_DMA32)

/**
 * vmremap_area_alloc - allocate memory that drivers and programs can share
 * @size: size in bytes; rounded up to whole pages, all of which are zeroed
 * @flags: bitwise or of VMREMAP_* flags
 *
 * The memory is contiguous in vmalloc address space. Physically it consists of
 * large folios, or of smaller ones if memory is fragmented. Placement follows
 * the memory policy of the calling task.
 *
 * Contract: requires nothing; checks SizeNonZero, RangeNoWrap; guarantees
 *	ZeroedBeforeShare, ReferenceOwned, AreaOutlives, RightPage, AnyThread.
 * Context: Process context. May sleep.
 * Return:
 * * the area, with one reference, which the caller owns
 * * %-ENODATA as an ERR_PTR(), like all that follow - @size is 0
 * * %-EOVERFLOW - @size rounded up to pages wraps
 * * %-EINVAL - @flags has a bit that is not a VMREMAP_* flag
 * * %-ENOMEM - not enough memory or vmalloc space, or @size is more than all memory
 * * %-EINTR - the task was killed while memory was being allocated
 * * %-ENFILE - the system limit of open files (fs.file-max) was reached: each area has
 *   a file of its own
 * * another errno, such as %-EACCES, from the hook inode_init_security_anon of a
 *   security module
 */
struct vmremap_area *vmremap_area_alloc(size_t size, unsigned int flags) __must_check;

/**
 * vmremap_alloc - allocate an area, and return its address
 * @size: as for vmremap_area_alloc()
 * @flags: as for vmremap_area_alloc()
 *
 * The counterpart of vmalloc_user(), for a driver that keeps the address and no area.
 * vmremap_range() and vmremap_range_partial() find the area by the address.
 *
 * Contract: requires nothing; checks SizeNonZero, RangeNoWrap; guarantees
 *	ZeroedBeforeShare, ReferenceOwned, AreaOutlives, RightPage, AnyThread.
 * Context: Process context. May sleep.
 * Return: the address; or NULL if vmremap_area_alloc() would return an errno.
 */
void *vmremap_alloc(size_t size, unsigned int flags) __must_check;

/**
 * vmremap_free - free what vmremap_alloc() has allocated
 * @addr: the address that vmremap_alloc() has returned; or the address of other vmalloc memory,
 *	which this function passes to vfree(); or NULL
 *
 * The counterpart of vfree(). It drops the reference that vmremap_alloc() has taken, as
 * vmremap_area_put() does. If @addr is in an area, but vmremap_alloc() has not returned it, this
 * function only warns, once, and frees nothing. On a double free it does the same while the area
 * exists; when the area is gone, vfree() warns. But if other memory of vmremap_alloc() or vmalloc()
 * has got the address, a double free frees that memory, unnoticed, as with vfree().
 *
 * Contract: requires ReferenceOwned; guarantees PagesOutlive, AnyThread.
 * Context: Process context. May sleep if @addr is other vmalloc memory.
 */
void vmremap_free(const void *addr);

/**
 * vmremap_area_get - take a reference
 * @area: an area on which the caller has a reference; NULL or an ERR_PTR() is returned unchanged
 *
 * Contract: requires ReferenceHeld; guarantees ReferenceOwned, AreaOutlives, AnyThread.
 * Context: Any.
 * Return: @area.
 */
struct vmremap_area *vmremap_area_get(struct vmremap_area *area);

/**
 * vmremap_area_put - drop a reference
 * @area: the area; NULL and ERR_PTR() are ignored
 *
 * Mappings keep the area alive, too: after the driver's last put, the area lives until its
 * last mapping is unmapped. A pinned page even outlives its area. When the last reference on the
 * area's file is dropped, the memory is freed as by fput(): by the current task when it returns to
 * userspace, or by a kernel thread. A few small areas are cached instead, and are zeroed before
 * vmremap_area_alloc() reuses them.
 *
 * Contract: requires ReferenceOwned; guarantees PagesOutlive, AnyThread.
 * Context: Any but NMI; with PREEMPT_RT, any that is preemptible. Does not sleep.
 */
void vmremap_area_put(struct vmremap_area *area);

/**
 * vmremap_area_addr - get the kernel address of an area
 * @area: the area
 *
 * Unless the area is frozen, programs can read its bytes at any time: even after a revoke, through
 * a pinned page. They can also write them, unless the area is %VMREMAP_RDONLY. So access the bytes
 * with READ_ONCE(), WRITE_ONCE() or atomics, and check a copy rather than the bytes themselves.
 *
 * Contract: requires ReferenceHeld.
 * Context: Any.
 * Return: the page aligned address of the first byte; NULL only if @area is NULL or an ERR_PTR().
 */
void *vmremap_area_addr(const struct vmremap_area *area);

/**
 * vmremap_area_size - get the size of an area
 * @area: the area
 *
 * Contract: requires ReferenceHeld.
 * Context: Any.
 * Return: the size in bytes that was requested, not rounded up to pages; 0 if @area is NULL or an
 * ERR_PTR().
 */
size_t vmremap_area_size(const struct vmremap_area *area);

/**
 * vmremap_area_set_name - name an area
 * @area: an area on which the caller has a reference
 * @name: at most %VMREMAP_NAME_MAX bytes; or NULL for no name
 *
 * /proc/PID/maps shows "anon_inode:" and the name for each mapping that is made from now on.
 * It shows "anon_inode:[vmremap]" for an area without a name, and for a VMA into which
 * vmremap_range_partial() has mapped parts. If an area has a name, each mmap(2) of the area
 * allocates a struct file. So a program can make the kernel allocate one for each VMA that the
 * program may have.
 *
 * Contract: requires ReferenceHeld.
 * Context: Process context. May sleep. Nobody may map or name the area at the same time.
 * Return:
 * * 0 - on success
 * * %-EFAULT - @area is NULL or an ERR_PTR()
 * * %-ENAMETOOLONG - @name has more than %VMREMAP_NAME_MAX bytes
 * * %-ENOMEM - not enough memory for a copy of @name
 */
int vmremap_area_set_name(struct vmremap_area *area, const char *name) __must_check;

/**
 * vmremap_area_is_mapped - is an area mapped?
 * @area: an area on which the caller has a reference
 *
 * An area has one reference on its file. This function tests whether the file has others. A VMA
 * holds such a reference from the call that maps it until munmap(2) returns. A VMA into which
 * vmremap_range_partial() has mapped parts holds its references until the whole VMA is unmapped.
 * An access that waits for vmremap_area_thaw() holds a reference until it goes on. So does a system
 * call that uses the file of a VMA, such as msync(2), until it ends. Both may last longer than the
 * VMA.
 *
 * Contract: requires ReferenceHeld.
 * Context: Any.
 * Return: true if there is such a reference. If false, the area is mapped nowhere, and a
 * program can reach only pages that it has pinned. False, too, if @area is NULL or an ERR_PTR().
 */
bool vmremap_area_is_mapped(const struct vmremap_area *area);

/**
 * vmremap_area_is_sole_reference - is there no other reference on an area?
 * @area: an area on which the caller has a reference
 *
 * A mapping holds a reference on the area's file, which this function does not count. On true, no
 * other kernel code has a reference, so no other kernel code may access the memory. Only a function
 * that looks an area up by an address, such as vmremap_range(), can then take a reference, briefly
 * and without accessing the memory.
 *
 * Contract: requires ReferenceHeld; guarantees SoleReference.
 * Context: Any.
 * Return: true if the caller's reference is the only one. False if @area is NULL or an ERR_PTR().
 * False, too, while vmremap_range() or vmremap_range_partial() runs: it finds the area by its
 * address, and holds a reference until it returns.
 */
bool vmremap_area_is_sole_reference(const struct vmremap_area *area);

/**
 * vmremap_area_revoke - take an area's memory back from programs, for ever
 * @area: an area that is %VMREMAP_REVOCABLE, on which the caller has a reference
 *
 * When it returns, no page table of a program has an entry for the area. A program's access raises
 * SIGBUS, a system call's access fails with %-EFAULT, and mapping the area again is refused. A
 * page that is pinned, for instance by O_DIRECT in flight, stays accessible through that pin.
 * While a thread of a program is in munmap(2), CPUs may use a stale TLB entry of that mapping
 * until munmap(2) has flushed the TLB. Revoking an area twice is harmless.
 *
 * Call this when the device goes away, instead of unmap_mapping_range() on the driver's own
 * inode. That call does not reach the mappings, because their vm_file is not the driver's file.
 *
 * Contract: requires ReferenceHeld; guarantees NoUserAccess, PagesOutlive, AnyThread.
 * Context: Process context, but not memory reclaim, such as a shrinker: the faults for which this
 * function waits may be allocating memory. May sleep. Takes the i_mmap lock of the area's file and
 * the locks of its folios, and waits for faults that are inserting page table entries. Then
 * takes the lock of the notifiers of vmremap_area_on_revoke(), and the locks that these take. The
 * caller may hold an mmap lock: all these locks nest inside it. Nor do the faults wait for the
 * caller, because a fault already holds its mmap or VMA lock when this function waits for it.
 * Return:
 * * 0 - on success
 * * %-EFAULT - @area is NULL or an ERR_PTR()
 * * %-EOPNOTSUPP - @area is not %VMREMAP_REVOCABLE
 */
int vmremap_area_revoke(struct vmremap_area *area);

/**
 * vmremap_area_on_revoke - ask to be told when an area has been revoked
 * @area: an area that is %VMREMAP_REVOCABLE, on which the caller has a reference
 * @nb: has the function to call, with 0 as the action and @area as the data
 *
 * Each vmremap_area_revoke() calls the function when no page table maps the area any more. The
 * function may sleep. It runs under the locks that the caller of vmremap_area_revoke() holds, which
 * may be an mmap lock. So the function must not take an mmap lock, access user memory, or wait for
 * a task that does one of these. Nor may it revoke an area or call vmremap_area_on_revoke() or
 * vmremap_area_off_revoke(). It must return %NOTIFY_OK.
 *
 * Call vmremap_area_off_revoke() before you drop the reference on @area.
 *
 * Contract: requires ReferenceHeld; guarantees AnyThread.
 * Context: Process context, but not memory reclaim. May sleep. Waits for notifiers of @area that
 * are running: hold no lock that such a notifier takes.
 * Return:
 * * 0 - on success
 * * %-EFAULT - @area is NULL or an ERR_PTR(), or @nb is NULL
 * * %-EOPNOTSUPP - @area is not %VMREMAP_REVOCABLE
 * * %-EEXIST - @nb is registered already; the kernel also warns
 * * %-ENODEV - @area is revoked; a revoke during this call may have called @nb, now unregistered
 */
int vmremap_area_on_revoke(struct vmremap_area *area, struct notifier_block *nb) __must_check;

/**
 * vmremap_area_off_revoke - undo vmremap_area_on_revoke()
 * @area: the area, on which the caller still has its reference; or NULL or an ERR_PTR(), for
 *	which there is nothing to undo
 * @nb: as given to vmremap_area_on_revoke()
 *
 * When it returns, the function of @nb is not running, and is not called again.
 *
 * Contract: requires ReferenceHeld; guarantees AnyThread.
 * Context: As for vmremap_area_on_revoke().
 */
void vmremap_area_off_revoke(struct vmremap_area *area, struct notifier_block *nb);

/**
 * vmremap_area_freeze - take an area's memory back from programs, for a while
 * @area: an area that is %VMREMAP_REVOCABLE, on which the caller has a reference
 *
 * After success no program can read or write the memory, because no page of the area is mapped
 * in userspace. Nor can a device access it on behalf of a program, for example by direct I/O,
 * because no page is pinned. A page counts as pinned if anybody but vmremap and page tables has a
 * reference on it, for example by pin_user_pages(), get_user_pages() or a pipe. So a driver can
 * check the bytes and use them without a copy, if it has stopped its own device. An access waits
 * for vmremap_area_thaw() or vmremap_area_revoke(), like an access to memory that userfaultfd(2)
 * handles, with these details and exceptions:
 *
 * * a program's own access waits, and any signal interrupts the wait;
 * * a system call's access waits, and only a fatal signal interrupts the wait;
 * * an access by a KVM guest waits, if a program gave the memory to the guest. Any signal
 *   interrupts the wait (on Linux 6.1, only a fatal signal);
 * * the access of a task that exits or dumps core fails with %-EFAULT, because no signal could
 *   interrupt its wait. For the same reason, a kernel thread's access waits only until
 *   vmremap_area_freeze() returns, and fails if the freeze has succeeded. Some kernel threads give
 *   up after such a failure: the vhost of Linux 6.1 and the user fences of xe. Do not freeze memory
 *   that they access;
 * * an access that cannot drop the mmap lock fails with %-EFAULT, too: that of get_user_pages(),
 *   and of an operation that writes a private futex, such as FUTEX_LOCK_PI. For the same reason,
 *   ptrace(2) and /proc/PID/mem fail with %-EIO. get_user_pages_fast() and
 *   get_user_pages_unlocked() can drop the lock, so they wait.
 *
 * A waiting access holds no lock of the program's mm, so mmap(2) and fork(2) still work, and the
 * system can suspend. But a system call that waits keeps its other locks: that of a directory which
 * it reads, for instance, or RTNL. A task that needs such a lock cannot be killed until the thaw,
 * and keeps the system from suspending. So freeze an area only for a short time, and never let
 * the thaw depend on a program.
 *
 * If pages are pinned, this function waits, in five pauses of growing length, up to 155 ms in all.
 * If a page is still pinned then, or if the task is killed, the area is not frozen, and the pages
 * that were unmapped are faulted in again when programs access them. If the area is frozen at the
 * last vmremap_area_put(), it is thawed, so that accesses to the remaining mappings no longer wait.
 *
 * The caller must not access user memory, for instance by copy_from_user(), until the area is
 * thawed. An access to the area would wait for the caller's own thaw. An access to other memory
 * can deadlock, too: it may need a lock, such as a file system's, that another task's system
 * call holds while it waits for the thaw. For the same reason, the caller must not itself take an
 * mmap lock, or any lock under which a system call copies from or to a program.
 *
 * Contract: requires ReferenceHeld; guarantees NoUserAccess, AnyThread.
 * Context: Process context, but not memory reclaim. May sleep. Takes the same locks as
 * vmremap_area_revoke(), except that of the notifiers, and waits for the same faults.
 * Return:
 * * 0 - on success
 * * %-EFAULT - @area is NULL or an ERR_PTR()
 * * %-EOPNOTSUPP - @area is not %VMREMAP_REVOCABLE
 * * %-ENODEV - @area is revoked
 * * %-EBUSY - @area is already frozen or being frozen, or pages of it stay pinned
 * * %-EINTR - the task was killed while it waited
 */
int vmremap_area_freeze(struct vmremap_area *area) __must_check;

/**
 * vmremap_area_thaw - let programs access an area again
 * @area: an area that vmremap_area_freeze() has frozen
 *
 * Pages are mapped again when they are accessed. An area that has been revoked since it was
 * frozen stays revoked. If the area is neither frozen nor revoked, this function only warns, once.
 * The same happens if @area is NULL, an ERR_PTR(), or not %VMREMAP_REVOCABLE.
 *
 * Contract: requires ReferenceHeld; guarantees AnyThread.
 * Context: Any but NMI; with PREEMPT_RT, any that is preemptible. Does not sleep.
 */
void vmremap_area_thaw(struct vmremap_area *area);

/**
 * vmremap_area_sg_table - list an area's memory in a scatterlist, for DMA
 * @area: an area on which the caller has a reference
 * @sgt: a struct sg_table without entries; this function allocates them
 * @gfp: flags for the allocation of the table's entries
 *
 * There is one entry for each folio. The last entry ends at vmremap_area_size(). Unless memory is
 * fragmented, the entries of a large area are PMD_SIZE bytes. So before dma_map_sgtable(), call
 * dma_set_max_seg_size() with the largest segment that the device accepts, because the default is
 * 64 KiB. An entry must not be larger than this segment size, nor than dma_max_mapping_size(),
 * which swiotlb limits. Nor may it cross a segment boundary of the device. Boundaries are
 * dma_get_seg_boundary() + 1 bytes apart. An entry up to this distance crosses none: its address is
 * a multiple of its folio's size. vmremap has no flag to limit the size of folios. So if the
 * segment size, dma_max_mapping_size() or this distance is below PMD_SIZE, allocate no area larger
 * than the smallest of them: an entry is never larger than its area.
 *
 * The caller owns @sgt: map it with dma_map_sgtable(), and free it with sg_free_table() before
 * dropping the reference on @area. The table holds no reference on the area, and does not pin
 * its pages.
 *
 * The device owns the memory from dma_map_sgtable() to dma_unmap_sgtable(), but not between
 * dma_sync_sgtable_for_cpu() and dma_sync_sgtable_for_device(). While the device owns the
 * memory, writes by the driver or a program may be lost, and their reads may be stale, as
 * with any memory that is mapped for DMA. Only bytes of this area can become wrong. Neither
 * vmremap_area_revoke() nor vmremap_area_freeze() stops a device: stop it first.
 *
 * Contract: requires ReferenceHeld, DeviceTurn; guarantees RightPage.
 * Context: Any in which an allocation with @gfp is allowed.
 * Return: 0, or
 * * %-EFAULT - @area is NULL or an ERR_PTR(), or @sgt is NULL
 * * %-ENOMEM - not enough memory for the entries
 */
int vmremap_area_sg_table(struct vmremap_area *area, struct sg_table *sgt, gfp_t gfp) __must_check;

/**
 * vmremap_area_mmap - map an area into a whole VMA, from an .mmap callback
 * @area: an area on which the caller has a reference
 * @vma: the VMA that is being set up; it is covered from start to end
 * @pgoff: pages into @area before the first page to map
 *
 * Call this after everything else in the callback that can fail. On success the VMA belongs
 * to vmremap. Do not set VM_PFNMAP or VM_MIXEDMAP, and do not change its vm_ops, its vm_file or its
 * vm_pgoff any more: vm_file is now a file of vmremap, and vm_pgoff an offset into that file, as
 * dma_buf_mmap() sets them for a dma-buf. vm_private_data is still the driver's. The VMA keeps
 * @area alive until it is unmapped, even if the driver is gone by then. Pages that MADV_DONTNEED
 * or a zap has unmapped are faulted in again.
 *
 * If the driver has set vm_ops with .open or .close before this call, these are still called, so
 * that they can count VMAs. They may use vm_private_data, but neither vm_file nor vm_pgoff. Do not
 * set vm_ops afterwards: they would replace those that map the pages, and an access to a page that
 * is not mapped yet would raise SIGBUS. If the driver has an .fsync, msync(2) calls it with offsets
 * in the driver's file. If the driver has such vm_ops or an .fsync, the mapping allocates a struct
 * file, and keeps the driver's file open, as a mapping by remap_vmalloc_range() does.
 *
 * Contract: requires VmaInit, VmaUntouched, ReferenceHeld; checks RangeNoWrap, AreaValid,
 *	RangeInArea, VmaInit (2), NotRevoked, PolicyHeld; meets AddrAligned,
 *	SizeNonZero;
 *	guarantees RangeInVma, RightPage, PagesOutlive, AreaOutlives,
 *	AllOrNothing.
 * Context: An .mmap callback: mmap lock held for write. May sleep.
 * Return:
 * * 0 - on success
 * * %-EOVERFLOW - @pgoff wraps when counted in bytes
 * * %-EFAULT - @area is NULL or an ERR_PTR()
 * * %-EINVAL - @area has fewer pages after @pgoff than @vma
 * * %-EBUSY - @vma is NULL, has VM_PFNMAP, or has vm_ops with another callback than .open and
 *   .close, such as .fault; or an earlier call has mapped @vma. In the last case this call undoes
 *   the earlier mapping, and the callback must return an error. ib_uverbs sets vm_ops with other
 *   callbacks, for drivers that map page frames, so a driver of ib_uverbs must set vma->vm_ops to
 *   NULL before the call
 * * %-ENODEV - @area is revoked
 * * %-EACCES - the mapping is private and writable; or writable while @area is
 *   %VMREMAP_RDONLY; or PROT_EXEC was requested. With the personality READ_IMPLIES_EXEC,
 *   which adds PROT_EXEC to PROT_READ, the area is mapped without it
 * * %-ENOMEM, %-ENFILE - if the mapping needs a struct file: not enough memory, or the system
 *   limit of open files (fs.file-max) was reached
 */
int vmremap_area_mmap(struct vmremap_area *area, struct vm_area_struct *vma,
		      unsigned long pgoff) __must_check;

/**
 * vmremap_area_mmap_prepare - vmremap_area_mmap() for .mmap_prepare callbacks
 * @area: an area on which the caller has a reference
 * @desc: the description of the VMA, which is covered from start to end
 * @pgoff: pages into @area before the first page to map
 *
 * Call this after everything else in the callback that can fail: the function puts a file
 * reference into @desc, and the kernel leaks this reference if the callback fails afterwards. The
 * file can hold references on the area's file and on the driver's file.
 *
 * This function needs Linux 7.1: older kernels do not call vm_ops.mapped.
 *
 * Contract: requires VmaInit, VmaUntouched, ReferenceHeld; checks RangeNoWrap, AreaValid,
 *	RangeInArea, VmaInit (2), NotRevoked, PolicyHeld; meets AddrAligned,
 *	SizeNonZero;
 *	guarantees RangeInVma, RightPage, PagesOutlive, AreaOutlives,
 *	AllOrNothing.
 * Context: An .mmap_prepare callback. May sleep.
 * Return: 0, or an errno as from vmremap_area_mmap(). %-EBUSY means that @desc is NULL, or has
 * VM_PFNMAP, a set .action, or vm_ops with another callback than .open and .close; or that an
 * earlier call on @desc has succeeded. If another file's .mmap calls the callback, vm_ops with
 * .open or .close are refused, too, because the driver of that file may have set them. If a call
 * fails after an earlier one has succeeded, it drops the reference that the earlier call has stored
 * in @desc, because the kernel would leak it.
 */
int vmremap_area_mmap_prepare(struct vmremap_area *area, struct vm_area_desc *desc,
			      unsigned long pgoff) __must_check;

/**
 * vmremap_get_unmapped_area - choose a user address that suits the area's large folios
 * @file: the file being mapped
 * @addr: the program's hint, or 0
 * @len: bytes to map
 * @pgoff: offset into @file, in pages
 * @flags: MAP_* flags
 *
 * For file_operations.get_unmapped_area. The address equals the offset in @file, modulo the size of
 * the largest folio that fits into @len (at most PMD_SIZE). So one PMD entry can map a folio of
 * PMD_SIZE bytes. But if the program's hint is used, or if address space is short, the address may
 * be unaligned. The function works like thp_get_unmapped_area(), but also for mappings that are
 * smaller than PMD_SIZE. A driver that offers several areas in one file should place each at an
 * offset that is a multiple of PMD_SIZE, or of the area's size rounded up to a power of two if that
 * is smaller.
 *
 * Contract: requires nothing.
 * Context: Process context, mmap lock held.
 * Return: a user address, or an errno as from mm_get_unmapped_area().
 */
unsigned long vmremap_get_unmapped_area(struct file *file, unsigned long addr,
					unsigned long len, unsigned long pgoff,
					unsigned long flags);

/**
 * vmremap_range - map vmalloc pages to userspace
 * @vma: the VMA that is being set up; it is covered from start to end
 * @addr: page aligned kernel address, in an area or in other vmalloc memory that
 *	may be mapped to userspace (VM_USERMAP or VM_DMA_COHERENT), for instance
 *	that of vmalloc_user()
 * @pgoff: pages into @addr before the first page to map
 *
 * The drop-in replacement for remap_vmalloc_range(). @addr may lie in the middle of the
 * allocation. A range past the end of the allocation is always refused. remap_vmalloc_range()
 * may map it, because it takes @addr for the start of the allocation.
 *
 * The memory of an area is mapped as by vmremap_area_mmap(), except that the mapping may be
 * private and writable: its writes go to copies, as with remap_vmalloc_range(). Other vmalloc
 * memory is mapped by remap_vmalloc_range() itself, and the VMA keeps the driver's vm_ops. The
 * pages stay allocated while they are mapped, even after vfree(). Unlike those of an area, they are
 * not mapped again after MADV_DONTNEED.
 *
 * Contract: requires VmaInit, VmaUntouched; checks AddrAligned, RangeNoWrap, AreaValid,
 *	RangeInArea, AreaShareable, VmaInit, NotRevoked, PolicyHeld; meets
 *	SizeNonZero, RangeInVma; guarantees RightPage, PagesOutlive, AreaOutlives,
 *	AllOrNothing.
 * Context: An .mmap callback: mmap lock held for write. May sleep.
 * Return:
 * * 0 - on success
 * * %-EADDRNOTAVAIL - @addr is not page aligned
 * * %-EOVERFLOW - @pgoff in bytes wraps, or its sum with @addr and the VMA's size does
 * * %-EFAULT - @addr is in no live vmalloc allocation
 * * %-EPERM - the allocation was not made for userspace
 * * %-EINVAL - the allocation has fewer pages after @addr plus @pgoff than @vma
 * * %-EBUSY, %-ENODEV, %-EACCES, %-ENOMEM, %-ENFILE - as from vmremap_area_mmap(). But a private
 *   writable mapping is refused only if the area is %VMREMAP_REVOCABLE or %VMREMAP_RDONLY; and
 *   memory that is not in an area is refused with %-EBUSY only if @vma is NULL, has VM_PFNMAP, or
 *   already maps an area
 * * %-ENOMEM - also if @addr is not in an area, and there is not enough memory for page tables
 */
int vmremap_range(struct vm_area_struct *vma, void *addr, unsigned long pgoff) __must_check;

/**
 * vmremap_range_partial - map vmalloc pages to a part of a VMA
 * @vma: the VMA that is being set up
 * @uaddr: page aligned user address in @vma to start at
 * @kaddr: page aligned kernel address, as for vmremap_range()
 * @pgoff: pages into @kaddr before the first page to map
 * @size: bytes to map, rounded up to pages
 *
 * The counterpart of remap_vmalloc_range_partial(). Several parts of one VMA may be mapped,
 * from several areas. Accessing a part of the VMA that was never mapped raises SIGBUS. If the
 * memory is in an area, the VMA belongs to vmremap, as after vmremap_area_mmap(), and its
 * vm_file is no longer the driver's. As with vmremap_area_mmap(), PMDs map the folios if the
 * addresses are aligned for that. If the range is not the whole of @vma, PMDs also need Linux 6.15
 * or newer, and /sys/kernel/mm/transparent_hugepage/enabled must allow huge pages.
 *
 * If vmremap is a module, it can map vmalloc memory outside of areas to whole VMAs only, because
 * the kernel does not export remap_vmalloc_range_partial().
 *
 * Contract: requires VmaInit, VmaUntouched; checks AddrAligned, SizeNonZero, RangeNoWrap,
 *	RangeInVma, AreaValid, RangeInArea, AreaShareable, VmaInit (2),
 *	NotRevoked, PolicyHeld; guarantees RightPage, PagesOutlive, AreaOutlives,
 *	AllOrNothing.
 * Context: An .mmap callback: mmap lock held for write. May sleep.
 * Return:
 * * 0 - on success
 * * %-EADDRNOTAVAIL - @uaddr or @kaddr is not page aligned
 * * %-ENODATA - @size is 0
 * * %-EOVERFLOW - rounded @size, @pgoff in bytes, or an end address wraps
 * * %-ERANGE - [@uaddr, @uaddr + @size) leaves @vma
 * * %-EFAULT, %-EPERM - as from vmremap_range()
 * * %-EINVAL - the allocation has fewer bytes after @kaddr plus @pgoff than @size
 * * %-EBUSY - as from vmremap_range(), but earlier calls of this function may have mapped other
 *   pages of @vma. Also if the driver has changed vm_file after such an earlier call
 * * %-ENODEV - as from vmremap_range()
 * * %-EACCES - as from vmremap_range(), or the area is %VMREMAP_REVOCABLE and the range is not the
 *   whole of @vma
 * * %-ENOMEM - as from vmremap_range(), or there is not enough memory for the list of parts
 * * %-ENFILE - as from vmremap_range(); a VMA with parts always needs a struct file
 * * %-EOPNOTSUPP - @kaddr is not in an area, the range is not the whole of @vma, and vmremap is a
 *   module
 */
int vmremap_range_partial(struct vm_area_struct *vma, unsigned long uaddr,
			  void *kaddr, unsigned long pgoff, unsigned long size) __must_check;

#endif /* VMREMAP_H */
