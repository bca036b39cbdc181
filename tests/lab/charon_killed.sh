# SPDX-License-Identifier: MIT
# SIGKILL of charon: it comes back, policies stay, flows go on, a new peer is reached.
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
pid=$(charon_pid a)
flood_start a b

kill -KILL "$pid"
wait_for 10 not is "$pid" charon_pid a
wait_for 20 is true status a 'd["charon"]["running"] and d["healthy"]'
expect 'restarts' "$(status a 'd["charon"]["restarts"]')" = 1
wait_for 20 pings a c
wait_for 20 is 2 status a 'd["peers"]["up"]'
tcp a b
expect 'policies' "$(planned_policies a)" = "$before"

flood_stop
# a few in the moment between two pins, since xfrm_larval_drop is true here
expect 'packets lost' "$lost" -le $((sent / 100))
capture_stop a
expect_no_clear a
