// Questions to the portal. Problems come as text in the reader's language, with an incident code where somebody must look.
export interface Problem {
  code: string;
  text: string;
  detail?: string;
  incident?: string;
}

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.text);
  }
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...init,
      credentials: "same-origin",
      headers: { ...init.headers, "Accept-Language": document.documentElement.lang },
    });
  } catch {
    throw new ProblemError({ code: "offline", text: "" });
  }
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // An answer that is no JSON comes from something between the portal and us.
  }
  if (response.ok && body !== null) return body as T;
  const error = (body as { error?: Problem } | null)?.error;
  throw new ProblemError(error ?? { code: response.ok ? "broken" : "away", text: "" });
}

export function get<T>(path: string): Promise<T> {
  return ask<T>(path, { method: "GET" });
}

export function post<T>(path: string, body: unknown, token = ""): Promise<T> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (token !== "") headers["X-Wangli-Token"] = token;
  return ask<T>(path, { method: "POST", headers, body: JSON.stringify(body) });
}
