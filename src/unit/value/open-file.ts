/** OpenFile=path:fd-name:options (systemd.service(5)). */

import type { OpenFile } from "../model.ts";
import { unescapeText } from "../text/extract-word.ts";
import { isAbsolute, isNormalized, isValidPath } from "./path.ts";
import { isDescriptorName } from "./standard-stream.ts";
import { list, type ValueType } from "./value-type.ts";

const OPTIONS: readonly string[] = ["read-only", "append", "truncate", "graceful"];

function readOptions(text: string): ReadonlySet<string> | undefined {
  const options = text === "" ? [] : text.split(",");
  const set = new Set(options);
  const exclusive = ["read-only", "append", "truncate"].filter((option) => set.has(option));
  if (set.size < options.length || exclusive.length > 1) return undefined;
  return options.every((option) => OPTIONS.includes(option)) ? set : undefined;
}

export function parseOpenFile(text: string): OpenFile | undefined {
  const [pathText = "", nameText = "", optionText = "", ...rest] = text.split(":");
  const path = unescapeText(pathText);
  const options = readOptions(optionText);
  if (path === undefined || options === undefined || rest.length > 0) return undefined;
  if (!isAbsolute(path) || !isValidPath(path) || !isNormalized(path)) return undefined;
  const fdName = unescapeText(nameText) || path.slice(path.lastIndexOf("/") + 1);
  if (fdName === "" || !isDescriptorName(fdName)) return undefined;
  return {
    path,
    fdName,
    readOnly: options.has("read-only"),
    append: options.has("append"),
    truncate: options.has("truncate"),
    graceful: options.has("graceful"),
  };
}

export const openFiles: ValueType<readonly OpenFile[]> = list(
  "path:fd-name:options, options being read-only, append, truncate, graceful",
  (text) => {
    const file = parseOpenFile(text);
    return file === undefined ? undefined : [file];
  },
);
