/* SPDX-License-Identifier: GPL-2.0 */
/* Count the areas that exist, from the kernel's debug files. */
#ifndef VMREMAP_SELFTESTS_AREAS_H
#define VMREMAP_SELFTESTS_AREAS_H

#include "common.h"

/* Does this line of a stack trace name a function that allocates memory of an area? */
static inline bool allocates_area(const char *line)
{
	return strstr(line, " gather_folios+") ||
	       strstr(line, " map_to_kernel+") ||
	       strstr(line, " vmremap_area_alloc+");
}

/* Number of areas, by their ranges in vmalloc space. */
static inline long areas(void)
{
	char line[512];
	long nr = 0;

	for_each_line(line, "/proc/vmallocinfo")
		nr += allocates_area(line);
	return nr;
}

#define STACKS "/sys/kernel/debug/page_owner_stacks/show_stacks"

/*
 * Number of pages that were allocated as memory of areas and are not free, pinned ones included;
 * -1 without page_owner=on. Page tables and slabs do not count.
 */
static inline long area_pages(void)
{
	bool of_folio = false, of_area = false;
	char line[512];
	long sum = 0, nr;

	if (access(STACKS, R_OK))
		return -1;
	for_each_line(line, STACKS) {
		if (sscanf(line, "nr_base_pages: %ld", &nr) == 1) {
			sum += of_area ? nr : 0;
			of_area = false;
		}
		of_area |= of_folio && allocates_area(line);
		of_folio = strstr(line, "folio_alloc");
	}
	return sum;
}

#endif /* VMREMAP_SELFTESTS_AREAS_H */
