# SPDX-License-Identifier: MIT
# Init: systemd
# The real units under a real systemd: restart, SIGKILL, reload and stop of xfrmd under traffic leave
# charon alone, which is a unit of its own; killed, it is started again and adopted.
HERE=a fleet 10.0.1.0/24 a b <<<'stop_wait_for = /run/job.pid'

prefix=$(sed -n 's#^ExecStart=\(.*\)/sbin/xfrmd .*#\1#p' "$BUILD/systemd/xfrmd.service")
conf=$prefix/etc/xfrmd/xfrmd.conf
install -D -t "$prefix/sbin" "$BUILD"/src/{xfrmd/xfrmd,xfrmctl/xfrmctl}
install -D -m 644 -t "$prefix/lib/systemd/system" "$BUILD"/systemd/*.service
install -D -m 600 -t "${conf%/*}" "$PKI"/{instance.pem,instance.key,ca.pem}
sed "s#^target = .*#target = journal#; s#$PKI/#${conf%/*}/#" "$FOLDER/a.conf" >"$conf"
rmdir /run/lab/a
ln -s /run/xfrmd /run/lab/a
systemctl daemon-reload

main_pid() {
	systemctl show --property MainPID --value "$1"
}

# restarted UNIT PID: its main process is another than PID
restarted() {
	[ "$(main_pid "$1")" != "$2" ] && [ "$(main_pid "$1")" != 0 ]
}

ready() {
	is true status a 'd["ready"] and d["healthy"]'
}

# what went wrong is told once
background a socat -u UDP-RECV:500 /dev/null
socat_pid=$!
wait_for 10 listens a 500
must_not systemctl start xfrmd
journalctl --sync
# systemd starts it again after two seconds
told=$(journalctl --boot --identifier xfrmd | grep 'UDP port 500 is taken' | grep -o 'xfrmd\[[0-9]*\]')
expect 'starts that told of their failure' "$(wc -l <<<"$told")" -ge 1
expect 'starts that told of it twice' "$(uniq -d <<<"$told")" = ''
kill $socat_pid

systemctl start xfrmd
must ready
expect 'the lockdown before it' "$(systemctl is-active xfrmd-lockdown)" = active
expect 'processes in the unit of xfrmd' "$(cat /sys/fs/cgroup/system.slice/xfrmd.service/cgroup.procs)" = \
	"$(main_pid xfrmd)"
charon=$(charon_pid a)
expect 'charon of the unit' "$(main_pid xfrmd-charon)" = "$charon"
# from inside its sandbox it has given charon's sockets room
expect 'bytes of the sockets of IKE' "$(ss -Hulnm sport = 500 | grep -o 'tb[0-9]*' | sort -u)" = tb33554432
nice_of() {
	cut -d ' ' -f 19 "/proc/$1/stat"
}
expect 'nice values of xfrmd and charon' "$(nice_of "$(main_pid xfrmd)") $(nice_of "$charon")" = '-10 0'
# NET_BIND_SERVICE and NET_ADMIN, and NET_RAW
capabilities() {
	sed -n 's/^CapPrm:\t//p' "/proc/$(main_pid "$1")/status"
}
expect 'capabilities of xfrmd' "$(capabilities xfrmd)" = 0000000000003400
expect 'capabilities of its charon' "$(capabilities xfrmd-charon)" = 0000000000001400
xfrmd_start b
wait_for 20 pings a b
watch_start a b 500

systemctl restart xfrmd
must ready
expect 'charon after a restart' "$(charon_pid a)" = "$charon"

# hearers: sockets that hear acquires, which is the first group of XFRM (netlink family 6)
hearers() {
	awk '$2 == 6 && substr($4, 8) ~ /[13579bdf]/ { print }' /proc/net/netlink | wc -l
}

pid=$(main_pid xfrmd)
expect 'who hears acquires: xfrmd and what systemd keeps' "$(hearers)" = 2
systemctl kill --signal KILL --kill-who main xfrmd
expect 'who hears acquires without xfrmd' "$(hearers)" -ge 1
wait_for 10 restarted xfrmd "$pid"
wait_for 10 ready
expect 'charon after SIGKILL of xfrmd' "$(charon_pid a)" = "$charon"
expect 'who hears acquires after it' "$(hearers)" = 2

pid=$(main_pid xfrmd)
sed -i 's/^ipsec_subnets = .*/&, 10.0.1.300/' "$conf"
must_not systemctl reload xfrmd
sed -i 's/10.0.1.300/10.0.2.0\/24/' "$conf"
systemctl reload xfrmd
must has_policy a out 10.0.1.1/32 10.0.2.0/24
expect 'xfrmd after reloads' "$(main_pid xfrmd)" = "$pid"

before=$(planned_policies a)
systemctl stop xfrmd
expect 'charon after stop' "$(systemctl is-active xfrmd-charon)" = active
expect 'who hears acquires after stop: charon itself' "$(hearers)" = 1
expect 'policies after stop' "$(planned_policies a)" = "$before"
must pings a b

watch_end_well

# what this costs is counted elsewhere; charon comes again without xfrmd, waiting for nobody to read its log
systemctl kill --signal KILL xfrmd-charon
wait_for 10 restarted xfrmd-charon "$charon"
wait_for 10 swan a --stats
charon=$(main_pid xfrmd-charon)
systemctl start xfrmd
wait_for 10 ready
expect 'charon of the next xfrmd' "$(charon_pid a)" = "$charon"
# flags of what it has open of its log, octal; O_NONBLOCK is 04000
find "/proc/$charon/fd" -lname /run/xfrmd/charon.log -printf '%f\n' | while read -r number; do
	sed -n 's/^flags:\t//p' "/proc/$charon/fdinfo/$number"
done >/run/lab/flags
expect 'ends of the log' "$(wc -l </run/lab/flags)" = 4
must_not grep -v '[4-7]...$' /run/lab/flags
systemctl kill --signal KILL xfrmd-charon
wait_for 10 restarted xfrmd-charon "$charon"
wait_for 10 ready
expect 'adopted charon' "$(charon_pid a)" = "$(main_pid xfrmd-charon)"
wait_for 10 is 1 status a 'd["peers"]["up"]'

# a job that it may not look into, since it is another user's
background a setpriv --reuid 65534 --clear-groups sleep 60
job=$!
echo $job >/run/job.pid
ctl a shutdown &
shutdown=$!
wait_for 10 sh -c 'journalctl --boot --identifier xfrmd --output cat | grep -q /run/job.pid'
must pings a b
kill $job
must wait $shutdown
wait_for 10 sh -c '! systemctl --quiet is-active xfrmd xfrmd-charon'
journalctl --boot --identifier xfrmd --output cat >"$FOLDER/journal"
must_not grep -iE 'not permitted|denied' "$FOLDER/journal"
