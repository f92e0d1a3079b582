// SPDX-License-Identifier: GPL-2.0
/*
 * alsa: map the buffers of a sound card of sound/drivers/aloop.c, play by one mapping, and check
 * that the other one records the same. Prints when HW_FREE succeeds, and what it costs to map a
 * buffer.
 */
#include <errno.h>
#include <fcntl.h>
#include <sound/asound.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

#define FRAME	4	/* bytes: two channels of 16 bits */

static void set(struct snd_pcm_hw_params *params, int number, unsigned int value)
{
	struct snd_interval *interval =
		&params->intervals[number - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];

	interval->min = value;
	interval->max = value;
	interval->integer = 1;
}

static void choose(struct snd_pcm_hw_params *params, int number, unsigned int value)
{
	struct snd_mask *mask = &params->masks[number - SNDRV_PCM_HW_PARAM_FIRST_MASK];

	memset(mask, 0, sizeof(*mask));
	mask->bits[value / 32] = 1U << value % 32;
}

/* With a buffer of so many bytes. */
static int open_device(const char *name, unsigned int size)
{
	struct snd_pcm_hw_params params = { .rmask = ~0U };
	int fd = open(name, O_RDWR);

	if (fd < 0)
		err(1, "%s", name);
	for (int mask = SNDRV_PCM_HW_PARAM_FIRST_MASK; mask <= SNDRV_PCM_HW_PARAM_LAST_MASK; mask++)
		memset(&params.masks[mask - SNDRV_PCM_HW_PARAM_FIRST_MASK], 0xff,
		       sizeof(struct snd_mask));
	for (int interval = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL;
	     interval <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; interval++)
		params.intervals[interval - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL].max = ~0U;
	choose(&params, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_MMAP_INTERLEAVED);
	choose(&params, SNDRV_PCM_HW_PARAM_FORMAT, SNDRV_PCM_FORMAT_S16_LE);
	set(&params, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
	set(&params, SNDRV_PCM_HW_PARAM_RATE, 48000);
	set(&params, SNDRV_PCM_HW_PARAM_BUFFER_BYTES, size);
	set(&params, SNDRV_PCM_HW_PARAM_PERIOD_BYTES, 4096);
	if (ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &params))
		err(1, "%s: HW_PARAMS", name);
	return fd;
}

static void free_buffer(int fd, const char *when)
{
	int error = ioctl(fd, SNDRV_PCM_IOCTL_HW_FREE);

	printf("HW_FREE %s: %s\n", when, error ? strerror(errno) : "done");
}

/* vmremap maps nothing executable. Then the fault handler of ALSA maps the buffer. */
static void map_executable(int fd, char *memory, unsigned int size)
{
	const char *code = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);

	for (unsigned int at = 0; at < size; at++)
		memory[at] = at % 251 + 1;
	if (code == MAP_FAILED)
		err(1, "mmap of %u bytes that are executable", size);
	if (memcmp(code, memory, size))
		errx(1, "the executable mapping shows other bytes");
	munmap(memory, size);
	free_buffer(fd, "while mapped executable");
	if (code[size - 1] != (char)((size - 1) % 251 + 1))
		errx(1, "the executable mapping has changed");
	munmap((void *)code, size);
}

/* What is played is never 0, and silence is: skip that. */
static void play_and_record(void)
{
	const unsigned int size = 64 << 10, chunk = 32 << 10;
	int player = open_device("/dev/snd/pcmC0D0p", size);
	int recorder = open_device("/dev/snd/pcmC0D1c", size);
	unsigned char *played = map(player, size, 0), *recorded = map(recorder, size, 0);
	snd_pcm_uframes_t frames = chunk / FRAME;
	snd_pcm_sframes_t delay;
	unsigned int at, begin;

	for (at = 0; at < size; at++)
		played[at] = at % 251 + 1;
	CALL(player, SNDRV_PCM_IOCTL_PREPARE, NULL);
	CALL(recorder, SNDRV_PCM_IOCTL_PREPARE, NULL);
	CALL(recorder, SNDRV_PCM_IOCTL_START, NULL);
	CALL(player, SNDRV_PCM_IOCTL_FORWARD, &frames);
	CALL(player, SNDRV_PCM_IOCTL_START, NULL);
	CALL(player, SNDRV_PCM_IOCTL_DRAIN, NULL);
	CALL(recorder, SNDRV_PCM_IOCTL_DELAY, &delay);
	for (begin = 0; begin < size && !recorded[begin]; begin++)
		;
	for (at = 0; begin + at < size && at < chunk / 2; at++)
		if (recorded[begin + at] != at % 251 + 1)
			errx(1, "byte %u of what was recorded is %u", at, recorded[begin + at]);
	printf("recorded %u bytes of what was played\n", at);
	close(player);
	close(recorder);
}

int main(void)
{
	const unsigned int size = 1 << 20;
	__u64 least = ~0ULL;
	int fd = open_device("/dev/snd/pcmC0D0p", size);
	char *memory = map(fd, size, 0);

	free_buffer(fd, "while mapped");
	munmap(memory, size / 2);
	free_buffer(fd, "while half is mapped");
	munmap(memory, size);
	free_buffer(fd, "while not mapped");
	close(fd);

	fd = open_device("/dev/snd/pcmC0D0p", size);
	map_executable(fd, map(fd, size, 0), size);
	free_buffer(fd, "after that");
	close(fd);

	fd = open_device("/dev/snd/pcmC0D0p", size);
	for (int round = 0; round < ROUNDS; round++)
		measure(fd, size, 0, &least);
	free_buffer(fd, "at last");
	close(fd);
	play_and_record();
	return print_cost(size, least);
}
