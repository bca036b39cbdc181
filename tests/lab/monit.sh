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

all_well() {
	monit_shows OK xfrmd xfrmd-status xfrmd-certificates
}

monit_start /run/lab/monit.xfrmd
wait_for 20 all_well
must_not xfrmpki dates --config "$FOLDER/a.conf" --warn-days 400
xfrmd_start b
wait_for 20 pings a b

# privileges PID: what it may do, and whether what it starts may do more
privileges() {
	sed -nE 's/^(CapPrm|CapBnd|NoNewPrivs):\t//p' "/proc/$1/status" | paste -sd ' '
}
# NET_ADMIN, and NET_BIND_SERVICE until its sockets are bound; NET_RAW, DAC_READ_SEARCH and SYS_PTRACE as well
expect 'privileges of charon' "$(privileges "$(charon_pid a)")" = '0000000000001000 0000000000001400 1'
expect 'privileges of xfrmd' "$(privileges "$(monitored_pid)")" = '0000000000083404 0000000000083404 1'
before=$(planned_policies a)
charon=$(charon_pid a)
watch_start a b 500

pid=$(monitored_pid)
monit restart xfrmd
wait_for 20 restarted "$pid"

pid=$(monitored_pid)
kill -KILL "$pid"
wait_for 20 restarted "$pid"
wait_for 20 all_well
expect 'charon' "$(charon_pid a)" = "$charon"

monit stop xfrmd
wait_for 20 not kill -0 "$(monitored_pid)"
expect 'policies after stop' "$(planned_policies a)" = "$before"
must pings a b

watch_end_well
monit_end
