# SPDX-License-Identifier: MIT
# xfrmctl doctor names each fault that is really there, with what to do, and none that is not. What the
# machine itself lacks (ESP, a synchronised clock, time) is not counted.
fleet 10.0.1.0/24 a=1,fd00:1::1/64 -- b=2 <<-EOF
	ipsec_subnets = 10.0.1.0/24, fd00:1::/64
	no_ipsec_subnets = 10.0.1.254, 10.0.1.253
EOF
echo 'nameserver 10.0.1.253' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf

# doctor [EXPRESSION]: what it finds, without what this machine lacks; d is the list
doctor() {
	{ ctl a doctor "$FOLDER/a.conf" --json || true; } | json "(lambda d: ${1:-d})([f for f in
		d['findings'] if f['area'] not in ('kernel', 'clock', 'load')])"
}

# found SEVERITY AREA TEXT: exactly one such finding, with a reason and something to do
found() {
	expect "$1 of $2 with '$3'" "$(doctor "len([f for f in d if f['severity'] == '$1' and
		f['area'] == '$2' and '$3' in f['what'] and f['why'] and f['action']])")" = 1
}

xfrmd_start a
on a ip route add default via 10.0.1.254
expect 'without a fault' "$(doctor '[f["area"] for f in d]')" = '["link-local"]'

# nothing that it does is seen by others: no acquire, no SA
expect 'acquires' "$(status a 'd["acquires"]["received"]')" = 0
expect 'SAs' "$(on a ip xfrm state)" = ''

# gateway and DNS inside the subnets
on a ip route replace default via 10.0.1.252
echo 'nameserver 10.0.1.251' >resolv.conf
# an MTU too small for IPv6 in ESP, and containers whose packets are too large
on a ip link set eth0 mtu 1300
on a ip link add docker0 type bridge
on a ip address add 172.17.0.1/16 dev docker0
on a ip link set docker0 up
# a bridge inside the subnets
on a ip link add cni0 type bridge
on a ip address add 10.0.1.129/28 dev cni0
on a ip link set cni0 mtu 1200 up
# a policy of somebody else, and settings that are not ours
on a ip xfrm policy add src 10.0.1.1/32 dst 10.0.1.7/32 dir out priority 5
on a sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/disable_xfrm'
on a sh -c 'echo 77 >/proc/sys/net/core/xfrm_acq_expires'
# packets in clear from somebody without IPsec
pings b a || true

doctor "'\n'.join(f['severity'] + ' ' + f['area'] + ': ' + f['what'] for f in d)"
found warning gateway 10.0.1.252
found serious dns 10.0.1.251
found warning mtu 'eth0 with its MTU of 1300 leaves packets of'
found warning mtu 'behind docker0'
found serious container 'cni0, 10.0.1.128/28'
found serious policy '10.0.1.7/32'
found serious sysctl 'disable_xfrm is set for eth0'
found warning sysctl 'xfrm_acq_expires is 77'
found note counter XfrmInTmplMismatch
must_not ctl a doctor "$FOLDER/a.conf" >text
expect 'lines of what first, and again with why and what to do' \
	"$(sed '/^$/,$d' text)" = "$(sed '1,/^$/d' text | grep -E '^(serious|warning|note): ')"

# without the daemon; somebody else has the port; the file is broken
read -r charon _ </run/lab/a/charon.pid
xfrmd_kill a
kill -KILL "$charon"
wait_for 5 not listens a 500
background a socat -u UDP4-RECV:500 OPEN:/dev/null
wait_for 5 listens a 500
found serious daemon 'xfrmd does not answer'
found serious port 'UDP port 500 is taken by pid'
expect 'first finding' "$(doctor 'd[0]["area"]')" = daemon
echo 'optional = perhaps' >>"$FOLDER/a.conf"
found serious configuration 'optional'
