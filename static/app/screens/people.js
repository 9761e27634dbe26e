// Whose app is it? Several people may share a phone (AUT-3).

import { PersonsApp } from "../api.js";
import { addRow, onClick, show, words } from "../screen.js";
import * as store from "../store.js";
import { showEnrolment } from "./enrolment.js";
import { showHome } from "./home.js";
import { openLinked } from "./request.js";
import { showScan } from "./scan.js";

export async function showPeople({ link = null } = {}) {
  const known = await store.people();
  if (link?.kind === "copy") {
    showEnrolment({ copyToken: link.token });
    return;
  }
  if (known.length === 1 && link?.kind === "request") {
    await openLinked(new PersonsApp(known[0]), link.binding);
    return;
  }
  const parts = show("people");
  parts.none.hidden = known.length > 0;
  parts.some.hidden = known.length === 0;
  parts.linked.hidden = link?.kind !== "request" || known.length === 0;
  parts.unlinked.hidden = !(link?.kind === "request" && known.length === 0);
  for (const person of known) {
    const row = addRow(parts.list, { userId: person.userId, level: words(`level_${person.level}`) });
    row.open.addEventListener("click", () => {
      const app = new PersonsApp(person);
      if (link?.kind === "request") {
        openLinked(app, link.binding);
      } else {
        showHome(app);
      }
    });
  }
  onClick(parts.add, () => showEnrolment(), parts);
  onClick(
    parts.copy,
    () => showScan({ wanted: "copy", back: () => showPeople(), found: (seen) => showEnrolment({ copyToken: seen.token }) }),
    parts,
  );
}
