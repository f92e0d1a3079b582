// SPDX-License-Identifier: GPL-2.0
/* Revoke and freeze. A program is a kernel thread that uses the mm of the test. */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>

#include "../c/area.h"
#include "../c/revoke.h"
#include "../c/span.h"
#include "../c/trace.h"
#include "../c/vmremap.h"
#include "device.h"
#include "failing.h"
#include "hooks.h"
#include "wait.h"

#define SIZE	(1100 * PAGE_SIZE)

static struct test_device *new_device(struct kunit *test, unsigned int flags)
{
	const struct hook_case *c = test->param_value;

	return device_with_area(test, c->hook, SIZE, VMREMAP_REVOCABLE | flags);
}

/* A new area without a mapping, which is put when @test ends. */
static struct vmremap_area *new_area(struct kunit *test, unsigned int flags)
{
	struct vmremap_area *area = area_of_blocks(test, SIZE, flags, VMREMAP_MAX_ORDER);

	put_at_end(test, area);
	return area;
}

static int map_again(struct kunit *test, struct test_device *dev)
{
	return (long)device_mmap(test, dev, SIZE, PROT_READ, MAP_SHARED, 0);
}

/* NoUserAccess, NotRevoked: revoke is permanent, and may be repeated. */
static void revoked(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0), value, page;

	expect_pages(test, dev->area, uaddr, SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_revoke(dev->area));
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
	for (page = 0; page < SIZE / PAGE_SIZE; page += 99) {
		KUNIT_ASSERT_EQ(test, -EFAULT, peek(uaddr + page * PAGE_SIZE, &value));
		KUNIT_ASSERT_EQ(test, -EFAULT, poke(uaddr + page * PAGE_SIZE, 1));
	}
	KUNIT_EXPECT_EQ(test, map_again(test, dev), -ENODEV);
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_revoke(dev->area));
	KUNIT_EXPECT_EQ(test, -ENODEV, vmremap_area_freeze(dev->area));
	KUNIT_EXPECT_EQ(test, map_again(test, dev), -ENODEV);
	/* The driver still has access. */
	WRITE_ONCE(*area_word(dev->area, 0), 5);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
	expect_unused(test, dev->area);
}

/* NotRevoked, PolicyHeld: vmremap_range*() map neither copies nor parts of a revocable area. */
static int drop_in(struct test_device *dev, struct vm_area_struct *vma)
{
	return vmremap_range(vma, dev->area->addr, 0);
}

static int part(struct test_device *dev, struct vm_area_struct *vma)
{
	return vmremap_range_partial(vma, vma->vm_start, dev->area->addr, 0, PAGE_SIZE);
}

static int part_or_whole(struct test_device *dev, struct vm_area_struct *vma)
{
	return vmremap_range_partial(vma, vma->vm_start, dev->area->addr, 0, SIZE);
}

static void drop_ins(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, VMREMAP_REVOCABLE);
	struct test_device whole = { .area = area, .map = drop_in };
	struct test_device parts = { .area = area, .map = part };
	struct test_device either = { .area = area, .map = part_or_whole };
	unsigned long uaddr;

	device_open(test, &whole);
	device_open(test, &parts);
	device_open(test, &either);
	KUNIT_EXPECT_EQ(test, (long)device_mmap(test, &whole, SIZE, PROT_READ | PROT_WRITE,
						MAP_PRIVATE, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, (long)device_mmap(test, &parts, SIZE, PROT_READ, MAP_SHARED, 0),
			-EACCES);
	uaddr = device_map(test, &whole, SIZE, 0);
	expect_pages(test, area, uaddr, SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_revoke(area));
	KUNIT_EXPECT_EQ(test, area_mapped(area), 0);
	KUNIT_EXPECT_EQ(test, map_again(test, &whole), -ENODEV);
	KUNIT_EXPECT_EQ(test, map_again(test, &parts), -ENODEV);
	KUNIT_EXPECT_EQ(test, map_again(test, &either), -ENODEV);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
	expect_unused(test, area);
}

/* An .mmap callback must map nothing: revoke cannot find its VMA yet, so entries would stay. */
static void nothing_is_mapped_too_early(struct kunit *test)
{
	const struct hook_case *c = test->param_value;
	struct test_device *dev = new_device(test, VMREMAP_POPULATE);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);

	KUNIT_EXPECT_EQ(test, area_mapped(dev->area),
			c->hook == HOOK_PREPARE ? dev->area->pages : 0);
	expect_pages(test, dev->area, uaddr, SIZE, 0);
}

static void frozen_and_thawed(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);
	unsigned int round;

	for (round = 0; round < 3; round++) {
		expect_pages(test, dev->area, uaddr, SIZE, 0);
		KUNIT_ASSERT_EQ(test, 0, vmremap_area_freeze(dev->area));
		KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
		KUNIT_EXPECT_EQ(test, -EBUSY, vmremap_area_freeze(dev->area));
		vmremap_area_thaw(dev->area);
	}
	expect_pages(test, dev->area, uaddr, SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
	expect_unused(test, dev->area);
}

/*
 * Begin or stop to look like a thread of a program that never runs the program, such as a worker of
 * io_uring, because a kernel thread does not wait for a thaw.
 */
static void pretend(void)
{
	current->flags ^= PF_KTHREAD | PF_USER_WORKER;
}

/* A thread that accesses one word of user memory, or calls a function of the test. */
struct toucher {
	struct task_struct *task;
	struct mm_struct *mm;
	unsigned long uaddr;
	struct completion done;
	int err;
};

static int touch_as(struct toucher *toucher, bool program)
{
	kthread_use_mm(toucher->mm);
	if (program)
		pretend();
	toucher->err = poke(toucher->uaddr, 7);
	if (program)
		pretend();
	kthread_unuse_mm(toucher->mm);
	complete(&toucher->done);
	return 0;
}

static int touch(void *data)
{
	return touch_as(data, true);
}

static int touch_as_kernel(void *data)
{
	return touch_as(data, false);
}

static void run(struct kunit *test, struct toucher *toucher, int (*fn)(void *data),
		unsigned long uaddr)
{
	*toucher = (struct toucher) { .mm = current->mm, .uaddr = uaddr };
	init_completion(&toucher->done);
	toucher->task = kthread_run(fn, toucher, "vmremap-touch");
	KUNIT_ASSERT_FALSE(test, IS_ERR(toucher->task));
}

/* Does a thread wait for @var? Only threads of this test can. This wakes none of them. */
static bool has_waiter(const void *var)
{
	struct wait_queue_head *queue = __var_waitqueue((void *)var);
	unsigned long flags;
	bool active;

	spin_lock_irqsave(&queue->lock, flags);
	active = !list_empty(&queue->head);
	spin_unlock_irqrestore(&queue->lock, flags);
	return active;
}

static void expect_waiter(struct kunit *test, const void *var)
{
	KUNIT_ASSERT_TRUE(test, eventually(test, has_waiter(var)));
}

/* Start a thread, and expect that it waits for @var to change. */
static void start(struct kunit *test, struct toucher *toucher, int (*fn)(void *data),
		  unsigned long uaddr, const void *var)
{
	run(test, toucher, fn, uaddr);
	expect_waiter(test, var);
	KUNIT_EXPECT_FALSE(test, completion_done(&toucher->done));
}

static void expect_touched(struct kunit *test, struct toucher *toucher, int err)
{
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&toucher->done, patience(test)));
	KUNIT_EXPECT_EQ(test, toucher->err, err);
}

/* NoUserAccess: freeze fails if a page is pinned, because it can be written; nothing changes. */
static void pin_keeps_it_from_freezing(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);
	struct page *page = vmalloc_to_page(dev->area->addr + SIZE - PAGE_SIZE);

	expect_pages(test, dev->area, uaddr, SIZE, 0);
	get_page(page);
	KUNIT_EXPECT_EQ(test, -EBUSY, vmremap_area_freeze(dev->area));
	expect_pages(test, dev->area, uaddr, SIZE, 0);
	put_page(page);
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_freeze(dev->area));
	vmremap_area_thaw(dev->area);
}

/* The last wait takes as long as all before it, so their number is no limit. */
static int freeze(void *data)
{
	struct toucher *freezer = data;

	allow_signal(SIGKILL);
	freezer->err = vmremap_freeze((struct vmremap_area *)freezer->uaddr, 20);
	complete(&freezer->done);
	return 0;
}

/* Start a thread that freezes an area, and waits because a page is pinned. */
static void start_freezing(struct kunit *test, struct toucher *freezer, struct vmremap_area *area)
{
	run(test, freezer, freeze, (unsigned long)area);
	KUNIT_EXPECT_TRUE(test, eventually(test, completion_done(&freezer->done) ||
					   READ_ONCE(freezer->task->__state) & TASK_WAKEKILL));
	KUNIT_EXPECT_FALSE(test, completion_done(&freezer->done));
}

/* Freeze waits for a short-lived pin: it sleeps killably only after it has found a pin. */
static void pin_is_waited_for(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	struct page *page = vmalloc_to_page(dev->area->addr);
	struct toucher freezer;

	get_page(page);
	start_freezing(test, &freezer, dev->area);
	put_page(page);
	expect_touched(test, &freezer, 0);
	vmremap_area_thaw(dev->area);
}

/* A mistaken thaw during a freeze changes nothing, and so does a second freeze. */
static void neither_thaws_nor_freezes_meanwhile(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	struct page *page = vmalloc_to_page(dev->area->addr);
	struct toucher freezer;

	get_page(page);
	start_freezing(test, &freezer, dev->area);
	KUNIT_EXPECT_EQ(test, -EINVAL, vmremap_thaw(dev->area, VMREMAP_FROZEN));
	KUNIT_EXPECT_EQ(test, -EBUSY, vmremap_area_freeze(dev->area));
	put_page(page);
	expect_touched(test, &freezer, 0);
	KUNIT_EXPECT_EQ(test, 0, vmremap_thaw(dev->area, VMREMAP_FROZEN));
}

/* During a freeze, a program waits for the thaw, and a kernel thread for the end of the freeze. */
static void touch_waits_for_freezing(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);
	struct page *page = vmalloc_to_page(dev->area->addr);
	struct toucher freezer, toucher, kernel;

	get_page(page);
	start_freezing(test, &freezer, dev->area);
	start(test, &toucher, touch, uaddr, &dev->area->state);
	run(test, &kernel, touch_as_kernel, uaddr);
	put_page(page);
	expect_touched(test, &freezer, 0);
	expect_touched(test, &kernel, -EFAULT);
	KUNIT_EXPECT_FALSE(test, completion_done(&toucher.done));
	vmremap_area_thaw(dev->area);
	expect_touched(test, &toucher, 0);
}

/* If the freeze fails, because its task is killed, the accesses succeed. */
static void failed_freeze_wakes_all(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);
	struct page *page = vmalloc_to_page(dev->area->addr);
	struct toucher freezer, kernel;

	get_page(page);
	start_freezing(test, &freezer, dev->area);
	start(test, &kernel, touch_as_kernel, uaddr, &dev->area->state);
	send_sig(SIGKILL, freezer.task, 1);
	expect_touched(test, &freezer, -EINTR);
	expect_touched(test, &kernel, 0);
	put_page(page);
}

/* Freeze does not wait for a pin if its task is being killed. */
static void killed_task_freezes_nothing(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);
	struct page *page = vmalloc_to_page(dev->area->addr);

	get_page(page);
	killed_begin();
	KUNIT_EXPECT_EQ(test, -EINTR, vmremap_area_freeze(dev->area));
	/* Nor does it say that the page is pinned, if it has no wait left. */
	KUNIT_EXPECT_EQ(test, -EINTR, vmremap_freeze(dev->area, 0));
	killed_end();
	put_page(page);
	expect_pages(test, dev->area, uaddr, SIZE, 0);
}

/* PagesOutlive: revoke does not wait for pins. */
static void pin_outlives_revoking(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);
	struct page *page = vmalloc_to_page(dev->area->addr);

	expect_pages(test, dev->area, uaddr, SIZE, 0);
	get_page(page);
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_revoke(dev->area));
	WRITE_ONCE(*area_word(dev->area, 0), 17);
	KUNIT_EXPECT_EQ(test, 17, *(unsigned long *)page_address(page));
	put_page(page);
}

/* A waiting fault holds no lock: meanwhile the same program can map and unmap. */
static void touch_waits_until_thawed(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0), other;
	struct toucher toucher;

	KUNIT_ASSERT_EQ(test, 0, vmremap_area_freeze(dev->area));
	start(test, &toucher, touch, uaddr, &dev->area->state);
	other = device_map(test, dev, SIZE, 0);
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
	KUNIT_EXPECT_EQ(test, 0, *area_word(dev->area, 0));
	vmremap_area_thaw(dev->area);
	expect_touched(test, &toucher, 0);
	KUNIT_EXPECT_EQ(test, 7, *area_word(dev->area, 0));
	expect_pages(test, dev->area, other, SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(other, SIZE));
}

/* NoUserAccess: mmap() does not prefault while the area is frozen, not even a few pages. */
static void nothing_is_mapped_while_frozen(struct kunit *test)
{
	const size_t little = 4 * PAGE_SIZE;
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, little, 0), other;

	/* The prefault has left the gate again, or this would wait. */
	KUNIT_ASSERT_EQ(test, 0, vmremap_area_freeze(dev->area));
	other = device_map(test, dev, little, 0);
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
	vmremap_area_thaw(dev->area);
	expect_pages(test, dev->area, uaddr, little, 0);
	expect_pages(test, dev->area, other, little, 0);
}

static void touch_waits_until_revoked(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);
	struct toucher toucher;

	KUNIT_ASSERT_EQ(test, 0, vmremap_area_freeze(dev->area));
	start(test, &toucher, touch, uaddr, &dev->area->state);
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_revoke(dev->area));
	expect_touched(test, &toucher, -EFAULT);
	/* The thaw that ends the freeze does not undo the revoke. */
	vmremap_area_thaw(dev->area);
	KUNIT_EXPECT_EQ(test, map_again(test, dev), -ENODEV);
	KUNIT_EXPECT_EQ(test, 0, *area_word(dev->area, 0));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
}

/* AreaOutlives: a waiting fault keeps the area. The last put thaws, because nobody else can. */
static void last_put_thaws(struct kunit *test)
{
	const struct hook_case *c = test->param_value;
	struct test_device dev = { .hook = c->hook };
	unsigned long uaddr, before = free_pages_now();
	struct toucher toucher;

	dev.area = vmremap_area_alloc(SIZE, VMREMAP_REVOCABLE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev.area);
	device_open(test, &dev);
	uaddr = device_map(test, &dev, SIZE, 0);
	KUNIT_ASSERT_EQ(test, 0, vmremap_area_freeze(dev.area));
	start(test, &toucher, touch, uaddr, &dev.area->state);
	vmremap_area_put(dev.area);
	expect_touched(test, &toucher, 0);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
	expect_free_pages(test, before);
}

static int revoke(void *data)
{
	struct toucher *revoker = data;

	revoker->err = vmremap_area_revoke((struct vmremap_area *)revoker->uaddr);
	complete(&revoker->done);
	return 0;
}

/* NoUserAccess: revoke waits for a running fault, whose entries would stay otherwise. */
static void fault_that_has_begun_is_waited_for(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, VMREMAP_REVOCABLE);
	struct toucher revoker;

	KUNIT_ASSERT_TRUE(test, vmremap_insert_begin(area));
	start(test, &revoker, revoke, (unsigned long)area, &area->inserting);
	KUNIT_EXPECT_FALSE(test, vmremap_insert_begin(area));
	vmremap_insert_end(area);
	expect_touched(test, &revoker, 0);
}

struct wakeups {
	struct wait_bit_queue_entry entry;
	unsigned int nr;
};

static int count_wakeup(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	struct wakeups *wakeups = container_of(entry, struct wakeups, entry.wq_entry);

	if (wakeups->entry.key.flags == ((struct wait_bit_key *)key)->flags)
		wakeups->nr++;
	return 0;
}

/* Else programs that go on touching a revoked area would keep revoke waiting for their faults. */
static void later_faults_are_not_waited_for(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, VMREMAP_REVOCABLE);
	struct wait_queue_head *queue = __var_waitqueue(&area->inserting);
	struct wakeups wakeups = {};

	KUNIT_ASSERT_TRUE(test, vmremap_insert_begin(area));
	WRITE_ONCE(area->state, VMREMAP_REVOKED);
	init_wait_var_entry(&wakeups.entry, &area->inserting, 0);
	wakeups.entry.wq_entry.func = count_wakeup;
	add_wait_queue(queue, &wakeups.entry.wq_entry);
	vmremap_insert_end(area);
	KUNIT_EXPECT_EQ(test, wakeups.nr, 1);
	/* It is never counted: if it were, its end would wake whoever waits. */
	KUNIT_EXPECT_FALSE(test, vmremap_insert_begin(area));
	remove_wait_queue(queue, &wakeups.entry.wq_entry);
	KUNIT_EXPECT_EQ(test, wakeups.nr, 1);
}

/* NoUserAccess: revoke waits for a page that the kernel is mapping under the folio lock. */
static void page_that_is_given_locked_is_waited_for(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);
	struct vm_fault vmf = { .vma = vma_at(uaddr), .address = uaddr };
	struct vmremap_span span = vmremap_span_of_vma(vmf.vma);
	struct toucher revoker;
	struct folio *folio;

	KUNIT_ASSERT_EQ(test, bits(vmremap_give_locked(&vmf, &span)), bits(VM_FAULT_LOCKED));
	folio = page_folio(vmf.page);
	run(test, &revoker, revoke, (unsigned long)dev->area);
	/* Revoke has zapped the entries, and waits for the folio lock. */
	KUNIT_EXPECT_TRUE(test, eventually(test, folio_test_waiters(folio)));
	/* Map the page, as finish_fault() does. */
	mmap_read_lock(current->mm);
	KUNIT_EXPECT_EQ(test, bits(vmf_insert_page_mkwrite(&vmf, vmf.page, true)),
			bits(VM_FAULT_NOPAGE));
	mmap_read_unlock(current->mm);
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 1);
	folio_unlock(folio);
	folio_put(folio);
	expect_touched(test, &revoker, 0);
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
	/* The next fault finds that the area is revoked. */
	KUNIT_EXPECT_EQ(test, bits(vmremap_give_locked(&vmf, &span)), bits(VM_FAULT_NOPAGE));
	KUNIT_EXPECT_EQ(test, folio_pins(folio), 0);
}

#define RETRIES		(FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE)

static const struct wait_case {
	const char *name;
	unsigned int flags;
	/* PF_* flags of the task, and whether it has a pending signal */
	unsigned int task;
	bool signal;
	/* task state of the wait, or 0 if there is none; and what the fault returns */
	unsigned int state;
	vm_fault_t ret;
} waits[] = {
	{ "a program's own access", RETRIES | FAULT_FLAG_INTERRUPTIBLE | FAULT_FLAG_USER,
	  0, false, TASK_INTERRUPTIBLE, VM_FAULT_RETRY },
	{ "a system call's access", RETRIES | FAULT_FLAG_INTERRUPTIBLE,
	  0, false, TASK_INTERRUPTIBLE, VM_FAULT_RETRY },
	{ "a system call's access after a signal",
	  RETRIES | FAULT_FLAG_INTERRUPTIBLE | FAULT_FLAG_TRIED,
	  0, true, TASK_KILLABLE | TASK_FREEZABLE_UNSAFE, VM_FAULT_RETRY },
	{ "a system call's access again, without a signal",
	  RETRIES | FAULT_FLAG_INTERRUPTIBLE | FAULT_FLAG_TRIED,
	  0, false, TASK_INTERRUPTIBLE, VM_FAULT_RETRY },
	{ "get_user_pages()", RETRIES, 0, false, TASK_KILLABLE | TASK_FREEZABLE_UNSAFE,
	  VM_FAULT_RETRY },
	{ "get_user_pages() that must not wait", RETRIES | FAULT_FLAG_RETRY_NOWAIT,
	  0, false, 0, VM_FAULT_RETRY },
	{ "ptrace(2), which cannot drop its lock", FAULT_FLAG_REMOTE,
	  0, false, 0, VM_FAULT_SIGBUS },
	{ "a task that exits", RETRIES | FAULT_FLAG_INTERRUPTIBLE,
	  PF_EXITING, false, 0, VM_FAULT_SIGBUS },
	{ "a task that dumps core", RETRIES | FAULT_FLAG_INTERRUPTIBLE,
	  PF_DUMPCORE, false, 0, VM_FAULT_SIGBUS },
	{ "a kernel thread", RETRIES | FAULT_FLAG_INTERRUPTIBLE,
	  PF_KTHREAD, false, 0, VM_FAULT_SIGBUS },
};

KUNIT_ARRAY_PARAM_DESC(wait, waits, name);

struct faulter {
	struct toucher toucher;
	const struct wait_case *c;
};

static vm_fault_t fault_at(struct mm_struct *mm, unsigned long uaddr, unsigned int flags)
{
	struct vm_fault vmf = {
		.vma = vma_lookup(mm, uaddr), .address = uaddr, .flags = flags,
	};

	return vmf.vma->vm_ops->fault(&vmf);
}

static int fault(void *data)
{
	struct faulter *faulter = container_of(data, struct faulter, toucher);
	struct toucher *toucher = &faulter->toucher;

	allow_signal(SIGUSR1);
	allow_signal(SIGKILL);
	if (faulter->c->signal)
		send_sig(SIGUSR1, current, 1);
	mmap_read_lock(toucher->mm);
	pretend();
	current->flags |= faulter->c->task;
	toucher->err = bits(fault_at(toucher->mm, toucher->uaddr, faulter->c->flags));
	current->flags &= ~faulter->c->task;
	pretend();
	/* A fault that waits drops the lock. */
	if (!faulter->c->state)
		mmap_read_unlock(toucher->mm);
	complete(&toucher->done);
	return 0;
}

static struct test_device *frozen_device(struct kunit *test, unsigned long *uaddr)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SIZE, VMREMAP_REVOCABLE);

	*uaddr = device_map(test, dev, SIZE, 0);
	KUNIT_ASSERT_EQ(test, 0, vmremap_area_freeze(dev->area));
	return dev;
}

/* NoUserAccess: an access to a frozen area waits in the way that its fault flags ask for. */
static void waits_for_thawing(struct kunit *test)
{
	struct faulter faulter = { .c = test->param_value };
	unsigned long uaddr;
	struct test_device *dev = frozen_device(test, &uaddr);

	run(test, &faulter.toucher, fault, uaddr);
	if (faulter.c->state) {
		expect_waiter(test, &dev->area->state);
		KUNIT_EXPECT_EQ(test, READ_ONCE(faulter.toucher.task->__state),
				faulter.c->state);
		/* So the program can call mmap(2) and fork(2) meanwhile. */
		KUNIT_EXPECT_FALSE(test, rwsem_is_locked(&current->mm->mmap_lock));
		vmremap_area_thaw(dev->area);
	}
	expect_touched(test, &faulter.toucher, bits(faulter.c->ret));
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
}

/* A signal ends each wait: any signal, or only a fatal one. */
static void signal_ends_the_wait(struct kunit *test)
{
	struct faulter faulter = { .c = test->param_value };
	unsigned long uaddr;
	struct test_device *dev = frozen_device(test, &uaddr);
	int signal = faulter.c->state == TASK_INTERRUPTIBLE ? SIGUSR1 : SIGKILL;

	run(test, &faulter.toucher, fault, uaddr);
	if (faulter.c->state) {
		expect_waiter(test, &dev->area->state);
		send_sig(signal, faulter.toucher.task, 1);
	}
	expect_touched(test, &faulter.toucher, bits(faulter.c->ret));
}

static void without_the_flag(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, 0);
	struct vmremap_area *none[] = { NULL, ERR_PTR(-ENOMEM) };
	unsigned int i;

	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, vmremap_area_revoke(area));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, vmremap_area_freeze(area));
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		KUNIT_EXPECT_EQ(test, -EFAULT, vmremap_area_revoke(none[i]));
		KUNIT_EXPECT_EQ(test, -EFAULT, vmremap_area_freeze(none[i]));
	}
}

/* WARN_ONCE() warns only the first time, so this test precedes the others that cause it. */
static void thaw_that_is_a_mistake(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, VMREMAP_REVOCABLE);

	kunit_warning_suppress(test) {
		vmremap_area_thaw(area);
		KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 1);
	}
}

static void thawed_without_need(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);

	kunit_warning_suppress(test)
		vmremap_area_thaw(dev->area);
	expect_pages(test, dev->area, uaddr, SIZE, 0);
}

/* The arguments of the last event of the tracepoint. */
struct taken {
	const char *how;
	const struct vmremap_area *area;
	int err;
};

static void note(void *data, const char *how, const struct vmremap_area *area, int err)
{
	*(struct taken *)data = (struct taken) { how, area, err };
}

static void expect_traced(struct kunit *test, struct taken *taken, const char *how,
			  const struct vmremap_area *area, int err)
{
	KUNIT_EXPECT_STREQ(test, taken->how ?: "nothing", how);
	KUNIT_EXPECT_PTR_EQ(test, taken->area, area);
	KUNIT_EXPECT_EQ(test, taken->err, err);
	*taken = (struct taken) {};
}

static void is_traced(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, VMREMAP_REVOCABLE);
	struct taken taken = {};

	if (register_trace_vmremap_take(note, &taken))
		kunit_skip(test, "the kernel has no tracepoints");
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_freeze(area));
	expect_traced(test, &taken, "freeze", area, 0);
	KUNIT_EXPECT_EQ(test, -EBUSY, vmremap_area_freeze(area));
	expect_traced(test, &taken, "freeze", area, -EBUSY);
	vmremap_area_thaw(area);
	expect_traced(test, &taken, "thaw", area, 0);
	kunit_warning_suppress(test)
		vmremap_area_thaw(area);
	expect_traced(test, &taken, "thaw", area, -EINVAL);
	vmremap_area_revoke(area);
	expect_traced(test, &taken, "revoke", area, 0);
	vmremap_area_revoke(NULL);
	expect_traced(test, &taken, "revoke", NULL, -EFAULT);
	unregister_trace_vmremap_take(note, &taken);
	tracepoint_synchronize_unregister();
}

/* SoleReference: mappings do not count, references of others do. */
static void sole_reference(struct kunit *test)
{
	struct test_device *dev = new_device(test, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0);

	KUNIT_EXPECT_TRUE(test, vmremap_area_is_sole_reference(dev->area));
	vmremap_area_get(dev->area);
	KUNIT_EXPECT_FALSE(test, vmremap_area_is_sole_reference(dev->area));
	vmremap_area_put(dev->area);
	KUNIT_EXPECT_TRUE(test, vmremap_area_is_sole_reference(dev->area));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
}

static struct kunit_case revoke_cases[] = {
	KUNIT_CASE_PARAM(revoked, hook_gen_params),
	KUNIT_CASE(drop_ins),
	KUNIT_CASE_PARAM(nothing_is_mapped_too_early, hook_gen_params),
	KUNIT_CASE_PARAM(frozen_and_thawed, hook_gen_params),
	KUNIT_CASE_PARAM(pin_keeps_it_from_freezing, hook_gen_params),
	KUNIT_CASE_PARAM(pin_is_waited_for, hook_gen_params),
	KUNIT_CASE_PARAM(neither_thaws_nor_freezes_meanwhile, hook_gen_params),
	KUNIT_CASE_PARAM(touch_waits_for_freezing, hook_gen_params),
	KUNIT_CASE_PARAM(failed_freeze_wakes_all, hook_gen_params),
	KUNIT_CASE_PARAM(killed_task_freezes_nothing, hook_gen_params),
	KUNIT_CASE_PARAM(pin_outlives_revoking, hook_gen_params),
	KUNIT_CASE_PARAM(touch_waits_until_thawed, hook_gen_params),
	KUNIT_CASE_PARAM(nothing_is_mapped_while_frozen, hook_gen_params),
	KUNIT_CASE_PARAM(touch_waits_until_revoked, hook_gen_params),
	KUNIT_CASE_PARAM(last_put_thaws, hook_gen_params),
	KUNIT_CASE(fault_that_has_begun_is_waited_for),
	KUNIT_CASE(later_faults_are_not_waited_for),
	KUNIT_CASE_PARAM(page_that_is_given_locked_is_waited_for, hook_gen_params),
	KUNIT_CASE_PARAM(waits_for_thawing, wait_gen_params),
	KUNIT_CASE_PARAM(signal_ends_the_wait, wait_gen_params),
	KUNIT_CASE(without_the_flag),
	KUNIT_CASE(thaw_that_is_a_mistake),
	KUNIT_CASE_PARAM(thawed_without_need, hook_gen_params),
	KUNIT_CASE(is_traced),
	KUNIT_CASE_PARAM(sole_reference, hook_gen_params),
	{}
};

static struct kunit_suite revoke_suite = {
	.name = "vmremap-revoke",
	.test_cases = revoke_cases,
};

kunit_test_suite(revoke_suite);
