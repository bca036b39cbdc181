# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# IKE_SAs by the private charon of a host, and hosts with plain strongSwan.

declare -A strongswan_pid=()

# swan HOST ARGUMENT...: swanctl with the private charon; loading all its plugins takes too long
swan() {
	[ -f /run/lab/swanctl.strongswan ] || echo 'swanctl { load = nonce }' >/run/lab/swanctl.strongswan
	on "$1" env STRONGSWAN_CONF=/run/lab/swanctl.strongswan \
		swanctl "${@:2}" --uri "unix:///run/lab/$1/charon.vici"
}

# charon_is HOST VERSION: its charon is one of these, such as 6.0
charon_is() {
	[[ $(swan "$1" --version --daemon) == *" $2."* ]]
}

# ike_sas HOST [PEER]: id of each IKE_SA, SPI of the initiator, and the ids of its children, if any
ike_sas() {
	swan "$1" --list-sas | awk -v peer="${2:+$(address "$2")}" '
		function say() {
			if (id && (!peer || from == peer))
				print id, spi children
			id = ""
		}
		/IKEv2/ { say(); id = $2; spi = $5; children = ""; gsub(/[#,]/, "", id); sub(/_i.*/, "", spi) }
		$1 == "remote" && / @ / { from = $NF; sub(/\[.*/, "", from) }
		/ INSTALLED, / { child = $2; gsub(/[#,]/, "", child); children = children " " child }
		END { say() }'
}

# ike_spis HOST...: of the initiators of their IKE_SAs
ike_spis() {
	local host
	for host; do
		ike_sas "$host"
	done | awk '{ print $2 }' | sort -u
}

# ike_sas_gone FILE HOST...: none is left of those whose SPIs stand in FILE
ike_sas_gone() {
	! ike_spis "${@:2}" | grep -Fxf "$1"
}

# has_ike_sa HOST ID; a duplicate may have ended since it was listed
has_ike_sa() {
	ike_sas "$1" | grep -q "^$2 "
}

# rekey HOST PEER: new SAs with it, as the operator of HOST asks for them
rekey() {
	ctl "$1" rekey "$(address "$2")" >/dev/null
}

# charon_rekey HOST PEER [anyhow]: all SAs between them and then the IKE_SAs, by the charon of HOST;
# anyhow: as far as they are still there when their turn comes
charon_rekey() {
	local id children child
	ike_sas "$1" "$2" | while read -r id _ children; do
		for child in $children; do
			swan "$1" --rekey --child-id "$child" >/dev/null || [ "${3:-}" = anyhow ] ||
				not has_ike_sa "$1" "$id" ||
				fail "$1: no rekeying of SA $child"
		done
		swan "$1" --rekey --ike-id "$id" >/dev/null || [ "${3:-}" = anyhow ] ||
			not has_ike_sa "$1" "$id" ||
			fail "$1: no rekeying of IKE_SA $id"
	done
}

# part HOST [PEER]: ends what is between them, so that the next packet has to negotiate
part() {
	local id
	ike_sas "$@" | while read -r id _; do
		swan "$1" --terminate --ike-id "$id" >/dev/null || must_not has_ike_sa "$1" "$id"
	done
}

# strongswan_start HOST SUBNET [SETTING]...: charon with a trap connection to all of SUBNET, its own
# policies, and SETTINGs (NAME = VALUE) of strongswan.conf besides
strongswan_start() {
	local folder=/run/lab/$1
	mkdir -p "$folder"/{x509,x509ca,private}
	cp "$PKI/instance.pem" "$folder/x509/"
	cp "$PKI/ca.pem" "$folder/x509ca/"
	cp "$PKI/instance.key" "$folder/private/"
	cat >"$folder/strongswan.conf" <<-EOF
		charon-systemd {
			load = random nonce x509 revocation constraints pubkey pkcs1 pkcs8 pem openssl kdf kernel-netlink socket-default vici
			install_routes = no
			$(printf '%s\n' "${@:3}")
			plugins {
				vici {
					socket = unix://$folder/charon.vici
				}
			}
			journal {
				default = -1
			}
			filelog {
				lab {
					path = $FOLDER/$1.log
					default = 1
					flush_line = yes
				}
			}
		}
	EOF
	{
		echo 'connections {'
		strongswan_connection fleet 'remote_addrs = %any' "fleet {
			mode = transport
			esp_proposals = aes128gcm16
			remote_ts = $2
			start_action = trap
		}"
		echo '}'
	} >"$folder/swanctl.conf"
	background "$1" env STRONGSWAN_CONF="$folder/strongswan.conf" charon-systemd \
		>"$FOLDER/$1.out" 2>&1
	strongswan_pid[$1]=$!
	wait_for 20 test -S "$folder/charon.vici"
	strongswan "$1" --load-all --file "$folder/swanctl.conf" >>"$FOLDER/$1.out" 2>&1
}

# strongswan_connection NAME LINES CHILDREN: prints it for swanctl.conf
strongswan_connection() {
	cat <<-EOF
		$1 {
			version = 2
			mobike = no
			unique = never
			proposals = ${strongswan_proposals:-aes128-sha256-modp2048}
			$2
			local {
				auth = pubkey
				certs = instance.pem
			}
			remote {
				auth = pubkey
				cacerts = ca.pem
			}
			children {
				$3
			}
		}
	EOF
}

# strongswan HOST ARGUMENT...: swanctl with its charon
strongswan() {
	on "$1" env STRONGSWAN_CONF="/run/lab/$1/strongswan.conf" \
		swanctl "${@:2}" --uri "unix:///run/lab/$1/charon.vici"
}

# strongswan_stop HOST: what it put into the kernel goes as well
strongswan_stop() {
	kill -TERM "${strongswan_pid[$1]}"
	wait "${strongswan_pid[$1]}" || true
	unset "strongswan_pid[$1]"
	rm -f "/run/lab/$1/charon.vici"
	on "$1" ip xfrm state flush
	on "$1" ip xfrm policy flush
}
