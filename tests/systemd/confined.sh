# confined.sh: the tests of the programs, each within the confinement of the shipped unit: same user, same
# namespaces, same filters of system calls and of programs. Sourced by inside.sh; the programs are in suite/.

# The unit's copy; what is changed is what is run, and that this may be run.
cp "$(systemctl show -p FragmentPath --value newsd)" /etc/systemd/system/newsd-suite@.service
mkdir -p /etc/systemd/system/newsd-suite@.service.d
cat >/etc/systemd/system/newsd-suite@.service.d/suite.conf <<-EOF
	[Service]
	Type=oneshot
	ExecStart=
	ExecStart=$here/suite/%i
	ExecReload=
	ExecPaths=$here/suite /bin/false $(command -v newsctl sqlite3 | tr "\n" " ")
	Restart=no
	WatchdogSec=0
	Environment=NEWSD=$(command -v newsd) NEWSCTL=$(command -v newsctl)
	UnsetEnvironment=STATE_DIRECTORY RUNTIME_DIRECTORY LOGS_DIRECTORY NOTIFY_SOCKET
	StandardOutput=file:/tmp/suite.log
	StandardError=inherit
EOF
systemctl daemon-reload

passes() {
	systemctl start "$unit" || {
		tail -n 60 /tmp/suite.log
		return 1
	}
	grep -qE '^\[ +(OK|SKIPPED) ' /tmp/suite.log # a build without debug hooks skips some whole
}
counted() { grep -c "^\[ *$1" /tmp/suite.log; }

for program in "$here"/suite/test_*; do
	unit=newsd-suite@${program##*/}.service
	see "confined as the service: ${program##*/}" passes
	echo "# $(counted OK) passed, skipped: $(sed -n 's/^\[ *SKIPPED \] \(test_[a-z0-9_]*\)$/\1/p' /tmp/suite.log | sort -u | tr '\n' ' ')"
	rm -f /tmp/suite.log
done
