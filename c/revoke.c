// SPDX-License-Identifier: GPL-2.0
/*
 * Take an area's memory back from programs: revoke it for ever, or freeze it for a while. Both
 * work like truncation:
 *
 * 1. Change the state, so that new faults insert nothing.
 * 2. Wait for the faults that are inserting entries.
 * 3. Zap all entries.
 * 4. Lock each folio, and zap it again if it is mapped. A fault that passed vmremap_give_locked()
 *    before step 1 may map its locked folio only after step 3.
 * 5. For freeze only: wait until no page is pinned.
 *
 * Step 3 finds every VMA with an entry. A VMA that is not in i_mmap yet has no entry: see
 * vmremap_cover() and vma_mapped() in mmap_prepare.c. A VMA that has left i_mmap has no entry any
 * more. But munmap() may not have flushed the TLB yet: step 5 waits for this flush. vmremap
 * never maps a revocable area to only a part of a VMA, because step 3 would not find that VMA: it
 * would be in the i_mmap of another file.
 *
 * The invalidate_lock of the mapping could replace step 2, but costs each fault 60 more
 * instructions.
 */
#include <linux/export.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "revoke.h"
#include "trace.h"

/* Waits of 5, 10, 20, 40, 80 ms: 155 ms in all. memfd_wait_for_pins() does only the last four. */
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
	/* Step 4. truncate_inode_folio() does the same. */
	list_for_each_entry(folio, &area->folios, lru) {
		folio_lock(folio);
		if (folio_mapped(folio))
			unmap_mapping_range(mapping, folio_pos(folio), folio_size(folio), 1);
		folio_unlock(folio);
	}
}

/**
 * vmremap_pinned - is any page of an area pinned?
 * @area: an area for which no page table has an entry
 *
 * Checks whether anyone but the area and the page cache holds a reference on a page. GUP-fast
 * takes its reference before it checks the PTE or PMD again: so either this function sees that
 * reference, or GUP-fast sees that the entry is gone, and drops the reference. A zap drops the
 * reference of a page table entry only after the TLB flush. So if this function returns false,
 * no TLB has an entry for any of the pages.
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
 * vmremap_thaw - thaw an area, if it is in a given state
 * @area: the area
 * @from: %VMREMAP_FROZEN; or %VMREMAP_FREEZING, for the task that is freezing the area
 *
 * Contract: requires AreaOutlives.
 * Context: as vmremap_area_put().
 * Return: 0 if the area was in that state, or has been revoked; otherwise -EINVAL.
 */
int vmremap_thaw(struct vmremap_area *area, enum vmremap_state from)
{
	enum vmremap_state was = cmpxchg(&area->state, from, VMREMAP_OPEN);

	if (was != from && was != VMREMAP_REVOKED)
		return -EINVAL;
	wake_up_var(&area->state);
	return 0;
}

int vmremap_area_revoke(struct vmremap_area *area)
{
	int err = check(area);

	if (!err) {
		/*
		 * Step 1. xchg() is a full barrier. It pairs with those of vmremap_insert_begin()
		 * and vmremap_area_on_revoke(): each stores something before its barrier, and reads
		 * the state after it.
		 */
		xchg(&area->state, VMREMAP_REVOKED);
		wake_up_var(&area->state);
		unmap(area);
		blocking_notifier_call_chain(&area->on_revoke, 0, area);
	}
	trace_vmremap_take("revoke", area, err);
	return err;
}
EXPORT_SYMBOL_GPL(vmremap_area_revoke);

int vmremap_area_on_revoke(struct vmremap_area *area, struct notifier_block *nb)
{
	int err = check(area) ?: !nb ? -EFAULT :
		  blocking_notifier_chain_register(&area->on_revoke, nb);

	/* Pairs with xchg(): vmremap_area_revoke() finds @nb, or this task sees the new state. */
	smp_mb();
	if (!err && READ_ONCE(area->state) == VMREMAP_REVOKED) {
		vmremap_area_off_revoke(area, nb);
		err = -ENODEV;
	}
	return err;
}
EXPORT_SYMBOL_GPL(vmremap_area_on_revoke);

void vmremap_area_off_revoke(struct vmremap_area *area, struct notifier_block *nb)
{
	if (!IS_ERR_OR_NULL(area))
		blocking_notifier_chain_unregister(&area->on_revoke, nb);
}
EXPORT_SYMBOL_GPL(vmremap_area_off_revoke);

/**
 * vmremap_freeze - freeze an area
 * @area: the area
 * @waits: maximum number of waits for pins to go away; the first wait takes 5 ms, and
 *	each further one twice as long as the one before
 *
 * Contract: requires AreaOutlives; guarantees NoUserAccess, AnyThread.
 * Context: as vmremap_area_freeze().
 * Return: as vmremap_area_freeze().
 */
int vmremap_freeze(struct vmremap_area *area, unsigned int waits)
{
	enum vmremap_state was = cmpxchg(&area->state, VMREMAP_OPEN, VMREMAP_FREEZING);
	unsigned int wait;

	if (was != VMREMAP_OPEN)
		return was == VMREMAP_REVOKED ? -ENODEV : -EBUSY;
	unmap(area);
	for (wait = 0; vmremap_pinned(area); wait++) {
		if (wait == waits || fatal_signal_pending(current)) {
			vmremap_thaw(area, VMREMAP_FREEZING);
			return fatal_signal_pending(current) ? -EINTR : -EBUSY;
		}
		schedule_timeout_killable(msecs_to_jiffies(5 << wait));
	}
	/* Keep VMREMAP_REVOKED. Wake kernel threads: they wait only during VMREMAP_FREEZING. */
	cmpxchg(&area->state, VMREMAP_FREEZING, VMREMAP_FROZEN);
	wake_up_var(&area->state);
	return 0;
}

int vmremap_area_freeze(struct vmremap_area *area)
{
	int err = check(area) ?: vmremap_freeze(area, WAITS);

	trace_vmremap_take("freeze", area, err);
	return err;
}
EXPORT_SYMBOL_GPL(vmremap_area_freeze);

void vmremap_area_thaw(struct vmremap_area *area)
{
	int err = check(area) ?: vmremap_thaw(area, VMREMAP_FROZEN);

	WARN_ONCE(err, "vmremap: thawed an area that is not frozen\n");
	trace_vmremap_take("thaw", area, err);
}
EXPORT_SYMBOL_GPL(vmremap_area_thaw);

/*
 * The task state in which a fault waits. A program's own access waits in TASK_INTERRUPTIBLE: any
 * signal ends the wait. KVM's GUP waits in the same way: it sets FAULT_FLAG_INTERRUPTIBLE. The
 * faults of copy_from_user() have that flag, too, but the kernel retries them until a fatal signal
 * comes. While a non-fatal signal is pending, a retry would spin in TASK_INTERRUPTIBLE. So such a
 * retry and all other kernel faults wait in TASK_KILLABLE, where only a fatal signal ends the wait.
 * TASK_FREEZABLE_UNSAFE lets the system suspend during that wait. With TASK_FREEZABLE, lockdep
 * would warn of locks that the system call may hold.
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
 * vmremap_wait_thawed - wait in a fault until the state of the area changes, or a signal comes
 * @area: an area that was not %VMREMAP_OPEN when the fault looked at it
 * @vmf: the fault
 *
 * Works like handle_userfault(): the fault's mmap or VMA lock is dropped before the wait, so
 * that other threads of the program can call mmap(2) and fork(2). The access fails if the area
 * was revoked, or if the lock must not be dropped. With FAULT_FLAG_RETRY_NOWAIT, the caller may
 * retry. The access also fails if no signal could end the wait: if the task is exiting, dumps
 * core, or is a kernel thread. In KVM, for example, a kernel thread faults for a virtual CPU, and
 * the program's exit waits for this thread. But a kernel thread waits while the area is being
 * frozen, because freezing is short, and the access can succeed if freezing fails.
 *
 * Contract: requires AreaOutlives.
 * Context: as vm_operations_struct.fault.
 * Return: %VM_FAULT_RETRY; or %VM_FAULT_SIGBUS if the access fails. An access by the kernel then
 * fails with -EFAULT.
 */
vm_fault_t vmremap_wait_thawed(struct vmremap_area *area, struct vm_fault *vmf)
{
	enum vmremap_state state = READ_ONCE(area->state);
	unsigned int mode = wait_state(vmf);
	struct file *file;

	if (state == VMREMAP_REVOKED || (state == VMREMAP_FROZEN && current->flags & PF_KTHREAD) ||
	    current->flags & (PF_EXITING | PF_DUMPCORE) ||
	    !(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return VM_FAULT_SIGBUS;
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;

	/* Once the lock is dropped, the VMA may go, and with it its reference on the file. */
	file = get_file(area->file);
	release_fault_lock(vmf);
	___wait_var_event(&area->state, state < VMREMAP_FREEZING || READ_ONCE(area->state) != state,
			  mode, 0, 0, schedule());
	fput(file);
	return VM_FAULT_RETRY;
}
