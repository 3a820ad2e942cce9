"use strict";

/* The documents, the records and the cases of the page, decoded when they are needed. */
const Data = (() => {
  const { data, t } = Words;
  const place = Object.fromEntries(data.case.map((name, index) => [name, index]));
  const outcomeNames = [
    "measure",
    "gold",
    "predicted",
    "gold_label",
    "predicted_label",
    "gold_zone",
    "predicted_zone",
  ];
  const outcomes = data.outcomes.map((row) =>
    Object.fromEntries(
      row.map((code, index) => [outcomeNames[index], code < 0 ? null : data.strings[code]]),
    ),
  );
  const sources = document.querySelectorAll("script.document");

  /* A document, which is decoded when it is needed. */
  class Held {
    constructor(id, index) {
      this.id = id;
      this.index = index;
    }
    get decoded() {
      const value = JSON.parse(sources[this.index].textContent);
      Object.defineProperty(this, "decoded", { value });
      return value;
    }
    get text() {
      return this.decoded.text;
    }
    get segments() {
      return this.decoded.segments;
    }
    get records() {
      return this.decoded.records;
    }
    predicted(run) {
      return this.decoded.predicted[run];
    }
  }
  const documents = data.documents.map((id, index) => new Held(id, index));

  const strings = (codes) => codes.map((code) => data.strings[code]);
  const string = (code) => (code < 0 ? "" : data.strings[code]);

  const none = (value) => (value < 0 ? null : value);

  /* A case, whose fields are decoded when they are read: a page may have 300,000. */
  class Case {
    constructor(row, run) {
      this.row = row;
      this.run = run;
      this.doc = row[place.doc];
      this.layer = data.layers[row[place.layer]];
    }
    get gold() {
      return none(this.row[place.gold]);
    }
    get predicted() {
      return none(this.row[place.predicted]);
    }
    get near() {
      return none(this.row[place.near]);
    }
    get address() {
      return (this.run ? "b-" : "") + data.letters[this.row[place.layer]] + this.row[place.number];
    }
    get wrong() {
      return this.row[place.kinds].length > 0;
    }
    get kinds() {
      return strings(this.row[place.kinds]);
    }
    get differs() {
      return strings(this.row[place.differs]);
    }
    get label() {
      return string(this.row[place.label]);
    }
    get zone() {
      return string(this.row[place.zone]);
    }
    get line() {
      return this.row[place.line];
    }
    get from() {
      return this.row[place.from];
    }
    get to() {
      return this.row[place.to];
    }
    get phenomena() {
      return strings(this.row[place.phenomena]);
    }
    get outcomes() {
      return this.row[place.outcomes].map((code) => outcomes[code]);
    }
    get diagnostics() {
      return strings(this.row[place.diagnostics]);
    }
    get speakers() {
      return this.row[place.speakers];
    }
  }

  const runs = data.runs.map((run, number) => ({
    name: run.name,
    cases: run.cases.map((row) => new Case(row, number)),
  }));
  const byDocument = runs.map((run) => {
    const found = documents.map(() => []);
    for (const one of run.cases) found[one.doc].push(one);
    return found;
  });

  /* The case of an address; null for none. */
  function at(address) {
    const form = /^(b-)?([a-z])(\d+)$/.exec(address);
    const run = form && runs[form[1] ? 1 : 0];
    return (run && run.cases.find((one) => one.address === address)) || null;
  }

  const points = new Map();
  function text(doc) {
    if (!points.has(doc)) points.set(doc, new Text.Points(documents[doc].text));
    return points.get(doc);
  }

  const goldOf = (one, index = one.gold) =>
    index === null ? null : documents[one.doc].records[one.layer][index];
  const predictedOf = (one, index = one.predicted) =>
    index === null ? null : (documents[one.doc].predicted(one.run)[one.layer] || [])[index];

  function spansOf(record) {
    if (!record || record.lost) return [];
    if (record.content) return record.content;
    return [[record.start, record.end]];
  }

  function wordsOf(one) {
    const record = goldOf(one) || predictedOf(one);
    if (record.lost) return record.words;
    return spansOf(record)
      .map(([a, b]) => text(one.doc).slice(a, b))
      .join(" … ");
  }

  /* The case of the quotation that encloses the one of a case, on a side; null for none. */
  function parentOf(one, side) {
    const record = side === "gold" ? goldOf(one) : predictedOf(one);
    if (one.layer !== "quotes" || !record || !record.parent) return null;
    const records =
      side === "gold"
        ? documents[one.doc].records.quotes
        : documents[one.doc].predicted(one.run).quotes;
    const index = records.findIndex((quote) => quote.id === record.parent);
    return (
      byDocument[one.run][one.doc].find(
        (other) => other.layer === "quotes" && other[side] === index,
      ) || null
    );
  }

  const errorCounts = runs.map((_, run) => () => {
    const counts = documents.map(() => 0);
    for (const one of runs[run].cases) counts[one.doc] += one.wrong;
    return counts;
  });

  const bare = (kind) => kind.split(":")[0];
  const kindOf = (one) => (one.wrong ? bare(one.kinds[0]) : "correct");

  /* The name of a kind of error in words, with its detail. */
  function kindName(kind) {
    const [name, ...rest] = kind.split(":");
    const detail = rest.join(":");
    const words = t(`kind.${name}`, {}, name);
    if (!detail) return words;
    const [gold, predicted] = detail.split(">");
    return `${words}: ${
      predicted === undefined ? t(`detail.${detail}`, {}, detail) : `${gold} → ${predicted}`
    }`;
  }

  const SIGNS = { missed: "−", spurious: "+", correct: "✓" };
  const sign = (one) => SIGNS[kindOf(one)] || "≠";

  /* Whether an outcome is one that the filters count. */
  function counted(outcome, filters) {
    if (outcome.measure !== filters.measure) return false;
    const any = !filters.gold && !filters.predicted;
    return ["gold", "predicted"].some(
      (side) =>
        outcome[side] !== null &&
        (any || filters[side] === "any" || filters[side] === outcome[side]) &&
        (!filters.label || filters.label === outcome[`${side}_label`]) &&
        (!filters.zone || filters.zone === outcome[`${side}_zone`]),
    );
  }

  const folded = (words) => words.normalize("NFC").toLowerCase();
  const bareLetters = (words) =>
    words.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();

  /* Whether a case has the words that are searched; words without diacritics find all letters. */
  function found(one, wanted, bare_) {
    if (one.address === wanted) return true;
    const letters = bare_ ? bareLetters : folded;
    const kept = bare_ ? "bareWords" : "words";
    if (one[kept] === undefined) {
      one[kept] = letters(
        [
          one.label,
          wordsOf(one),
          text(one.doc).slice(one.from, one.to),
          documents[one.doc].id,
        ].join("\n"),
      );
    }
    return one[kept].includes(wanted);
  }

  /* The cases that pass the filters, in their order. Without a measure, a diagnostic or a
     comparison, only errors are listed, unless `all` is set. */
  function select(filters) {
    const run = filters.run === "b" && runs.length > 1 ? 1 : 0;
    const everything = filters.all || filters.measure || filters.diagnostic || filters.compare;
    const wanted = filters.search ? folded(filters.search.trim()) : "";
    const plain = wanted === bareLetters(wanted);
    const compared = filters.compare ? new Set(data.compared[filters.compare] || []) : null;
    return runs[run].cases.filter(
      (one) =>
        (everything || one.wrong) &&
        (!filters.layer || one.layer === filters.layer) &&
        (!filters.kind || one.kinds.some((k) => k === filters.kind || bare(k) === filters.kind)) &&
        (!filters.phenomenon || one.phenomena.includes(filters.phenomenon)) &&
        (!filters.diagnostic || one.diagnostics.includes(filters.diagnostic)) &&
        (!compared || compared.has(one.address)) &&
        (filters.measure
          ? one.outcomes.some((o) => counted(o, filters))
          : (!filters.label || one.label === filters.label) &&
            (!filters.zone || one.zone === filters.zone)) &&
        (!wanted || found(one, wanted, plain)),
    );
  }

  return {
    data,
    documents,
    runs,
    at,
    byDocument,
    parentOf,
    errorCounts,
    text,
    goldOf,
    predictedOf,
    spansOf,
    wordsOf,
    bare,
    kindOf,
    kindName,
    sign,
    select,
  };
})();
