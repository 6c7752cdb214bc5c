/* SPDX-License-Identifier: MIT */
/* A stream: reads a range of a file in order, as stored or inflated. */
#ifndef LAM_STREAM_H
#define LAM_STREAM_H

#include "framework/files/file.h"

#pragma GCC visibility push(hidden)

typedef enum lam_coding {
	LAM_CODING_STORED,  /* uncompressed */
	LAM_CODING_DEFLATE, /* raw deflate, as in a zip file */
	LAM_CODING_GZIP,    /* gzip: members with header and checksum, zeros between and behind */
} lam_coding;

/* How many times its size deflated data can expand (from two bits to 258 bytes, nearly). A file
 * that claims more is damaged. */
enum { LAM_DEFLATE_RATIO = 1032 };

/* Whether `stored` bytes can expand to `bytes`. Ask it before memory of that size is allocated. */
bool lam_coding_can_hold(lam_coding coding, uint64_t stored, uint64_t bytes);

typedef struct lam_stream lam_stream;

/* Opens a stream over bytes [at, at + length) of `file`, which must stay open. `what` (borrowed)
 * names it in error sentences. On failure NULL, *status and a sentence. */
lam_stream *lam_stream_open(const lam_file_reader *file, uint64_t at, uint64_t length,
	lam_coding coding, const char *what, lam_status *status);

/* Announces that `bytes` will be read from here on, in pieces. A stream that ends too early then
 * says how many of them are missing. */
void lam_stream_expect(lam_stream *stream, uint64_t bytes);

/* Reads exactly `count` bytes; LAM_ERR_FORMAT when the stream ends before that or is damaged. */
lam_status lam_stream_read(lam_stream *stream, void *bytes, size_t count);

/* LAM_OK when both the range and its coding end here and gzip's checksum is right; otherwise
 * LAM_ERR_FORMAT. */
lam_status lam_stream_end(lam_stream *stream);

/* NULL is allowed. */
void lam_stream_close(lam_stream *stream);

#pragma GCC visibility pop
#endif
