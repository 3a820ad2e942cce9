// Named entities with vntk. A question is a text; the answer is a list of [word, tag].
"use strict";

const { load, serve } = require("./node.cjs");

const { module: vntk, version } = load("vntk");
const ner = vntk.ner();

serve({ vntk: version }, (text) => ner.tag(text).map(([word, , , tag]) => [word, tag]));
