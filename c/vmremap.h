/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vmremap - share vmalloc memory with programs through mmap(2).
 *
 * Two ways in. An *area* is memory that vmremap allocates, refcounted, with a
 * policy for its mappings chosen when it is made. vmremap_range() and
 * vmremap_range_partial() are the drop-ins for remap_vmalloc_range() and
 * remap_vmalloc_range_partial().
 *
 * Every function that maps answers a failed clause of docs/contract.md with
 * that clause's own errno, and names it in the tracepoint vmremap:vmremap_reject:
 *
 *	%-EADDRNOTAVAIL	AddrAligned	an address is not page aligned
 *	%-ENODATA	SizeNonZero	the size is 0
 *	%-EOVERFLOW	RangeNoWrap	pgoff, size, an address or their sum wraps
 *	%-ERANGE	RangeInVma	the range leaves the VMA
 *	%-EFAULT	AreaValid	the address is in no live vmalloc area
 *	%-EINVAL	RangeInArea	the range leaves the area
 *	%-EPERM		AreaShareable	that area was not made for userspace
 *	%-EBUSY		VmaInit		the VMA is already set up for something else
 *	%-ENODEV	NotRevoked	the area was revoked
 *	%-EACCES	PolicyHeld	the area's flags refuse this kind of mapping
 *
 * Where several clauses fail, the first in this order is the answer.
 */
#ifndef VMREMAP_H
#define VMREMAP_H

#include <linux/compiler.h>
#include <linux/types.h>

#if __has_include("vmremap_compat.h")
#include "vmremap_compat.h"
#endif

struct file;
struct sg_table;
struct vm_area_desc;
struct vm_area_struct;
struct vmremap_area;

/*
 * Flags of an area. Whatever they are, no mapping of an area is executable,
 * none can grow, none is dumped into a core file, and none is both private
 * and writable.
 */

/* Userspace may only read: PROT_WRITE is refused, mprotect() cannot add it. */
#define VMREMAP_RDONLY		0x1U
/* A child made by fork() does not inherit the mapping. */
#define VMREMAP_DONTCOPY	0x2U
/*
 * Charge the pages to the memory cgroup of the task that allocates. With or
 * without it, /proc/meminfo counts them in Cached.
 */
#define VMREMAP_ACCOUNT		0x4U
/*
 * Map every page at mmap time, so that no access takes a fault. If memory for page tables is
 * short, the rest is mapped when it is accessed, as with MAP_POPULATE. So are parts of a VMA.
 */
#define VMREMAP_POPULATE	0x8U

/*
 * vmremap_area_revoke() and vmremap_area_freeze() can take the memory back from
 * programs. Such an area has three restrictions: no mapping is private and writable,
 * even by vmremap_range(); a VMA is mapped whole or not at all; and an .mmap callback
 * maps no page before it is accessed, whether %VMREMAP_POPULATE is set or not.
 */
#define VMREMAP_REVOCABLE	0x10U

#define VMREMAP_FLAGS \
	(VMREMAP_RDONLY | VMREMAP_DONTCOPY | VMREMAP_ACCOUNT | VMREMAP_POPULATE | \
	 VMREMAP_REVOCABLE)

/**
 * vmremap_area_alloc - allocate memory that drivers and programs can share
 * @size: bytes wanted; memory comes in whole pages, all of them zeroed
 * @flags: bitwise or of VMREMAP_* flags
 *
 * The memory is contiguous in vmalloc address space. Physically it consists of
 * large folios, or of smaller ones if memory is fragmented. Placement follows
 * the memory policy of the calling task.
 *
 * Contract: requires nothing; checks SizeNonZero, RangeNoWrap; guarantees
 *	ZeroedBeforeShare, AreaOutlives, RightPage, AnyThread.
 * Context: Process context. May sleep. Takes no lock of the caller's.
 * Return:
 * * the area, holding one reference
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
 * vmremap_area_get - take a reference
 * @area: an area on which the caller has a reference
 *
 * Contract: requires AreaOutlives; guarantees AreaOutlives, AnyThread.
 * Context: Any.
 * Return: @area.
 */
struct vmremap_area *vmremap_area_get(struct vmremap_area *area);

/**
 * vmremap_area_put - drop a reference
 * @area: the area; NULL and ERR_PTR() are ignored
 *
 * Mappings hold references of their own: after the driver's last put, the
 * area lives until the last of them is unmapped. A pinned page even outlives
 * its area. As with fput(), memory is freed when the calling task returns to
 * userspace. A few small areas are cached instead, and are zeroed before
 * vmremap_area_alloc() reuses them.
 *
 * Contract: requires AreaOutlives; guarantees PagesOutlive, AnyThread.
 * Context: Any but NMI. Does not sleep.
 */
void vmremap_area_put(struct vmremap_area *area);

/**
 * vmremap_area_addr - the kernel's address of an area
 * @area: the area
 *
 * Userspace can read these bytes at any time, and can write them unless the
 * area is %VMREMAP_RDONLY. So access them with READ_ONCE(), WRITE_ONCE() or
 * atomics, and check a copy rather than the bytes themselves.
 *
 * Contract: requires AreaOutlives.
 * Context: Any.
 * Return: the page aligned address of the first byte. Never NULL.
 */
void *vmremap_area_addr(const struct vmremap_area *area);

/**
 * vmremap_area_size - the size of an area
 * @area: the area
 *
 * Contract: requires AreaOutlives.
 * Context: Any.
 * Return: the bytes that were asked for, not rounded up to pages.
 */
size_t vmremap_area_size(const struct vmremap_area *area);

/**
 * vmremap_area_is_sole_reference - is there no other reference on an area?
 * @area: an area on which the caller has a reference
 *
 * References of mappings do not count. While only the caller has a reference, only
 * the caller can take another.
 *
 * Contract: requires AreaOutlives; guarantees SoleReference.
 * Context: Any.
 * Return: true if the caller's is the only one. It can be false for a moment because
 * vmremap_range() holds one.
 */
bool vmremap_area_is_sole_reference(const struct vmremap_area *area);

/**
 * vmremap_area_revoke - take an area's memory back from programs, for ever
 * @area: an area that is %VMREMAP_REVOCABLE, on which the caller has a reference
 *
 * When it returns, no mapping shows the memory. An access raises SIGBUS, and mapping
 * the area again is refused. A page that is pinned, for instance by O_DIRECT in
 * flight, stays accessible through that pin. Revoking an area twice is harmless.
 *
 * Call this when the device goes away, instead of unmap_mapping_range() on the
 * driver's own inode. That does not reach the mappings, because their vm_file is the
 * area's.
 *
 * Contract: requires AreaOutlives; guarantees NoUserAccess, PagesOutlive, AnyThread.
 * Context: Process context. May sleep. Takes the i_mmap lock of the area's file, and
 * waits for faults on the area that have begun; the caller may hold an mmap lock.
 * Return:
 * * 0 - on success
 * * %-EFAULT - @area is NULL or an ERR_PTR()
 * * %-EOPNOTSUPP - @area is not %VMREMAP_REVOCABLE
 */
int vmremap_area_revoke(struct vmremap_area *area);

/**
 * vmremap_area_freeze - take an area's memory back from programs, for a while
 * @area: an area that is %VMREMAP_REVOCABLE, on which the caller has a reference
 *
 * After success no program, and no device on behalf of one, can read or write the
 * memory: no mapping shows it, and nobody has pinned it. So a driver can check the
 * bytes and use them without a copy. An access waits for vmremap_area_thaw() or
 * vmremap_area_revoke(), like an access to memory that userfaultfd(2) handles:
 *
 * * a program's own access waits, and any signal interrupts the wait;
 * * a system call's access waits, and a fatal signal interrupts the wait; the system
 *   can suspend meanwhile;
 * * a virtual CPU's access waits, and any signal interrupts the wait;
 * * the access of a task that exits or dumps core fails with %-EFAULT;
 * * so does an access that cannot drop the mmap lock: ptrace(2), /proc/PID/mem, a
 *   private futex, get_user_pages() without FOLL_UNLOCKABLE.
 *
 * A waiting access holds no lock of the program's mm, so that mmap(2) and fork(2) work.
 *
 * If pages are pinned, this waits for up to 155 ms. After a failure everything is as
 * before, except that accesses may have waited. The last vmremap_area_put() thaws.
 *
 * Do not access other memory of programs before the area is thawed, because the system
 * call that waits may hold a lock of another part of the kernel.
 *
 * Contract: requires AreaOutlives; guarantees NoUserAccess, AnyThread.
 * Context: Process context. May sleep. Takes and waits as vmremap_area_revoke().
 * Return:
 * * 0 - on success
 * * %-EFAULT - @area is NULL or an ERR_PTR()
 * * %-EOPNOTSUPP - @area is not %VMREMAP_REVOCABLE
 * * %-ENODEV - @area is revoked
 * * %-EBUSY - @area is frozen already, or pages of it stay pinned
 * * %-EINTR - the task was killed while it waited
 */
int vmremap_area_freeze(struct vmremap_area *area) __must_check;

/**
 * vmremap_area_thaw - let programs access an area again
 * @area: an area that vmremap_area_freeze() has frozen
 *
 * Pages are mapped again when they are touched. An area that has been revoked since it
 * was frozen stays revoked.
 *
 * Contract: requires AreaOutlives; guarantees AnyThread.
 * Context: Any.
 */
void vmremap_area_thaw(struct vmremap_area *area);

/**
 * vmremap_area_sg_table - list an area's memory for a device's DMA
 * @area: an area on which the caller has a reference
 * @sgt: the table to fill, which holds nothing yet
 * @gfp: how to allocate its entries
 *
 * Each entry is a whole folio, the last one cut where the area ends: so an area has few,
 * of 2 MiB each where memory is not fragmented. So a driver tells by
 * dma_set_max_seg_size() first that its device takes segments of that size. Where it does
 * not, or dma_max_mapping_size() is less, as it is where memory is bounced, take an area of
 * no more than that, or make the table by sg_alloc_table_from_pages_segment().
 *
 * @sgt is the caller's: map it by dma_map_sgtable(), and free it by sg_free_table()
 * before the reference on @area is given back. It holds none itself, and its pages are
 * not pinned.
 *
 * Mapped, the memory belongs to the device from dma_sync_sgtable_for_device() to
 * dma_sync_sgtable_for_cpu(). What the driver or a program writes to it in between, and
 * what they read there, may be lost or old, as with any memory that is mapped for DMA;
 * no other memory is touched. Neither vmremap_area_revoke() nor vmremap_area_freeze()
 * stops a device: stop it first.
 *
 * Contract: requires AreaOutlives, DeviceTurn; guarantees RightPage.
 * Context: Any in which @gfp allows to allocate.
 * Return: 0, or
 * * %-EFAULT - @area is NULL or an ERR_PTR()
 * * %-ENOMEM - no memory for the entries
 */
int vmremap_area_sg_table(struct vmremap_area *area, struct sg_table *sgt, gfp_t gfp) __must_check;

/**
 * vmremap_area_mmap - map an area into a whole VMA, from an .mmap callback
 * @area: an area on which the caller has a reference
 * @vma: the VMA that is being set up; it is covered from start to end
 * @pgoff: pages into @area before the first page to map
 *
 * On success the VMA belongs to vmremap. Do not change its vm_ops, its vm_file or its
 * vm_pgoff any more: vm_file is now the area's, and vm_pgoff the offset into @area, as
 * dma_buf_mmap() sets them. The VMA keeps @area until it is unmapped, even if the
 * driver is gone by then. What MADV_DONTNEED or a zap removes is faulted in again.
 *
 * Contract: requires VmaInit, AreaOutlives; checks RangeNoWrap, AreaValid,
 *	RangeInArea, VmaInit (2), NotRevoked, PolicyHeld; meets AddrAligned,
 *	SizeNonZero;
 *	guarantees RangeInVma, RightPage, PagesOutlive, AreaOutlives,
 *	AllOrNothing.
 * Context: An .mmap callback: mmap lock held for write. May sleep.
 * Return:
 * * 0 - on success
 * * %-EOVERFLOW - @pgoff wraps when counted in bytes
 * * %-EFAULT - @area is NULL or an ERR_PTR()
 * * %-EINVAL - @area has not that many pages from @pgoff on
 * * %-EBUSY - @vma is NULL, a pfn map, or has another owner's vm_ops
 * * %-ENODEV - @area is revoked
 * * %-EACCES - the mapping is private and writable; or writable while @area is
 *   %VMREMAP_RDONLY; or executable for another reason than the personality
 *   READ_IMPLIES_EXEC
 */
int vmremap_area_mmap(struct vmremap_area *area, struct vm_area_struct *vma,
		      unsigned long pgoff) __must_check;

/**
 * vmremap_area_mmap_prepare - vmremap_area_mmap() for .mmap_prepare callbacks
 * @area: an area on which the caller has a reference
 * @desc: the VMA to be; it is covered from start to end
 * @pgoff: pages into @area before the first page to map
 *
 * Call this after everything else in the callback that can fail. It puts a reference
 * on the area's file into @desc, and the kernel never gives that back if the callback
 * fails afterwards.
 *
 * Contract: requires VmaInit, AreaOutlives; checks RangeNoWrap, AreaValid,
 *	RangeInArea, VmaInit (2), NotRevoked, PolicyHeld; meets AddrAligned,
 *	SizeNonZero;
 *	guarantees RangeInVma, RightPage, PagesOutlive, AreaOutlives,
 *	AllOrNothing.
 * Context: An .mmap_prepare callback. Does not sleep.
 * Return: 0, or an errno as from vmremap_area_mmap(). %-EBUSY
 * means that @desc is NULL, or already has an action or vm_ops of its own. After an
 * error, what an earlier call put into @desc is taken back.
 */
int vmremap_area_mmap_prepare(struct vmremap_area *area, struct vm_area_desc *desc,
			      unsigned long pgoff) __must_check;

/**
 * vmremap_get_unmapped_area - choose an address where areas map cheaply
 * @file: the file being mapped
 * @addr: the caller's hint, or 0
 * @len: bytes to map
 * @pgoff: offset into @file, in pages
 * @flags: MAP_* flags
 *
 * For file_operations.get_unmapped_area. The address is congruent with @pgoff
 * modulo the largest folio that a mapping of @len bytes can hold, at most the
 * size of a PMD. Drivers with several regions therefore place each of them at
 * an offset that is a multiple of its largest folio.
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
 * @addr: page aligned kernel address in vmalloc memory: an area's own, or any
 *	that is allowed to reach userspace, as that of vmalloc_user()
 * @pgoff: pages into @addr before the first page to map
 *
 * The drop-in for remap_vmalloc_range(). A range that leaves the vmalloc area
 * is refused wherever in the area @addr lies.
 *
 * An area's own memory is mapped as by vmremap_area_mmap(), but a private
 * writable mapping is allowed, as by the kernel's function: its writes are
 * copied. Plain vmalloc memory is mapped by the kernel's function: each page
 * lives while it is mapped, and there is no fault handler.
 *
 * Contract: requires VmaInit; checks AddrAligned, RangeNoWrap, AreaValid,
 *	RangeInArea, AreaShareable, VmaInit, NotRevoked, PolicyHeld; meets
 *	SizeNonZero, RangeInVma; guarantees RightPage, PagesOutlive, AreaOutlives,
 *	AllOrNothing.
 * Context: An .mmap callback: mmap lock held for write. May sleep.
 * Return:
 * * 0 - on success
 * * %-EADDRNOTAVAIL - @addr is not page aligned
 * * %-EOVERFLOW - @pgoff in bytes, or @addr plus it plus the VMA's size, wraps
 * * %-EFAULT - @addr is in no live vmalloc area
 * * %-EPERM - @addr's area was not made for userspace
 * * %-EINVAL - @addr's area has not that many pages from @addr plus @pgoff on
 * * %-EBUSY, %-ENODEV, %-EACCES - as from vmremap_area_mmap(); %-EACCES for a private
 *   writable mapping only if the area is %VMREMAP_REVOCABLE
 * * %-ENOMEM - plain vmalloc memory, and no memory for page tables
 */
int vmremap_range(struct vm_area_struct *vma, void *addr, unsigned long pgoff) __must_check;

/**
 * vmremap_range_partial - map vmalloc pages to a part of a VMA
 * @vma: the VMA that is being set up
 * @uaddr: page aligned user address in @vma to start at
 * @kaddr: page aligned kernel address in vmalloc memory
 * @pgoff: pages into @kaddr before the first page to map
 * @size: bytes to map, rounded up to pages
 *
 * The drop-in for remap_vmalloc_range_partial(). Several parts of one VMA may
 * be mapped, from several areas. Accessing a part that was never mapped raises SIGBUS.
 *
 * If vmremap is a module, plain vmalloc memory can only be mapped to a whole VMA,
 * because the kernel exports no function for less.
 *
 * Contract: requires VmaInit; checks AddrAligned, SizeNonZero, RangeNoWrap,
 *	RangeInVma, AreaValid, RangeInArea, AreaShareable, VmaInit (2),
 *	NotRevoked, PolicyHeld; guarantees RightPage, PagesOutlive, AreaOutlives,
 *	AllOrNothing.
 * Context: An .mmap callback: mmap lock held for write. May sleep.
 * Return:
 * * 0 - on success
 * * %-EADDRNOTAVAIL - @uaddr or @kaddr is not page aligned
 * * %-ENODATA - @size is 0
 * * %-EOVERFLOW - @size, @pgoff in bytes, or a sum with an address wraps
 * * %-ERANGE - [@uaddr, @uaddr + @size) leaves @vma
 * * %-EFAULT, %-EPERM, %-EINVAL - as from vmremap_range()
 * * %-EBUSY, %-ENODEV, %-EACCES, %-ENOMEM - as from vmremap_range(); %-EBUSY also
 *   for a part that overlaps one mapped before, %-EACCES for a part of a VMA and an
 *   area that is %VMREMAP_REVOCABLE
 * * %-ENOMEM - also if there is no memory for the list of parts
 * * %-EOPNOTSUPP - plain vmalloc memory for a part of a VMA, and vmremap is a
 *   module
 */
int vmremap_range_partial(struct vm_area_struct *vma, unsigned long uaddr,
			  void *kaddr, unsigned long pgoff, unsigned long size) __must_check;

#endif /* VMREMAP_H */
