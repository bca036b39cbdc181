# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# Host a as a VM of BOSH: what the agent does with job ipsec of tools/bosh, and another job beside it.

vm_job=/var/vcap/jobs/ipsec

# vm_start: writes the release, and makes a a VM with an empty /var/vcap; its logs are kept when the
# scenario fails
vm_start() {
	mount -t tmpfs -o mode=755 tmpfs /var
	mkdir -p /var/vcap/{jobs,packages,sys/run,sys/log} "$FOLDER/log"
	mount --bind "$FOLDER/log" /var/vcap/sys/log
	rmdir /run/lab/a
	ln -s /var/vcap/sys/run/ipsec /run/lab/a
	XFRMD_BUILD=$BUILD "$LAB/../../tools/bosh" /run/lab/release
	vm_web
}

# vm_manifest [SED-SCRIPT]: addon.yml with the certificates of the lab, edited
vm_manifest() {
	sed -E "s#^( *)@(.*)@#sed 's/^/\1/' $PKI/\2#e" "$LAB/../bosh/addon.yml" |
		sed -E "s/force_udp.*/force_udp_encapsulation: false/; ${1:-}"
}

# agent_apply VERSION [SED-SCRIPT]: what the agent does with a new job and a new package
agent_apply() {
	local job_version=/var/vcap/data/jobs/ipsec/$1 package=/var/vcap/data/packages/xfrmd/$1 folder
	vm_manifest "${2:-}" >/run/lab/addon.yml
	must "$LAB/../bosh/render" /run/lab/release/jobs/ipsec /run/lab/addon.yml "$job_version"
	mkdir -p "$package"
	(cd /run/lab/release/src && BOSH_INSTALL_TARGET=$package bash ../packages/xfrmd/packaging)
	ln -sfn "$job_version" $vm_job
	ln -sfn "$package" /var/vcap/packages/xfrmd
	for folder in /var/vcap/sys/{run,log}/ipsec; do
		[ -d "$folder" ] || mkdir -m 770 "$folder"
	done
	find /var/vcap/data/{jobs/ipsec,packages/xfrmd} -mindepth 1 -maxdepth 1 ! -name "$1" -exec rm -r {} +
}

# The other job says goodbye to a peer when it is stopped.
vm_web() {
	cat >/run/lab/web <<-'EOF'
		#!/bin/bash
		pid=/var/vcap/sys/run/bpm/web/web.pid
		case $1 in
		start)
			mkdir -p "${pid%/*}"
			setsid sleep 1000 &
			echo $! >$pid
			;;
		stop)
			ping -n -q -c 1 -W 5 10.0.1.2 >/run/lab/goodbye
			kill "$(cat $pid)"
			;;
		esac
	EOF
	chmod 755 /run/lab/web
}

vm_monit_start() {
	sed "s#ipsec/xfrmd.pid#bpm/web/web.pid#; s#check process ipsec#check process web#
		s#$vm_job/bin/\(start\|stop\)#/run/lab/web \1#" $vm_job/monit >/run/lab/web.monit
	monit_start $vm_job/monit /run/lab/web.monit
}

# ends_protection job_changed|job_shutdown: whether the next stop does
ends_protection() {
	[ "$1" = job_shutdown ] || grep -qx 'stop_action = clear' $vm_job/config/xfrmd.conf
}

# agent_stop job_changed|job_shutdown: until all jobs have been stopped. The agent has both unmonitored
# first; a monit later than its 5.2.5 would not stop them then.
agent_stop() {
	if ends_protection "$1"; then
		monit unmonitor ipsec
		wait_for 60 monit_shows 'Not monitored' ipsec
	fi
	expect "answer of drain $1" "$(on a $vm_job/bin/drain "$1" hash_changed)" = 0
	rm -f /run/lab/goodbye
	monit -g vcap stop
	wait_for 60 test -s /run/lab/goodbye
	wait_for 60 monit_shows 'Not monitored' ipsec web
	expect_text 'goodbye of the other job' "$(cat /run/lab/goodbye)" ' 1 received'
	must on a $vm_job/bin/post-stop
}

agent_start() {
	must on a $vm_job/bin/pre-start
	monit -g vcap start
	wait_for 60 monit_shows OK ipsec web
}

# vm_charon_is VERSION: that of this version of the package runs
vm_charon_is() {
	expect 'charon' "$(readlink "/proc/$(charon_pid a)/exe")" = \
		"/var/vcap/data/packages/xfrmd/$1/sbin/charon-systemd"
}

# ended PID...: none of them is there
ended() {
	local pid
	for pid; do
		wait_for 10 not kill -0 "$pid"
	done
}
