/* Where HTTP is served. For the files of this folder only. */
#ifndef WL_HTTP_HTTP_LISTEN_H
#define WL_HTTP_HTTP_LISTEN_H

#include "base/err.h"

#define HTTP_UNIX "unix:"

/* Opens a listening socket for one of http_open's forms. */
enum res http_listen(const char *listen, int *out_fd, struct err *err) must_check;

#endif
