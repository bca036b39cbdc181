# SPDX-License-Identifier: MIT
# A subnet moves from one list to the other and back while its traffic flows, host after host: with
# `optional = true` on the way nothing is lost. Out of reach without it: between the reloads of two
# hosts one of them sends in clear what the other refuses.
fleet_up 10.0.1.0/24 a b

# both OPTIONAL PROTECTED ALLOWED: a and then b take it over
both() {
	local name
	for name in a b; do
		xfrmd_conf $name "optional = $1" "ipsec_subnets = $2" "no_ipsec_subnets = $3"
		must ctl $name reload
	done
}

watch_start a b

both true 10.0.1.0/24 ''
both true 10.0.2.0/24 10.0.1.0/24
wait_for 5 not has_sa a 10.0.1.2
both false 10.0.2.0/24 10.0.1.0/24
expect 'peers' "$(status a 'd["peers"]["up"]')" = 0

both true 10.0.1.0/24 ''
wait_for 10 is 1 status a 'd["peers"]["up"]'
wait_for 10 is 1 status b 'd["peers"]["up"]'
both false 10.0.1.0/24 ''

watch_end
expect_no_loss
expect 'packets in clear' "$clear" -gt 500
