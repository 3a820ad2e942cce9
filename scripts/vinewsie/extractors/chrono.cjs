// Dates in Vietnamese texts with chrono-node. A question is {"text": …, "anchor": "YYYY-MM-DD"};
// the answer is [{"start", "end", "type", "value"}], with offsets in code points.
"use strict";

const { load, serve } = require("./node.cjs");

const { module: chrono, version } = load("chrono-node/vi");
const whole = chrono.casual;

// The same parser without the step that joins two dates to a range: it finds the ends of ranges.
const apart = whole.clone();
apart.refiners = apart.refiners.filter(
  (refiner) => !refiner.constructor.name.endsWith("DateRangeRefiner"),
);

// The value down to the finest component that chrono is certain of. If it is certain of none, the
// expression is a part of the day, and the components are defaults.
function typeAndValue(components) {
  const digits = (name, length = 2) => String(components.get(name)).padStart(length, "0");
  const year = digits("year", 4);
  const month = `${year}-${digits("month")}`;
  const day = `${month}-${digits("day")}`;
  const certain = (...names) => names.some((name) => components.isCertain(name));
  if (certain("hour")) {
    const minute = certain("minute") ? `:${digits("minute")}` : "";
    return { type: "TIME", value: `${day}T${digits("hour")}${minute}` };
  }
  if (certain("day", "weekday")) return { type: "DATE", value: day };
  if (certain("month")) return { type: "DATE", value: month };
  if (certain("year")) return { type: "DATE", value: year };
  return { type: "TIME" };
}

function datesOf({ text, anchor }) {
  const reference = { instant: new Date(`${anchor}T12:00:00Z`), timezone: 0 };
  const record = ({ index, text: surface }, components) => {
    const start = [...text.slice(0, index)].length;
    return { start, end: start + [...surface].length, ...typeAndValue(components) };
  };
  const ends = apart.parse(text, reference);
  return whole.parse(text, reference).flatMap((result) => {
    const last = result.index + result.text.length;
    const inside = ends.filter((end) => end.index >= result.index && end.index < last);
    const isSplit = result.end && inside.length === 2 && inside.every((end) => !end.end);
    return isSplit
      ? [record(inside[0], result.start), record(inside[1], result.end)]
      : [record(result, result.start)];
  });
}

serve({ "chrono-node": version }, datesOf);
