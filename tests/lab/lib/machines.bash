# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# Hosts with files of their own, on which commands are typed as on any machine.

declare -A machine_pid=()

# machines HOST...: they become such hosts
machines() {
	local host
	mkdir -p /run/xfrmd
	for host; do
		background "$host" "$LAB/machine" "$host" sleep infinity
		machine_pid[$host]=$!
		wait_for 20 is sleep cat "/proc/${machine_pid[$host]}/comm"
	done
}

# own_files HOST FOLDER: what is written there from now on in this mount namespace is HOST's alone
own_files() {
	local files=/run/lab/$1.files
	mkdir -p "$files/new$2" "$files/work$2"
	mount -t overlay overlay "$2" -o "lowerdir=$2,upperdir=$files/new$2,workdir=$files/work$2"
}

# within HOST COMMAND...: with its files
within() {
	nsenter --target "${machine_pid[$1]}" --mount --net "${@:2}"
}

# built_prefix: that for which the programs were built
built_prefix() {
	sed -n 's#^ExecStart=\(.*\)/sbin/xfrmd .*#\1#p' "$BUILD/systemd/xfrmd.service"
}

# programs FOLDER: puts them below FOLDER where the package has them, and lets them find /etc/xfrmd
programs() {
	install -D -t "$1/usr/sbin" "$BUILD"/src/{xfrmd/xfrmd,xfrmctl/xfrmctl}
	[ "$(built_prefix)" = /usr ] || {
		mkdir -p "$1$(built_prefix)/etc"
		ln -sfn /etc/xfrmd "$1$(built_prefix)/etc/xfrmd"
	}
}

# machine_logs: brings those that are in /var/log to where the logs of other hosts are
machine_logs() {
	local host file
	for host in "${!machine_pid[@]}"; do
		file=/run/lab/$host.files/new/var/log/xfrmd.log
		[ ! -f "$file" ] || cp "$file" "$FOLDER/$host.log"
	done
}
