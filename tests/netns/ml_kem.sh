# SPDX-License-Identifier: MIT
# Algorithms that only some charons have: one that charon lists is used, one that it lacks is refused
# at a start as by a reload, because a negotiation with it would end without a word.
hybrid=aes256gcm16-prfsha384-x25519-ke1_mlkem768
fleet 10.0.1.0/24 a b

# The kernel need have no ESP: that it lacks it is found out behind the key exchange.
agreed() {
	local found
	found=$(peer a 10.0.1.2 'p["state"] + ": " + str(p["last_error"])')
	[[ $found == up:* || $found == *' esp_proposals'* || $found == *'kernel refused'* ]]
}

xfrmd_start a b
xfrmd_conf a "ike_proposals = $hybrid" 'prestart_timeout = 2'
xfrmd_conf b "ike_proposals = $hybrid"
if swan a --list-algs | grep -q ML_KEM_768; then
	must ctl a reload
	must ctl b reload
	pings a b 2>/dev/null || true
	wait_for 20 agreed
else
	lacks="this charon cannot do ke1_mlkem768, found \"$hybrid\", expected strongSwan "
	must_not ctl a reload 2>said
	expect_text reload "$(cat said)" "[ipsec] ike_proposals: $lacks"
	expect_text reload "$(cat said)" 'nothing was changed'
	must ctl a shutdown
	xfrmd_ended a
	xfrmd_command a
	must_not on a "${command[@]}" >>"$FOLDER/a.log" 2>&1
	must grep -qF "(prestart_timeout): ike_proposals: $lacks" "$FOLDER/a.log"
fi
