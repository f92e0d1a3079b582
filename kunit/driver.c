// SPDX-License-Identifier: GPL-2.0
/* What a driver gets to know about its mappings: by its vm_ops, by .fsync, and about a revoke. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/notifier.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"
#include "failing.h"
#include "hooks.h"

#define SIZE	(16 * PAGE_SIZE)

/* Those that can have vm_ops: another file's .mmap may pass on those of its own driver. */
static const struct hook_case own_hooks[] = {
	{ "mmap", HOOK_MMAP },
	{ "mmap_prepare", HOOK_PREPARE },
};

KUNIT_ARRAY_PARAM_DESC(own_hook, own_hooks, name);

struct counts {
	unsigned int opened, closed;
	loff_t start, end;
};

static void count_open(struct vm_area_struct *vma)
{
	((struct counts *)vma->vm_private_data)->opened++;
}

static void count_close(struct vm_area_struct *vma)
{
	((struct counts *)vma->vm_private_data)->closed++;
}

static const struct vm_operations_struct count_vm_ops = {
	.open = count_open,
	.close = count_close,
};

static int map_counted(struct test_device *dev, struct vm_area_struct *vma)
{
	vma->vm_ops = &count_vm_ops;
	vma->vm_private_data = dev->data;
	return vmremap_area_mmap(dev->area, vma, vma->vm_pgoff);
}

static int map_counted_part(struct test_device *dev, struct vm_area_struct *vma)
{
	vma->vm_ops = &count_vm_ops;
	vma->vm_private_data = dev->data;
	return vmremap_range_partial(vma, vma->vm_start, dev->area->addr, 0, SIZE - PAGE_SIZE);
}

static int prepare_counted(struct test_device *dev, struct vm_area_desc *desc)
{
	desc->vm_ops = &count_vm_ops;
	desc->private_data = dev->data;
	return vmremap_area_mmap_prepare(dev->area, desc, desc->pgoff);
}

static struct test_device *counting_device(struct kunit *test, enum hook hook, unsigned int flags)
{
	struct test_device *dev = device_with_area(test, hook, SIZE, flags);

	dev->data = kunit_kzalloc(test, sizeof(struct counts), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dev->data);
	dev->map = map_counted;
	dev->prepare = prepare_counted;
	return dev;
}

static void expect_counts(struct kunit *test, const struct test_device *dev, unsigned int opened,
			  unsigned int closed)
{
	const struct counts *counts = dev->data;

	KUNIT_EXPECT_EQ(test, counts->opened, opened);
	KUNIT_EXPECT_EQ(test, counts->closed, closed);
}

/* DriverOutlives: the driver counts its VMAs, and its file stays until the last is gone. */
static void counts_vmas(struct kunit *test)
{
	const struct hook_case *c = test->param_value;
	struct test_device *dev = counting_device(test, c->hook, 0);
	unsigned long uaddr = device_map(test, dev, SIZE, 0), refs = file_count(dev->file);

	expect_counts(test, dev, 0, 0);
	KUNIT_EXPECT_TRUE(test, vmremap_area_is_mapped(dev->area));
	expect_pages(test, dev->area, uaddr, SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr + PAGE_SIZE, PAGE_SIZE));
	expect_counts(test, dev, 2, 1);
	zap(uaddr);
	expect_pages(test, dev->area, uaddr, PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr + 2 * PAGE_SIZE, SIZE - 2 * PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, vmremap_area_is_mapped(dev->area));
	KUNIT_EXPECT_EQ(test, file_count(dev->file), refs);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, PAGE_SIZE));
	expect_counts(test, dev, 2, 3);
	expect_unused(test, dev->area);
	KUNIT_EXPECT_FALSE(test, vmremap_area_is_mapped(dev->area));
	KUNIT_EXPECT_EQ(test, file_count(dev->file), refs - 1);
}

static void counts_vmas_of_parts(struct kunit *test)
{
	struct test_device *dev = counting_device(test, HOOK_MMAP, 0);
	unsigned long uaddr, refs = file_count(dev->file);

	dev->map = map_counted_part;
	uaddr = device_map(test, dev, SIZE, 0);
	KUNIT_EXPECT_EQ(test, file_count(dev->file), refs + 1);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr + PAGE_SIZE, PAGE_SIZE));
	expect_counts(test, dev, 2, 1);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
	expect_counts(test, dev, 2, 3);
	expect_unused(test, dev->area);
	KUNIT_EXPECT_EQ(test, file_count(dev->file), refs);
}

/* NoUserAccess: revoke finds a mapping that has a file of its own. */
static void counted_mapping_is_revoked(struct kunit *test)
{
	const struct hook_case *c = test->param_value;
	struct test_device *dev = counting_device(test, c->hook, VMREMAP_REVOCABLE);
	unsigned long uaddr = device_map(test, dev, SIZE, 0), value;

	expect_pages(test, dev->area, uaddr, SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_freeze(dev->area));
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
	vmremap_area_thaw(dev->area);
	expect_pages(test, dev->area, uaddr, SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_revoke(dev->area));
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
	KUNIT_EXPECT_EQ(test, peek(uaddr, &value), -EFAULT);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
	expect_counts(test, dev, 0, 1);
	expect_unused(test, dev->area);
}

/* AllOrNothing: whichever allocation fails, no reference stays on the area or the driver's file. */
static void every_allocation_fails(struct kunit *test)
{
	const struct hook_case *c = test->param_value;
	struct test_device *dev = counting_device(test, c->hook, 0);
	unsigned long uaddr = -ENOMEM, refs = file_count(dev->file);
	unsigned int nth, lost = 0;

	failing_init(test);
	for (nth = 1; nth < FAILING_MAX; nth++) {
		failing_nth(nth);
		uaddr = vm_mmap(dev->file, 0, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
		if (!failing_end())
			break;
		if (IS_ERR_VALUE(uaddr)) {
			KUNIT_ASSERT_EQ(test, uaddr, -ENOMEM);
			lost++;
		} else {
			KUNIT_ASSERT_EQ(test, 0, vm_munmap(uaddr, SIZE));
		}
		expect_unused(test, dev->area);
		KUNIT_ASSERT_FALSE(test, vmremap_area_is_mapped(dev->area));
		KUNIT_ASSERT_EQ(test, file_count(dev->file), refs);
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	/* That of the mapping, and those of its file. */
	KUNIT_EXPECT_GT(test, lost, 2);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
}

/* VmaInit: the vm_ops may be those of the outer file, whose vm_private_data is lost. */
static void nested_hook_cannot_count(struct kunit *test)
{
	struct test_device *dev = counting_device(test, HOOK_NESTED, 0);

	KUNIT_EXPECT_EQ(test, device_mmap(test, dev, SIZE, PROT_READ, MAP_SHARED, 0), -EBUSY);
	expect_counts(test, dev, 0, 0);
	expect_unused(test, dev->area);
}

static int note_sync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct test_device *dev = file->private_data;
	struct counts *counts = dev->data;

	counts->start = start;
	counts->end = end;
	return -EUCLEAN;
}

/* What msync(2) does, and what the driver's .fsync gets of it. */
static void fsync_is_the_drivers(struct kunit *test)
{
	const struct hook_case *c = test->param_value;
	struct test_device *dev = counting_device(test, c->hook, 0);
	const struct file_operations *without = dev->file->f_op;
	const struct file_operations with = {
		.mmap = without->mmap,
		.mmap_prepare = without->mmap_prepare,
		.get_unmapped_area = without->get_unmapped_area,
		.fsync = note_sync,
	};
	struct counts *counts = dev->data;
	struct vm_area_struct *vma;
	unsigned long uaddr, first;

	dev->map = NULL;
	dev->prepare = NULL;
	/* A driver's file that has no .fsync. */
	uaddr = device_map(test, dev, SIZE / 2, 2);
	vma = vma_at(uaddr);
	first = vma->vm_pgoff << PAGE_SHIFT;
	KUNIT_EXPECT_EQ(test, vfs_fsync_range(vma->vm_file, first, first + 1, 1), 0);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE / 2));

	dev->file->f_op = &with;
	uaddr = device_map(test, dev, SIZE / 2, 2);
	vma = vma_at(uaddr);
	first = vma->vm_pgoff << PAGE_SHIFT;
	KUNIT_EXPECT_EQ(test, vfs_fsync_range(vma->vm_file, first + PAGE_SIZE,
					      first + 3 * PAGE_SIZE - 1, 1),
			-EUCLEAN);
	KUNIT_EXPECT_EQ(test, counts->start, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, counts->end, 5 * PAGE_SIZE - 1);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE / 2));
	flush_delayed_fput();
	dev->file->f_op = without;
	expect_unused(test, dev->area);
}

static void named(struct kunit *test)
{
	const struct hook_case *c = test->param_value;
	struct test_device *dev = device_with_area(test, c->hook, SIZE, 0);
	char longest[VMREMAP_NAME_MAX + 2];
	unsigned long uaddr;

	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	KUNIT_EXPECT_EQ(test, vmremap_area_set_name(dev->area, longest), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, vmremap_area_set_name(dev->area, longest + 1), 0);
	KUNIT_EXPECT_EQ(test, vmremap_area_set_name(dev->area, "buffer"), 0);
	uaddr = device_map(test, dev, SIZE, 0);
	expect_pages(test, dev->area, uaddr, SIZE, 0);
	KUNIT_EXPECT_STREQ(test, vma_at(uaddr)->vm_file->f_path.dentry->d_name.name, "buffer");
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SIZE));
	expect_unused(test, dev->area);
}

struct revoked {
	struct notifier_block nb;
	struct vmremap_area *area;
	unsigned int times;
};

static int note_revoke(struct notifier_block *nb, unsigned long action, void *data)
{
	struct revoked *revoked = container_of(nb, struct revoked, nb);

	revoked->area = data;
	revoked->times++;
	return NOTIFY_OK;
}

static void on_revoke(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SIZE, VMREMAP_REVOCABLE);
	struct revoked first = { .nb.notifier_call = note_revoke };
	struct revoked second = { .nb.notifier_call = note_revoke };

	KUNIT_EXPECT_EQ(test, vmremap_area_on_revoke(dev->area, NULL), -EFAULT);
	KUNIT_EXPECT_EQ(test, vmremap_area_on_revoke(dev->area, &first.nb), 0);
	KUNIT_EXPECT_EQ(test, vmremap_area_on_revoke(dev->area, &second.nb), 0);
	KUNIT_EXPECT_EQ(test, vmremap_area_freeze(dev->area), 0);
	vmremap_area_thaw(dev->area);
	KUNIT_EXPECT_EQ(test, first.times, 0);
	vmremap_area_off_revoke(dev->area, &second.nb);
	KUNIT_EXPECT_EQ(test, vmremap_area_revoke(dev->area), 0);
	KUNIT_EXPECT_EQ(test, first.times, 1);
	KUNIT_EXPECT_PTR_EQ(test, first.area, dev->area);
	KUNIT_EXPECT_EQ(test, second.times, 0);
	KUNIT_EXPECT_EQ(test, vmremap_area_on_revoke(dev->area, &second.nb), -ENODEV);
	vmremap_area_off_revoke(dev->area, &first.nb);
	KUNIT_EXPECT_EQ(test, vmremap_area_revoke(dev->area), 0);
	KUNIT_EXPECT_EQ(test, first.times + second.times, 1);
}

struct revoking {
	struct work_struct work;
	struct vmremap_area *area;
};

static void revoke_area(struct work_struct *work)
{
	struct revoking *revoking = container_of(work, struct revoking, work);

	vmremap_area_revoke(revoking->area);
}

/* AnyThread: who registers while another thread revokes is called or gets ENODEV. */
static void on_revoke_beside_a_revoke(struct kunit *test)
{
	unsigned int round;

	for (round = 0; round < 256; round++) {
		struct vmremap_area *area = vmremap_area_alloc(1, VMREMAP_REVOCABLE);
		struct revoked revoked = { .nb.notifier_call = note_revoke };
		struct revoking revoking = { .area = area };
		int err;

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
		INIT_WORK_ONSTACK(&revoking.work, revoke_area);
		queue_work(system_dfl_wq, &revoking.work);
		if (round % 2)
			cond_resched();
		err = vmremap_area_on_revoke(area, &revoked.nb);
		flush_work(&revoking.work);
		destroy_work_on_stack(&revoking.work);
		if (!err) {
			KUNIT_EXPECT_EQ(test, revoked.times, 1);
			vmremap_area_off_revoke(area, &revoked.nb);
		} else {
			KUNIT_EXPECT_EQ(test, err, -ENODEV);
		}
		vmremap_area_put(area);
	}
}

static void on_revoke_of_no_revocable_area(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SIZE, 0);
	struct notifier_block nb = { .notifier_call = note_revoke };

	KUNIT_EXPECT_EQ(test, vmremap_area_on_revoke(dev->area, &nb), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, vmremap_area_on_revoke(NULL, &nb), -EFAULT);
	KUNIT_EXPECT_EQ(test, vmremap_area_on_revoke(ERR_PTR(-ENOMEM), &nb), -EFAULT);
}

static struct kunit_case driver_cases[] = {
	KUNIT_CASE_PARAM(counts_vmas, own_hook_gen_params),
	KUNIT_CASE(counts_vmas_of_parts),
	KUNIT_CASE_PARAM(counted_mapping_is_revoked, own_hook_gen_params),
	KUNIT_CASE_PARAM(every_allocation_fails, own_hook_gen_params),
	KUNIT_CASE(nested_hook_cannot_count),
	KUNIT_CASE_PARAM(fsync_is_the_drivers, hook_gen_params),
	KUNIT_CASE_PARAM(named, hook_gen_params),
	KUNIT_CASE(on_revoke),
	KUNIT_CASE(on_revoke_beside_a_revoke),
	KUNIT_CASE(on_revoke_of_no_revocable_area),
	{}
};

static struct kunit_suite driver_suite = {
	.name = "vmremap-driver",
	.test_cases = driver_cases,
};

kunit_test_suite(driver_suite);
