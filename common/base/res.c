/* Names of results. */
#include "base/res.h"

const char *res_name(enum res res)
{
	switch (res) {
	case RES_OK:
		return "OK";
	case RES_INVALID:
		return "INVALID";
	case RES_DENIED:
		return "DENIED";
	case RES_NOT_FOUND:
		return "NOT_FOUND";
	case RES_CONFLICT:
		return "CONFLICT";
	case RES_TOO_BIG:
		return "TOO_BIG";
	case RES_RETRY:
		return "RETRY";
	case RES_BUG:
		return "BUG";
	}
	return "?";
}
