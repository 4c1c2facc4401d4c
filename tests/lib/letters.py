"""Letters of our own for tests: plausible, varied, made from a seed. Nobody's real words."""

import csv
import datetime
import random

AREAS = ["锦江区", "青羊区", "金牛区", "武侯区", "成华区", "龙泉驿区", "新都区", "双流区", "", ""]
MATTERS = [
    ("小区物业不作为，电梯停了三天", "我住在{street}的小区，电梯已经停了三天，物业电话没人接，老人上下楼很困难，请督促物业尽快维修。"),
    ("工地夜间施工噪声扰民", "{street}旁边的工地每天晚上十一点以后还在施工，噪声很大，孩子没法睡觉，希望环保部门查处。"),
    ("请问公租房怎么申请", "您好，我是来{street}附近上班的外地人，请问申请公租房需要什么条件，要带哪些材料？"),
    ("拖欠工资请求帮助", "我们十几个人在{street}的项目干了四个月，老板一直拖欠工资，打电话也不接，请帮帮我们。"),
    ("建议增加公交班次", "{street}这边新住进来很多人，早高峰的公交车挤不上去，建议增加班次，或者开一条到地铁站的支线。"),
    ("路灯不亮已经一个月", "{street}中段有七八盏路灯不亮，已经一个月了，晚上走路看不清，摔过人，请安排维修。"),
    ("垃圾桶没人清运", "{street}菜市场后门的垃圾堆了两天没有清运，味道很大，苍蝇很多。"),
    ("自来水发黄", "从上周开始{street}一带的自来水发黄，有一股味道，烧开了也不敢喝，请供水部门来检测。"),
    ("感谢社区工作人员", "我母亲在{street}走失，社区的工作人员和民警帮忙找了一夜，特此感谢。"),
    ("幼儿园收费是否合理", "孩子在{street}的幼儿园上学，这学期突然多收了一笔伙食费，请问教育局有没有规定？"),
    ("井盖松动有危险", "{street}路口的井盖松动，车压过去响声很大，晚上有人差点摔进去。"),
    ("关于某事", "想反映一件事情，希望有人联系我。"),
]
STREETS = ["春熙路", "人民南路", "天府大道", "玉林街", "建设路", "抚琴西路", "双楠路", "驷马桥街", "东大街", "一环路"]
REPLY = "您好，您反映的“{title}”一事已收悉。经{unit}现场核实，{act}。如有疑问，请与我们联系。感谢您的关心和支持。"
ACTS = ["已于当日整改到位", "已责成责任单位在七个工作日内完成", "相关材料和办理流程已电话向您说明", "已纳入下一步计划"]


def write(path, count, seed=1, start=datetime.datetime(2019, 3, 4, 9, 0), with_reply=True, prefix="T"):
    """A CSV of `count` letters over about two months; returns its rows."""
    rng = random.Random(seed)
    rows = []
    at = start
    for n in range(count):
        title, body = rng.choice(MATTERS)
        street = rng.choice(STREETS)
        at += datetime.timedelta(minutes=rng.randrange(5, 600))
        row = {
            "external_id": f"{prefix}{n + 1}",
            "title": title,
            "body": body.format(street=street) + f"（编号{n + 1}）",
            "time": at.strftime("%Y-%m-%d %H:%M:%S"),
            "user": f"user{rng.randrange(1000)}",
            "area": rng.choice(AREAS),
            "likes": str(rng.randrange(20)),
        }
        if with_reply:
            replied = at + datetime.timedelta(days=rng.randrange(1, 15), minutes=rng.randrange(600))
            row["reply"] = REPLY.format(title=title, unit=rng.choice(["街道办", "区住建局", "市城管委"]), act=rng.choice(ACTS))
            row["reply_time"] = replied.strftime("%Y-%m-%d %H:%M:%S")
        rows.append(row)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows
