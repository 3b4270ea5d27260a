/**
 * Elements of a page. What comes from users, files and models gets into them as text, never as HTML.
 *
 *     element("p", {class: "note"}, "so ", element("strong", {}, word))
 */

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; properties: attributes, `onclick` and the like as functions, `style` as {property: value}. */
export const element = (name, properties = {}, ...children) =>
  filled(document.createElement(name), properties, children);

/** The same in an SVG. */
export const drawn = (name, properties = {}, ...children) =>
  filled(document.createElementNS(SVG, name), properties, children);

function filled(made, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) made.style.setProperty(key, one);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** A part of the page with a heading, like the sections of a report. */
export const section = (title, ...children) => element("section", {}, element("h2", {}, title), ...children);

/** A button that is not the main one of its group, unless `properties` say so. */
export const button = (label, onclick, properties = {}) =>
  element("button", {type: "button", onclick, ...properties}, label);

let numbered = 0;

/**
 * A control with its label, a hint, and a place beside it where an error is said in words; shown: what holds it.
 *
 * Returns the element; `.fail(message)` shows an error, `.fail("")` removes it.
 */
export function field(label, control, hint = "", shown = control) {
  const id = `field-${++numbered}`;
  control.id ||= id;
  const said = element("p", {class: "error", id: `${id}-error`, role: "alert", hidden: true});
  const told = hint ? element("p", {class: "hint", id: `${id}-hint`}, hint) : null;
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  control.setAttribute("aria-describedby", described);
  const made = element("div", {class: "field"}, element("label", {for: control.id}, label), shown, told, said);
  made.fail = (message) => {
    said.textContent = message;
    said.hidden = !message;
    if (message) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  return made;
}

/** A select of [value, label] pairs. */
export const choice = (pairs, properties = {}) =>
  element(
    "select",
    properties,
    pairs.map(([value, label]) => element("option", {value}, label)),
  );

/** Buttons that put an example into the page; shown(example) is what they say. */
export function examples(values, use, shown = String) {
  if (values.length < 2) return null;
  const made = values.map((value) =>
    element(
      "li",
      {},
      button(shown(value), () => use(value), {dir: "auto"}),
    ),
  );
  return element("div", {class: "try"}, element("h3", {}, "Try one of these"), element("ul", {}, made));
}

/** A region whose changes a screen reader says. */
export const spoken = (properties = {}) => element("div", {"aria-live": "polite", ...properties});

/** "93 %", with a place behind the point near 0 and 1. */
export function percent(share) {
  const places = (share < 0.01 && share > 0) || (share > 0.99 && share < 1) ? 1 : 0;
  return `${(100 * share).toFixed(places)} %`;
}

/** A number with four digits. */
export function digits(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return new Intl.NumberFormat("en", {maximumSignificantDigits: 4}).format(value);
}
