# SPDX-License-Identifier: MIT
# A local address goes, and with it all that was known of its peers; those of the other one stay.
fleet_up 10.0.1.0/24 a=1,7

# known REMOTE: to how many peers with this address
known() {
	peers a "sum(p['address'] == '$1' for p in d['peers'])"
}

for local in 10.0.1.1 10.0.1.7; do
	on a ping -n -q -c 1 -W 1 -I $local 10.0.1.99 >/dev/null || true
done
wait_for 5 is 2 known 10.0.1.99
host_address a del 10.0.1.7/24
wait_for 5 is 1 known 10.0.1.99
expect 'its local address' "$(peers a 'd["peers"][0]["local"]')" = 10.0.1.1
host_address a add 10.0.1.7/24
wait_for 5 has_policy a out 10.0.1.7/32 10.0.1.0/24
on a ping -n -q -c 1 -W 1 -I 10.0.1.7 10.0.1.99 >/dev/null || true
wait_for 5 is 2 known 10.0.1.99
