#!/bin/sh
# run_unit.sh PROGRAM: runs a cmocka program or a fuzz harness and speaks TAP, so that the harness
# of `make check` counts each test by itself. The plan comes last: a program that dies, hangs or runs
# fewer tests than it announced is a failed test, never a short list of good ones.
#
# NEWSD_TEST_WRAPPER is put before the program (valgrind); NEWSD_TEST_LIMIT is how long it may take.

program=$1
name=${program##*/}
limit=${NEWSD_TEST_LIMIT:-300}
# shellcheck disable=SC2086 # the wrapper is words
set -- $NEWSD_TEST_WRAPPER "$program"
[ -n "$NEWSD_TEST_WRAPPER" ] && limit=$((limit * 10))
if command -v timeout >/dev/null 2>&1; then
	set -- timeout -k 5 "$limit" "$@"
fi

case $name in
fuzz_*)
	corpus=${NEWSD_SOURCE:-.}/tests/corpus/${name#fuzz_}
	echo 1..1
	if [ -z "$(ls -A "$corpus" 2>/dev/null)" ]; then
		echo "not ok 1 - $name: no documents in $corpus"
	elif "$@" -runs=0 "$corpus"; then
		echo "ok 1 - $name"
	else
		echo "not ok 1 - $name"
	fi
	exit 0
	;;
esac

{
	CMOCKA_MESSAGE_OUTPUT=TAP "$@"
	printf '\nexit status %s\n' $?
} | ${AWK:-awk} -v name="$name" '
	/^1\.\.[0-9]+$/ { planned += substr($0, 4); next }
	/^(not )?ok [0-9]+/ {
		run++
		good = ($1 == "ok")
		rest = $0
		sub(/^(not )?ok [0-9]+ *(- )?/, "", rest)
		if (rest ~ /^# SKIP/)
			print "ok " run " - " substr(rest, 8) " # SKIP"
		else {
			print (good ? "ok " : "not ok ") run " - " rest
			failed += !good
		}
		next
	}
	/^exit status [0-9]+$/ { status = $3; next }
	{ print "# " $0 }
	END {
		if (run < planned || run == 0 || (status && !failed)) {
			n = run + 1
			why = status == 124 ? "ran out of time" : "exit status " status
			print "not ok " n " - " name ": ran " run + 0 " of " planned + 0 " tests, " why
			run = n
		}
		print "1.." run
	}
'
