// SPDX-License-Identifier: GPL-2.0
/*
 * Take an area's memory back from programs: revoke it for ever, or freeze it for
 * a while.
 *
 * Works like truncation: change the state, so that new faults insert nothing; wait for the
 * faults that are running; zap what they have inserted; then take the lock of each folio,
 * for a page that the kernel maps under that lock. Every VMA with an entry is found, because
 * a VMA that is not in i_mmap yet has no entry: see vmremap_cover(). The invalidate_lock of
 * the mapping could replace the wait, but costs each fault 60 more instructions.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "revoke.h"
#include "trace.h"

/* 155 ms in all, doubled each time, as in memfd_wait_for_pins(). */
#define WAITS	5

static int check(const struct vmremap_area *area)
{
	if (IS_ERR_OR_NULL(area))
		return -EFAULT;
	return area->flags & VMREMAP_REVOCABLE ? 0 : -EOPNOTSUPP;
}

static void unmap(struct vmremap_area *area)
{
	struct address_space *mapping = area->file->f_mapping;
	struct folio *folio;

	wait_var_event(&area->inserting, !atomic_read_acquire(&area->inserting));
	unmap_mapping_range(mapping, 0, 0, 1);
	/* As truncate_inode_folio(): see vmremap_give_locked(). */
	list_for_each_entry(folio, &area->folios, lru) {
		folio_lock(folio);
		if (folio_mapped(folio))
			unmap_mapping_range(mapping, folio_pos(folio), folio_size(folio), 1);
		folio_unlock(folio);
	}
}

/**
 * vmremap_pinned - is any page of an area pinned?
 * @area: an area that is mapped nowhere
 *
 * Looks for references other than the area's and the page cache's. A new pin cannot appear,
 * because gup_fast_pte_range() takes its reference before it checks the entry again. And an
 * entry keeps its reference until no processor has it in its TLB.
 *
 * Contract: requires AreaOutlives.
 * Return: true if there is such a reference, even a short-lived one.
 */
bool vmremap_pinned(const struct vmremap_area *area)
{
	struct folio *folio;

	/* Pairs with the atomic operation of try_grab_folio_fast(). */
	smp_mb();
	list_for_each_entry(folio, &area->folios, lru)
		if (folio_ref_count(folio) != 1 + folio_nr_pages(folio))
			return true;
	return false;
}

/**
 * vmremap_thaw - thaw an area, if it is frozen
 * @area: the area
 *
 * Contract: requires AreaOutlives.
 * Context: Any.
 * Return: false if the area was open, and nothing was done.
 */
bool vmremap_thaw(struct vmremap_area *area)
{
	if (cmpxchg(&area->state, VMREMAP_FROZEN, VMREMAP_OPEN) == VMREMAP_OPEN)
		return false;
	wake_up_var(&area->state);
	return true;
}

int vmremap_area_revoke(struct vmremap_area *area)
{
	int err = check(area);

	if (!err) {
		xchg(&area->state, VMREMAP_REVOKED);
		wake_up_var(&area->state);
		unmap(area);
	}
	trace_vmremap_take("revoke", area, err);
	return err;
}
EXPORT_SYMBOL_GPL(vmremap_area_revoke);

/**
 * vmremap_freeze - freeze an area
 * @area: the area
 * @waits: how often to wait for pins to go away, in all 5 ms times 2 to the power of this
 *
 * Contract: requires AreaOutlives; guarantees NoUserAccess, AnyThread.
 * Context: as vmremap_area_freeze().
 * Return: as vmremap_area_freeze().
 */
int vmremap_freeze(struct vmremap_area *area, unsigned int waits)
{
	enum vmremap_state was = cmpxchg(&area->state, VMREMAP_OPEN, VMREMAP_FROZEN);
	unsigned int wait;

	if (was != VMREMAP_OPEN)
		return was == VMREMAP_FROZEN ? -EBUSY : -ENODEV;
	unmap(area);
	for (wait = 0; vmremap_pinned(area); wait++) {
		if (wait == waits || fatal_signal_pending(current)) {
			vmremap_thaw(area);
			return wait == waits ? -EBUSY : -EINTR;
		}
		schedule_timeout_killable((HZ << wait) / 200);
	}
	return 0;
}

int vmremap_area_freeze(struct vmremap_area *area)
{
	int err = check(area);

	if (!err)
		err = vmremap_freeze(area, WAITS);
	trace_vmremap_take("freeze", area, err);
	return err;
}
EXPORT_SYMBOL_GPL(vmremap_area_freeze);

void vmremap_area_thaw(struct vmremap_area *area)
{
	int err = check(area);

	if (!err && !vmremap_thaw(area))
		err = -EINVAL;
	WARN_ONCE(err, "vmremap: thawed an area that is not frozen\n");
	trace_vmremap_take("thaw", area, err);
}
EXPORT_SYMBOL_GPL(vmremap_area_thaw);

/*
 * How a fault waits: any signal ends the wait of a program's own access, and of a virtual
 * CPU's. A system call cannot return on any signal, because the kernel tries its access
 * again at once; so it waits killably from the second time on, and lets the system suspend.
 */
static unsigned int wait_state(const struct vm_fault *vmf)
{
	if (vmf->flags & FAULT_FLAG_USER ||
	    (vmf->flags & FAULT_FLAG_INTERRUPTIBLE &&
	     !(vmf->flags & FAULT_FLAG_TRIED && signal_pending(current))))
		return TASK_INTERRUPTIBLE;
	return TASK_KILLABLE | TASK_FREEZABLE_UNSAFE;
}

/**
 * vmremap_wait_thawed - wait in a fault until the area is thawed or revoked
 * @area: an area for which no entry may be made now
 * @vmf: the fault
 *
 * Follows handle_userfault(): the lock of the fault is dropped before the wait, so that
 * mmap(2) and fork(2) of the program go on. If the lock cannot be dropped, or if the task
 * is exiting or dumping core and no signal can end its wait, the access fails.
 *
 * Contract: requires AreaOutlives.
 * Context: as vm_operations_struct.fault.
 * Return: %VM_FAULT_RETRY, or %VM_FAULT_SIGBUS: the kernel's own access then fails with
 * -EFAULT.
 */
vm_fault_t vmremap_wait_thawed(struct vmremap_area *area, struct vm_fault *vmf)
{
	unsigned int state = wait_state(vmf);
	struct file *file;

	if (READ_ONCE(area->state) == VMREMAP_REVOKED ||
	    current->flags & (PF_EXITING | PF_DUMPCORE) ||
	    !(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return VM_FAULT_SIGBUS;
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;

	/* Without the lock, the VMA and its reference on the file may go. */
	file = get_file(area->file);
	release_fault_lock(vmf);
	___wait_var_event(&area->state, READ_ONCE(area->state) != VMREMAP_FROZEN,
			  state, 0, 0, schedule());
	fput(file);
	return VM_FAULT_RETRY;
}
