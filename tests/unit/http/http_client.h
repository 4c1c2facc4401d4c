/* A client of the server under test: a socket in a folder of its own, which the same process turns.
 */
#ifndef WL_TESTS_HTTP_CLIENT_H
#define WL_TESTS_HTTP_CLIENT_H

extern char folder[];
extern char path[64];	     /* of the socket */
extern char listen_text[80]; /* for struct http_options */

/* For cmocka_run_group_tests. */
int folder_create(void **state);
int folder_remove(void **state);

int client_open(void); /* never blocks */
void ask(int fd, const char *request);

#endif
