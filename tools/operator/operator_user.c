/* Who sits at the keyboard, also behind sudo. */
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "operator.h"

struct str operator_user(void)
{
	const char *by_sudo = getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());
	if (by_sudo != NULL && by_sudo[0] != 0)
		return str_from_c(by_sudo);
	return str_from_c(user == NULL ? "" : user->pw_name);
}
