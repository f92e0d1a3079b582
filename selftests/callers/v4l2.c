// SPDX-License-Identifier: GPL-2.0
/*
 * v4l2 DEVICE: map a buffer of a capture device. Prints when the buffer has
 * V4L2_BUF_FLAG_MAPPED, and what it costs to map it.
 */
#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

static void say(int fd, struct v4l2_buffer *buffer, const char *when)
{
	CALL(fd, VIDIOC_QUERYBUF, buffer);
	printf("%s: %s\n", when, buffer->flags & V4L2_BUF_FLAG_MAPPED ? "mapped" : "not mapped");
}

int main(int argc, char **argv)
{
	struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_requestbuffers buffers = {
		.count = 1,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	__u64 least = ~0ULL;
	size_t size;
	char *memory;
	int fd;

	if (argc != 2)
		errx(1, "v4l2 DEVICE");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);
	CALL(fd, VIDIOC_G_FMT, &format);
	format.fmt.pix.width = 1920;
	format.fmt.pix.height = 1080;
	format.fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
	CALL(fd, VIDIOC_S_FMT, &format);
	CALL(fd, VIDIOC_REQBUFS, &buffers);
	say(fd, &buffer, "at first");
	size = buffer.length / 4096 * 4096;
	memory = map(fd, size, buffer.m.offset);
	say(fd, &buffer, "mapped");
	munmap(memory, size / 2);
	say(fd, &buffer, "half unmapped");
	if (!fork())
		_exit(0);
	wait(NULL);
	say(fd, &buffer, "after fork");
	munmap(memory, size);
	say(fd, &buffer, "unmapped");
	for (int round = 0; round < ROUNDS; round++)
		measure(fd, size, buffer.m.offset, &least);
	say(fd, &buffer, "at last");

	/* The buffer that the mapping shows is the one that the device fills. */
	memory = map(fd, size, buffer.m.offset);
	memset(memory, 0x5a, size);
	CALL(fd, VIDIOC_QBUF, &buffer);
	CALL(fd, VIDIOC_STREAMON, &buffers.type);
	CALL(fd, VIDIOC_DQBUF, &buffer);
	printf("the picture has %schanged\n",
	       memory[0] == 0x5a && memory[size - 1] == 0x5a ? "not " : "");
	return print_cost(size, least);
}
