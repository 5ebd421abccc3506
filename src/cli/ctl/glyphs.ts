import type { ControlActiveState } from "../../control/backend.ts";
import type { Style } from "../format/style.ts";

const GLYPHS: Readonly<Record<ControlActiveState, string>> = {
  active: "●",
  reloading: "↻",
  refreshing: "↻",
  inactive: "○",
  failed: "×",
  activating: "●",
  deactivating: "●",
  maintenance: "○",
};

/** Colour of an active state. */
export function stateStyle(state: ControlActiveState, style: Style): (text: string) => string {
  switch (state) {
    case "active":
    case "reloading":
    case "refreshing":
      return style.good;
    case "failed":
      return style.bad;
    case "activating":
    case "deactivating":
    case "maintenance":
      return style.warn;
    case "inactive":
      return style.dim;
  }
}

/** The dot before a unit's name. */
export function stateGlyph(state: ControlActiveState, style: Style): string {
  return state === "inactive" ? GLYPHS[state] : stateStyle(state, style)(GLYPHS[state]);
}
