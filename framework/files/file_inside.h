/* What a file being written is made of. Private to file.c, file_commit.c and file_read.c. */
#ifndef LAM_FILE_INSIDE_H
#define LAM_FILE_INSIDE_H

#include "framework/files/file.h"

#include <errno.h>

#pragma GCC visibility push(hidden)

enum { LAM_FILE_BUFFER = 1 << 16 };

struct lam_file_writer {
	int descriptor, folder;
	char *path, *temporary;
	/* where the replaced file goes, and its name on the way there; NULL: it goes */
	char *previous, *aside;
	uint64_t written;  /* bytes in the file */
	size_t pending;    /* bytes in the buffer, which follow them */
	bool synced;       /* all of them are on the disk */
	lam_status status; /* of the first failure */
	char sentence[512];
	unsigned char buffer[LAM_FILE_BUFFER];
};

/* LAM_ERR_IO and "'path': cannot verb: …" from errno. */
lam_status lam_file_refused(const char *path, const char *verb);

/* Writes what is in the buffer. */
lam_status lam_file_flush(lam_file_writer *file);

/* A signal may interrupt a call before it did anything: then it is made again. */
#define LAM_FILE_AGAIN(result, call) \
	do { \
		(result) = (call); \
	} while ((result) < 0 && errno == EINTR)

#pragma GCC visibility pop
#endif
