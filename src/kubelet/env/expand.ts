/**
 * Replaces `$(NAME)` by its value; `$$` is a dollar sign, and what names nothing stays as it is
 * (kubernetes, third_party/forked/golang/expansion).
 */
export const expand = (text: string, lookup: (name: string) => string | undefined): string =>
  text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => (name === undefined ? '$' : (lookup(name) ?? whole)));
