/* One thread of libvips, no cache, no file names: everything through descriptors. */
#include "image/image.h"

#include <stdlib.h>
#include <unistd.h>
#include <vips/vips.h>

#define QUALITY 90

static const char *const loaders[] = { "VipsForeignLoadJpegSource", "VipsForeignLoadPngSource",
	"VipsForeignLoadWebpSource", "VipsForeignLoadNsgifSource", "VipsForeignLoadHeifSource" };

enum res image_start(const char *name, struct err *err)
{
	setenv("VIPS_CONCURRENCY", "1", 1);
	/* All in memory, which is limited: a jail has no files. */
	setenv("VIPS_DISC_THRESHOLD", "1g", 1);
	/* It would write code into a file, and run it. */
	setenv("VIPS_NOVECTOR", "1", 1);
	if (VIPS_INIT(name) != 0)
		return err_set(err, RES_BUG, "libvips does not start");
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	vips_operation_block_set("VipsForeignLoad", TRUE);
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		vips_operation_block_set(loaders[i], FALSE);
	return RES_OK;
}

static enum res fault(enum res res, const char *doing, struct err *err)
{
	return err_set(err, res, "%s: it is damaged, or of a form that is not taken", doing);
}

static enum res header_check(int in, const struct image_limits *limits, struct err *err)
{
	VipsSource *source = vips_source_new_from_descriptor(in);
	VipsImage *image = source == NULL ? NULL : vips_image_new_from_source(source, "", NULL);
	int64_t pixels = -1;

	if (image != NULL)
		pixels = (int64_t)vips_image_get_width(image) * vips_image_get_height(image);
	if (image != NULL)
		g_object_unref(image);
	if (source != NULL)
		g_object_unref(source);
	if (pixels < 0)
		return fault(RES_INVALID, "the photo's header", err);
	if (pixels >= limits->pixels)
		return err_set(err, RES_TOO_BIG,
			"the photo has %lld pixels: fewer than %lld are taken", (long long)pixels,
			(long long)limits->pixels);
	return RES_OK;
}

enum res image_make_anew(int in, int out, const struct image_limits *limits,
	const char **out_media_type, struct err *err)
{
	TRY(header_check(in, limits, err));
	if (lseek(in, 0, SEEK_SET) != 0)
		return err_set(err, RES_BUG, "the photo cannot be read twice");
	VipsSource *source = vips_source_new_from_descriptor(in);
	VipsTarget *target = vips_target_new_to_descriptor(out);
	VipsImage *image = NULL;
	int failed = source == NULL || target == NULL ||
		     vips_thumbnail_source(source, &image, limits->edge, "height", limits->edge,
			     "size", VIPS_SIZE_DOWN, "export_profile", "srgb", NULL);
	const char *type = !failed && vips_image_hasalpha(image) ? "image/png" : "image/jpeg";
	if (!failed && vips_image_hasalpha(image))
		failed = vips_pngsave_target(image, target, "strip", TRUE, NULL);
	else if (!failed)
		failed = vips_jpegsave_target(image, target, "strip", TRUE, "Q", QUALITY, NULL);
	if (image != NULL)
		g_object_unref(image);
	if (target != NULL)
		g_object_unref(target);
	if (source != NULL)
		g_object_unref(source);
	if (failed)
		return fault(RES_INVALID, "the photo's pixels", err);
	*out_media_type = type;
	return RES_OK;
}
