/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CONF_CONF_INI_H
#define XFRMD_CONF_CONF_INI_H

#include "xfrmd/conf/conf.h"

/* Bound on the configuration file and on each subnet file: 4 MiB is some 200,000 prefixes. */
#define CONF_FILE_MAX (4u * 1024 * 1024)
/* Bound on a line of the configuration file, without its end: iniparser 4.1 reads it into 1,024 bytes. */
#define CONF_LINE_MAX 1022

/*
 * Reads @path into @conf (initialised here): every key of the contract typed and range-checked,
 * subnet files read, conf_check() applied. All problems of one run are added to @problems as `file:
 * [section] key: what is wrong, what was found, what is expected`, or `file: line N: ...` for what
 * is not a key, or `subnet-file:N: ...`. Whom the files belong to, and who else can write them, is
 * judged and not refused: conf->distrust. Referenced PEM files are not opened (pki_load does). 0, or
 * -EINVAL when there are problems, or -ENOMEM; @conf must be conf_fini()ed in any case. The only
 * user of iniparser.
 */
int conf_ini_load(const char *path, struct conf *conf, struct problems *problems);
/* The same from memory: what the fuzzer drives. @name stands for the file in messages. */
int conf_ini_parse(const char *name, const char *text, size_t len, struct conf *conf,
                   struct problems *problems);

#endif
