/* SPDX-License-Identifier: MIT */
/** \file
 * How a function says that it failed: a status, and one sentence in the calling thread. */
#ifndef LAM_STATUS_H
#define LAM_STATUS_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/** On every function that makes something or may fail, but where a failure harms nobody
 * (lam_net_summary()): the compiler warns where its result is dropped. */
#ifdef __GNUC__
#define LAM_MUST_CHECK __attribute__((warn_unused_result))
#else
#define LAM_MUST_CHECK
#endif

/** What went wrong, for a program; lam_error() has the sentence for a person. Values never change.
 */
typedef enum lam_status {
	LAM_OK = 0,
	LAM_ERR_MEMORY = 1,   /**< an allocation failed */
	LAM_ERR_ARGUMENT = 2, /**< a value or option that makes no sense */
	LAM_ERR_SHAPE = 3,    /**< shapes that do not fit each other */
	LAM_ERR_STATE = 4,    /**< a call at the wrong time: backward before forward */
	LAM_ERR_IO = 5,       /**< the operating system refused to open, read, write or sync */
	LAM_ERR_FORMAT = 6,   /**< a file whose contents are damaged or not what they claim */
	LAM_ERR_NUMERIC =
		7, /**< a loss or gradient that is not finite, a gradient check that failed */
	LAM_ERR_UNSUPPORTED = 8, /**< a legal request that this build or version cannot serve */
} lam_status;

/** The sentence of the calling thread's last failure, naming what was given and what was expected.
 * Never NULL; "" before the first failure; success never clears it. Valid until this thread's next
 * failure. */
const char *lam_error(void);

/** The status that belongs to that sentence, for functions that return NULL; LAM_OK before the
 * first failure. */
lam_status lam_error_status(void);

/** Records a sentence (printf's format, cut at about 500 bytes) as the calling thread's error and
 * returns `status`, so that a layer of one's own ends with `return lam_fail(LAM_ERR_SHAPE, "…",
 * …);`. The sentence is one line of printable UTF-8: any other byte of it, line ends and a
 * terminal's escape sequences among them, is shown as a backslash, an x and two digits. */
lam_status lam_fail(lam_status status, const char *format, ...)
#ifdef __GNUC__
	__attribute__((format(printf, 2, 3)))
#endif
	;

/** As lam_fail(), with the arguments already gathered. */
lam_status lam_fail_v(lam_status status, const char *format, va_list arguments)
#ifdef __GNUC__
	__attribute__((format(printf, 2, 0)))
#endif
	;

/** "ok", "memory", "argument" … : the status as a word. Static storage. */
const char *lam_status_text(lam_status status);

#ifdef __cplusplus
}
#endif
#endif
