import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The whole page as one file: for a notebook, a USB stick, an e-mail. What Vite leaves apart
// (markup, script, style), tools/build_page.py puts together.
export default defineConfig({
  base: "./",
  plugins: [svelte()],
  publicDir: false,
  // A module cannot be started from inside a file that was opened from a disk.
  worker: { format: "iife" },
  resolve: { alias: [{ find: /^\.\/(transport\/)?start$/, replacement: here("src/single/start.ts") }] },
  build: {
    outDir: "dist/single",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: false, entryFileNames: "page.js", assetFileNames: "page[extname]" } },
  },
});
