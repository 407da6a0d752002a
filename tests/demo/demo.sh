# demo.sh: the demonstration, for `autogen.sh demo`, which sources it: a newsroom of three small papers on
# loopback, newsd on it for one cycle, what it stored, dropped and why; then an update, and one more cycle.
# shellcheck shell=sh
# shellcheck disable=SC2154 # build_dir, source_dir, scratch, bold, plain are autogen.sh's

title() {
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# Show a command as one would type it, then run it.
show() {
	printf '%s$ %s%s\n' "$bold" "$1" "$plain"
	shift
	"$@"
}

ask() {
	show "sqlite3 -readonly news.db \"$1\"" sqlite3 -readonly -box "$scratch/news.db" "$1"
}

ctl() {
	words=$1
	shift
	show "newsctl $words" "$build_dir/newsctl" -c "$scratch/newsd.conf" "$@"
}

cycle() {
	show "newsd -c newsd.conf --once" "$build_dir/newsd" -c "$scratch/newsd.conf" --once 2>"$scratch/newsd.log" || {
		cat "$scratch/newsd.log" >&2
		die "newsd failed"
	}
	grep -E ' (poll|poll_unchanged|outcome|revised) ' "$scratch/newsd.log" | sed 's/^[^ ]* [a-z]* *//' | cut -c 1-"$width"
}

# It ends with this script, whatever ends that: the pipe is its standard input.
start_newsroom() {
	mkfifo "$scratch/hold" "$scratch/port"
	"$build_dir/tests/newsroom" "$source_dir/tests/demo" <"$scratch/hold" >"$scratch/port" &
	newsroom_pid=$!
	exec 9>"$scratch/hold"
	read -r port <"$scratch/port" || die "the sample newsroom did not start"
}

configure_newsd() {
	cat >"$scratch/newsd.conf" <<-EOF
		store = $scratch/news.db
		control_socket = $scratch/control.sock
		feeds = $scratch/feeds.txt
		# The newsroom is on loopback, which newsd does not connect to unless it is told so.
		allow_private = 127.0.0.0/8
		allow_ports = all
		host_delay = 0
		log_level = debug
		# A feed that carries its articles: no pages are fetched.
		[feed http://127.0.0.3:$port/notizen.xml]
		content = feed
	EOF
	cat >"$scratch/feeds.txt" <<-EOF
		http://127.0.0.1:$port/feed.atom
		http://127.0.0.2:$port/rss.xml
		http://127.0.0.3:$port/feed.xml
		http://127.0.0.3:$port/notizen.xml
	EOF
}

run_demo() {
	width=$(tput cols 2>/dev/null || echo 160)
	[ -t 1 ] || width=160
	start_newsroom
	configure_newsd

	title "1. Three papers, four feeds, one cycle"
	cycle

	title "2. What was stored"
	ask "SELECT id, site, language AS lang, words, body_source AS \"from\", title FROM articles ORDER BY published"

	title "3. What was not, and why: every link that a feed named has one outcome"
	ask "SELECT outcome, reason, replace(url, 'http://', '') AS link FROM links WHERE outcome <> 'stored' ORDER BY outcome"
	copy=$(sqlite3 -readonly "$scratch/news.db" "SELECT url FROM links WHERE outcome = 'duplicate' LIMIT 1")
	ctl "why $copy" why "$copy"

	title "4. Search"
	ctl "search ferry batteries" search ferry batteries

	title "5. The Harbour Post corrects an article and publishes a new one; one more cycle"
	kill -USR1 "$newsroom_pid"
	cycle
	ask "SELECT article_id AS article, cause, title AS title_before FROM revisions"
	ask "SELECT at, replace(feed, 'http://', '') AS feed, outcome, status, new FROM polls_iso ORDER BY at, feed"
	ask "SELECT * FROM ledger WHERE links > 0"

	title "Now your own feeds"
	cat <<-EOF
		    sudo make -C ${build_dir#"$PWD"/} install && sudo systemd-sysusers && sudo systemctl enable --now newsd
		    sudo newsctl add https://example.org/feed.xml       or: newsctl import subscriptions.opml
		    newsctl status; newsctl tail -f; newsctl search WORDS
		    sqlite3 -readonly /var/lib/newsd/news.db 'SELECT published, title FROM articles ORDER BY published DESC LIMIT 20'
		Or without installing: a newsd.conf with the line  feeds = my-feeds.txt  and  ${build_dir#"$PWD"/}/newsd -c newsd.conf
		All of this demonstration is gone when it ends, but for ${build_dir#"$PWD"/}/. README.md says more.
	EOF
}
