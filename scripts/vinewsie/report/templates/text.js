"use strict";

/* Text by code points, and elements that hold text as text. */
const Text = (() => {
  const t = Words.t;
  const CONTROLS =
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
  const ASTRAL = /[\ud800-\udfff]/;

  /* Offsets count code points; strings of the browser count code units. */
  class Points {
    constructor(text) {
      this.text = text;
      this.points = ASTRAL.test(text) ? Array.from(text) : null;
    }
    slice(start, end) {
      return this.points ? this.points.slice(start, end).join("") : this.text.slice(start, end);
    }
    get length() {
      return this.points ? this.points.length : this.text.length;
    }
  }

  /* Control characters, which hide or turn around what follows, are shown by their numbers. */
  function visible(text) {
    return String(text).replace(
      CONTROLS,
      (c) => `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
    );
  }

  /* An element; strings among the children become text. */
  function el(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (key === "class") element.className = value;
      else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value === true ? "" : visible(value));
    }
    for (const child of children.flat(2)) {
      if (child === null || child === undefined || child === false) continue;
      element.append(child instanceof Node ? child : visible(child));
    }
    return element;
  }

  const message = (key, values, name = "span") => el(name, {}, t(key, values));

  return { Points, visible, el, message };
})();
