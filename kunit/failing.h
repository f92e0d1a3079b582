/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_KUNIT_FAILING_H
#define VMREMAP_KUNIT_FAILING_H

#include <kunit/test.h>

/* Prepare for failing allocations; skip @test if the kernel cannot inject them. */
void failing_init(struct kunit *test);

/* Fail the @nth allocation of this task from now on, of slab objects or of pages. */
void failing_nth(unsigned int nth);

/* Fail the @nth and all later ones, so that retries fail, too. */
void failing_from(unsigned int nth);

/* Fail the next @times allocations of slab objects. */
void failing_first(unsigned int times);

/* Stop failing. Return: true if the @nth allocation was reached. */
bool failing_end(void);

/* Fail each allocation of pages above @order, until failing_end(). */
void failing_above(unsigned int order);

/* Bounds a loop that fails each allocation of an operation in turn. */
#define FAILING_MAX	1000

#endif /* VMREMAP_KUNIT_FAILING_H */
