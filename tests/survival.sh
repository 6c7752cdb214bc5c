#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests that refuse memory, fail, kill and damage: they take their time and do not depend on the
# ISA, so they run once. And all system calls that the library can make are among those that these
# tests can let fail.

cd "$top_srcdir" || exit 99
result=0

"$top_builddir/tests/net/allocator_test" || result=1
"$top_builddir/tests/train/checkpoint_test" || result=1
"$top_builddir/tests/train/damage_test" || result=1
"$top_builddir/tests/files/fault_test" || result=1
"$top_builddir/tests/train/kill_test" 60 || result=1

calls='accept access bind chdir chmod chown clock_nanosleep close connect creat
	dup dup2 eventfd faccessat
	fallocate fchmod fchown fclose fcntl fdatasync fdopen fflush flock fopen fork fread fstat
	fstatat fsync ftruncate fwrite getline ioctl kill link linkat lseek lstat mkdir
	mkfifo mkstemp mmap msync nanosleep open openat opendir pipe poll posix_fadvise
	posix_fallocate pread preadv pthread_create pwrite pwritev read readdir readlink
	readv remove rename renameat rmdir select sendfile socket stat symlink sync
	sync_file_range sysconf truncate unlink unlinkat utime utimes vfork write writev'
# What is never part of saving: summaries and bars go to the caller's stream, whose width is asked.
elsewhere='fflush fwrite ioctl sysconf'
covered=$(sed -n '/^fault_calls = /,/[^\\]$/p' tests/tests.mk | tr -d '\\' |
	sed 's/^fault_calls = //')
needed=$(for library in "$top_builddir"/.libs/libfloat.a "$top_builddir"/libfloat.a; do
	test -f "$library" && ${NM:-nm} -u "$library" 2>/dev/null
done | sed -n 's/^ *[UwW] //p' | sed 's/64$//; s/@.*//' | sort -u)
missing=
for call in $calls; do
	printf '%s\n' "$needed" | grep -qx "$call" || continue
	printf '%s\n' $covered $elsewhere | grep -qx "$call" || missing="$missing $call"
done
if test -z "$needed"; then
	echo "skip  every system call can fail: no library to look into"
elif test -z "$missing"; then
	echo "ok    every system call can fail"
else
	echo "not among fault_calls in tests/tests.mk:$missing"
	echo "FAIL  every system call can fail"
	result=1
fi
exit $result
