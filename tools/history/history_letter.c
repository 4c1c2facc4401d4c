/* Made-up letters. See history_letter.h. */
#include "history_letter.h"

static const struct {
	const char *title;
	const char *body; /* one %s: where */
} matters[] = {
	{ "小区电梯停运无人维修",
		"%s一处小区的电梯已经停了三天，物业电话没人接，老人上下楼很困难，请督促维修。" },
	{ "工地夜间施工噪声扰民",
		"%s旁边的工地每天晚上十一点以后还在施工，噪声很大，孩子没法睡觉，希望查处。" },
	{ "请问公租房怎么申请",
		"您好，我在%s附近上班，请问申请公租房需要什么条件，要带哪些材料？" },
	{ "拖欠工资请求帮助",
		"我们十几个人在%s的项目干了四个月，工资一直拖欠，打电话也不接，请帮帮我们。" },
	{ "建议增加公交班次", "%s新住进来很多人，早高峰的公交车挤不上去，建议增加班次。" },
	{ "路灯不亮已经一个月", "%s中段有七八盏路灯不亮，晚上走路看不清，请安排维修。" },
	{ "垃圾没人清运", "%s菜市场后门的垃圾堆了两天没有清运，味道很大。" },
	{ "自来水发黄", "从上周开始%s一带的自来水发黄，请供水部门来检测。" },
	{ "感谢社区工作人员", "我母亲在%s走失，社区的工作人员帮忙找了一夜，特此感谢。" },
	{ "井盖松动有危险", "%s路口的井盖松动，晚上有人差点摔进去，请尽快处理。" },
};
static const char *const streets[] = { "春熙路", "人民南路", "天府大道", "玉林街", "建设路",
	"抚琴西路", "双楠路", "东大街" };
static const char *const areas[] = { "锦江区", "青羊区", "金牛区", "武侯区", "成华区", "", "" };

#define PICK(list, number) ((list)[(number) % (sizeof(list) / sizeof((list)[0]))])

/* SplitMix64. Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators". */
static uint64_t mixed(uint64_t seed, uint64_t n)
{
	uint64_t x = seed + n * UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* "…%s…" with the place put in; the texts above are ours, so a plain replacement will do. */
static struct str body_make(struct arena *mem, const char *body, const char *where, uint64_t n)
{
	struct str text = str_from_c(body);
	size_t at = str_find(text, STR("%s"), 0);
	return arena_printf(mem, "%.*s%s%.*s（第%llu件）", STR_ARG(str_slice(text, 0, at)), where,
		STR_ARG(str_slice(text, at + 2, text.n)), (unsigned long long)n);
}

struct wangli_letter history_letter_make(
	struct arena *mem, const char *prefix, uint64_t seed, uint64_t n)
{
	uint64_t dice = mixed(seed, n);
	const char *title = PICK(matters, dice).title;
	const char *body = PICK(matters, dice).body;
	bool has_contact = (dice >> 8) % 4 != 0;
	return (struct wangli_letter){
		WANGLI_SIZED(struct wangli_letter),
		.source_msg_id =
			sdk_text(arena_printf(mem, "%s-%llu", prefix, (unsigned long long)n)),
		.title = wangli_text_from_c(title),
		.body = sdk_text(body_make(mem, body, PICK(streets, dice >> 16), n)),
		.area = wangli_text_from_c(PICK(areas, dice >> 24)),
		.likes = (int32_t)((dice >> 32) % 50),
		.klass = (dice >> 40) % 50 == 0 ? SDK_TEXT("report") : SDK_TEXT(""),
		.contact = {
			.phone = sdk_text(has_contact
						  ? arena_printf(mem, "1380000%04u",
							    (unsigned)((dice >> 48) % 10000))
						  : STR("")),
			.account = sdk_text(
				arena_printf(mem, "made-up-%u", (unsigned)((dice >> 48) % 997))),
		},
	};
}
