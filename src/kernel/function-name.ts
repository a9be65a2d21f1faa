/** The name of a function in the source: without what a compiler adds to a part or a copy of it (`.part.0`, `.cold`). */
export function functionName(symbol: string): string {
  const dot = symbol.indexOf('.', 1);
  return dot < 0 ? symbol : symbol.slice(0, dot);
}
