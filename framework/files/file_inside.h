/* SPDX-License-Identifier: MIT */
/* The file writer's data. Private to file.c, file_commit.c and file_read.c. */
#ifndef LAM_FILE_INSIDE_H
#define LAM_FILE_INSIDE_H

#include "framework/files/file.h"

#include <errno.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

enum { LAM_FILE_BUFFER = 1 << 16 };

struct lam_file_writer {
	lam_file_lock *lock;
	bool own_lock; /* the lock was taken for this file alone */
	bool made;     /* this writer made the temporary file, and must unlink it */
	int descriptor;
	dev_t device; /* the device and the inode identify the file */
	ino_t inode;
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

/* Removes a temporary file that a killed process has left, if it is a plain file. Otherwise false
 * and a sentence that begins with `path`. */
bool lam_file_remove_stale(const char *path, const char *temporary);

/* Opens the folder of `path`; -1 and a sentence on failure. */
int lam_file_open_folder(const char *path);

/* Repeats a system call that a signal interrupted (EINTR). */
#define LAM_FILE_AGAIN(result, call) \
	do { \
		(result) = (call); \
	} while ((result) < 0 && errno == EINTR)

#pragma GCC visibility pop
#endif
