// Scanning. Where there is no camera, or it may not be used, the short code is typed.

import * as link from "../link.js";
import { scan } from "../scan.js";
import { onClick, show } from "../screen.js";

export async function showScan({ wanted, back, typeInstead = null, found }) {
  const parts = show(wanted === "copy" ? "scan-copy" : "scan");
  onClick(parts.back, back, parts);
  if (typeInstead) {
    onClick(parts.type, typeInstead, parts);
  }
  try {
    await scan(parts.video, (text) => {
      const seen = link.read(text);
      if (seen?.kind !== wanted) {
        parts.other.hidden = false; // somebody else's code: say so and go on looking
        return false;
      }
      found(seen);
      return true;
    });
  } catch {
    parts.video.hidden = true;
    parts.noCamera.hidden = false;
  }
}
