/* SPDX-License-Identifier: GPL-2.0 */
/* For a kernel whose __assign_str() takes the value, too, which here has the field's name. */
#undef __assign_str
#define __assign_str(name)	strcpy(__get_str(name), name)

#include "../../../c/trace.h"
