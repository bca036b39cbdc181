# SPDX-License-Identifier: MIT
# A new instance certificate goes from host to host under traffic. After each, two hosts rekey, and
# those with the old certificate negotiate with those that have the new one.
# The kernel holds 100 packets of a peer between two pins, and User-Mode Linux lets xfrmd wait 200 ms
# at times; so 250 packets a second.
fleet_up --pki "$PKI" 10.0.1.0/24 a b c
cp -r "$PKI" home
must xfrmpki rotate instance --dir home --days 300 >/dev/null
wait_for 20 pings b c

# days_left HOST [ROLE]
days_left() {
	status "$1" '[c["days_left"] for c in d["certificates"] if c["role"] == "'"${2:-instance}"'"]'
}

renewal_start
for name in a b c; do
	expect "days left on $name before" "$(days_left $name)" = '[364]'
	host_pki $name home
	expect_text 'reload' "$(ctl $name reload)" 'instance certificate: now CN=instance'
	expect "days left on $name" "$(days_left $name)" = '[299]'
	wait_for 10 rekey a b
	# without an SA to begin with, once from each side
	wait_for 10 pings c a
	part c a
	wait_for 10 pings a c
	part a c
	# c sees what the others show while it has another one itself
	[ $name != b ] || wait_for 5 is '[299]' days_left c peer
done
wait_for 10 pings c a
must has_sa c 10.0.1.1
renewal_end
# the peer of a negotiation tries each certificate of this name: no reason to warn
must_not grep 'failed' "$FOLDER"/{a,b,c}.log
expect 'SPIs between a and b' "$(wire b 'ip proto 50 and host 10.0.1.1' |
	grep -o 'spi=0x[0-9a-f]*' | sort -u | wc -l)" -ge 8
