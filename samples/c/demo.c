// SPDX-License-Identifier: GPL-2.0
/*
 * demo - share memory with the vmremap sample drivers, and print what happens.
 *
 * usage: demo [DEVICE]...
 *
 * Map each DEVICE, by default /dev/vmremap-sample-c, and read and write its memory.
 * If there are several, also copy data from one driver to the next and back. The
 * exit status is 0 if each step has the expected result.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../demo.h"
#include "../vmremap_sample.h"

#define DEFAULT_DEVICE "/dev/vmremap-sample-c"

struct device {
	const char *path;
	int fd;
	const struct vmremap_sample_control *control;
	unsigned char *data;
	size_t bytes;
};

/* The clause of vmremap's contract to which an errno belongs. */
static const char *clause(int err)
{
	switch (err) {
	case EOVERFLOW:
		return "RangeNoWrap";
	case EFAULT:
		return "AreaValid";
	case EINVAL:
		return "RangeInArea";
	case EBUSY:
		return "VmaInit";
	case ENODEV:
		return "NotRevoked";
	case EACCES:
		return "PolicyHeld";
	default:
		return "none";
	}
}

/* A consistent copy of the control page, which the driver may be changing. */
static struct vmremap_sample_control control_read(const struct device *dev)
{
	struct vmremap_sample_control copy;
	__u64 again;

	do {
		copy.sequence = __atomic_load_n(&dev->control->sequence,
						__ATOMIC_ACQUIRE);
		copy.bytes = __atomic_load_n(&dev->control->bytes,
					     __ATOMIC_RELAXED);
		copy.checksum = __atomic_load_n(&dev->control->checksum,
						__ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		again = __atomic_load_n(&dev->control->sequence,
					__ATOMIC_RELAXED);
	} while (copy.sequence % 2 || copy.sequence != again);

	return copy;
}

static __u64 checksum(const struct device *dev)
{
	__u64 sum = VMREMAP_SAMPLE_CHECKSUM_INIT;

	for (size_t i = 0; i < dev->bytes; i++)
		sum = vmremap_sample_checksum(sum, dev->data[i]);
	return sum;
}

static bool holds_pattern(const struct device *dev, __u64 seed)
{
	for (size_t i = 0; i < dev->bytes; i++)
		if (dev->data[i] != vmremap_sample_byte(seed, i))
			return false;
	return true;
}

static void show_bytes(const struct device *dev)
{
	for (int i = 0; i < 8; i++)
		printf(" %02x", dev->data[i]);
	printf(" ...\n");
}

static bool device_map(struct device *dev, const char *path)
{
	dev->path = path;
	dev->fd = open(path, O_RDWR | O_CLOEXEC);
	if (dev->fd < 0) {
		printf("  cannot open %s: %s\n", path, strerror(errno));
		return check(false, "open the device");
	}

	dev->control = mmap(NULL, sizeof(*dev->control), PROT_READ, MAP_SHARED,
			    dev->fd, VMREMAP_SAMPLE_CONTROL);
	if (dev->control == MAP_FAILED) {
		printf("  cannot map the control page: %s\n", strerror(errno));
		return check(false, "map the control page");
	}

	dev->bytes = control_read(dev).bytes;
	dev->data = mmap(NULL, dev->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			 dev->fd, VMREMAP_SAMPLE_DATA);
	if (dev->data == MAP_FAILED) {
		printf("  cannot map %zu bytes of data: %s\n", dev->bytes,
		       strerror(errno));
		return check(false, "map the data buffer");
	}

	printf("  area control, %zu bytes, read only, is at user address %p\n",
	       sizeof(*dev->control), dev->control);
	printf("  area data, %zu bytes, read and write, is at user address %p\n",
	       dev->bytes, dev->data);
	return check(true, "both areas of the driver are mapped");
}

/* The driver writes, the program reads. */
static void driver_to_program(const struct device *dev, __u64 seed)
{
	struct vmremap_sample_fill fill = { .seed = seed };
	struct vmremap_sample_control before = control_read(dev), after;

	if (ioctl(dev->fd, VMREMAP_SAMPLE_FILL, &fill)) {
		check(false, "ask the driver to fill the data");
		return;
	}
	after = control_read(dev);

	printf("  the driver filled the data from seed %llu; the program reads",
	       (unsigned long long)seed);
	show_bytes(dev);
	check(holds_pattern(dev, seed),
	      "the program reads every byte that the driver wrote");
	printf("  the control page went from sequence %llu to %llu, checksum %016llx\n",
	       (unsigned long long)before.sequence,
	       (unsigned long long)after.sequence,
	       (unsigned long long)after.checksum);
	check(after.sequence > before.sequence &&
	      after.checksum == checksum(dev),
	      "the driver's checksum is the one that the program computes");
}

/* The program writes, the driver reads. */
static void program_to_driver(const struct device *dev, __u64 seed)
{
	struct vmremap_sample_sum sum;

	for (size_t i = 0; i < dev->bytes; i++)
		dev->data[i] = vmremap_sample_byte(seed, i);
	printf("  the program wrote");
	show_bytes(dev);

	if (ioctl(dev->fd, VMREMAP_SAMPLE_SUM, &sum)) {
		check(false, "ask the driver to sum the data");
		return;
	}
	printf("  the driver sums %016llx, the program %016llx\n",
	       (unsigned long long)sum.checksum,
	       (unsigned long long)checksum(dev));
	check(sum.checksum == checksum(dev),
	      "the driver reads every byte that the program wrote");
}

/* The area's policy refuses a writable mapping. */
static void refused(const struct device *dev)
{
	void *addr = mmap(NULL, sizeof(*dev->control), PROT_READ | PROT_WRITE,
			  MAP_SHARED, dev->fd, VMREMAP_SAMPLE_CONTROL);
	int err = addr == MAP_FAILED ? errno : 0;

	if (addr != MAP_FAILED)
		munmap(addr, sizeof(*dev->control));
	printf("  the control page is read-only; mapping it writable: %s (clause %s)\n",
	       strerror(err), clause(err));
	check(err == EACCES, "the control page cannot be mapped writable");
}

/* The driver freezes the data, checks it in place, and lets the program go on. */
static void verified(const struct device *dev, __u64 seed)
{
	struct vmremap_sample_verify verify = { .seed = seed };

	dev->data[dev->bytes / 2] ^= 1;
	if (ioctl(dev->fd, VMREMAP_SAMPLE_VERIFY, &verify)) {
		check(false, "ask the driver to verify the data");
		return;
	}
	printf("  the driver froze the data and looked at it in place: %llu byte is wrong\n",
	       (unsigned long long)verify.wrong);
	check(verify.wrong == 1, "the driver finds the byte that the program has changed");
	dev->data[dev->bytes / 2] ^= 1;
	check(!ioctl(dev->fd, VMREMAP_SAMPLE_VERIFY, &verify) && !verify.wrong,
	      "after the thaw, the program can correct the byte");
}

/* Unbind the driver from the device, or bind it again. Returns false if that is impossible. */
static bool plug(const struct device *dev, const char *what)
{
	const char *slash = strrchr(dev->path, '/');
	const char *name = slash ? slash + 1 : dev->path;
	char path[128];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s", name, what);
	fd = open(path, O_WRONLY);
	done = fd >= 0 && write(fd, name, strlen(name)) > 0;
	if (fd >= 0)
		close(fd);
	return done;
}

/* Unplug the device, or have its driver revoke the data as if it were unplugged. */
static void unplugged(const struct device *dev)
{
	bool gone = plug(dev, "unbind");
	void *addr;
	int sig;

	printf("\n%s\n", dev->path);
	if (!gone && ioctl(dev->fd, VMREMAP_SAMPLE_REVOKE)) {
		check(false, "have the driver take the data back");
		return;
	}
	sig = signal_of_write(dev->data);
	printf("  %s; accessing the data: signal %d (%s)\n",
	       gone ? "the device is gone" : "the driver took the data back", sig,
	       sig ? strsignal(sig) : "none");
	check(sig == SIGBUS, "the access raises SIGBUS, which the program handles");

	addr = mmap(NULL, dev->bytes, PROT_READ, MAP_SHARED, dev->fd, VMREMAP_SAMPLE_DATA);
	printf("  mapping it again: %s (clause %s)\n", strerror(errno), clause(errno));
	check(addr == MAP_FAILED && errno == ENODEV, "it cannot be mapped again");
	if (gone)
		check(plug(dev, "bind"), "the device can be plugged in again");
}

/* One driver writes, this program copies the data, and the other driver reads it. */
static void driver_to_driver(const struct device *from, const struct device *to,
			     __u64 seed)
{
	struct vmremap_sample_fill fill = { .seed = seed };
	struct vmremap_sample_sum sum;

	printf("\n%s -> %s\n", from->path, to->path);
	if (ioctl(from->fd, VMREMAP_SAMPLE_FILL, &fill)) {
		check(false, "ask the first driver to fill its data");
		return;
	}

	if (!check(from->bytes == to->bytes, "both have as many bytes"))
		return;
	memcpy(to->data, from->data, to->bytes);

	if (ioctl(to->fd, VMREMAP_SAMPLE_SUM, &sum)) {
		check(false, "ask the second driver to sum its data");
		return;
	}
	printf("  %zu bytes copied from user address %p to %p\n", to->bytes,
	       from->data, to->data);
	printf("  the first driver says %016llx, the second %016llx\n",
	       (unsigned long long)control_read(from).checksum,
	       (unsigned long long)sum.checksum);
	check(sum.checksum == control_read(from).checksum,
	      "the second driver reads what the first one wrote");
}

static bool device_show(struct device *dev, const char *path, __u64 seed)
{
	printf("\n%s\n", path);
	if (!device_map(dev, path))
		return false;

	driver_to_program(dev, seed);
	program_to_driver(dev, seed + 1);
	verified(dev, seed + 1);
	refused(dev);
	return true;
}

int main(int argc, char **argv)
{
	struct device *devices = calloc(argc, sizeof(*devices));
	struct utsname uts;
	int n = 0;

	if (!devices || uname(&uts)) {
		perror("demo");
		return EXIT_FAILURE;
	}
	printf("A driver and this program share memory: what one writes, the other reads.\n");
	printf("kernel %s %s %s\n", uts.sysname, uts.release, uts.version);

	if (argc < 2)
		n += device_show(&devices[n], DEFAULT_DEVICE, 1000);
	for (int i = 1; i < argc; i++)
		n += device_show(&devices[n], argv[i], 1000 * i);

	for (int i = 1; i < n; i++) {
		driver_to_driver(&devices[i - 1], &devices[i], 77 + i);
		driver_to_driver(&devices[i], &devices[i - 1], 99 + i);
	}

	for (int i = 0; i < n; i++)
		unplugged(&devices[i]);

	printf("\ndemo: %d passed, %d failed\n", passed, failed);
	free(devices);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
