/* SPDX-License-Identifier: BSL-1.0 */
/*
 * The system's errno.h, but for one promise: that the place of errno is always the same (the attribute const), so that compilers
 * may keep its address. It belongs to the thread, and a process that has parked may go on on another one. This folder stands first
 * among those that whoever links the runtime looks for headers in.
 */
#pragma GCC system_header
#include <features.h>
#pragma push_macro("__attribute_const__")
#undef __attribute_const__
#define __attribute_const__
#include_next <errno.h>
#pragma pop_macro("__attribute_const__")
