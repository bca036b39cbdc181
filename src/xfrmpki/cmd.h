/* SPDX-License-Identifier: MIT */
#ifndef XFRMPKI_CMD_H
#define XFRMPKI_CMD_H

#include "complain.h"

/*
 * A command gets its own name as argv[0], parses its options with getopt_long and returns an
 * exit status. Results go to stdout, complaints through complain() to stderr.
 */
int cmd_init(int argc, char **argv);
int cmd_issue(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_dates(int argc, char **argv);
int cmd_rotate(int argc, char **argv);
int cmd_import(int argc, char **argv);

#endif
