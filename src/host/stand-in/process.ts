/**
 * The global `process` for bundled npm packages (pino, its serializers): only what they look at while loading.
 * tools/build.ts puts it in their place; usher's own code never uses it.
 */
export const process = {
  pid: 1,
  platform: "linux",
  env: {} as Readonly<Record<string, string>>,
  versions: { node: "24.0.0" },
  version: "v24.0.0",
  hrtime: { bigint: (): bigint => BigInt(0) },
  nextTick: (callback: () => void): void => void Promise.resolve().then(callback),
  on: (): void => undefined,
  emitWarning: (): void => undefined,
};
