// SPDX-License-Identifier: Apache-2.0
// Builds dist/park_scene.js, one file with nothing to fetch at run time: `npm ci && npm run build`.
// An argument names another output file (the test that compares hashes uses it).
import { build } from "esbuild";

await build({
  entryPoints: [new URL("src/index.js", import.meta.url).pathname],
  outfile: process.argv[2] ?? new URL("dist/park_scene.js", import.meta.url).pathname,
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "park_scene",
  target: ["es2021"],
  charset: "utf8",
  legalComments: "eof",
  logLevel: "warning",
});
