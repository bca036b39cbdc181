# SPDX-License-Identifier: MIT
# Symptoms whose cause lies on one host: each is made here, and the first lines of the command that
# xfrmd-troubleshooting(7) tells must name it. What needs ESP or more hosts is in symptoms_network.
fleet 10.0.1.0/24 -- a b
echo 'nameserver 10.0.2.53' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf

# conf [LINE]: the usual exceptions, and one line
conf() {
	xfrmd_conf a 'no_ipsec_subnets = 10.0.1.254' "$@"
}

# changed TEXT HOST COMMAND...: after conf
changed() {
	ctl a reload >/dev/null
	names "$@"
}

echo '--- not encrypted: xfrmd does not run, and never did'
conf
names 'cannot reach xfrmd' a status
names 'the kernel has no policies of xfrmd: NOTHING IS PROTECTED' a status
names 'sent in clear, accepted in clear: no policy speaks of it' a explain 10.0.1.2
names 'in no list: in clear' a verify --timeout 1 10.0.1.2
names 'serious: daemon: xfrmd does not answer' a doctor "$FOLDER/a.conf"
sed 's/^ipsec_subnets =.*/& 10.0.1.300/' "$FOLDER/a.conf" >broken
names 'serious: configuration: broken: [ipsec] ipsec_subnets: ' a doctor broken

echo '--- not encrypted at boot: the lockdown is in place'
lockdown a
names 'and no SA: what is to be protected is not sent, nothing goes in clear' a status
names 'not sent before there is an SA, accepted only as ESP: nobody negotiates' a explain 10.0.1.2
names 'nobody negotiates, since xfrmd cannot be reached' a verify --timeout 1 10.0.1.2
names '10.0.1.0/24    protect' a list

xfrmd_start a
echo '--- not encrypted: the lists'
names 'sent in clear, accepted in clear: no_ipsec_subnets 10.0.1.254/32' a explain 10.0.1.254
conf 'ipsec_subnets_file = /run/lab/more'
echo 10.0.7.0/24 >/run/lab/more
sed -i '/^ipsec_subnets =/d' "$FOLDER/a.conf"
changed 'no policy speaks of it' a explain 10.0.1.2
names 'in no list: in clear, answered in ' a verify --timeout 1 10.0.1.2

echo '--- not encrypted: optional'
conf 'optional = true'
changed 'sent in clear until there is an SA' a explain 10.0.1.2
names 'sent in clear, there is no SA (optional)' a verify --timeout 1 10.0.1.2
names 'closed: no xfrmd runs there' a verify --timeout 1 10.0.1.2
names '10.0.1.2       10.0.1.1' a readiness

echo '--- not encrypted: somebody else'
conf
changed 'ready, healthy' a status
on a sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/disable_xfrm'
names 'disable_xfrm is set for eth0, what leaves by it goes in clear' a status
names 'sent in clear, accepted only as ESP: disable_xfrm is set for eth0' a explain 10.0.1.3
names 'SENT IN CLEAR, since disable_xfrm is set for eth0' a verify --timeout 1 10.0.1.2
names 'disable_xfrm is set for eth0' a doctor "$FOLDER/a.conf"
on a sh -c 'echo 0 >/proc/sys/net/ipv4/conf/eth0/disable_xfrm'
on a ip xfrm policy add src 10.0.1.0/24 dst 10.0.1.2/32 dir out priority 5
names 'a foreign one defeats ours: out allow 10.0.1.0/24 -> 10.0.1.2/32 priority 5' a status
names 'sent in clear, accepted only as ESP: a policy that is not ours decides' a explain 10.0.1.2
names 'SENT IN CLEAR by a policy that is not ours' a verify --timeout 1 10.0.1.2
on a ip xfrm policy delete src 10.0.1.0/24 dst 10.0.1.2/32 dir out

echo '--- names do not resolve, the way out is gone'
echo 'nameserver 10.0.1.53' >resolv.conf
on a ip route add default via 10.0.1.252
names 'the DNS server 10.0.1.53 is inside ipsec_subnets' a doctor "$FOLDER/a.conf"
names 'the gateway 10.0.1.252 is inside ipsec_subnets' a doctor "$FOLDER/a.conf"
names 'why: it is a gateway, DNS or DHCP server of this host, inside ipsec_subnets' a explain 10.0.1.53
names 'do:  add it to no_ipsec_subnets on all hosts' a explain 10.0.1.252
echo 'nameserver 10.0.2.53' >resolv.conf
on a ip route delete default

echo '--- large payloads hang: containers'
on a ip link add docker0 type bridge
on a ip address add 172.17.0.1/16 dev docker0
on a ip link set docker0 up
names 'containers behind docker0 send packets of 1500 bytes, eth0 with ESP takes 1466' \
	a doctor "$FOLDER/a.conf"
on a ip link set docker0 mtu 1466
must_not grep -q docker0 <<<"$(ctl a doctor "$FOLDER/a.conf")"

echo '--- an upgrade fails, a file is broken'
names 'a.conf: ok' a check "$FOLDER/a.conf"
# the add-on's each_with_index: one certificate where a list is expected
sed "s#^ca_certificates.*#ca_certificates = -----BEGIN CERTIFICATE-----#" "$FOLDER/a.conf" >broken
names '[ipsec] ca_certificates: ' a check broken
sed '/^ca_certificates/d' "$FOLDER/a.conf" >broken
names '[ipsec] ca_certificates: ' a check broken
echo nonsense >not.pem
sed "s#^ca_certificates.*#ca_certificates = $PWD/not.pem#" "$FOLDER/a.conf" >broken
names "not.pem" a check broken
cp broken "$FOLDER/a.conf"
names not.pem a reload
names 'reload: the last one failed: ' a status
names 'configuration: ' a doctor "$FOLDER/a.conf"

echo '--- complete outage with no warning: there is one'
cp -r "$PKI" old
must xfrmpki issue --dir old --cn instance --days 10 --force >/dev/null
PKI=$PWD/old conf
changed 'instance.pem: CN=instance expires in ' a status
names 'warning: certificate: ' a doctor "$FOLDER/a.conf"
