"use strict";

/* The list of errors, with filters, search and pages. */
const List = (() => {
  const { el } = Text;
  const { t } = Words;
  const PAGE = 100;
  const NAMES = ["run", "layer", "kind", "zone", "label", "phenomenon", "search", "all"];
  const CHOSEN = ["measure", "gold", "predicted", "diagnostic", "compare"];
  const place = (id) => document.getElementById(id);
  let filters = {},
    found = [],
    current = -1,
    page = 0,
    left = null;

  const wide = () => matchMedia("(min-width: 48.01rem)").matches;

  /* The values of a filter among the cases that pass the others, with their numbers. */
  function values(name) {
    const { [name]: chosen, ...others } = filters;
    const counts = new Map();
    for (const one of chosen ? Data.select(others) : found) {
      let all;
      if (name === "layer") all = [one.layer];
      else if (name === "kind") all = new Set([...one.kinds.map(Data.bare), ...one.kinds]);
      else if (name === "phenomenon") all = one.phenomena;
      else all = one[name] ? [one[name]] : [];
      for (const value of all) counts.set(value, (counts.get(value) || 0) + 1);
    }
    if (filters[name] && !counts.has(filters[name])) counts.set(filters[name], 0);
    return [...counts];
  }

  function words(name, value) {
    if (name === "layer") return t(`layer.${value}`);
    if (name === "kind") return Data.kindName(value);
    if (name === "zone") return Detail.zoneName(value);
    if (name === "phenomenon") return t(`phenomenon.${value}`, {}, value);
    return value;
  }

  function form() {
    const search = el("input", {
      type: "search",
      name: "search",
      value: filters.search || "",
      placeholder: t("search.placeholder"),
      id: "search",
      autocomplete: "off",
      spellcheck: "false",
    });
    const parts = [];
    if (Data.runs.length > 1) {
      parts.push(
        chooser(
          "run",
          t("run"),
          Data.runs.map((run, index) => [index ? "b" : "", `${index ? "B" : "A"}: ${run.name}`]),
          false,
        ),
      );
    }
    for (const name of ["layer", "kind", "zone", "label", "phenomenon"]) {
      const all = values(name).sort(
        name === "kind" ? (a, b) => (a[0] < b[0] ? -1 : 1) : (a, b) => b[1] - a[1],
      );
      if (all.length > 1 || filters[name]) {
        parts.push(
          chooser(
            name,
            t(name),
            all.map(([value, count]) => [
              value,
              `${name === "kind" && value.includes(":") ? "\u2003" : ""}${words(name, value)} (${count})`,
            ]),
            true,
          ),
        );
      }
    }
    parts.push(
      el(
        "label",
        { class: "check" },
        el("input", { type: "checkbox", name: "all", checked: Boolean(filters.all) }),
        t("correct.too"),
      ),
    );
    if ([...NAMES, ...CHOSEN].some((name) => filters[name])) {
      parts.push(el("a", { href: "#list", class: "button" }, t("clear")));
    }
    const more = el(
      "details",
      { class: "more" },
      el("summary", {}, t("filters")),
      el("div", {}, parts),
    );
    more.open = wide() || ["layer", "kind", "zone", "label", "phenomenon"].some((n) => filters[n]);
    place("filters").replaceChildren(
      el("label", { class: "search" }, el("span", {}, t("search")), search),
      more,
    );
  }

  function chooser(name, title, choices, withAll) {
    const select = el(
      "select",
      { name },
      withAll && el("option", { value: "" }, t("all")),
      choices.map(([value, shown]) =>
        el("option", { value, selected: (filters[name] || "") === value }, shown),
      ),
    );
    return el("label", {}, el("span", {}, title), select);
  }

  function read() {
    const next = Object.fromEntries(CHOSEN.filter((n) => filters[n]).map((n) => [n, filters[n]]));
    for (const input of place("filters").elements) {
      if (input.type === "checkbox" ? input.checked : input.value) {
        next[input.name] = input.type === "checkbox" ? "1" : input.value;
      }
    }
    return next;
  }

  const hash = (chosen) =>
    "#list" + (Object.keys(chosen).length ? `?${new URLSearchParams(chosen)}` : "");

  /* Shows the list of some filters; the case of an address is chosen in it. */
  function open(chosen, address = null) {
    filters = chosen;
    found = Data.select(filters);
    current = address ? found.findIndex((one) => one.address === address) : -1;
    const shown = left ? found.findIndex((one) => one.address === left) : current;
    page = shown < 0 ? 0 : Math.floor(shown / PAGE);
    form();
    draw();
    if (current >= 0) focus(current, false);
    else if (found.length && wide()) focus(0, false);
    else placeholder();
    const row = left && place("items").querySelector(`a[href='#${left}']`);
    if (row) row.scrollIntoView({ block: "center" });
    left = null;
  }

  /* Shows a case in the list that is open, or in the list of all errors. */
  function openAddress(address) {
    let at = found.findIndex((one) => one.address === address);
    if (at < 0) {
      const one = Data.at(address);
      if (!one) return false;
      const chosen = { ...(one.run ? { run: "b" } : {}), ...(one.wrong ? {} : { all: "1" }) };
      open(chosen, address);
      return true;
    }
    if (!place("filters").childElementCount) form();
    focus(at, false);
    return true;
  }

  function placeholder() {
    place("view-list").classList.remove("with-detail");
    place("detail").replaceChildren(
      el(
        "p",
        { class: "empty" },
        found.length ? t("pick") : Data.select({}).length ? t("list.empty") : t("list.none"),
      ),
    );
  }

  function draw() {
    const everything = filters.all || filters.measure || filters.diagnostic || filters.compare;
    const key = everything ? "list.records" : "list.errors";
    place("list-count").textContent =
      found.length === 1 ? t(`${key}.one`) : t(key, { count: found.length });
    const chosen = CHOSEN.filter((name) => filters[name]);
    place("list-chosen").hidden = !chosen.length;
    place("list-chosen").textContent = chosen.length
      ? `${t("chosen")}: ` +
        Text.visible(chosen.map((name) => chosenWords(name, filters[name])).join(", "))
      : "";
    const from = page * PAGE,
      shown = found.slice(from, from + PAGE);
    place("items").replaceChildren(...shown.map((one, index) => item(one, from + index)));
    const pages = Math.ceil(found.length / PAGE);
    place("pager").replaceChildren(
      ...(pages > 1
        ? [
            el(
              "button",
              {
                type: "button",
                onclick: () => turn(page - 1),
                disabled: page === 0,
                "aria-label": t("previous"),
              },
              "‹",
            ),
            el(
              "span",
              {},
              t("list.page", {
                from: from + 1,
                to: Math.min(from + PAGE, found.length),
                count: found.length,
              }),
            ),
            el(
              "button",
              {
                type: "button",
                onclick: () => turn(page + 1),
                disabled: page + 1 >= pages,
                "aria-label": t("next"),
              },
              "›",
            ),
          ]
        : []),
    );
  }

  function chosenWords(name, value) {
    if (name === "gold" || name === "predicted")
      return `${t(name)}: ${t(`outcome.${value}`, {}, value)}`;
    const [first, ...rest] = value.split(":");
    if (name === "compare")
      return `${t(`layer.${first}`, {}, first)}: ${t(`compare.${rest}`, {}, rest)}`;
    if (name === "diagnostic")
      return rest.length ? Data.kindName(value) : t(`diagnostic.${value}`, {}, value);
    return value;
  }

  function turn(to) {
    page = to;
    draw();
    place("items").scrollTop = 0;
  }

  function item(one, index) {
    const words = Data.wordsOf(one);
    return el(
      "li",
      { class: index === current ? "current" : null },
      el(
        "a",
        { href: `#${one.address}`, "aria-current": index === current ? "true" : null },
        el(
          "span",
          { class: `sign ${one.wrong ? "wrong" : "right"}`, "aria-hidden": "true" },
          Data.sign(one),
        ),
        el(
          "span",
          { class: "what" },
          el(
            "bdi",
            { class: "words", lang: "vi" },
            words.length > 90 ? `${words.slice(0, 88)}…` : words,
          ),
          el(
            "span",
            { class: "why" },
            `${one.address} · `,
            one.wrong ? one.kinds.map(Data.kindName).join(", ") : t("kind.correct"),
            one.label ? ` · ${one.label}` : "",
            Data.documents.length > 1 && [" · ", el("bdi", {}, Data.documents[one.doc].id)],
          ),
        ),
      ),
    );
  }

  function focus(index, push = true) {
    current = index;
    const one = found[index];
    const onPage = Math.floor(index / PAGE);
    if (onPage !== page) page = onPage;
    draw();
    const row = place("items").querySelector(".current");
    if (row && wide()) row.scrollIntoView({ block: "nearest" });
    place("view-list").classList.add("with-detail");
    if (!wide()) scrollTo(0, 0);
    Detail.show(place("detail"), one, {
      steps: {
        previous: () => step(-1),
        next: () => step(1),
        back,
        hasPrevious: index > 0,
        hasNext: index + 1 < found.length,
      },
    });
    if (push && location.hash !== `#${one.address}`) location.hash = one.address;
  }

  /* Back to the list, on a narrow screen to where it was. */
  function back() {
    left = found[current].address;
    current = -1;
    location.hash = hash(filters).slice(1);
  }

  function step(by) {
    if (!found.length) return;
    const shown = location.hash === `#${(found[current] || {}).address}`;
    let next = current + by;
    if (current < 0) next = by > 0 ? 0 : found.length - 1;
    else if (!shown) next = current;
    if (next >= 0 && next < found.length) location.hash = found[next].address;
  }

  let waiting = 0;
  place("filters").addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(
      () => {
        const typing = event.target.name === "search";
        const chosen = read();
        history.replaceState(null, "", hash(chosen));
        open(chosen);
        const again = place("filters").elements[event.target.name];
        if (again) {
          again.focus();
          if (typing) again.setSelectionRange(again.value.length, again.value.length);
        }
      },
      event.target.name === "search" ? 200 : 0,
    );
  });
  place("filters").addEventListener("submit", (event) => event.preventDefault());

  return {
    open,
    openAddress,
    step,
    redraw: () => {
      form();
      draw();
      if (current >= 0) focus(current, false);
      else placeholder();
    },
    current: () => (current < 0 ? null : found[current]),
    filters: () => filters,
    back,
  };
})();
