/* SPDX-License-Identifier: GPL-2.0 */
struct card;
struct vm_area_struct;

int ring_map(struct card *card, struct vm_area_struct *vma);
int ring_get(struct card *card);
void ring_put(struct card *card);
