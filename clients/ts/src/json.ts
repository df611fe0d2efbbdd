// SPDX-License-Identifier: Apache-2.0

// A view's hash is that of the text of its values, which JSON.parse throws away.
// These find the text again. They are for text that JSON.parse has taken.

/** Returns where the value that begins at i ends. */
function end(text: string, i: number): number {
  for (let depth = 0; ; i++) {
    const c = text[i];
    if (c === '"') {
      for (i++; text[i] !== '"'; i++) {
        if (text[i] === "\\") i++;
      }
    } else if (c === "{" || c === "[") {
      depth++;
      continue;
    } else if (c === "}" || c === "]") {
      depth--;
    } else if (depth === 0) {
      while (i < text.length && !",]} \t\r\n".includes(text[i]!)) i++;
      return i;
    } else {
      continue;
    }
    if (depth === 0) return i + 1;
  }
}

function space(text: string, i: number): number {
  while (i < text.length && " \t\r\n".includes(text[i]!)) i++;
  return i;
}

/** Returns where the first thing in the object or list that is text begins. */
function inside(text: string, bracket: "{" | "["): number {
  const begin = space(text, 0);
  if (text[begin] !== bracket) throw new TypeError(`${text.slice(0, 40)} does not begin with ${bracket}`);
  return space(text, begin + 1);
}

/** Lists the members of the object that is text: each name, and the text of its value. */
export function members(text: string): [string, string][] {
  const list: [string, string][] = [];
  let i = inside(text, "{");
  while (text[i] !== "}") {
    const colon = end(text, i);
    const name = JSON.parse(text.slice(i, colon)) as string;
    const from = space(text, space(text, colon) + 1);
    const to = end(text, from);
    list.push([name, text.slice(from, to)]);
    i = space(text, to);
    if (text[i] === ",") i = space(text, i + 1);
  }
  return list;
}

/** Returns the text of one member of the object that is text. */
export function member(text: string, name: string): string | undefined {
  return members(text).find(([key]) => key === name)?.[1];
}

/** Lists the text of each element of the array that is text. */
export function elements(text: string): string[] {
  const list: string[] = [];
  let i = inside(text, "[");
  while (text[i] !== "]") {
    const to = end(text, i);
    list.push(text.slice(i, to));
    i = space(text, to);
    if (text[i] === ",") i = space(text, i + 1);
  }
  return list;
}
