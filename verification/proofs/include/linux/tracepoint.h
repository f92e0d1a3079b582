/* SPDX-License-Identifier: GPL-2.0 */
/* What a tracepoint is told goes to the proof, which has the function. */
#define TP_PROTO(...)	__VA_ARGS__
#define TRACE_EVENT(name, proto, ...)	void trace_##name(proto)
