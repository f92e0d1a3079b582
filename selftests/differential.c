// SPDX-License-Identifier: GPL-2.0
/*
 * Pass the same random arguments to vmremap_range() and to remap_vmalloc_range(). Both must map
 * the same pages or both refuse, except for the differences listed here.
 *
 * The environment variables VMREMAP_SEED and VMREMAP_ROUNDS set the seed of the random numbers
 * and the number of rounds.
 */

#include <time.h>

#include "plan.h"

#define ROUNDS 20000

/* The possible results of a round. */
enum {
	BOTH_MAP,
	BOTH_REFUSE,
	/* Documented differences. */
	STOCK_OOPSES,		/* the range starts in the middle of the area and leaves it */
	STOCK_LACKS_AREAS,	/* the stock function refuses the memory of an area */
	/* Any other result fails the test. */
	DIFFERENT,
	KINDS,
};

static const char * const kind_names[KINDS] = {
	[BOTH_MAP] = "both map",
	[BOTH_REFUSE] = "both refuse",
	[STOCK_OOPSES] = "not given to the kernel's function, refused by vmremap's",
	[STOCK_LACKS_AREAS] = "an area: refused by the kernel's, mapped by vmremap's",
	[DIFFERENT] = "different",
};

/* The memory in each slot. */
static const struct {
	__u32 kind;
	__u32 flags;
	__u32 pages;
} memory[] = {
	{ VMREMAP_TEST_VMALLOC_USER, 0, 1 },
	{ VMREMAP_TEST_VMALLOC_USER, 0, 2 },
	{ VMREMAP_TEST_VMALLOC_USER, 0, 16 },
	{ VMREMAP_TEST_VMALLOC_USER, 0, 600 },
	{ VMREMAP_TEST_VMALLOC, 0, 16 },
	{ VMREMAP_TEST_VMALLOC_FREED, 0, 16 },
	{ VMREMAP_TEST_VMALLOC_NEVER, 0, 16 },
	{ VMREMAP_TEST_KMALLOC, 0, 4 },
	/* The smallest size of a kernel stack; other memory may follow directly. */
	{ VMREMAP_TEST_STACK, 0, 0x4000 / PAGE_SIZE },
	{ VMREMAP_TEST_IOREMAP, 0, 16 },
	{ VMREMAP_TEST_AREA_NULL, 0, 1 },
	{ VMREMAP_TEST_AREA, 0, 1 },
	{ VMREMAP_TEST_AREA, 0, 16 },
	{ VMREMAP_TEST_AREA, 0, 600 },
	{ VMREMAP_TEST_AREA, VMREMAP_RDONLY, 16 },
	{ VMREMAP_TEST_VMAP, 0, 16 },
};

static __u64 state;

static __u64 random_word(void)
{
	/* splitmix64 */
	__u64 z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static __u64 below(__u64 limit)
{
	return random_word() % limit;
}

/* A number within 2 of @centre. */
static __u64 near(__u64 centre)
{
	return centre + below(5) - 2;
}

struct arguments {
	__u32 slot;
	__u64 kaddr;
	__u64 pgoff;
	__u64 pages;
	int prot;
	int flags;
};

static __u64 random_pgoff(__u64 pages)
{
	switch (below(8)) {
	case 0:
	case 1:
	case 2:
		return 0;
	case 3:
	case 4:
		return below(pages);
	case 5:
		return near(pages);
	case 6:
		return near(1ULL << below(64));
	default:
		return random_word();
	}
}

static struct arguments random_arguments(void)
{
	__u32 slot = below(ARRAY_SIZE(memory));
	__u64 pages = memory[slot].pages;
	struct arguments args = {
		.slot = slot,
		.pgoff = random_pgoff(pages),
		.prot = below(4) ? RW : PROT_READ,
		.flags = below(4) ? MAP_SHARED : MAP_PRIVATE,
	};
	__u64 left;

	/* The address: mostly the start, sometimes inside, rarely not page aligned. */
	if (!below(3))
		args.kaddr = below(pages) * PAGE_SIZE;
	if (!below(16))
		args.kaddr += below(PAGE_SIZE);

	/* The size: mostly one that fits, or almost fits. */
	left = pages - args.kaddr / PAGE_SIZE;
	if (args.pgoff < left)
		left -= args.pgoff;
	args.pages = below(2) ? 1 + below(left) : near(left);
	if (!args.pages || args.pages > pages + 2)
		args.pages = 1;
	return args;
}

/*
 * remap_vmalloc_range() compares the range with the size of the whole area even if the address
 * is in the middle, and then maps whatever follows the area, or oopses.
 */
static bool overruns_from_the_middle(const struct arguments *args)
{
	__u64 skipped = args->kaddr / PAGE_SIZE, pages = memory[args->slot].pages;

	return skipped && !(args->kaddr % PAGE_SIZE) &&
	       args->pgoff <= pages && args->pgoff + args->pages <= pages &&
	       skipped + args->pgoff + args->pages > pages;
}

static char *map(int fd, __u32 function, const struct arguments *args)
{
	struct vmremap_test_call call = {
		.function = function,
		.slot = args->slot,
		.kaddr = args->kaddr,
		.pgoff = args->pgoff,
	};

	return map_call(fd, &call, args->pages, args->prot, args->flags);
}

/* The first word of each page: its slot and its number. */
static __u64 mark(__u32 slot, __u64 page)
{
	return slot * 1000000ULL + page + 1;
}

static bool shows_its_pages(char *map, const struct arguments *args)
{
	__u64 first = args->kaddr / PAGE_SIZE + args->pgoff;
	__u64 last = args->pages - 1, some = below(args->pages);

	return *page_word(map, 0) == mark(args->slot, first) &&
	       *page_word(map, last) == mark(args->slot, first + last) &&
	       *page_word(map, some) == mark(args->slot, first + some);
}

static bool is_area(const struct arguments *args)
{
	return memory[args->slot].kind == VMREMAP_TEST_AREA;
}

/* The result of a round. If both map but show different pages, that is DIFFERENT. */
static int compare(int fd, const struct arguments *args)
{
	char *ours = map(fd, VMREMAP_TEST_RANGE, args), *stock = MAP_FAILED;
	bool right = true;

	if (ours != MAP_FAILED) {
		right = shows_its_pages(ours, args);
		munmap(ours, args->pages * PAGE_SIZE);
	}
	if (overruns_from_the_middle(args))
		return ours == MAP_FAILED ? STOCK_OOPSES : DIFFERENT;

	stock = map(fd, VMREMAP_TEST_STOCK_RANGE, args);
	if (stock != MAP_FAILED) {
		right &= shows_its_pages(stock, args);
		munmap(stock, args->pages * PAGE_SIZE);
	}

	if (!right)
		return DIFFERENT;
	if (ours == MAP_FAILED && stock == MAP_FAILED)
		return BOTH_REFUSE;
	if (ours != MAP_FAILED && stock != MAP_FAILED)
		return BOTH_MAP;
	if (ours != MAP_FAILED && is_area(args))
		return STOCK_LACKS_AREAS;
	return DIFFERENT;
}

static __u64 setting(const char *name, __u64 otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

TEST(differential)
{
	__u64 seed = setting("VMREMAP_SEED", time(NULL));
	__u64 rounds = setting("VMREMAP_ROUNDS", ROUNDS);
	unsigned long counts[KINDS] = {};
	int fd = open_or_skip(_metadata, TEST_MMAP);

	for (size_t slot = 0; slot < ARRAY_SIZE(memory); slot++) {
		ASSERT_EQ(0, memory_alloc(fd, slot, memory[slot].kind,
					  memory[slot].pages * PAGE_SIZE,
					  memory[slot].flags));
		/* Fails for slots without memory. */
		memory_poke(fd, slot, memory[slot].pages, mark(slot, 0));
	}

	printf("# VMREMAP_SEED=%llu VMREMAP_ROUNDS=%llu\n", seed, rounds);
	state = seed;
	for (__u64 round = 0; round < rounds; round++) {
		struct arguments args = random_arguments();
		int kind = compare(fd, &args);

		counts[kind]++;
		if (kind == DIFFERENT && counts[kind] <= 10)
			printf("# slot %u kaddr %#llx pgoff %#llx pages %llu prot %d flags %d\n",
			       args.slot, args.kaddr, args.pgoff, args.pages,
			       args.prot, args.flags);
	}
	for (int kind = 0; kind < KINDS; kind++)
		printf("# %7lu %s\n", counts[kind], kind_names[kind]);

	EXPECT_EQ(0, counts[DIFFERENT]);
	EXPECT_LT(rounds / 50, counts[BOTH_MAP]);
	EXPECT_LT(rounds / 50, counts[BOTH_REFUSE]);
	close(fd);
}

TEST_HARNESS_MAIN
