# SPDX-License-Identifier: MIT
# Certificates that openssl and strongSwan's pki made work in xfrmd; those that xfrmpki made work in
# plain strongSwan. Each lot has a CA of its own and replaces the one before by a reload.
fleet --pki "$PKI" 10.0.1.0/24 a b -- rsa3072 ec256 ed25519

# made_by_openssl FOLDER GENPKEY-OPTION...
made_by_openssl() {
	local folder=$1
	shift
	mkdir "$folder"
	(
		umask 077
		openssl genpkey -quiet "$@" -out "$folder/ca.key"
		openssl genpkey -quiet "$@" -out "$folder/instance.key"
	)
	openssl req -x509 -key "$folder/ca.key" -subj "/O=Plant 7/CN=CA of $folder" -days 30 \
		-out "$folder/ca.pem"
	openssl req -new -key "$folder/instance.key" -subj '/O=Plant 7/CN=host' |
		openssl x509 -req -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -days 20 \
			-out "$folder/instance.pem" 2>/dev/null
}

# made_by_pki FOLDER TYPE: with the key files that pki writes
made_by_pki() {
	local folder=$1 dn='C=CH, O=Plant 7, CN'
	mkdir "$folder"
	(
		umask 077
		pki --gen --type "$2" --outform pem >"$folder/ca.key"
		pki --gen --type "$2" --outform pem >"$folder/instance.key"
		pki --self --ca --type "$2" --in "$folder/ca.key" --dn "$dn=CA of $folder" \
			--outform pem >"$folder/ca.pem"
		pki --pub --in "$folder/instance.key" |
			pki --issue --cacert "$folder/ca.pem" --cakey "$folder/ca.key" \
				--dn "$dn=host" --outform pem >"$folder/instance.pem"
	) 2>>"$FOLDER/pki.err"
}

# made_by_xfrmpki FOLDER TYPE
made_by_xfrmpki() {
	mkdir "$1"
	must xfrmpki init --dir "$1" --cn "CA of $1" --key "$2"
	must xfrmpki issue --dir "$1" --cn host --key "$2"
}

# try A B: without an SA to begin with, then traffic both ways
try() {
	part "$1" "$2"
	wait_for 30 pings "$1" "$2"
	must has_sa "$1" "$(address "$2")"
	flood_start "$1" "$2"
	tcp "$1" "$2"
	tcp "$2" "$1"
	flood_stop
	expect_no_loss "$1 and $2"
	all_sent=$((all_sent + sent))
}

made_by_openssl openssl-rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
made_by_openssl openssl-ec -algorithm EC -pkeyopt ec_paramgen_curve:P-384
made_by_openssl openssl-ed25519 -algorithm ED25519
made_by_pki pki-rsa rsa
made_by_pki pki-ec ecdsa
made_by_pki pki-ed25519 ed25519
for type in rsa3072 ec256 ed25519; do
	made_by_xfrmpki xfrmpki-$type $type >/dev/null
done

capture a
xfrmd_start a b
all_sent=0
for lot in openssl-rsa openssl-ec openssl-ed25519 pki-rsa pki-ec pki-ed25519; do
	for name in a b; do
		host_pki $name $lot
		must ctl $name reload >/dev/null
	done
	try a b
	echo "$lot: both ends are xfrmd"
done
for type in rsa3072 ec256 ed25519; do
	PKI=$PWD/xfrmpki-$type strongswan_start $type 10.0.1.0/24
	host_pki a xfrmpki-$type
	must ctl a reload >/dev/null
	try a $type
	part a $type
	wait_for 30 pings $type a
	echo "xfrmpki-$type: the other end is strongSwan"
done
capture_stop a
expect_no_clear a
echo "sent $all_sent, lost 0, clear 0"
