// Language: Chinese comes with the page, English when it is wanted. Kept on this device.
import { createI18n } from "vue-i18n";
import type { App } from "vue";
import { nextTick, ref } from "vue";

export type Lang = "zh-CN" | "en";
type Messages = Record<string, unknown>;

export const lang = ref<Lang>(document.documentElement.lang === "en" ? "en" : "zh-CN");
export const isElder = ref(document.documentElement.classList.contains("elder"));

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A device that keeps nothing forgets the choice.
  }
}

export function toggleElder(): void {
  isElder.value = document.documentElement.classList.toggle("elder");
  keep("wl.elder", isElder.value ? "1" : "0");
}

/** English messages come as `load`; setLang returns once they are there. */
export function makeI18n(zh: Messages, load: () => Promise<{ default: Messages }>) {
  const i18n = createI18n({
    legacy: false,
    locale: "zh-CN",
    fallbackLocale: "zh-CN",
    missingWarn: false,
    fallbackWarn: false,
    messages: { "zh-CN": zh as never },
  });
  async function setLang(next: Lang): Promise<void> {
    if (next === "en" && !i18n.global.availableLocales.includes("en" as never)) {
      i18n.global.setLocaleMessage("en" as never, (await load()).default as never);
    }
    i18n.global.locale.value = next as never;
    lang.value = next;
    document.documentElement.lang = next;
    keep("wl.lang", next);
    await nextTick();
  }
  return { i18n, setLang };
}

/** Mounts once the wanted language is there, so that nothing jumps. */
export async function mount(app: App, made: ReturnType<typeof makeI18n>): Promise<void> {
  app.use(made.i18n);
  app.provide("setLang", made.setLang);
  if (lang.value === "en") await made.setLang("en");
  app.mount("#app");
}
