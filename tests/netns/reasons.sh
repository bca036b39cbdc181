# SPDX-License-Identifier: MIT
# Two hosts that cannot agree: both say why, as exactly as each of them can know it, in the list of
# peers and in the log. Authentication comes before the SA, so the kernel needs no ESP.
fleet 10.0.1.0/24 -- a b plain
# charon would print dates by the time of this place
mount --bind /usr/share/zoneinfo/Asia/Kolkata /etc/localtime

# made FOLDER CA
made() {
	mkdir "$1"
	must xfrmpki init --dir "$1" --cn "$2" --key ec256 >/dev/null
	must xfrmpki issue --dir "$1" --cn instance --key ec256 >/dev/null
}

# use FOLDER HOST [LINE]...: its certificates, and what else its configuration has
use() {
	host_pki "$2" "$1"
	xfrmd_conf "${@:2}"
	[ -z "${xfrmd_pid[$2]:-}" ] || must ctl "$2" reload >/dev/null
}

# begins HOST PEER REASON: what it says of a negotiation that it began
begins() {
	must_not pings "$1" "$2" 2>/dev/null
	ctl "$1" retry "$(address "$2")" >/dev/null 2>&1 || true
	wait_for 5 is "$3" peer "$1" "$(address "$2")" 'p["last_error"]'
	wait_for 5 grep -qF "peer: $(address "$2"): negotiating -> failed: $3 local=" "$FOLDER/$1.log"
	echo "$1: $3"
}

# answers HOST PEER REASON: what it says of that one
answers() {
	wait_for 5 is "$3" peer "$1" "$(address "$2")" 'p["last_error"]'
	wait_for 5 grep -qF "peer: $(address "$2"): a negotiation that it began failed: $3 local=" \
		"$FOLDER/$1.log"
	echo "$1: $3"
}

foreign="the peer's certificate was not issued by any of our CAs"
refused='the peer refused our certificate'
made one 'CA one'
made two 'CA two'
made other 'CA two'
use one a
use two b
xfrmd_start a b
# Without ESP in this kernel one that answers makes no SA; a 6.0 then does not even show its certificate,
# and who began must not find fault with that.
shows=yes no_sa='the peer accepts none of our esp_proposals'
! charon_is a 6.0 || kernel_has_esp || shows=''
begins a b "$refused: it does not have our CA \"CN=CA one\""
answers b a "$foreign: \"CN=instance\" is issued by \"CN=CA one\", ours: \"CN=CA two\""

# The one that answers accepts the certificate, the other one does not.
cat one/ca.pem >>two/ca.pem
use two b
if [ "$shows" ]; then
	begins a b "$foreign: \"CN=instance\" is issued by \"CN=CA two\", ours: \"CN=CA one\""
	answers b a "$refused: it does not have our CA \"CN=CA two\""
else
	begins a b "$no_sa"
	answers b a 'the kernel refused the IPsec SA'
fi

use other a
begins a b "$refused: it does not have our CA \"CN=CA two\""
answers b a "$foreign: \"CN=instance\" is issued by another \"CN=CA two\" than ours"

# with a new key: b still knows the certificate of the old one
must xfrmpki issue --dir one --cn instance --key ec256 --force >/dev/null
pki_dated one -3600 3
end=$(pki_date -enddate one/instance.pem)
use one a
wait_for 10 pki_expired one/instance.pem
begins a b "$refused: it expired on $end"
answers b a "the peer's certificate has expired: \"CN=instance\" ended on $end, or our clock is wrong"
ctl b doctor >found || true
must grep -q "^serious: peer: the peer's certificate has expired: .*1 peer fails" found

# A host that xfrmd would not let begin with such a certificate.
cp -r one late
pki_dated late 3600 7200
must xfrmpki issue --dir one --cn instance --key ec256 --force >/dev/null
use one b
PKI=$PWD/late strongswan_start plain 10.0.1.0/24
late="the peer's certificate is not yet valid: \"CN=instance\" begins on $(
	pki_date -startdate late/instance.pem), or our clock is wrong"
[ "$shows" ] || late=$no_sa
begins b plain "$late"

use one a 'ike_proposals = aes256-sha384-modp3072'
begins a b 'the peer accepts none of our ike_proposals, or is starting or shutting down'
answers b a "we accept none of the peer's IKE proposals: it offers $(
	)IKE:AES_CBC_256/HMAC_SHA2_384_192/PRF_HMAC_SHA2_384/MODP_3072"
