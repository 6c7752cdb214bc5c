/* SPDX-License-Identifier: MIT */
/** \file
 * How a function reports a failure: by a status, and by a sentence kept for the calling thread. */
#ifndef LAM_STATUS_H
#define LAM_STATUS_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Marks functions that make an object or may fail: the compiler warns if the result is not used.
 * Not on functions whose failure does no harm, such as lam_net_summary(). */
#ifdef __GNUC__
#define LAM_MUST_CHECK __attribute__((warn_unused_result))
#else
#define LAM_MUST_CHECK
#endif

/** The kind of a failure, for programs; lam_error() has the sentence for people. Values never
 * change. */
typedef enum lam_status {
	LAM_OK = 0,           /**< success */
	LAM_ERR_MEMORY = 1,   /**< an allocation failed */
	LAM_ERR_ARGUMENT = 2, /**< an invalid value or option */
	LAM_ERR_SHAPE = 3,    /**< shapes that do not fit each other */
	LAM_ERR_STATE = 4,    /**< a call at the wrong time, as backward before forward */
	LAM_ERR_IO = 5,       /**< the operating system refused to open, read, write or sync */
	LAM_ERR_FORMAT = 6,   /**< a file whose contents are damaged or not what they claim */
	LAM_ERR_NUMERIC =
		7, /**< a loss or gradient that is not finite, a gradient check that failed */
	LAM_ERR_UNSUPPORTED = 8, /**< a legal request that this build or version cannot serve */
} lam_status;

/** The sentence of the calling thread's last failure, which says what was given and what was
 * expected. Never NULL; "" before the first failure. Success does not clear it. Valid until this
 * thread's next failure. */
const char *lam_error(void);

/** The status of the calling thread's last failure, for functions that return NULL. LAM_OK before
 * the first failure. */
lam_status lam_error_status(void);

/** Sets the calling thread's error sentence (printf's format, cut at about 500 bytes) and returns
 * `status`, so that a user's layer can `return lam_fail(LAM_ERR_SHAPE, "...", ...);`. The sentence
 * is one line of printable UTF-8. Other bytes, such as line ends and escape sequences of a
 * terminal, become a backslash, an x and two digits. */
lam_status lam_fail(lam_status status, const char *format, ...)
#ifdef __GNUC__
	__attribute__((format(printf, 2, 3)))
#endif
	;

/** As lam_fail(), with a va_list. */
lam_status lam_fail_v(lam_status status, const char *format, va_list arguments)
#ifdef __GNUC__
	__attribute__((format(printf, 2, 0)))
#endif
	;

/** The status as a word: "ok", "memory", "argument", … Static storage. */
const char *lam_status_text(lam_status status);

#ifdef __cplusplus
}
#endif
#endif
