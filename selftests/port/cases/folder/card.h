/* SPDX-License-Identifier: GPL-2.0 */
struct file;
struct vm_area_struct;

struct card {
	void *ring;
};

int card_mmap(struct file *file, struct vm_area_struct *vma);
