# SPDX-License-Identifier: MIT
# xfrmd says clearly why it does not start, and disturbs nothing by trying.
fleet 10.0.1.0/24 a b

# refused TEXT HOST COMMAND...: exit status 1 and a message with TEXT
refused() {
	local text=$1 said status=0
	shift
	said=$(on "$1" timeout 20 "${@:2}" 2>&1) || status=$?
	expect "exit status of ${*:2}" "$status: $said" = "1: $said"
	expect_text "${*:2}" "$said" "$text"
}

xfrmd_start a
policies a >before
xfrmd_command a
refused "another xfrmd with pid ${xfrmd_pid[a]} runs" a "${command[@]}"
expect 'ready' "$(status a 'd["ready"]')" = true

xfrmd_command b
refused 'must be started as root' b setpriv --reuid 65534 --clear-groups "${command[@]}"
expect 'policies of b' "$(policies b)" = ''

# a run directory that others own, or write to; what they left there is not followed
chown 65534 /run/lab/b
refused '/run/lab/b: owned by uid 65534, expected root: chown root /run/lab/b' b "${command[@]}"
chown root /run/lab/b
chmod 1777 /run/lab/b
refused '/run/lab/b: writable by group or others (mode 1777)' b "${command[@]}"
chmod 755 /run/lab/b
echo precious >precious
ln -s "$PWD/precious" /run/lab/b/lock
refused '/run/lab/b/lock: is a symbolic link' b "${command[@]}"
rm /run/lab/b/lock
host c 10.0.1.3/24
xfrmd_conf c 'prestart_timeout = 2'
ln -s "$PWD/precious" /run/lab/c/xfrmd.pid
ln -s "$PWD/precious" /run/lab/c/peers
xfrmd_start c
expect 'the file of a link' "$(cat precious)" = precious
expect_text 'log' "$(cat "$FOLDER/c.log")" 'peers file: ignored: /run/lab/c/peers: is a symbolic link'

# the key goes to charon and to nobody else, an operator's question to root and to nobody else
xfrmd_stop c
rm /run/lab/c/charon.vici
background c socat -u UNIX-LISTEN:/run/lab/c/charon.vici,fork CREATE:/run/lab/stolen
impostor=$!
wait_for 5 test -S /run/lab/c/charon.vici
xfrmd_command c
on c timeout 20 "${command[@]}" >>"$FOLDER/c.log" 2>&1 && fail 'xfrmd took another for charon'
expect_text 'log' "$(cat "$FOLDER/c.log")" "charon: pid $impostor answers at its VICI socket"
must_not test -s /run/lab/stolen
kill "$impostor"
mkdir -m 777 /run/lab/fake
background c setpriv --reuid 65534 --clear-groups socat UNIX-LISTEN:/run/lab/fake/control.sock,fork EXEC:cat
wait_for 5 test -S /run/lab/fake/control.sock
status=0
said=$(on c "$BUILD/src/xfrmctl/xfrmctl" --run-dir /run/lab/fake status 2>&1) || status=$?
expect 'exit status of xfrmctl' $status = 3
expect_text 'xfrmctl' "$said" 'uid 65534 answers there, expected xfrmd of root'

xfrmd_command b
background b socat -u UDP4-LISTEN:500 /dev/null
holder=$!
wait_for 5 listens b 500
refused 'UDP port 500' b "${command[@]}"
refused socat b "${command[@]}"
refused "$holder" b "${command[@]}"
kill "$holder"

# the state of others is not believed, nor replaced
host e 10.0.1.5/24
xfrmd_conf e
mount -t tmpfs tmpfs /var/lib
mkdir -m 777 /var/lib/xfrmd
echo xfrmd >/var/lib/xfrmd/peers
background e "$BUILD/src/xfrmd/xfrmd" --config "$FOLDER/e.conf" --foreground >>"$FOLDER/e.log" 2>&1
xfrmd_pid[e]=$!
wait_for 30 is "${xfrmd_pid[e]}" cat /run/xfrmd/xfrmd.pid
xfrmd_stop e
expect_text 'log' "$(cat "$FOLDER/e.log")" 'peers file: neither read nor written: /var/lib/xfrmd: writable by group or others'
expect 'state' "$(cat /var/lib/xfrmd/peers)" = xfrmd

# 4500 any user can take: charon does without, unless all peers need it
host d 10.0.1.4/24
xfrmd_conf d
background d setpriv --reuid 65534 --clear-groups socat -u UDP4-LISTEN:4500 /dev/null
holder=$!
wait_for 5 listens d 4500
good=$(cat "$FOLDER/d.conf")
forced=${good/ipsec_subnets/force_udp_encapsulation = true$'\n'ipsec_subnets}
echo "$forced" >"$FOLDER/d.conf"
xfrmd_command d
refused "UDP port 4500 is taken by pid $holder (socat)" d "${command[@]}"
echo "$good" >"$FOLDER/d.conf"
xfrmd_start d
expect_text 'log' "$(cat "$FOLDER/d.log")" "UDP port 4500 is taken by pid $holder (socat), so it goes without"
names "UDP port 4500 is taken by pid $holder (socat): no UDP encapsulation" d status
kill -KILL "$(charon_pid d)"
wait_for 10 is 1 status d 'd["charon"]["restarts"]'
wait_for 10 is true status d 'd["charon"]["running"]'
echo "$forced" >"$FOLDER/d.conf"
status=0
said=$(ctl d reload 2>&1) || status=$?
expect 'exit status of reload' "$status: $said" = "1: $said"
expect_text 'reload' "$said" '[ipsec] force_udp_encapsulation: UDP port 4500 is taken by'
kill "$holder"
kill -KILL "$(charon_pid d)"
wait_for 10 is 2 status d 'd["charon"]["restarts"]'
wait_for 10 ctl d reload
must ctl d status

xfrmd_command b
rm "$FOLDER/b.conf"
refused "$FOLDER/b.conf" b "${command[@]}"
policies a | cmp - before

exits 3 ctl b status
exits 2 ctl b nonsense
