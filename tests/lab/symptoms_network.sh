# SPDX-License-Identifier: MIT
# What networks do to IPsec, and hosts that are not alike: each symptom is made here, and the first
# lines of the command that xfrmd-troubleshooting(7) tells must name its cause.
fleet 10.0.1.0/24 a b walled=4 -- bare=3

# anew LINE: a and b take it over and negotiate
anew() {
	local name
	for name in a b; do
		xfrmd_conf $name "$1"
		ctl $name reload >/dev/null
	done
	part a b
	wait_for 10 pings a b
}

# drop HOST MATCH...: the network loses what matches, from and to the host
drop() {
	local way
	tc qdisc add dev "$1" clsact
	for way in ingress egress; do
		tc filter add dev "$1" $way protocol ip pref 1 u32 match "${@:2}" action drop
	done
}

# pass HOST: no longer
pass() {
	tc qdisc del dev "$1" clsact
}

xfrmd_start a b walled
# one host without xfrmd, one whose IKE is lost, one that is not there: they have time to fail
drop walled ip dport 500 0xffff
for address in 10.0.1.3 10.0.1.4 10.0.1.9; do
	on a ping -q -c 1 -W 1 $address >/dev/null || true &
done
wait_for 10 pings a b

echo '--- large payloads hang: a network that loses large packets and does not say so'
names '; packets up to 1466 bytes pass' a verify 10.0.1.2
# a bridge drops what is larger, but for the four bytes of a VLAN
ip link set dev b mtu 1396
names 'LARGE PACKETS VANISH: 1366 bytes pass, 1367 do not' a verify 10.0.1.2
names 'set the MTU of eth0 to 1400, here and on the other hosts' b verify 10.0.1.1
names 'serious: mtu: large packets to 10.0.1.2 vanish: 1366 bytes pass, 1367 do not' \
	a doctor "$FOLDER/a.conf"
must_not ctl a verify 10.0.1.2 >/dev/null
for name in a b; do
	ip -n $name link set dev eth0 mtu 1400
done
names 'packets up to 1366 bytes pass' a verify 10.0.1.2
must ctl a verify --all >/dev/null
for name in a b; do
	ip -n $name link set dev eth0 mtu 1500
done
ip link set dev b mtu 1500

echo '--- the peer is up, and nothing passes: a security group that knows UDP 500 only'
part a b
drop b ip protocol 50 0xff
wait_for 10 not has_sa b 10.0.1.1
on a ping -q -c 3 -i 0.01 -W 0.1 10.0.1.2 >/dev/null || true
wait_for 10 is up peer a 10.0.1.2 'p["state"]'
for pair in 'a 10.0.1.2' 'b 10.0.1.1'; do
	# shellcheck disable=SC2086
	names 'IKE passes and ESP (IP protocol 50) does not' ${pair% *} verify --timeout 1 ${pair#* }
done
names 'ESP is sent to 1 peer that is up, and none comes back (10.0.1.2)' a doctor "$FOLDER/a.conf"
anew 'force_udp_encapsulation = true'
names 'sent as ESP in UDP, answered as ESP in UDP in ' a verify 10.0.1.2
names 'packets up to 1458 bytes pass' b verify 10.0.1.1
pass b

echo '--- no connection: no xfrmd there, IKE lost on the way, no such host'
for address in 10.0.1.3 10.0.1.4 10.0.1.9; do
	wait_for 20 is failed peer a $address 'p["state"]'
done
names 'no response from the peer; its ports of IKE are closed: no xfrmd runs there' \
	a verify --timeout 1 10.0.1.3
names 'no response from the peer; it is down, or the way drops UDP 500' a verify --timeout 1 10.0.1.4
names 'nobody has this address, or the host is down' a verify 10.0.1.9
for address in 10.0.1.3 10.0.1.4 10.0.1.9; do
	names 'it does not answer to IKE: no response from the peer' a explain $address
	names 'why: the host is down, has no xfrmd, or the way between drops UDP 500' a explain $address
done
names 'no response from the peer: 3 peers fail (10.0.1.' a doctor "$FOLDER/a.conf"
names 'warnings      peers: no response from the peer: 10.0.1.' a status

echo '--- no connection: one host protects what the other allows'
xfrmd_conf b 'no_ipsec_subnets = 10.0.1.1'
ctl b reload >/dev/null
names 'its policies allow what ours protect, compare the lists' a verify --timeout 1 10.0.1.2
names 'it has an SA with this host, so its lists protect what ours allow' b verify --timeout 1 10.0.1.1
names 'sent in clear, accepted in clear: no_ipsec_subnets 10.0.1.1/32' b explain 10.0.1.1
names 'our lists do not protect what 1 peer protects (10.0.1.1)' b doctor "$FOLDER/b.conf"

echo '--- everything works, slowly'
anew 'esp_proposals = aes128-sha256'
names '1 peer uses cbc(aes)-128/hmac(sha256)-128, which takes two passes over each byte' \
	a doctor "$FOLDER/a.conf"
# packets that wait for the same moment come faster than this
echo 0 >/proc/sys/net/core/netdev_max_backlog
tc -n a qdisc add dev eth0 root netem slot 50ms 50ms
on a ping -q -f -c 100 -l 50 10.0.1.2 >/dev/null || true
names ' packets were dropped since the boot, before IPsec saw them' a doctor "$FOLDER/a.conf"
