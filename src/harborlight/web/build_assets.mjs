// Builds the site's assets: styles from USWDS and our own SCSS, fonts, the script, the mark. Run with Node from the
// repository: `node src/harborlight/web/build_assets.mjs`. Equal inputs give equal bytes; names hold a hash of the content.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const web = dirname(fileURLToPath(import.meta.url));
const root = resolve(web, "../../..");
const source = join(web, "static/source");
const build = join(web, "static/build");
const uswds = join(root, "node_modules/@uswds/uswds");
const fonts = { "public-sans-regular.woff2": "PublicSans-Regular.woff2", "public-sans-bold.woff2": "PublicSans-Bold.woff2" };
const manifest = {};

function put(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const hashed = name.replace(/(\.[a-z0-9]+)$/, `.${hash}$1`);
  writeFileSync(join(build, hashed), bytes);
  manifest[name] = hashed;
}

let sass;
try {
  sass = await import(pathToFileURL(join(root, "node_modules/sass/sass.node.mjs")));
} catch {
  console.error("The npm packages are not there. Run `npm ci --ignore-scripts` first.");
  process.exit(1);
}

rmSync(build, { recursive: true, force: true });
mkdirSync(build, { recursive: true });
for (const [name, file] of Object.entries(fonts)) put(name, readFileSync(join(uswds, "dist/fonts/public-sans", file)));
for (const file of readdirSync(source).sort()) {
  if (/\.(js|svg)$/.test(file)) put(file, readFileSync(join(source, file)));
}
// The map library as it comes, for the pages that draw a map; its worker is loaded from this site like any script.
for (const file of ["maplibre-gl.mjs", "maplibre-gl-worker.mjs"]) {
  const text = readFileSync(join(root, "node_modules/maplibre-gl/dist", file), "utf8");
  put(file, text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
}
let { css } = sass.compile(join(source, "site.scss"), {
  loadPaths: [join(uswds, "packages")],
  style: "compressed",
  quietDeps: true,
  logger: sass.Logger.silent,
});
// Icons that a USWDS component draws are copied by name.
css = css.replace(/\.\.\/img\/usa-icons\/([a-z_]+\.svg)/g, (_, name) => {
  put(name, readFileSync(join(uswds, "dist/img/usa-icons", name)));
  return manifest[name];
});
// Font addresses are written as `asset:<name>` in the SCSS, because only here their hashed names are known.
put("site.css", css.replace(/asset:([a-z0-9.-]+)/g, (_, name) => manifest[name]));
writeFileSync(join(build, "manifest.json"), JSON.stringify(manifest, Object.keys(manifest).sort(), 1) + "\n");
console.log(`assets: site.css ${Math.round(gzipSync(css, { level: 9 }).length / 1024)} KB gzipped, ${Object.keys(manifest).length} files`);
