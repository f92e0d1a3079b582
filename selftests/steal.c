// SPDX-License-Identifier: GPL-2.0
/*
 * A page that is spliced through a pipe outlives its area and gets another owner: FUSE takes it
 * into its page cache.
 */
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "areas.h"
#include "plan.h"

#define MOUNT	"/tmp/vmremap-fuse"
#define FILE_ID	2
#define VALUE	0x5eed0000UL

FIXTURE(steal) {
	int fuse;
	pid_t server;
};

FIXTURE_VARIANT(steal) {
	__u32 kind;
	__u32 function;
	bool dirty;
	bool keep;
};

FIXTURE_VARIANT_ADD(steal, area) {
	.kind = VMREMAP_TEST_AREA, .function = VMREMAP_TEST_AREA_MMAP,
};

/* For comparison, a page that the stock function maps. */
FIXTURE_VARIANT_ADD(steal, stock) {
	.kind = VMREMAP_TEST_VMALLOC_USER, .function = VMREMAP_TEST_STOCK_RANGE,
};

/* Written through the mapping, so that unmapping it marks the page dirty. */
FIXTURE_VARIANT_ADD(steal, area_that_was_written) {
	.kind = VMREMAP_TEST_AREA, .function = VMREMAP_TEST_AREA_MMAP, .dirty = true,
};

FIXTURE_VARIANT_ADD(steal, area_that_lives_on) {
	.kind = VMREMAP_TEST_AREA, .function = VMREMAP_TEST_AREA_MMAP, .keep = true,
};

/* A reply in one write. Only the reply with the page is spliced. */
static void reply(int fuse, __u64 unique, int err, const void *data, size_t size)
{
	struct fuse_out_header head = { sizeof(head) + size, err, unique };
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)data, size } };

	if (writev(fuse, parts, size ? 2 : 1) < 0)
		exit(1);
}

/* Splice a page into a reply, after freeing its area unless the variant keeps it. */
static void reply_with_page(const struct _fixture_variant_steal *variant, int fuse, __u64 unique)
{
	struct fuse_out_header head = { sizeof(head) + PAGE_SIZE, 0, unique };
	struct vmremap_test_call call = { .function = variant->function };
	int fd = open(TEST_MMAP, O_RDWR), ends[2];
	long before = areas();
	struct iovec gift = { .iov_len = PAGE_SIZE };

	if (fd < 0 || pipe(ends) || memory_alloc(fd, 0, variant->kind, PAGE_SIZE, 0) ||
	    memory_poke(fd, 0, 1, VALUE))
		exit(2);
	gift.iov_base = map_call(fd, &call, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	if (gift.iov_base == MAP_FAILED)
		exit(3);
	if (variant->dirty)
		*(__u64 *)gift.iov_base = VALUE;
	if (write(ends[1], &head, sizeof(head)) != sizeof(head) ||
	    vmsplice(ends[1], &gift, 1, SPLICE_F_GIFT) != PAGE_SIZE)
		exit(4);
	if (munmap(gift.iov_base, PAGE_SIZE))
		exit(5);
	if (!variant->keep) {
		close(fd);
		/* A worker frees the area, and does not cache it, because its page is in use. */
		if (!eventually(areas() <= before))
			exit(8);
	}
	if (splice(ends[0], NULL, fuse, NULL, sizeof(head) + PAGE_SIZE, SPLICE_F_MOVE) < 0)
		exit(6);
	if (variant->keep && memory_peek(fd, 0, 1, VALUE))
		exit(7);
	close(ends[0]);
	close(ends[1]);
}

static void serve(const struct _fixture_variant_steal *variant, int fuse)
{
	static char buf[1 << 20];
	struct fuse_in_header *in = (void *)buf;

	while (read(fuse, buf, sizeof(buf)) > 0) {
		struct fuse_attr attr = {
			.ino = in->nodeid, .nlink = 1, .blksize = PAGE_SIZE,
			.mode = in->nodeid == FILE_ID ? S_IFREG | 0666 : S_IFDIR | 0755,
			.size = in->nodeid == FILE_ID ? PAGE_SIZE : 0,
		};

		switch (in->opcode) {
		case FUSE_INIT: {
			struct fuse_init_in *asked = (void *)(in + 1);
			struct fuse_init_out out = {
				.major = 7, .minor = 31, .max_readahead = 65536,
				.max_write = 65536, .max_background = 1,
				.congestion_threshold = 1,
			};

			out.flags = asked->flags & (FUSE_SPLICE_MOVE | FUSE_SPLICE_WRITE |
						    FUSE_SPLICE_READ);
			reply(fuse, in->unique, 0, &out, sizeof(out));
			break;
		}
		case FUSE_LOOKUP: {
			struct fuse_entry_out out = {
				.nodeid = FILE_ID, .attr_valid = 100, .entry_valid = 100,
			};

			attr.ino = FILE_ID;
			attr.mode = S_IFREG | 0666;
			attr.size = PAGE_SIZE;
			out.attr = attr;
			reply(fuse, in->unique, 0, &out, sizeof(out));
			break;
		}
		case FUSE_GETATTR: {
			struct fuse_attr_out out = { .attr_valid = 100, .attr = attr };

			reply(fuse, in->unique, 0, &out, sizeof(out));
			break;
		}
		case FUSE_OPEN: {
			struct fuse_open_out out = {};

			reply(fuse, in->unique, 0, &out, sizeof(out));
			break;
		}
		case FUSE_READ:
			reply_with_page(variant, fuse, in->unique);
			break;
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
			break;
		default:
			reply(fuse, in->unique, -EOPNOTSUPP, NULL, 0);
		}
	}
	exit(0);
}

FIXTURE_SETUP(steal)
{
	char options[100];

	self->server = 0;
	self->fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (self->fuse < 0)
		SKIP(return, "no /dev/fuse");
	mkdir(MOUNT, 0777);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		 self->fuse);
	ASSERT_EQ(0, mount("vmremap", MOUNT, "fuse", 0, options));
	self->server = fork();
	ASSERT_GE(self->server, 0);
	if (!self->server)
		serve(variant, self->fuse);
}

FIXTURE_TEARDOWN(steal)
{
	int status = -1;

	if (self->server > 0) {
		/* The server ends by itself only if it has failed. */
		EXPECT_EQ(0, waitpid(self->server, &status, WNOHANG))
			TH_LOG("the server ended with %x", status);
		umount2(MOUNT, MNT_DETACH);
		kill(self->server, SIGKILL);
		wait_for(self->server);
	}
	close(self->fuse);
}

/* PagesOutlive: the new owner of the page finds its bytes, but no state of the area. */
TEST_F(steal, page_becomes_another_owners)
{
	__u64 page[PAGE_SIZE / sizeof(__u64)];
	int fd;

	if (!self->server)
		SKIP(return, "no /dev/fuse");
	fd = open(MOUNT "/file", O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	/* First from the server, then from the page cache that has the page now. */
	for (int i = 0; i < 2; i++) {
		memset(page, 0, sizeof(page));
		ASSERT_EQ(PAGE_SIZE, pread(fd, page, PAGE_SIZE, 0));
		EXPECT_EQ(VALUE, page[0]);
		EXPECT_EQ(0, page[1]);
	}
	/* Freeing the page would use state that the area has left in it. */
	EXPECT_EQ(0, posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
	close(fd);
}

TEST_HARNESS_MAIN
