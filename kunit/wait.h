/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_KUNIT_WAIT_H
#define VMREMAP_KUNIT_WAIT_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>

/*
 * After so many jiffies, an event cannot come any more: a tenth of what KUnit gives each test,
 * which kunit.timeout= sets in seconds for slow kernels.
 */
#define patience(test)		((test)->try_catch.timeout / 10)

/* Wait until @condition holds. Returns false if it still does not in the end. */
#define eventually(test, condition) ({				\
	unsigned long end_ = jiffies + patience(test);		\
	bool holds_;						\
								\
	while (!(holds_ = (condition)) && time_before(jiffies, end_))	\
		msleep(20);					\
	holds_;							\
})

#endif /* VMREMAP_KUNIT_WAIT_H */
