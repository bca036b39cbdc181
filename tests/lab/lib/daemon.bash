# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# xfrmd on a host, xfrmctl, and the policies and SAs of the kernel.

declare -A xfrmd_pid=()

# xfrmd_conf HOST [LINE]...: writes its configuration, with what host_pki brought if it did; the LINEs
# continue the section [ipsec], in which the subnets are those of the fleet unless a LINE names others
xfrmd_conf() {
	local pki=/run/lab/$1/pki lines
	lines=$(printf '%s\n' "${@:2}")
	[ -d "$pki" ] || pki=$PKI
	[[ $'\n'$lines == *$'\n'ipsec_subnets* ]] || lines="ipsec_subnets = $fleet_subnets"$'\n'$lines
	cat >"$FOLDER/$1.conf" <<-EOF
		[log]
		target = stderr
		[ipsec]
		instance_certificate = $pki/instance.pem
		instance_private_key = $pki/instance.key
		ca_certificates = $pki/ca.pem
		$lines
	EOF
}

# xfrmd_command HOST [OPTION]...: sets command
xfrmd_command() {
	# shellcheck disable=SC2206
	command=($WRAP "$BUILD/src/xfrmd/xfrmd" --config "$FOLDER/$1.conf" --run-dir "/run/lab/$1"
		--foreground "${@:2}")
}

ctl() {
	on "$1" "$BUILD/src/xfrmctl/xfrmctl" --run-dir "/run/lab/$1" "${@:2}"
}

# names TEXT HOST COMMAND [ARGUMENT]...: the first five lines, as an operator sees them, have TEXT
names() {
	local shown
	shown=$({ ctl "${@:2}" 2>&1 || true; } | head -n 5)
	echo "$2: xfrmctl ${*:3}:"
	# shellcheck disable=SC2001
	sed 's/^/    /' <<<"$shown"
	expect_text "first lines of xfrmctl ${*:3} on $2" "$shown" "$1"
}

# status HOST EXPRESSION: a value out of xfrmctl status; peers likewise
status() {
	{ ctl "$1" status --json || true; } | json "$2"
}

peers() {
	ctl "$1" peers --json | json "$2"
}

# peer HOST ADDRESS EXPRESSION: of what HOST knows of this peer, p
peer() {
	peers "$1" "[$3 for p in d['peers'] if p['address'] == '$2'][0]"
}

# metric HOST NAME-AND-LABELS: its value
metric() {
	ctl "$1" metrics | awk -v name="$2" '$1 == name { print $2 }'
}

# last_change HOST: how many policies were added, updated, deleted
last_change() {
	status "$1" '" ".join(str(d["last_change"][k]) for k in ("added", "updated", "deleted"))'
}

# times_up HOST: how often it has told of a peer with an SA
times_up() {
	grep -c -- '-> up: ' "$FOLDER/$1.log"
}

# documented HOST COMMAND [ARGUMENT]...: its JSON is exactly what the manual says
documented() {
	{ ctl "$@" --json || true; } >/run/lab/document
	must "$LAB/../documented.py" "$LAB/../../src/man/xfrmctl.8" "$2=/run/lab/document"
}

# policies HOST: the kernel's, without the exemptions that sockets carry
policies() {
	on "$1" ip xfrm policy list nosock
}

# thresholds HOST: the kernel's hash thresholds for IPv4, local and remote
thresholds() {
	on "$1" ip -s -s xfrm policy count | awk '/IPv4 thresholds/ { print $5, $7 }'
}

# Those that configuration and addresses make: not the ones of known hosts, which come with SAs, and
# without the reserved SPI by which those of subnets wait while there is a manager.
planned_policies() {
	on "$1" ip -o xfrm policy list nosock | grep -v 'priority 30020' |
		sed 's/ spi 0x000000[0-9a-f]*//' | sort
}

# has_policy HOST OUT-OR-IN SOURCE DESTINATION
has_policy() {
	on "$1" ip xfrm policy get dir "$2" src "$3" dst "$4" >/dev/null
}

# has_sa HOST ADDRESS: one with this address on either end
has_sa() {
	on "$1" ip xfrm state | grep -E "(src|dst) $2( |\$)" >/dev/null
}

# has_sas HOST NUMBER
has_sas() {
	is "$2" on "$1" sh -c 'ip xfrm state | grep -c ^src'
}

charon_pid() {
	status "$1" 'd["charon"]["pid"]'
}

# lockdown HOST: what its boot does before anything else
lockdown() {
	local command
	xfrmd_command "$1" --lockdown
	on "$1" "${command[@]}" >>"$FOLDER/$1.log" 2>&1
}

ready_or_ended() {
	is "${xfrmd_pid[$1]}" cat "/run/lab/$1/xfrmd.pid" || not kill -0 "${xfrmd_pid[$1]}"
}

# xfrmd_start HOST...: one after the other
xfrmd_start() {
	local host command
	for host; do
		xfrmd_command "$host"
		background "$host" "${command[@]}" >>"$FOLDER/$host.log" 2>&1
		xfrmd_pid[$host]=$!
		wait_for 60 ready_or_ended "$host"
		kill -0 "${xfrmd_pid[$host]}" 2>/dev/null || fail "xfrmd on $host ended at its start"
	done
}

# xfrmd_stop HOST: ends the manager; policies, SAs and charon stay
xfrmd_stop() {
	kill -TERM "${xfrmd_pid[$1]}"
	xfrmd_ended "$1"
}

# xfrmd_kill HOST: SIGKILL
xfrmd_kill() {
	kill -KILL "${xfrmd_pid[$1]}"
	wait "${xfrmd_pid[$1]}" || true
	unset "xfrmd_pid[$1]"
}

# xfrmd_ended HOST: waits for the end that something else caused
xfrmd_ended() {
	local status=0
	wait "${xfrmd_pid[$1]}" || status=$?
	unset "xfrmd_pid[$1]"
	expect "exit status of xfrmd on $1" $status = 0
}

# What a scenario leaves running must end cleanly, also under a sanitizer or valgrind.
lab_end() {
	local host
	for host in "${!xfrmd_pid[@]}"; do
		xfrmd_stop "$host"
	done
	machine_logs
	! grep -E 'Sanitizer|runtime error:|ERROR SUMMARY: [1-9]|^==[0-9]+== .*(Invalid|uninit|lost:)' \
		"$FOLDER"/*.log || fail 'a checker found errors'
	# after an arithmetic expression that is none bash leaves the command out and goes on
	! grep -qF '(error token is "' "$FOLDER/output" || fail 'something was not computed'
}
