#!/bin/bash
# inside.sh: what the booted system must see of the installed service. Run as root in it, by boot.sh.
set -u
here=/opt/newsd-test
store=/var/lib/newsd/news.db
conf=/etc/newsd/newsd.conf
count=0
unit=newsd # whose words are shown when something fails

fail() {
	echo "not ok - $1"
	systemctl status "$unit" --no-pager -l | tail -n 15
	journalctl -u "$unit" --no-pager -o short-monotonic | tail -n 40
	exit 1
}
# see WORDS COMMAND...: the command must succeed
see() {
	local words=$1
	shift
	"$@" >/tmp/see.log 2>&1 || { cat /tmp/see.log; fail "$words"; }
	count=$((count + 1))
	echo "ok $count - $words"
}
# within SECONDS COMMAND...: must succeed some time before
within() {
	local tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}
no() { ! "$@"; }
as() {
	local user=$1
	shift
	setpriv --reset-env --reuid "$user" --regid "$user" --init-groups "$@"
}
ask() { as reader sqlite3 -readonly "$store" "$1"; }
# is SQL VALUE; at_least SQL VALUE
is() { [ "$(ask "$1")" = "$2" ]; }
at_least() { [ "$(ask "$1")" -ge "$2" ]; }
main_pid() { systemctl show -p MainPID --value newsd; }
is_new_pid() { local pid; pid=$(main_pid) && [ "$pid" -gt 0 ] && [ "$pid" != "$1" ] && systemctl -q is-active newsd; }
# Look at no process 0: that is the own group.
kill_main() {
	local pid
	pid=$(main_pid)
	[ "$pid" -gt 0 ] && kill "-$1" "$pid"
}
# journal FIELD=VALUE: the newest entry with it, as JSON
journal() { journalctl -u newsd -o json "$@" -n 1 --no-pager | grep -q "\"NEWSD_EVENT\""; }

# ---- the system as an operator would set it up ----
see "sysusers makes the user" systemd-sysusers
see "the user has no shell" grep -q '^newsd:.*nologin$' /etc/passwd
useradd -M reader && usermod -aG newsd reader && useradd -M stranger
see "the shipped configuration passes" newsd -n
see "the unit is well-formed" systemd-analyze verify --man=no newsd.service
# exposed_at_most TENTHS: what the manager itself finds in the loaded unit
exposed_at_most() {
	local found
	found=$(systemd-analyze security --no-pager --threshold="$1" newsd.service)
	local verdict=$?
	exposure=$(echo "$found" | sed -n 's/.*exposure level for newsd.service: \([0-9.]*\).*/\1/p')
	[ $verdict -eq 0 ] || echo "$found" | grep '✗'
	[ $verdict -eq 0 ] && [ -n "$exposure" ]
}
see "its exposure is at most 1.2" exposed_at_most 12
echo "# exposure as shipped: $exposure"

mkfifo /tmp/hold
"$here/newsroom" "$here/demo" </tmp/hold >/tmp/port 2>/tmp/newsroom.log &
newsroom=$!
exec 8>/tmp/hold
within 5 test -s /tmp/port || fail "the sample newsroom did not start"
port=$(cat /tmp/port)
printf 'http://127.0.0.1:%s/feed.atom\nhttp://127.0.0.2:%s/rss.xml\n' "$port" "$port" >/etc/newsd/feeds.txt
cat >>$conf <<-EOF
	feeds = feeds.txt
	allow_private = 127.0.0.0/8
	allow_ports = all
	host_delay = 0
	log_file = journal
	group = reader
EOF
see "the configuration passes" newsd -n -c $conf
# set_unit NAME LINES: a drop-in for newsd; without LINES it goes
set_unit() {
	local dir=/etc/systemd/system/newsd.service.d
	mkdir -p $dir
	if [ $# -gt 1 ]; then printf '[Service]\n%b\n' "$2" >$dir/"$1".conf; else rm $dir/"$1".conf; fi
	systemctl daemon-reload
}
# The shipped 30 s would only make this test longer.
watchdog_s=3
set_unit test "WatchdogSec=$watchdog_s"

# ---- start, and reading it live ----

see "start waits for READY and gets it" systemctl start newsd
first_pid=$(main_pid)
see "it runs as its own user" test "$(stat -c %U:%G "/proc/$first_pid")" = newsd:newsd
see "its workers are confined by seccomp" grep -q '^Seccomp:[[:space:]]*2' "/proc/$(pgrep -P "$first_pid" | head -n 1)/status"
see "a reader of the group sees articles live" within 20 at_least 'select count(*) from articles' 4
see "every link has its outcome" within 20 is "select count(*) from links where outcome = 'pending'" 0
see "the dead link is known as gone" at_least "select count(*) from links where outcome = 'gone'" 1
see "the store is not for strangers" no as stranger sqlite3 -readonly $store 'select 1 from feeds'
see "a reader cannot write" sh -c "setpriv --reuid reader --regid reader --init-groups sqlite3 $store 'delete from nd_link' 2>&1 | grep -q readonly"
see "a member of the group speaks to newsd" as reader newsctl status
see "a stranger does not" no as stranger newsctl poll

# ---- the journal ----

see "the journal has polls, by field" journal NEWSD_EVENT=poll
see "the journal has outcomes, by field" journal NEWSD_EVENT=outcome NEWSD_OUTCOME=stored
see "an outcome's entry names its URL" \
	sh -c "journalctl -u newsd -o json NEWSD_OUTCOME=gone --no-pager | grep -q '\"NEWSD_URL\":\"http://127.0.0.1:$port/2026/lighthouse-keeper.html\"'"
see "a group that the unit keeps the socket from is a warning" \
	sh -c "journalctl -u newsd -p warning --no-pager | grep -q \"can't be given to the group reader\""

# ---- reload ----

echo "http://127.0.0.3:$port/feed.xml" >>/etc/newsd/feeds.txt
see "reload is accepted" systemctl reload newsd
see "reload took the new feed" within 20 at_least "select count(*) from articles where url like 'http://127.0.0.3:%'" 2
see "what robots.txt forbids was not fetched" within 10 at_least "select count(*) from links where outcome = 'robots'" 1
cp $conf /tmp/good.conf
echo 'workesr = 4' >>$conf
see "a bad configuration fails the reload" no systemctl reload newsd
kill_main HUP
see "sent by signal, it is refused in words" within 5 journal NEWSD_EVENT=reload_failed
see "the old configuration goes on" test "$(main_pid)" = "$first_pid"
see "and newsd with it" systemctl -q is-active newsd
cp /tmp/good.conf $conf

# ---- watchdog, crash ----

fed_at=$(systemctl show -p WatchdogTimestampMonotonic --value newsd)
was_fed() { [ "$(systemctl show -p WatchdogTimestampMonotonic --value newsd)" -gt $((fed_at + 4000000)) ]; }
see "the watchdog is fed, longer than it would wait" within 15 was_fed
see "by the same process" test "$(main_pid)" = "$first_pid"
began=$(date +%s%N)
kill_main STOP
is_served_anew() { is_new_pid "$first_pid" && as reader newsctl status; }
see "a process that hangs is replaced" within 20 is_served_anew
took_ms=$((($(date +%s%N) - began) / 1000000))
see "and answers again within WatchdogSec + 5 s ($took_ms ms)" test $took_ms -le $((watchdog_s * 1000 + 5000))
second_pid=$(main_pid)
links=$(ask 'select count(*) from links')
workers=$(pgrep -P "$second_pid" | tr '\n' ' ')
see "it has workers" test -n "$workers"
kill -SEGV ${workers%% *}
workers_are_new() { local now; now=$(pgrep -P "$second_pid" | wc -w) && [ "$now" -eq "$(echo $workers | wc -w)" ] && no pgrep -P "$second_pid" "^${workers%% *}$"; }
see "a worker that crashes is replaced" within 10 workers_are_new
see "which costs the service nothing" test "$(main_pid)" = "$second_pid"
workers=$(pgrep -P "$second_pid" | tr '\n' ' ')
kill_main KILL
see "after kill -9 it is started again" within 20 is_new_pid "$second_pid"
see "the dead one's workers are gone" no kill -0 $workers
see "nothing was lost or doubled" is 'select count(*) from links' "$links"
see "the store is sound" as reader newsctl check --full
see "and read as before" at_least 'select count(*) from articles' 6
systemctl reset-failed newsd

# ---- stop ----

began=$(date +%s%N)
see "stop" systemctl stop newsd
took_ms=$((($(date +%s%N) - began) / 1000000))
see "within 5 s ($took_ms ms)" test $took_ms -lt 5000
see "and clean" test "$(systemctl show -p Result --value newsd)" = success
see "nothing is left behind" no pgrep -x newsd
see "after the stop readers still read" at_least 'select count(*) from articles' 6
see "with the daemon down newsctl says so" no as reader newsctl poll

# ---- a log file ----

sed 's/^log_file = journal$/log_file = \/var\/log\/newsd\/newsd.log/' /tmp/good.conf >$conf
see "it starts with a log file" systemctl start newsd
see "which its group reads" as reader grep -q ready /var/log/newsd/newsd.log
see "and strangers do not" no as stranger cat /var/log/newsd/newsd.log
mv /var/log/newsd/newsd.log /var/log/newsd/newsd.log.1
kill_main USR1
see "rotated, it is made anew" within 10 test -e /var/log/newsd/newsd.log
see "with the same mode" test "$(stat -c %U:%G:%a /var/log/newsd/newsd.log)" = newsd:newsd:640
systemctl stop newsd
cp /tmp/good.conf $conf

# ---- a full disk ----

mount -t tmpfs -o size=8m tmpfs /var/lib/newsd
echo 'free_space_floor = 0' >>$conf # it is full that the disk is to be, not nearly so
echo "http://127.0.0.1:$port/feed.atom" >/etc/newsd/feeds.txt
see "it starts on a file system of its own" systemctl start newsd
see "which it owns" test "$(stat -c %U:%G:%a /var/lib/newsd)" = newsd:newsd:750
see "and stores there" within 20 is "select count(*) from links where outcome = 'stored'" 3
dd if=/dev/zero of=/var/lib/newsd/ballast bs=64k 2>/dev/null
dd if=/dev/zero of=/var/lib/newsd/ballast.rest bs=1 count=65536 2>/dev/null
printf 'http://127.0.0.2:%s/rss.xml\n' "$port" >>/etc/newsd/feeds.txt
systemctl reload --no-block newsd # which ends when the new feed is stored
see "that the disk is full is said" within 20 journal NEWSD_EVENT=store_trouble
see "and newsd lives on" systemctl -q is-active newsd
rm /var/lib/newsd/ballast /var/lib/newsd/ballast.rest
see "with room again it is over" within 60 journal NEWSD_EVENT=store_recovered
see "and what was held back is stored" within 20 at_least "select count(*) from articles where url like 'http://127.0.0.2:%'" 1
see "on a sound store" as reader newsctl check --full
systemctl stop newsd
umount /var/lib/newsd
cp /tmp/good.conf $conf

# ---- a socket that the manager hands over ----

printf 'websub_listen = systemd\nwebsub_url = https://news.example/websub/\n' >>$conf
see "the socket for hubs is opened" systemctl start newsd-websub.socket
see "newsd takes it over" systemctl start newsd
hub_is_answered() {
	exec 7<>/dev/tcp/127.0.0.1/8090
	printf 'GET /websub/none HTTP/1.0\r\n\r\n' >&7
	grep -q '^HTTP/1.[01] 404' <&7
}
see "and answers hubs there" hub_is_answered
see "its key is its own" test "$(stat -c %U:%a /var/lib/newsd/websub.key)" = newsd:600
systemctl stop newsd-websub.socket newsd
cp /tmp/good.conf $conf

# ---- the drop-in that closes private networks ----

set_unit addresses "$(sed '/^\[/d' $here/newsd-addresses.conf)\nIPAddressAllow=127.0.0.1"
see "with the drop-in the exposure is at most 1.0" exposed_at_most 10
echo "# exposure with newsd-addresses.conf: $exposure"
printf 'http://127.0.0.%s:%s/%s\n' 1 "$port" feed.atom 3 "$port" feed.xml >/etc/newsd/feeds.txt
printf 'connect_timeout = 2s\nwebsub_listen = systemd\nwebsub_url = https://news.example/websub/\n' >>$conf
rm /var/lib/newsd/news.db*
systemctl start newsd-websub.socket
see "it starts with the drop-in" systemctl start newsd
poll_failed() { journalctl -u newsd NEWSD_EVENT=poll_failed -o json --no-pager | grep -q "127.0.0.3:$port"; }
see "what the drop-in opens is reached" within 20 at_least 'select count(*) from articles' 3
see "what it leaves closed is silent" within 20 poll_failed
see "a socket of the manager's is reached all the same" hub_is_answered
systemctl stop newsd-websub.socket newsd
set_unit addresses
cp /tmp/good.conf $conf

# ---- a configuration that is wrong from the start ----

echo 'workesr = 4' >>$conf
see "a bad configuration does not start" no systemctl start newsd
see "nor is it tried again and again" test "$(systemctl show -p NRestarts --value newsd)" -le 1

cp /tmp/good.conf $conf
kill $newsroom

. "$here/confined.sh"
echo "$count things seen"
