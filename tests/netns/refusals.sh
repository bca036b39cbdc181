# SPDX-License-Identifier: MIT
# xfrmd says clearly why it does not start, and disturbs nothing by trying.
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
	EOF
done

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
xfrmd_conf c <<-EOF
	ipsec_subnets = 10.0.1.0/24
EOF
ln -s "$PWD/precious" /run/lab/c/xfrmd.pid
xfrmd_start c
expect 'the file of a link' "$(cat precious)" = precious

background b socat -u UDP4-LISTEN:500 /dev/null
holder=$!
wait_for 5 on b sh -c 'ss -Huln sport = 500 | grep -q .'
refused 'UDP port 500' b "${command[@]}"
refused socat b "${command[@]}"
refused "$holder" b "${command[@]}"
kill "$holder"

rm "$FOLDER/b.conf"
refused "$FOLDER/b.conf" b "${command[@]}"
policies a | cmp - before

status=0
ctl b status >/dev/null 2>&1 || status=$?
expect 'exit status of xfrmctl without a daemon' $status = 3
status=0
ctl b nonsense >/dev/null 2>&1 || status=$?
expect 'exit status of xfrmctl with a wrong command' $status = 2
