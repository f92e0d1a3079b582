/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vmremap - share vmalloc memory with programs through mmap(2).
 *
 * Two ways in. An *area* is memory that vmremap allocates, refcounted, with a
 * policy for its mappings chosen when it is made. vmremap_range() and
 * vmremap_range_partial() are the drop-ins for remap_vmalloc_range() and
 * remap_vmalloc_range_partial().
 *
 * docs/contract.md lists the conditions of a mapping, its *clauses*. If one does not
 * hold, a function that maps returns the errno of that clause, and names the clause in
 * the tracepoint vmremap:vmremap_reject. The errno, the clause, and what is wrong:
 *
 *	%-EADDRNOTAVAIL	AddrAligned	an address is not page aligned
 *	%-ENODATA	SizeNonZero	the size is 0
 *	%-EOVERFLOW	RangeNoWrap	pgoff, size, an address or their sum wraps
 *	%-ERANGE	RangeInVma	the range leaves the VMA
 *	%-EFAULT	AreaValid	the address is in no live vmalloc allocation
 *	%-EINVAL	RangeInArea	the range leaves the area or the allocation
 *	%-EPERM		AreaShareable	that allocation was not made for userspace
 *	%-EBUSY		VmaInit		the VMA is already set up for something else
 *	%-ENODEV	NotRevoked	the area was revoked
 *	%-EACCES	PolicyHeld	the area's flags refuse this kind of mapping
 *
 * Where several clauses fail, the first in this order is the answer.
 *
 * In a Contract section, *requires* is up to the caller; *checks* is tested, and refused if
 * it does not hold, (2) in two places; *meets* holds by construction; *guarantees* is what
 * holds afterwards.
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
 * Flags of an area. Whatever they are, no mapping of an area is executable, none can be
 * enlarged by mremap(2), and none is dumped into a core file. None is both private and
 * writable, except by vmremap_range() on an area that is not %VMREMAP_REVOCABLE.
 */

/* Userspace may only read: PROT_WRITE is refused, mprotect() cannot add it. */
#define VMREMAP_RDONLY		0x1U
/* A child made by fork() does not inherit the mapping. */
#define VMREMAP_DONTCOPY	0x2U
/*
 * Charge the pages to the memory cgroup of the task that allocates. Without it, no cgroup is
 * charged. Either way, /proc/meminfo counts them in Cached.
 */
#define VMREMAP_ACCOUNT		0x4U
/*
 * Map every page at mmap time, so that no access takes a fault. If memory for page tables is
 * short, the rest is mapped when it is accessed, as with MAP_POPULATE. What
 * vmremap_range_partial() maps to a part of a VMA is always mapped when it is accessed.
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
 * Context: Process context. May sleep.
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
 * its area. Whoever drops the last reference, by a put or by unmapping, has the
 * memory freed as by fput(): when that task returns to userspace, or by a kernel
 * thread. A few small areas are cached instead, and are zeroed before
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
 * A mapping of a whole VMA does not count, parts that vmremap_range_partial() has mapped do.
 * If this returns true, nobody else in the kernel can use the area by a reference, and only
 * the caller can give one to others.
 *
 * Contract: requires AreaOutlives; guarantees SoleReference.
 * Context: Any.
 * Return: true if the caller's is the only one. It is also false for the moment in which
 * vmremap_range(), which finds the area by its address, holds one.
 */
bool vmremap_area_is_sole_reference(const struct vmremap_area *area);

/**
 * vmremap_area_revoke - take an area's memory back from programs, for ever
 * @area: an area that is %VMREMAP_REVOCABLE, on which the caller has a reference
 *
 * When it returns, no mapping shows the memory. A program's access raises SIGBUS, a system
 * call's fails with %-EFAULT, and mapping the area again is refused. A page that is
 * pinned, for instance by O_DIRECT in flight, stays accessible through that pin. Revoking
 * an area twice is harmless.
 *
 * Call this when the device goes away, instead of unmap_mapping_range() on the
 * driver's own inode. That does not reach the mappings, because their vm_file is the
 * area's.
 *
 * Contract: requires AreaOutlives; guarantees NoUserAccess, PagesOutlive, AnyThread.
 * Context: Process context. May sleep. Takes the i_mmap lock of the area's file and the locks
 * of its folios, and waits for faults on the area that are inserting entries. The caller may
 * hold an mmap lock, because these do not wait for one.
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
 * After success no program, and no device to which a program has given pages of it, can
 * read or write the memory: no mapping shows it, and nobody has pinned it. So a driver can
 * check the bytes and use them without a copy. An access waits for vmremap_area_thaw() or
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
 * If pages are pinned, this waits up to 155 ms for them, in five growing pauses, and then
 * fails. After a failure everything is as before, except that accesses may have waited. If
 * the area is still frozen at the last vmremap_area_put(), it is thawed, so that mappings
 * that remain go on.
 *
 * Before the area is thawed, do not access memory of programs outside of it, for instance by
 * copy_from_user(): a system call that waits for the thaw may hold a lock, of a file system
 * for example, that such an access needs.
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
 * was frozen stays revoked. To thaw one that is not frozen does nothing but warn, once.
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
 * There is one entry for each folio, and the last is cut at the size of the area. Unless
 * memory is fragmented, the entries of a large area are as large as a PMD. First call
 * dma_set_max_seg_size() with at least that size. If the device cannot take such segments,
 * or if dma_max_mapping_size() is smaller, as where memory is bounced, allocate an area that
 * is no larger than that, or make the table by sg_alloc_table_from_pages_segment().
 *
 * @sgt is the caller's: map it by dma_map_sgtable(), and free it by sg_free_table()
 * before the reference on @area is given back. The table holds no reference on the area,
 * and does not pin its pages.
 *
 * The memory belongs to the device from dma_map_sgtable() to dma_sync_sgtable_for_cpu(), and
 * again from each dma_sync_sgtable_for_device() on. What the driver or a program writes to it
 * meanwhile, and what they read there, may be lost or old, as with any memory that is mapped
 * for DMA; no other memory is touched. Neither vmremap_area_revoke() nor vmremap_area_freeze()
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
 * Call this after everything else in the callback that can fail. On success the VMA belongs
 * to vmremap. Do not change its vm_ops, its vm_file or its vm_pgoff any more: vm_file is now
 * the area's, and vm_pgoff an offset into that file, as dma_buf_mmap() sets them. The VMA
 * keeps @area until it is unmapped, even if the driver is gone by then. What MADV_DONTNEED or
 * a zap removes is faulted in again.
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
 *   %VMREMAP_RDONLY; or PROT_EXEC was asked for. Where only the personality
 *   READ_IMPLIES_EXEC asks for it, the mapping is made without it
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
 * means that @desc is NULL, is a pfn map, or already has an action or vm_ops of its own. After
 * an error, the reference that an earlier call on the same @desc has put there is dropped.
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
 * For file_operations.get_unmapped_area. Let the unit be the largest folio that fits into
 * @len bytes, at most a PMD: the address and the offset in bytes have the same remainder
 * modulo that unit. So a driver that offers several areas should place each at an offset
 * that is a multiple of the area's largest folio.
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
 * The drop-in for remap_vmalloc_range(). @addr may lie in the middle of the allocation: a
 * range that leaves it is refused then, too, where the kernel's function reads on.
 *
 * An area's own memory is mapped as by vmremap_area_mmap(), but a private
 * writable mapping is allowed, as by the kernel's function: its writes are
 * copied. Plain vmalloc memory is mapped by the kernel's function: a page lives on
 * while it is mapped, even after vfree(), and what MADV_DONTNEED removes is not
 * mapped again.
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
 * * %-EFAULT - @addr is in no live vmalloc allocation
 * * %-EPERM - the allocation was not made for userspace
 * * %-EINVAL - the allocation has not that many pages from @addr plus @pgoff on
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
 * The counterpart of remap_vmalloc_range_partial(). Several parts of one VMA may be mapped,
 * from several areas. Accessing a part that was never mapped raises SIGBUS. As after
 * vmremap_area_mmap(), the VMA belongs to vmremap, and its vm_file is no longer the driver's.
 * For plain vmalloc memory it is a drop-in only if vmremap is built in: a module can map such
 * memory to a whole VMA alone, because the kernel exports no function for less.
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
 * * %-EBUSY - as from vmremap_range(), or the part overlaps one mapped before
 * * %-ENODEV - as from vmremap_range()
 * * %-EACCES - as from vmremap_range(), or the area is %VMREMAP_REVOCABLE and this is not the
 *   whole of @vma
 * * %-ENOMEM - as from vmremap_range(), or there is no memory for the list of parts
 * * %-ENFILE - the system limit of open files (fs.file-max) was reached: a VMA with parts has
 *   a file of its own
 * * %-EOPNOTSUPP - plain vmalloc memory for a part of a VMA, and vmremap is a
 *   module
 */
int vmremap_range_partial(struct vm_area_struct *vma, unsigned long uaddr,
			  void *kaddr, unsigned long pgoff, unsigned long size) __must_check;

#endif /* VMREMAP_H */
