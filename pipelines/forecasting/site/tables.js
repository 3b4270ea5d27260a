/** Tables as text with commas, semicolons or tabs between: their header, and a copy with other names in it. */

/** What stands between the cells of a header. */
export function separator(header) {
  const counts = [",", ";", "\t"].map((mark) => [header.split(mark).length, mark]);
  return counts.reduce((best, one) => (one[0] > best[0] ? one : best))[1];
}

/** The names in the first line of a table. */
export function names(text) {
  const [header] = text.replace(/^\uFEFF/, "").split(/\r?\n/, 1);
  const cells = [];
  let cell = "";
  let quoted = false;
  const between = separator(header);
  for (const letter of header) {
    if (letter === '"') quoted = !quoted;
    else if (letter === between && !quoted) (cells.push(cell.trim()), (cell = ""));
    else cell += letter;
  }
  return [...cells, cell.trim()];
}

/** The table with the names of `mapping`, {name in the table: name for the model}, in its header. */
export function renamed(text, mapping) {
  const start = text.indexOf("\n");
  const [header] = text.split(/\r?\n/, 1);
  const taken = new Set(Object.values(mapping));
  const cells = names(text).map((name) => mapping[name] ?? (taken.has(name) ? `${name} (other)` : name));
  return cells.map(cell).join(separator(header)) + (start < 0 ? "" : text.slice(start));
}

/** A table of columns, {name: [values, null is missing]}. */
export function written(columns) {
  const all = Object.values(columns);
  const rows = all[0]?.map((_, row) => all.map((column) => cell(column[row])).join(",")) ?? [];
  return [Object.keys(columns).map(cell).join(","), ...rows].join("\n");
}

function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",;\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
