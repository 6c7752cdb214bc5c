/* SPDX-License-Identifier: MIT */
/* OpenMP ends the process when the system refuses it a thread: by a limit of the user's processes
 * (ulimit -u), of a control group, or of the address space. So as many threads as OpenMP would
 * start are started here first. They wait for each other, so that all are there at once, and end.
 *
 * Between their end and OpenMP's start another process of the user may take what they had. That
 * moment remains. */
#include "framework/threads/region.h"

#include "framework/threads/start.h"
#include "framework/threads/thresholds.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#ifdef __linux__
#include <errno.h>
#include <sys/syscall.h>
#endif

enum { MOST_TRIED = 1024, END_TURNS = 1000 };

/* One of the threads that are tried. */
struct tried {
	pthread_t thread;
	long id; /* the system's; 0: not known */
	pthread_mutex_t *gate;
};

static void *wait_at_gate(void *data)
{
	struct tried *tried = data;
#ifdef __linux__
	tried->id = syscall(SYS_gettid);
#endif
	pthread_mutex_lock(tried->gate);
	pthread_mutex_unlock(tried->gate);
	return NULL;
}

/* Waits until the system no longer counts a thread that was joined: a moment later than its end. */
static void wait_for_end(long id)
{
#ifdef __linux__
	for (int turn = 0; id > 0 && turn < END_TURNS; turn++) {
		if (syscall(SYS_tgkill, (long)getpid(), id, 0) && errno == ESRCH)
			return;
		usleep(10);
	}
#else
	(void)id;
#endif
}

/* The size of a stack that the variable of this name asks OpenMP for, "512", "512K", "64 M" or
 * "1G" (without a letter: KiB); 0: it is not set, or says nothing of the kind. */
static size_t stack_size(const char *name)
{
	const char *text = getenv(name);
	if (!text)
		return 0;
	char *end;
	const unsigned long long number = strtoull(text, &end, 10);
	while (end > text && *end == ' ')
		end++;
	const int shift = *end == 'B' || *end == 'b' ? 0
		: *end == 'M' || *end == 'm'         ? 20
		: *end == 'G' || *end == 'g'         ? 30
						     : 10;
	return end > text && number < (UINT64_C(1) << 40 >> shift) ? (size_t)(number << shift) : 0;
}

/* Starts up to `wanted` threads at once, with the stacks that OpenMP would give them, and ends
 * them. Returns how many there were. */
static int start_and_end(int wanted)
{
	static struct tried tried[MOST_TRIED];
	static pthread_mutex_t in_use = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	pthread_attr_t attributes;
	int count = 0;
	wanted = wanted < MOST_TRIED ? wanted : MOST_TRIED;
	if (pthread_attr_init(&attributes))
		return 0;
	size_t stack = stack_size("OMP_STACKSIZE");
	stack = stack ? stack : stack_size("GOMP_STACKSIZE");
	if (stack)
		pthread_attr_setstacksize(&attributes, stack); /* too small: the default stays */
	pthread_mutex_lock(&in_use);
	pthread_mutex_lock(&gate);
	for (; count < wanted; count++) {
		tried[count] = (struct tried){.gate = &gate};
		if (!lam_thread_start(
			    &tried[count].thread, &attributes, wait_at_gate, &tried[count]))
			break;
	}
	pthread_mutex_unlock(&gate);
	for (int i = 0; i < count; i++) {
		pthread_join(tried[i].thread, NULL);
		wait_for_end(tried[i].id);
	}
	pthread_mutex_unlock(&in_use);
	pthread_mutex_destroy(&gate);
	pthread_attr_destroy(&attributes);
	return count;
}

int lam_region_try(int wanted)
{
	/* How many threads the calling thread's team has, itself among them: gcc's OpenMP keeps one
	 * for each calling thread, as large as its last region. */
	static _Thread_local int team = 1;
	/* After a refusal: what the system gave, and how many regions to open before it is asked
	 * for more. */
	static _Thread_local int given, refused;
#ifdef _OPENMP
	if (omp_get_active_level() >= omp_get_max_active_levels())
		return wanted; /* inside the caller's region: OpenMP starts no thread */
	wanted = wanted < omp_get_thread_limit() ? wanted : omp_get_thread_limit();
#endif
	if (refused > 0 && wanted > given) {
		refused--;
		wanted = given;
	}
	if (wanted > team) {
		const int had = team + start_and_end(wanted - team);
		if (had < wanted) {
			given = had;
			refused = LAM_REFUSED_REGIONS;
		}
		wanted = had;
	}
	if (wanted > 1)
		team = wanted;
	return wanted < 1 ? 1 : wanted;
}
