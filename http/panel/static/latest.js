// Of several looks at the same thing only the last one counts, in whatever order their answers come.

/**
 * Made once for what is looked at. `await newest(work)` answers what `work` does, or null where it was looked again meanwhile: that
 * one knows more, and whoever asked first draws nothing.
 */
export function latest() {
  let turn = 0;
  return async (work) => {
    const mine = ++turn;
    const answer = await work;
    return mine === turn ? answer : null;
  };
}
