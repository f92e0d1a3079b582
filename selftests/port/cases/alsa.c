// SPDX-License-Identifier: GPL-2.0
/* Memory that is not marked for userspace, and whose address is another's to keep, as in ALSA. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>
#include <sound/memalloc.h>

void *card_alloc(struct snd_dma_buffer *buffer, size_t size);
void *card_alloc(struct snd_dma_buffer *buffer, size_t size)
{
	return vmalloc(size);
}

void card_free(struct snd_dma_buffer *buffer);
void card_free(struct snd_dma_buffer *buffer)
{
	vfree(buffer->area);
}

int card_mmap(struct snd_dma_buffer *buffer, struct vm_area_struct *vma);
int card_mmap(struct snd_dma_buffer *buffer, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, buffer->area, 0);
}

MODULE_DESCRIPTION("A case of tools/port");
MODULE_LICENSE("GPL");
