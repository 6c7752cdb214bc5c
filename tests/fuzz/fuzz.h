/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. A target is one function,
 *
 *     FUZZ_TARGET(idx)        // int fuzz_idx(const uint8_t *data, size_t size)
 *     {
 *             fuzz_begin(FLOOR, PER_BYTE, size);
 *             … fuzz_path(data, size) …
 *             return fuzz_end();
 *     }
 *
 * which libFuzzer and AFL++ call when it is built with -DFUZZING (`make fuzz`, `make fuzz-afl`). In
 * `make check`, fuzz_corpus_test calls it for every file of tests/fuzz/corpus/idx. A target fails
 * when it crashes, a sanitizer reports an error, it leaks lamina's memory, more than FLOOR +
 * PER_BYTE * size bytes of that were in use at once, or a sentence holds a control character. */
#ifndef LAM_TESTS_FUZZ_H
#define LAM_TESTS_FUZZ_H

#include "framework/memory.h"
#include "framework/status.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FUZZING
#define FUZZ_TARGET(name) \
	static int fuzz_##name(const uint8_t *data, size_t size); \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) \
	{ \
		return fuzz_##name(data, size); \
	} \
	static int fuzz_##name(const uint8_t *data, size_t size)
#else
#define FUZZ_TARGET(name) \
	int fuzz_##name(const uint8_t *data, size_t size); \
	int fuzz_##name(const uint8_t *data, size_t size)
#endif

enum { FUZZ_HEADER = 64 }; /* bytes in front of each allocation, which hold its size */

/* Atomic, because lamina's own threads allocate too. */
static struct {
	atomic_size_t live, peak;
	size_t limit;
	atomic_llong left; /* allocations that succeed before all others fail; below 0: no limit */
} fuzz_memory = {.left = -1};

/* Aborts, so that the fuzzer or a debugger notices. */
__attribute__((unused)) static void fuzz_wrong(const char *what)
{
	fprintf(stderr, "fuzz: %s (in use %zu, at most %zu of %zu; \"%s\")\n", what,
		(size_t)fuzz_memory.live, (size_t)fuzz_memory.peak, fuzz_memory.limit, lam_error());
	abort();
}

static void *fuzz_allocate(void *data, size_t align, size_t bytes)
{
	(void)data;
	void *memory = NULL;
	if (fuzz_memory.left >= 0 && atomic_fetch_sub(&fuzz_memory.left, 1) <= 0) {
		fuzz_memory.left = 0;
		return NULL;
	}
	const size_t live = atomic_fetch_add(&fuzz_memory.live, bytes) + bytes;
	if (live > fuzz_memory.peak)
		fuzz_memory.peak = live;
	if (live > fuzz_memory.limit)
		fuzz_wrong("more memory than the file may ask for");
	size_t header = align > FUZZ_HEADER ? align : FUZZ_HEADER;
	if (posix_memalign(&memory, header, header + bytes))
		return NULL;
	unsigned char *block = (unsigned char *)memory + header;
	memcpy(block - 16, &bytes, sizeof bytes);
	memcpy(block - 8, &header, sizeof header);
	return block;
}

static void fuzz_release(void *data, void *memory)
{
	(void)data;
	size_t bytes, header;
	memcpy(&bytes, (unsigned char *)memory - 16, sizeof bytes);
	memcpy(&header, (unsigned char *)memory - 8, sizeof header);
	fuzz_memory.live -= bytes;
	free((unsigned char *)memory - header);
}

/* Begins to count lamina's memory. */
__attribute__((unused)) static void fuzz_begin(size_t floor, size_t per_byte, size_t size)
{
	fuzz_memory.live = fuzz_memory.peak = 0;
	fuzz_memory.left = -1;
	fuzz_memory.limit = floor + per_byte * size;
	lam_set_allocator(&(lam_allocator){fuzz_allocate, fuzz_release, NULL});
}

/* Checks the counts; a target returns its result. */
__attribute__((unused)) static int fuzz_end(void)
{
	lam_set_allocator(NULL);
	if (fuzz_memory.live)
		fuzz_wrong("memory is left");
	for (const char *c = lam_error(); *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			fuzz_wrong("a sentence with a control character");
	return 0;
}

/* Makes lam_file_open() of the returned path read these bytes, until the next call (fuzz_file.c).
 * The bytes are borrowed. */
const char *fuzz_path(const uint8_t *data, size_t size);

/* A path to save at. Nothing is written there: the bytes stay in memory (fuzz_writer.c), until
 * fuzz_take_saved() gives the last file's to the caller, to be freed with free(). */
struct fuzz_saved {
	uint8_t *bytes;
	size_t size;
};
const char *fuzz_written(void);
struct fuzz_saved fuzz_take_saved(void);
/* What was written so far, borrowed. */
struct lam_file_writer;
struct fuzz_saved fuzz_unsaved(const struct lam_file_writer *file);

#endif
