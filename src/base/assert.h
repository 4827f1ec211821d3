/* NF_ASSERT(condition): for our own bugs only, never for input. Checks in debug, sanitizer and fuzz
 * builds (NF_DEBUG), and costs nothing in the others. Freestanding. */
#ifndef NF_BASE_ASSERT_H
#define NF_BASE_ASSERT_H

#ifdef NF_DEBUG
#define NF_ASSERT(condition) ((condition) ? (void)0 : __builtin_trap())
#else
#define NF_ASSERT(condition) ((void)sizeof(!(condition)))
#endif

#endif
