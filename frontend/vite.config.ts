import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { defineConfig, type Plugin, type Rollup } from "vite";

const root = import.meta.dirname;

/** Every file in a folder is an entry of its own, named like the folder and the file: "islands/board". */
function entriesIn(folder: string, extensions: string[]): Record<string, string> {
  const path = resolve(root, "src", folder);
  return Object.fromEntries(
    readdirSync(path)
      .filter((file) => extensions.includes(extname(file)) && !file.endsWith(".d.ts"))
      .map((file) => [`${folder}/${basename(file, extname(file))}`, resolve(path, file)]),
  );
}

/** What the field app needs without a network: all that its entry reaches, dynamic imports and styles included. */
function filesReachableFrom(entry: Rollup.OutputChunk, bundle: Rollup.OutputBundle): string[] {
  const found = new Set<string>();
  const walk = (fileName: string): void => {
    if (found.has(fileName)) return;
    found.add(fileName);
    const chunk = bundle[fileName];
    if (chunk?.type !== "chunk") return;
    chunk.viteMetadata?.importedCss.forEach((css) => found.add(css));
    [...chunk.imports, ...chunk.dynamicImports].forEach(walk);
  };
  walk(entry.fileName);
  return [...found].sort();
}

/** Names the build in every row of the outbox, so that a strange one can be traced to the code that wrote it. */
function buildName(): string {
  const folder = resolve(root, "src/field");
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const paths = files.map((one) => resolve(one.parentPath, one.name));
  paths.sort().forEach((path) => hash.update(readFileSync(path)));
  return hash.digest("hex").slice(0, 8);
}

/** The dark colours stand once, in tokens.css, for phones that are dark; here the same for a person who chose so. */
function darkByChoice(): Plugin {
  const whenChosen = ':root[data-theme="dark"]';
  return {
    name: "dark-by-choice",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith("/styles/field.css")) return null;
      const tokens = readFileSync(resolve(root, "src/styles/tokens.css"), "utf-8");
      const colours = /:root:not\(\[data-theme="light"\]\) (\{[^}]*\})/.exec(tokens)?.[1];
      if (!colours) throw new Error("tokens.css has no dark colours where they are looked for");
      return `${code}\n${whenChosen} ${colours}`;
    },
  };
}

/** All that an entry needs at once: its imports that are not waited for, followed file by file. */
function sourcesAtOnce(entry: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(entry)) return found;
  const source = readFileSync(entry, "utf-8");
  found.set(entry, source);
  for (const [, path] of source.matchAll(/^(?:import|export)\s[^;]*?from "(\.[^"]+)"/gm)) {
    const target = [".ts", ".tsx"].map((ending) => resolve(dirname(entry), `${path}${ending}`)).find((file) => existsSync(file));
    if (target) sourcesAtOnce(target, found);
  }
  return found;
}

const START = resolve(root, "src/field/main.tsx");
const neededAtOnce = sourcesAtOnce(START);

/** All this comes in one file beside the start itself: each further file costs a header and a wait. */
function isNeededAtOnce(id: string): boolean {
  return (neededAtOnce.has(id) && id !== START) || /node_modules\/(preact|idb)\/|preload-helper/.test(id);
}

/** Cuts a catalog in two, "?first" and "?others", so that the first picture brings only the words that it shows. */
function wordsInTwo(): Plugin {
  return {
    name: "words-in-two",
    enforce: "pre",
    load(id) {
      const [path, part] = id.split("?");
      if (!path?.includes("/src/catalogs/") || (part !== "first" && part !== "others")) return null;
      const sources = [...neededAtOnce.values()].join("\n");
      const catalog = Object.entries(JSON.parse(readFileSync(path, "utf-8")) as Record<string, unknown>);
      const wanted = catalog.filter(([text]) => sources.includes(JSON.stringify(text)) === (part === "first"));
      return { code: `export default ${JSON.stringify(Object.fromEntries(wanted))};`, moduleType: "js" };
    },
  };
}

function precacheList(): Plugin {
  return {
    name: "precache-list",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
        const worker = chunks.find((chunk) => chunk.fileName === "sw.js");
        const entry = chunks.find((chunk) => chunk.isEntry && chunk.facadeModuleId?.endsWith("/m.html"));
        if (!worker || !entry) throw new Error("the field app needs both m.html and src/sw.ts as entries");
        const files = filesReachableFrom(entry, bundle).map((file) => `/static/${file}`);
        const shell = bundle["m.html"];
        const hash = createHash("sha256").update(files.join("\n")).update(worker.code);
        if (shell?.type === "asset") hash.update(shell.source);
        worker.code = worker.code
          .replaceAll("__PRECACHE__", JSON.stringify(files))
          .replaceAll("__VER__", JSON.stringify(hash.digest("hex").slice(0, 12)));
      },
    },
  };
}

/** A brotli twin beside each asset: compressing at build time beats the quick level a server can afford per request. */
function brotliTwins(): Plugin {
  return {
    name: "brotli-twins",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (!/\.(js|css|svg)$/.test(file.fileName)) continue;
          const source = Buffer.from(file.type === "chunk" ? file.code : file.source);
          // The best level takes seconds for the viewer of the API's description, which hardly anybody opens.
          const quality = source.length < 200_000 ? 11 : 6;
          const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
          this.emitFile({ type: "asset", fileName: `${file.fileName}.br`, source: brotliCompressSync(source, { params }) });
        }
        // Copied as it is, so not in the bundle; the browser fetches it with the first page.
        const icon = readFileSync(resolve(root, "public/icons/icon.svg"));
        this.emitFile({ type: "asset", fileName: "icons/icon.svg.br", source: brotliCompressSync(icon) });
      },
    },
  };
}

/** One file too: whatever needs a part of it soon needs the rest. */
const OUTBOX = { name: "outbox", test: /\/src\/field\/outbox\// };

export default defineConfig({
  root,
  base: "/static/",
  plugins: [darkByChoice(), wordsInTwo(), precacheList(), brotliTwins()],
  define: { __BUILD__: JSON.stringify(buildName()) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: resolve(root, "../app/static_dist"),
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The viewer of the API document is one big file from npm, on a page of its own.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: {
        m: resolve(root, "m.html"),
        sw: resolve(root, "src/sw.ts"),
        ...entriesIn("islands", [".ts", ".tsx"]),
        ...entriesIn("styles", [".css"]),
      },
      output: {
        codeSplitting: { groups: [{ name: "field", test: isNeededAtOnce }, OUTBOX] },
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
});
