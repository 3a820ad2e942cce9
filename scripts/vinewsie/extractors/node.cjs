// What the scripts of the extractors on packages of Node share.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");

const from = [process.cwd(), process.env.VINEWSIE_NODE_MODULES].filter(Boolean);

// A package may log; stdout carries the answers alone.
console.log = console.info = console.error;

const write = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

function versionOfPackage(folder) {
  const file = path.join(folder, "package.json");
  const version = fs.existsSync(file) && JSON.parse(fs.readFileSync(file, "utf8")).version;
  return version || versionOfPackage(path.dirname(folder));
}

// A package, or one of its modules, with its version.
exports.load = (name) => {
  const entry = require.resolve(name, { paths: from });
  return { module: require(entry), version: versionOfPackage(path.dirname(entry)) };
};

// Writes a line of JSON for each one on stdin. With --versions, it writes the versions of Node and
// of the packages.
exports.serve = (versions, answer) => {
  if (process.argv.includes("--versions")) {
    write({ node: process.versions.node, ...versions });
  } else {
    readline
      .createInterface({ input: process.stdin })
      .on("line", (line) => write(answer(JSON.parse(line))));
  }
};
