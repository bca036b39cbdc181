# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# Certificates.

# host_pki HOST FOLDER: brings it what xfrmpki made there, but for the keys of CAs
host_pki() {
	mkdir -p "/run/lab/$1/pki"
	cp "$2"/{instance.pem,instance.key,ca.pem} "/run/lab/$1/pki/"
}

# xfrmpki ARGUMENT...
xfrmpki() {
	"$BUILD/src/xfrmpki/xfrmpki" "$@"
}

# pki_signed FOLDER NAME SUBJECT BEGIN END OPTION...: NAME.pem anew for the key beside it, valid from
# and to so many seconds from now
pki_signed() {
	cat >"$1/openssl.cnf" <<-EOF
		[ca]
		default_ca = fleet
		[fleet]
		database = $1/index
		new_certs_dir = $1
		rand_serial = yes
		default_md = sha256
		policy = any
		[any]
		commonName = supplied
		[authority]
		basicConstraints = critical,CA:TRUE
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
	EOF
	: >"$1/index"
	openssl req -new -key "$1/$2.key" -subj "$3" -out "$1/request"
	openssl ca -batch -notext -config "$1/openssl.cnf" -keyfile "$1/ca.key" -in "$1/request" \
		-startdate "$(date -u -d "$4 seconds" +%y%m%d%H%M%SZ)" \
		-enddate "$(date -u -d "$5 seconds" +%y%m%d%H%M%SZ)" -out "$1/$2.pem" "${@:6}" 2>"$1/log"
}

# pki_dated FOLDER BEGIN END: its instance certificate anew
pki_dated() {
	pki_signed "$1" instance /CN=instance "$2" "$3" -cert "$1/ca.pem"
}

# pki_date -startdate|-enddate FILE: as xfrmd writes it
pki_date() {
	date -u -d "$(openssl x509 -in "$2" -noout "$1" | cut -d= -f2)" +%Y-%m-%dT%H:%M:%SZ
}

# pki_expired FILE: not in the second in which it ends: charon lets that one count
pki_expired() {
	[ "$(date +%s)" -gt $(($(date -d "$(pki_date -enddate "$1")" +%s) + 1)) ]
}
