"use strict";

/* One case: its sentence, and both records field by field. */
const Detail = (() => {
  const { el, message } = Text;
  const { t } = Words;
  const QUOTE_FIELDS = [
    "content",
    "kind",
    "cue",
    "source",
    "source_status",
    "speakers",
    "addressees",
    "medium",
    "parent",
  ];
  const FIELDS = {
    entities: ["text", "type", "entity_id"],
    dates: ["text", "type", "value", "mod", "vague"],
    marks: ["text", "function", "status"],
    quotes: QUOTE_FIELDS,
  };
  const LOST = ["words", "type", "lost"];

  const nameOf = (key) => (Data.data.names[key] ? `${Data.data.names[key]} (${key})` : key);

  /* The value of a field as words; null for none. */
  function shown(record, field, one, side) {
    if (!record) return null;
    const text = Data.text(one.doc);
    const words = (spans) => spans.map(([a, b]) => text.slice(a, b)).join(" … ");
    const value = record[field];
    switch (field) {
      case "text":
        return record.lost ? null : text.slice(record.start, record.end);
      case "lost":
        return value ? t(`lost.${value}`, {}, value) : null;
      case "content":
      case "cue":
        return value && value.length ? words(value) : null;
      case "source":
      case "medium":
        return value ? words([value]) : null;
      case "speakers":
      case "addressees":
        return value && value.length ? value.map(nameOf).join(", ") : null;
      case "entity_id":
        return value ? nameOf(value) : null;
      case "parent": {
        if (!value) return null;
        const records =
          side === "gold"
            ? Data.documents[one.doc].records.quotes
            : Data.documents[one.doc].predicted(one.run).quotes;
        const parent = (records || []).find((quote) => quote.id === value);
        return parent ? words(parent.content) : value;
      }
      default:
        return value === undefined || value === null ? null : String(value);
    }
  }

  function table(one) {
    const nearGold = one.gold === null,
      nearPredicted = one.predicted === null;
    const gold = Data.goldOf(one, nearGold ? one.near : one.gold);
    const predicted = Data.predictedOf(one, nearPredicted ? one.near : one.predicted);
    const fields = [...FIELDS[one.layer], ...(predicted && predicted.lost ? LOST : [])];
    const other = one.run === 0 && Data.runs.length > 1 ? otherOf(one) : null;
    const head = el(
      "tr",
      {},
      el("th", { scope: "col" }, t("field")),
      column(t("gold"), nearGold && gold),
      column(t("predicted") + (other ? " A" : ""), nearPredicted && predicted),
      other && column(`${t("predicted")} B`, false),
    );
    const body = el("tbody");
    for (const field of new Set(fields)) {
      const values = [shown(gold, field, one, "gold"), shown(predicted, field, one, "predicted")];
      const third = other ? shown(Data.predictedOf(other), field, other, "predicted") : null;
      if (values[0] === null && values[1] === null && third === null) continue;
      const alone = nearGold || nearPredicted;
      const resolved = ["speakers", "addressees", "entity_id"].includes(field);
      const differs = alone
        ? Boolean(gold && predicted) && !resolved && values[0] !== values[1]
        : one.differs.includes(field);
      const differsB = other && (other.predicted === null || other.differs.includes(field));
      body.append(
        el(
          "tr",
          { class: differs ? "differs" : null },
          el(
            "th",
            { scope: "row" },
            t(`field.${field}`, {}, field),
            differs &&
              el(
                "span",
                { class: "mark", title: t("differs") },
                " ≠",
                el("span", { class: "hidden" }, ` ${t("differs")}`),
              ),
          ),
          cell(
            values[0],
            field,
            false,
            t("gold"),
            field === "parent" && Data.parentOf(one, "gold"),
          ),
          cell(
            values[1],
            field,
            false,
            t("predicted") + (other ? " A" : ""),
            field === "parent" && Data.parentOf(one, "predicted"),
          ),
          other && cell(third, field, differsB, `${t("predicted")} B`),
        ),
      );
    }
    return el("table", { class: "fields" }, el("thead", {}, head), body);
  }

  function otherOf(one) {
    if (one.gold === null) return null;
    return Data.byDocument[1][one.doc].find((b) => b.layer === one.layer && b.gold === one.gold);
  }

  function column(name, near) {
    return el(
      "th",
      { scope: "col" },
      name,
      near && el("span", { class: "near" }, ` (${t("nearest")})`),
    );
  }

  function cell(value, field, differs, column_, link = null) {
    const words = ["text", "content", "cue", "source", "medium", "parent", "words"];
    return el(
      "td",
      {
        class: differs ? "differs" : null,
        lang: words.includes(field) ? "vi" : null,
        "data-column": column_,
      },
      value === null
        ? el("span", { class: "none" }, `– `, el("span", { class: "hidden" }, t("nothing")))
        : el("bdi", {}, value),
      link && [" ", el("a", { href: `#${link.address}`, class: "address" }, `#${link.address}`)],
    );
  }

  function badges(one) {
    if (!one.wrong) return [el("span", { class: "badge right" }, `✓ ${t("kind.correct")}`)];
    return one.kinds.map((kind) =>
      el(
        "span",
        { class: "badge wrong" },
        `${{ missed: "−", spurious: "+" }[kind] || "≠"} ${Data.kindName(kind)}`,
      ),
    );
  }

  function sentence(one) {
    if (one.to <= one.from) return null;
    const marks = Spans.marksOf(one, true);
    const near = nearCase(one);
    if (near) marks.push(...Spans.marksOf(near, false));
    const text = Spans.paragraph(one.doc, one.from, one.to, marks);
    /* The records stand below, so that nothing is to be opened here. */
    for (const tag of text.querySelectorAll(".tag")) {
      for (const name of ["role", "tabindex", "aria-label"]) tag.removeAttribute(name);
      tag.setAttribute("aria-hidden", "true");
    }
    return el("div", { class: "sentence" }, text);
  }

  /* The case of the record that is near. */
  function nearCase(one) {
    if (one.near === null) return null;
    const side = one.gold === null ? "gold" : "predicted";
    return (
      Data.byDocument[one.run][one.doc].find(
        (o) => o.layer === one.layer && o[side] === one.near,
      ) || null
    );
  }

  function readings(one) {
    const gold = Data.goldOf(one);
    if (!gold || !gold.contested) return null;
    const text = Data.text(one.doc);
    const items = (gold.readings || []).map((reading, index) => {
      const parts = Object.entries(reading).map(([name, value]) => {
        if (name === "absent") return t("reading.absent");
        const words = Array.isArray(value)
          ? value
              .map((v) => (typeof v === "object" ? text.slice(v.start, v.end) : nameOf(v)))
              .join(" … ")
          : String(value);
        return `${t(`field.${name}`, {}, name)}: ${words || t("nothing")}`;
      });
      return el(
        "li",
        {},
        el("strong", {}, `${t("reading", { number: index + 1 })}: `),
        parts.join("; "),
      );
    });
    return el(
      "div",
      { class: "contested" },
      message("contested", {}, "h3"),
      message("contested.about", {}, "p"),
      el("ul", { lang: "vi" }, items),
    );
  }

  function speakers(one) {
    if (!one.speakers.length) return null;
    return el(
      "ul",
      { class: "resolved" },
      one.speakers.map(([given, by, keys]) =>
        el(
          "li",
          {},
          t("resolved", { given: given || "–", by }),
          ": ",
          keys.length ? keys.map(nameOf).join(", ") : t("unknown"),
        ),
      ),
    );
  }

  function outcomes(one) {
    if (!one.outcomes.length) return null;
    const rows = one.outcomes.flatMap((o) =>
      ["gold", "predicted"]
        .filter((side) => o[side])
        .map((side) =>
          el(
            "li",
            {},
            el("code", {}, o.measure),
            ` ${t(`counted.${side}`)}: `,
            t(`outcome.${o[side]}`),
          ),
        ),
    );
    return el("details", {}, el("summary", {}, t("counted")), el("ul", {}, rows));
  }

  /* Fills a place with a case. */
  function show(place, one, options = {}) {
    const document_ = Data.documents[one.doc];
    const where = el(
      "p",
      { class: "where" },
      el("bdi", {}, document_.id),
      " · ",
      one.line ? t("line", { line: one.line }) : "",
      one.zone ? ` · ${zoneName(one.zone)}` : "",
      one.label ? ` · ${one.label}` : "",
      one.phenomena.length
        ? ` · ${one.phenomena.map((p) => t(`phenomenon.${p}`, {}, p)).join(", ")}`
        : "",
    );
    const steps =
      options.steps &&
      el(
        "div",
        { class: "steps" },
        el(
          "button",
          { type: "button", class: "back", onclick: options.steps.back },
          `‹ ${t("back")}`,
        ),
        el(
          "button",
          { type: "button", onclick: options.steps.previous, disabled: !options.steps.hasPrevious },
          `↑ ${t("previous")}`,
        ),
        el(
          "button",
          { type: "button", onclick: options.steps.next, disabled: !options.steps.hasNext },
          `↓ ${t("next")}`,
        ),
      );
    place.replaceChildren(
      ...[
        steps,
        el(
          "h2",
          {},
          el("a", { href: `#${one.address}`, class: "address" }, `#${one.address}`),
          " ",
          t(`layer.${one.layer}`),
          " ",
          badges(one),
        ),
        where,
        options.article !== false && sentence(one),
        el("div", { class: "scroll" }, table(one)),
        speakers(one),
        readings(one),
        outcomes(one),
        el(
          "p",
          { class: "actions" },
          options.article !== false &&
            el("a", { href: `#article=${one.address}`, class: "button" }, t("in.article")),
          el("button", { type: "button", "data-copy-address": one.address }, t("copy.link")),
        ),
      ].filter(Boolean),
    );
    for (const text of place.querySelectorAll(".spans")) Spans.fit(text);
  }

  const zoneName = (zone) => t(`zones.${zone}`, {}, zone);

  return { show, badges, zoneName };
})();
