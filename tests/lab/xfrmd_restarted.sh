# SPDX-License-Identifier: MIT
# SIGTERM and SIGKILL of xfrmd: policies, SAs and charon stay, traffic goes on, a successor adopts all.
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
host c 10.0.1.3/24
for name in a b c; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
	EOF
done
capture a
for name in a b c; do
	xfrmd_start $name
done
wait_for 20 pings a b
before=$(planned_policies a)
states=$(on a ip xfrm state | grep -c ^src)
pid=$(charon_pid a)
flood_start a b

for end in xfrmd_stop xfrmd_kill; do
	$end a
	tcp a b
	expect "policies after $end" "$(planned_policies a)" = "$before"
	expect "SAs after $end" "$(on a ip xfrm state | grep -c ^src)" = "$states"
	xfrmd_start a
	expect "charon after $end and a new start" "$(charon_pid a)" = "$pid"
	expect "policies after $end and a new start" "$(planned_policies a)" = "$before"
	expect 'peers up' "$(status a 'd["peers"]["up"]')" = 1
done
wait_for 20 pings a c

flood_stop
expect 'packets lost' "$lost" = 0
capture_stop a
expect_no_clear a
