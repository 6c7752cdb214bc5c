#include "framework/barrier.h"

#include <sched.h>
#include <stdbool.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { SPINS = 4000 }; /* tens of microseconds: more than a wake-up costs, less than a scheduler's time slice */

static void rest(void)
{
#if defined __x86_64__ || defined __i386__
	__builtin_ia32_pause();
#elif defined __aarch64__
	__asm__ volatile("yield");
#endif
}

/* Sleeps unless `generation` is no longer `old`; may return early. */
static void sleep_on(atomic_uint *generation, unsigned old)
{
#ifdef __linux__
	syscall(SYS_futex, generation, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
#else
	(void)generation;
	(void)old;
	sched_yield();
#endif
}

static void wake_all(atomic_uint *generation)
{
#ifdef __linux__
	syscall(SYS_futex, generation, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
#else
	(void)generation;
#endif
}

void lam_barrier_wait(lam_barrier *barrier, unsigned threads)
{
	if (threads == 1)
		return;
	unsigned old = atomic_load(&barrier->generation);
	if (atomic_fetch_add(&barrier->arrived, 1) + 1 == threads) {
		atomic_store(&barrier->arrived, 0);
		atomic_store(&barrier->generation, old + 1);
		if (atomic_load(&barrier->sleepers))
			wake_all(&barrier->generation);
		return;
	}
	for (int spin = 0; spin < SPINS; spin++) {
		if (atomic_load_explicit(&barrier->generation, memory_order_acquire) != old)
			return;
		rest();
	}
	/* A sleeper says so before it looks again, and the last to arrive looks after it moved on: one of them sees the other. */
	atomic_fetch_add(&barrier->sleepers, 1);
	while (atomic_load(&barrier->generation) == old)
		sleep_on(&barrier->generation, old);
	atomic_fetch_sub(&barrier->sleepers, 1);
}
