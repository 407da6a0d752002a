#!/bin/bash
# fuzz.sh MINUTES [NAME...]: runs the fuzz harnesses (or those of these names: feed, page ...) one after the
# other, each its share of MINUTES, from their corpora; new finds keep on growing a corpus of their own.
#
# Prints a table, and exits 1 when something crashed, hung or grew past its memory; the documents that did it
# are in $NEWSD_FUZZ_DIR/crashes (build-fuzz/ beside the sources), by name of harness. One that is mended goes
# into tests/corpus/NAME for ever. Builds with clang there when $NEWSD_BUILD is no build for fuzzing.
# NEWSD_FUZZ_JOBS: how many run side by side (1).
set -euo pipefail
source=${NEWSD_SOURCE:-$(cd "$(dirname "$0")/.." && pwd)}
work=${NEWSD_FUZZ_DIR:-$source/build-fuzz}
build=${NEWSD_BUILD:-$work/build}
jobs=${NEWSD_FUZZ_JOBS:-1}
cc=${NEWSD_FUZZ_CC:-clang}

usage() {
	sed -n '2,9s/^# \{0,1\}//p' "$0"
	exit "$1"
}

case ${1-} in
-h | --help) usage 0 ;;
'' | *[!0-9]* | 0) echo "fuzz.sh: how many minutes?" >&2; usage 2 >&2 ;;
esac
minutes=$1
shift

names=("$@")
[ $# -gt 0 ] || for file in "$source"/tests/fuzz_*.c; do
	name=${file##*/fuzz_}
	[ "$name" = replay.c ] || names+=("${name%.c}")
done
programs=()
for name in "${names[@]}"; do
	[ -e "$source/tests/fuzz_$name.c" ] || { echo "fuzz.sh: there is no harness $name" >&2; exit 2; }
	programs+=("tests/fuzz_$name")
done

# ---- the build ----

mkdir -p "$work" "$build"
if [ ! -e "$build/Makefile" ]; then
	[ -x "$source/configure" ] || (cd "$source" && ./autogen.sh)
	(cd "$build" && "$source/configure" CC="$cc" --enable-debug --enable-sanitizers --enable-fuzzing) >"$work/build.log" 2>&1 ||
		{ tail -n 20 "$work/build.log"; exit 1; }
fi
make -C "$build" -j"$(nproc)" "${programs[@]}" >>"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log"; exit 1; }
if "$build/${programs[0]}" -help=1 2>&1 | grep -q 'documents, each'; then
	echo "fuzz.sh: $build is not a build for fuzzing (CC=clang --enable-sanitizers --enable-fuzzing)" >&2
	exit 2
fi

# ---- the runs ----

seconds=$((minutes * 60 * jobs / ${#names[@]}))
[ $seconds -gt 0 ] || seconds=1

# One harness for its time. A document may take 10 s and 1 GB: a worker's bounds in a build as slow as this.
run() {
	local name=$1 crashes=$work/crashes/$1
	mkdir -p "$work/corpus/$name" "$crashes"
	"$build/tests/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
		-print_final_stats=1 -artifact_prefix="$crashes/" \
		"$work/corpus/$name" "$source/tests/corpus/$name" >"$work/$name.log" 2>&1 &&
		echo 0 >"$work/$name.status" || echo $? >"$work/$name.status"
}

for name in "${names[@]}"; do
	rm -f "$work/$name.log" "$work/$name.status"
done
for name in "${names[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	run "$name" &
done
wait

# ---- what came of them ----

last() { sed -n "s/$2/\\1/p" "$work/$1.log" | tail -n 1; }

failed=0
printf '%-12s %10s %8s %9s %8s  %s\n' harness runs runs/s coverage crashes result
for name in "${names[@]}"; do
	status=$(cat "$work/$name.status" 2>/dev/null || echo 1)
	runs=$(last "$name" '^stat::number_of_executed_units: *\([0-9]*\)')
	speed=$(last "$name" '^stat::average_exec_per_sec: *\([0-9]*\)')
	coverage=$(last "$name" '.* cov: \([0-9]*\).*')
	crashes=$(find "$work/crashes/$name" -type f -newer "$work/build.log" | wc -l)
	result=ok
	if [ "$status" -ne 0 ]; then
		result=$(sed -n 's/^SUMMARY: //p' "$work/$name.log" | head -n 1)
		result=${result:-see $work/$name.log}
		failed=1
	fi
	printf '%-12s %10s %8s %9s %8s  %s\n' "$name" "${runs:--}" "${speed:--}" "${coverage:--}" "$crashes" "$result"
done
[ $failed -eq 0 ] || echo "documents that did it: $work/crashes/"
exit $failed
