// SPDX-License-Identifier: GPL-2.0
/*
 * vmremap ring sample in C: a timer stores samples in a ring that a program has mapped, and
 * poll(2) waits for them. reader.h shows how a program reads the ring.
 */

#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "vmremap.h"
#include "vmremap_ring.h"

/*
 * The state of an open file. Only the timer writes the two counts. They are the driver's own,
 * because the program can write any number to the area.
 */
struct ring {
	struct vmremap_area *area;
	u32 periods; /* that have ended */
	u32 tail; /* number of samples that were stored */
	wait_queue_head_t readable;
	struct hrtimer timer;
};

/* The number of samples that the program has not read; too many if its head is wrong. */
static u32 ring_unread(struct vmremap_ring *shared, u32 tail)
{
	/* Pairs with the program's release: it has read the samples below its head. */
	return tail - smp_load_acquire(&shared->head);
}

/*
 * Store a sample, unless the ring is full. The program's head decides only that: the driver
 * counts its own position, and takes that modulo the size of the ring.
 */
static bool ring_store(struct ring *ring, struct vmremap_ring *shared)
{
	u32 tail = ring->tail;
	struct vmremap_ring_sample *sample = &shared->samples[tail % VMREMAP_RING_SLOTS];

	if (ring_unread(shared, tail) >= VMREMAP_RING_SLOTS) {
		WRITE_ONCE(shared->lost, ring->periods - tail);
		return false;
	}
	WRITE_ONCE(sample->number, ring->periods);
	WRITE_ONCE(sample->value, vmremap_ring_value(ring->periods));
	tail++;
	WRITE_ONCE(shared->lost, ring->periods - tail);
	/* Pairs with the program's acquire: it sees all that was written before the tail. */
	smp_store_release(&shared->tail, tail);
	smp_store_release(&ring->tail, tail); /* pairs with ring_poll() */
	return true;
}

/*
 * This runs in an interrupt: it must not sleep, so it must not allocate, map, revoke, freeze
 * or lock a mutex. If it is late, it stores only one sample, so that it takes no longer than
 * otherwise.
 */
static enum hrtimer_restart ring_tick(struct hrtimer *timer)
{
	struct ring *ring = container_of(timer, struct ring, timer);

	ring->periods += hrtimer_forward_now(timer, ns_to_ktime(VMREMAP_RING_PERIOD_NS));
	if (ring_store(ring, vmremap_area_addr(ring->area)))
		wake_up(&ring->readable);
	return HRTIMER_RESTART;
}

/* First register the wait, then look: a sample that is stored in between wakes the program. */
static __poll_t ring_poll(struct file *file, poll_table *wait)
{
	struct ring *ring = file->private_data;
	u32 unread;

	poll_wait(file, &ring->readable, wait);
	/* Pairs with ring_store(): the program sees this tail, too. */
	unread = ring_unread(vmremap_area_addr(ring->area), smp_load_acquire(&ring->tail));
	return unread && unread <= VMREMAP_RING_SLOTS ? EPOLLIN | EPOLLRDNORM : 0;
}

static int ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct ring *ring = file->private_data;

	return vmremap_area_mmap(ring->area, vma, vma->vm_pgoff);
}

static int ring_open(struct inode *inode, struct file *file)
{
	struct ring *ring = kzalloc_obj(*ring);

	if (!ring)
		return -ENOMEM;
	ring->area = vmremap_area_alloc(sizeof(struct vmremap_ring), VMREMAP_DONTCOPY);
	if (IS_ERR(ring->area)) {
		int err = PTR_ERR(ring->area);

		kfree(ring);
		return err;
	}
	init_waitqueue_head(&ring->readable);
	/* Not a _HARD mode: on a real-time kernel, wake_up() takes a lock that sleeps. */
	hrtimer_setup(&ring->timer, ring_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&ring->timer, ns_to_ktime(VMREMAP_RING_PERIOD_NS), HRTIMER_MODE_REL);
	file->private_data = ring;
	return 0;
}

/*
 * No process has the file open any more. Cancelling the timer waits for ring_tick(), which uses
 * the rest. A mapping may remain: it keeps the area, but not this module.
 */
static int ring_release(struct inode *inode, struct file *file)
{
	struct ring *ring = file->private_data;

	hrtimer_cancel(&ring->timer);
	vmremap_area_put(ring->area);
	kfree(ring);
	return 0;
}

static const struct file_operations ring_fops = {
	.owner = THIS_MODULE,
	.open = ring_open,
	.release = ring_release,
	.poll = ring_poll,
	.mmap = ring_mmap,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

static struct miscdevice ring_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vmremap-ring-c",
	.fops = &ring_fops,
};
module_misc_device(ring_device);

MODULE_DESCRIPTION("vmremap sample: a timer that fills a ring");
MODULE_LICENSE("GPL");
