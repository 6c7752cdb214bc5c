# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: what `make install` brought into an empty folder, $work/root, and
# that `make uninstall` takes all of it away.

# tell: the case $name passes if nothing is in $lacks.
tell()
{
	if test -z "$lacks"; then
		echo "ok    $name"
	else
		echo "$lacks" | head -n 20
		echo "FAIL  $name"
		result=1
	fi
}

# The libraries, every public header, what pkg-config and CMake read, the command with its pages,
# completion and descriptions, and what is there to be read: its links to other files lead there.
brought=$work/brought
(cd "$work/root" && find . ! -type d | sort) >"$brought"
name="make install brings headers, tools, pages and examples"
lacks=$(for file in $public_headers; do
	case $file in
	*lamina.h | *lamina.hpp | *lamina-image.h | *lamina_onnx.h | */lamina_each.hpp)
		basename "$file"
		;;
	*) echo "$file" ;;
	esac
done | sed 's,^,/include/lamina/,' | cat - <<'END' | while read -r file; do
/bin/lamina
/cmake/lamina/laminaConfig.cmake
/cmake/lamina/laminaConfigVersion.cmake
/pkgconfig/lamina.pc
/pkgconfig/lamina-double.pc
/pkgconfig/lamina-image.pc
/pkgconfig/lamina-image-double.pc
/pkgconfig/lamina-onnx-double.pc
/pkgconfig/lamina-onnx.pc
/nets/lenet.net
/bash-completion/completions/lamina
/doc/lamina/LICENSE
/doc/lamina/README.ko.md
/doc/lamina/README.md
/doc/lamina/docs/format.md
/doc/lamina/examples/README.md
/doc/lamina/examples/cpp.cc
/doc/lamina/examples/usage.h
/doc/lamina/examples/wine.csv
/doc/lamina/examples/xor.c
END
	grep -q "$file\$" "$brought" || echo "$file"
done)
tell

name="pages that were installed link to what was installed"
lacks=$(grep '\.md$' "$brought" | grep -v /docs/manual/ | while read -r page; do
	grep -oE '\]\([^)#:]+[)#]' "$work/root/$page" | sed 's/^](//; s/.$//' | sort -u |
		while read -r link; do
			case $link in
			*framework/* | *layers/* | *datasets/* | *exchange/* | *tests/* | *tools/*)
				continue ;; # of the sources
			esac
			test -e "$work/root/$(dirname "$page")/$link" || echo "$page: $link"
		done
done)
tell

# What examples/embedded/run and examples/web/run export is none of it.
name="examples that were installed have the headers that they include beside them"
lacks=$(grep '/doc/lamina/examples/.*\.[ch]$' "$brought" | while read -r file; do
	sed -n 's/^#include "\(.*\)".*/\1/p' "$work/root/$file" | while read -r header; do
		test "$header" = digits.h || test -f "$work/root/$(dirname "$file")/$header" ||
			echo "$file: $header"
	done
done)
tell

# dpkg-buildpackage fails if a file is in no package (dh_missing).
name="what make install brings is in Debian's packages"
patterns=$(sed 's/ .*//' "$top_srcdir"/debian/*.install "$top_srcdir/debian/not-installed")
lacks=$(while read -r file; do
	place=usr/${file#".${libdir%/lib*}/"}
	case $place in
	usr/lib/*) place=usr/lib/triplet/${place#usr/lib/} ;;
	esac
	set -f
	for pattern in $patterns; do
		case $place in
		$pattern | $pattern/*) continue 2 ;;
		esac
	done
	echo "$place"
done <"$brought")
tell

# A package's dependency on lamina is as new as the functions that it uses, by these lists.
name="debian/*.symbols name every function that the libraries export"
lacks=$(for library in "$work/root$libdir"/liblamina*.so; do
	${NM:-nm} -D --defined-only "$library" | sed -n 's/.* T \(lam_[a-z0-9_]*\)@@*/\1@/p'
done | sort -u | while read -r function; do
	grep -qF " $function 0." "$top_srcdir"/debian/*.symbols || echo "$function"
done)
tell

# Of folders, those that other programs use as well may stay.
uninstalled()
{
	name="make uninstall leaves nothing, but what others put there"
	others=$(cd "$work/root" && for file in doc/lamina/docs/manual/mine.md \
		doc/lamina/html/mine.html doc/lamina/mine/too man/man3/lam_of_others.3; do
		file=./${libdir%/lib*}/share/$file
		mkdir -p "${file%/*}" && touch "$file" && echo "$file"
	done)
	cd "$top_builddir" && make uninstall DESTDIR="$work/root" >"$work/log" 2>&1
	status=$?
	for file in $others; do
		rm "$work/root/$file" || status=1
	done
	find "$work/root" -depth -type d -path '*/share/*' -exec rmdir {} \; 2>/dev/null
	# The prefix may have such a name itself: that of make distcheck has.
	left=$(find "$work/root" ! -type d
		find "$work/root/${libdir%/lib*}" -mindepth 1 -type d -name 'lamina*' 2>/dev/null)
	if test $status = 0 && test -z "$left"; then
		echo "ok    $name"
	else
		tail -n 5 "$work/log"
		echo "$left"
		echo "FAIL  $name"
		result=1
	fi
}
