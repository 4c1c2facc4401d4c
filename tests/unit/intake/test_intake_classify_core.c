/* The words classifier: category, type, area, named bodies. */
#include "intake_classify_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "intake_words_core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ALWAYS                                                                                     \
	{                                                                                          \
		0, WORDS_NO_END                                                                    \
	}
#define DAY 20000

static const struct classify_category categories[] = {
	{ STR_INIT("0205"), STR_INIT("城市照明"), ALWAYS },
	{ STR_INIT("0301"), STR_INIT("供水"), ALWAYS },
	{ STR_INIT("0101"), STR_INIT("商品房买卖与房屋交付"), ALWAYS },
	{ STR_INIT("0999"), STR_INIT("旧的类别"), { 0, DAY } },
	{ STR_INIT("2204"), STR_INIT("其他"), ALWAYS },
};
static const struct classify_word words[] = {
	{ STR_INIT("0205"), STR_INIT("路灯"), 10, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("不亮"), 6, ALWAYS },
	{ STR_INIT("0301"), STR_INIT("停水"), 10, ALWAYS },
	{ STR_INIT("0301"), STR_INIT("水压"), 4, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("公共"), 9, ALWAYS },
	{ STR_INIT("0301"), STR_INIT("公共"), 9, ALWAYS },
	{ STR_INIT("0999"), STR_INIT("古董"), 20, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("灯带"), 20, { DAY + 1, WORDS_NO_END } },
	{ STR_INIT("0205"), STR_INIT("一号"), 1, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("二号"), 2, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("三号"), 3, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("四号"), 4, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("五号"), 5, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("六号"), 6, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("七号"), 7, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("八号"), 8, ALWAYS },
	{ STR_INIT("0205"), STR_INIT("九号"), 9, ALWAYS },
};
static const struct classify_word type_words[] = {
	{ STR_INIT("consult"), STR_INIT("请问"), 6, ALWAYS },
	{ STR_INIT("complaint"), STR_INIT("投诉"), 9, ALWAYS },
	{ STR_INIT("suggestion"), STR_INIT("建议"), 6, ALWAYS },
	{ STR_INIT("report"), STR_INIT("举报"), 10, ALWAYS },
	{ STR_INIT("praise"), STR_INIT("鼓励"), 2, ALWAYS },
	{ STR_INIT("praise"), STR_INIT("点赞"), 9, { 0, DAY } },
};
static const struct classify_org orgs[] = {
	{ STR_INIT("510100"), STR_INIT("成都市"), 1, STR_INIT(""), STR_INIT("city"), ALWAYS },
	{ STR_INIT("510104"), STR_INIT("锦江区"), 2, STR_INIT("510100"), STR_INIT("district"),
		ALWAYS },
	{ STR_INIT("510105"), STR_INIT("青羊区"), 2, STR_INIT("510100"), STR_INIT("district"),
		ALWAYS },
	{ STR_INIT("510171"), STR_INIT("四川天府新区"), 2, STR_INIT("510100"),
		STR_INIT("functional_zone"), ALWAYS },
	{ STR_INIT("510199"), STR_INIT("新设区"), 2, STR_INIT("510100"), STR_INIT("district"),
		{ DAY + 1, WORDS_NO_END } },
	{ STR_INIT("D02"), STR_INIT("市教育局"), 2, STR_INIT("510100"),
		STR_INIT("municipal_department"), ALWAYS },
	{ STR_INIT("D02"), STR_INIT("市教育委员会"), 2, STR_INIT("510100"),
		STR_INIT("municipal_department"), { 0, DAY } },
	{ STR_INIT("D04"), STR_INIT("市经信局(市新经济委)"), 2, STR_INIT("510100"),
		STR_INIT("municipal_department"), ALWAYS },
	{ STR_INIT("V01"), STR_INIT("国家税务总局成都市税务局"), 2, STR_INIT("510100"),
		STR_INIT("vertical_body"), ALWAYS },
	{ STR_INIT("E05"), STR_INIT("成都公交集团"), 2, STR_INIT("510100"),
		STR_INIT("public_enterprise"), ALWAYS },
	{ STR_INIT("510104019"), STR_INIT("锦华路街道"), 3, STR_INIT("510104"),
		STR_INIT("subdistrict"), ALWAYS },
	{ STR_INIT("510104030"), STR_INIT("沙河街道"), 3, STR_INIT("510104"),
		STR_INIT("subdistrict"), ALWAYS },
	{ STR_INIT("510105030"), STR_INIT("沙河街道"), 3, STR_INIT("510105"),
		STR_INIT("subdistrict"), ALWAYS },
	{ STR_INIT("510999001"), STR_INIT("孤儿街道"), 3, STR_INIT("510999"),
		STR_INIT("subdistrict"), ALWAYS },
};

static struct classify_reference reference(void)
{
	return (struct classify_reference){ .categories = categories,
		.n_categories = COUNT(categories),
		.words = words,
		.n_words = COUNT(words),
		.type_words = type_words,
		.n_type_words = COUNT(type_words),
		.orgs = orgs,
		.n_orgs = COUNT(orgs),
		.general_category = STR("2204"),
		.default_type = STR("help"),
		.least_score = 8,
		.least_margin_pct = 10,
		.least_type_score = 5 };
}

struct fixture {
	struct arena *mem;
	const struct classifier *classifier;
};

static int setup(void **state)
{
	static struct fixture fixture;
	struct classify_reference rows = reference();
	struct err err = { .text = "" };

	fixture.mem = arena_create(1 << 22);
	if (classify_words_make(fixture.mem, &rows, &fixture.classifier, &err) != RES_OK)
		fail_msg("%s", err.text);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	arena_destroy(((struct fixture *)*state)->mem);
	return 0;
}

static struct classify_result ask(
	void **state, const char *title, const char *body, const char *area, const char *klass)
{
	const struct fixture *fixture = *state;
	struct classify_letter letter = { .title = str_from_c(title),
		.body = str_from_c(body),
		.area = str_from_c(area),
		.klass = str_from_c(klass),
		.day = DAY };
	struct classify_result result;

	fixture->classifier->decide(fixture->classifier, fixture->mem, &letter, &result);
	return result;
}

static void classify_category_cases(void **state)
{
	static const struct {
		const char *title;
		const char *body;
		const char *category;
		bool is_general;
	} table[] = {
		{ "路灯", "坏了", "0205", false },
		{ "你好", "停水两天", "0301", false },
		{ "你好", "路灯停水", "2204", true },	       /* a draw */
		{ "停水", "路灯", "0301", false },	       /* the title weighs twice */
		{ "你好", "路灯路灯路灯停水", "0205", false }, /* repetition counts */
		{ "你好", "水压低", "2204", true },	       /* too little evidence */
		{ "没有", "线索", "2204", true },
		{ "公共公共", "公共", "2204", true }, /* speaks for two */
		{ "古董", "古董", "2204", true },     /* the category has ended */
		{ "灯带", "灯带", "2204", true },     /* the word does not hold yet */
		{ "城市照明", "无", "0205", false },  /* a category's name */
		{ "供水", "无", "0301", false },
		{ "房屋交付", "房屋交付", "0101", false }, /* a part of its name */
		{ "商品房买卖", "无", "0101", false },
		{ "", "", "2204", true },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct classify_result result = ask(state, table[i].title, table[i].body, "", "");
		if (!str_eq_c(result.category, table[i].category))
			fail_msg("row %zu: %.*s", i, STR_ARG(result.category));
		assert_int_equal(result.is_general_desk, table[i].is_general);
		assert_int_equal(result.confidence_pct == 0, table[i].is_general);
		assert_int_equal(result.n_words == 0, table[i].is_general);
		assert_true(result.confidence_pct <= 100);
	}
}

static void classify_words_are_the_heaviest_first(void **state)
{
	struct classify_result result =
		ask(state, "问", "一号二号三号四号五号六号七号八号九号，停水", "", "");

	assert_true(str_eq_c(result.category, "0205"));
	assert_int_equal(result.n_words, CLASSIFY_WORDS_MAX);
	assert_true(str_eq_c(result.words[0], "九号"));
	assert_true(str_eq_c(result.words[7], "二号"));
	result = ask(state, "一号", "不亮，路灯", "", "");
	assert_int_equal(result.n_words, 3);
	assert_true(str_eq_c(result.words[0], "路灯"));
	assert_true(str_eq_c(result.words[1], "不亮"));
	assert_true(str_eq_c(result.words[2], "一号"));
}

static void classify_type_cases(void **state)
{
	static const struct {
		const char *title;
		const char *body;
		const char *klass;
		const char *type;
		const char *klass_out;
	} table[] = {
		{ "路灯", "坏了", "", "help", "" }, { "请问", "路灯", "", "consult", "" },
		{ "路灯", "我要投诉，请问", "", "complaint", "" },
		{ "路灯", "请问，建议", "", "help", "" }, /* a draw */
		{ "建议", "请问", "", "suggestion", "" },
		{ "路灯", "鼓励", "", "help", "" }, /* too little evidence */
		{ "点赞", "点赞", "", "help", "" }, /* the word has ended */
		{ "举报", "路灯", "", "report", "report" },
		{ "请问", "路灯", "report", "report", "report" }, /* the channel says so */
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct classify_result result =
			ask(state, table[i].title, table[i].body, "", table[i].klass);
		if (!str_eq_c(result.type, table[i].type))
			fail_msg("row %zu: %.*s", i, STR_ARG(result.type));
		assert_true(str_eq_c(result.klass, table[i].klass_out));
	}
}

static void classify_area_cases(void **state)
{
	static const struct {
		const char *area;
		const char *title;
		const char *body;
		const char *wanted;
	} table[] = {
		{ "", "路灯", "坏了", "" },
		{ "510104", "路灯", "青羊区", "510104" }, /* the channel's code goes first */
		{ " 青羊区 ", "路灯", "坏", "510105" },
		{ "天府新区", "路灯", "坏", "510171" },
		{ "四川天府新区", "路灯", "坏", "510171" },
		{ "锦华路街道", "路灯", "坏", "510104" },
		{ "nowhere", "路灯", "在锦江区", "510104" },
		{ "D02", "路灯", "坏", "" },		    /* not an area */
		{ "510199", "路灯", "新设区", "" },	    /* does not hold yet */
		{ "", "青羊区路灯", "锦江区", "510105" },   /* title before body */
		{ "", "路灯", "天府新区锦江区", "510171" }, /* first one */
		{ "", "锦华路街道", "坏", "510104" },	    /* its county-level unit */
		{ "", "沙河街道", "坏", "" },		    /* two share the name */
		{ "", "沙河街道", "青羊区", "510105" },
		{ "", "孤儿街道", "坏", "" },
		{ "", "成都市", "坏", "" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct classify_result result =
			ask(state, table[i].title, table[i].body, table[i].area, "");
		if (!str_eq_c(result.area, table[i].wanted))
			fail_msg("row %zu: '%.*s'", i, STR_ARG(result.area));
	}
}

static void classify_report_lists_named_units_once(void **state)
{
	static const struct {
		const char *body;
		const char *units; /* in order, each with a bar */
	} table[] = {
		{ "没有", "" },
		{ "市教育局和教育局", "D02|" },
		{ "成都市教育局", "D02|" },
		{ "教育委员会", "D02|" }, /* its former name */
		{ "市经信局", "D04|" },
		{ "经信局(市新经济委)", "D04|" },
		{ "税务局", "V01|" },
		{ "公交集团，锦江区", "E05|510104|" },
		{ "沙河街道", "510105030|510104030|" },
		{ "新设区", "" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct classify_result result = ask(state, "举报", table[i].body, "", "");
		char units[256] = "";
		size_t n = 0;
		for (size_t u = 0; u < result.n_named_units; u++) {
			memcpy(units + n, result.named_units[u].p, result.named_units[u].n);
			n += result.named_units[u].n;
			units[n++] = '|';
		}
		assert_string_equal(units, table[i].units);
	}
}

/* Who wants to get hold of a report about himself must not succeed by being named late in it. */
static void classify_report_lists_every_named_unit(void **state)
{
	enum { UNITS = 200 };
	struct arena *mem = arena_create(1 << 23);
	struct classify_org *many = arena_new_array(mem, struct classify_org, UNITS);
	struct classify_reference rows = reference();
	const struct classifier *classifier = NULL;
	struct classify_result result;
	struct str body = STR("");

	(void)state;
	for (int i = 0; i < UNITS; i++) {
		many[i] = orgs[1];
		many[i].code = arena_printf(mem, "D%03d", i);
		many[i].name = arena_printf(mem, "市第%03d局", i);
		body = arena_printf(mem, "%.*s，%.*s", STR_ARG(body), STR_ARG(many[i].name));
	}
	rows.orgs = many;
	rows.n_orgs = UNITS;
	assert_int_equal(classify_words_make(mem, &rows, &classifier, NULL), RES_OK);
	struct classify_letter letter = {
		.title = STR("举报"), .body = body, .area = STR(""), .klass = STR(""), .day = DAY
	};
	classifier->decide(classifier, mem, &letter, &result);
	assert_int_equal(result.n_named_units, UNITS);
	for (int i = 0; i < UNITS; i++)
		assert_true(str_eq(result.named_units[i], many[i].code));
	arena_destroy(mem);
}

static void classify_without_memory_is_the_general_desk_and_marks_the_arena(void **state)
{
	const struct fixture *fixture = *state;
	struct arena *tiny = arena_create(32);
	struct classify_letter letter = { .title = STR("路灯"),
		.body = STR("路灯"),
		.area = STR(""),
		.klass = STR(""),
		.day = DAY };
	struct classify_result result;

	fixture->classifier->decide(fixture->classifier, tiny, &letter, &result);
	assert_true(arena_failed(tiny));
	assert_true(result.is_general_desk);
	assert_true(str_eq_c(result.category, "2204"));
	arena_destroy(tiny);
}

static void assert_not_made(const struct classify_reference *rows, size_t cap, enum res wanted)
{
	struct arena *mem = arena_create(cap);
	const struct classifier *classifier = NULL;

	assert_int_equal(classify_words_make(mem, rows, &classifier, NULL), wanted);
	assert_null(classifier);
	arena_destroy(mem);
}

static void classify_make_bad_rows_are_refused(void **state)
{
	static const struct classify_word orphan = { STR_INIT("9999"), STR_INIT("路灯"), 1,
		ALWAYS };
	static const struct classify_word narrow = { STR_INIT("0205"), STR_INIT("灯"), 1, ALWAYS };
	static struct classify_word types[33];
	static char names[33][4];
	struct classify_reference rows = reference();

	(void)state;
	rows.words = &orphan;
	rows.n_words = 1;
	assert_not_made(&rows, 1 << 22, RES_INVALID);
	rows.words = &narrow;
	assert_not_made(&rows, 1 << 22, RES_INVALID);
	rows = reference();
	rows.general_category = STR("9999");
	assert_not_made(&rows, 1 << 22, RES_INVALID);
	for (size_t i = 0; i < COUNT(types); i++) {
		names[i][0] = 't';
		names[i][1] = (char)('A' + (char)i);
		types[i] = (struct classify_word){ str_of(names[i], 2), STR("路灯"), 1, ALWAYS };
	}
	rows = reference();
	rows.type_words = types;
	rows.n_type_words = COUNT(types);
	assert_not_made(&rows, 1 << 22, RES_INVALID);
	rows = reference();
	rows.n_categories = 70000;
	assert_not_made(&rows, 1 << 22, RES_INVALID);
	rows = reference();
	rows.n_orgs = 70000;
	assert_not_made(&rows, 1 << 26, RES_INVALID);
}

/* Whatever the cap, making either works or says TOO_BIG. */
static void classify_make_runs_out_of_memory_cleanly(void **state)
{
	struct classify_reference rows = reference();
	size_t made = 0, refused = 0;

	(void)state;
	for (size_t cap = 64; cap < 40000; cap += 97) {
		struct arena *mem = arena_create(cap);
		const struct classifier *classifier = NULL;
		enum res res = classify_words_make(mem, &rows, &classifier, NULL);
		assert_true(res == RES_OK || res == RES_TOO_BIG);
		made += res == RES_OK;
		refused += res == RES_TOO_BIG;
		arena_destroy(mem);
	}
	assert_true(made > 0);
	assert_true(refused > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classify_category_cases),
		cmocka_unit_test(classify_words_are_the_heaviest_first),
		cmocka_unit_test(classify_type_cases),
		cmocka_unit_test(classify_area_cases),
		cmocka_unit_test(classify_report_lists_named_units_once),
		cmocka_unit_test(classify_report_lists_every_named_unit),
		cmocka_unit_test(classify_without_memory_is_the_general_desk_and_marks_the_arena),
		cmocka_unit_test(classify_make_bad_rows_are_refused),
		cmocka_unit_test(classify_make_runs_out_of_memory_cleanly),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
