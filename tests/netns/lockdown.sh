# SPDX-License-Identifier: MIT
# xfrmd --lockdown: what it installs before there is anything else, that it takes nothing away from
# an xfrmd that runs or ran, and how xfrmd takes over from it, on a host that forwards too.
fleet 10.0.0.0/16 a= f=10.0.1.4/24 <<-EOF
	ipsec_subnets = 10.0.0.0/16, 10.0.1.9
	no_ipsec_subnets = 10.0.2.0/24
	protect_forwarded = false
EOF
good=$(cat "$FOLDER/a.conf")

# listed HOST: its policies in the kernel's order
listed() {
	ctl "$1" list --json 2>/dev/null | json '" ".join(
		"{direction} {action} {source} {destination},".format(**p) for p in d["policies"])'
}
fallback_out='out block 0.0.0.0/0 10.0.1.9/32, out allow 0.0.0.0/0 10.0.2.0/24, out block 0.0.0.0/0 10.0.0.0/16,'
fallback_in='in block 10.0.1.9/32 0.0.0.0/0,'
fallback_in+=' in allow 10.0.2.0/24 0.0.0.0/0, in block 10.0.0.0/16 0.0.0.0/0,'

# a configuration that is refused, and one that leaves nothing to block
echo "${good/10.0.2.0/10.0.2.300}" >"$FOLDER/a.conf"
must_not lockdown a
expect_text 'refusal' "$(cat "$FOLDER/a.log")" '10.0.2.300/24'
echo "${good/ipsec_subnets/optional = true$'\n'ipsec_subnets}" >"$FOLDER/a.conf"
lockdown a
expect 'policies where nothing is to be done' "$(listed a)" = ''

# no address yet, certificates that cannot be read
echo "${good//$PKI//nowhere}" >"$FOLDER/a.conf"
lockdown a
expect 'policies without an address' "$(listed a)" = "$fallback_out $fallback_in"
lockdown a
expect 'policies after a second lockdown' "$(listed a)" = "$fallback_out $fallback_in"

# xfrmd takes over, before and after the address
echo "$good" >"$FOLDER/a.conf"
xfrmd_start a
expect 'policies without an address' "$(listed a)" = "$fallback_out $fallback_in"
host_address a add 10.0.1.1/24
address_out='out block 10.0.1.1/32 10.0.1.255/32, out protect 10.0.1.1/32 10.0.1.9/32,'
address_out+=' out allow 10.0.1.1/32 10.0.2.0/24, out protect 10.0.1.1/32 10.0.0.0/16,'
address_in='in protect 10.0.1.9/32 10.0.1.1/32, in allow 10.0.2.0/24 10.0.1.1/32, in protect 10.0.0.0/16 10.0.1.1/32,'
address_in+=' in allow 10.0.1.1/32 0.0.0.0/0,'
wait_for 5 is "$address_out $fallback_out $address_in $fallback_in" listed a

# with and after xfrmd: whatever is there stays, also the pin in the place of a listed /32
policies a >before
lockdown a
expect 'policies after a lockdown beside xfrmd' "$(policies a)" = "$(cat before)"
expect 'pid file' "$(cat /run/lab/a/xfrmd.pid)" = "${xfrmd_pid[a]}"
xfrmd_stop a
on a ip xfrm policy update src 10.0.1.1 dst 10.0.1.9 dir out priority 30020 \
	tmpl proto esp spi 0xc0000001 reqid 7890546 mode transport
policies a >before
lockdown a
expect 'policies after a lockdown after xfrmd' "$(policies a)" = "$(cat before)"

# what the kernel has counts, not who holds the lock: nothing there, and then all of it
host k 10.0.1.8/24
xfrmd_conf k
hold_lock() {
	background k flock --no-fork /run/lab/k/lock sleep 60
	holder=$!
	wait_for 5 not flock --nonblock /run/lab/k/lock true
}
hold_lock
must_not lockdown k
expect_text 'refusal' "$(cat "$FOLDER/k.log")" 'policies of the configuration are not in the kernel'
expect 'policies' "$(policies k)" = ''
kill "$holder"
wait_for 5 flock --nonblock /run/lab/k/lock true
lockdown k
hold_lock
lockdown k
kill "$holder"

# anybody can lock a file that he can read, or have a run directory of his own
host l 10.0.1.7/24
xfrmd_conf l
echo 99999999 >/run/lab/l/xfrmd.pid
background l setpriv --reuid 65534 --clear-groups flock --no-fork /run/lab/l/xfrmd.pid sleep 60
holder=$!
wait_for 5 not flock --nonblock /run/lab/l/xfrmd.pid true
chown 65534 /run/lab/l
lockdown l
expect_text 'warning' "$(cat "$FOLDER/l.log")" 'owned by uid 65534, expected root: chown root /run/lab/l'
policies l >before
must test -s before
chown root /run/lab/l
chmod 666 "$FOLDER/l.conf"
lockdown l
expect_text 'warning' "$(cat "$FOLDER/l.log")" "goes on although $FOLDER/l.conf: writable by group or others"
chmod 644 "$FOLDER/l.conf"
expect 'policies' "$(policies l)" = "$(cat before)"
xfrmd_start l
kill "$holder"

# a host that forwards: all is blocked until xfrmd is there, and follows the switch from then on; only
# what nobody forwards stays blocked
link_out='out block 169.254.0.0/16 10.0.1.9/32, out allow 169.254.0.0/16 10.0.2.0/24,'
link_out+=' out block 169.254.0.0/16 10.0.0.0/16,'
on f sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
f_out=${address_out//10.0.1.1\//10.0.1.4/} f_in=${address_in//10.0.1.1\//10.0.1.4/}
lockdown f
expect 'policies of a host that forwards' "$(listed f)" = "$f_out $fallback_out $f_in $fallback_in"
xfrmd_start f
expect 'policies of a host that forwards' "$(listed f)" = "$f_out $link_out $f_in $fallback_in"
on f sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
wait_for 5 is "$f_out $fallback_out $f_in $fallback_in" listed f
on f sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
wait_for 5 is "$f_out $link_out $f_in $fallback_in" listed f

# where all is protected: what has no peer goes on
host g fd00::5/64
host h fd00::6/64 10.0.1.6/24
xfrmd_conf g 'ipsec_subnets = 0.0.0.0/0, ::/0'
lockdown g
background h socat -u UDP4-RECV:67 CREATE:/run/lab/discovered
wait_for 5 listens h 67
# who has no address yet asks for one; who has one would give it away
discover() {
	echo discover | on g socat -u STDIN UDP4-DATAGRAM:255.255.255.255:67,broadcast,so-bindtodevice=eth0
}
discover
wait_for 5 test -s /run/lab/discovered
host_address g add 10.0.1.5/24
must_not discover
on g ip -6 address add fd00::7/64 dev eth0
wait_for 5 is '' ip -n g -6 address show tentative # each had to look for duplicates
link_local=$(ip -n h -6 -o address show dev eth0 scope link | grep -o 'fe80[^/]*')
for address in 127.0.0.1 10.0.1.5 ::1 "$link_local%eth0"; do
	wait_for 5 pings g "$address"
done
must_not pings g 10.0.1.6
must_not pings g fd00::6
