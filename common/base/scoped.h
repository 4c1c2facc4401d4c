/* The one idiom of cleanup: SCOPED(db_result) struct db_result *r = …; calls db_result_scoped(&r)
 * at the end of the scope. A type takes part with SCOPED_DEFINE(type, pointer type, destroyer);
 * destroyers take NULL. */
#ifndef WL_BASE_SCOPED_H
#define WL_BASE_SCOPED_H

#define SCOPED(name) __attribute__((cleanup(name##_scoped)))

#define SCOPED_DEFINE(name, pointer_type, destroyer)                                               \
	static inline void name##_scoped(pointer_type *at)                                         \
	{                                                                                          \
		destroyer(*at);                                                                    \
	}

#endif
