// Three pages, one build. Nothing inline: the portal's policy allows neither inline scripts nor styles.
import vue from "@vitejs/plugin-vue";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const page = (name: string) => fileURLToPath(new URL(`./${name}.html`, import.meta.url));

export default defineConfig({
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    target: "es2019",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        // One file for what every page needs: fewer requests than one a component.
        manualChunks: (id: string) =>
          id.includes("node_modules") || id.includes("vite/preload-helper") || (id.includes("/src/shared/") && !id.includes("messages.en")) ? "shared" : undefined,
      },
      input: { overview: page("overview"), query: page("query"), cases: page("cases") },
    },
  },
  server: { proxy: { "/api": process.env.WANGLI_PORTAL ?? "http://127.0.0.1:8311" } },
});
