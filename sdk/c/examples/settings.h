/* What both examples are told about the door: --address, --server-key-file, --key-file,
 * --vault-key-file, --spool, --channel. */
#ifndef EXAMPLE_SETTINGS_H
#define EXAMPLE_SETTINGS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wangli.h>

struct settings {
	const char *address;
	const char *server_key_file;
	const char *key_file;
	const char *vault_key_file;
	const char *spool;
	const char *channel;
	char server_key[256];
	char key[256];
	char vault_key[256];
};

/* true: the name is one of ours, and its value is kept. */
static inline bool settings_take(struct settings *settings, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **value;
	} ours[] = { { "--address", &settings->address },
		{ "--server-key-file", &settings->server_key_file },
		{ "--key-file", &settings->key_file },
		{ "--vault-key-file", &settings->vault_key_file }, { "--spool", &settings->spool },
		{ "--channel", &settings->channel } };
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		if (strcmp(ours[i].name, name) != 0)
			continue;
		*ours[i].value = value;
		return true;
	}
	return false;
}

/* The key in a file, without the line end behind it. */
static inline bool key_read(const char *path, char out[256])
{
	FILE *file = path == NULL ? NULL : fopen(path, "r");
	bool is_read = file != NULL && fgets(out, 256, file) != NULL;
	if (file != NULL)
		fclose(file);
	if (is_read)
		out[strcspn(out, " \t\r\n")] = '\0';
	else
		fprintf(stderr, "cannot read the key file %s\n", path == NULL ? "(none)" : path);
	return is_read;
}

/* The options of the client; they point into *settings. Exits when a file is missing. */
static inline struct wangli_options settings_options(struct settings *settings)
{
	struct wangli_options options;
	if (!key_read(settings->server_key_file, settings->server_key) ||
		!key_read(settings->key_file, settings->key) ||
		!key_read(settings->vault_key_file, settings->vault_key))
		exit(2);
	wangli_options_init(&options);
	options.address = settings->address;
	options.server_key = settings->server_key;
	options.secret_key = settings->key;
	options.vault_key = settings->vault_key;
	options.spool = settings->spool;
	options.channel = settings->channel;
	return options;
}

/* A client with these callbacks; NULL: it cannot be, and why is told. */
static inline struct wangli *settings_client(
	struct settings *settings, const struct wangli_callbacks *on)
{
	struct wangli_options options = settings_options(settings);
	struct wangli_error error;
	struct wangli *client = NULL;
	options.on = on;
	if (wangli_open(&client, &options, &error) != WANGLI_OK)
		fprintf(stderr, "%s\n", error.text);
	return client;
}

#endif
