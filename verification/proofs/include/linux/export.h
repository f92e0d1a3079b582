/* SPDX-License-Identifier: GPL-2.0 */
#define EXPORT_SYMBOL_GPL(symbol)	void symbol##_is_exported(void)
