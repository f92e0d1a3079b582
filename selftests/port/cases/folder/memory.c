// SPDX-License-Identifier: GPL-2.0
/* The same memory twice in an array, and a struct whose member has the same name. */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "card.h"

static struct card cards[2];

static int card_open(struct inode *inode, struct file *file)
{
	struct card *card = &cards[iminor(inode) & 1];

	card->ring = vmalloc_user(PAGE_SIZE);
	if (!card->ring)
		return -ENOMEM;
	file->private_data = card;
	return 0;
}

static int card_close(struct inode *inode, struct file *file)
{
	struct card *card = file->private_data;

	vfree(card->ring);
	return 0;
}

const struct file_operations folder_fops = {
	.owner = THIS_MODULE,
	.open = card_open,
	.release = card_close,
	.mmap = card_mmap,
};

MODULE_DESCRIPTION("A case of tools/port");
MODULE_LICENSE("GPL");
