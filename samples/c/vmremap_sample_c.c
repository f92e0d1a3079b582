// SPDX-License-Identifier: GPL-2.0
/*
 * vmremap C sample: a device that shares two areas with programs, and can be unplugged
 * while programs use them:
 *
 *	echo vmremap-sample-c >/sys/bus/platform/drivers/vmremap-sample-c/unbind
 *
 * A program that uses it, without error handling (demo.c has a complete one):
 *
 *	#include <fcntl.h>
 *	#include <stdio.h>
 *	#include <sys/ioctl.h>
 *	#include <sys/mman.h>
 *	#include "vmremap_sample.h"
 *
 *	int main(void)
 *	{
 *		int fd = open("/dev/vmremap-sample-c", O_RDWR);
 *		const struct vmremap_sample_control *control =
 *			mmap(NULL, sizeof(*control), PROT_READ, MAP_SHARED,
 *			     fd, VMREMAP_SAMPLE_CONTROL);
 *		unsigned char *data =
 *			mmap(NULL, control->bytes, PROT_READ | PROT_WRITE,
 *			     MAP_SHARED, fd, VMREMAP_SAMPLE_DATA);
 *		struct vmremap_sample_fill fill = { .seed = 42 };
 *		struct vmremap_sample_sum sum;
 *
 *		ioctl(fd, VMREMAP_SAMPLE_FILL, &fill);
 *		printf("the driver wrote %u\n", data[0]);
 *
 *		data[0] = 7;
 *		ioctl(fd, VMREMAP_SAMPLE_SUM, &sum);
 *		printf("the driver sums %llu\n", control->checksum);
 *		return 0;
 *	}
 */

#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vmremap.h"
#include "vmremap_sample.h"

#ifdef VMREMAP_SAMPLE_MMAP
#define SAMPLE_NAME "vmremap-sample-c-mmap"
#else
#define SAMPLE_NAME "vmremap-sample-c"
#endif

static unsigned long size = SZ_1M;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "size of the data buffer in bytes (default 1 MiB)");

/*
 * The state of an open file, which several processes may share. The lock serialises the
 * ioctls; nothing keeps a program from writing the data at any time.
 */
struct sample {
	struct list_head node; /* in samples, under samples_lock */
	bool unplugged; /* under samples_lock */
	struct mutex lock; /* serialises the ioctls */
	struct vmremap_area *control;
	struct vmremap_area *data;
	u64 sequence;
};

/* The open files of the device that is plugged in now. */
static LIST_HEAD(samples);
static DEFINE_MUTEX(samples_lock);

/*
 * Access the data buffer byte by byte, with READ_ONCE() and WRITE_ONCE(), because the compiler
 * must not assume that a byte stays the same after it was read.
 */

static int sample_yield(size_t i)
{
	if (i % PAGE_SIZE)
		return 0;
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int sample_fill(struct sample *sample, u64 seed)
{
	u8 *data = vmremap_area_addr(sample->data);
	size_t bytes = vmremap_area_size(sample->data);
	int ret;

	for (size_t i = 0; i < bytes; i++) {
		WRITE_ONCE(data[i], vmremap_sample_byte(seed, i));
		ret = sample_yield(i);
		if (ret)
			return ret;
	}
	return 0;
}

static int sample_sum(struct sample *sample, u64 *checksum)
{
	const u8 *data = vmremap_area_addr(sample->data);
	size_t bytes = vmremap_area_size(sample->data);
	u64 sum = VMREMAP_SAMPLE_CHECKSUM_INIT;
	int ret;

	for (size_t i = 0; i < bytes; i++) {
		sum = vmremap_sample_checksum(sum, READ_ONCE(data[i]));
		ret = sample_yield(i);
		if (ret)
			return ret;
	}
	*checksum = sum;
	return 0;
}

/*
 * While the data is frozen, no program can change it. The driver can check it in place, with
 * plain accesses.
 */
static int sample_verify(struct sample *sample, struct vmremap_sample_verify *verify)
{
	const u8 *data = vmremap_area_addr(sample->data);
	size_t bytes = vmremap_area_size(sample->data);
	int ret = vmremap_area_freeze(sample->data);

	if (ret)
		return ret;
	verify->wrong = 0;
	for (size_t i = 0; i < bytes && !ret; i++) {
		verify->wrong += data[i] != vmremap_sample_byte(verify->seed, i);
		ret = sample_yield(i);
	}
	vmremap_area_thaw(sample->data);
	return ret;
}

/*
 * Update the control page, which programs read without a lock: an odd sequence tells them
 * that the page is being changed. The driver keeps its own sequence and only writes copies of it.
 */
static void sample_publish(struct sample *sample, u64 checksum)
{
	struct vmremap_sample_control *control = vmremap_area_addr(sample->control);

	WRITE_ONCE(control->sequence, ++sample->sequence);
	/* Readers that see a new value below must see the odd sequence, too. */
	smp_wmb();
	WRITE_ONCE(control->bytes, vmremap_area_size(sample->data));
	WRITE_ONCE(control->checksum, checksum);
	/* Readers that see the even sequence must see the values above. */
	smp_store_release(&control->sequence, ++sample->sequence);
}

static int sample_update(struct sample *sample, u64 *checksum)
{
	int ret = sample_sum(sample, checksum);

	if (!ret)
		sample_publish(sample, *checksum);
	return ret;
}

/*
 * Answer the requests in the rings. A program can write anything to head and tail of a ring, so
 * their number is limited, and each index is taken modulo the size of the ring.
 */
static long sample_echo(struct sample *sample)
{
	struct vmremap_sample_rings *rings = vmremap_area_addr(sample->data);
	u32 head, tail, answered, count, i;

	if (vmremap_area_size(sample->data) < sizeof(*rings))
		return -EINVAL;
	head = READ_ONCE(rings->requests.head);
	answered = READ_ONCE(rings->answers.tail);
	/* Pairs with the program's release: the messages below the tail are complete. */
	tail = smp_load_acquire(&rings->requests.tail);
	count = min(tail - head, VMREMAP_SAMPLE_MESSAGES);
	for (i = 0; i < count; i++) {
		u64 message = READ_ONCE(rings->requests.messages[head % VMREMAP_SAMPLE_MESSAGES]);

		/* The program may overwrite this message now. */
		smp_store_release(&rings->requests.head, ++head);
		WRITE_ONCE(rings->answers.messages[answered % VMREMAP_SAMPLE_MESSAGES], ~message);
		/* Pairs with the program's acquire: the answer below the tail is complete. */
		smp_store_release(&rings->answers.tail, ++answered);
	}
	return count;
}

static long sample_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct sample *sample = file->private_data;
	void __user *argp = (void __user *)arg;
	struct vmremap_sample_fill fill;
	struct vmremap_sample_verify verify;
	struct vmremap_sample_sum sum;
	long ret;

	if (READ_ONCE(sample->unplugged))
		return -ENODEV;
	switch (cmd) {
	case VMREMAP_SAMPLE_FILL:
		if (copy_from_user(&fill, argp, sizeof(fill)))
			return -EFAULT;
		scoped_cond_guard(mutex_intr, return -EINTR, &sample->lock) {
			ret = sample_fill(sample, fill.seed);
			if (!ret)
				ret = sample_update(sample, &sum.checksum);
		}
		return ret;
	case VMREMAP_SAMPLE_SUM:
		scoped_cond_guard(mutex_intr, return -EINTR, &sample->lock)
			ret = sample_update(sample, &sum.checksum);
		if (!ret && copy_to_user(argp, &sum, sizeof(sum)))
			return -EFAULT;
		return ret;
	case VMREMAP_SAMPLE_VERIFY:
		if (copy_from_user(&verify, argp, sizeof(verify)))
			return -EFAULT;
		scoped_cond_guard(mutex_intr, return -EINTR, &sample->lock)
			ret = sample_verify(sample, &verify);
		if (!ret && copy_to_user(argp, &verify, sizeof(verify)))
			return -EFAULT;
		return ret;
	case VMREMAP_SAMPLE_ECHO:
		scoped_cond_guard(mutex_intr, return -EINTR, &sample->lock)
			ret = sample_echo(sample);
		return ret;
	case VMREMAP_SAMPLE_REVOKE:
		return vmremap_area_revoke(sample->data);
	default:
		return -ENOTTY;
	}
}

/*
 * mmap(): the offset selects an area and a page in it. vmremap checks everything else: the
 * length, the protection and the policy.
 */
static struct vmremap_area *sample_area(struct file *file, unsigned long *pgoff)
{
	struct sample *sample = file->private_data;
	const unsigned long data = VMREMAP_SAMPLE_DATA >> PAGE_SHIFT;

	if (*pgoff < data)
		return sample->control;
	*pgoff -= data;
	return sample->data;
}

#ifdef VMREMAP_SAMPLE_MMAP
static int sample_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long pgoff = vma->vm_pgoff;
	struct vmremap_area *area = sample_area(file, &pgoff);

	return vmremap_area_mmap(area, vma, pgoff);
}
#else
static int sample_mmap_prepare(struct vm_area_desc *desc)
{
	unsigned long pgoff = desc->pgoff;
	struct vmremap_area *area = sample_area(desc->file, &pgoff);

	return vmremap_area_mmap_prepare(area, desc, pgoff);
}
#endif

static int sample_open(struct inode *inode, struct file *file)
{
	struct sample *sample = kzalloc_obj(*sample);
	int ret;

	if (!sample)
		return -ENOMEM;
	mutex_init(&sample->lock);

	sample->control = vmremap_area_alloc(sizeof(struct vmremap_sample_control),
					     VMREMAP_RDONLY | VMREMAP_REVOCABLE);
	if (IS_ERR(sample->control)) {
		ret = PTR_ERR(sample->control);
		goto free;
	}
	sample->data = vmremap_area_alloc(size, VMREMAP_REVOCABLE);
	if (IS_ERR(sample->data)) {
		ret = PTR_ERR(sample->data);
		goto put_control;
	}
	sample_publish(sample, 0);
	file->private_data = sample;
	scoped_guard(mutex, &samples_lock)
		list_add(&sample->node, &samples);
	return 0;

put_control:
	vmremap_area_put(sample->control);
free:
	kfree(sample);
	return ret;
}

/* Mappings stay, because they keep the areas. */
static int sample_release(struct inode *inode, struct file *file)
{
	struct sample *sample = file->private_data;

	scoped_guard(mutex, &samples_lock)
		list_del(&sample->node);
	vmremap_area_put(sample->data);
	vmremap_area_put(sample->control);
	kfree(sample);
	return 0;
}

static const struct file_operations sample_fops = {
	.owner = THIS_MODULE,
	.open = sample_open,
	.release = sample_release,
	.unlocked_ioctl = sample_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
#ifdef VMREMAP_SAMPLE_MMAP
	.mmap = sample_mmap,
#else
	.mmap_prepare = sample_mmap_prepare,
#endif
	.get_unmapped_area = vmremap_get_unmapped_area,
};

static struct miscdevice sample_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = SAMPLE_NAME,
	.fops = &sample_fops,
};

/*
 * The device goes away. misc_deregister() waits for open() calls that are running. Files stay
 * open and mappings stay, but their memory is revoked.
 */
static void sample_remove(void *unused)
{
	struct sample *sample, *next;

	misc_deregister(&sample_device);
	guard(mutex)(&samples_lock);
	list_for_each_entry_safe(sample, next, &samples, node) {
		list_del_init(&sample->node);
		WRITE_ONCE(sample->unplugged, true);
		vmremap_area_revoke(sample->control);
		vmremap_area_revoke(sample->data);
	}
}

static int sample_probe(struct platform_device *pdev)
{
	int ret = misc_register(&sample_device);

	return ret ?: devm_add_action_or_reset(&pdev->dev, sample_remove, NULL);
}

static struct platform_driver sample_driver = {
	.probe = sample_probe,
	.driver.name = SAMPLE_NAME,
};

/* A real driver needs none of this, because a bus finds its devices. */
static struct platform_device *sample_platform_device;

static int __init sample_init(void)
{
	int ret = platform_driver_register(&sample_driver);

	if (ret)
		return ret;
	sample_platform_device = platform_device_register_simple(SAMPLE_NAME,
								 PLATFORM_DEVID_NONE,
								 NULL, 0);
	if (IS_ERR(sample_platform_device)) {
		platform_driver_unregister(&sample_driver);
		return PTR_ERR(sample_platform_device);
	}
	return 0;
}
module_init(sample_init);

static void __exit sample_exit(void)
{
	platform_device_unregister(sample_platform_device);
	platform_driver_unregister(&sample_driver);
}
module_exit(sample_exit);

MODULE_DESCRIPTION("vmremap sample: a device that shares memory with programs");
MODULE_LICENSE("GPL");
