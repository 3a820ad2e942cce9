"use strict";

/* Addresses, keys, language and colours. */
(() => {
  const { t } = Words;
  const place = (id) => document.getElementById(id);
  const views = ["overview", "list", "articles", "compare"];
  let view = "overview";

  function show(name) {
    const changed = view !== name;
    view = name;
    for (const one of views) {
      const section = place(`view-${one}`);
      if (section) section.hidden = one !== name;
    }
    for (const link of document.querySelectorAll("nav a")) {
      if (link.dataset.view === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (changed) scrollTo(0, 0);
  }

  /* #overview · #list?layer=… · #q12 · #articles=ID · #article=q12 · #compare */
  function route() {
    const hash = location.hash.slice(1);
    const [name, query = ""] = hash.split("?");
    if (name === "main") {
      place("main").focus();
      return;
    }
    if (name === "list") {
      show("list");
      List.open(Object.fromEntries(new URLSearchParams(query)));
    } else if (Data.at(name)) {
      show("list");
      List.openAddress(name);
    } else if (name === "articles" || name.startsWith("articles=")) {
      show("articles");
      const id = decodeURIComponent(name.slice("articles=".length));
      const index = Data.documents.findIndex((d) => d.id === id);
      if (Data.documents.length) Article.open(index < 0 ? Article.current() : index);
    } else if (name.startsWith("article=") && Data.at(name.slice(8))) {
      show("articles");
      Article.openCase(Data.at(name.slice(8)));
    } else if (name === "compare" && place("view-compare")) show("compare");
    else show("overview");
  }

  function copy(text, button) {
    const done = () => {
      const before = button.textContent;
      button.textContent = t("copied");
      setTimeout(() => {
        button.textContent = before;
      }, 1500);
    };
    const old = () => {
      const area = Text.el("textarea", { class: "hidden" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      done();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, old);
    else old();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy) copy(place(button.dataset.copy).textContent, button);
    if (button.dataset.copyAddress)
      copy(`${location.href.split("#")[0]}#${button.dataset.copyAddress}`, button);
    if (button.id === "help-open") place("help").showModal();
    if (button.id === "language") Words.toggle();
  });

  const keys = {
    j: () => step(1),
    n: () => step(1),
    k: () => step(-1),
    p: () => step(-1),
    a: () => {
      const one = view === "articles" ? Article.chosen() : List.current();
      if (one) location.hash = view === "articles" ? one.address : `article=${one.address}`;
    },
    "/": () => {
      if (view !== "list") location.hash = "list";
      setTimeout(() => place("search").focus(), 0);
    },
    1: () => {
      location.hash = "overview";
    },
    2: () => {
      location.hash = "list";
    },
    3: () => {
      location.hash = "articles";
    },
    "?": () => place("help").showModal(),
  };

  function step(by) {
    if (view === "articles") Article.step(by);
    else {
      if (view !== "list") List.open({});
      List.step(by);
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || place("help").open) return;
    const typing = event.target.matches("input[type=search], input[type=text], textarea");
    if (event.key === "Escape") {
      if (typing) event.target.blur();
      else if (view === "list" && List.current()) List.back();
      return;
    }
    if (typing || event.target.matches("select") || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });

  const theme = place("theme");
  theme.value = Words.stored("vinewsie-theme") || "auto";
  const paint = () => {
    if (theme.value === "auto") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.dataset.theme = theme.value;
  };
  theme.addEventListener("input", () => {
    Words.store("vinewsie-theme", theme.value);
    paint();
  });
  paint();

  Words.onChange(() => {
    if (view === "list") List.redraw();
    Article.redraw();
  });
  Words.translate();
  addEventListener("hashchange", route);
  route();
})();
