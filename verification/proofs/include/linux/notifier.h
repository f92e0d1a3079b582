/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROOFS_NOTIFIER_H
#define PROOFS_NOTIFIER_H

struct blocking_notifier_head {
	void *head;
};

#endif /* PROOFS_NOTIFIER_H */
