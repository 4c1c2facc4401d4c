/* Folders for targets that read files. Only how files are read is looked at: fsync and its kin do
 * nothing in a program that links this. */
#ifndef WL_FUZZ_DISK_H
#define WL_FUZZ_DISK_H

#include "base/str.h"

/* A folder of this process with nothing in it, in memory where the system has such a place; gone
 * with the process. */
void fuzz_folder_make(const char *name);
/* Where "<folder>" or "<folder>/<file>" is; the text of the last four calls stands. */
const char *fuzz_path(const char *name);
void fuzz_file_write(const char *name, struct str bytes);
/* The same bytes as whole records of an os_log: each is a length (u8) and that many bytes; empty
 * ones are left out. So the fuzzer need not guess checksums. */
void fuzz_log_write(const char *name, struct str bytes);

#endif
