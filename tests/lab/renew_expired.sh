# SPDX-License-Identifier: MIT
# A fleet whose certificates have expired is renewed under traffic. The order that works is the one
# of the add-on's guide: first `optional = true` together with new certificates, host by host, then
# `optional = false`. Not in two steps: a reload refuses a certificate that has expired.
# The kernel holds 100 packets of a peer between two pins, and User-Mode Linux lets xfrmd wait 200 ms
# at times; so 250 packets a second.
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
host c 10.0.1.3/24

# conf HOST OPTIONAL
conf() {
	xfrmd_conf "$1" <<-EOF
		ipsec_subnets = 10.0.1.0/24
		optional = $2
	EOF
}

cp -r "$PKI" old
cp -r "$PKI" new
must xfrmpki issue --dir new --cn instance --force >/dev/null
pki_dated old -3600 30
for name in a b c; do
	host_pki $name old
	conf $name false
	xfrmd_start $name
done
wait_for 20 pings a b
wait_for 20 pings b c
must_not pki_expired old/instance.pem
end=$(pki_date -enddate old/instance.pem)
capture b
capture c
stream_start a b 250
tcp_start b c
wait_for 35 pki_expired old/instance.pem

# What is there goes on, what is new does not come up, and both hosts say why.
wait_for 10 is true status a 'any("has expired" in p for p in d["problems"])'
names 'instance.pem: CN=instance has expired' a status
must_not pings a c
wait_for 10 is failed peers a '[p["state"] for p in d["peers"] if p["address"] == "10.0.1.3"][0]'
reason=$(peers a '[p["last_error"] for p in d["peers"] if p["address"] == "10.0.1.3"][0]')
expect 'reason on a' "$reason" = "the peer refused our certificate: it expired on $end"
echo "a: $reason"
reason=$(peers c '[p["last_error"] for p in d["peers"] if p["address"] == "10.0.1.1"][0]')
expect 'reason on c' "$reason" = \
	"the peer's certificate has expired: \"CN=instance\" ended on $end, or our clock is wrong"
echo "c: $reason"
names 'peers: the peer refused our certificate' a status
names 'the peer refused our certificate: it expired on ' a doctor "$FOLDER/a.conf"

conf a true
must_not ctl a reload 2>refused
expect_text 'refused' "$(cat refused)" 'expired'
expect 'mode' "$(status a 'd["mode"]')" = required

for name in a b c; do
	host_pki $name new
	conf $name true
	expect_text 'reload' "$(ctl $name reload)" 'mode: optional'
done
wait_for 30 pings a c
wait_for 30 is true peers a 'any(p["address"] == "10.0.1.3" and p["state"] == "up" for p in d["peers"])'
for name in a b c; do
	conf $name false
	expect_text 'reload' "$(ctl $name reload)" 'mode: required'
done
wait_for 10 pings c a
wait_for 10 rekey a b
part c a
wait_for 10 pings c a
stream_end
tcp_end
capture_stop b c
# only those that had no SA when the others were optional already
expect_no_clear b
expect_no_clear c 'host 10.0.1.2'
echo "sent $sent, lost $lost, refused $refused, clear 0, longest gap $gap ms, TCP $(stat -c %s tcp.received) bytes"
echo "between the hosts without an SA: clear $(wire_clear c 'host 10.0.1.1') while optional"
expect_no_loss
