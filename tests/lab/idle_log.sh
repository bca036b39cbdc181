# SPDX-License-Identifier: MIT
# Two hosts with an SA and nothing to say to each other: liveness checks and rekeyings every few
# seconds write no line at level info.
fleet_up 10.0.1.0/24 a b <<-EOF
	[charon]
	dpd_delay = 5s
	rekey_time = 5s
	ike_rekey_time = 7s
EOF
for name in a b; do
	wait_for 5 grep -q ' -> up: ' "$FOLDER/$name.log"
done

# The newest outbound SA of a.
spi() {
	peers a 'd["peers"][0]["sas"][-1]["spi_out"]'
}

before=$(cat "$FOLDER"/{a,b}.log) first=$(spi)
sleep 9
expect 'lines of an idle time' "$(cat "$FOLDER"/{a,b}.log)" = "$before"
expect 'SA' "$(spi)" != "$first"
