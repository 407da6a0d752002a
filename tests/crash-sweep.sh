#!/bin/sh
# crash-sweep.sh [POINTS]: newsd killed, and refused by its disk, at POINTS (1200) places of its run, spread over
# all its system calls on the store and allocations; after each it is started again, and what is in the
# store must be what an undisturbed run leaves there. docs/testing.md says what is compared. From the
# build directory (or $NEWSD_BUILD), after `make check` or `make crash-sweep`.
#
# JOBS points at once (4: most of the time is waiting). Exits 0 when nothing was found, 1 otherwise.
set -eu

points=${1:-1200}
jobs=${JOBS:-4}
build=$(cd "${NEWSD_BUILD:-.}" && pwd)
program=$build/tests/test_e2e_sweep
case $points in
'' | *[!0-9]*)
	echo "usage: crash-sweep.sh [POINTS]" >&2
	exit 2
	;;
esac
[ -x "$program" ] && [ -e "$build/tests/faults.so" ] || {
	echo "crash-sweep.sh: $program or faults.so is missing: run this in a build directory, after \`make check TESTS=\`" >&2
	exit 2
}
export NEWSD_BUILD="$build" NEWSD="${NEWSD:-$build/newsd}" NEWSCTL="${NEWSCTL:-$build/newsctl}" NEWSD_SWEEP="$points"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/newsd-sweep.XXXXXX")
pids=
# shellcheck disable=SC2086 # a list of numbers
trap '[ -z "$pids" ] || kill $pids 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

began=$(date +%s)
part=0
while [ "$part" -lt "$jobs" ]; do
	NEWSD_SWEEP_PART=$part/$jobs "$program" >"$scratch/$part.out" 2>"$scratch/$part.err" &
	pids="$pids $!"
	part=$((part + 1))
done

# done_points: how many there are by now
done_points() {
	cat "$scratch"/*.out | grep -c '^point' || :
}
alive() {
	for pid in $pids; do
		kill -0 "$pid" 2>/dev/null && return 0
	done
	return 1
}
every=60
[ -t 1 ] && every=2
while alive; do
	sleep "$every" &
	wait $! || :
	if [ -t 1 ]; then end='\r'; else end='\n'; fi
	printf "%s of about %s points, %s s, %s findings$end" "$(done_points)" "$points" \
		"$(($(date +%s) - began))" "$(cat "$scratch"/*.err | grep -c ', stage ' || :)"
done
bad=0
for pid in $pids; do
	wait "$pid" || bad=1
done
pids=
echo

grep -h ', stage ' "$scratch"/*.err | sort || :
cat "$scratch"/*.out | awk -F'\t' -v seconds="$(($(date +%s) - began))" '
	$1 == "stage" && !seen[$2]++ {
		printf "stage %s: %d calls (%d writes, %d syncs, %d truncations, %d removals, %d creations), %d reads, %d allocations, %d outcomes told, %d ms\n",
			$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
	}
	$1 == "kind" {
		if (!($2 in points)) order[++kinds] = $2
		points[$2] += $3
		for (i = 3; i <= 13; i++) { sum[$2, i] += $i; total[i] += $i }
	}
	END {
		form = "%-26s %6s %6s %6s %7s %6s  %5s %6s %8s %9s %6s %11s\n"
		printf form, "blow", "points", "struck", "well", "killed", "failed", "lost", "double", "unsound", "different", "stuck", "unexplained"
		for (k = 1; k <= kinds; k++) row(order[k])
		printf form, "all", total[3], total[4], total[5], total[6], total[7], total[8], total[9], total[10], total[11], total[12], total[13]
		printf "%d points in %d s\n", total[3], seconds
	}
	function row(n) {
		printf form, n, sum[n, 3], sum[n, 4], sum[n, 5], sum[n, 6], sum[n, 7], sum[n, 8], sum[n, 9], sum[n, 10], sum[n, 11], sum[n, 12], sum[n, 13]
	}'
if [ "$bad" -ne 0 ]; then
	echo "the sweep failed" >&2
	grep -hE 'ERROR|undisturbed' "$scratch"/*.err >&2 || :
fi
exit "$bad"
