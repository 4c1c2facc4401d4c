/* Letters from templates. See bench_letter.h. */
#include "bench_letter.h"

static const struct {
	const char *title;
	const char *body; /* about 120 characters with what comes before it */
} matters[] = {
	{ "小区电梯停运无人维修",
		"小区的电梯从上周五开始停运，到今天已经三天没有人来维修，物业电话一直没人接。"
		"家里老人腿脚不方便，每天上下十二层楼非常困难，希望督促物业尽快修好，"
		"并公开维修资金的使用情况，谢谢。" },
	{ "工地夜间施工噪声扰民",
		"旁边的工地每天晚上十一点以后还在施工，机器声音很大，周围几栋楼的居民都没有办法"
		"休息，孩子第二天还要上学。我们多次打电话投诉也没有改善，请查处夜间施工，"
		"并告知处理的结果。" },
	{ "路灯损坏一个月没有维修",
		"中段有七八盏路灯不亮已经一个月了，晚上走路看不清楚，前几天有人在这里摔倒受伤。"
		"我们向社区反映过两次，都说已经上报，但是一直没有人来维修，请有关部门安排人员"
		"尽快修好。" },
	{ "建议增加早高峰公交班次",
		"附近新住进来很多人，早高峰的公交车根本挤不上去，很多人要等三四趟车才能上车，"
		"上班经常迟到。建议增加早高峰的班次，或者开通一条到地铁站的支线，方便大家出行，"
		"也能减少堵车。" },
	{ "菜市场后门垃圾没人清运",
		"菜市场后门的垃圾已经堆了好几天没有人清运，天气热味道很大，苍蝇很多，住在旁边的"
		"居民不敢开窗户。请环卫部门每天按时清运，增加垃圾桶，并且加强对商户的管理，"
		"不要乱倒垃圾。" },
	{ "自来水发黄有异味",
		"一带的自来水从上周开始发黄，有一股味道，烧开了也不敢喝，家里有小孩，只能买桶装水"
		"用。我们打过供水公司的电话，说是管道维修，但是一个星期过去了还没有好，请派人来"
		"检测并答复。" },
	{ "老板拖欠工资请求帮助",
		"我们十几个人在一个项目上干了四个月，老板一直拖欠工资，打电话也不接，去找了几次都"
		"见不到人。大家都是外地来的，家里等着用钱，请劳动部门帮助我们讨回工资，"
		"我们有考勤表和欠条。" },
	{ "路口井盖松动存在危险",
		"路口的井盖松动已经有一段时间，汽车压过去响声很大，晚上影响休息，前天有一位骑车的"
		"人差点摔进去。请有关部门尽快更换井盖，并检查这条路上其他的井盖，避免出现安全"
		"事故，谢谢。" },
};
static const char *const places[] = { "锦江区", "青羊区", "金牛区", "武侯区", "成华区" };

_Static_assert(
	sizeof matters / sizeof matters[0] * (sizeof places / sizeof places[0]) == LETTER_TEMPLATES,
	"a template is a matter at a place");

static struct wangli_letter letter_of(struct arena *mem, const char *prefix, int64_t n,
	const char *place, const char *title, struct str body)
{
	return (struct wangli_letter){
		WANGLI_SIZED(struct wangli_letter),
		.source_msg_id = sdk_text(arena_printf(mem, "%s-%lld", prefix, (long long)n)),
		.title = wangli_text_from_c(title),
		.body = sdk_text(body),
		.area = wangli_text_from_c(place),
		.contact = { .name = SDK_TEXT("张先生"),
			.phone = sdk_text(
				arena_printf(mem, "138%08lld", (long long)(n % 100000000))),
			.account = SDK_TEXT("made-up") },
		.reply_address = SDK_TEXT("sealed-by-the-channel-for-itself"),
	};
}

struct wangli_letter bench_letter_make(struct arena *mem, const char *prefix, int64_t n)
{
	size_t template = (size_t)(n - 1) % LETTER_TEMPLATES;
	size_t matter = template % (sizeof matters / sizeof matters[0]);
	const char *place = places[template / (sizeof matters / sizeof matters[0])];
	return letter_of(mem, prefix, n, place, matters[matter].title,
		arena_printf(mem, "您好，我住在%s，%s", place, matters[matter].body));
}

struct wangli_letter bench_letter_consult(struct arena *mem, const char *prefix, int64_t n)
{
	static const char body[] =
		"您好，我是外地来的，在这里工作已经一年多了，想请问居住证怎么办理，需要准备哪些材料"
		"，"
		"要到什么地方去办，多长时间可以拿到。另外我爱人和孩子能不能一起办，孩子明年上小学，"
		"是不是一定要有居住证才可以报名，麻烦告诉我，谢谢。";
	const char *place = places[(size_t)n % (sizeof places / sizeof places[0])];
	return letter_of(mem, prefix, n, place, "请问居住证怎么办理", STR(body));
}
