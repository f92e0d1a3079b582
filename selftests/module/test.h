/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TEST_H
#define TEST_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "../vmremap_test.h"

struct file;
struct inode;
struct page;
struct vm_area_struct;
struct vmremap_area;

struct test_memory {
	bool used;
	u32 kind;
	u64 size;
	void *addr;
	struct vmremap_area *area;
	struct page **pages;
};

/* Pages that are kept so that their blocks cannot become free. */
struct test_fragments {
	spinlock_t lock; /* of the list */
	struct list_head pages;
	struct notifier_block oom;
};

/* As struct vmremap_test_counts; several processes may map a file. */
struct test_counts {
	atomic_t opened;
	atomic_t closed;
	atomic_t synced;
	u64 start;
	u64 end;
};

/* The state of an open file. */
struct test_file {
	struct mutex lock; /* serialises the ioctls of a file */
	spinlock_t slots_lock; /* protects slots; mmap callbacks cannot take the mutex */
	struct test_memory slots[VMREMAP_TEST_SLOTS];
	struct vmremap_test_plan plan;
	struct test_counts counts;
	struct test_fragments fragments;
};

int test_open(struct inode *inode, struct file *file);
int test_release(struct inode *inode, struct file *file);
long test_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

struct test_memory *test_memory_get(struct test_file *tf, u32 slot);
bool test_memory_hold(struct test_file *tf, u32 nr, struct test_memory *mem);
void test_memory_release(struct test_memory *mem);
int test_memory_alloc(struct test_file *tf, struct vmremap_test_memory *req);
int test_memory_info(struct test_file *tf, struct vmremap_test_memory *req);
int test_memory_free(struct test_file *tf, u32 slot);
int test_memory_access(struct test_file *tf, bool write,
		       const struct vmremap_test_access *req);
int test_memory_references(struct test_file *tf, u32 slot);

int test_plan_mmap(struct test_file *tf, struct vm_area_struct *vma);
void test_after(struct test_file *tf, const struct vmremap_test_call *call);

extern const struct vm_operations_struct test_count_vm_ops, test_access_vm_ops;
int test_fsync(struct file *file, loff_t start, loff_t end, int datasync);
long test_counts_ioctl(struct test_file *tf, void __user *argp);

extern const struct file_operations test_prepare_fops;
extern const struct file_operations test_nested_fops;

int test_fragments_init(struct test_fragments *fragments);
void test_fragments_free(struct test_fragments *fragments);
int test_fragment(struct test_fragments *fragments, unsigned int order);

#endif /* TEST_H */
