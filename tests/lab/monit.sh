# SPDX-License-Identifier: MIT
# The real control file under a real monit: it starts xfrmd and shows it and its programs as well;
# `monit restart`, SIGKILL of xfrmd and `monit stop` lose nothing.
fleet 10.0.1.0/24 a b
sed -i "s#^target = .*#target = file:$FOLDER/a.log#" "$FOLDER/a.conf"

# the control file knows neither build folder nor run directory of a
mkdir /run/lab/bin
for name in xfrmd xfrmctl; do
	options="--run-dir /run/lab/a"
	[ $name != xfrmd ] || options+=" --config $FOLDER/a.conf"
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$BUILD/src/$name/$name" "$options" >/run/lab/bin/$name
	chmod 755 /run/lab/bin/$name
done
ln -s "$BUILD/src/xfrmpki/xfrmpki" /run/lab/bin/
sed -E "s#[^\"' ]*/s?bin/(xfrmd|xfrmctl|xfrmpki)#/run/lab/bin/\1#g; s#/run/xfrmd/#/run/lab/a/#g
	s#[^ ]*/xfrmd\.conf#$FOLDER/a.conf#" "$BUILD/monit/xfrmd" >/run/lab/monit.xfrmd
cat >/run/lab/monitrc <<-EOF
	set daemon 1
	set log $FOLDER/monit.log
	set pidfile /run/lab/monit.pid
	set idfile /run/lab/monit.id
	set statefile /run/lab/monit.state
	set httpd unixsocket /run/lab/monit.socket allow root:lab
	include /run/lab/monit.xfrmd
EOF
chmod 600 /run/lab/monitrc

monit() {
	on a /usr/bin/monit -B -c /run/lab/monitrc "$@"
}

# What the summary shows changes once a second.
all_well() {
	sleep 0.5
	[ "$(monit summary | grep -cE '^ *(xfrmd|xfrmd-status|xfrmd-certificates) +OK ')" = 3 ]
}

xfrmd_pid() {
	cat /run/lab/a/xfrmd.pid
}

# restarted PID: another process than PID is ready
restarted() {
	[ "$(xfrmd_pid)" != "$1" ] && is true status a 'd["ready"]'
}

background a /usr/bin/monit -I -c /run/lab/monitrc >/run/lab/monit.out 2>&1
monit_pid=$!
wait_for 20 all_well
must_not xfrmpki dates --config "$FOLDER/a.conf" --warn-days 400
xfrmd_start b
wait_for 20 pings a b

# privileges PID: what it may do, and whether what it starts may do more
privileges() {
	sed -nE 's/^(CapPrm|CapBnd|NoNewPrivs):\t//p' "/proc/$1/status" | paste -sd ' '
}
# NET_ADMIN, and NET_BIND_SERVICE until its sockets are bound; DAC_READ_SEARCH and SYS_PTRACE as well
expect 'privileges of charon' "$(privileges "$(charon_pid a)")" = '0000000000001000 0000000000001400 1'
expect 'privileges of xfrmd' "$(privileges "$(xfrmd_pid)")" = '0000000000081404 0000000000081404 1'
before=$(planned_policies a)
charon=$(charon_pid a)
watch_start a b 500

pid=$(xfrmd_pid)
monit restart xfrmd
wait_for 20 restarted "$pid"

pid=$(xfrmd_pid)
kill -KILL "$pid"
wait_for 20 restarted "$pid"
wait_for 20 all_well
expect 'charon' "$(charon_pid a)" = "$charon"

monit stop xfrmd
wait_for 20 not kill -0 "$(xfrmd_pid)"
expect 'policies after stop' "$(planned_policies a)" = "$before"
must pings a b

watch_end_well
kill "$monit_pid"
wait "$monit_pid"
