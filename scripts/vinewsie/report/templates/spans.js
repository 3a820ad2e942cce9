"use strict";

/* Draws a stretch of text with its spans: gold above the line, prediction below it.

   The text is cut at every edge of a span. Each piece has a bar for each span that covers it, one
   lane a span, so that nested and crossing spans stay apart. Bars are backgrounds, which follow the
   text over line breaks. Gold is a solid bar and prediction a dashed one, and each has a tag. */
const Spans = (() => {
  const { el } = Text;
  const LANE = 13;

  /* The marks of a case: its spans on both sides, with the parts of a quotation. */
  function marksOf(one, withParts) {
    const found = [];
    for (const side of ["gold", "predicted"]) {
      const record = side === "gold" ? Data.goldOf(one) : Data.predictedOf(one);
      const spans = Data.spansOf(record);
      const label = (record && (record.type || record.function || record.kind)) || "";
      spans.forEach(([start, end], index) =>
        found.push({
          start,
          end,
          side,
          one,
          part: "record",
          tag: index === 0 ? tagOf(one, side, label) : "…",
        }),
      );
      if (!withParts || !record || record.lost || one.layer !== "quotes") continue;
      for (const [start, end] of record.cue || []) {
        found.push({ start, end, side, one, part: "cue", tag: Words.t("field.cue") });
      }
      if (record.source) {
        const [start, end] = record.source;
        found.push({ start, end, side, one, part: "source", tag: Words.t("field.source") });
      }
    }
    return found;
  }

  function tagOf(one, side, label) {
    const record = side === "gold" ? Data.goldOf(one) : null;
    const sign = one.wrong ? `${Data.sign(one)} ` : "";
    return sign + label + (record && record.contested ? " ?" : "");
  }

  /* Gives each mark a lane on its side: the first that is free, the longer spans further out. */
  function lanes(marks) {
    const sizes = { gold: 0, predicted: 0 };
    for (const side of ["gold", "predicted"]) {
      const own = marks
        .filter((mark) => mark.side === side)
        .sort((a, b) => a.end - a.start - (b.end - b.start) || a.start - b.start);
      const taken = [];
      for (const mark of own) {
        let lane = 0;
        /* A short span lies inside a longer one: the longer must lie outside of all it covers. */
        while ((taken[lane] || []).some((o) => mark.start < o.end && o.start < mark.end)) lane += 1;
        for (let above = lane + 1; above < taken.length; above += 1) {
          if (taken[above].some((o) => mark.start < o.end && o.start < mark.end)) lane = above + 1;
        }
        (taken[lane] = taken[lane] || []).push(mark);
        for (let i = 0; i < lane; i += 1) taken[i] = taken[i] || [];
        mark.lane = lane;
        sizes[side] = Math.max(sizes[side], lane + 1);
      }
    }
    return sizes;
  }

  function bar(mark) {
    const colour = `var(--${mark.part === "record" ? mark.one.layer : "part"})`;
    return mark.side === "gold"
      ? `linear-gradient(${colour},${colour})`
      : `repeating-linear-gradient(90deg,${colour} 0 4px,transparent 4px 7px)`;
  }

  /* One tag of each case can be reached by key, and has a name; the others repeat it. */
  function accessible(mark) {
    const first =
      mark.part === "record" &&
      mark.tag !== "…" &&
      (mark.side === "gold" || mark.one.gold === null);
    if (!first) return { "aria-hidden": "true" };
    const what = mark.one.wrong
      ? mark.one.kinds.map(Data.kindName).join(", ")
      : Words.t("kind.correct");
    return {
      role: "button",
      tabindex: "0",
      "aria-label": `${mark.one.address}: ${mark.one.label || Words.t(`layer.${mark.one.layer}`)}, ${what}`,
    };
  }

  /* A paragraph with the marks that touch it. */
  function paragraph(doc, start, end, marks) {
    const text = Data.text(doc);
    const own = marks
      .filter((mark) => mark.start < end && start < mark.end)
      .map((mark) => ({
        ...mark,
        start: Math.max(mark.start, start),
        end: Math.min(mark.end, end),
        begins: mark.start >= start,
      }));
    const sizes = lanes(own);
    const place = el("p", { class: "spans", lang: "vi" });
    const above = sizes.gold * LANE,
      below = sizes.predicted * LANE;
    const height = Math.max(28, 26 + above + below);
    place.style.lineHeight = `${height}px`;
    place.style.paddingTop = `${Math.max(0, above - (height - 22) / 2)}px`;
    place.style.paddingBottom = `${Math.max(0, below - (height - 22) / 2)}px`;
    /* A piece with a tag is one word, so that it stays on one line with its tag. */
    const firstWord = (mark) => {
      const space = text.slice(mark.start, mark.end).search(/\s/);
      return space > 0
        ? [mark.start + Array.from(text.slice(mark.start, mark.end).slice(0, space)).length]
        : [];
    };
    const edges = [
      ...new Set([start, end, ...own.flatMap((m) => [m.start, m.end, ...firstWord(m)])]),
    ].sort((a, b) => a - b);
    for (let i = 0; i + 1 < edges.length; i += 1) {
      const [from, to] = [edges[i], edges[i + 1]];
      const covering = own.filter((m) => m.start <= from && to <= m.end);
      const words = text.slice(from, to);
      if (!covering.length) {
        place.append(Text.visible(words));
        continue;
      }
      const piece = el("span", { class: "piece" });
      const images = [],
        positions = [];
      for (const mark of covering) {
        images.push(bar(mark));
        const offset = (mark.lane + 1) * LANE;
        positions.push(
          mark.side === "gold"
            ? `0 ${above - mark.lane * LANE - 3}px`
            : `0 calc(100% - ${below - mark.lane * LANE - 3}px)`,
        );
        piece.classList.add(`on-${mark.one.address}`);
        if (mark.start === from && mark.begins) {
          const tag = el(
            "span",
            {
              class:
                `tag ${mark.side} ${mark.part === "record" ? mark.one.layer : "part"}` +
                (mark.one.wrong && mark.part === "record" ? " wrong" : ""),
              "data-address": mark.one.address,
              ...accessible(mark),
            },
            mark.tag,
          );
          tag.style[mark.side === "gold" ? "top" : "bottom"] =
            `${(mark.side === "gold" ? above : below) - offset}px`;
          piece.append(tag);
        }
      }
      piece.style.paddingTop = `${above}px`;
      piece.style.paddingBottom = `${below}px`;
      piece.style.backgroundImage = images.join(",");
      piece.style.backgroundPosition = positions.join(",");
      const inner = covering
        .filter((m) => m.part === "record")
        .sort((a, b) => a.end - a.start - (b.end - b.start))
        .map((m) => m.one.address);
      piece.dataset.addresses = [
        ...new Set(inner.length ? inner : covering.map((m) => m.one.address)),
      ].join(" ");
      piece.append(Text.visible(words));
      place.append(piece);
    }
    return place;
  }

  /* Tags that would stand out at the right edge end with their word. */
  function fit(place) {
    const edge = place.getBoundingClientRect().right;
    const wide = [...place.querySelectorAll(".tag")].filter(
      (tag) => tag.getBoundingClientRect().right > edge,
    );
    for (const tag of wide) {
      tag.style.left = "auto";
      tag.style.right = "0";
    }
  }

  return { marksOf, paragraph, fit };
})();
