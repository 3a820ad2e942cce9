"use strict";

/* The words of the page: one table of messages, in the language of the reader. */
const Words = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  let language =
    data.language ||
    stored("vinewsie-language") ||
    ((navigator.language || "").startsWith("vi") ? "vi" : "en");
  const listeners = [];

  function stored(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  function store(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      /* a page of a file need not have storage */
    }
  }

  /* A message with its values; an unknown key gives the fallback. */
  function t(key, values = {}, fallback = key) {
    const row = data.messages[key];
    if (row === undefined) return fallback;
    return row[data.languages.indexOf(language)].replace(/\{(\w+)\}/g, (whole, name) =>
      name in values ? String(values[name]) : whole,
    );
  }

  /* Translates all elements that carry the key of a message. */
  function translate() {
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-message]")) {
      const values = element.dataset.values ? JSON.parse(element.dataset.values) : {};
      element.textContent = t(element.dataset.message, values);
    }
    for (const element of document.querySelectorAll("[data-message-label]")) {
      element.setAttribute("aria-label", t(element.dataset.messageLabel));
    }
    const button = document.getElementById("language");
    button.textContent = language === "vi" ? "English" : "Tiếng Việt";
    button.lang = language === "vi" ? "en" : "vi";
  }

  function toggle() {
    language = language === "vi" ? "en" : "vi";
    store("vinewsie-language", language);
    translate();
    for (const listener of listeners) listener();
  }

  return { data, t, translate, toggle, stored, store, onChange: (f) => listeners.push(f) };
})();
