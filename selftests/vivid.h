/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vivid, the kernel's virtual video device: what its output shows is what its capture sees. Each
 * function returns 0, or the number of the step that failed.
 */
#ifndef VMREMAP_SELFTESTS_VIVID_H
#define VMREMAP_SELFTESTS_VIVID_H

#include <linux/v4l2-dv-timings.h>
#include <linux/videodev2.h>
#include <string.h>

#include "common.h"

/* Two are enough: one is shown, and the other one is written. */
#define VIVID_BUFFERS	2
#define VIVID_WIDTH	640
#define VIVID_HEIGHT	480
/* The step that fails if vivid has not connected its input: try again. */
#define VIVID_NOISE	40
#define VIVID_BYTES	(VIVID_WIDTH * VIVID_HEIGHT * 2)

struct vivid {
	int out; /* files of the devices */
	int in;
	int fd[VIVID_BUFFERS]; /* dma-bufs */
	__u32 *frame[VIVID_BUFFERS]; /* their mappings */
	__u32 *seen[VIVID_BUFFERS]; /* mappings of what was captured */
};

/* The device file of an instance, for output or capture: vivid makes them in this order. */
static inline int vivid_device(int instance, bool output)
{
	char path[64], name[64], wanted[64];

	snprintf(wanted, sizeof(wanted), "vivid-%03d-vid-%s\n", instance, output ? "out" : "cap");
	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/sys/class/video4linux/video%d/name", i);
		if (!read_text(path, name, sizeof(name)) || strcmp(name, wanted))
			continue;
		snprintf(path, sizeof(path), "/dev/video%d", i);
		return open(path, O_RDWR | O_CLOEXEC);
	}
	return -1;
}

static inline bool vivid_exists(int instance)
{
	int fd = vivid_device(instance, true);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Set the control with this beginning or end of its name. */
static inline int vivid_control(int fd, const char *part, int value)
{
	struct v4l2_queryctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };
	struct v4l2_control control = { .value = value };

	for (; !ioctl(fd, VIDIOC_QUERYCTRL, &query); query.id |= V4L2_CTRL_FLAG_NEXT_CTRL) {
		if (!strstr((char *)query.name, part))
			continue;
		control.id = query.id;
		return ioctl(fd, VIDIOC_S_CTRL, &control);
	}
	return -1;
}

static inline int vivid_format(int fd, enum v4l2_buf_type type)
{
	struct v4l2_dv_timings timings = V4L2_DV_BT_CEA_640X480P59_94;
	struct v4l2_format format = {
		.type = type,
		.fmt.pix = {
			.width = VIVID_WIDTH,
			.height = VIVID_HEIGHT,
			.pixelformat = V4L2_PIX_FMT_YUYV,
		},
	};

	return ioctl(fd, VIDIOC_S_DV_TIMINGS, &timings) || ioctl(fd, VIDIOC_S_FMT, &format) ||
	       format.fmt.pix.sizeimage != VIVID_BYTES;
}

static inline int vivid_buffers(int fd, enum v4l2_buf_type type, enum v4l2_memory memory)
{
	struct v4l2_requestbuffers request = {
		.count = VIVID_BUFFERS, .type = type, .memory = memory,
	};

	return ioctl(fd, VIDIOC_REQBUFS, &request) || request.count != VIVID_BUFFERS;
}

static inline int vivid_queue(struct vivid *vivid, int index, bool output)
{
	struct v4l2_buffer buffer = {
		.index = index,
		.type = output ? V4L2_BUF_TYPE_VIDEO_OUTPUT : V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = output ? V4L2_MEMORY_DMABUF : V4L2_MEMORY_MMAP,
		.field = V4L2_FIELD_NONE,
	};

	if (output) {
		buffer.m.fd = vivid->fd[index];
		buffer.bytesused = VIVID_BYTES;
	}
	return ioctl(output ? vivid->out : vivid->in, VIDIOC_QBUF, &buffer);
}

/* Returns the buffer's index, or -1. */
static inline int vivid_dequeue(struct vivid *vivid, bool output)
{
	struct v4l2_buffer buffer = {
		.type = output ? V4L2_BUF_TYPE_VIDEO_OUTPUT : V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = output ? V4L2_MEMORY_DMABUF : V4L2_MEMORY_MMAP,
	};

	if (ioctl(output ? vivid->out : vivid->in, VIDIOC_DQBUF, &buffer) ||
	    buffer.flags & V4L2_BUF_FLAG_ERROR)
		return -1;
	return buffer.index;
}

/* Open an instance, and connect its input to its output. */
static inline int vivid_open(struct vivid *vivid, int instance)
{
	vivid->out = vivid_device(instance, true);
	vivid->in = vivid_device(instance, false);
	if (vivid->out < 0 || vivid->in < 0)
		return 10;
	/* The first two are the test pattern and nothing. */
	if (vivid_control(vivid->in, "Is Connected To", 0) ||
	    vivid_control(vivid->in, "Is Connected To", 2 + instance))
		return 11;
	if (vivid_control(vivid->in, "OSD Text Mode", 2))
		return 12;
	if (vivid_format(vivid->out, V4L2_BUF_TYPE_VIDEO_OUTPUT))
		return 13;
	if (vivid_format(vivid->in, V4L2_BUF_TYPE_VIDEO_CAPTURE))
		return 14;
	return 0;
}

/* The word at @i of a frame: all words differ, and those of different frames. */
static inline __u32 vivid_word(int frame, size_t i)
{
	return i ? (frame * 0x9e3779b1U) ^ (i * 0x85ebca6bU) : frame;
}

static inline void vivid_write(struct vivid *vivid, int index, int frame)
{
	for (size_t i = 0; i < VIVID_BYTES / sizeof(__u32); i++)
		vivid->frame[index][i] = vivid_word(frame, i);
}

/* Is what was captured this frame, bit for bit? */
static inline bool vivid_shows(struct vivid *vivid, int index, int frame)
{
	for (size_t i = 0; i < VIVID_BYTES / sizeof(__u32); i++)
		if (vivid->seen[index][i] != vivid_word(frame, i))
			return false;
	return true;
}

/* Begin to capture, and show frame 0 until it is seen. */
static inline int vivid_start(struct vivid *vivid)
{
	int out = V4L2_BUF_TYPE_VIDEO_OUTPUT, in = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	if (vivid_buffers(vivid->out, out, V4L2_MEMORY_DMABUF))
		return 20;
	if (vivid_buffers(vivid->in, in, V4L2_MEMORY_MMAP))
		return 21;
	for (int i = 0; i < VIVID_BUFFERS; i++) {
		struct v4l2_buffer buffer = { .index = i, .type = in };

		if (ioctl(vivid->in, VIDIOC_QUERYBUF, &buffer))
			return 22;
		vivid->seen[i] = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, vivid->in,
				      buffer.m.offset);
		if (vivid->seen[i] == MAP_FAILED)
			return 23;
		if (vivid_queue(vivid, i, false))
			return 24;
	}
	vivid_write(vivid, 0, 0);
	if (vivid_queue(vivid, 0, true))
		return 25;
	if (ioctl(vivid->out, VIDIOC_STREAMON, &out))
		return 26;
	if (ioctl(vivid->in, VIDIOC_STREAMON, &in))
		return 27;
	/* vivid connects its input some time after it was told to, and makes noise until then. */
	for (int i = 0; i < 100; i++) {
		int index = vivid_dequeue(vivid, false);
		bool seen;

		if (index < 0)
			return 28;
		seen = vivid_shows(vivid, index, 0);
		if (vivid_queue(vivid, index, false))
			return 29;
		if (seen)
			return 0;
	}
	return VIVID_NOISE;
}

/*
 * Show a frame, the one after that of the last call, and capture until it is seen. The output
 * returns a buffer when another one is queued, and then shows that one.
 */
static inline int vivid_show(struct vivid *vivid, int frame)
{
	bool seen = false;

	vivid_write(vivid, frame % 2, frame);
	if (vivid_queue(vivid, frame % 2, true))
		return 30;
	if (vivid_dequeue(vivid, true) != (frame - 1) % 2)
		return 31;
	while (!seen) {
		int index = vivid_dequeue(vivid, false);

		if (index < 0)
			return 32;
		/* What was captured before this frame was shown is the last one. */
		seen = vivid->seen[index][0] == frame;
		if (!vivid_shows(vivid, index, seen ? frame : frame - 1))
			return 33;
		if (vivid_queue(vivid, index, false))
			return 34;
	}
	return 0;
}

/* Without the mappings of what was captured, too, the device would stay open and busy. */
static inline void vivid_close(struct vivid *vivid)
{
	for (int i = 0; i < VIVID_BUFFERS; i++) {
		munmap(vivid->seen[i], VIVID_BYTES);
		vivid->seen[i] = NULL;
	}
	close(vivid->out);
	close(vivid->in);
}

#endif /* VMREMAP_SELFTESTS_VIVID_H */
