#!/bin/sh
# check_security.sh: every test that the tables of docs/security.md name is one that is run.
set -eu
cd "${NEWSD_SOURCE:-$(dirname "$0")/..}"
page=docs/security.md
missing=0

# The last cell of each row of a table whose last column is "tests".
names=$(awk -F'|' '
	!/^\|/ { in_tests = 0; next }
	!in_tests { in_tests = $(NF - 1) ~ /^ *tests *$/; next }
	/^\|---/ { next }
	{ rows++; if ($(NF - 1) !~ /`/) print "no-test-in-row:" $2; else print $(NF - 1) }
	END { if (rows < 45) print "only-" rows "-rows" }' "$page" | tr -s ' ' '\n' | tr -d '`' | sort -u)
for name in $names; do
	case $name in
	*/*.sh | check_*.sh) found=$(find tests -path "*/${name##*/}") ;;
	fuzz_*) found=$(find tests -name "$name.c") ;;
	*) found=$(grep -lE "^$name\(" tests/test_*.c || true) ;;
	esac
	if [ -z "$found" ]; then
		echo "$page names the test $name, which is none" >&2
		missing=1
		continue
	fi
	# one that stands in a program must also be in its list
	case $found in
	*.sh | tests/fuzz_*) ;;
	*)
		# shellcheck disable=SC2086 # the names have no spaces
		if [ "$(cat $found | grep -c "\b$name\b")" -lt 2 ]; then
			echo "$page names the test $name, which nothing runs" >&2
			missing=1
		fi
		;;
	esac
done
exit "$missing"
