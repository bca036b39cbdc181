# SPDX-License-Identifier: MIT
# A charon that runs and does not answer is killed and replaced.
lab_switch
host a 10.0.1.1/24
xfrmd_conf a <<-EOF
	ipsec_subnets = 10.0.1.0/24
EOF
xfrmd_start a
pid=$(charon_pid a)
kill -STOP "$pid"
wait_for 40 is 1 status a 'd["charon"]["restarts"]'
wait_for 20 is true status a 'd["healthy"]'
must_not kill -0 "$pid"
must grep -q 'does not answer' "$FOLDER/a.log"
