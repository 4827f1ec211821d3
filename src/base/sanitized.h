/* Whether the address or the thread sanitizer watches this build: it has locks and memory of its own,
 * which can't be shared with a process that was not forked, or with a thread that has been stopped. */
#ifndef NF_BASE_SANITIZED_H
#define NF_BASE_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NF_SANITIZED 1
#elif defined(__has_feature)
#define NF_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define NF_SANITIZED 0
#endif

#endif
