// What the portal's API says; see services/portal/README.md.
export interface Name {
  code: string;
  zh: string;
  en: string;
}

export interface Chip {
  stage: "ok" | "half" | "near" | "over" | "done";
  due: string;
  start?: string;
  answer?: boolean;
  hours: boolean;
  provisional?: boolean;
  late: boolean;
  total?: number;
  left: number;
  over: number;
}

export interface Counts {
  all: number;
  received: number;
  answered: number;
  closed: number;
  open: number;
  overdue: number;
  due_soon: number;
  on_time: number;
  due: number;
}

export interface Count extends Counts {
  key: string;
  zh?: string;
  en?: string;
  level?: number;
  kind?: string;
}

export interface Figures extends Counts {
  soon_ends: string;
  rates: Record<string, { num: number; den: number }>;
  states: Count[];
  channels: Count[];
  units: Count[];
}

export interface Step {
  type: string;
  at: string;
  role?: string;
  by?: Name;
  unit?: Name;
  area?: Name;
  category?: Name;
  with?: { unit?: Name }[];
  note?: string;
  kind?: string;
  reason?: string;
  channel?: string;
  means?: string;
  solved?: string;
  satisfaction?: number;
  n?: number;
  stage?: number;
  visits?: number;
  round?: number;
  redo?: number;
  on_time?: boolean;
  from_kb?: boolean;
  general_desk?: boolean;
  accept_due?: string;
  sign_due?: string;
  contact_due?: string;
  resolve_due?: string;
  first_at?: string;
}

export interface Letter {
  no: string;
  now: string;
  state?: string;
  version: number;
  kind?: string;
  unit?: Name;
  area?: Name;
  category?: Name;
  report: boolean;
  chip?: Chip;
  can_rate: boolean;
  answered: boolean;
  refused: boolean;
  closed: boolean;
  redone: boolean;
  reply?: string;
  refusal?: { sentence: string; guidance: string };
  steps: Step[];
  token: string;
}

export interface ListedCase {
  id: string;
  no: string;
  state: string;
  kind: string;
  channel: string;
  received_at: string;
  report: boolean;
  unit?: Name;
  area?: Name;
  category?: Name;
  chip?: Chip;
}

export interface CasesPage {
  at: string;
  filter: { metric: string; numerator: boolean; unit?: Name; area?: Name; category?: Name; channel: string; state: string; kind: string };
  cases: ListedCase[];
  next_before?: string;
}
