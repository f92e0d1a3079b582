/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TEST_H
#define TEST_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "../vmremap_test.h"

struct page;
struct vm_area_desc;
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

/* What one open file has. */
struct test_file {
	struct mutex lock; /* keeps ioctls of one file apart */
	struct test_memory slots[VMREMAP_TEST_SLOTS];
	struct vmremap_test_plan plan;
	struct list_head fragments;
};

struct test_memory *test_memory_get(struct test_file *tf, u32 slot);
int test_memory_alloc(struct test_file *tf, struct vmremap_test_memory *req);
int test_memory_info(struct test_file *tf, struct vmremap_test_memory *req);
int test_memory_free(struct test_file *tf, u32 slot);
int test_memory_access(struct test_file *tf, bool write,
		       const struct vmremap_test_access *req);
int test_memory_references(struct test_file *tf, u32 slot);

int test_plan_mmap(struct test_file *tf, struct vm_area_struct *vma);
int test_plan_prepare(struct test_file *tf, struct vm_area_desc *desc);

int test_fragment(struct test_file *tf, unsigned int order);
void test_fragment_free(struct test_file *tf);

#endif /* TEST_H */
