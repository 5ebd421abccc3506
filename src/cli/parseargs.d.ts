/** The part of @pkgjs/parseargs (Node's util.parseArgs without Node) that options.ts uses; the package has no types. */
declare module "@pkgjs/parseargs" {
  interface ParseArgsOption {
    readonly type: "string" | "boolean";
    readonly short?: string;
    readonly multiple?: boolean;
  }

  type ParseArgsToken =
    | {
        readonly kind: "option";
        readonly name: string;
        readonly rawName: string;
        readonly index: number;
        readonly value?: string;
        readonly inlineValue?: boolean;
      }
    | { readonly kind: "positional"; readonly index: number; readonly value: string }
    | { readonly kind: "option-terminator"; readonly index: number };

  export function parseArgs(config: {
    readonly args: readonly string[];
    readonly options: Readonly<Record<string, ParseArgsOption>>;
    readonly strict: false;
    readonly allowPositionals: true;
    readonly tokens: true;
  }): { readonly tokens: readonly ParseArgsToken[] };
}
