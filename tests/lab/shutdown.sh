# SPDX-License-Identifier: MIT
# xfrmctl shutdown ends the protection: with stop_action = block nothing passes, with clear all does.
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
		stop_action = $([ $name = a ] && echo block || echo clear)
	EOF
done
capture a
xfrmd_start a
xfrmd_start b
wait_for 20 pings a b
before=$(planned_policies a)
pid=$(charon_pid a)

ctl a shutdown
xfrmd_ended a
wait_for 5 not kill -0 "$pid"
expect 'SAs of a' "$(on a ip xfrm state | grep -c 'proto esp spi 0xc' || true)" = 0
wait_for 5 not has_sa b 10.0.1.1
expect 'policies of a' "$(planned_policies a)" = "$before"
must_not pings a b

ctl b shutdown
xfrmd_ended b
expect 'policies of b' "$(policies b)" = ''
must_not pings a b
capture_stop a
expect_no_clear a 'src host 10.0.1.1'

on a ip xfrm policy flush
on a ip xfrm state flush
on b ip xfrm state flush
wait_for 5 pings a b
