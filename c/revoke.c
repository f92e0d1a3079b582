// SPDX-License-Identifier: GPL-2.0
/*
 * Take an area's memory back from programs: revoke it for ever, or freeze it for
 * a while.
 *
 * As a filesystem truncates a file: first the state changes, so that no fault that
 * begins now makes an entry; then those are waited for that began before; then what
 * they made is zapped. Each VMA is found, because one that cannot be found yet has no
 * entry: see vmremap_cover(). The invalidate_lock of the mapping would do for the wait,
 * but costs each fault 60 instructions more.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "revoke.h"
#include "trace.h"

/* How often freezing looks for pins, longer after each other, as memfd_wait_for_pins(). */
#define LOOKS	5

static int check(const struct vmremap_area *area)
{
	if (IS_ERR_OR_NULL(area))
		return -EFAULT;
	return area->flags & VMREMAP_REVOCABLE ? 0 : -EOPNOTSUPP;
}

static void unmap(struct vmremap_area *area)
{
	wait_var_event(&area->inserting, !atomic_read_acquire(&area->inserting));
	unmap_mapping_range(area->file->f_mapping, 0, 0, 1);
}

/**
 * vmremap_pinned - is there a reference that is neither the area's nor the page cache's?
 * @area: an area that is mapped nowhere
 *
 * None can come: gup_fast_pte_range() takes its own before it looks whether the entry is
 * still there. And an entry gives its own back when no processor knows it any more.
 *
 * Contract: requires AreaOutlives.
 * Return: true if there is one, if only for a moment.
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
 * Return: whether it was not open.
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

static int freeze(struct vmremap_area *area)
{
	enum vmremap_state was = cmpxchg(&area->state, VMREMAP_OPEN, VMREMAP_FROZEN);
	unsigned int look;

	if (was != VMREMAP_OPEN)
		return was == VMREMAP_FROZEN ? -EBUSY : -ENODEV;
	unmap(area);
	for (look = 0; vmremap_pinned(area); look++) {
		if (look == LOOKS || fatal_signal_pending(current)) {
			vmremap_thaw(area);
			return look == LOOKS ? -EBUSY : -EINTR;
		}
		schedule_timeout_killable((HZ << look) / 200);
	}
	return 0;
}

int vmremap_area_freeze(struct vmremap_area *area)
{
	int err = check(area);

	if (!err)
		err = freeze(area);
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

/**
 * vmremap_wait_thawed - have a touch wait until the area is thawed or revoked
 * @area: an area on which no entry may be made now
 * @vmf: the fault
 *
 * Where the fault can be tried again, its lock is given back, as handle_userfault()
 * does it: whoever waits keeps nobody from mapping and unmapping.
 *
 * Contract: requires AreaOutlives.
 * Context: as vm_operations_struct.fault.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_wait_thawed(struct vmremap_area *area, struct vm_fault *vmf)
{
	bool retry = vmf->flags & FAULT_FLAG_ALLOW_RETRY;
	struct file *file;

	if (READ_ONCE(area->state) == VMREMAP_REVOKED)
		return VM_FAULT_SIGBUS;
	if (retry && vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;

	file = get_file(area->file);
	if (retry)
		release_fault_lock(vmf);
	/* A program's own touch comes again after its signal handler. */
	if (vmf->flags & FAULT_FLAG_USER)
		wait_var_event_interruptible(&area->state,
					     READ_ONCE(area->state) != VMREMAP_FROZEN);
	else
		wait_var_event_killable(&area->state, READ_ONCE(area->state) != VMREMAP_FROZEN);
	fput(file);
	if (retry)
		return VM_FAULT_RETRY;
	return fatal_signal_pending(current) ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}
