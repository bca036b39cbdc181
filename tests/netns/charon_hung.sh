# SPDX-License-Identifier: MIT
# A charon that runs and does not answer is killed and replaced.
fleet_up 10.0.1.0/24 a
pid=$(charon_pid a)
kill -STOP "$pid"
wait_for 40 is 1 status a 'd["charon"]["restarts"]'
wait_for 20 is true status a 'd["healthy"]'
must_not kill -0 "$pid"
must grep -q 'does not answer' "$FOLDER/a.log"
