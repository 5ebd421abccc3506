/**
 * `safe-stable-stringify` for pino, which falls back to it when JSON.stringify has thrown (a circular structure): the
 * same with circles replaced. The real one needs typed arrays, which the engine is spared.
 */
export const configure =
  () =>
  (value: unknown): string => {
    const above: unknown[] = [];
    return (
      JSON.stringify(value, function (this: unknown, _key: string, item: unknown) {
        if (typeof item === "bigint") {
          return Number(item);
        }
        if (typeof item !== "object" || item === null) {
          return item;
        }
        while (above.length > 0 && above[above.length - 1] !== this) {
          above.pop();
        }
        if (above.includes(item)) {
          return "[Circular]";
        }
        above.push(item);
        return item;
      }) ?? "null"
    );
  };
