# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# Hosts with files of their own and an sshd, and the host ops, from which Ansible manages them.

declare -A machine_pid=()

# machines HOST...: they become such hosts
machines() {
	local host
	mkdir -p /run/lab/ssh /run/sshd /run/xfrmd
	ssh-keygen -q -t ed25519 -N '' -f /run/lab/ssh/host
	ssh-keygen -q -t ed25519 -N '' -f /run/lab/ssh/ops
	cat >/run/lab/ssh/sshd_config <<-EOF
		HostKey /run/lab/ssh/host
		AuthorizedKeysFile /run/lab/ssh/ops.pub
		StrictModes no
		UsePAM no
		PermitRootLogin yes
		PidFile none
		Subsystem sftp internal-sftp
	EOF
	for host; do
		background "$host" "$LAB/machine" "$host" 2>"$FOLDER/$host.sshd"
		machine_pid[$host]=$!
	done
	for host; do
		wait_for 60 listens "$host" 22
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
		ln -s /etc/xfrmd "$1$(built_prefix)/etc/"
	}
}

# inventory HOST... <LINES: they are the group xfrmd, with LINES as its variables
inventory() {
	local host
	{
		printf 'xfrmd:\n  vars:\n'
		sed 's/^/    /'
		printf '  hosts:\n'
		for host; do
			printf '    %s: {ansible_host: %s}\n' "$host" "$(address "$host")"
		done
	} >/run/lab/inventory.yml
}

# playbook NAME [OPTION]...: has ops play it, or the host CONTROLLER; what is printed is in
# /run/lab/played, too
playbook() {
	on "${CONTROLLER:-ops}" env HOME=/run/lab LC_ALL=C.UTF-8 ANSIBLE_NOCOLOR=1 ANSIBLE_PIPELINING=1 \
		ANSIBLE_REMOTE_TMP=/var/tmp ANSIBLE_HOST_KEY_CHECKING=0 ANSIBLE_REMOTE_USER=root \
		ANSIBLE_PRIVATE_KEY_FILE=/run/lab/ssh/ops \
		ANSIBLE_SSH_COMMON_ARGS='-F none -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR' \
		ansible-playbook --inventory /run/lab/inventory.yml "${@:2}" \
		"$LAB/../../tools/ansible/$1.yml" 2>&1 | tee /run/lab/played
}
