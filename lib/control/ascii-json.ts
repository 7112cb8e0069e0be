/** JSON on one line of printable ASCII, so that a terminal shows whatever it holds and obeys none of it. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
