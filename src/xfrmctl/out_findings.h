/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUT_FINDINGS_H
#define XFRMCTL_OUT_FINDINGS_H

#include "xfrmd/base/buf.h"
#include "xfrmd/ctl/finding.h"

/* What `xfrmctl doctor` shows; see out_text.h. */
void out_findings(const struct findings *findings, bool coloured, struct buf *out);

#endif
