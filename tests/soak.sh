#!/bin/sh
# soak.sh [MINUTES]: a newsd for MINUTES (30) of real time, with churn and faults (tests/soak.c); a line a
# minute, then how memory, descriptors and the write-ahead log changed. From the build directory (or
# $NEWSD_BUILD), after `make tests/soak tests/faults.so`. Exits 0 when nothing grew that must not.
set -eu

minutes=${1:-30}
build=$(cd "${NEWSD_BUILD:-.}" && pwd)
case $minutes in
'' | *[!0-9]*)
	echo "usage: soak.sh [MINUTES]" >&2
	exit 2
	;;
esac
[ -x "$build/tests/soak" ] && [ -e "$build/tests/faults.so" ] || {
	echo "soak.sh: $build/tests/soak or faults.so is missing: run \`make soak\`, or this in a build directory after \`make tests/soak tests/faults.so\`" >&2
	exit 2
}
export NEWSD_BUILD="$build" NEWSD="${NEWSD:-$build/newsd}" NEWSCTL="${NEWSCTL:-$build/newsctl}" NEWSD_SOAK="$minutes"
exec "$build/tests/soak"
