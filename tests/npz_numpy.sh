#!/bin/sh
# SPDX-License-Identifier: MIT
# What numpy saves the library reads, and what the library writes numpy loads:
# tests/files/npz_numpy.py compares.

if test -z "${PYTHON-}" || ! "$PYTHON" -c 'import numpy' 2>/dev/null; then
	echo "skip  numpy: no python3 with numpy here"
	exit 77
fi
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
PYTHONDONTWRITEBYTECODE=1 "$PYTHON" "$top_srcdir/tests/files/npz_numpy.py" \
	"$top_builddir/tests/files/npz_copy" "$folder"
