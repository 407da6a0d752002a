#!/bin/bash
# boot.sh: boots a real systemd in a container, installs this build in it, and lets inside.sh see that the
# shipped unit does what it says: exposure, ready, reload, watchdog, restart, readers, journal, stop; and
# that the tests of the programs pass within the unit's confinement.
#
# Needs root, systemd-nspawn, mmdebstrap and a Debian-like host (the container has the host's release, so that
# the libraries fit); else it is skipped, with the reason. $NEWSD_REQUIRE_BOOT makes that a failure. The
# bare system is made once (about 80 s) and kept in $NEWSD_TEST_ROOT (/var/tmp/newsd-root); each run has
# a layer of its own over it, in memory.
set -eu
source=${NEWSD_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${NEWSD_BUILD:-$source/build}
cache=${NEWSD_TEST_ROOT:-/var/tmp/newsd-root}

skip() {
	echo "$1"
	[ -z "${NEWSD_REQUIRE_BOOT-}" ] || exit 1
	exit 77
}

# ---- can it be done here? ----

can_run() {
	[ "$(uname -s)" = Linux ] || skip "not Linux"
	[ "$(id -u)" -eq 0 ] || skip "booting a container needs root"
	local tool
	for tool in systemd-nspawn mmdebstrap nsenter unshare flock dpkg; do
		command -v $tool >/dev/null || skip "$tool is missing (Debian: systemd-container, mmdebstrap)"
	done
	. /etc/os-release
	release=${VERSION_CODENAME-}
	[ -n "$release" ] || skip "the host's release has no code name that mmdebstrap would know"
	[ -z "${NEWSD_NO_BOOT-}" ] || { echo "not asked for here"; exit 77; }
	[ -n "$(suite)" ] || { echo "the test programs are not built: make check"; exit 1; }
	if grep -qE '__(asan|tsan)_init|__ubsan_handle' "$build/newsd"; then
		echo "a build with sanitizers is not what is installed"
		exit 77
	fi
}

# The test programs that use newsd from outside, or do what it does with processes and sockets.
suite() {
	local program
	for program in "$build"/tests/test_e2e_* "$build/tests/test_fetch" "$build/tests/test_pool" "$build/tests/test_resolve"; do
		case ${program##*/} in
		test_e2e_replay) ;; # its other half is a Python program beside the tree
		test_e2e_faults | test_e2e_sweep) ;; # a library is preloaded, which the unit forbids
		*.[a-z]*) ;;
		*) [ ! -x "$program" ] || echo "$program" ;;
		esac
	done
}

# ---- the bare system ----

# The packages of the host that hold the libraries which our programs are linked with.
libraries() {
	local file
	ldd "$build/newsd" "$build/newsctl" "$build/tests/newsroom" $(suite) | awk '$3 ~ /^\// { print $3 }' | sort -u |
	while read -r file; do
		dpkg -S "$file" 2>/dev/null || dpkg -S "/usr$file" 2>/dev/null || dpkg -S "$(realpath "$file")"
	done | sed 's/:.*//' | sort -u
}

# True when the bare system has all these, its release first: it may have more.
cache_has() {
	local word have
	have=" $(cat "$cache/newsd-test-packages" 2>/dev/null) "
	for word; do
		[ -z "${have##* $word *}" ] || return 1
	done
}

make_cache() {
	local packages
	packages=$(echo systemd systemd-sysv ca-certificates dbus sqlite3 procps util-linux passwd $(libraries))
	mkdir -p "$(dirname "$cache")"
	exec 9>"$cache.lock"
	flock 9
	if cache_has "$release" $packages; then
		return
	fi
	echo "making $cache ($release), once"
	rm -rf "$cache" "$cache.new"
	if ! mmdebstrap --variant=minbase --include="$(echo $packages | tr ' ' ',')" "$release" "$cache.new" >"$cache.log" 2>&1; then
		tail -n 5 "$cache.log"
		rm -rf "$cache.new"
		skip "mmdebstrap could not make a $release system"
	fi
	echo "$release "$packages >"$cache.new/newsd-test-packages"
	mv "$cache.new" "$cache"
	rm -f "$cache.log"
}

# ---- this run's system: a layer in memory, in a mount namespace that ends with the run ----

make_root() {
	mount -t tmpfs -o mode=0755 tmpfs "$work"
	mkdir "$work/upper" "$work/work" "$work/root"
	root=$work/root
	mount -t overlay -o "lowerdir=$cache,upperdir=$work/upper,workdir=$work/work" overlay "$root" 2>/dev/null ||
		cp -a "$cache/." "$root/"
	make -s -C "$build" install DESTDIR="$root" >"$work/install.log" 2>&1 || {
		cat "$work/install.log"
		exit 1
	}
	# Where configure found no systemd, or was given a prefix that systemd does not look into.
	systemd_finds systemd/system/newsd.service ||
		install -D -m 644 "$build/systemd/newsd.service" "$root/etc/systemd/system/newsd.service"
	systemd_finds sysusers.d/newsd.conf ||
		install -D -m 644 "$source/systemd/newsd.sysusers" "$root/etc/sysusers.d/newsd.conf"
	install -D "$build/tests/newsroom" "$root/opt/newsd-test/newsroom"
	install "$source"/tests/systemd/{inside,confined}.sh "$root/opt/newsd-test/"
	install -m 644 "$source/systemd/newsd-addresses.conf" "$root/opt/newsd-test/newsd-addresses.conf"
	cp -R "$source/tests/demo" "$root/opt/newsd-test/demo"
	mkdir "$root/opt/newsd-test/suite"
	install $(suite) "$root/opt/newsd-test/suite/"
}

systemd_finds() {
	[ -e "$root/lib/$1" ] || [ -e "$root/usr/lib/$1" ] || [ -e "$root/usr/local/lib/$1" ]
}

inside() {
	nsenter -t "$leader" -m -u -i -n -p -C -- \
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb HOME=/root "$@"
}

# wait_for SECONDS COMMAND...
wait_for() {
	local tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && kill -0 "$nspawn" 2>/dev/null || return 1
		sleep 0.1
	done
}

find_leader() {
	leader=$(pgrep -P "$nspawn" -x systemd | head -n 1)
	[ -n "$leader" ]
}

is_up() {
	case $(inside systemctl is-system-running) in running | degraded) ;; *) return 1 ;; esac
}

# Its init first: it would outlive nspawn, and hold the control groups that the next boot needs.
stop() {
	kill -KILL $leader $nspawn 2>/dev/null || :
	wait $nspawn 2>/dev/null || :
}

boot() {
	# Without the names of landlock and bpf nspawn's own filter would look like the unit's.
	setsid systemd-nspawn -q -D "$root" --boot --register=no --keep-unit --private-network \
		--machine="newsd-test-$$" --console=pipe --capability=all \
		--system-call-filter='bpf @keyring landlock_create_ruleset landlock_add_rule landlock_restrict_self' \
		</dev/null >"$work/boot.log" 2>&1 &
	nspawn=$!
	leader=
	trap stop EXIT
	if ! wait_for 20 find_leader || ! wait_for 60 is_up; then
		cat "$work/boot.log"
		skip "systemd does not boot in a container here"
	fi
}

if [ "${1-}" != --unshared ]; then
	can_run
	make_cache
	# All boots of a machine have the same control groups: one at a time.
	exec 8>"$cache.boot.lock"
	flock 8
	work=$(mktemp -d "${TMPDIR:-/tmp}/newsd-boot.XXXXXX")
	status=0
	unshare -m --propagation private "$0" --unshared "$work" 8>&- 9>&- || status=$?
	rmdir "$work"
	exit $status
fi
work=$2
make_root
boot
inside bash /opt/newsd-test/inside.sh
