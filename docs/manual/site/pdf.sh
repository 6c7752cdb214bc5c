#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the chapter "From equation to code" of the built site: pdf.sh SITE OUT makes
# OUT/equations-en.pdf and OUT/equations-ko.pdf. In the environment: PYTHON3, CHROMIUM.

set -eu
here=$(dirname "$0")
export PYTHONDONTWRITEBYTECODE=1
test "$(id -u)" != 0 || sandbox=--no-sandbox # its sandbox does not work for root
for language in en ko; do
	folder=$1/docs/manual
	test $language = en || folder=$folder/$language
	page=$folder/equations.print.html
	trap 'rm -f "$page"' EXIT
	"$PYTHON3" "$here/chapter.py" "$folder" equations >"$page"
	"$CHROMIUM" --headless ${sandbox-} --disable-gpu --no-pdf-header-footer \
		--print-to-pdf="$2/equations-$language.pdf" "file://$page" 2>"$2/equations.log" || {
		cat "$2/equations.log"
		exit 1
	}
	rm -f "$page" "$2/equations.log"
done
