/* SPDX-License-Identifier: GPL-2.0 */
extern void *ring;
int card_alloc(void);
void card_drop(void);
void drop_early(void);
