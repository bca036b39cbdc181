# SPDX-License-Identifier: MIT
# A log in a file: for its group to read, charon's lines in the same form, followed by logrotate's
# SIGHUP; what comes again is counted.
fleet 10.0.1.0/24 a
log=$FOLDER/file.log
sed -i "s#^target = .*#target = file:$log\nlevel = debug#" "$FOLDER/a.conf"
umask 0
xfrmd_start a
umask 022
expect 'mode' "$(stat -c %a "$log")" = 640
expect 'lines on stderr' "$(cat "$FOLDER/a.log")" = ''

wait_for 10 grep -q 'charon: .*\[LIB\]' "$log"
form="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[+-][0-9]{4} xfrmd\[${xfrmd_pid[a]}\]: [a-z ]+: "
expect 'lines of another form' "$(grep -Ev "$form" "$log" || true)" = ''

mv "$log" "$log.1"
cp "$log.1" moved
kill -HUP "${xfrmd_pid[a]}"
wait_for 10 grep -q 'reload: nothing changed' "$log"
expect 'mode' "$(stat -c %a "$log")" = 640
must cmp moved "$log.1"

# where it cannot go it is not sent, and nothing else changes either
sed -i "s#^target = .*#target = file:/nowhere/file.log#" "$FOLDER/a.conf"
must_not ctl a reload
must grep -q 'reload: .*a.conf: \[log\] target: /nowhere/file.log: cannot be made' "$log"
must grep -q 'reload: nothing was changed, what ran before goes on' "$log"
log=$FOLDER/other.log
sed -i "s#^target = .*#target = file:$log#" "$FOLDER/a.conf"
must ctl a reload
must grep -q 'reload: other settings are in force' "$log"

# likewise where only the opening tells: nobody listens at the journal's socket any more
mkdir -p /run/systemd/journal
/usr/bin/python3 -c 'import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind("/run/systemd/journal/socket")'
sed "s#^target = .*#target = journal#; s#^ipsec_subnets = .*#&, 10.0.9.0/24#" "$FOLDER/a.conf" >stale.conf
expect_text 'try' "$(ctl a try stale.conf 2>&1 || true)" 'nothing was changed, what ran before goes on'
must_not ctl a try --back
cp "$FOLDER/a.conf" good.conf
cp stale.conf "$FOLDER/a.conf"
expect_text 'reload' "$(ctl a reload 2>&1 || true)" 'nothing was changed, what ran before goes on'
expect 'policies' "$(policies a | grep '10\.0\.9\.0' || true)" = ''
cp good.conf "$FOLDER/a.conf"
must ctl a reload
must grep -q 'reload: nothing changed' "$log"

# in a folder of somebody else
xfrmd_stop a
mkdir -m 700 "$FOLDER/theirs"
chown 65534 "$FOLDER/theirs"
log=$FOLDER/theirs/file.log
sed -i "s#^target = .*#target = file:$log#" "$FOLDER/a.conf"
xfrmd_start a
mv "$log" "$log.1"
kill -HUP "${xfrmd_pid[a]}"
wait_for 10 grep -q 'reload: nothing changed' "$log"

for _ in 1 2 3; do
	ctl a reload
done
expect 'lines' "$(grep -c 'reload: nothing changed' "$log")" = 1
xfrmd_stop a
must grep -q 'reload: nothing changed (repeated 3 times in [0-9]* s)' "$log"
