/* SPDX-License-Identifier: MIT */
/* Fault injection: wrappers of system calls that fail on demand. A test that includes this is
 * linked with -Wl,--wrap=NAME for every name below (fault_ldflags in tests.mk), so that the
 * library's calls arrive here first. Calls are counted while `faults.armed`. Call number `at` fails
 * with `error`, is cut short, or kills the process. */
#ifndef LAM_TESTS_FAULTS_H
#define LAM_TESTS_FAULTS_H

#include "tests/kit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum fault_kind {
	FAULT_ERROR, /* the call fails with `error` */
	FAULT_STAYS, /* the call fails, and so does every later call that writes to the disk */
	FAULT_SHORT, /* a read or write moves half of its bytes; other calls work */
	FAULT_FULL,  /* as FAULT_SHORT, and every later call that writes to the disk fails */
	FAULT_KILL,  /* the process dies before the call */
};

enum { FAULT_MOST_CALLS = 4000 };

/* A call that the library made. */
struct fault_call {
	const char *name;
	bool folder;    /* fsync() of a folder */
	char path[128]; /* the end of the (first) path, if it has one */
};

static struct {
	atomic_bool armed;
	bool sync; /* really sync, and drop cached pages; false: skip both, for speed */
	long at;   /* the call to fail, from 1; 0: none */
	enum fault_kind kind;
	int error;
	atomic_long count;
	bool full;                                     /* FAULT_STAYS or FAULT_FULL has happened */
	const char *hit;                               /* the call that failed; NULL: none */
	void (*before)(const struct fault_call *call); /* called before each call; may be NULL */
	struct fault_call calls[FAULT_MOST_CALLS];
} faults;

KIT_UNUSED static void fault_begin(long at, enum fault_kind kind, int error)
{
	faults.count = 0;
	faults.at = at;
	faults.kind = kind;
	faults.error = error;
	faults.full = false;
	faults.hit = NULL;
	faults.armed = true;
}

KIT_UNUSED static void fault_end(void)
{
	faults.armed = false;
}

int __real_fstat(int descriptor, struct stat *status);

/* What to do with a call. */
enum fate { GO, FAIL, HALVE };

static enum fate fault_now(
	const char *name, const char *path, int descriptor, bool brings_bytes, size_t bytes)
{
	if (!faults.armed)
		return GO;
	long number = ++faults.count;
	if (number > FAULT_MOST_CALLS)
		return GO;
	struct fault_call *call = &faults.calls[number - 1];
	*call = (struct fault_call){.name = name};
	if (path)
		snprintf(call->path, sizeof call->path, "%s",
			strlen(path) < sizeof call->path
				? path
				: path + strlen(path) - sizeof call->path + 1);
	struct stat status;
	call->folder = descriptor >= 0 && __real_fstat(descriptor, &status) == 0
		&& S_ISDIR(status.st_mode);
	if (faults.before)
		faults.before(call);
	if (faults.full && brings_bytes) {
		errno = faults.kind == FAULT_FULL ? ENOSPC : faults.error;
		return FAIL;
	}
	if (number != faults.at)
		return GO;
	faults.hit = name;
	if (faults.kind == FAULT_KILL)
		raise(SIGKILL);
	faults.full = faults.kind == FAULT_STAYS || faults.kind == FAULT_FULL;
	errno = faults.error;
	if (faults.kind == FAULT_SHORT || faults.kind == FAULT_FULL)
		return bytes > 1 ? HALVE : GO;
	return FAIL;
}

/* Wraps a call that succeeds or fails. */
#define FAULT_CALL(type, name, parameters, arguments, path, descriptor, brings_bytes) \
	type __real_##name parameters; \
	type __wrap_##name parameters \
	{ \
		return fault_now(#name, path, descriptor, brings_bytes, 0) == FAIL \
			? -1 \
			: __real_##name arguments; \
	}

/* Wraps a call that moves `count` bytes. */
#define FAULT_MOVE(name, parameters, brings_bytes, whole, half) \
	ssize_t __real_##name parameters; \
	ssize_t __wrap_##name parameters \
	{ \
		switch (fault_now(#name, NULL, -1, brings_bytes, count)) { \
		case FAIL: \
			return -1; \
		case HALVE: \
			return __real_##name half; \
		default: \
			return __real_##name whole; \
		} \
	}

FAULT_CALL(int, access, (const char *path, int mode), (path, mode), path, -1, false)
FAULT_CALL(int, faccessat, (int folder, const char *path, int mode, int flags),
	(folder, path, mode, flags), path, -1, false)
FAULT_CALL(int, fchmod, (int descriptor, mode_t mode), (descriptor, mode), NULL, -1, false)
FAULT_CALL(int, fchown, (int descriptor, uid_t user, gid_t group), (descriptor, user, group), NULL,
	-1, false)
FAULT_CALL(int, flock, (int descriptor, int what), (descriptor, what), NULL, -1, false)
FAULT_CALL(int, link, (const char *from, const char *to), (from, to), from, -1, true)
FAULT_CALL(int, lstat, (const char *path, struct stat *status), (path, status), path, -1, false)
FAULT_CALL(int, nanosleep, (const struct timespec *asked, struct timespec *left), (asked, left),
	NULL, -1, false)
FAULT_CALL(int, rename, (const char *from, const char *to), (from, to), from, -1, true)
FAULT_CALL(int, stat, (const char *path, struct stat *status), (path, status), path, -1, false)
FAULT_CALL(int, unlink, (const char *path), (path), path, -1, false)
FAULT_MOVE(pread, (int descriptor, void *bytes, size_t count, off_t at), false,
	(descriptor, bytes, count, at), (descriptor, bytes, count / 2, at))
FAULT_MOVE(pwrite, (int descriptor, const void *bytes, size_t count, off_t at), true,
	(descriptor, bytes, count, at), (descriptor, bytes, count / 2, at))
FAULT_MOVE(write, (int descriptor, const void *bytes, size_t count), true,
	(descriptor, bytes, count), (descriptor, bytes, count / 2))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
	va_end(arguments);
	return fault_now("open", path, -1, false, 0) == FAIL ? -1 : __real_open(path, flags, mode);
}

int __real_fsync(int descriptor);
int __wrap_fsync(int descriptor)
{
	if (fault_now("fsync", NULL, descriptor, true, 0) == FAIL)
		return -1;
	return faults.sync ? __real_fsync(descriptor) : 0;
}

int __real_ftruncate(int descriptor, off_t length);
int __wrap_ftruncate(int descriptor, off_t length)
{
	if (fault_now("ftruncate", NULL, descriptor, false, 0) == FAIL)
		return -1;
	return __real_ftruncate(descriptor, length);
}

int __real_posix_fadvise(int descriptor, off_t at, off_t size, int advice);
int __wrap_posix_fadvise(int descriptor, off_t at, off_t size, int advice)
{
	if (fault_now("posix_fadvise", NULL, -1, false, 0) == FAIL)
		return errno;
	return faults.sync ? __real_posix_fadvise(descriptor, at, size, advice) : 0;
}

/* A close() that fails has nevertheless closed the descriptor. */
int __real_close(int descriptor);
int __wrap_close(int descriptor)
{
	bool fails = fault_now("close", NULL, -1, false, 0) == FAIL;
	int reason = errno, result = __real_close(descriptor);
	if (!fails)
		return result;
	errno = reason;
	return -1;
}

int __wrap_fstat(int descriptor, struct stat *status)
{
	return fault_now("fstat", NULL, -1, false, 0) == FAIL ? -1
							      : __real_fstat(descriptor, status);
}

int __real_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data);
int __wrap_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data)
{
	return fault_now("pthread_create", NULL, -1, false, 0) == FAIL
		? EAGAIN
		: __real_pthread_create(thread, attributes, run, data);
}

#endif
