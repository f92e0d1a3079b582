// SPDX-License-Identifier: GPL-2.0
/*
 * rxe: map completion queues of drivers/infiniband/sw/rxe, and check that they have the kernel's
 * header. Prints what it costs to map one.
 */
#include <fcntl.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_rxe.h>
#include <unistd.h>

#include "measure.h"

static void submit(int fd, int number, void *request, size_t size,
		   void *response, size_t response_size)
{
	struct ib_uverbs_cmd_hdr *header = request;

	header->command = number;
	header->in_words = size / 4;
	header->out_words = response_size / 4;
	/* The first member of all these commands is the address of the response. */
	*(__u64 *)(header + 1) = (__u64)response;
	if (write(fd, request, size) != (ssize_t)size)
		err(1, "uverbs command %d", number);
}

int main(void)
{
	struct {
		struct ib_uverbs_cmd_hdr header;
		struct ib_uverbs_get_context body;
	} context = { 0 };
	struct {
		struct ib_uverbs_cmd_hdr header;
		struct ib_uverbs_create_cq body;
	} create = { 0 };
	struct ib_uverbs_get_context_resp context_response;
	struct {
		struct ib_uverbs_create_cq_resp body;
		struct rxe_create_cq_resp driver;
	} response;
	int fd = open("/dev/infiniband/uverbs0", O_RDWR);
	__u64 least = ~0ULL;
	size_t size = 0;

	if (fd < 0)
		err(1, "/dev/infiniband/uverbs0");
	submit(fd, IB_USER_VERBS_CMD_GET_CONTEXT, &context, sizeof(context),
	       &context_response, sizeof(context_response));
	/* A queue can be mapped once. */
	for (int round = 0; round <= ROUNDS; round++) {
		create.body.cqe = 32767;
		create.body.comp_channel = -1;
		submit(fd, IB_USER_VERBS_CMD_CREATE_CQ, &create, sizeof(create),
		       &response, sizeof(response));
		size = (response.driver.mi.size + 4095) / 4096 * 4096;
		if (round) {
			measure(fd, size, response.driver.mi.offset, &least);
			continue;
		}
		struct rxe_queue_buf *queue = map(fd, size, response.driver.mi.offset);

		printf("%d entries of %d bytes\n", queue->index_mask + 1,
		       1 << queue->log2_elem_size);
		munmap(queue, size);
	}
	return print_cost(size, least);
}
