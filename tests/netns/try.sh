# SPDX-License-Identifier: MIT
# xfrmctl try: another configuration is in force and goes again, by time, on demand, with a restart, and
# when the operator's connection is cut; confirmed, it becomes the configuration file.
fleet 10.0.1.0/24 a
cp "$FOLDER/a.conf" old.conf
sed 's/^ipsec_subnets = .*/&, 10.0.2.0\/24/' old.conf >new.conf
xfrmd_start a
policies a | sort >before

in_force() {
	has_policy a out 10.0.1.1/32 10.0.2.0/24
}

as_before() {
	! in_force && policies a | sort | cmp -s - before && is null status a 'd["try"]'
}

# terminal KEYS: try on a terminal where somebody presses them a second later; prints what is shown,
# but for the last words, which socat loses
terminal() {
	(sleep 0.7 && printf "%b" "$1" && sleep 0.7) | on a socat -t 0.1 - \
		"EXEC:$BUILD/src/xfrmctl/xfrmctl --run-dir /run/lab/a try --timeout 60 $PWD/new.conf,pty,setsid,ctty,stderr" \
		2>/dev/null || true
}

# under way
ctl a try new.conf
must in_force
expect 'seconds left' "$(status a 'd["try"]["ends"] > 0 and d["try"]["copied"]')" = true
expect 'healthy' "$(status a 'd["healthy"]')" = true
must_not ctl a reload
must_not ctl a try new.conf
must in_force
ctl a try --back

# by time
ctl a try --timeout 1 new.conf
wait_for 20 as_before
must_not ctl a try --confirm
must_not ctl a try --back
expect 'files left' "$(find /run/lab/a -name 'try.*')" = ''
expect 'healthy' "$(status a 'd["healthy"]')" = true

# on demand, after a flush too
ctl a try new.conf
ctl a try --back
must as_before
ctl a flush
ctl a try new.conf
must in_force
ctl a try --back
expect 'policies after a flush' "$(policies a)" = ''
ctl a reload
must as_before

# what cannot be read is not tried
sed 's/^ipsec_subnets.*/ipsec_subnets = 10.0.0.0\/40/' old.conf >bad.conf
expect_text 'refusal' "$(ctl a try bad.conf 2>&1 || true)" 'bad.conf: [ipsec] ipsec_subnets: malformed'
must as_before

# on a terminal
expect_text 'offer' "$(terminal '\003')" 'Ctrl-C goes back'
must as_before
expect_text 'gone' "$(terminal '')" 'going back in 60 s'
must in_force
ctl a try --back

# confirmed: what is in force is what the next reload reads, also if the tried file changes meanwhile
chmod 640 "$FOLDER/a.conf"
cp new.conf edited.conf
ctl a try edited.conf
echo rubbish >edited.conf
expect_text 'confirmed' "$(ctl a try --confirm)" 'stays in force'
must cmp new.conf "$FOLDER/a.conf"
must cmp old.conf "$FOLDER/a.conf.before-try"
expect 'mode' "$(stat -c %a "$FOLDER/a.conf")" = 640
must in_force
expect 'reload' "$(ctl a reload)" = 'nothing changed'
sleep 2.5
must in_force
cp old.conf "$FOLDER/a.conf"
ctl a reload
terminal '\n' >/dev/null
must cmp new.conf "$FOLDER/a.conf"
must in_force

# the configuration file itself, and a restart: what it says counts
cp old.conf "$FOLDER/a.conf"
ctl a try --timeout 2
must_not in_force
wait_for 5 in_force
expect_text 'log' "$(cat "$FOLDER/a.log")" 'still holds what was tried'
ctl a try --timeout 60 new.conf
xfrmd_stop a
xfrmd_start a
must as_before
