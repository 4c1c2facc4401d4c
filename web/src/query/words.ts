// From an entry of a journal to words: title, what, why, by whom, and a symbol. One key each; an unknown type is shown as news.
import type { Composer } from "vue-i18n";
import { limitText, nameText } from "../shared/format";
import type { Letter, Step } from "../shared/types";

type Words = Pick<Composer, "t" | "te">;

export interface Told {
  title: string;
  lines: string[];
  why: string;
  by: string;
  bySystem: string;
  icon: string;
  isTurn: boolean;
}

/** "intake.accepted.v1" → "intake_accepted" */
export function keyOf(type: string): string {
  return type.replace(/\.v\d+$/, "").replace(/\./g, "_");
}

const ICONS: Record<string, string> = {
  intake_received: "mail",
  intake_accepted: "done",
  intake_refused: "stop",
  dispatch_dispatched: "people",
  dispatch_redispatched: "redo",
  dispatch_signed: "done",
  dispatch_contacted: "phone",
  dispatch_resolved: "flag",
  reply_submitted: "pen",
  reply_approved: "done",
  reply_rejected: "redo",
  reply_replied: "done",
  reply_no_article: "people",
  reply_delivered: "mail",
  reply_undeliverable: "warn",
  reply_notified: "mail",
  reply_unnotified: "warn",
  followup_started: "bell",
  followup_visited: "bell",
  followup_silent: "pause",
  followup_rated: "star",
  followup_redo: "redo",
  followup_closed: "done",
};

const TURNS = ["dispatch_redispatched", "reply_rejected", "followup_redo", "reply_no_article"];

function titleOf(step: Step, key: string, { t, te }: Words): string {
  const unit = nameText(step.unit);
  if (key === "reply_approved") return t(`step.reply_approved_${step.stage === 2 ? 2 : 1}`);
  if (key === "reply_replied" && step.from_kb) return t("step.reply_replied_kb");
  if (unit === "" && te(`step.${key}_plain`)) return t(`step.${key}_plain`);
  return te(`step.${key}`) ? t(`step.${key}`, { unit, n: step.n ?? step.visits ?? 1 }) : t("step.unknown");
}

function linesOf(step: Step, key: string, now: Date, { t, te }: Words): string[] {
  const lines: string[] = [];
  if (step.note) lines.push(step.note);
  if (key === "intake_accepted" && step.kind) {
    const category = nameText(step.category);
    lines.push(t(category === "" ? "detail.kind" : "detail.kindCategory", { kind: t(`kind.${step.kind}`), category }));
  }
  if (key === "intake_accepted" && step.from_kb) lines.push(t("detail.fromKb"));
  if (key === "reply_replied" && step.from_kb) lines.push(t("detail.answered"));
  if (key === "intake_received" && step.accept_due) lines.push(t("detail.acceptDue", { limit: limitText(step.accept_due, now) }));
  if (step.resolve_due) lines.push(t("detail.resolveDue", { limit: limitText(step.resolve_due, now) }));
  const others = (step.with ?? []).map((one) => nameText(one.unit)).filter((name) => name !== "");
  if (others.length > 0) lines.push(t("detail.with", { units: others.join("、") }));
  if (key === "dispatch_signed" && step.on_time === false) lines.push(t("detail.signedLate"));
  if (step.means && te(`means.${step.means}`) && key === "dispatch_contacted") lines.push(t("detail.means", { means: t(`means.${step.means}`) }));
  if (key === "dispatch_resolved" && step.on_time !== undefined) lines.push(t(step.on_time ? "detail.resolvedOnTime" : "detail.resolvedLate"));
  if ((key === "reply_delivered" || key === "reply_notified") && step.channel)
    lines.push(t("detail.channel", { channel: te(`channel.${step.channel}`) ? t(`channel.${step.channel}`) : step.channel }));
  if (key === "reply_undeliverable") lines.push(t("detail.undeliverable"));
  if (key === "followup_started" && step.visits) lines.push(t("detail.plan", { n: step.visits }));
  if (key === "followup_rated" && step.solved)
    lines.push(t("detail.rated", { solved: t(`solved.${step.solved}`), satisfaction: t(`satisfaction.${step.satisfaction ?? 3}`) }));
  if (key === "followup_closed" && step.reason && te(`closed.${step.reason}`)) lines.push(t(`closed.${step.reason}`));
  return lines;
}

function whyOf(step: Step, key: string, { t, te }: Words): string {
  if (key === "intake_refused" && step.reason && te(`refused.${step.reason}`)) return t(`refused.${step.reason}`);
  if (key === "reply_rejected") return t("why.rejected");
  if (key === "reply_no_article") return t("why.no_article");
  if (step.reason && key !== "followup_closed" && te(`why.${step.reason}`)) return t(`why.${step.reason}`);
  return "";
}

function byOf(step: Step, { t, te }: Words): string {
  if (!step.role || step.role === "system" || step.role === "citizen" || !te(`role.${step.role}`)) return "";
  const role = t(`role.${step.role}`);
  const unit = nameText(step.by);
  return unit === "" ? t("detail.byRole", { role }) : t("detail.byRoleOf", { unit, role });
}

export function tell(step: Step, now: Date, words: Words): Told {
  const key = keyOf(step.type);
  return {
    title: titleOf(step, key, words),
    lines: linesOf(step, key, now, words),
    why: whyOf(step, key, words),
    by: byOf(step, words),
    bySystem: step.role === "system" && key !== "intake_received" ? words.t("detail.bySystem") : "",
    icon: ICONS[key] ?? "done",
    isTurn: TURNS.includes(key),
  };
}

/** The sentence that heads the page: what the last step said to the citizen, or one made for it. */
export function said(letter: Letter, { t, te }: Words): string {
  const last = letter.steps[letter.steps.length - 1];
  if (last === undefined) return t("said.unknown");
  if (last.note) return last.note;
  let key = keyOf(last.type);
  if (key === "intake_accepted" && last.from_kb) key = "intake_accepted_kb";
  return te(`said.${key}`) ? t(`said.${key}`) : t("said.unknown");
}
