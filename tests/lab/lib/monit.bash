# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# A real monit on host a, and the xfrmd that it supervises.

# monit_start FILE...: with these control files
monit_start() {
	cat >/run/lab/monitrc <<-EOF
		set daemon 1
		set log $FOLDER/monit.log
		set pidfile /run/lab/monit.pid
		set idfile /run/lab/monit.id
		set statefile /run/lab/monit.state
		set httpd unixsocket /run/lab/monit.socket allow root:lab
		$(printf 'include %s\n' "$@")
	EOF
	chmod 600 /run/lab/monitrc
	background a /usr/bin/monit -I -c /run/lab/monitrc >>/run/lab/monit.out 2>&1
	monit_pid=$!
}

monit_end() {
	kill "$monit_pid"
	wait "$monit_pid"
}

monit() {
	on a /usr/bin/monit -B -c /run/lab/monitrc "$@"
}

# monit_shows STATE JOB...: all of them; what it shows changes once a second
monit_shows() {
	local names
	names=$(IFS='|' && echo "${*:2}")
	sleep 0.5
	[ "$(monit summary | grep -cE "^ *($names) +$1 ")" = $(($# - 1)) ]
}

monitored_pid() {
	cat /run/lab/a/xfrmd.pid
}

# restarted PID: another process than PID is ready
restarted() {
	[ "$(monitored_pid)" != "$1" ] && is true status a 'd["ready"]'
}
