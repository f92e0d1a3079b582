// SPDX-License-Identifier: GPL-2.0
/*
 * What SELinux decides about an area and about plain vmalloc memory, under selinux/policy.conf.
 * That file describes the domains that the tests name.
 */

#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#include "plan.h"

/* secclass_map: the names of SELinux's permissions. */
struct security_class_mapping {
	const char *name;
	const char *perms[sizeof(__u32) * 8 + 1];
};

#include <../../../security/selinux/include/classmap.h>

#define RX (PROT_READ | PROT_EXEC)
#define PAGES 8UL
#define SIZE (PAGES * PAGE_SIZE)
#define TRACING "/sys/kernel/tracing/"

static const struct kind {
	const char *name;
	const char *device;
	__u32 memory;
	__u32 function;
} kinds[] = {
	{ ".mmap", TEST_MMAP, VMREMAP_TEST_AREA, VMREMAP_TEST_AREA_MMAP },
	{ ".mmap_prepare", TEST_PREPARE, VMREMAP_TEST_AREA, VMREMAP_TEST_AREA_MMAP },
	{ "nested", TEST_NESTED, VMREMAP_TEST_AREA, VMREMAP_TEST_AREA_MMAP },
	{ "drop-in", TEST_MMAP, VMREMAP_TEST_AREA, VMREMAP_TEST_RANGE },
	{ "pieces", TEST_MMAP, VMREMAP_TEST_AREA, VMREMAP_TEST_RANGE_PARTIAL },
	{ "remap_vmalloc_range()", TEST_MMAP, VMREMAP_TEST_VMALLOC_USER, VMREMAP_TEST_STOCK_RANGE },
	{ "vmalloc memory", TEST_MMAP, VMREMAP_TEST_VMALLOC_USER, VMREMAP_TEST_RANGE },
};

/*
 * An outcome is the name of an errno, or "0", and then the permissions that SELinux has denied:
 * without any, it was not SELinux that refused the call.
 */
struct expected {
	const char *stock;	/* of plain vmalloc memory */
	const char *area;	/* of an area; NULL if it is the same */
	const char *range;	/* of an area that vmremap_range() maps; NULL if it is the same */
	const char *pieces;	/* of two pieces of an area; NULL if it is the same */
};

static const char *expected_of(const struct kind *kind, const struct expected *expected)
{
	const char *outcome = expected->stock;

	if (kind->memory != VMREMAP_TEST_AREA)
		return outcome;
	outcome = expected->area ?: outcome;
	if (kind->function != VMREMAP_TEST_AREA_MMAP)
		outcome = expected->range ?: outcome;
	if (kind->function == VMREMAP_TEST_RANGE_PARTIAL)
		outcome = expected->pieces ?: outcome;
	return outcome;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t len = strlen(text);
	int ret = fd >= 0 && write(fd, text, len) == len ? 0 : -1;

	close(fd);
	return ret;
}

/* Continue in another domain. */
static int become(const char *domain)
{
	char context[64];

	snprintf(context, sizeof(context), "u:r:%s", domain);
	return write_file("/proc/self/attr/current", context);
}

static int forget_denials(void)
{
	return write_file(TRACING "trace", "");
}

/* Append the names of the denied permissions in a line of the trace. */
static void add_denial(char *outcome, size_t size, const char *line)
{
	const char *at = strstr(line, " denied=");
	unsigned int denied;
	char class[64];

	if (!at || sscanf(at, " denied=%x", &denied) != 1 || !denied)
		return;
	at = strstr(at, " tclass=");
	if (!at || sscanf(at, " tclass=%63s", class) != 1)
		return;
	strncat(outcome, ", ", size - strlen(outcome) - 1);
	strncat(outcome, class, size - strlen(outcome) - 1);
	for (size_t i = 0; secclass_map[i].name; i++) {
		if (strcmp(secclass_map[i].name, class))
			continue;
		for (unsigned int bit = 0; bit < 32; bit++) {
			if (!(denied & 1U << bit))
				continue;
			strncat(outcome, " ", size - strlen(outcome) - 1);
			strncat(outcome, secclass_map[i].perms[bit], size - strlen(outcome) - 1);
		}
	}
}

/* The outcome of the calls since forget_denials(), the last of which failed with @error or 0. */
static const char *outcome_of(int error)
{
	static char outcome[256];
	char line[512];

	if (access(TRACING "trace", R_OK))
		return "no trace";
	snprintf(outcome, sizeof(outcome), "%s", error ? strerrorname_np(error) : "0");
	for_each_line(line, TRACING "trace")
		if (strstr(line, " selinux_audited: "))
			add_denial(outcome, sizeof(outcome), line);
	return outcome;
}

static void check_outcome(struct __test_metadata *_metadata, const struct kind *kind,
			  const struct expected *expected, int error)
{
	EXPECT_STREQ(expected_of(kind, expected), outcome_of(error))
		TH_LOG("%s", kind->name);
}

/* Open the device and allocate memory as @opens, and have it mapped by the next mmap(2). */
static int open_kind(const struct kind *kind, const char *opens, int flags, const char *allocates)
{
	struct vmremap_test_plan plan = {
		.count = 1, .calls = { { .function = kind->function, .size = SIZE } },
	};
	int fd;

	if (kind->function == VMREMAP_TEST_RANGE_PARTIAL) {
		plan.count = 2;
		plan.calls[0].size = SIZE / 2;
		plan.calls[1] = plan.calls[0];
		plan.calls[1].kaddr = SIZE / 2;
		plan.calls[1].uaddr = SIZE / 2;
	}
	if (become(opens))
		return -1;
	fd = open(kind->device, flags | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, VMREMAP_TEST_SET_PLAN, &plan) || become(allocates))
		return -1;
	errno = memory_alloc(fd, 0, kind->memory, SIZE, 0);
	return errno ? -1 : fd;
}

/* A mapping, and perhaps a call of mprotect(2) on it. */
struct row {
	const char *opens;	/* the domain that opens the device */
	int flags;		/* of open(2) */
	const char *allocates;	/* the domain that allocates the memory; NULL: the same */
	const char *maps;	/* the domain that maps it; NULL: the same */
	int prot;
	int share;
	bool implies_exec;	/* personality READ_IMPLIES_EXEC */
	bool changed;		/* write to a page after mmap(2) */
	bool copies;		/* the mapping is private and writable: vmremap_range() only */
	const char *calls;	/* the domain that calls mprotect(2); NULL: nobody does */
	int new_prot;
	struct expected expected;
};

static void check_mapping(struct __test_metadata *_metadata, const struct kind *kind,
			  const struct row *row)
{
	int fd = open_kind(kind, row->opens, row->flags, row->allocates ?: row->opens);
	int prot = row->calls ? row->new_prot : row->prot, error = 0;
	char *map;

	ASSERT_LE(0, fd)
		TH_LOG("%s: %m", kind->name);
	ASSERT_EQ(0, become(row->maps ?: row->opens));
	if (row->implies_exec)
		ASSERT_NE(-1, personality(READ_IMPLIES_EXEC));
	ASSERT_EQ(0, forget_denials());
	map = mmap(NULL, SIZE, row->prot, row->share, fd, 0);
	if (map == MAP_FAILED)
		error = errno;
	if (row->implies_exec)
		ASSERT_NE(-1, personality(0));
	if (row->calls) {
		ASSERT_NE(MAP_FAILED, map)
			TH_LOG("%s: %s", kind->name, outcome_of(error));
		ASSERT_STREQ("0", outcome_of(error));
		if (row->changed)
			ASSERT_EQ(0, touch(map, true));
		ASSERT_EQ(0, become(row->calls));
		ASSERT_EQ(0, forget_denials());
		error = mprotect(map, SIZE, row->new_prot) ? errno : 0;
	}
	check_outcome(_metadata, kind, &row->expected, error);
	if (!error && prot & PROT_READ)
		EXPECT_EQ(0, touch(map, prot & PROT_WRITE));
	if (map != MAP_FAILED)
		munmap(map, SIZE);
	close(fd);
}

FIXTURE(mapping) {
};

FIXTURE_SETUP(mapping)
{
}

FIXTURE_TEARDOWN(mapping)
{
}

FIXTURE_VARIANT(mapping) {
	struct row row;
};

TEST_F(mapping, is_decided_as_expected)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!variant->row.copies || kinds[i].function != VMREMAP_TEST_AREA_MMAP)
			check_mapping(_metadata, &kinds[i], &variant->row);
}

/* mmap(2) is checked against the device's label, whatever memory is mapped. */

FIXTURE_VARIANT_ADD(mapping, map_as_allowed) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .prot = RW, .share = MAP_SHARED,
		.expected = { "0" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_without_map) {
	.row = {
		.opens = "opener", .flags = O_RDWR, .prot = PROT_READ, .share = MAP_SHARED,
		.expected = { "EACCES, chr_file map" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_of_another_domain_without_map) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .maps = "opener", .prot = RW,
		.share = MAP_SHARED,
		.expected = { "EACCES, chr_file map" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_read_without_write) {
	.row = {
		.opens = "reader", .flags = O_RDONLY, .prot = PROT_READ, .share = MAP_SHARED,
		.expected = { "0" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_write_without_write) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .maps = "reader", .prot = RW,
		.share = MAP_SHARED,
		.expected = { "EACCES, chr_file write" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_private_write_without_write) {
	.row = {
		.opens = "reader", .flags = O_RDONLY, .prot = RW, .share = MAP_PRIVATE,
		.expected = { "0", .area = "EACCES", .range = "0" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_exec_without_execute) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .prot = RX, .share = MAP_SHARED,
		.expected = { "EACCES, chr_file execute" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_exec_as_allowed) {
	.row = {
		.opens = "runner", .flags = O_RDWR, .prot = RX, .share = MAP_SHARED,
		.expected = { "0", .area = "EACCES" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_implied_exec_without_execute) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .prot = PROT_READ, .share = MAP_SHARED,
		.implies_exec = true,
		.expected = { "EACCES, chr_file execute" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_private_write_exec_without_execmem) {
	.row = {
		.opens = "runner", .flags = O_RDWR, .prot = RW | PROT_EXEC, .share = MAP_PRIVATE,
		.expected = { "EACCES, process execmem" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_private_write_exec_as_allowed) {
	.row = {
		.opens = "setup", .flags = O_RDWR, .prot = RW | PROT_EXEC, .share = MAP_PRIVATE,
		.expected = { "0", .area = "EACCES" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_without_use_of_the_file) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .maps = "apart", .prot = RW,
		.share = MAP_SHARED,
		.expected = { "EACCES, fd use" },
	},
};

FIXTURE_VARIANT_ADD(mapping, map_memory_of_a_domain_whose_files_may_not_be_used) {
	.row = {
		.opens = "apart", .flags = O_RDWR, .allocates = "mapper", .maps = "apart",
		.prot = RW,
		.share = MAP_SHARED,
		.expected = { "0" },
	},
};

/* mprotect(2) of an area is not checked against the device's label. */

FIXTURE_VARIANT_ADD(mapping, protect_as_allowed) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .prot = PROT_READ, .share = MAP_SHARED,
		.calls = "mapper", .new_prot = RW,
		.expected = { "0" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_write_without_write) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .maps = "reader", .prot = PROT_READ,
		.share = MAP_SHARED, .calls = "reader", .new_prot = RW,
		.expected = { "EACCES, chr_file write", .area = "0" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_write_in_another_domain) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .prot = PROT_READ, .share = MAP_SHARED,
		.calls = "reader", .new_prot = RW,
		.expected = { "EACCES, chr_file write", .area = "0" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_read_without_any_right) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .prot = PROT_NONE, .share = MAP_SHARED,
		.calls = "outside", .new_prot = PROT_READ,
		.expected = { "EACCES, chr_file read", .area = "0" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_write_of_a_file_that_is_open_for_reading) {
	.row = {
		.opens = "reader", .flags = O_RDONLY, .prot = PROT_READ, .share = MAP_SHARED,
		.calls = "mapper", .new_prot = RW,
		.expected = { "EACCES" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_write_without_map) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .prot = PROT_READ, .share = MAP_SHARED,
		.calls = "opener", .new_prot = RW,
		.expected = { "0" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_exec_as_allowed) {
	.row = {
		.opens = "runner", .flags = O_RDWR, .prot = PROT_READ, .share = MAP_SHARED,
		.calls = "runner", .new_prot = RX,
		.expected = { "0", .area = "EACCES" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_exec_without_execute) {
	.row = {
		.opens = "runner", .flags = O_RDWR, .prot = PROT_READ, .share = MAP_SHARED,
		.calls = "mapper", .new_prot = RX,
		.expected = { "EACCES, chr_file execute", .area = "EACCES" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_exec_of_changed_copies) {
	.row = {
		.opens = "runner", .flags = O_RDWR, .prot = RW, .share = MAP_PRIVATE,
		.copies = true,
		.changed = true, .calls = "runner", .new_prot = RX,
		.expected = { "EACCES, chr_file execmod", .area = "EACCES" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_write_exec_of_copies) {
	.row = {
		.opens = "runner", .flags = O_RDWR, .prot = RW, .share = MAP_PRIVATE,
		.copies = true,
		.calls = "runner", .new_prot = RW | PROT_EXEC,
		.expected = { "EACCES, process execmem", .area = "EACCES" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_without_use_of_the_file) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .prot = PROT_READ, .share = MAP_SHARED,
		.calls = "apart", .new_prot = RW,
		.expected = { "EACCES, fd use" },
	},
};

/* In place of the device's file, the one that was allocated with the area, or with the pieces. */

FIXTURE_VARIANT_ADD(mapping, protect_memory_of_a_domain_whose_files_may_not_be_used) {
	.row = {
		.opens = "apart", .flags = O_RDWR, .allocates = "mapper", .maps = "apart",
		.prot = PROT_READ, .share = MAP_SHARED, .calls = "apart", .new_prot = RW,
		.expected = { "0", .area = "EACCES, fd use", .pieces = "0" },
	},
};

FIXTURE_VARIANT_ADD(mapping, protect_own_memory_without_use_of_the_devices_file) {
	.row = {
		.opens = "mapper", .flags = O_RDWR, .allocates = "setup", .prot = PROT_READ,
		.share = MAP_SHARED, .calls = "apart", .new_prot = RW,
		.expected = { "EACCES, fd use", .area = "0", .pieces = "EACCES, fd use" },
	},
};

TEST(open_is_checked)
{
	static const struct {
		const char *domain;
		int flags;
		const char *expected;
	} rows[] = {
		{ "mapper", O_RDWR, "0" },
		{ "opener", O_RDWR, "0" },
		{ "reader", O_RDONLY, "0" },
		{ "reader", O_RDWR, "EACCES, chr_file write" },
		{ "heir", O_RDWR, "EACCES, chr_file open" },
		{ "outside", O_RDONLY, "EACCES, chr_file read" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		ASSERT_EQ(0, become(rows[i].domain));
		ASSERT_EQ(0, forget_denials());
		fd = open(TEST_MMAP, rows[i].flags | O_CLOEXEC);
		EXPECT_STREQ(rows[i].expected, outcome_of(fd < 0 ? errno : 0))
			TH_LOG("%s", rows[i].domain);
		close(fd);
	}
}

/* An area has a file of its own, which its domain must be allowed to create. */
TEST(allocation_creates_an_inode)
{
	static const struct {
		const char *domain;
		__u32 kind;
		const char *expected;
	} rows[] = {
		{ "mapper", VMREMAP_TEST_AREA, "0" },
		{ "mapper", VMREMAP_TEST_VMALLOC_USER, "0" },
		{ "plain", VMREMAP_TEST_AREA, "EACCES, anon_inode create" },
		{ "plain", VMREMAP_TEST_VMALLOC_USER, "0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd, error;

		ASSERT_EQ(0, become(rows[i].domain));
		fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, forget_denials());
		error = memory_alloc(fd, 0, rows[i].kind, SIZE, 0);
		EXPECT_STREQ(rows[i].expected, outcome_of(error))
			TH_LOG("row %zu", i);
		close(fd);
	}
}

/* As protect_write_in_another_domain, by a child that has inherited the mapping. */
TEST(protect_write_in_a_child)
{
	static const struct expected expected = {
		.stock = "EACCES, chr_file write", .area = "0",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int fd = open_kind(&kinds[i], "mapper", O_RDWR, "mapper");
		char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
		int error;

		ASSERT_NE(MAP_FAILED, map);
		ASSERT_EQ(0, forget_denials());
		error = in_child(become("reader") ? 255 : errno_of(mprotect(map, SIZE, RW)));
		ASSERT_LE(0, error);
		check_outcome(_metadata, &kinds[i], &expected, error);
		munmap(map, SIZE);
		close(fd);
	}
}

struct message {
	struct msghdr header;
	struct iovec bytes;
	char byte;
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
};

static void init_message(struct message *message)
{
	memset(message, 0, sizeof(*message));
	message->bytes = (struct iovec){ &message->byte, 1 };
	message->header.msg_iov = &message->bytes;
	message->header.msg_iovlen = 1;
	message->header.msg_control = message->control.buf;
	message->header.msg_controllen = sizeof(message->control.buf);
}

static int send_file(int socket, int fd)
{
	struct message message;
	struct cmsghdr *control;

	init_message(&message);
	control = CMSG_FIRSTHDR(&message.header);
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	return sendmsg(socket, &message.header, 0) == 1 ? 0 : -1;
}

/* The descriptor that is received, or -1 if there is none in the message. */
static int receive_file(int socket)
{
	struct message message;
	struct cmsghdr *control;
	int fd = -1;

	init_message(&message);
	if (recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	control = CMSG_FIRSTHDR(&message.header);
	if (control && control->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

/* A descriptor that a domain may not have opened cannot be passed to it. */
TEST(descriptor_is_passed)
{
	static const struct {
		const char *domain;
		int flags;
		int prot;
		const char *received;
		const char *mapped;
	} rows[] = {
		{ "mapper", O_RDWR, RW, "0", "0" },
		{ "heir", O_RDWR, RW, "0", "0" },
		{ "reader", O_RDWR, PROT_READ, "EACCES, chr_file write", NULL },
		{ "reader", O_RDONLY, PROT_READ, "0", "0" },
		{ "opener", O_RDWR, PROT_READ, "0", "EACCES, chr_file map" },
		{ "apart", O_RDWR, PROT_READ, "EACCES, fd use", NULL },
	};
	int ends[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	for (size_t i = 0; i < ARRAY_SIZE(kinds) * ARRAY_SIZE(rows); i++) {
		const struct kind *kind = &kinds[i / ARRAY_SIZE(rows)];
		size_t row = i % ARRAY_SIZE(rows);
		int fd = open_kind(kind, "mapper", rows[row].flags, "mapper"), received;
		char *map;

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, send_file(ends[0], fd));
		ASSERT_EQ(0, become(rows[row].domain));
		ASSERT_EQ(0, forget_denials());
		received = receive_file(ends[1]);
		/* recvmsg(2) drops such a descriptor and does not fail. */
		EXPECT_STREQ(rows[row].received, outcome_of(received < 0 ? EACCES : 0))
			TH_LOG("%s, row %zu", kind->name, row);
		if (received >= 0 && rows[row].mapped) {
			map = mmap(NULL, SIZE, rows[row].prot, MAP_SHARED, received, 0);
			EXPECT_STREQ(rows[row].mapped,
				     outcome_of(map == MAP_FAILED ? errno : 0))
				TH_LOG("%s, row %zu", kind->name, row);
			if (map != MAP_FAILED)
				munmap(map, SIZE);
		}
		ASSERT_EQ(0, become("setup"));
		close(received);
		close(fd);
	}
}

/* No file of an area can be opened through /proc/PID/map_files. */
TEST(map_files)
{
	static const struct {
		const char *domain;
		int flags;
		struct expected expected;
	} rows[] = {
		{ "mapper", O_RDWR, { "0", .area = "ENXIO" } },
		{ "heir", O_RDWR, { "EACCES, chr_file open", .area = "ENXIO" } },
		{ "reader", O_RDONLY, { "0", .area = "ENXIO" } },
		{ "reader", O_RDWR, { "EACCES, chr_file write", .area = "ENXIO" } },
		{ "outside", O_RDONLY, { "EACCES, chr_file read", .area = "ENXIO" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds) * ARRAY_SIZE(rows); i++) {
		const struct kind *kind = &kinds[i / ARRAY_SIZE(rows)];
		size_t row = i % ARRAY_SIZE(rows);
		int fd = open_kind(kind, "mapper", O_RDWR, "mapper"), again;
		char *map = mmap(NULL, SIZE, RW, MAP_SHARED, fd, 0), path[80];

		ASSERT_NE(MAP_FAILED, map);
		snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)map,
			 (unsigned long)map + SIZE);
		ASSERT_EQ(0, become(rows[row].domain));
		ASSERT_EQ(0, forget_denials());
		again = open(path, rows[row].flags | O_CLOEXEC);
		check_outcome(_metadata, kind, &rows[row].expected, again < 0 ? errno : 0);
		ASSERT_EQ(0, become("setup"));
		close(again);
		munmap(map, SIZE);
		close(fd);
	}
}

static int label(const char *device)
{
	static const char context[] = "u:object_r:device";

	return setxattr(device, "security.selinux", context, sizeof(context), 0);
}

static int give_up(const char *what)
{
	printf("TAP version 13\n1..1\nnot ok 1 cannot %s: %m\n", what);
	return 1;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (label(kinds[i].device))
			return give_up("label a device");
	if (write_file(TRACING "events/avc/selinux_audited/enable", "1"))
		return give_up("trace denials");
	return test_harness_run(argc, argv);
}
