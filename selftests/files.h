/* SPDX-License-Identifier: GPL-2.0 */
/* Small files, such as those in /proc and /sys. */
#ifndef VMREMAP_SELFTESTS_FILES_H
#define VMREMAP_SELFTESTS_FILES_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* Run the statement for each line of a file: not once if the file does not exist. */
#define for_each_line(line, path) \
	for (FILE *file_ __attribute__((cleanup(close_file))) = fopen(path, "re"); \
	     file_ && fgets(line, sizeof(line), file_);)

static inline bool read_text(const char *path, char *text, size_t size)
{
	FILE *file __attribute__((cleanup(close_file))) = fopen(path, "re");
	size_t length = file ? fread(text, 1, size - 1, file) : 0;

	text[length] = 0;
	return length;
}

/* The number that sscanf(3) finds in the first line that @format matches, or -1. */
static inline long find_number(const char *path, const char *format)
{
	char line[512];
	long number;

	for_each_line(line, path)
		if (sscanf(line, format, &number) == 1)
			return number;
	return -1;
}

static inline long read_number(const char *path)
{
	return find_number(path, "%ld");
}

#define memory_kib(field) find_number("/proc/meminfo", field ": %ld")

static inline bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t len = strlen(text);
	bool ok = fd >= 0 && write(fd, text, len) == len;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Copy a field of the mapping at @addr in /proc/self/smaps. Returns false if there is none. */
static inline bool smaps_text(const void *addr, const char *field, char *text, size_t size)
{
	unsigned long start, end;
	size_t len = strlen(field);
	bool here = false;
	char line[512];

	for_each_line(line, "/proc/self/smaps") {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (unsigned long)addr >= start && (unsigned long)addr < end;
		if (here && !strncmp(line, field, len) && line[len] == ':')
			return snprintf(text, size, "%s", line + len + 1);
	}
	return false;
}

/* The same for a field in KiB. Returns -1 if there is none. */
static inline long smaps_kib(const void *addr, const char *field)
{
	char text[64];

	return smaps_text(addr, field, text, sizeof(text)) ? strtol(text, NULL, 10) : -1;
}

/* Does VmFlags of the mapping at @addr contain this two-letter flag? */
static inline bool vm_flag(const void *addr, const char *flag)
{
	char text[512], word[8];

	snprintf(word, sizeof(word), " %s ", flag);
	return smaps_text(addr, "VmFlags", text, sizeof(text)) && strstr(text, word);
}

/* Free memory in KiB, with the per-CPU lists, which MemFree does not count. */
static inline long free_kib(void)
{
	long pages, sum = 0;
	char line[128];

	for_each_line(line, "/proc/zoneinfo")
		if (sscanf(line, " pages free %ld", &pages) == 1 ||
		    sscanf(line, " count: %ld", &pages) == 1)
			sum += pages;
	return sum * (PAGE_SIZE / 1024);
}

/* The address of a kernel symbol, or 0. */
static inline unsigned long kernel_symbol(const char *wanted)
{
	char line[512], name[128];
	unsigned long addr;

	for_each_line(line, "/proc/kallsyms")
		if (sscanf(line, "%lx %*c %127s", &addr, name) == 2 && !strcmp(name, wanted))
			return addr;
	return 0;
}

#endif /* VMREMAP_SELFTESTS_FILES_H */
