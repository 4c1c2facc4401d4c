/* Streams as pure rules; see kit_stream_core.h. */
#include "kit/kit_stream_core.h"

enum stream_verdict stream_judge(int32_t seen, int32_t seq, int32_t *out_expected)
{
	*out_expected = seen + 1;
	if (seq <= seen)
		return STREAM_DUPLICATE;
	return seq == seen + 1 ? STREAM_APPLY : STREAM_GAP;
}

int32_t stream_marker_raise(int32_t upto, int32_t raised)
{
	return raised > upto ? raised : upto;
}

bool stream_marker_is_done(int32_t upto, int32_t acked)
{
	return upto <= acked;
}

struct stream_range stream_range_of_marker(int32_t upto)
{
	return (struct stream_range){ .first = upto, .last = upto };
}

struct stream_range stream_range_after_gap(int32_t expected, int32_t upto)
{
	return (struct stream_range){ .first = expected < 1 ? 1 : expected, .last = upto };
}
