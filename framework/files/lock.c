/* SPDX-License-Identifier: MIT */
/* A path is locked with flock() on a file beside it, path.lock. The file is empty, or says that a
 * run has the lock.
 *
 * A process that takes the lock makes the file with O_EXCL, so it never writes to a file of another
 * process. It unlinks the file before it gives up the lock. A file that exists but is not locked
 * was left by a killed process. It is unlinked and made anew. Between open() and flock() another
 * process may unlink the file. So a lock counts only while path.lock still names the file that is
 * locked. */
#include "framework/files/file_inside.h"

#include "framework/memory.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	SHORTEST_SLEEP = 1000 * 1000, /* between two tries, in nanoseconds: 1 to 32 ms */
	LONGEST_SLEEP = 32 * SHORTEST_SLEEP,
};

/* What a run writes into its lock. */
static const char run_mark[] = "a run of lam_fit\n";

struct lam_file_lock {
	int descriptor; /* -1 in a forked child: the lock is its parent's */
	char *path, *name;
	lam_file_lock *next;
};

/* All locks of this process. A forked child inherits their descriptors, and would hold the locks
 * even after its parent has ended, so it closes them at once. The mutex is held while a lock is
 * taken, so that no fork happens before the lock is in the list. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static lam_file_lock *all;

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&mutex);
}

static void after_fork_in_child(void)
{
	for (lam_file_lock *lock = all; lock; lock = lock->next) {
		close(lock->descriptor);
		lock->descriptor = -1;
	}
	all = NULL;
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

lam_status lam_file_refused(const char *path, const char *verb)
{
	return lam_fail(
		LAM_ERR_IO, "'%s': cannot %s: %s", lam_path_text(path).text, verb, strerror(errno));
}

/* Whether a path still names the file that is open. */
static bool is_still(int descriptor, const char *path)
{
	struct stat opened, named;
	return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0
		&& opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* How one try at the lock ended. */
typedef enum outcome {
	TAKEN,
	BUSY,     /* another process saves there */
	BUSY_RUN, /* a run has it */
	AGAIN,    /* the obstacle is gone */
	FAILED,   /* there is a sentence */
} outcome;

static outcome in_the_way(const lam_file_lock *lock)
{
	lam_fail(LAM_ERR_IO,
		"'%s': cannot be locked: '%s' is no plain file; expected none of that name",
		lam_path_text(lock->path).text, lam_path_text(lock->name).text);
	return FAILED;
}

/* Whether the open file could be locked now. A file system without locks gives it to everybody. */
static bool is_free(int descriptor)
{
	int result;
	LAM_FILE_AGAIN(result, flock(descriptor, LOCK_EX | LOCK_NB));
	return result == 0 || errno != EWOULDBLOCK;
}

/* Examines a lock file that exists already. */
static outcome look(const lam_file_lock *lock)
{
	int descriptor;
	LAM_FILE_AGAIN(descriptor, open(lock->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
	if (descriptor < 0 && errno == EACCES) /* the file is another user's */
		LAM_FILE_AGAIN(descriptor,
			open(lock->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
	if (descriptor < 0 && errno == ENOENT)
		return AGAIN;
	if (descriptor < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
		return in_the_way(lock);
	if (descriptor < 0) {
		lam_file_refused(lock->path, "open the lock file beside it");
		return FAILED;
	}
	struct stat found;
	outcome result = AGAIN;
	char mark = 0;
	if (fstat(descriptor, &found) != 0 || !S_ISREG(found.st_mode))
		result = in_the_way(lock);
	else if (!is_free(descriptor))
		result = pread(descriptor, &mark, 1, 0) == 1 && mark == *run_mark ? BUSY_RUN : BUSY;
	else if (is_still(descriptor, lock->name) && unlink(lock->name) != 0 && errno != ENOENT) {
		lam_file_refused(lock->path, "remove the lock file that a killed process left");
		result = FAILED;
	}
	close(descriptor);
	return result;
}

/* Makes the lock file and locks it. */
static outcome make(lam_file_lock *lock, bool run)
{
	int descriptor;
	LAM_FILE_AGAIN(descriptor,
		open(lock->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
	if (descriptor < 0 && errno == EEXIST)
		return look(lock);
	if (descriptor < 0) {
		lam_file_refused(lock->path, "create a lock file beside it");
		return FAILED;
	}
	/* Its owner's other processes must be able to open it, whatever the umask is. */
	struct stat made;
	if (fstat(descriptor, &made) == 0 && (made.st_mode & 0600) != 0600)
		fchmod(descriptor, (made.st_mode & 0777) | 0600);
	/* Another process may have removed it, as if a killed process had left it. */
	if (!is_free(descriptor) || !is_still(descriptor, lock->name)) {
		close(descriptor);
		return BUSY;
	}
	if (run && write(descriptor, run_mark, sizeof run_mark - 1) < 0) {
		lam_file_refused(lock->path, "write the lock file beside it");
		unlink(lock->name);
		close(descriptor);
		return FAILED;
	}
	lock->descriptor = descriptor;
	lock->next = all;
	all = lock;
	return TAKEN;
}

/* Waits until the lock is taken, at most LAM_FILE_PATIENCE seconds. */
static lam_status wait_for(lam_file_lock *lock, bool run)
{
	/* Counts the time slept, because a clock may stand still. */
	int64_t left = (int64_t)LAM_FILE_PATIENCE * 1000 * 1000 * 1000;
	for (long sleep = SHORTEST_SLEEP;; sleep = sleep < LONGEST_SLEEP ? 2 * sleep : sleep) {
		pthread_mutex_lock(&mutex);
		const outcome result = make(lock, run);
		pthread_mutex_unlock(&mutex);
		if (result == TAKEN)
			return LAM_OK;
		if (result == FAILED)
			return lam_error_status();
		if (result == BUSY_RUN)
			return lam_fail(LAM_ERR_STATE,
				"'%s': is the checkpoint of a run of lam_fit that goes on ('%s' is "
				"locked)",
				lam_path_text(lock->path).text, lam_path_text(lock->name).text);
		if (left <= 0)
			return lam_fail(LAM_ERR_IO,
				"'%s': someone else is writing this file ('%s' is locked), for %d "
				"seconds",
				lam_path_text(lock->path).text, lam_path_text(lock->name).text,
				LAM_FILE_PATIENCE);
		if (result == BUSY)
			nanosleep(&(struct timespec){.tv_nsec = sleep}, NULL);
		left -= sleep;
	}
}

lam_file_lock *lam_file_lock_take(const char *path, bool run)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, watch_forks);
	const size_t room = strlen(path) + sizeof LAM_LOCK;
	lam_file_lock *lock = lam_alloc(1, sizeof *lock);
	if (!lock)
		return NULL;
	lock->descriptor = -1;
	lock->path = lam_text_copy(path);
	lock->name = lam_alloc(room, 1);
	if (lock->path && lock->name) {
		snprintf(lock->name, room, "%s" LAM_LOCK, path);
		if (wait_for(lock, run) == LAM_OK)
			return lock;
	}
	lam_file_lock_give(lock);
	return NULL;
}

lam_status lam_file_lock_held(const lam_file_lock *lock)
{
	return lock->descriptor >= 0
		? LAM_OK
		: lam_fail(LAM_ERR_STATE,
			"'%s': is the checkpoint of a run of the process that this one was forked "
			"from",
			lam_path_text(lock->path).text);
}

const char *lam_file_lock_path(const lam_file_lock *lock)
{
	return lock->path;
}

void lam_file_lock_give(lam_file_lock *lock)
{
	if (!lock)
		return;
	pthread_mutex_lock(&mutex);
	for (lam_file_lock **at = &all; *at; at = &(*at)->next)
		if (*at == lock) {
			*at = lock->next;
			break;
		}
	if (lock->descriptor >= 0) {
		if (is_still(lock->descriptor, lock->name))
			unlink(lock->name); /* before the lock is given up */
		close(lock->descriptor);
	}
	pthread_mutex_unlock(&mutex);
	lam_free(lock->path);
	lam_free(lock->name);
	lam_free(lock);
}
