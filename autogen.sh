#!/bin/sh
# autogen.sh: from a fresh clone to something that runs.
#
#   ./autogen.sh         generates configure, nothing else
#   ./autogen.sh check   installs what is missing, builds, runs all the tests
#   ./autogen.sh demo    installs what is missing, builds, shows newsd at work on a sample newsroom
#
# The build goes to build/ ($NEWSD_BUILD_DIR); $CONFIGURE_FLAGS are handed to configure.
set -eu
cd "$(dirname "$0")"
source_dir=$(pwd)
build_dir=${NEWSD_BUILD_DIR:-$source_dir/build}

# ---- what it takes: one table, for every package manager that is known here ----

# what is probed: a command, file: a header, or pc: a pkg-config module, of the version that configure.ac asks
# for; `-` is: not needed or not there
packages() {
	cat <<-'EOF'
	# probe               apt                    dnf                 pacman        apk             brew
	cc                    gcc                    gcc                 gcc           gcc             -
	make                  make                   make                make          make            make
	autoreconf            autoconf               autoconf            autoconf      autoconf        autoconf
	automake              automake               automake            automake      automake        automake
	pkg-config            pkg-config             pkgconf-pkg-config  pkgconf       pkgconf         pkg-config
	file:stdio.h          libc6-dev              glibc-devel         glibc         musl-dev        -
	file:linux/seccomp.h  linux-libc-dev         kernel-headers      linux-api-headers linux-headers -
	pc:libcurl            libcurl4-openssl-dev   libcurl-devel       curl          curl-dev        curl
	pc:libxml-2.0         libxml2-dev            libxml2-devel       libxml2       libxml2-dev     libxml2
	pc:libevent           libevent-dev           libevent-devel      libevent      libevent-dev    libevent
	pc:sqlite3            libsqlite3-dev         sqlite-devel        sqlite        sqlite-dev      sqlite
	pc:libseccomp         libseccomp-dev         libseccomp-devel    libseccomp    libseccomp-dev  -
	pc:json-c             libjson-c-dev          json-c-devel        json-c        json-c-dev      json-c
	pc:libzstd            libzstd-dev            libzstd-devel       zstd          zstd-dev        zstd
	pc:libbrotlidec       libbrotli-dev          brotli-devel        brotli        brotli-dev      brotli
	pc:zlib               zlib1g-dev             zlib-devel          zlib          zlib-dev        zlib
	pc:uchardet           libuchardet-dev        uchardet-devel      uchardet      uchardet-dev    uchardet
	pc:libutf8proc        libutf8proc-dev        utf8proc-devel      libutf8proc   utf8proc-dev    utf8proc
	pc:libxxhash          libxxhash-dev          xxhash-devel        xxhash        xxhash-dev      xxhash
	pc:libidn2            libidn2-dev            libidn2-devel       libidn2       libidn2-dev     libidn2
	pc:cmocka             libcmocka-dev          libcmocka-devel     cmocka        cmocka-dev      cmocka
	pc:openssl            libssl-dev             openssl-devel       openssl       openssl-dev     openssl@3
	sqlite3               sqlite3                sqlite              sqlite        sqlite          sqlite
	EOF
}

# column of the table; how to refresh the lists (nothing: not needed); how to install
managers() {
	cat <<-'EOF'
	apt-get  2  apt-get update                   apt-get install -y --no-install-recommends
	dnf      3  -                                dnf install -y
	pacman   4  -                                pacman -Sy --needed --noconfirm
	apk      5  apk update                       apk add
	brew     6  -                                brew install
	EOF
}

# ---- saying what happens ----

if [ -t 1 ]; then
	bold=$(printf '\033[1m') green=$(printf '\033[32m') red=$(printf '\033[31m') plain=$(printf '\033[0m')
else
	bold='' green='' red='' plain=''
fi
scratch=''
newsroom_pid=''

clean_up() {
	status=$?
	trap - EXIT
	[ -z "$newsroom_pid" ] || kill "$newsroom_pid" 2>/dev/null || :
	[ -z "$scratch" ] || rm -rf "$scratch"
	exit $status
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

die() {
	printf '%s%s%s\n' "$red" "$*" "$plain" >&2
	exit 1
}

# step WORDS COMMAND...: one line that says what is done and how it went; the output is shown when it failed
step() {
	words=$1
	shift
	began=$(date +%s)
	printf '%-40s' "$words ..."
	if "$@" >"$scratch/step.log" 2>&1 </dev/null; then
		printf '%sok%s (%d s)\n' "$green" "$plain" $(($(date +%s) - began))
	else
		printf '%sfailed%s\n' "$red" "$plain"
		tail -n 60 "$scratch/step.log" >&2
		die "$words: failed. The command was: $*"
	fi
}

# ---- installing ----

# "MODULE >= VERSION" as configure.ac has it, else MODULE
wanted_module() {
	floor=$(sed -n "s/^\(.*[^a-z0-9_.-]\)\{0,1\}$1 >= \([0-9.]*\).*/\2/p" configure.ac | sed 1q)
	printf '%s\n' "$1${floor:+ >= $floor}"
}

is_there() {
	case $1 in
	pc:*) pkg-config --exists "$(wanted_module "${1#pc:}")" 2>/dev/null ;;
	file:*) printf '#include <%s>\n' "${1#file:}" | cc -E - >/dev/null 2>&1 ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# The missing ones of column $1, in one line.
missing_packages() {
	packages | while read -r probe names; do
		case $probe in '#'*) continue ;; esac
		name=$(echo "$probe $names" | awk -v column="$1" '{ print $column }')
		[ "$name" = - ] || is_there "$probe" || printf '%s\n' "$name"
	done | sort -u | tr '\n' ' '
}

# The modules that are there but too old, in words that end with "; ".
old_modules() {
	packages | sed -n 's/^[[:space:]]*pc:\([^[:space:]]*\).*/\1/p' | while read -r module; do
		if pkg-config --exists "$module" 2>/dev/null && ! is_there "pc:$module"; then
			printf '%s; ' "$(wanted_module "$module") is needed, and this system has $(pkg-config --modversion "$module")"
		fi
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		die "this needs root, and there is no sudo: $*"
	fi
}

# Lists that were never fetched or are old do not know the packages.
refresh_and_install() {
	refresh=$1 install=$2
	shift 2
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # both are commands with words
	if [ "$manager" = brew ]; then
		$install "$@"
	elif [ "$refresh" = - ]; then
		as_root $install "$@"
	elif [ -n "$(ls /var/lib/apt/lists/*_Packages* 2>/dev/null)" ] && as_root $install "$@"; then
		:
	else
		as_root $refresh && as_root $install "$@"
	fi
}

install_missing() {
	manager=''
	while read -r name column rest; do
		if command -v "$name" >/dev/null 2>&1; then
			manager=$name
			refresh=${rest%%  *}
			install=$(printf '%s' "${rest#"$refresh"}" | sed 's/^ *//')
			break
		fi
	done <<-EOF
	$(managers)
	EOF
	[ -n "$manager" ] || die "none of apt-get, dnf, pacman, apk, brew is here: install what configure asks for"
	missing=$(missing_packages "$column")
	if [ -n "$missing" ]; then
		# The password, if it must be, is asked for before the output is hidden.
		[ "$manager" = brew ] || as_root true
		# shellcheck disable=SC2086 # a list of names
		step "installing $(echo $missing | wc -w | tr -d ' ') packages by $manager" \
			refresh_and_install "$refresh" "$install" $missing
		old=$(old_modules)
		[ -z "$old" ] || die "too old: ${old}Debian 12, Ubuntu 24.04 and later have what newsd takes"
		left=$(missing_packages "$column")
		[ -z "$left" ] || die "still missing after installing: $left"
	fi
}

# ---- building ----

generate() {
	command -v autoreconf >/dev/null 2>&1 ||
		die "autoreconf is missing (autoconf, automake, pkg-config); ./autogen.sh check installs what is"
	autoreconf -fi
}

configure_build() {
	mkdir -p "$build_dir" || return
	# shellcheck disable=SC2086 # flags
	(cd "$build_dir" && "$source_dir/configure" ${CONFIGURE_FLAGS-})
}

cores() {
	getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}

build() {
	install_missing
	step "generating configure" generate
	step "configuring in ${build_dir#"$source_dir"/}" configure_build
	step "building" make -C "$build_dir" -j"$(cores)" "$@"
}

# ---- the two commands ----

check() {
	build all
	printf 'testing; the log is %s\n' "${build_dir#"$source_dir"/}/test-suite.log"
	make -C "$build_dir" -j"$(cores)" check || {
		sh tests/count.sh "$build_dir/test-suite.log"
		die "some tests failed"
	}
	sh tests/count.sh "$build_dir/test-suite.log"
}

demo() {
	build demo-programs
	. tests/demo/demo.sh
	run_demo
}

case ${1-} in
'')
	generate
	echo "now: ./configure && make, or see README.md"
	;;
check | demo)
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/newsd.XXXXXX")
	"$1"
	;;
*)
	sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
	exit 2
	;;
esac
