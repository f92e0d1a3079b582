/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_KUNIT_FAILING_H
#define VMREMAP_KUNIT_FAILING_H

#include <kunit/test.h>

/* Let allocations of @test fail on demand; skip it where they cannot. */
void failing_init(struct kunit *test);

/* From here on, the @nth allocation of this task fails, slab or pages. */
void failing_nth(unsigned int nth);

/* The same for all that follow it, too: what tries again has no luck either. */
void failing_from(unsigned int nth);

/* From here on, the first @times allocations from slabs fail. */
void failing_first(unsigned int times);

/* Nothing fails any more. Return: did it come to the @nth? */
bool failing_end(void);

/* No block of pages above @order can be had, until failing_end(). */
void failing_above(unsigned int order);

/* A limit for loops over all allocations of something that ends. */
#define FAILING_MAX	1000

#endif /* VMREMAP_KUNIT_FAILING_H */
