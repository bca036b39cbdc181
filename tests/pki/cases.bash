# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The table of inputs. A case begins with good files (cert.pem, key.pem, ca.pem), spoils them, and
# ends with the verdict and every sentence that has to be printed. What openssl and pki say is
# compared; `both=WORD`, `openssl=WORD`, `pki=WORD`: they say otherwise, because of
#   key         they judge no keys
#   file        they take any form, or skip what they do not understand
#   unused      they look only at the certificates that they need
#   strict      they want more than is needed for IKE
#   lax         they do not look at this
# `-`: they cannot be asked.

ca_extensions='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always'
leaf_extensions='basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid'

self_signed ca '/CN=test CA' "$ca_extensions"
self_signed other '/CN=other CA' "$ca_extensions"
self_signed same '/CN=test CA' "$ca_extensions"
signed leaf ca /CN=instance "$leaf_extensions"
signed middle ca '/CN=middle CA' "$ca_extensions"
signed below middle /CN=instance "$leaf_extensions"
key rsa RSA -pkeyopt rsa_keygen_bits:2048
expired=(20200101000000Z 20210101000000Z)
future=(21200101000000Z 21210101000000Z)
PEM='in PEM form'

# --- as they should be

begin plain
good

begin crlf
sed -i 's/$/\r/' cert.pem key.pem ca.pem
good

begin white_space_of_pasted_yaml
sed -i 's/^/      /' cert.pem key.pem ca.pem
good openssl=file pki=file

begin path_that_is_not_utf8
mv ca.pem $'b\xfcro.pem'
cas=($'b\xfcro.pem')
good

begin white_space_at_the_end
sed -i 's/$/ \t/' cert.pem key.pem ca.pem
good

begin byte_order_mark
sed -i '1s/^/\xef\xbb\xbf/' cert.pem key.pem ca.pem
good pki=file

begin no_newline_at_the_end
for file in cert.pem key.pem ca.pem; do
	truncate -s -1 $file
done
good

begin text_before_the_certificate
quietly openssl x509 -in ca.pem -text -out text.pem
mv text.pem ca.pem
good

begin comments
sed -i '1i # ours\n' cert.pem key.pem ca.pem
good

begin traditional_rsa_key
cp "$made/rsa.key" cert.key
signed cert "$made/ca" /CN=instance "$leaf_extensions"
quietly openssl rsa -in cert.key -traditional -out key.pem
chmod 600 key.pem
good

begin traditional_ec_key_with_parameters
quietly openssl ecparam -name prime256v1 -genkey -out key.pem
cp key.pem cert.key
signed cert "$made/ca" /CN=instance "$leaf_extensions"
chmod 600 key.pem
good

begin compressed_ec_point
quietly openssl ec -in "$made/leaf.key" -conv_form compressed -out key.pem
good

begin chain_with_intermediate
cat "$made/below.pem" "$made/middle.pem" >cert.pem
cp "$made/below.key" key.pem
good

begin chain_with_intermediate_and_root
cat "$made/below.pem" "$made/middle.pem" ca.pem >cert.pem
cp "$made/below.key" key.pem
good

begin intermediate_among_the_cas
cp "$made/below.pem" cert.pem
cp "$made/below.key" key.pem
cat "$made/middle.pem" >>ca.pem
good

begin two_cas_of_the_same_subject
cat "$made/same.pem" ca.pem >cas.pem
mv cas.pem ca.pem
good

begin two_cas_of_the_same_subject_in_two_files
cp "$made/same.pem" new.pem
cas=(new.pem ca.pem)
good

begin duplicate_ca
cp ca.pem again.pem
cat ca.pem ca.pem >>again.pem
cas=(again.pem ca.pem)
good

begin file_with_several_cas
cat "$made/other.pem" "$made/ca.pem" "$made/same.pem" >ca.pem
good

begin directory_of_cas
mkdir cas
mv ca.pem cas/b.crt
cp "$made/other.pem" cas/a.pem
echo notes >cas/README
cas=(cas)
good

begin symlinks
for file in cert ca; do
	mv $file.pem $file.real
	ln -s $file.real $file.pem
done
good

begin no_extensions_at_all
signed cert "$made/ca" /CN=instance ''
cp cert.key key.pem
good

begin openssl_without_identifiers
self_signed ca '/CN=bare CA' basicConstraints=CA:TRUE
signed cert ca /CN=instance subjectAltName=DNS:a.example
cp cert.key key.pem
good openssl=strict

begin self_signed_and_its_own_ca
self_signed cert /CN=instance 'basicConstraints=critical,CA:TRUE
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always'
cp cert.key key.pem
cp cert.pem ca.pem
good

begin server_certificate
signed cert "$made/ca" /CN=a.example "$leaf_extensions
extendedKeyUsage=serverAuth
subjectAltName=DNS:a.example,IP:10.0.0.1"
cp cert.key key.pem
good

begin name_constraints_kept
self_signed ca '/CN=narrow CA' "$ca_extensions
nameConstraints=critical,permitted;DNS:example.org"
signed cert ca /CN=instance "$leaf_extensions
subjectAltName=DNS:a.example.org"
cp cert.key key.pem
good

begin the_same_serial_twice
signed cert "$made/ca" /CN=instance "$leaf_extensions" -set_serial 1
self_signed other '/CN=another CA' "$ca_extensions" -set_serial 1
cp cert.key key.pem
cas=(ca.pem other.pem)
good

begin very_long_subject
printf -v subject '/OU=%064d' {1..60}
signed cert "$made/ca" "$subject/CN=instance" "$leaf_extensions"
cp cert.key key.pem
good

begin subject_in_utf8
signed cert "$made/ca" '/CN=Größe 大' "$leaf_extensions"
cp cert.key key.pem
good

for kind in 'rsa4096 RSA -pkeyopt rsa_keygen_bits:4096' 'ec384 EC -pkeyopt ec_paramgen_curve:P-384' \
	'ec521 EC -pkeyopt ec_paramgen_curve:P-521' 'ed25519 ED25519' 'ed448 ED448'; do
	begin "${kind%% *}"
	# shellcheck disable=SC2086
	key ca ${kind#* }
	# shellcheck disable=SC2086
	key cert ${kind#* }
	self_signed ca '/CN=test CA' "$ca_extensions"
	signed cert ca /CN=instance "$leaf_extensions"
	cp cert.key key.pem
	good
done

begin rsa_pss_signatures
cp "$made/rsa.key" ca.key
self_signed ca '/CN=test CA' "$ca_extensions" -sigopt rsa_padding_mode:pss
signed cert ca /CN=instance "$leaf_extensions" -sigopt rsa_padding_mode:pss
cp cert.key key.pem
good

# --- made by the three programs that people use

for kind in rsa3072 rsa4096 ec256 ec384 ed25519; do
	begin "made_by_xfrmpki_$kind"
	quietly "$build/src/xfrmpki/xfrmpki" init --force --dir . --cn 'our CA' --key $kind
	quietly "$build/src/xfrmpki/xfrmpki" issue --dir . --cn instance --key $kind \
		--san a.example --san 10.0.0.1 --san fd00::1
	mv instance.pem cert.pem
	mv instance.key key.pem
	good
done

begin made_by_xfrmpki_for_a_request
quietly "$build/src/xfrmpki/xfrmpki" init --force --dir . --cn 'our CA' --key ec256
request cert /CN=elsewhere
quietly "$build/src/xfrmpki/xfrmpki" issue --dir . --cn instance --csr cert.csr
mv instance.pem cert.pem
cp cert.key key.pem
good

begin made_by_xfrmpki_rotate
quietly "$build/src/xfrmpki/xfrmpki" init --force --dir . --cn 'our CA' --key ec256
quietly "$build/src/xfrmpki/xfrmpki" issue --dir . --cn instance --key ec256
for step in add-ca reissue drop-ca; do
	quietly "$build/src/xfrmpki/xfrmpki" rotate $step --dir . --key ec256
done
cp instance.pem cert.pem
cp instance.key key.pem
good

begin made_by_openssl_req
quietly openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/CN=quick CA'
quietly openssl req -newkey rsa:2048 -nodes -keyout key.pem -out cert.csr -subj /CN=instance
quietly openssl x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem
good openssl=strict

for kind in rsa ecdsa ed25519; do
	begin "made_by_strongswan_$kind"
	pki --gen --type $kind --outform pem >ca.key 2>"$run/log"
	pki --gen --type $kind --outform pem >key.pem 2>"$run/log"
	pki --self --ca --in ca.key --type priv --dn 'CN=strongSwan CA' --outform pem >ca.pem 2>"$run/log"
	pki --pub --in key.pem --type priv 2>"$run/log" >public
	pki --issue --in public --type pub --cacert ca.pem --cakey ca.key --dn CN=instance --san a.example \
		--outform pem >cert.pem 2>"$run/log"
	good
done

# --- files

begin missing_files
rm ./*.pem
bad 'cert.pem: cannot open: No such file or directory' \
	'key.pem: cannot open: No such file or directory' \
	'ca.pem: cannot open: No such file or directory'

begin empty_files
: | tee cert.pem key.pem >ca.pem
bad "cert.pem: is empty, expected a certificate $PEM" "key.pem: is empty, expected a private key $PEM" \
	"ca.pem: is empty, expected a certificate $PEM"

begin blank_files
printf '\n \t\r\n' | tee cert.pem key.pem >ca.pem
bad "cert.pem: is empty, expected a certificate $PEM" "key.pem: is empty, expected a private key $PEM" \
	"ca.pem: is empty, expected a certificate $PEM"

begin directories
rm cert.pem key.pem ca.pem
mkdir cert.pem key.pem ca.pem
bad 'cert.pem: not a regular file' 'key.pem: not a regular file' \
	'ca.pem: holds no certificate, expected *.pem or *.crt files'

begin fifos
rm cert.pem key.pem ca.pem
mkfifo cert.pem key.pem ca.pem
bad both=- 'cert.pem: not a regular file' 'key.pem: not a regular file' 'ca.pem: not a regular file'

begin devices
ln -sf /dev/zero cert.pem
ln -sf /dev/null ca.pem
bad both=- 'cert.pem: not a regular file' 'ca.pem: not a regular file'

begin dangling_symlink
ln -sf nowhere cert.pem
bad 'cert.pem: cannot open: No such file or directory'

begin more_than_a_mebibyte
for file in cert.pem key.pem ca.pem; do
	printf '%1048576s\n' '#' >>$file
done
bad both=file 'cert.pem: 1049' 'key.pem: 1048' 'ca.pem: 1049'

begin key_readable_by_group
chmod 640 key.pem
bad both=key 'key.pem: readable by group or others (mode 0640), expected 0600: chmod 0600 key.pem'

begin key_readable_by_others
chmod 604 key.pem
bad both=key 'key.pem: readable by group or others (mode 0604), expected 0600: chmod 0600 key.pem'

begin key_of_another_user
chown 12345 key.pem
bad both=key 'key.pem: owned by uid 12345, expected root: chown root key.pem'

begin key_in_a_folder_of_everybody
mkdir -m 777 open
mv key.pem open
ln -s open/key.pem key.pem
bad both=key 'open: writable by group or others (mode 0777), expected 0755: chmod go-w open'

begin certificate_and_ca_of_everybody
chmod 666 cert.pem ca.pem
bad both=file 'cert.pem: writable by group or others (mode 0666), expected 0644: chmod go-w cert.pem' \
	'ca.pem: writable by group or others (mode 0666), expected 0644: chmod go-w ca.pem'

begin directory_of_cas_of_everybody
mkdir -m 1777 cas
mv ca.pem cas
cas=(cas)
bad both=file 'cas: writable by group or others (mode 1777), expected 1755: chmod go-w cas'

begin directory_of_cas_with_a_bad_one
mkdir cas
mv ca.pem cas
echo rubbish >cas/z.pem
cas=(cas)
bad both=unused "cas/z.pem: holds no PEM block, expected a certificate $PEM"

begin directory_of_cas_without_any
mkdir cas
cas=(cas)
bad pki=- 'cas: holds no certificate, expected *.pem or *.crt files' \
	'cert.pem: signed by no listed CA: issuer is "CN=test CA", listed: none'

# --- PEM

begin der
quietly openssl x509 -in cert.pem -outform DER -out cert.der
quietly openssl pkey -in key.pem -outform DER -out key.der
quietly openssl x509 -in ca.pem -outform DER -out ca.der
mv cert.der cert.pem
cat key.der >key.pem
mv ca.der ca.pem
# OpenSSL 3.5 takes it, 3.0 does not
bad openssl=- pki=file 'cert.pem: is binary (DER or PKCS#12), expected a certificate in PEM form: convert it' \
	'key.pem: is binary (DER or PKCS#12), expected a private key in PEM form: convert it' \
	'ca.pem: is binary (DER or PKCS#12), expected a certificate in PEM form: convert it'

begin pkcs12
quietly openssl pkcs12 -export -inkey key.pem -in cert.pem -passout pass: -out cert.p12
mv cert.p12 cert.pem
bad openssl=file 'cert.pem: is binary (DER or PKCS#12), expected a certificate in PEM form: convert it'

begin pkcs7
quietly openssl crl2pkcs7 -nocrl -certfile cert.pem -out cert.p7
mv cert.p7 cert.pem
bad 'cert.pem: line 1: holds a PKCS7, expected a CERTIFICATE'

begin rubbish
echo rubbish | tee cert.pem key.pem >ca.pem
bad "cert.pem: holds no PEM block, expected a certificate $PEM" \
	"key.pem: holds no PEM block, expected a private key $PEM" \
	"ca.pem: holds no PEM block, expected a certificate $PEM"

begin utf16
iconv -t UTF-16 cert.pem >wide
mv wide cert.pem
bad "cert.pem: is UTF-16 text, expected a certificate $PEM: save it as UTF-8"

begin key_in_the_certificate_file
line=$(next_line cert.pem)
cat key.pem >>cert.pem
bad both=file "cert.pem: line $line: holds a private key, expected certificates only: move it to a file of its own"

begin certificate_in_the_key_file
cat cert.pem >>key.pem
bad both=key 'key.pem: line 6: holds a CERTIFICATE, expected a private key only'

begin key_and_certificate_exchanged
mv cert.pem both
cat key.pem >cert.pem
cat both >key.pem
bad 'cert.pem: line 1: holds a private key, expected certificates only' \
	'key.pem: line 1: holds a CERTIFICATE, expected a private key only'

begin key_in_the_ca_file
line=$(next_line ca.pem)
cat "$made/ca.key" >>ca.pem
bad both=file "ca.pem: line $line: holds a private key, expected certificates only: move it to a file of its own"

begin two_keys
cat "$made/other.key" >>key.pem
bad both=key 'key.pem: holds 2 private keys, expected one'

begin public_key_for_the_private_one
quietly openssl pkey -in key.pem -pubout -out public
cat public >key.pem
bad both=key 'key.pem: line 1: holds a PUBLIC KEY, expected a private key only'

begin openssh_key
echo openssh-key-v1 | pem 'OPENSSH PRIVATE KEY' >key.pem
bad both=key 'key.pem: private key in the form of OpenSSH, expected PKCS#8: ssh-keygen'

begin request_for_the_certificate
request cert /CN=instance
mv cert.csr cert.pem
bad 'cert.pem: line 1: holds a CERTIFICATE REQUEST, expected a CERTIFICATE'

begin trusted_certificate
quietly openssl x509 -in cert.pem -trustout -out trusted
mv trusted cert.pem
bad both=file 'cert.pem: line 1: holds a TRUSTED CERTIFICATE, expected a CERTIFICATE'

begin garbage_between_blocks
{ cat "$made/other.pem"; echo garbage; cat "$made/ca.pem"; } >ca.pem
bad both=file "ca.pem: line $(next_line "$made/other.pem"): text between PEM blocks, expected nothing outside of them: remove it"

begin garbage_behind
line=$(next_line cert.pem) ca_line=$(next_line ca.pem)
echo garbage | tee -a cert.pem >>ca.pem
bad both=file "cert.pem: line $line: text between PEM blocks" "ca.pem: line $ca_line: text between PEM blocks"

begin four_dashes
sed -i '1s/-----$/----/' cert.pem
bad 'cert.pem: line 1: damaged BEGIN or END line, expected five dashes' \
	"cert.pem: line $(wc -l <cert.pem): END CERTIFICATE without its BEGIN line"

begin all_on_one_line
tr '\n' ' ' <cert.pem >line
mv line cert.pem
bad 'cert.pem: line 1: damaged BEGIN or END line, expected five dashes'

begin escaped_newlines
awk '{ printf "%s\\n", $0 }' cert.pem >line
mv line cert.pem
bad 'cert.pem: line 1: damaged BEGIN or END line, expected five dashes'

begin wrong_label
sed -i 's/CERTIFICATE/RSA PUBLIC KEY/' cert.pem
bad pki=file 'cert.pem: line 1: holds a RSA PUBLIC KEY, expected a CERTIFICATE'

begin unequal_labels
sed -i '$s/CERTIFICATE/CRL/' cert.pem
bad pki=file "cert.pem: line $(wc -l <cert.pem): END CRL, expected END CERTIFICATE as in line 1"

begin without_its_last_line
sed -i '$d' cert.pem key.pem
bad 'cert.pem: line 1: BEGIN CERTIFICATE without its END line, is the file cut off?' \
	'key.pem: line 1: BEGIN PRIVATE KEY without its END line, is the file cut off?'

begin block_in_a_block
{ head -n 4 "$made/other.pem"; cat "$made/ca.pem"; } >ca.pem
bad pki=file 'ca.pem: line 5: BEGIN CERTIFICATE before the END of the block in line 1'

begin half_a_character_in_base64
sed -i '3s/.$//' cert.pem
bad 'cert.pem: damaged text behind line 1, expected base64'

begin no_base64
sed -i '3s/^./?/' key.pem
bad both=key 'key.pem: damaged text behind line 1, expected base64'

begin a_missing_line_of_base64
sed -i 4d cert.pem
bad 'cert.pem: not an X.509 certificate: '

begin der_cut_off
quietly openssl x509 -in cert.pem -outform DER -out der
head -c 200 der | pem CERTIFICATE >cert.pem
bad 'cert.pem: not an X.509 certificate: '

begin der_with_a_tail
quietly openssl x509 -in cert.pem -outform DER -out der
echo tail | cat der - | pem CERTIFICATE >cert.pem
bad both=file 'cert.pem: 5 bytes behind the end of the certificate'

begin zeros
head -c 300 /dev/zero | pem CERTIFICATE >cert.pem
head -c 300 /dev/zero | pem 'PRIVATE KEY' >key.pem
bad 'cert.pem: not an X.509 certificate: ' 'key.pem: not a private key: '

begin control_characters_in_the_text
printf -- '-----BEGIN \e[31mCERTIFICATE-----\n-----END \x01X-----\n' >cert.pem
bad 'cert.pem: line 1: damaged BEGIN or END line, expected five dashes'

# --- keys

begin encrypted_key
quietly openssl pkey -in key.pem -aes256 -passout pass:secret -out encrypted
cat encrypted >key.pem
bad both=key 'key.pem: private key is encrypted, expected one without passphrase: openssl pkey'

begin encrypted_traditional_key
quietly openssl ec -in key.pem -aes256 -passout pass:secret -out encrypted
cat encrypted >key.pem
bad both=key 'key.pem: private key is encrypted, expected one without passphrase: openssl pkey'

begin key_of_another_certificate
cat "$made/other.key" >key.pem
bad both=key 'key.pem: does not belong to the certificate in cert.pem ("CN=instance"), expected its private key'

begin ec_key_with_rsa_certificate
cp "$made/rsa.key" cert.key
signed cert "$made/ca" /CN=instance "$leaf_extensions"
bad both=key 'key.pem: does not belong to the certificate in cert.pem ("CN=instance"), expected its private key'

begin key_of_the_ca
cat "$made/ca.key" >key.pem
bad both=key 'key.pem: does not belong to the certificate in cert.pem ("CN=instance"), expected its private key'

begin damaged_rsa_key
cp "$made/rsa.key" cert.key
signed cert "$made/ca" /CN=instance "$leaf_extensions"
quietly openssl rsa -in cert.key -traditional -outform DER -out der
flip der 400 # within the private exponent
flip der 700 # and a prime
pem 'RSA PRIVATE KEY' <der >key.pem
bad both=key 'key.pem: damaged private key: '

begin damaged_ec_key
quietly openssl ec -in key.pem -outform DER -out der
flip der 20
pem 'EC PRIVATE KEY' <der >key.pem
bad both=key 'key.pem: damaged private key: '

# --- dates

begin expired_certificate
dated cert "$made/ca" /CN=instance "$leaf_extensions" "${expired[@]}"
cp cert.key key.pem
bad 'cert.pem: expired: valid until 2021-01-01T00:00:00Z, now is'

begin certificate_not_yet_valid
dated cert "$made/ca" /CN=instance "$leaf_extensions" "${future[@]}"
cp cert.key key.pem
bad 'cert.pem: not yet valid: valid from 2120-01-01T00:00:00Z, now is'

begin expired_ca
dated ca ca '/CN=old CA' "$ca_extensions" "${expired[@]}"
signed cert ca /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad 'ca.pem: expired: valid until 2021-01-01T00:00:00Z, now is'

begin ca_not_yet_valid
dated ca ca '/CN=early CA' "$ca_extensions" "${future[@]}"
signed cert ca /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad 'ca.pem: not yet valid: valid from 2120-01-01T00:00:00Z, now is'

begin expired_ca_beside_a_good_one
dated old old '/CN=old CA' "$ca_extensions" "${expired[@]}"
cas=(ca.pem old.pem)
bad both=unused 'old.pem: expired: valid until 2021-01-01T00:00:00Z, now is'

begin expired_intermediate
cp "$made/middle.key" middle.key
dated middle "$made/ca" '/CN=middle CA' "$ca_extensions" "${expired[@]}"
cat "$made/below.pem" middle.pem >cert.pem
cp "$made/below.key" key.pem
bad 'cert.pem: certificate 2: expired: valid until 2021-01-01T00:00:00Z, now is'

begin ends_before_it_begins
dated cert "$made/ca" /CN=instance "$leaf_extensions" "${future[0]}" "${expired[1]}"
cp cert.key key.pem
bad 'cert.pem: expired: valid until 2021-01-01T00:00:00Z' \
	'cert.pem: not yet valid: valid from 2120-01-01T00:00:00Z'

# --- trust

begin signed_by_another_ca
signed cert "$made/other" /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad 'cert.pem: signed by no listed CA: issuer is "CN=other CA", listed: "CN=test CA"'

begin signed_by_another_ca_of_the_same_name
signed cert "$made/same" /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad 'cert.pem: signed by no listed CA: "CN=test CA" is listed, but with another key than the one that signed'

begin self_signed
self_signed cert /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad 'cert.pem: signed by no listed CA: is self-signed and not listed, listed: "CN=test CA"'

begin tampered_signature
quietly openssl x509 -in cert.pem -outform DER -out der
flip der -1
pem CERTIFICATE <der >cert.pem
bad 'cert.pem: signed by no listed CA: "CN=test CA" is listed, but with another key than the one that signed'

begin tampered_subject
quietly openssl x509 -in cert.pem -outform DER -out der
LC_ALL=C sed -i 's/instance/Instance/' der
pem CERTIFICATE <der >cert.pem
bad 'cert.pem: signed by no listed CA: "CN=test CA" is listed, but with another key than the one that signed'

begin the_certificate_for_a_ca
cp cert.pem ca.pem
bad pki=lax 'ca.pem: not a CA: basicConstraints CA:FALSE, expected CA:TRUE' \
	'cert.pem: signed by no listed CA: issuer is "CN=test CA", listed: "CN=instance"'

begin the_ca_for_the_certificate
cp ca.pem cert.pem
cat "$made/ca.key" >key.pem
bad both=lax 'cert.pem: must not be used to sign: keyUsage lacks digitalSignature, expected it'

begin ca_without_ca_true
self_signed ca '/CN=no CA' "${ca_extensions/TRUE/FALSE}"
signed cert ca /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad 'ca.pem: not a CA: basicConstraints CA:FALSE, expected CA:TRUE'

begin ca_without_basic_constraints
self_signed ca '/CN=no CA' "${ca_extensions#*$'\n'}"
signed cert ca /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad 'ca.pem: not a CA: no basicConstraints, expected CA:TRUE'

begin ca_without_the_right_to_sign
self_signed ca '/CN=weak CA' "${ca_extensions/keyCertSign,/}"
signed cert ca /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad pki=lax 'ca.pem: CA must not sign certificates: keyUsage lacks keyCertSign, expected it'

begin missing_intermediate
cp "$made/below.pem" cert.pem
cp "$made/below.key" key.pem
bad 'cert.pem: signed by no listed CA: issuer is "CN=middle CA", listed: "CN=test CA"'

begin intermediate_without_its_root
cp "$made/below.pem" cert.pem
cp "$made/below.key" key.pem
cp "$made/middle.pem" ca.pem
bad 'ca.pem: signed by no listed CA: issuer is "CN=test CA", listed: "CN=middle CA"'

begin intermediate_that_is_no_ca
cp "$made/leaf.key" middle.key
cp "$made/leaf.pem" middle.pem
signed cert middle /CN=instance "$leaf_extensions"
cp cert.key key.pem
cat middle.pem >>cert.pem
bad pki=- 'cert.pem: certificate 2: not a CA: basicConstraints CA:FALSE, expected CA:TRUE'

begin path_too_long
self_signed ca '/CN=short CA' "${ca_extensions/TRUE/TRUE,pathlen:0}"
signed middle ca '/CN=middle CA' "$ca_extensions"
signed cert middle /CN=instance "$leaf_extensions"
cp cert.key key.pem
cat middle.pem >>cert.pem
# pki 6 refuses it, 5.9 does not; likewise below, where it is left out
bad pki=- 'ca.pem: refused on the path to CA "CN=short CA": '

begin chain_in_wrong_order
cat "$made/middle.pem" "$made/below.pem" >cert.pem
cp "$made/below.key" key.pem
bad both=lax 'cert.pem: certificate 1: must not be used to sign: keyUsage lacks digitalSignature' \
	'cert.pem: certificate 2: did not sign the certificate before it' \
	'key.pem: belongs to certificate 2 of cert.pem, expected that one first'

begin unrelated_in_the_chain
cat "$made/other.pem" >>cert.pem
bad both=unused 'cert.pem: certificate 2: did not sign the certificate before it'

begin name_constraints_broken
self_signed ca '/CN=narrow CA' "$ca_extensions
nameConstraints=critical,permitted;DNS:example.org"
signed cert ca /CN=instance "$leaf_extensions
subjectAltName=DNS:a.example.com"
cp cert.key key.pem
bad pki=- 'cert.pem: refused on the path to CA "CN=narrow CA": permitted subtree violation'

# --- what certificates say

begin no_digital_signature
signed cert "$made/ca" /CN=instance "${leaf_extensions/digitalSignature/keyEncipherment}"
cp cert.key key.pem
bad both=lax 'cert.pem: must not be used to sign: keyUsage lacks digitalSignature, expected it'

begin unknown_critical_extension
signed cert "$made/ca" /CN=instance "$leaf_extensions
1.2.3.4=critical,DER:0500"
cp cert.key key.pem
bad 'cert.pem: unknown critical extension, expected standard ones'

begin malformed_extension
signed cert "$made/ca" /CN=instance 'basicConstraints=DER:0500'
cp cert.key key.pem
bad 'cert.pem: malformed extension, expected a well-formed certificate'

begin md5_signature
cp "$made/rsa.key" ca.key
self_signed ca '/CN=test CA' "$ca_extensions"
signed cert ca /CN=instance "$leaf_extensions" -md5
cp cert.key key.pem
bad pki=lax 'cert.pem: weak signature: md5WithRSAEncryption, expected SHA-256 or better'

begin sha1_signature
signed cert "$made/ca" /CN=instance "$leaf_extensions" -sha1
cp cert.key key.pem
bad pki=lax 'cert.pem: weak signature: ecdsa-with-SHA1, expected SHA-256 or better'

begin sha1_signature_of_the_ca
self_signed ca '/CN=weak CA' "$ca_extensions" -sha1
signed cert ca /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad both=lax 'ca.pem: weak signature: ecdsa-with-SHA1, expected SHA-256 or better'

begin rsa_1024
key cert RSA -pkeyopt rsa_keygen_bits:1024
signed cert "$made/ca" /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad pki=lax 'cert.pem: weak key: RSA 1024, expected RSA 2048 or EC P-256 or better'

begin rsa_1024_of_the_ca
key ca RSA -pkeyopt rsa_keygen_bits:1024
self_signed ca '/CN=weak CA' "$ca_extensions"
signed cert ca /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad pki=lax 'ca.pem: weak key: RSA 1024, expected RSA 2048 or EC P-256 or better'

begin weak_curve
key cert EC -pkeyopt ec_paramgen_curve:P-192
signed cert "$made/ca" /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad pki=lax 'cert.pem: weak key: EC P-192, expected RSA 2048 or EC P-256 or better'

begin explicit_curve
key cert EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit
signed cert "$made/ca" /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad pki=- 'cert.pem: refused on the path to CA "CN=test CA": Certificate public key has explicit ECC'

begin dsa
quietly openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048 -out parameters
quietly openssl genpkey -paramfile parameters -out cert.key
signed cert "$made/ca" /CN=instance "$leaf_extensions"
cat cert.key >key.pem
bad openssl=lax 'cert.pem: unusable key: DSA, expected RSA, EC or Ed25519'

begin control_characters_in_the_subject
signed cert "$made/other" $'/CN=a\e[31mred\ab' "$leaf_extensions"
cp cert.key key.pem
bad 'cert.pem: signed by no listed CA: issuer is "CN=other CA", listed: "CN=test CA"'

begin control_characters_in_the_issuer
self_signed evil $'/CN=a\e[31mred\ab' "$ca_extensions"
signed cert evil /CN=instance "$leaf_extensions"
cp cert.key key.pem
bad 'cert.pem: signed by no listed CA: issuer is "CN=a\1B[31mred\07b", listed: "CN=test CA"'

begin everything_at_once
dated cert "$made/other" /CN=instance "${leaf_extensions/digitalSignature/keyEncipherment}" "${expired[@]}"
chmod 644 key.pem
dated ca ca '/CN=test CA' "${ca_extensions/TRUE/FALSE}" "${future[@]}"
bad 'key.pem: readable by group or others' 'ca.pem: not yet valid' 'ca.pem: not a CA' \
	'cert.pem: expired' 'cert.pem: must not be used to sign' 'cert.pem: signed by no listed CA' \
	'key.pem: does not belong to the certificate'
