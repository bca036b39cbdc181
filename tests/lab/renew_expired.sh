# SPDX-License-Identifier: MIT
# A fleet whose certificates have expired is renewed under traffic, as PROCEDURES of xfrmd(8) has it
# typed. The order that works is the one of the add-on's guide: first `optional = true` together with
# new certificates, host by host, then `optional = false`. Not in two steps: a reload refuses a
# certificate that has expired.
# The kernel holds 100 packets of a peer between two pins, and User-Mode Linux lets xfrmd wait 200 ms
# at times; so 250 packets a second.
fleet 10.0.1.0/24 -- a b c
machines a b c
fleet_at_home 10.0.1.0/24
typed 'a b c' 'Install on a running fleet'
wait_for 20 pings a b
wait_for 20 pings b c
pki_dated pki -3600 40
bring
typed 'a b c' 'Replace a certificate' 2
end=$(pki_date -enddate pki/instance.pem)
renewal_start
wait_for 45 pki_expired pki/instance.pem

# What is there goes on, what is new does not come up, and both hosts say why.
wait_for 10 is true status a 'any("has expired" in p for p in d["problems"])'
names 'instance.pem: CN=instance has expired' a status
must_not pings a c
wait_for 10 is failed peer a 10.0.1.3 'p["state"]'
reason=$(peer a 10.0.1.3 'p["last_error"]')
expect 'reason on a' "$reason" = "the peer refused our certificate: it expired on $end"
echo "a: $reason"
reason=$(peer c 10.0.1.1 'p["last_error"]')
expect 'reason on c' "$reason" = \
	"the peer's certificate has expired: \"CN=instance\" ended on $end, or our clock is wrong"
echo "c: $reason"
names 'peers: the peer refused our certificate' a status
expect_text 'doctor' "$(within a xfrmctl doctor || true)" 'the peer refused our certificate: it expired on '

must_not typed a 'Take it off' 2>refused
expect_text 'refused' "$(cat refused)" 'expired'
expect 'mode' "$(status a 'd["mode"]')" = required

typed_at_home "$(procedure 'Renew an expired fleet')"
typed 'a b c' 'Renew an expired fleet' 2
expect 'mode' "$(status a 'd["mode"]')" = optional
wait_for 30 pings a c
wait_for 30 is up peer a 10.0.1.3 'p["state"]'
require_all a b c
expect 'mode' "$(status a 'd["mode"]')" = required
wait_for 10 pings c a
wait_for 10 rekey a b
part c a
wait_for 10 pings c a
# only those that had no SA when the others were optional already
renewal_end 'host 10.0.1.2'
echo "between the hosts without an SA: clear $(wire_clear c 'host 10.0.1.1') while optional"
