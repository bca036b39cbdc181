# SPDX-License-Identifier: MIT
# Every kind of broken configuration: refused with its reason at reload and by check; nothing changes.
fleet_up 10.0.1.0/24 a
policies a >before
cp "$FOLDER/a.conf" good.conf

# --- certificates of every wrong kind

certificate() { # NAME SUBJECT OPTION...: a key and what signs itself
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
		-out "$1.pem" -subj "/CN=$2" "${@:3}" 2>/dev/null
}

cp -r "$PKI" own
signed() { # NAME BEGIN END: by the lab's own CA, valid from and to so many seconds from now
	openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "own/$1.key"
	pki_signed own "$1" /CN=instance "$2" "$3" -cert own/ca.pem
	mv "own/$1".{key,pem} .
}

certificate foreign instance
certificate not_a_ca 'no CA' -addext basicConstraints=critical,CA:FALSE
signed valid -60 $((30 * 86400))
signed expired -7200 -3600
signed future 3600 7200
openssl ec -in valid.key -aes128 -passout pass:secret -out encrypted.key 2>/dev/null
cp valid.key readable.key
chmod 600 ./*.key
chmod 644 readable.key
echo rubbish >rubbish.pem

# --- the cases

# with SCRIPT: the good configuration, changed by sed
with() {
	sed -E "$1" good.conf >"$FOLDER/a.conf"
}

add() {
	{ cat good.conf; printf '%s\n' "$@"; } >"$FOLDER/a.conf"
}

credentials() { # CERTIFICATE KEY [CA]
	with "s#^(instance_certificate =).*#\1 $PWD/$1#; s#^(instance_private_key =).*#\1 $PWD/$2#
		${3:+s#^(ca_certificates =).*#\1 $PWD/$3#}"
}

# refused TEXT...: what was prepared is refused with each of these texts, and nothing changes
refused() {
	local how said status text
	for how in "check $FOLDER/a.conf" reload; do
		status=0
		# shellcheck disable=SC2086
		said=$(ctl a $how 2>&1) || status=$?
		expect "exit status of $how ($*)" "$status: $said" = "1: $said"
		for text; do
			expect_text "$how" "${said,,}" "${text,,}"
		done
	done
	policies a | cmp - before || fail "policies changed by a refused reload: $*"
	kill -0 "${xfrmd_pid[a]}" || fail "xfrmd ended by a refused reload: $*"
}

add '[nonsense]' 'x = 1'
refused 'nonsense' 'unknown section'
add 'ipsec_subnet = 10.0.0.0/8'
refused '[ipsec] ipsec_subnet:' 'unknown key'
add 'ipsec_subnets = 10.2.0.0/16'
refused '[ipsec] ipsec_subnets:'
add 'no_ipsec_subnets = 10.0.1.0/24'
refused '10.0.1.0/24' 'no_ipsec_subnets'
for cidr in 10.0.1.0/33 10.0.1/24 300.0.0.0/8 fd00::/129 10.0.1.0/; do
	with "s#^ipsec_subnets.*#ipsec_subnets = $cidr#"
	refused '[ipsec] ipsec_subnets:' "$cidr"
done
with '/^ipsec_subnets/d'
refused ipsec_subnets
add 'prestart_timeout = -1'
refused '[ipsec] prestart_timeout:' -1
add 'optional = perhaps'
refused '[ipsec] optional:' perhaps
add 'stop_action = open'
refused '[ipsec] stop_action:' open
add 'ipsec_subnets_file = /nowhere/at/all'
refused '/nowhere/at/all'
touch no_program
mkdir -m 755 folder
for path in /nowhere "$PWD/no_program" "$PWD/folder"; do
	add '[charon]' "binary = $path"
	refused "a.conf: [charon] binary: cannot be executed" "found \"$path\", expected the charon to start"
done
must_not "$BUILD/src/xfrmd/xfrmd" --check --config "$FOLDER/a.conf"
add 'psk = secret'
refused '[ipsec] psk:'
add 'this is no line of an INI file'
refused 'a.conf'
: >"$FOLDER/a.conf"
refused instance_certificate
rm "$FOLDER/a.conf"
refused 'a.conf'

credentials absent.pem valid.key
refused 'absent.pem'
credentials rubbish.pem valid.key
refused 'rubbish.pem'
credentials foreign.pem foreign.key
refused 'foreign.pem'
credentials valid.pem foreign.key
refused 'foreign.key'
credentials expired.pem expired.key
refused 'expired.pem' 'expired'
credentials future.pem future.key
refused 'future.pem' 'not yet valid'
credentials valid.pem valid.key not_a_ca.pem
refused 'not_a_ca.pem' CA
credentials valid.pem encrypted.key
refused 'encrypted.key'
credentials valid.pem readable.key
refused 'readable.key'

# what others can change, or put something else in the place of: each with the command that helps
mkdir -m 777 open
mkdir trusted
cp valid.pem valid.key "$PKI/ca.pem" open
cp "$PKI/ca.pem" trusted
credentials valid.pem valid.key
chmod 666 "$FOLDER/a.conf"
refused "$FOLDER/a.conf: writable by group or others (mode 0666), expected 0644: chmod go-w $FOLDER/a.conf"
chmod 644 "$FOLDER/a.conf"
chown 65534 "$FOLDER/a.conf"
refused "$FOLDER/a.conf: owned by uid 65534, expected root: chown root $FOLDER/a.conf"
chown root "$FOLDER/a.conf"
credentials valid.pem open/valid.key
refused "[ipsec] instance_private_key: $PWD/open: writable by group or others (mode 0777), expected 0755: chmod go-w"
credentials open/valid.pem valid.key
refused "[ipsec] instance_certificate: $PWD/open: writable"
ln -s open/valid.key linked.key
credentials valid.pem linked.key
refused "[ipsec] instance_private_key: $PWD/open: writable"
credentials valid.pem valid.key open
refused "[ipsec] ca_certificates: $PWD/open: writable"
credentials valid.pem valid.key trusted
chmod 1777 trusted
refused "[ipsec] ca_certificates: $PWD/trusted: writable by group or others (mode 1777)"
chmod 755 trusted
chmod 666 trusted/ca.pem
refused "[ipsec] ca_certificates: $PWD/trusted/ca.pem: writable" "chmod go-w $PWD/trusted/ca.pem"
chown 65534 trusted/ca.pem
refused "$PWD/trusted/ca.pem: owned by uid 65534" "$PWD/trusted/ca.pem: writable"
echo 10.0.1.0/24 >subnets
chmod 666 subnets
add "ipsec_subnets_file = $PWD/subnets"
refused "[ipsec] ipsec_subnets_file: $PWD/subnets: writable by group or others"
cp /bin/true charon
chmod 775 charon
add '[charon]' "binary = $PWD/charon"
refused "[charon] binary: $PWD/charon: writable by group or others (mode 0775)"

# all problems in one run
with 's#^ipsec_subnets.*#ipsec_subnets = 10.0.0.0/40#; s#^(instance_certificate =).*#\1 /nowhere.pem#
	$a stop_timeout = long'
refused '10.0.0.0/40' '/nowhere.pem' stop_timeout

# and a good one goes in afterwards, with another certificate
credentials valid.pem valid.key
ctl a reload
expect 'last reload' "$(status a 'd["last_reload"]["ok"]')" = true
expect 'certificate' "$(status a 'd["certificates"][0]["file"]')" = "$PWD/valid.pem"
policies a | cmp - before
