// SPDX-License-Identifier: GPL-2.0
/* A driver outside of the project, which a parameter makes misbehave. */

#include <linux/module.h>
#include <linux/vmalloc.h>

#include <vmremap.h>

static char *trouble = "none";
module_param(trouble, charp, 0);
MODULE_PARM_DESC(trouble, "none, refuse, warn, oops or panic");

static int __init driver_init(void)
{
	struct vmremap_area *area = vmremap_area_alloc(PAGE_SIZE, 0);

	if (IS_ERR(area))
		return PTR_ERR(area);
	pr_info("driver: %zu bytes, trouble %s\n", vmremap_area_size(area), trouble);
	vmremap_area_put(area);

	if (!strcmp(trouble, "refuse"))
		return -ENODEV;
	if (!strcmp(trouble, "warn"))
		WARN(1, "driver: as told\n");
	if (!strcmp(trouble, "oops"))
		WRITE_ONCE(*(int *)NULL, 1);
	if (!strcmp(trouble, "panic"))
		panic("driver: as told");
	return 0;
}
module_init(driver_init);

static void __exit driver_exit(void)
{
}
module_exit(driver_exit);

MODULE_DESCRIPTION("Driver outside of the project");
MODULE_LICENSE("GPL");
