# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# PROCEDURES of xfrmd(8), typed as they stand there. The folder of the scenario is home, where pki is;
# what is brought to the hosts lies in brought, which all of them see.

# fleet_at_home SUBNETS [LINE]...: writes its configuration, and brings the certificates with it
fleet_at_home() {
	mkdir brought
	cp -r "$PKI" pki
	bring
	{
		printf '%s\n' '[log]' 'target = file:/var/log/xfrmd.log' '[ipsec]' "ipsec_subnets = $1" \
			'no_ipsec_subnets = 10.0.15.254' 'instance_certificate = /etc/xfrmd/instance.pem' \
			'instance_private_key = /etc/xfrmd/instance.key' 'ca_certificates = /etc/xfrmd/ca.pem'
		printf '%s\n' "${@:2}"
	} >brought/xfrmd.conf
}

bring() {
	cp pki/{ca.pem,instance.pem,instance.key} brought/
}

# procedure TITLE [NUMBER]: its commands
procedure() {
	"$LAB/../procedure" "$@"
}

# typed HOSTS TITLE [NUMBER]: on one after the other
typed() {
	local host commands
	commands=$(procedure "${@:2}")
	for host in $1; do
		echo "$host: $2, ${3:-1}"
		within "$host" env PATH="$LAB/stand-in:$PATH" BUILD="$BUILD" \
			bash -ec "cd /run/lab/brought; $commands"
	done
}

# typed_at_home COMMANDS: what comes of it is brought to the hosts
typed_at_home() {
	PATH="$BUILD/src/xfrmpki:$PATH" bash -ec "$1"
	bring
}

# meet HOST...: each sends to each
meet() {
	local from to
	for from; do
		for to; do
			[ "$from" = "$to" ] || wait_for 20 pings "$from" "$to"
		done
	done
}

# require_all HOST...: after they became optional, when nobody is left
require_all() {
	local host
	meet "$@"
	for host; do
		wait_for 30 typed "$host" 'Install on a running fleet' 2
	done
	typed "$*" 'Install on a running fleet' 3
}
