# SPDX-License-Identifier: MIT
# By the PROCEDURES of xfrmd(8), as it has them typed, a fleet gets new certificates while its hosts
# talk, then a new CA without n, which is trusted no more; it is taken off c, then off a and b.
# The kernel holds 100 packets of a peer between two pins, and User-Mode Linux lets xfrmd wait 200 ms
# at times; so 250 packets a second at most.
fleet 10.0.1.0/24 -- a b c n
machines a b c n
fleet_at_home 10.0.1.0/24
typed 'a b c n' 'Install on a running fleet'
meet a b c n

# serial HOST: of the certificate that it has
serial() {
	within "$1" openssl x509 -noout -serial -in /etc/xfrmd/instance.pem
}

capture b
stream_start a b 100
typed n 'Take out a host'
must_not has_sa a "$(address n)"
expect 'policies of n' "$(policies n)" != ''
within n xfrmd
wait_for 20 pings n a

before=$(serial a)
typed_at_home "$(procedure 'Replace a certificate')"
typed 'a b c n' 'Replace a certificate' 2
expect 'serial number of a' "$(serial a)" != "$before"
must rekey a b

while read -r command <&3; do
	typed_at_home "$command"
	typed 'a b c' 'Replace a certificate' 2
done 3<<<"$(procedure 'Rotate a CA')"
for host in a b c; do
	wait_for 60 not has_sa $host "$(address n)"
	must_not pings $host n
	must_not pings n $host
done
meet a b c
stream_end
expect_no_loss
capture_stop b
expect_no_clear b

capture b
stream_start a c 100
knock a b
typed c 'Take it off'
typed 'a b' 'Take it off' 3
typed c 'Take it off' 2
meet a b c
knock_end a.b.any
expect_no_loss 'a and b'
stream_end
expect 'packets lost when it was taken off c' "$lost" -le 100
capture_stop b
expect_no_clear b "host $(address a)"
expect 'policies of c' "$(policies c)" = ''

watch_start a b 100
typed 'a b' 'Take it off'
typed 'a b' 'Take it off' 2
meet a b c
watch_end
expect 'packets lost when it was taken off both' "$lost" -le 100
expect 'policies of a and b' "$(policies a)$(policies b)" = ''
