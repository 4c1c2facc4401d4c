// One event stream a page: connects again for ever, slower and slower up to 15 s, and at once when the page is looked at again
// (WeChat freezes pages in the background).
import { onBeforeUnmount, ref } from "vue";

const RETRY_MOST = 15000;

export interface Live {
  isOpen: ReturnType<typeof ref<boolean>>;
  open: (path: string) => void;
  close: () => void;
}

export function useLive(handlers: Record<string, (data: string) => void>) {
  const isOpen = ref(false);
  let source: EventSource | null = null;
  let timer = 0;
  let wait = 1000;
  let path = "";

  function drop(): void {
    window.clearTimeout(timer);
    timer = 0;
    source?.close();
    source = null;
    isOpen.value = false;
  }

  function connect(): void {
    drop();
    if (path === "") return;
    const opened = new EventSource(path);
    source = opened;
    opened.onopen = () => {
      isOpen.value = true;
      wait = 1000;
    };
    opened.onerror = () => {
      drop();
      timer = window.setTimeout(connect, wait);
      wait = Math.min(wait * 2, RETRY_MOST);
    };
    for (const [name, handle] of Object.entries(handlers))
      opened.addEventListener(name, (event) => handle((event as MessageEvent<string>).data));
  }

  function onVisible(): void {
    if (document.visibilityState === "visible" && !isOpen.value) connect();
  }

  document.addEventListener("visibilitychange", onVisible);
  window.addEventListener("online", onVisible);
  onBeforeUnmount(() => {
    document.removeEventListener("visibilitychange", onVisible);
    window.removeEventListener("online", onVisible);
    path = "";
    drop();
  });
  return {
    isOpen,
    open(next: string): void {
      path = next;
      connect();
    },
    close(): void {
      path = "";
      drop();
    },
  };
}
