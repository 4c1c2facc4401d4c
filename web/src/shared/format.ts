// Dates and numbers as people here read them: always Shanghai's time, limits end at 24:00.
import { lang } from "./i18n";
import type { Name } from "./types";

const ZONE = "Asia/Shanghai";

interface Parts {
  year: string;
  month: string;
  day: string;
  weekday: string;
  hour: string;
  minute: string;
  second: string;
}

function partsOf(at: Date, locale: string): Parts {
  const found: Record<string, string> = {};
  const format = new Intl.DateTimeFormat(locale, {
    timeZone: ZONE,
    year: "numeric",
    month: locale === "en-GB" ? "short" : "numeric",
    day: "numeric",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  for (const part of format.formatToParts(at)) found[part.type] = part.value;
  return found as unknown as Parts;
}

function isThisYear(parts: Parts, now: Date): boolean {
  return parts.year === partsOf(now, "zh-CN").year;
}

/** 11月21日（周五）· Fri 21 Nov; another year is named. */
export function dayText(iso: string, now: Date, withWeekday = true): string {
  const at = new Date(iso);
  if (lang.value === "en") {
    const p = partsOf(at, "en-GB");
    const year = isThisYear(p, now) ? "" : ` ${p.year}`;
    return `${withWeekday ? `${p.weekday} ` : ""}${p.day} ${p.month}${year}`;
  }
  const p = partsOf(at, "zh-CN");
  const year = isThisYear(p, now) ? "" : `${p.year}年`;
  return `${year}${p.month}月${p.day}日${withWeekday ? `（${p.weekday}）` : ""}`;
}

export function clockText(iso: string, withSeconds = false): string {
  const p = partsOf(new Date(iso), "zh-CN");
  return withSeconds ? `${p.hour}:${p.minute}:${p.second}` : `${p.hour}:${p.minute}`;
}

/** 11月18日 16:20 */
export function momentText(iso: string, now: Date): string {
  return `${dayText(iso, now, false)} ${clockText(iso)}`;
}

/** The day that a limit covers, with its end: 11月21日（周五）24:00. */
export function limitText(iso: string, now: Date): string {
  const at = new Date(iso);
  const p = partsOf(at, "zh-CN");
  if (p.hour === "00" && p.minute === "00" && p.second === "00") {
    const day = dayText(new Date(at.getTime() - 1000).toISOString(), now);
    return lang.value === "en" ? `${day}, 24:00` : `${day}24:00`;
  }
  return lang.value === "en" ? `${dayText(iso, now)}, ${clockText(iso)}` : `${dayText(iso, now)}${clockText(iso)}`;
}

export function limitDayText(iso: string, now: Date): string {
  return dayText(new Date(new Date(iso).getTime() - 1000).toISOString(), now, false);
}

export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** One decimal; null where there is nothing to divide by. */
export function rate(num: number, den: number): string | null {
  return den === 0 ? null : ((100 * num) / den).toFixed(1);
}

export function nameText(name: { zh?: string; en?: string; code?: string } | Name | undefined): string {
  if (name === undefined) return "";
  return (lang.value === "en" ? name.en : name.zh) ?? name.code ?? "";
}
