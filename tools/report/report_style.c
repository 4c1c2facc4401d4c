/* The look: tokens of the pages, paper first. Grey prints must read as well: lines differ in dash
 * and mark, bands in glyph. */
#include "report_html.h"

static const char style[] =
	":root{--paper:#F7F5F0;--sheet:#fff;--sunk:#EFECE4;--ink:#1B2A30;--ink-2:#4A5A61;--ink-3:#"
	"5F6E74;--line:#DDD8CC;"
	"--strong:#7B8A90;--dai:#14586A;--tint:#E3EFF1;--mid:#8FB7C1;--link:#0E5F8A;--seal:#A93226;"
	"--amber:#7A4B00;"
	"--bamboo:#28694A;"
	"--sans:-apple-system,BlinkMacSystemFont,'PingFang SC','HarmonyOS Sans "
	"SC','MiSans','Microsoft YaHei UI',"
	"'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC',sans-serif;"
	"--serif:'Songti SC','Noto Serif CJK SC','Source Han Serif SC','STSong',serif}\n"
	"*{box-sizing:border-box}\n"
	"html{-webkit-text-size-adjust:100%}\n"
	"body{margin:0;background:var(--paper);color:var(--ink);font:400 15px/1.65 var(--sans);"
	"font-variant-numeric:tabular-nums;text-spacing-trim:normal;text-autospace:normal}\n"
	"main{max-width:860px;margin:32px auto;background:var(--sheet);border-top:3px solid "
	"var(--dai);padding:48px 56px;"
	"box-shadow:0 1px 2px rgba(27,42,48,.07)}\n"
	"h1,h2,h3,p,dl,dd,figure,table{margin:0;padding:0}\n"
	"h1{font:700 30px/1.35 var(--serif);text-wrap:balance}\n"
	"h2{font:700 21px/1.35 var(--serif);margin:40px 0 4px;break-after:avoid}\n"
	"h3{font-size:15px;font-weight:600;margin:24px 0 6px;break-after:avoid}\n"
	"p.note{color:var(--ink-2);font-size:13px;margin-bottom:12px}\n"
	"a{color:var(--link);text-underline-offset:3px}\n"
	".nb{display:inline-block}\n"
	"header .org{color:var(--dai);font-weight:600;letter-spacing:.08em}\n"
	"header "
	".meta{color:var(--ink-2);font-size:13px;margin-top:8px;padding-bottom:16px;border-bottom:"
	"1px solid var(--line)}\n"
	".lead{font-size:17px;line-height:1.85;margin-top:20px}\n"
	".lead b{font-weight:700}\n"
	".points{margin:14px 0 0;padding:0;list-style:none}\n"
	".points li{padding:6px 0 6px 26px;border-top:1px solid var(--line);position:relative}\n"
	".points li:last-child{border-bottom:1px solid var(--line)}\n"
	".points svg{position:absolute;left:2px;top:12px}\n"
	".cards{display:grid;grid-template-columns:repeat(3,1fr);gap:12px;margin-top:24px}\n"
	".card{border:1px solid var(--line);border-radius:8px;padding:12px "
	"16px;break-inside:avoid}\n"
	".card .name{color:var(--ink-2);font-size:13px}\n"
	".card .value{font-size:30px;font-weight:600;line-height:1.3}\n"
	".card .value small{font-size:14px;font-weight:400;color:var(--ink-2);margin-left:4px}\n"
	".card .parts{font-size:13px}\n"
	".card .change{font-size:13px;color:var(--ink-2)}\n"
	".none{color:var(--ink-3)}\n"
	"svg.g{width:14px;height:14px;vertical-align:-2px;flex:none}\n"
	"figure{margin:12px 0 0;break-inside:avoid}\n"
	"figure svg{width:100%;height:auto;display:block}\n"
	"figcaption{font-size:13px;color:var(--ink-2);margin-top:4px}\n"
	"svg text{font-family:var(--sans);fill:#4A5A61}\n"
	"table{border-collapse:collapse;width:100%;font-size:13.5px;margin-top:8px}\n"
	"th{font-weight:600;text-align:left;border-bottom:1.5px solid var(--ink);padding:5px 8px "
	"5px 0;vertical-align:bottom;"
	"line-height:1.35}\n"
	"td{border-bottom:1px solid var(--line);padding:5px 8px 5px "
	"0;vertical-align:top;line-height:1.45}\n"
	"tr{break-inside:avoid}\n"
	"thead{display:table-header-group}\n"
	"th.n,td.n{text-align:right;white-space:nowrap;padding-left:10px}\n"
	"td:first-child{white-space:nowrap}\n"
	".two td:first-child{white-space:normal;min-width:7em}\n"
	"th.def,td.def{padding-left:14px}\n"
	".where{margin-top:16px}\n"
	"td small{display:block;color:var(--ink-2);font-size:12px;white-space:nowrap}\n"
	"td.few{background:repeating-linear-gradient(135deg,#fff 0 5px,#E4E0D6 5px "
	"6px);color:var(--ink-2)}\n"
	"td.bar{width:36%;vertical-align:middle}\n"
	"td.bar svg{display:block;width:100%;height:14px}\n"
	"td.def{color:var(--ink-2);font-size:12.5px}\n"
	".two{display:grid;grid-template-columns:1fr 1fr;gap:0 32px}\n"
	".band{white-space:nowrap;font-weight:600}\n"
	".empty{border:1.5px dashed "
	"var(--strong);border-radius:8px;padding:40px;text-align:center;margin-top:32px;font-size:"
	"17px}\n"
	"footer{margin-top:40px;padding-top:12px;border-top:1px solid "
	"var(--line);color:var(--ink-2);font-size:12.5px}\n"
	"@media (max-width:720px){main{margin:0;padding:24px 16px}.cards{grid-template-columns:1fr "
	"1fr}.two{grid-template-columns:1fr}"
	".scroll{overflow-x:auto}}\n"
	"@page{size:A4;margin:16mm 15mm 18mm;@bottom-right{content:'第 ' counter(page) ' 页 / 共 ' "
	"counter(pages) ' 页';"
	"font-size:9pt;color:#4A5A61}}\n"
	"@media "
	"print{body{background:#fff;color:#000;font-size:10.5pt}main{max-width:none;margin:0;"
	"padding:0;border:0;box-shadow:none}"
	"h1{font-size:22pt}h2{font-size:15pt;margin-top:22pt}table{font-size:9pt}.lead{font-size:"
	"12pt}.card .value{font-size:20pt}"
	"td small,td.def{font-size:8.5pt}a{color:#000}.page{break-before:page}"
	"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n";

void html_style(struct buf *out)
{
	buf_printf(out, "<style>\n%s</style>\n", style);
}

void html_text(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		const char c = text.p[i];
		if (c == '&')
			buf_add_str(out, STR("&amp;"));
		else if (c == '<')
			buf_add_str(out, STR("&lt;"));
		else if (c == '>')
			buf_add_str(out, STR("&gt;"));
		else if (c == '"')
			buf_add_str(out, STR("&quot;"));
		else
			buf_add(out, &c, 1);
	}
}

void html_glyph(struct buf *out, enum band band)
{
	static const char half_filled[] =
		"<circle cx='7' cy='7' r='5.2' fill='none' stroke='#14586A' stroke-width='1.6'/>"
		"<path d='M7 1.8a5.2 5.2 0 0 0 0 10.4z' fill='#14586A'/>";
	static const char *const drawings[] = {
		[BAND_NONE] = "",
		[BAND_EXCELLENT] = "<circle cx='7' cy='7' r='6' fill='#28694A'/>",
		[BAND_GOOD] = half_filled,
		[BAND_FAIR] = "<path d='M7 1 13.4 12.6H.6z' fill='#7A4B00'/>",
		[BAND_POOR] = "<path d='M7 .4 13.6 7 7 13.6.4 7z' fill='#A93226'/>",
	};

	buf_printf(out, "<svg class='g' viewBox='0 0 14 14' aria-hidden='true'>%s</svg>",
		drawings[band]);
}
