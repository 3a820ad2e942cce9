"use strict";

/* The articles as they read, with the layers that are switched on. A document is drawn when it is
   opened, its parts as they come near to the window. */
const Article = (() => {
  const { el } = Text;
  const { t } = Words;
  const place = (id) => document.getElementById(id);
  const layers = Data.data.shown;
  const on = new Set(layers.filter((layer) => layer !== "marks"));
  const counts = [];
  let doc = -1,
    run = 0,
    onlyErrors = false,
    chosen = null,
    observer = null;

  function tools() {
    counts[run] = counts[run] || Data.errorCounts[run]();
    const documents = el(
      "select",
      { name: "document" },
      Data.documents.map((d, index) =>
        el("option", { value: index, selected: index === doc }, `${d.id} (${counts[run][index]})`),
      ),
    );
    const parts = [el("label", {}, el("span", {}, t("document")), documents)];
    if (Data.runs.length > 1) {
      parts.push(
        el(
          "label",
          {},
          el("span", {}, t("run")),
          el(
            "select",
            { name: "run" },
            Data.runs.map((r, index) =>
              el(
                "option",
                { value: index, selected: index === run },
                `${index ? "B" : "A"}: ${r.name}`,
              ),
            ),
          ),
        ),
      );
    }
    parts.push(
      el(
        "fieldset",
        {},
        el("legend", {}, t("layers.shown")),
        layers.map((layer) =>
          el(
            "label",
            { class: `check ${layer}` },
            el("input", { type: "checkbox", name: "layer", value: layer, checked: on.has(layer) }),
            t(`layer.${layer}`),
          ),
        ),
      ),
    );
    parts.push(
      el(
        "label",
        { class: "check" },
        el("input", { type: "checkbox", name: "only", checked: onlyErrors }),
        t("only.errors"),
      ),
    );
    parts.push(
      el(
        "p",
        { class: "legend" },
        el("span", { class: "key gold" }, t("legend.gold")),
        " ",
        el("span", { class: "key predicted" }, t("legend.predicted")),
        " ",
        el("span", {}, t("legend")),
      ),
    );
    place("article-tools").replaceChildren(...parts);
  }

  function marks() {
    return Data.byDocument[run][doc]
      .filter((one) => on.has(one.layer) && (!onlyErrors || one.wrong || one === chosen))
      .flatMap((one) => Spans.marksOf(one, true));
  }

  /* The parts of a page: its segments, or its lines. */
  function parts() {
    const found = Data.documents[doc];
    if (found.segments.length) {
      return found.segments.map(([start, end, zone, item]) => ({ start, end, zone, item }));
    }
    const lines = [];
    let start = 0;
    const text = Data.text(doc);
    for (const line of found.text.split("\n")) {
      const length = Array.from(line).length;
      if (line.trim()) lines.push({ start, end: start + length, zone: "", item: 0 });
      start += length + 1;
    }
    return lines.length ? lines : [{ start: 0, end: text.length, zone: "", item: 0 }];
  }

  function draw() {
    const every = marks().sort((a, b) => a.start - b.start);
    const target = place("article");
    if (observer) observer.disconnect();
    observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) if (entry.isIntersecting) fill(entry.target);
      },
      { rootMargin: "800px" },
    );
    const main = [],
      teasers = new Map();
    parts().forEach((part, index) => {
      const block = el("div", { class: `zone zone-${part.zone}`, "data-index": index });
      block.segment = part;
      block.marks = every.filter((m) => m.start < part.end && part.start < m.end);
      const lineCount = Math.max(1, Math.ceil((part.end - part.start) / 90));
      block.style.minHeight = `${lineCount * 40}px`;
      if (part.zone)
        block.append(
          el(
            "p",
            { class: "zone-name", lang: document.documentElement.lang },
            Detail.zoneName(part.zone),
          ),
        );
      if (part.item) {
        if (!teasers.has(part.item)) teasers.set(part.item, []);
        teasers.get(part.item).push(block);
      } else main.push(block);
    });
    target.replaceChildren(
      el("h2", { class: "doc-id" }, el("bdi", {}, Data.documents[doc].id)),
      ...main,
    );
    if (teasers.size) {
      target.append(
        el(
          "section",
          { class: "teasers" },
          el("h2", { lang: document.documentElement.lang }, t("teasers")),
          [...teasers.values()].map((blocks) => el("div", { class: "teaser" }, blocks)),
        ),
      );
    }
    for (const block of target.querySelectorAll(".zone")) observer.observe(block);
    lost();
  }

  /* Predicted surfaces without a place stand below the article. */
  function lost() {
    const missing = Data.byDocument[run][doc].filter(
      (one) => on.has(one.layer) && one.to <= one.from && one.wrong,
    );
    if (!missing.length) return;
    place("article").append(
      el(
        "section",
        { class: "lost" },
        el("h2", { lang: document.documentElement.lang }, t("lost.not_in_text")),
        el(
          "ul",
          {},
          missing.map((one) =>
            el(
              "li",
              {},
              el(
                "a",
                { href: `#article=${one.address}` },
                `${one.address} `,
                el("bdi", {}, Data.wordsOf(one)),
              ),
            ),
          ),
        ),
      ),
    );
  }

  function fill(block) {
    if (block.drawn) return;
    block.drawn = true;
    block.style.minHeight = "";
    const text = Spans.paragraph(doc, block.segment.start, block.segment.end, block.marks);
    block.append(text);
    Spans.fit(text);
    if (chosen) highlight(block);
  }

  function highlight(block) {
    for (const piece of block.querySelectorAll(".chosen")) piece.classList.remove("chosen");
    for (const piece of block.querySelectorAll(`.on-${chosen.address}`))
      piece.classList.add("chosen");
    const parent = Data.parentOf(chosen, chosen.gold === null ? "predicted" : "gold");
    for (const piece of block.querySelectorAll(".parent")) piece.classList.remove("parent");
    if (parent)
      for (const piece of block.querySelectorAll(`.on-${parent.address}`))
        piece.classList.add("parent");
  }

  function open(index) {
    doc = index;
    chosen = null;
    place("article-detail").replaceChildren();
    place("view-articles").classList.remove("with-detail");
    tools();
    draw();
  }

  /* Shows a case in its article. */
  function openCase(one) {
    const before = { doc, run, layer: on.has(one.layer) };
    run = one.run;
    doc = one.doc;
    on.add(one.layer);
    chosen = one;
    if (
      before.doc !== doc ||
      before.run !== run ||
      !before.layer ||
      onlyErrors ||
      !place("article").childElementCount
    ) {
      tools();
      draw();
    }
    Detail.show(place("article-detail"), one, { article: false });
    place("article-detail").prepend(
      el(
        "a",
        {
          class: "button close",
          href: `#articles=${encodeURIComponent(Data.documents[doc].id)}`,
          "aria-label": t("close"),
        },
        "×",
      ),
    );
    place("view-articles").classList.add("with-detail");
    const record = Data.spansOf(Data.goldOf(one) || Data.predictedOf(one));
    let target = null;
    for (const block of place("article").querySelectorAll(".zone")) {
      if (record.some(([a, b]) => a < block.segment.end && block.segment.start < b)) {
        fill(block);
        target = target || block;
      }
      if (block.drawn) highlight(block);
    }
    /* What stands above is drawn first, so that nothing moves afterwards. */
    for (const block of place("article").querySelectorAll(".zone")) {
      if (block === target) break;
      fill(block);
    }
    if (target)
      (target.querySelector(".chosen") || target).scrollIntoView({
        block: matchMedia("(max-width: 62rem)").matches ? "start" : "center",
      });
  }

  place("article").addEventListener("click", (event) => {
    const tag = event.target.closest(".tag"),
      piece = event.target.closest(".piece");
    if (!tag && !piece) return;
    let address = tag ? tag.dataset.address : null;
    if (!address) {
      /* The innermost record first; a further click goes outwards. */
      const all = piece.dataset.addresses.split(" ");
      address = all[(chosen ? all.indexOf(chosen.address) + 1 : 0) % all.length];
    }
    location.hash = `article=${address}`;
  });
  place("article").addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && event.target.matches(".tag")) {
      event.preventDefault();
      location.hash = `article=${event.target.dataset.address}`;
    }
  });
  place("article-tools").addEventListener("input", (event) => {
    const { name, value, checked } = event.target;
    if (name === "document") {
      location.hash = `articles=${encodeURIComponent(Data.documents[value].id)}`;
      return;
    }
    if (name === "run") {
      run = Number(value);
      chosen = null;
    }
    if (name === "layer") {
      if (checked) on.add(value);
      else on.delete(value);
    }
    if (name === "only") onlyErrors = checked;
    draw();
  });
  place("article-tools").addEventListener("submit", (event) => event.preventDefault());

  addEventListener("beforeprint", () => {
    for (const block of place("article").querySelectorAll(".zone")) fill(block);
  });

  /* The next error in the layers that are switched on, in this document or in a next one. */
  function step(by) {
    for (let index = doc; index >= 0 && index < Data.documents.length; index += by) {
      const own = Data.byDocument[run][index]
        .filter((one) => on.has(one.layer) && one.wrong)
        .sort((a, b) => first(a) - first(b));
      const at = index === doc ? own.indexOf(chosen) : -1;
      const next = at < 0 ? (by > 0 ? 0 : own.length - 1) : at + by;
      if (own[next]) {
        location.hash = `article=${own[next].address}`;
        return;
      }
    }
  }
  const first = (one) =>
    (Data.spansOf(Data.goldOf(one) || Data.predictedOf(one))[0] || [Infinity])[0];

  return {
    open,
    openCase,
    step,
    chosen: () => chosen,
    current: () => Math.max(doc, 0),
    redraw: () => {
      if (doc >= 0) {
        tools();
        draw();
        if (chosen) openCase(chosen);
      }
    },
  };
})();
