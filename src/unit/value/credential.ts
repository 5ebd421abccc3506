/** SetCredential=, LoadCredential=, ImportCredential= (systemd.exec(5), "Credentials"). */
import { byteText } from "../../base/utf8.ts";
import type { Credential } from "../model.ts";
import { unescapeText } from "../text/extract-word.ts";
import { isAbsolute, isFileName, isNormalized } from "./path.ts";
import type { Scope, ValueType } from "./value-type.ts";

function isCredentialName(name: string): boolean {
  return isFileName(name) && /^[!-9;-~]+$/.test(name);
}

function isCredentialGlob(glob: string): boolean {
  return isCredentialName(glob) && !/[?[\]]/.test(glob) && !glob.slice(0, -1).includes("*");
}

function readValue(source: Credential["source"], id: string, text: string, scope: Scope): string | undefined {
  switch (source) {
    case "set": {
      const unescaped = text === "" ? undefined : unescapeText(text, true);
      return unescaped === undefined ? undefined : byteText(unescaped);
    }
    case "load": {
      const path = text === "" ? id : scope.expand(text);
      if (path === undefined) return undefined;
      return (isAbsolute(path) ? isNormalized(path) : isCredentialName(path)) ? path : undefined;
    }
    case "import":
      return text === "" || isCredentialName(text) ? text : undefined;
  }
}

const EXPECTED: Readonly<Record<Credential["source"], string>> = {
  set: "name:text",
  load: "name:path, or a name alone",
  import: "a name, with * at its end if wanted",
};

/** One directive's lines in the list of credentials; a later one of the same name replaces the earlier. */
export function credentials(source: Credential["source"]): ValueType<readonly Credential[]> {
  return {
    expected: EXPECTED[source],
    read: (text, scope, before) => {
      if (text === "") return before.filter((entry) => entry.source !== source);
      const colon = text.indexOf(":");
      const id = scope.expand(colon < 0 ? text : text.slice(0, colon));
      if (id === undefined) return before;
      const isName = source === "import" ? isCredentialGlob(id) : isCredentialName(id);
      const value = isName ? readValue(source, id, colon < 0 ? "" : text.slice(colon + 1), scope) : undefined;
      if (value === undefined) return undefined;
      const others = before.filter((entry) => entry.source !== source || entry.id !== id);
      return [...others, { id, source, value }];
    },
  };
}
