# SPDX-License-Identifier: MIT
# Reloads of all kinds on two hosts one after the other, under traffic that is protected before and
# after each: nothing of it is lost or in clear, and only what the change needs is written. New
# certificates are in rotate_instance and rotate_ca.
# Processors: several
fleet 10.0.1.0/24 a=10.0.1.1/16 b=10.0.1.2/16 c=10.0.2.1/16 <<<'protect_forwarded = false'

# both PROTECTED [KEY=VALUE]...: a and then b take it over
both() {
	local name
	for name in a b; do
		xfrmd_conf $name 'protect_forwarded = false' "ipsec_subnets = $1" "${@:2}"
		must ctl $name reload
	done
}

xfrmd_start a b
wait_for 20 pings a b
wait_for 5 pings a c
capture c
watch_start a b

both 10.0.1.0/24,10.0.2.0/24
# out, in and their fallback policies
expect 'writes of one subnet more' "$(last_change a)" = '4 0 0'
# c does not take part yet: nothing passes, and a sends nothing in clear
must_not pings a c
capture_stop c
expect_no_clear c 'src host 10.0.1.1'
xfrmd_start c
wait_for 20 pings a c
must has_sa a 10.0.2.1
both 10.0.1.0/24
wait_for 5 not has_sa a 10.0.2.1
wait_for 5 not has_sa c 10.0.1.1
must has_sa a 10.0.1.2

# split, and moved between the lists around the flow
both 10.0.1.0/25,10.0.1.128/25
both 10.0.0.0/16,10.0.1.2,10.0.1.1 no_ipsec_subnets=10.0.1.0/24
both 10.0.1.0/24 no_ipsec_subnets=10.0.0.0/16

both 10.0.1.0/24 optional=true
expect 'mode' "$(status b 'd["mode"]')" = optional
both 10.0.1.0/24 esp_proposals=aes256gcm16 ike_proposals=aes256-sha384-ecp384
must rekey a b

watch_end
expect_no_loss
expect_no_clear a 'host 10.0.1.2'
expect 'peers of a' "$(status a 'd["peers"]["up"]')" = 1
# what is negotiated from now on has the new proposals
part a b
wait_for 5 pings a b
expect_text 'algorithm' "$(peers a 'd["peers"][0]["sas"]')" 'rfc4106(gcm(aes))-288'
