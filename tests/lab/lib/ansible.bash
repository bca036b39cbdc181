# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# Hosts with files of their own and an sshd, and the host ops, from which Ansible manages them.

# managed HOST...: they become such hosts
managed() {
	local host
	machines "$@"
	mkdir -p /run/lab/ssh /run/sshd
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
		# a locked account has no way in at all
		within "$host" usermod --password '*' root
		within "$host" /usr/sbin/sshd -E "/run/lab/$host/sshd" -f /run/lab/ssh/sshd_config
	done
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
