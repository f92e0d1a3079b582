// SPDX-License-Identifier: GPL-2.0
/*
 * cost BASE DEVICE...: measure what a program pays to map, touch and unmap the memory of a sample
 * device, and to exchange messages with its driver. Fails if a DEVICE costs over one percent more
 * than BASE. Needs a VM with --count-instructions. KTAP.
 */
#include <err.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../samples/vmremap_sample.h"
#include "cost.h"

#define KIB		1024UL
#define SIZES		2
#define MESSAGES	2048U
#define ROUNDS		200U

/* Allowed cost in percent of BASE. */
#define PERCENT		101

/* Sizes of a mapping. */
static const size_t sizes[SIZES] = { 64 * KIB, 65536 * KIB };

static __u64 cost_of_device(const char *device, size_t size)
{
	int fd = open(device, O_RDWR);
	struct cost cost;

	if (fd < 0)
		err(1, "%s", device);
	if (!cost_of(device, fd, VMREMAP_SAMPLE_DATA, size, &cost))
		err(1, "mmap");
	close(fd);
	return cost.all;
}

/* Write requests until the ring is full, or the tail is @end. Returns the new tail. */
static __u32 ask(struct vmremap_sample_ring *requests, __u32 tail, __u32 end)
{
	__u32 head = __atomic_load_n(&requests->head, __ATOMIC_ACQUIRE);

	while (tail - head < VMREMAP_SAMPLE_MESSAGES && tail < end) {
		__atomic_store_n(&requests->messages[tail % VMREMAP_SAMPLE_MESSAGES],
				 tail * 3ULL, __ATOMIC_RELAXED);
		__atomic_store_n(&requests->tail, ++tail, __ATOMIC_RELEASE);
	}
	return tail;
}

/* Read all answers. Returns the new head. */
static __u32 hear(struct vmremap_sample_ring *answers, __u32 head)
{
	__u32 tail = __atomic_load_n(&answers->tail, __ATOMIC_ACQUIRE);

	while (head != tail) {
		__u64 answer = __atomic_load_n(&answers->messages[head % VMREMAP_SAMPLE_MESSAGES],
					       __ATOMIC_RELAXED);

		if (answer != ~(head * 3ULL))
			errx(1, "answer %u is %llx", head, answer);
		__atomic_store_n(&answers->head, ++head, __ATOMIC_RELEASE);
	}
	return head;
}

/* The cost of sending the next messages to the driver and receiving the answers. */
static __u64 echo(int fd, struct vmremap_sample_rings *rings, __u32 heard)
{
	__u32 asked = heard, end = heard + MESSAGES;
	__u64 start = now();

	while (heard < end) {
		asked = ask(&rings->requests, asked, end);
		if (ioctl(fd, VMREMAP_SAMPLE_ECHO) != (int)(asked - heard))
			err(1, "%u asked, %u heard", asked, heard);
		heard = hear(&rings->answers, heard);
	}
	return now() - start;
}

/* The cheapest round, because it is so short that no interrupt hits it. */
static __u64 best_echo(const char *device)
{
	int fd = open(device, O_RDWR);
	struct vmremap_sample_rings *rings = mmap(NULL, sizeof(*rings), PROT_READ | PROT_WRITE,
						  MAP_SHARED, fd, VMREMAP_SAMPLE_DATA);
	__u64 cost = UINT64_MAX;

	if (fd < 0 || rings == MAP_FAILED)
		err(1, "%s", device);
	for (__u32 round = 0; round < ROUNDS; round++) {
		__u64 one = echo(fd, rings, round * MESSAGES);

		if (one < cost)
			cost = one;
	}
	munmap(rings, sizeof(*rings));
	close(fd);
	printf("# figure: %s: %.1f instructions for a message to the driver and its answer\n",
	       device, (double)cost / MESSAGES);
	return cost;
}

int main(int argc, char *argv[])
{
	int failed = 0, nr = 0;
	__u64 echo_base;

	printf("KTAP version 1\n1..%d\n", (argc - 2) * (SIZES + 1));
	for (const size_t *size = sizes; size < sizes + SIZES; size++) {
		__u64 base = cost_of_device(argv[1], *size);

		for (int i = 2; i < argc; i++) {
			__u64 cost = cost_of_device(argv[i], *size);
			int ok = cost * 100 <= base * PERCENT;

			printf("# figure: %s costs %.3f times %s\n", argv[i],
			       (double)cost / base, argv[1]);
			printf("%sok %d %s costs as %s for %zu KiB\n", ok ? "" : "not ", ++nr,
			       argv[i], argv[1], *size / KIB);
			failed += !ok;
		}
	}

	echo_base = best_echo(argv[1]);
	for (int i = 2; i < argc; i++) {
		__u64 cost = best_echo(argv[i]);
		int ok = cost * 100 <= echo_base * PERCENT;

		printf("# figure: %u messages cost %s %.3f times what they cost %s\n", MESSAGES,
		       argv[i], (double)cost / echo_base, argv[1]);
		printf("%sok %d %s costs as %s for messages\n", ok ? "" : "not ", ++nr, argv[i],
		       argv[1]);
		failed += !ok;
	}
	return failed;
}
