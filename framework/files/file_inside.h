/* SPDX-License-Identifier: MIT */
/* The file writer's data. Private to file.c, file_commit.c and file_read.c. */
#ifndef LAM_FILE_INSIDE_H
#define LAM_FILE_INSIDE_H

#include "framework/files/file.h"

#include <errno.h>

#pragma GCC visibility push(hidden)

enum { LAM_FILE_BUFFER = 1 << 16 };

struct lam_file_writer {
	int descriptor, folder;
	char *path, *temporary;
	/* The final and the temporary name of the replaced file. NULL: that file is deleted. */
	char *previous, *aside;
	uint64_t written;  /* bytes in the file */
	size_t pending;    /* bytes in the buffer, not yet in the file */
	bool synced;       /* all `written` bytes are on the disk */
	lam_status status; /* the first failure */
	char sentence[512];
	unsigned char buffer[LAM_FILE_BUFFER];
};

/* Sets "'path': cannot VERB: REASON", the reason from errno, and returns LAM_ERR_IO. */
lam_status lam_file_refused(const char *path, const char *verb);

/* Writes the buffer to the file. */
lam_status lam_file_flush(lam_file_writer *file);

/* Closes both descriptors, which releases the lock. Returns 0, or the errno of the first failure. A
 * close that a signal interrupts (EINTR) has closed its descriptor. */
int lam_file_close_both(const lam_file_writer *file);

/* Frees the writer, whose descriptors are closed. */
void lam_file_dispose(lam_file_writer *file);

/* Repeats a system call that a signal interrupted (EINTR). */
#define LAM_FILE_AGAIN(result, call) \
	do { \
		(result) = (call); \
	} while ((result) < 0 && errno == EINTR)

#pragma GCC visibility pop
#endif
