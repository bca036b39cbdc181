# SPDX-License-Identifier: MIT
# The echoes by which idle peers are asked for a sign of life, of both ends and more often than usual, do not
# keep up what idle_timeout closes; a ping now and then does.
fleet_up 10.0.1.0/24 a b c <<-EOF
	[charon]
	dpd_delay = 5
	idle_timeout = 12
EOF
wait_for 20 pings a c
background a ping -q -i 3 "$(address c)" >/dev/null
wait_for 25 not has_sa a "$(address b)"
wait_for 5 not has_sa b "$(address a)"
# whoever is first to ask spares the other his question
expect 'echoes' "$(($(metric a xfrmd_liveness_echoes_total) + $(metric b xfrmd_liveness_echoes_total)))" -ge 1
expect_text 'log of a' "$(grep 10.0.1.2 "$FOLDER/a.log")" '10.0.1.2: up -> idle: unused'
must has_sa a "$(address c)"
must_not grep -q '10.0.1.3: up -> ' "$FOLDER/a.log"
