# SPDX-License-Identifier: MIT
# A reload with one subnet more, then one less, under traffic: only what the change needs is written.
lab_switch
host a 10.0.1.1/16
host b 10.0.1.2/16
host c 10.0.2.1/16
conf_a() {
	xfrmd_conf a <<-EOF
		ipsec_subnets = $1
		protect_forwarded = false
	EOF
}
conf_a 10.0.1.0/24
for name in b c; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
	EOF
done
capture a
xfrmd_start a
xfrmd_start b
wait_for 20 pings a b
wait_for 5 pings a c
flood_start a b

conf_a 10.0.1.0/24,10.0.2.0/24
ctl a reload
expect 'writes' "$(status a '" ".join(str(d["last_change"][k]) for k in ("added", "updated", "deleted"))')" = '2 0 0'
# c does not take part yet: nothing passes, and a sends nothing in clear
capture c
must_not pings a c
capture_stop c
expect_no_clear c 'src host 10.0.1.1'
xfrmd_start c
wait_for 20 pings a c
must has_sa a 10.0.2.1

conf_a 10.0.1.0/24
kill -HUP "${xfrmd_pid[a]}"
wait_for 5 not has_policy a out 10.0.1.1/32 10.0.2.0/24
wait_for 5 not has_sa a 10.0.2.1
wait_for 5 not has_sa c 10.0.1.1
# out and in of the subnet, and the standing policy of c
expect 'writes' "$(status a 'd["last_change"]["deleted"]')" = 3
must has_sa a 10.0.1.2

flood_stop
expect 'packets lost' "$lost" = 0
capture_stop a
expect_no_clear a 'host 10.0.1.2'
