/* A stream: the bytes of a part of a file, as they lie or inflated on the way, in order. */
#ifndef LAM_STREAM_H
#define LAM_STREAM_H

#include "framework/files/file.h"

#pragma GCC visibility push(hidden)

typedef enum lam_coding {
	LAM_CODING_STORED,  /* as they lie */
	LAM_CODING_DEFLATE, /* raw deflate, as in a zip file */
	LAM_CODING_GZIP,    /* gzip with its header and checksum */
} lam_coding;

/* Deflate cannot expand more than this (258 bytes per two bits, nearly): a file that claims more is
 * lying. */
enum { LAM_DEFLATE_RATIO = 1032 };

/* Whether `stored` bytes can hold `bytes`, so that a lying size is found before memory is taken for
 * it. */
bool lam_coding_can_hold(lam_coding coding, uint64_t stored, uint64_t bytes);

typedef struct lam_stream lam_stream;

/* A stream over bytes [at, at + length) of `file` (which must stay open); `what` (borrowed) names
 * it in sentences. On failure NULL, *status and a sentence. */
lam_stream *lam_stream_open(const lam_file_reader *file, uint64_t at, uint64_t length,
	lam_coding coding, const char *what, lam_status *status);

/* Says that `bytes` will be read from here on, in pieces: a stream that ends too early says how
 * early that is. */
void lam_stream_expect(lam_stream *stream, uint64_t bytes);

/* Reads exactly `count` bytes; LAM_ERR_FORMAT when the stream ends before that or is damaged. */
lam_status lam_stream_read(lam_stream *stream, void *bytes, size_t count);

/* LAM_OK when the stream ends here, its coding too (and its gzip checksum is right); otherwise
 * LAM_ERR_FORMAT. */
lam_status lam_stream_end(lam_stream *stream);

/* NULL is allowed. */
void lam_stream_close(lam_stream *stream);

#pragma GCC visibility pop
#endif
